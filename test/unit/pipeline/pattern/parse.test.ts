import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { parsePattern } from "../../../../server/pipeline/pattern/parse.ts";
import { DEEPEST } from "../../../../server/pipeline/pattern/parse-comparison.ts";
import { printPattern } from "../../../../server/pipeline/pattern/print.ts";
import type { Pattern } from "../../../../server/pipeline/pattern/tree.ts";
import { aTurn, LINEAR } from "../../../support/linear.ts";
import { patterns, withoutPlaces } from "../../../support/pattern-arbitraries.ts";

interface Cases {
  readonly read: readonly { readonly pattern: string; readonly printed?: string }[];
  readonly refused: readonly { readonly pattern: string; readonly at: string; readonly says: string }[];
}
const cases = JSON.parse(readFileSync(resolve(process.cwd(), "test/cases/pattern-syntax.json"), "utf8")) as Cases;

function tree(text: string): Pattern {
  const parsed = parsePattern(text);
  if ("problem" in parsed) throw new Error(parsed.problem.message);
  return parsed.tree;
}

test.each(cases.read)("parsePattern – $pattern – read, and printed as one text", ({ pattern, printed }) => {
  expect(printPattern(tree(pattern))).toBe(printed ?? pattern);
  expect(withoutPlaces(tree(printed ?? pattern))).toEqual(withoutPlaces(tree(pattern)));
});

test.each(cases.refused)("parsePattern – $pattern – refused at $at", ({ pattern, at, says }) => {
  const parsed = parsePattern(pattern);
  if (!("problem" in parsed)) throw new Error(`read as ${printPattern(parsed.tree)}`);
  const { code, line, column, message, offset, end, rule } = parsed.problem;
  expect([code, `${line}:${column}`, rule]).toEqual(["pattern.syntax", at, "STIX 2.1 section 9"]);
  expect(message).toContain(says);
  expect(offset).toBeLessThanOrEqual(end);
  expect(end).toBeLessThanOrEqual(pattern.length);
});

test("parsePattern – a word that may not stand there – told with what was found and what is wanted", () => {
  expect(parsePattern("[a:b = 1] REPEATS 2 SECONDS")).toEqual({
    problem: {
      code: "pattern.syntax",
      rule: "STIX 2.1 section 9",
      message: "found SECONDS, expected TIMES",
      found: "SECONDS",
      expected: "TIMES",
      offset: 20,
      end: 27,
      line: 1,
      column: 21,
    },
  });
});

test("parsePattern – one test – the tree with its places", () => {
  expect(tree("[ file:hashes.'MD5'[*] NOT LIKE 'a\\'b' ] REPEATS 2 TIMES")).toEqual({
    kind: "qualified",
    at: { offset: 0, end: 56 },
    operand: {
      kind: "observation",
      at: { offset: 0, end: 40 },
      test: {
        kind: "test",
        at: { offset: 2, end: 38 },
        path: {
          type: "file",
          at: { offset: 2, end: 22 },
          steps: [{ kind: "key", name: "hashes" }, { kind: "key", name: "MD5" }, { kind: "any" }],
        },
        not: true,
        operator: "LIKE",
        constant: { kind: "string", text: "a'b", at: { offset: 32, end: 38 } },
      },
    },
    qualifier: {
      kind: "repeats",
      at: { offset: 41, end: 56 },
      times: { kind: "integer", text: "2", at: { offset: 49, end: 50 } },
    },
  });
});

test.each([
  ["between brackets", (n: number) => `${"(".repeat(n)}[a:b = 1]${")".repeat(n)}`],
  ["inside brackets", (n: number) => `[${"(".repeat(n)}a:b = 1${")".repeat(n)}]`],
  ["each qualified", (n: number) => `${"(".repeat(n)}[a:b = 1]${" REPEATS 2 TIMES)".repeat(n)}`],
  ["never closed", (n: number) => "(".repeat(n)],
])("parsePattern – 10,000 parentheses %s – a clear error, no overflow", (_, nested) => {
  expect(parsePattern(nested(10_000))).toEqual({
    problem: expect.objectContaining({
      code: "pattern.depth",
      message: `parentheses stand more than ${DEEPEST} deep here`,
      line: 1,
    }),
  });
});

