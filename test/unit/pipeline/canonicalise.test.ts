import fc from "fast-check";
import { canonicaliseValue, recognise } from "../../../server/pipeline/canonicalise/value.ts";
import { eip55 } from "../../../server/pipeline/canonicalise/wallet-evm.ts";
import { VALUE_KINDS, type ValueKind, valueTerm } from "../../../server/pipeline/steps.ts";
import cases from "../../cases/canonical.json" with { type: "json" };

interface Case {
  readonly kind: ValueKind;
  readonly text: string;
  readonly as?: string;
  readonly sort?: string;
  readonly canonical: string;
  readonly warns?: readonly string[];
}
interface Bad {
  readonly kind: ValueKind;
  readonly text: string;
  readonly as?: string;
  readonly code: string;
}
interface Wallet {
  readonly text: string;
  readonly as?: string;
  readonly family: string;
  readonly canonical?: string;
  readonly checksum?: string;
  readonly warns?: readonly string[];
}
const good = cases.canonical as readonly Case[];
const bad = cases.problems as readonly Bad[];
const wallets = cases.wallets.good as readonly Wallet[];
const badWallets = cases.wallets.bad as readonly { text: string; as?: string; code: string; why: string }[];

test("the case file – read from disk – has spellings and problems of every kind", () => {
  const kinds = (list: readonly { kind: ValueKind }[]) =>
    new Set([...list.map(({ kind }) => kind), "cryptocurrency-wallet"]);
  expect([...kinds(good)].sort()).toEqual([...VALUE_KINDS].sort());
  expect([...kinds(bad)].sort()).toEqual([...VALUE_KINDS].sort());
});

test.each(good)("canonicalise – $kind $text – $canonical", ({ kind, text, as, sort, canonical, warns }) => {
  const outcome = canonicaliseValue(kind, text, as);
  expect(outcome).toMatchObject({ value: { kind, canonical } });
  if (!("value" in outcome)) return;
  expect(outcome.value.sort).toBe(sort);
  const codes = (outcome.value.warnings ?? []).map(({ code }) => code);
  if (warns !== undefined) expect(codes).toEqual(warns);
  else expect(codes.filter((code) => !code.startsWith("value.ipv4_form"))).toEqual([]);
  expect(canonicaliseValue(kind, canonical, sort)).toMatchObject({ value: { kind, canonical } });
});

test.each(bad)("canonicalise – $kind $text – problem $code", ({ kind, text, as, code }) => {
  const outcome = canonicaliseValue(kind, text, as);
  expect(outcome).toEqual({ problem: { code, message: expect.stringMatching(/^".*" (?:is|has) /s) } });
});

test("a problem's message – of a text of 10 kB – holds 80 characters of it", () => {
  const outcome = canonicaliseValue("domain-name", "a".repeat(10_000));
  expect("problem" in outcome ? outcome.problem.message.indexOf(" is no domain name") : -1).toBe(82);
});

test.each(cases.wallets.eip55)(
  "wallet – %s of EIP-55's list – its checksum holds, and its letters are what we would write",
  (text) => {
    const canonical = text.toLowerCase();
    expect(canonicaliseValue("cryptocurrency-wallet", text)).toEqual({
      value: { kind: "cryptocurrency-wallet", sort: "evm", canonical, checksum: "ok" },
    });
    expect(`0x${eip55(canonical.slice(2))}`).toBe(text);
  },
);

test.each(cases.wallets.eip55OneCase)(
  "wallet – %s of EIP-55's list, of one case – taken unchecked, and its letters are what we would write",
  (text) => {
    const canonical = text.toLowerCase();
    expect(canonicaliseValue("cryptocurrency-wallet", text)).toEqual({
      value: { kind: "cryptocurrency-wallet", sort: "evm", canonical, checksum: "absent" },
    });
    expect(`0x${eip55(canonical.slice(2))}`).toBe(text);
  },
);

