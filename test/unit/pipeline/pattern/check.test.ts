import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { SCO_TYPES } from "../../../../schemas/stix/types.ts";
import { checkPattern } from "../../../../server/pipeline/pattern/check.ts";
import { printPattern } from "../../../../server/pipeline/pattern/print.ts";
import type { PatternProblem } from "../../../../server/pipeline/pattern/problem.ts";
import { propertyOf } from "../../../../server/pipeline/pattern/properties.ts";
import { regexSize } from "../../../../server/pipeline/pattern/regex.ts";
import { NOWHERE } from "../../../../server/pipeline/pattern/tree.ts";
import { aTurn, LINEAR } from "../../../support/linear.ts";
import { patterns } from "../../../support/pattern-arbitraries.ts";

interface Case {
  readonly pattern: string;
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[];
}
const { cases } = JSON.parse(readFileSync(resolve(process.cwd(), "test/cases/pattern-check.json"), "utf8")) as {
  cases: readonly Case[];
};

const told = (pattern: string, problems: readonly PatternProblem[]): string[] =>
  problems.map(({ code, offset, end }) => `${code.replace("pattern.", "")} at ${pattern.slice(offset, end)}`);

test.each(cases)(
  "checkPattern – $pattern – its errors and warnings, and no others",
  ({ pattern, errors, warnings }) => {
    const checked = checkPattern(pattern);
    expect(told(pattern, checked.errors)).toEqual(errors ?? []);
    expect(told(pattern, checked.warnings)).toEqual(warnings ?? []);
    expect(checked.tree === undefined ? undefined : checkPattern(printPattern(checked.tree)).errors.length).toBe(
      checked.errors.length,
    );
  },
);

test("the case file – read from disk – has a case for every code", () => {
  const source = ["check.ts", "check-leaf.ts"]
    .map((file) => readFileSync(resolve(process.cwd(), "server/pipeline/pattern", file), "utf8"))
    .join("\n");
  const codes = [...source.matchAll(/this\.(?:error|warn)\(\s*[\w.]+,\s*"([a-z_]+)"/g)].map(([, code]) => code);
  const seen = new Set(
    cases.flatMap(({ errors = [], warnings = [] }) => [...errors, ...warnings]).map((line) => line.split(" ")[0]),
  );
  expect(codes.length).toBeGreaterThan(20);
  const byValidity = ["start_before_valid", "stop_after_valid"];
  expect(codes.filter((code) => !seen.has(code) && !byValidity.includes(code ?? ""))).toEqual([]);
});

test("checkPattern – text that is no pattern – the one error of the grammar and no tree", () => {
  expect(checkPattern("[file:name = ")).toEqual({
    errors: [expect.objectContaining({ code: "pattern.syntax", line: 1, column: 14 })],
    warnings: [],
  });
});

test("checkPattern – an error in the second line – told with what was found, what is allowed, the section and the place", () => {
  expect(checkPattern("[file:name = 'a']\n REPEATS 0 TIMES").errors).toEqual([
    {
      code: "pattern.repeats",
      message: "found REPEATS 0: 1 or more is allowed",
      rule: "STIX 2.1 section 9.5.1",
      offset: 19,
      end: 34,
      line: 2,
      column: 2,
    },
  ]);
});

test.each([
  [{ validFrom: "2026-01-01T00:00:00.000Z", validUntil: "2026-02-01T00:00:00.000Z" }, []],
  [{ validFrom: "2026-01-01T00:00:00.001Z" }, ["start_before_valid at t'2026-01-01T00:00:00Z'"]],
  [{ validUntil: "2026-01-31T23:59:59.999Z" }, ["stop_after_valid at t'2026-02-01T00:00:00Z'"]],
  [{ validFrom: "no date" }, []],
])("checkPattern – START and STOP, indicator valid %o – %o", (validity, warnings) => {
  const pattern = "[file:name = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'";
  expect(told(pattern, checkPattern(pattern, validity).warnings)).toEqual(warnings);
});

test("checkPattern – more problems than anybody reads – fifty of each", () => {
  const pattern = `[${Array.from({ length: 200 }, () => "file:size = 'x' OR file:nom = 1").join(" OR ")}]`;
  const { errors, warnings } = checkPattern(pattern);
  expect([errors.length, warnings.length]).toEqual([50, 50]);
});

test("checkPattern – any tree – never throws, and every problem has its place", () => {
  fc.assert(
    fc.property(patterns(), (pattern) => {
      const text = printPattern(pattern);
      const { errors, warnings, tree } = checkPattern(text);
      expect(tree).toBeDefined();
      for (const { offset, end } of [...errors, ...warnings]) {
        expect(offset).toBeLessThan(end);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 1000 },
  );
});

/** The standard's own table of properties, where it is at hand. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  string: ["string"],
  "open-vocab": ["string"],
  enum: ["enum"],
  integer: ["integer"],
  float: ["float"],
  boolean: ["boolean"],
  timestamp: ["timestamp"],
  hex: ["hex"],
  binary: ["binary"],
  identifier: ["reference", "string"],
  list: ["list"],
  dictionary: ["dictionary"],
  hashes: ["dictionary"],
};
const FACTS = resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data", "../reference/stix-2.1.json");

test("propertyOf – every property of every observable in the standard's table – of the kind that it says", () => {
  let facts: { types: Record<string, { properties: Record<string, { type: string }> }> };
  try {
    facts = JSON.parse(readFileSync(FACTS, "utf8")) as typeof facts;
  } catch {
    console.warn("propertyOf against the standard's table did not run: the table is not at hand");
    return;
  }
  let seen = 0;
  for (const type of SCO_TYPES) {
    for (const [name, { type: wanted }] of Object.entries(facts.types[type]?.properties ?? {})) {
      const property = propertyOf({ type, steps: [{ kind: "key", name }], at: NOWHERE });
      seen += 1;
      expect([type, name, KINDS[wanted] ?? ["dictionary"]]).toEqual([
        type,
        name,
        expect.arrayContaining([property.kind]),
      ]);
    }
  }
  expect(seen).toBeGreaterThan(120);
});

test.each<readonly [string, string, number]>([
  ["letters", "abc", 3],
  ["a counted repeat", "x{1000}", 1000],
  ["one with two bounds", "x{2,5}", 8],
  ["one without an end", "x{3,}", 3],
  ["repeats of a group", "(?:ab){100}{10}", 2000],
  ["named and nested groups", "(?P<n>(?i:ab){3}){5}", 30],
  ["sets, classes and quotes", "[]a{9}[:alpha:]]{4}\\pL\\{9}\\Qx{9}\\E", 20],
  ["braces that count nothing", "{a}{,3}", 7],
  ["repeats of repeats", "(((a{1000}){1000}){1000}){1000}", 1e12],
  ["brackets that are open", "((a[", 8],
])("regexSize – %s – about the steps of it compiled", (_, source, wanted) => {
  expect(regexSize(source)).toBeGreaterThanOrEqual(wanted * 0.7);
  expect(regexSize(source)).toBeLessThanOrEqual(wanted * 1.5 + 3);
});

test(
  "checkPattern – thousands of large regular expressions – looked at no longer than that does good",
  async () => {
    const large = (i: number, n: number): string => `a:b MATCHES '${"x{1000}".repeat(n)}${i}'`;
    const pattern = `[${Array.from({ length: 5000 }, (_, i) => large(i, i % 100 === 0 ? 1400 : 19)).join(" OR ")}]`;
    expect(checkPattern(pattern)).toMatchObject({ errors: [] });
    await aTurn();
  },
  LINEAR,
);
