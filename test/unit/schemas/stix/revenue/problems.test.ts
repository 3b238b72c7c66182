import fc from "fast-check";
import { Amount, AmountRange, compareAmounts, isAmount } from "../../../../../schemas/stix/revenue/amount.ts";
import { ATTRIBUTION_EXTENSION } from "../../../../../schemas/stix/revenue/attribution.ts";
import { LAUNDERING_HOP_EXTENSION } from "../../../../../schemas/stix/revenue/hop.ts";
import { PERSONA_EXTENSION } from "../../../../../schemas/stix/revenue/persona.ts";
import { THEFT_EXTENSION } from "../../../../../schemas/stix/revenue/theft.ts";
import { TRANSACTION_FACTS_EXTENSION } from "../../../../../schemas/stix/revenue/transaction.ts";
import { WALLET_FACTS_EXTENSION } from "../../../../../schemas/stix/wallet.ts";
import type { StixJson } from "../../../../../server/pipeline/steps.ts";
import { validate } from "../../../../../server/pipeline/validate.ts";
import examples from "../../../../cases/revenue-examples.json" with { type: "json" };
import problems from "../../../../cases/revenue-problems.json" with { type: "json" };

const EXTENSIONS: Readonly<Record<string, string>> = {
  theft: THEFT_EXTENSION,
  hop: LAUNDERING_HOP_EXTENSION,
  transaction: TRANSACTION_FACTS_EXTENSION,
  wallet: WALLET_FACTS_EXTENSION,
  persona: PERSONA_EXTENSION,
  attribution: ATTRIBUTION_EXTENSION,
};

interface Case {
  readonly of: string;
  readonly at: string;
  readonly put: unknown;
  readonly code: string;
  readonly path?: string;
  readonly words: string;
}

/** The example with one thing changed; a step that is a number goes into a list. */
function changed({ of, at, put }: Case): { object: StixJson; under: string } {
  const extension = EXTENSIONS[of];
  const found = (examples.objects as readonly StixJson[]).find((object) =>
    extension === undefined ? object.type === of : extension in ((object.extensions ?? {}) as StixJson),
  );
  if (found === undefined) throw new Error(`no example of ${of}`);
  const object = structuredClone(found);
  const steps = at.split(".");
  let place = (extension === undefined ? object : (object.extensions as StixJson)[extension]) as StixJson;
  for (const step of steps.slice(0, -1)) place = place[step] as StixJson;
  const last = steps.at(-1) ?? "";
  if (put === null) delete place[last];
  else place[last] = put;
  return { object, under: extension === undefined ? "" : `extensions.${extension}.` };
}

test.each(problems.cases as readonly Case[])("$of – $at is $put – $code", (one) => {
  const { object, under } = changed(one);
  const path = one.path ?? one.at.replace(/\.(\d+)/g, "[$1]");
  expect(validate(object).errors).toEqual([
    { code: one.code, path: `${under}${path}`, message: expect.stringContaining(one.words) },
  ]);
});

test("the case file – against what has a shape – something wrong with each", () => {
  const kinds = new Set((problems.cases as readonly Case[]).map(({ of }) => of));
  for (const name of [...Object.keys(EXTENSIONS), "freeze-request", "bank-account", "payment-card", "phone-number"])
    expect(kinds).toContain(name);
});

const amount = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 10n ** 40n - 1n }),
    fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 40 }),
  )
  .map(([whole, rest]) => (rest === "" ? String(whole) : `${whole}.${rest}`));

/** An amount in units of 10^-40. */
const units = (text: string): bigint => {
  const [whole = "", rest = ""] = text.split(".");
  return BigInt(whole + rest.padEnd(40, "0"));
};

test("amounts – any two – are compared to the last digit, and a range is upside down just when it is", () => {
  fc.assert(
    fc.property(amount, amount, (a, b) => {
      expect([isAmount(a), isAmount(b)]).toEqual([true, true]);
      const difference = units(a) - units(b);
      expect(Math.sign(compareAmounts(a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
      expect(AmountRange.safeParse({ low: a, high: b }).success).toBe(difference <= 0n);
    }),
    { numRuns: 500, seed: 20261128 },
  );
});

test("amounts – any JSON value that is no decimal text – refused, and the reason never throws", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(Amount.safeParse(value).success).toBe(
        typeof value === "string" && /^(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{1,40})?$/.test(value),
      );
    }),
    { numRuns: 500, seed: 20261129 },
  );
});

test("amounts – 100,000 digits – refused", () => {
  expect(isAmount("1".repeat(100_000))).toBe(false);
});