test.each(wallets)(
  "wallet – $text declared $as – $family",
  ({ text, as, family, canonical = text, checksum, warns }) => {
    const outcome = canonicaliseValue("cryptocurrency-wallet", text, as);
    expect(outcome).toMatchObject({ value: { sort: family, canonical } });
    if (!("value" in outcome)) return;
    if (checksum !== undefined) expect(outcome.value.checksum).toBe(checksum);
    if (warns !== undefined) expect(outcome.value.warnings?.map(({ code }) => code)).toEqual(warns);
    expect(canonicaliseValue("cryptocurrency-wallet", canonical, family)).toMatchObject({ value: { canonical } });
  },
);

test.each(badWallets)("wallet – $text declared $as ($why) – $code", ({ text, as, code }) => {
  expect(canonicaliseValue("cryptocurrency-wallet", text, as)).toMatchObject({ problem: { code } });
});

test("wallet – mixed case that fails EIP-55 – called a probable typo", () => {
  const outcome = canonicaliseValue("cryptocurrency-wallet", "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
  expect("problem" in outcome ? outcome.problem.message : "").toContain("probable typo");
});

test.each(cases.recognise)("recognise – $text – $is", ({ text, is }) => {
  expect(recognise(text).map(valueTerm)).toEqual(is);
});

const kinds = fc.constantFrom(...VALUE_KINDS);
/** Text that is nearly a value: the alphabets of addresses, with what canonicalisers treat specially. */
const nearly = fc
  .array(
    fc.constantFrom(
      ..."0 1 9 a f A F x X . : / % [ ] @ - _ # ? & = + T b c 1 3 \\ 한 ß İ ﬁ 。 ％ ＠ ｊ \u200d \u0307 \ud800 \udc00".split(
        " ",
      ),
      "http://",
      "tcp://",
      "xn--",
      "[.]",
      "(at)",
      "%41",
      "%2e",
      "evil.example",
      "192.0.2.7",
      "AS",
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(""));
const anyText = fc.oneof(nearly, fc.string({ unit: "binary", maxLength: 80 }), fc.string({ unit: "grapheme" }));
const sorts = fc.option(fc.constantFrom("MD5", "SHA-256", "ssdeep", "evm", "USDT", "monero", "__proto__", ""), {
  nil: undefined,
});

test("canonicalise – any text as any kind – never throws, and what comes out is its own canonical form", () => {
  fc.assert(
    fc.property(kinds, anyText, sorts, (kind, text, sort) => {
      const first = canonicaliseValue(kind, text, sort);
      if (!("value" in first)) return;
      const again = canonicaliseValue(kind, first.value.canonical, first.value.sort);
      expect(again).toMatchObject({ value: { kind, canonical: first.value.canonical } });
    }),
    { numRuns: 4000 },
  );
});

test("recognise – any text – never throws, and every value that comes out is canonical", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const { kind, sort, canonical } of recognise(text))
        expect(canonicaliseValue(kind, canonical, sort)).toMatchObject({ value: { canonical } });
    }),
    { numRuns: 3000 },
  );
});

const label = fc.stringMatching(/^[a-z](?:[a-z0-9_]{0,8}[a-z0-9])?$/);
const domain = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));
const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join("."));
const defang = fc.constantFrom(
  (text: string) => text.replaceAll(".", "[.]"),
  (text: string) => text.replaceAll(".", "[dot]"),
  (text: string) => text.replaceAll(".", "\\."),
  (text: string) => text.toUpperCase(),
  (text: string) => ` ${text} `,
);

test("canonicalise – a domain or address in any spelling – the same value as the plain one", () => {
  fc.assert(
    fc.property(domain, ipv4, defang, (name, address, spelling) => {
      expect(canonicaliseValue("domain-name", spelling(name))).toMatchObject({ value: { canonical: name } });
      expect(canonicaliseValue("ipv4-addr", spelling(address))).toMatchObject({ value: { canonical: address } });
      expect(recognise(spelling(name)).map(valueTerm)).toEqual([`domain-name:${name}`]);
    }),
  );
});

test("canonicalise – hostile text of 100 kB of each kind – answered at once", () => {
  for (const unit of ["[", "1.", "a.", "%", "http://", "(at)", "a@", "<", "\\.", "1", ":", "한"])
    for (const kind of VALUE_KINDS) {
      canonicaliseValue(kind, unit.repeat(100_000 / unit.length));
      recognise(unit.repeat(8000 / unit.length));
    }
});
