import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { keyOf } from "../../../server/pipeline/key.ts";
import { ruleKey } from "../../../server/pipeline/rule-key.ts";
import { aTurn, LINEAR } from "../../support/linear.ts";

interface Pair {
  readonly language: string;
  readonly a: string;
  readonly b: string;
}
const { same, different, named } = JSON.parse(
  readFileSync(resolve(process.cwd(), "test/cases/pattern-rules.json"), "utf8"),
) as {
  same: readonly Pair[];
  different: readonly Pair[];
  named: readonly { language: string; text: string; names: string }[];
};

test.each(same)("ruleKey – $language, $a and $b – one key", ({ language, a, b }) => {
  const key = ruleKey(language, a);
  expect(key).toMatch(/^[a-z]+\|.*\|[A-Za-z0-9_-]{43}$/);
  expect(ruleKey(language, b)).toBe(key);
});

test.each(different)("ruleKey – $language, $a and $b – two keys", ({ language, a, b }) => {
  expect(ruleKey(language, a)).not.toBe(ruleKey(language, b));
});

test.each(named)("ruleKey – $language, $text – named $names", ({ language, text, names }) => {
  expect(ruleKey(language, text)?.split("|").slice(0, 2)).toEqual([language, names]);
});

test.each([
  ["yara", "/* only a comment"],
  ["sigma", "# only a comment\n\n"],
  ["snort", "# only a comment"],
  ["yara", " \n "],
  ["pcre", "^x$"],
  ["constructor", "x"],
])("ruleKey – %s, %j – none", (language, text) => {
  expect(ruleKey(language, text)).toBeUndefined();
});

test("keyOf – the same rule from two agencies, in another layout – one thing, and no value is told from it", () => {
  const rule = (pattern: string) => ({ type: "indicator", id: "indicator--1", pattern_type: "yara", pattern });
  const [a, b] = [
    keyOf(rule("rule E { condition: true }"), "US-CISA"),
    keyOf(rule("rule E {\n  condition: true // x\n}"), "JP-NPA"),
  ];
  expect(a).toEqual(b);
  expect(a).toMatchObject({ key: { kind: "indicator", fold: "pattern", values: [] } });
});

test("ruleKey – any text in any language – never throws, and blanks at its ends say nothing", () => {
  const word = fc.constantFrom(
    "rule",
    " ",
    "\n",
    '"',
    "/",
    "//",
    "/*",
    "*/",
    "#",
    "\\",
    "'",
    "id:",
    "sid:",
    "x",
    "{",
    "}",
    "\ud800",
  );
  fc.assert(
    fc.property(
      fc.constantFrom("yara", "sigma", "snort", "suricata"),
      fc.array(word, { maxLength: 30 }).map((words) => words.join("")),
      (language, text) => {
        expect(ruleKey(language, `\n\n${text}`)).toBe(ruleKey(language, text));
      },
    ),
    { numRuns: 2000 },
  );
});

test.each(["#", '"', "/", "x#", "\\\n", "a b ", "'", " ", "/*", '$a="'])(
  "ruleKey – 300,000 characters of %j – in time that grows with the length",
  async (unit) => {
    const text = unit.repeat(300_000 / unit.length);
    for (const language of ["yara", "sigma", "snort"]) ruleKey(language, text);
    await aTurn();
  },
  LINEAR,
);
