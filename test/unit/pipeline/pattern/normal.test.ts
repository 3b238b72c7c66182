import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { MOST_TERMS, MOST_TEXT } from "../../../../server/pipeline/pattern/comparison-form.ts";
import { loose, looseText, patternDigest, sameThing } from "../../../../server/pipeline/pattern/loose.ts";
import { equivalent, normal, normalText } from "../../../../server/pipeline/pattern/normal.ts";
import { parsePattern } from "../../../../server/pipeline/pattern/parse.ts";
import { printPattern } from "../../../../server/pipeline/pattern/print.ts";
import { isLeaf, type Leaf, type Pattern } from "../../../../server/pipeline/pattern/tree.ts";
import { drawn } from "../../../support/drawn.ts";
import { aTurn, LINEAR } from "../../../support/linear.ts";
import { patterns, withoutPlaces } from "../../../support/pattern-arbitraries.ts";

interface Pair {
  readonly a: string;
  readonly b: string;
  readonly equivalent: boolean;
  readonly sameThing: boolean;
}
const { pairs } = JSON.parse(readFileSync(resolve(process.cwd(), "test/cases/pattern-normal.json"), "utf8")) as {
  pairs: readonly Pair[];
};

function tree(text: string): Pattern {
  const parsed = parsePattern(text);
  if ("problem" in parsed) throw new Error(`${text}: ${parsed.problem.message}`);
  return parsed.tree;
}

test.each(pairs)("equivalent and sameThing – $a and $b – $equivalent, $sameThing", ({ a, b, ...wanted }) => {
  const [left, right] = [tree(a), tree(b)];
  expect([equivalent(left, right), sameThing(left, right)]).toEqual([wanted.equivalent, wanted.sameThing]);
  expect([equivalent(right, left), sameThing(right, left)]).toEqual([wanted.equivalent, wanted.sameThing]);
  expect(patternDigest(left) === patternDigest(right)).toBe(wanted.sameThing);
});

test.each(pairs.flatMap(({ a, b }) => [a, b]))(
  "normal and loose – %s – each a fixed point, also through its text",
  (text) => {
    const [strict, looser] = [normal(tree(text)), loose(tree(text))];
    expect(withoutPlaces(normal(strict))).toEqual(withoutPlaces(strict));
    expect(withoutPlaces(loose(looser))).toEqual(withoutPlaces(looser));
    expect(printPattern(strict)).toBe(normalText(tree(text)));
    expect(normalText(tree(printPattern(strict)))).toBe(printPattern(strict));
    expect(looseText(tree(printPattern(looser)))).toBe(printPattern(looser));
  },
);

/** Few leaves, so that the algebra has something to do. */
const leaves: fc.Arbitrary<Leaf> = fc
  .constantFrom(
    "a:b = 1",
    "a:b != 2",
    "a:c IN (1, 2)",
    "a:c = 1",
    "a:c = 2",
    "c:d = 'x'",
    "c:d NOT = 'x'",
    "EXISTS c:e",
    "a:b IN (1)",
  )
  .map((text): Leaf => {
    const parsed = tree(`[${text}]`);
    if (parsed.kind !== "observation" || !isLeaf(parsed.test)) throw new Error(text);
    return parsed.test;
  });

test.each([
  ["few leaves", patterns(leaves), drawn(800, 800, 250)],
  ["any leaves", patterns(), drawn(200, 200, 80)],
])("normal and loose – any tree over %s – fixed points, and printed as what they are", (_, trees, numRuns) => {
  fc.assert(
    fc.property(trees, (pattern) => {
      const strict = normal(pattern);
      const looser = loose(pattern);
      expect(printPattern(strict)).toBe(normalText(pattern));
      expect(normalText(strict)).toBe(normalText(pattern));
      expect(normalText(tree(printPattern(strict)))).toBe(normalText(pattern));
      expect(looseText(looser)).toBe(looseText(pattern));
      expect(looseText(tree(printPattern(looser)))).toBe(looseText(pattern));
    }),
    { numRuns },
  );
});

test("normal and loose – operands in another order – the same form; equivalent is the same thing", () => {
  const shuffled = (pattern: Pattern): Pattern => {
    if (pattern.kind === "observation") return pattern;
    if (pattern.kind === "qualified") return { ...pattern, operand: shuffled(pattern.operand) };
    const operands = pattern.operands.map(shuffled);
    return { ...pattern, operands: pattern.kind === "followedby" ? operands : operands.reverse() };
  };
  fc.assert(
    fc.property(patterns(leaves), (pattern) => {
      expect(normalText(shuffled(pattern))).toBe(normalText(pattern));
      expect(looseText(shuffled(pattern))).toBe(looseText(pattern));
      expect(looseText(normal(pattern))).toBe(looseText(pattern));
    }),
    { numRuns: drawn(600, 600, 200) },
  );
});

