import { readFileSync } from "node:fs";
import fc from "fast-check";
import { blockKind, isHostOrNetwork, ownHosts } from "../../../server/formats/block-value.ts";
import {
  type BlocklistAsk,
  type BlocklistFormat,
  blockLines,
  blocklistLines,
  whyNotLive,
} from "../../../server/formats/write-blocklist.ts";
import { Tally } from "../../../server/formats/write-record.ts";
import { canonicaliseValue } from "../../../server/pipeline/canonicalise/value.ts";
import { VALUE_KINDS, valueTerm } from "../../../server/pipeline/steps.ts";

type Wanted = string | { readonly reason: string };
interface Case {
  readonly id: string;
  readonly term: string;
  readonly reason?: string;
  readonly plain?: Wanted;
  readonly hosts?: Wanted;
  readonly rpz?: Wanted;
}
const { own, cases } = JSON.parse(readFileSync("test/cases/blocklist.json", "utf8")) as {
  own: { names: string[]; networks: string[] };
  cases: Case[];
};
const AT = Date.UTC(2026, 3, 11, 9, 30);
const FORMATS: readonly BlocklistFormat[] = ["plain", "hosts", "rpz"];
const ask = (format: BlocklistFormat, more: Partial<BlocklistAsk> = {}): BlocklistAsk => ({
  format,
  own,
  at: AT,
  ...more,
});

const told = cases.flatMap(({ id, term, reason, ...rest }) =>
  FORMATS.flatMap((format) => {
    const wanted = reason === undefined ? rest[format] : { reason };
    return wanted === undefined ? [] : [[id, format, term, typeof wanted === "string" ? { lines: wanted } : wanted]];
  }),
) as [string, BlocklistFormat, string, object][];

test.each(told)("blocklist – %s as %s – %j", (_, format, term, wanted) => {
  expect(blockLines(term, ask(format))).toEqual(wanted);
});

test("the case file – read from disk – has every reason and every format with a line", () => {
  const reasons = told.map(([, , , wanted]) => (wanted as { reason?: string }).reason);
  expect([...new Set(reasons.filter((reason) => reason !== undefined))].sort()).toEqual(
    [
      ...["fuzzy-hash", "hashes", "internal", "ipv4", "ipv6", "other-kind", "own-group", "reserved-name", "too-wide"],
      ...["unwritable", "url", "wallets"],
    ].sort(),
  );
  const written = told.filter(([, , , wanted]) => "lines" in wanted).map(([, format]) => format);
  expect(new Set(written)).toEqual(new Set(FORMATS));
});

test("one kind – asked for – others are counted as not asked for", () => {
  const kind = "ipv4" as const;
  expect(blockLines("domain-name:evil.example", ask("plain", { kind }))).toEqual({ reason: "not-asked" });
  expect(blockLines("ipv4-addr:192.0.2.7", ask("plain", { kind }))).toEqual({ lines: "192.0.2.7\n" });
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
async function written(terms: readonly string[], format: BlocklistFormat): Promise<{ text: string; tally: Tally }> {
  const tally = new Tally();
  let text = "";
  for await (const line of blocklistLines(each(terms), ask(format), tally)) text += line;
  return { text, tally };
}

test("zone – of nothing – is a zone all the same: TTL, SOA with seconds as its serial, NS", async () => {
  const { text } = await written([], "rpz");
  expect(text).toBe(
    `$TTL 300\n@ IN SOA localhost. hostmaster.localhost. ${AT / 1000} 3600 600 604800 300\n@ IN NS localhost.\n`,
  );
});

test("list – of values good and bad – a count of each reason, nothing lost", async () => {
  const terms = cases.map(({ term }) => term);
  for (const format of FORMATS) {
    const { tally } = await written(terms, format);
    const left = Object.values(tally.left).reduce((sum, count) => sum + count, 0);
    expect(tally.written + left).toBe(terms.length);
    expect(tally.text).toBe(
      `${tally.written} written, ${left} left out: ${Object.entries(tally.left)
        .map(([reason, count]) => `${reason}=${count}`)
        .join(" ")}`,
    );
  }
});

test.each([
  [{ type: "indicator" }, undefined],
  [{ type: "indicator", revoked: false, valid_until: "2026-04-11T09:30:00.001Z" }, undefined],
  [{ type: "indicator", valid_until: "2026-04-11T09:30:00Z" }, "expired"],
  [{ type: "indicator", valid_until: "2020-01-01T00:00:00Z" }, "expired"],
  [{ type: "indicator", revoked: true, valid_until: "2030-01-01T00:00:00Z" }, "revoked"],
  [{ type: "ipv4-addr" }, undefined],
])("live – %j – %s", (object, wanted) => {
  expect(whyNotLive(object, "2026-04-11T09:30:00.000Z")).toBe(wanted);
});

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([ip, length]) => `${ip}/${length}`),
  fc.tuple(fc.ipV6(), fc.nat(128)).map(([ip, length]) => `${ip}/${length}`),
);
const hostile = fc.string({
  unit: fc.constantFrom("a", "1", ".", "-", "_", "*", "\n", "\r", ";", '"', " ", "#", "é", "漢", "\u2028", "\ud800"),
});
const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.domain() },
  { weight: 3, arbitrary: address },
  { weight: 1, arbitrary: fc.webUrl() },
  { weight: 2, arbitrary: hostile },
  { weight: 1, arbitrary: hostile.map((text) => `${text}.example`) },
  { weight: 1, arbitrary: fc.nat(60).map((n) => `${"abcdefgh.".repeat(n)}example`) },
);

