import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { loose } from "../../../../server/pipeline/pattern/loose.ts";
import { matchPattern } from "../../../../server/pipeline/pattern/match.ts";
import { normal } from "../../../../server/pipeline/pattern/normal.ts";
import { parsePattern } from "../../../../server/pipeline/pattern/parse.ts";
import { printPattern } from "../../../../server/pipeline/pattern/print.ts";
import { isLeaf, type Leaf, NOWHERE, type Pattern, type Qualifier } from "../../../../server/pipeline/pattern/tree.ts";
import { aTurn, LINEAR } from "../../../support/linear.ts";
import { patterns } from "../../../support/pattern-arbitraries.ts";

type Json = Record<string, unknown>;
interface Seen {
  readonly at: string | readonly [string, string];
  readonly count?: number;
  readonly objects: Readonly<Record<string, Json>>;
}
interface Case {
  readonly data: string;
  readonly pattern: string;
  readonly matched?: boolean;
  readonly error?: string;
}
const { data, cases } = JSON.parse(readFileSync(resolve(process.cwd(), "test/cases/pattern-match.json"), "utf8")) as {
  readonly data: Readonly<Record<string, readonly Seen[]>>;
  readonly cases: readonly Case[];
};

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const instant = (time: string): string => `2026-01-01T${time}Z`;

const observedData = ({ at, count }: Seen, n: number, more: Json): Json => ({
  type: "observed-data",
  spec_version: "2.1",
  id: `observed-data--${uuid(n)}`,
  created: "2026-01-02T00:00:00.000Z",
  modified: "2026-01-02T00:00:00.000Z",
  first_observed: instant(typeof at === "string" ? at : at[0]),
  last_observed: instant(typeof at === "string" ? at : at[1]),
  number_observed: count ?? 1,
  ...more,
});

/** References by key, as ids. */
function withIds(value: unknown, ids: ReadonlyMap<string, string>, name = ""): unknown {
  if (typeof value === "string") return /_refs?$/.test(name) ? (ids.get(value) ?? `file--${uuid(999)}`) : value;
  if (Array.isArray(value)) return value.map((item) => withIds(item, ids, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withIds(item, ids, key)]));
}

/** A bundle of STIX 2.1. What is referred to as `away` is in the bundle, but was not observed. */
function bundle(seen: readonly Seen[]): Json {
  const objects: unknown[] = [{ type: "file", id: `file--${uuid(999)}`, name: "away", payload_bin: "AA==" }];
  for (const [n, one] of seen.entries()) {
    const ids = new Map(
      Object.entries(one.objects).map(([key, { type }], i) => [key, `${type}--${uuid(n * 100 + i)}`]),
    );
    for (const [key, object] of Object.entries(one.objects))
      objects.push({ id: ids.get(key), ...(withIds(object, ids) as Json) });
    objects.push(observedData(one, n, { object_refs: [...ids.values()] }));
  }
  return { type: "bundle", id: `bundle--${uuid(0)}`, objects };
}

/** The same in the deprecated form. */
const deprecated = (seen: readonly Seen[]): Json[] =>
  seen.map((one, n) => observedData(one, n, { objects: one.objects }));

const answer = (pattern: string | Pattern, observed: readonly unknown[]): boolean | string => {
  const found = matchPattern(pattern, observed);
  return "error" in found ? found.error.code : found.matched;
};

test.each(cases)("matchPattern – $pattern over $data – $matched$error", ({ data: name, pattern, matched, error }) => {
  const seen = data[name] ?? [];
  expect(answer(pattern, [bundle(seen)])).toBe(matched ?? error);
  expect(answer(pattern, deprecated(seen))).toBe(matched ?? error);
});

test("matchPattern – an error of the pattern – its code, words and place", () => {
  expect(matchPattern("[file:name = 'a']\nREPEATS 0 TIMES", [])).toEqual({
    error: { code: "pattern.repeats", message: "found REPEATS 0: 1 or more is allowed", line: 2, column: 1 },
  });
  expect(matchPattern("[file:name = ]", [])).toEqual({
    error: { code: "pattern.syntax", message: expect.stringContaining("expected a constant"), line: 1, column: 14 },
  });
});

const one = observedData({ at: "10:00:00", objects: {} }, 1, { object_refs: [`file--${uuid(1)}`] });
const file = { type: "file", id: `file--${uuid(1)}`, name: "a" };