test("parsePattern – as many parentheses as are read – read and printed without overflow", () => {
  const nested = `${"(".repeat(DEEPEST)}[a:b = 1]${" REPEATS 2 TIMES)".repeat(DEEPEST)}`;
  expect(printPattern(tree(nested))).toBe(nested.slice(1, -1));
});

test("printPattern – qualifiers of changing kinds, as deep as can be – linear", () => {
  const kinds = ["REPEATS 2 TIMES", "WITHIN 2 SECONDS"];
  const nested = `${"(".repeat(DEEPEST)}[a:b = 1]${kinds
    .map((kind) => ` ${kind})`)
    .join("")
    .repeat(DEEPEST / 2)}`;
  const printed = printPattern(tree(nested));
  expect(printPattern(tree(printed))).toBe(printed);
});

test("printPattern – any tree – parsePattern gives it back", () => {
  fc.assert(
    fc.property(patterns(), (pattern) => {
      expect(withoutPlaces(tree(printPattern(pattern)))).toEqual(withoutPlaces(pattern));
    }),
    { numRuns: 2000 },
  );
});

test("parsePattern – any text – never throws, and says a place within it", () => {
  const word = fc.constantFrom(
    ...["[", "]", "(", ")", "a:b", "a", ":", ".", "=", "!=", "<>", "'x'", "OR", "AND", "IN", "NOT", "EXISTS", "WITHIN"],
    ...["SECONDS", "5", "0.5", "REPEATS", "TIMES", "START", "STOP", "t'2026-01-01T00:00:00Z'", "h'ff'", "b'/w=='", ","],
    ...["'", "\\", '"', "-1", " ", "/*", "*/", "//", "\n", "\ud800", "\u2028", "[*]", "true", "LIKE", "-", "+", "é"],
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(word, { maxLength: 25 }).map((words) => words.join("")),
        fc.array(word, { maxLength: 25 }).map((words) => words.join(" ")),
        fc.string({ unit: "binary" }),
      ),
      (text) => {
        const parsed = parsePattern(text);
        if ("tree" in parsed) expect(printPattern(tree(printPattern(parsed.tree)))).toBe(printPattern(parsed.tree));
        else {
          expect(parsed.problem.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.problem.end).toBeLessThanOrEqual(text.length);
        }
      },
    ),
    { numRuns: 4000 },
  );
});

test.each([
  ["one constant", "[a:b = '", "x", "']"],
  ["a constant of escapes", "[a:b = '", "\\\\", "']"],
  ["many constants", "[a:b IN ('x'", ",'x'", ")]"],
  ["many constants, one escape at the end", "[a:b IN ('x'", ",'x'", ",'\\\\')]"],
  ["an open constant", "[a:b = '", "\\'", ""],
  ["an open comment", "/*", "*", ""],
  ["blanks", "[a:b = 1", "\u00a0", "?"],
  ["lines", "[a:b = 1", "\n", "?"],
  ["operands", "[a:b = 1", " OR a:b = 1", "]"],
  ["observations", "[a:b = 1]", " FOLLOWEDBY [a:b = 1]", ""],
  ["steps", "[a:b", ".c[*]", " = 1]"],
  ["digits", "[a:b = ", "7", "]"],
  ["hex digits", "[a:b = h'", "ff", "']"],
  ["a hyphen name", "[a", "-", ":b = 1]"],
  ["literals that have no end", "[a:b = ", "h", ""],
])(
  "parsePattern – 400,000 characters of %s – in time that grows with the length",
  async (_, before, unit, after) => {
    const text = before + unit.repeat(Math.ceil(400_000 / unit.length)) + after;
    parsePattern(text);
    await aTurn();
  },
  LINEAR,
);