/** A label of a zone as it may stand there without escapes. */
const LABEL = /^(?:\*|[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)$/;

test("any value – of any kind, hostile ones too – is one legal line that reads back, or a reason", () => {
  let lines = 0;
  fc.assert(
    fc.property(fc.constantFrom(...VALUE_KINDS), anyText, (kind, text) => {
      const read = canonicaliseValue(kind, text);
      const terms = ["value" in read ? valueTerm(read.value) : `${kind}:${text}`, `${kind}:${text}`];
      for (const term of terms) {
        for (const format of FORMATS) {
          const made = blockLines(term, ask(format));
          if ("reason" in made) {
            expect(made.reason).toMatch(/^[a-z0-9-]+$/);
            continue;
          }
          lines++;
          const rows = made.lines.split("\n");
          expect(rows.pop()).toBe("");
          if (format === "plain") {
            expect(rows.length).toBe(1);
            expect(term.endsWith(rows[0] ?? "?")).toBe(true);
            expect(rows[0]).toMatch(/^[^\s#;][^\s]*$/);
          } else if (format === "hosts") {
            expect(rows).toEqual([expect.stringMatching(/^0\.0\.0\.0 [a-z0-9_.-]+$/)]);
          } else {
            for (const record of rows) {
              const [name = "", ...rest] = record.split(" ");
              expect(rest).toEqual(["CNAME", "."]);
              expect(name.split(".").filter((label) => !LABEL.test(label))).toEqual([]);
              // With a zone's own name of up to 48 octets behind it.
              expect(name.length + 2 + 48).toBeLessThanOrEqual(255);
            }
          }
        }
      }
    }),
    { numRuns: 3000, seed: 20260411 },
  );
  expect(lines).toBeGreaterThan(1000);
});

/** Takes an address out of a trigger's name, as a resolver does. */
function readTrigger(name: string): string {
  const [length = "", ...labels] = name.replace(/\.rpz-ip$/, "").split(".");
  const parts = labels.reverse();
  if (parts.length === 4 && !parts.includes("zz")) return `${parts.join(".")}/${length}`;
  const at = parts.indexOf("zz");
  const missing = 8 - (parts.length - 1);
  const all = at === -1 ? parts : [...parts.slice(0, at), ...Array<string>(missing).fill("0"), ...parts.slice(at + 1)];
  return `${all.join(":")}/${length}`;
}

test("any address or network – as a trigger – is the same when it is read back", () => {
  fc.assert(
    fc.property(address, (text) => {
      const kind = text.includes(":") ? ("ipv6-addr" as const) : ("ipv4-addr" as const);
      const read = canonicaliseValue(kind, text);
      if (!("value" in read)) return;
      const made = blockLines(valueTerm(read.value), ask("rpz"));
      if ("reason" in made) return;
      const back = canonicaliseValue(kind, readTrigger(made.lines.split(" ")[0] ?? ""));
      expect("value" in back && back.value.canonical).toBe(read.value.canonical);
    }),
    { numRuns: 2000, seed: 20260412 },
  );
});

test("own hosts – from the public address and what is named – names and networks apart", () => {
  expect(ownHosts("https://Tricord.Example:8443", ["192.0.2.0/24", "Intra.Example.org"])).toEqual({
    names: ["tricord.example", "intra.example.org"],
    networks: ["192.0.2.0/24"],
  });
  expect(ownHosts("http://[2001:db8::5]:8080", []).networks).toEqual(["2001:db8::5"]);
  expect(["a.example", "192.0.2.1", "2001:db8::/32", "-x", "a b", ""].map(isHostOrNetwork)).toEqual([
    ...[true, true, true, false, false, false],
  ]);
});

test("kinds – of terms – those a list can be asked for", () => {
  expect(["domain-name:a", "file:MD5:b", "email-addr:c", "constructor:d", ""].map(blockKind)).toEqual([
    ...["domains", "hashes", undefined, undefined, undefined],
  ]);
});