test.each<readonly [string, readonly unknown[], boolean | string]>([
  ["an observed-data and its object beside each other", [one, file], true],
  ["a list of both", [[one, file]], true],
  [
    "a bundle that has the observed-data, another that has its object",
    [
      { type: "bundle", objects: [one] },
      { type: "bundle", objects: [file] },
    ],
    true,
  ],
  ["a list of bundles", [[{ type: "bundle", objects: [file, one] }]], true],
  [
    "two objects of one id: the one beside it",
    [
      { type: "bundle", objects: [one, file] },
      { type: "bundle", objects: [{ ...file, name: "b" }] },
    ],
    true,
  ],
  ["an object that no observed-data refers to", [one, { ...file, id: `file--${uuid(2)}` }], false],
  ["objects without an observed-data", [file], false],
  ["an observed-data without objects", [{ ...one, object_refs: undefined }], false],
  ["an observed-data without dates", [{ ...one, first_observed: undefined }, file], "observed.invalid"],
  ["one that ends before it begins", [{ ...one, last_observed: "2025-01-01T00:00:00Z" }, file], "observed.invalid"],
  ["one that was observed no time", [{ ...one, number_observed: 0 }, file], "observed.invalid"],
  ["one that was observed half a time", [{ ...one, number_observed: 0.5 }, file], "observed.invalid"],
  ["what is no object", [null, 1, "x", [], [null]], false],
  ["a bundle of nothing", [{ type: "bundle" }], false],
])("matchPattern – %s – %s", (_, observed, wanted) => {
  expect(answer("[file:name = 'a']", observed)).toBe(wanted);
});

test("matchPattern – one observed-data sent twice – one observation; another version of it is another", () => {
  expect(answer("[file:name = 'a'] REPEATS 2 TIMES", [one, one, file])).toBe(false);
  const newer = { ...one, modified: "2026-01-03T00:00:00.000Z", last_observed: "2026-01-01T11:00:00Z" };
  expect(answer("[file:name = 'a'] REPEATS 2 TIMES", [one, newer, file])).toBe(true);
});

const many = (n: number, more: Partial<Seen> = {}): Json[] =>
  deprecated(
    Array.from({ length: n }, (_, i) => ({
      at: `10:${String(Math.floor(i / 60) % 60).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}`,
      objects: { "0": { type: "x-a", v: 1, n: i } },
      ...more,
    })),
  );

test.each<readonly [string, string, boolean]>([
  ["a third part that nothing matches", "[x-a:v = 1] AND [x-a:v = 1] AND [x-a:v = 2]", false],
  ["one inside", "[x-a:v = 1] AND [x-a:v = 1] AND ([x-a:v = 2] REPEATS 2 TIMES) WITHIN 5 SECONDS", false],
  ["nothing that follows", "[x-a:n > 499] FOLLOWEDBY [x-a:n < 500]", false],
  ["one that follows", "[x-a:n > 499] FOLLOWEDBY [x-a:n < 502]", true],
  ["nothing so close", "([x-a:n < 400] AND [x-a:n > 498]) WITHIN 99 SECONDS", false],
  ["just so close", "([x-a:n < 400] AND [x-a:n > 498]) WITHIN 101 SECONDS", true],
  ["not as late", "([x-a:n < 400] AND [x-a:n > 498]) WITHIN 100 SECONDS", false],
])("matchPattern – a thousand observations: %s – an answer, without trying all pairs", (_, pattern, wanted) => {
  expect(answer(pattern, many(1000))).toBe(wanted);
});

test("matchPattern – a thousand large expressions – told that they are too much, before all of them are compiled", () => {
  const large = (i: number): string => `x-a:t MATCHES '${"x{1000}".repeat(15)}${i}'`;
  const pattern = `[${Array.from({ length: 1000 }, (_, i) => large(i)).join(" OR ")}]`;
  expect(answer(pattern, many(1))).toBe("pattern.match_limit");
  expect(answer(`[${large(1)}]`, many(1))).toBe(false);
});