/** AND of `n` two-way ORs: 2 to the power of n terms. */
const product = (n: number, outside: boolean): string =>
  Array.from({ length: n }, (_, i) => (outside ? `([a:b = ${i}] OR [a:c = ${i}])` : `(a:b = ${i} OR a:c = ${i})`)).join(
    " AND ",
  );

test.each([
  [5, 32],
  [20, 1],
  [200, 1],
])("normal – an AND of %i two-way ORs – %i terms: growth is capped, and the sorted tree is left", (n, terms) => {
  const inside = normal(tree(`[${product(n, false)}]`));
  const outside = normal(tree(product(n, true)));
  const test = inside.kind === "observation" ? inside.test : undefined;
  expect(test?.kind === "or" ? test.operands.length : 1).toBe(terms);
  expect(outside.kind === "or" ? outside.operands.length : 1).toBe(terms);
  for (const form of [inside, outside]) {
    expect(normalText(form)).toBe(printPattern(form));
    expect(looseText(loose(form))).toBe(looseText(form));
  }
});

/** As many ANDs of ten two-way ORs: each has 1,024 terms, which is not too many for one. */
const products = (n: number, join: string): string =>
  Array.from({ length: n }, (_, i) => `[a:d = ${i} AND ${product(10, false)}]`).join(join);

const BRACKETS = drawn(100, 100, 40);
test.each([
  ["many brackets under AND", products(BRACKETS, " AND ")],
  ["many brackets under OR", products(BRACKETS, " OR ")],
  ["many brackets, each qualified", products(BRACKETS, " REPEATS 2 TIMES AND ")],
  ["long constants in a bracket", `[${product(10, false).replaceAll("= 1", `= '${"x".repeat(5000)}'`)}]`],
  ["long constants in brackets", product(10, true).replaceAll("= 1", `= '${"x".repeat(5000)}'`)],
])("normal and loose – %s – growth is capped over the whole pattern, and a fixed point is left", (_, text) => {
  const pattern = tree(text);
  const [strict, looser] = [normalText(pattern), looseText(pattern)];
  expect(Math.max(strict.length, looser.length)).toBeLessThanOrEqual(Math.max(2 * text.length, MOST_TEXT));
  expect(normalText(normal(pattern))).toBe(strict);
  expect(normalText(tree(strict))).toBe(strict);
  expect(looseText(loose(pattern))).toBe(looser);
  expect(looseText(tree(strict))).toBe(looser);
});

test("normal – too large a pattern whose operands are repeated – the form of the one without repetition", () => {
  const few = products(3, " OR ");
  const many = Array.from({ length: 40 }, () => few).join(" OR ");
  expect(normalText(tree(many))).toBe(normalText(tree(few)));
  expect(looseText(tree(many))).toBe(looseText(tree(few)));
});

test("normal – just as many terms as are let grow – the disjunctive form", () => {
  const form = normal(tree(`[${product(Math.log2(MOST_TERMS), false)}]`));
  expect(form.kind === "observation" && form.test.kind === "or" ? form.test.operands.length : 0).toBe(MOST_TERMS);
});

test.each([
  ["20,000 operands of OR", `[${Array.from({ length: 20_000 }, (_, i) => `a:b = ${i}`).join(" OR ")}]`],
  ["20,000 observations", Array.from({ length: 20_000 }, (_, i) => `[a:b = ${i}]`).join(" OR ")],
  ["20,000 members of IN", `[a:b IN (${Array.from({ length: 20_000 }, (_, i) => i).join(",")})]`],
  [
    "20,000 ANDs under OR",
    `[${Array.from({ length: 20_000 }, (_, i) => `(a:b = ${i % 150} AND a:c = ${i % 149})`).join(" OR ")}]`,
  ],
  [
    "5,000 ANDs of observations under OR",
    Array.from({ length: 5000 }, (_, i) => `([a:b = ${i % 70}] AND [a:c = ${i % 71}])`).join(" OR "),
  ],
  [
    "two INs of 2,000 joined by AND",
    `[a:b IN (${Array.from({ length: 2000 }, (_, i) => i).join(",")}) AND a:c IN (${Array.from({ length: 2000 }, (_, i) => i).join(",")})]`,
  ],
  ["200 levels of AND and OR", `[${"(a:b = 1 OR a:d = 2 AND ".repeat(99)}a:c = 1${")".repeat(99)}]`],
])(
  "normal and loose – %s – in good time",
  async (_, text) => {
    const pattern = tree(text);
    normal(pattern);
    loose(pattern);
    await aTurn();
  },
  LINEAR,
);