test.each<readonly [string, string, readonly unknown[], boolean | string]>([
  ["REPEATS over a thousand", "[x-a:v = 1] REPEATS 1000 TIMES", many(1000), true],
  ["one more than there are", "[x-a:v = 1] REPEATS 1001 TIMES", many(1000), false],
  ["a window of a thousand", "[x-a:v = 1] REPEATS 60 TIMES WITHIN 60 SECONDS", many(1000), true],
  ["a window too small", "[x-a:v = 1] REPEATS 61 TIMES WITHIN 60 SECONDS", many(1000), false],
  ["a million of one observation", "[x-a:v = 1] REPEATS 1000000 TIMES", many(1, { count: 1_000_000 }), true],
  ["more than a number can say", "[x-a:v = 1] REPEATS 99999999999999999999 TIMES", many(3), false],
  ["pairs", "([x-a:v = 1] AND [x-a:v = 1]) REPEATS 5 TIMES", many(20), true],
  [
    "more pairs than there are",
    "([x-a:v = 1] FOLLOWEDBY [x-a:v = 1]) REPEATS 30 TIMES",
    many(40),
    "pattern.match_limit",
  ],
  ["pigeons", Array.from({ length: 14 }, () => "[x-a:v = 1]").join(" AND "), many(13), false],
  ["more pigeons", Array.from({ length: 60 }, () => "[x-a:v = 1]").join(" AND "), many(59), "pattern.match_limit"],
  ["250 parts", Array.from({ length: 250 }, (_, i) => `[x-a:n = ${i}]`).join(" FOLLOWEDBY "), many(300), true],
  [
    "a thousand parts",
    Array.from({ length: 1000 }, () => "[x-a:v = 1]").join(" AND "),
    many(1000),
    "pattern.match_limit",
  ],
  [
    "a hostile LIKE",
    `[x-a:t LIKE '${"%a".repeat(2000)}b']`,
    many(1, { objects: { "0": { type: "x-a", t: "a".repeat(100_000) } } }),
    false,
  ],
  [
    "a hostile expression",
    "[x-a:t MATCHES '(a*)*b']",
    many(1, { objects: { "0": { type: "x-a", t: "a".repeat(100_000) } } }),
    false,
  ],
  [
    "a large expression over long text",
    "[x-a:t MATCHES '(a?){900}a{900}b']",
    many(1, { objects: { "0": { type: "x-a", t: "a".repeat(1_000_000) } } }),
    "pattern.match_limit",
  ],
  [
    "lists of lists",
    `[x-a:l${"[*]".repeat(40)} = 1]`,
    many(1, { objects: { "0": { type: "x-a", l: Array.from({ length: 1000 }, () => [1, [2]]) } } }),
    false,
  ],
  [
    "rings of references",
    `[x-a:r_refs[*]${".r_refs[*]".repeat(60)}.v = 2]`,
    deprecated([
      {
        at: "10:00:00",
        objects: Object.fromEntries(
          Array.from({ length: 60 }, (_, i) => [
            String(i),
            { type: "x-a", v: 1, r_refs: Array.from({ length: 60 }, (_unused, k) => String(k)) },
          ]),
        ),
      },
    ]),
    "pattern.match_limit",
  ],
])(
  "matchPattern – %s – answered or stopped in good time",
  async (_, pattern, observed, wanted) => {
    expect(answer(pattern, observed)).toBe(wanted);
    await aTurn();
  },
  LINEAR,
);

const leafOf = (text: string): Leaf => {
  const parsed = parsePattern(`[${text}]`);
  if ("problem" in parsed || parsed.tree.kind !== "observation" || !isLeaf(parsed.tree.test)) throw new Error(text);
  return parsed.tree.test;
};
/** Leaves whose constants are canonical already, over data that is. */
const canonical: fc.Arbitrary<Leaf> = fc
  .constantFrom(
    ...[
      "x-a:v = 1",
      "x-a:v != 1",
      "x-a:v IN (1, 2)",
      "x-a:v NOT IN (1, 2)",
      "x-a:v > 1",
      "x-a:v NOT <= 1.5",
      "x-a:v NOT != 2",
      "x-a:v IN (1)",
    ],
    ...[
      "x-a:w[*] = 'p'",
      "x-a:w[*] != 'p'",
      "x-a:w[*] NOT IN ('p')",
      "x-a:w[*] NOT IN ('p', 'q')",
      "x-a:w[0] LIKE 'p%'",
      "EXISTS x-a:w",
      "NOT EXISTS x-a:w",
    ],
    ...[
      "x-a:o_hex = h'FF'",
      "x-a:o_hex = b'/w=='",
      "x-a:o_hex IN (b'/w==')",
      "x-a:o_hex > h'00'",
      "x-a:v = 1.0",
      "x-a:b_ref.value = 'x'",
    ],
    ...[
      "ipv4-addr:value = '198.51.100.7'",
      "ipv4-addr:value ISSUBSET '198.51.100.77/24'",
      "ipv4-addr:value IN ('198.51.100.7', '198.51.100.8')",
    ],
    ...["domain-name:value = 'evil.example'", "domain-name:value != 'evil.example'", "domain-name:value MATCHES '^E'"],
    ...["windows-registry-key:key = 'hklm\\\\x'", "windows-registry-key:values[*].name = 'run'"],
  )
  .map(leafOf);
const at = NOWHERE;
const near: fc.Arbitrary<Qualifier> = fc.oneof(
  fc
    .integer({ min: 1, max: 3 })
    .map((n): Qualifier => ({ kind: "repeats", times: { kind: "integer", text: String(n), at }, at })),
  fc
    .constantFrom("1", "4", "5.0", "20")
    .map(
      (n): Qualifier => ({ kind: "within", seconds: { kind: n.includes(".") ? "float" : "integer", text: n, at }, at }),
    ),
  fc.constantFrom(["00", "05"], ["03", "30"], ["10", "11"]).map(
    ([start = "", stop = ""]): Qualifier => ({
      kind: "start-stop",
      start: { kind: "timestamp", text: `2026-01-01T10:00:${start}Z`, at },
      stop: { kind: "timestamp", text: `2026-01-01T10:00:${stop}.0Z`, at },
      at,
    }),
  ),
);
const object: fc.Arbitrary<Json> = fc.oneof(
  fc.record(
    {
      type: fc.constant("x-a"),
      v: fc.constantFrom(1, 2, 1.5, "1", null, true),
      w: fc.constantFrom([], ["p"], ["p", "q"], ["q"], "p"),
      o_hex: fc.constantFrom("ff", "00", "ffff", "zz"),
      b_ref: fc.constantFrom("0", "1", "9"),
    },
    { requiredKeys: ["type"] },
  ),
  fc.constantFrom<Json>(
    { type: "ipv4-addr", value: "198.51.100.7" },
    { type: "ipv4-addr", value: "198.51.100.0/24" },
    { type: "domain-name", value: "evil.example" },
    { type: "domain-name", value: "x" },
    { type: "windows-registry-key", key: "hklm\\x", values: [{ name: "run" }, { name: "y" }] },
  ),
);
const two = (n: number): string => String(n).padStart(2, "0");
const observation: fc.Arbitrary<Seen> = fc
  .tuple(
    fc.nat({ max: 20 }),
    fc.nat({ max: 6 }),
    fc.integer({ min: 1, max: 2 }),
    fc.array(object, { minLength: 1, maxLength: 2 }),
  )
  .map(([from, length, count, objects]) => ({
    at: [`10:00:${two(from)}`, `10:00:${two(from + length)}`],
    count,
    objects: Object.fromEntries(objects.map((value, i) => [String(i), value])),
  }));

test("normal and loose – any pattern over canonical data – match what the pattern matches", () => {
  let matched = 0;
  fc.assert(
    fc.property(patterns(canonical, near), fc.array(observation, { maxLength: 4 }), (pattern, seen) => {
      const observed = deprecated(seen);
      const wanted = answer(printPattern(pattern), observed);
      if (typeof wanted !== "boolean") return;
      if (wanted) matched += 1;
      expect([answer(normal(pattern), observed), answer(loose(pattern), observed)]).toEqual([wanted, wanted]);
      expect(answer(pattern, [bundle(seen)])).toBe(wanted);
    }),
    { numRuns: 500, seed: 20260101 },
  );
  expect(matched).toBeGreaterThan(60);
});

test("matchPattern – any pattern over any JSON – never throws", () => {
  fc.assert(
    fc.property(
      patterns(),
      fc.array(fc.oneof(fc.jsonValue(), fc.array(observation, { maxLength: 2 }).map(bundle)), { maxLength: 3 }),
      (pattern, observed) => {
        const found = matchPattern(pattern, observed, 5000);
        expect("error" in found || typeof found.matched === "boolean").toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});
