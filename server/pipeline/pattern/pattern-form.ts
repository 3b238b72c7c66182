import {
  byText,
  type ComparisonForm,
  comparisonForm,
  comparisonTree,
  disjunctive,
  type Extent,
  Growth,
  joinComparisons,
  MOST_PARTS,
  MOST_TERMS,
  typesOf,
} from "./comparison-form.ts";
import { printQualifier } from "./print.ts";
import { type Leaf, NOWHERE, type Pattern, type Qualifier } from "./tree.ts";

type JoinKind = "and" | "or" | "followedby";

/** A pattern in normal form (patterning 6, steps 4 and 5). `text` is the form printed, and two forms are one if their texts are. */
export type PatternForm =
  | { readonly kind: "observation"; readonly text: string; readonly test: ComparisonForm }
  | { readonly kind: JoinKind; readonly text: string; readonly parts: readonly PatternForm[] }
  | {
      readonly kind: "qualified";
      readonly text: string;
      readonly operand: PatternForm;
      readonly qualifier: Qualifier;
      /** The qualifiers that stand on it without parentheses between them. */
      readonly kinds: readonly Qualifier["kind"][];
    };

/** What a normal form takes for the same, beyond the algebra. */
export interface Rules {
  readonly leaf: (leaf: Leaf) => ComparisonForm;
  /** The qualifier in its one spelling; `undefined` if it says nothing. */
  readonly qualifier: (qualifier: Qualifier) => Qualifier | undefined;
  /** Whether `[a OR b]` is `[a] OR [b]`. */
  readonly split: boolean;
}

const TIGHTNESS = { followedby: 0, or: 1, and: 2, qualified: 3, observation: 4 } as const;
const WORDS = { and: " AND ", or: " OR ", followedby: " FOLLOWEDBY " } as const;

const observation = (test: ComparisonForm): PatternForm => ({ kind: "observation", text: `[${test.text}]`, test });

function joint(kind: JoinKind, parts: readonly PatternForm[]): PatternForm {
  const own = TIGHTNESS[kind];
  const text = parts.map((part) => (TIGHTNESS[part.kind] < own ? `(${part.text})` : part.text)).join(WORDS[kind]);
  return { kind, text, parts };
}

function qualified(operand: PatternForm, qualifier: Qualifier): PatternForm {
  const kinds = operand.kind === "qualified" ? operand.kinds : [];
  const alone = TIGHTNESS[operand.kind] < TIGHTNESS.qualified || kinds.includes(qualifier.kind);
  const text = `${alone ? `(${operand.text})` : operand.text} ${printQualifier(qualifier)}`;
  return { kind: "qualified", text, operand, qualifier, kinds: alone ? [qualifier.kind] : [...kinds, qualifier.kind] };
}

/** Whether a sequence stands in another in its order, not necessarily together. */
function isSubsequence(short: readonly PatternForm[], long: readonly PatternForm[]): boolean {
  let i = 0;
  for (const { text } of long) if (short[i]?.text === text) i += 1;
  return i === short.length;
}

/** Whether the parts stand in another list, each in a place of its own: `[a] AND [a]` needs two. */
function isContained(few: readonly PatternForm[], many: readonly PatternForm[]): boolean {
  const left = new Map<string, number>();
  for (const { text } of many) left.set(text, (left.get(text) ?? 0) + 1);
  return few.every(({ text }) => {
    const n = left.get(text) ?? 0;
    left.set(text, n - 1);
    return n > 0;
  });
}

/** Most pairs of joints that are held against each other; a longer list keeps what a pair might absorb. */
const MOST_PAIRS = 200_000;

type Joint = Extract<PatternForm, { readonly parts: unknown }>;
const isJoint = (form: PatternForm): form is Joint => form.kind !== "observation" && form.kind !== "qualified";

/**
 * Takes operands of OR away that another one makes needless: A OR (A AND B) is A, A OR (A FOLLOWEDBY B) is A, A OR (B FOLLOWEDBY A) is A. A
 * qualified expression absorbs nothing, as in stix2.
 */
function absorbJoints(flat: Map<string, PatternForm>): void {
  const having = new Map<string, Joint[]>();
  const joints: Joint[] = [];
  for (const part of flat.values()) {
    if (!isJoint(part)) continue;
    joints.push(part);
    for (const { text } of part.parts) {
      const list = having.get(text);
      if (list === undefined) having.set(text, [part]);
      else list.push(part);
    }
  }
  if (joints.length === 0) return;
  for (const { kind, text } of [...flat.values()])
    if (kind === "observation") for (const large of having.get(text) ?? []) flat.delete(large.text);
  const left = joints
    .filter(({ text }) => flat.has(text))
    .sort((a, b) => a.parts.length - b.parts.length || byText(a, b));
  const compared = left.length * left.length <= MOST_PAIRS;
  for (const [i, small] of left.entries()) {
    if (!flat.has(small.text)) continue;
    for (const large of having.get(small.text) ?? []) flat.delete(large.text);
    for (const large of compared ? left.slice(i + 1) : []) {
      if (small.kind !== large.kind || !flat.has(large.text)) continue;
      const within =
        small.kind === "and" ? isContained(small.parts, large.parts) : isSubsequence(small.parts, large.parts);
      if (within) flat.delete(large.text);
    }
  }
}

const isPossible = (test: ComparisonForm): boolean => test.kind === "leaf" || typesOf(test).size > 0;
/** Observations that something can match: under OR they may stand in one pair of brackets. */
const testsOf = (parts: Iterable<PatternForm>): ComparisonForm[] =>
  [...parts].flatMap((part) => (part.kind === "observation" && isPossible(part.test) ? [part.test] : []));

/** What brackets in common would absorb: [a] OR [a AND b] is [a OR a AND b], which is [a]. */
function absorbObservations(flat: Map<string, PatternForm>): void {
  const tests = testsOf(flat.values());
  if (!tests.some(({ kind }) => kind === "and")) return;
  const together = joinComparisons("or", tests);
  const left = new Set(together.kind === "or" ? together.parts.map(({ text }) => text) : [together.text]);
  for (const { text } of tests) if (!left.has(text)) flat.delete(`[${text}]`);
}

/**
 * Parts joined: flat; AND and OR in order; of OR each once, without what another absorbs. One part is the part. `split` where observations
 * under OR might as well stand in one pair of brackets.
 */
function join(kind: JoinKind, parts: readonly PatternForm[], split: boolean): PatternForm {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  if (kind === "followedby") return joint(kind, flat);
  if (kind === "and") return joint(kind, flat.sort(byText));
  const each = new Map(flat.map((part) => [part.text, part]));
  if (split) absorbObservations(each);
  absorbJoints(each);
  const sorted = [...each.values()].sort(byText);
  const [first] = sorted;
  return first !== undefined && sorted.length === 1 ? first : joint(kind, sorted);
}

function extent(form: PatternForm): Extent {
  if (form.kind === "observation" || form.kind === "qualified")
    return { terms: 1, width: 1, characters: form.text.length, flat: true };
  const isOr = form.kind === "or";
  let [terms, width, characters, flat]: [number, number, number, boolean] = [isOr ? 0 : 1, 0, 0, true];
  for (const part of form.parts) {
    const inner = extent(part);
    characters = isOr ? characters + inner.characters : characters * inner.terms + inner.characters * terms;
    terms = isOr ? terms + inner.terms : terms * inner.terms;
    width = isOr ? Math.max(width, inner.width) : width + inner.width;
    flat &&= inner.flat && (isOr || part.kind !== "or");
  }
  return { terms, width, characters, flat };
}

/** The terms of the disjunctive form: AND and FOLLOWEDBY distributed over OR. */
function distributedTerms(form: PatternForm, split: boolean): readonly PatternForm[] {
  if (form.kind === "observation" || form.kind === "qualified") return [form];
  if (form.kind === "or") return form.parts.flatMap((part) => distributedTerms(part, split));
  let rows: readonly (readonly PatternForm[])[] = [[]];
  for (const part of form.parts) {
    const more = distributedTerms(part, split);
    rows = rows.flatMap((row) => more.map((term) => [...row, term]));
  }
  return rows.map((row) => join(form.kind, row, split));
}

function distributed(form: PatternForm, split: boolean, growth: Growth): PatternForm {
  const { terms, width, characters, flat } = extent(form);
  return flat || terms > MOST_TERMS || terms * width > MOST_PARTS || !growth.take(characters)
    ? form
    : join("or", distributedTerms(form, split), split);
}

/** Before the disjunctive form: everything joined in order. What is qualified is a whole of its own, in its normal form. */
function sorted(node: Pattern, rules: Rules, growth: Growth): PatternForm {
  if (node.kind === "observation") {
    const test = disjunctive(comparisonForm(node.test, rules.leaf), growth);
    return rules.split && test.kind === "or" ? join("or", test.parts.map(observation), true) : observation(test);
  }
  if (node.kind === "qualified") {
    const qualifier = rules.qualifier(node.qualifier);
    return qualifier === undefined
      ? sorted(node.operand, rules, growth)
      : qualified(formOf(node.operand, rules, growth), qualifier);
  }
  return join(
    node.kind,
    node.operands.map((operand) => sorted(operand, rules, growth)),
    rules.split,
  );
}

/** Observations that stand beside each other under OR, in one pair of brackets. */
function merged(form: PatternForm): PatternForm {
  if (form.kind === "observation" || form.kind === "qualified") return form;
  const parts = form.parts.map(merged);
  const tests = form.kind === "or" ? testsOf(parts) : [];
  if (tests.length < 2) return parts.every((part, i) => part === form.parts[i]) ? form : join(form.kind, parts, true);
  const others = parts.filter((part) => part.kind !== "observation" || !isPossible(part.test));
  return join("or", [observation(joinComparisons("or", tests)), ...others], true);
}

function formOf(node: Pattern, rules: Rules, growth: Growth): PatternForm {
  const form = distributed(sorted(node, rules, growth), rules.split, growth);
  return rules.split ? merged(form) : form;
}

/** The normal form of a pattern under rules. Where its disjunctive forms would be too large together, all of it is the sorted tree. */
export function patternForm(node: Pattern, rules: Rules): PatternForm {
  const growth = new Growth();
  const form = formOf(node, rules, growth);
  if (!growth.over) return form;
  // Sorting takes repeated operands away, which may leave little enough: so the form of the sorted tree is that of the pattern.
  const tree = formOf(node, rules, new Growth(0));
  const again = new Growth();
  const second = formOf(patternTree(tree), rules, again);
  return again.over ? tree : second;
}

/** The form as a tree. Its places are nowhere but for leaves and qualifiers. */
export function patternTree(form: PatternForm): Pattern {
  if (form.kind === "observation") return { kind: form.kind, test: comparisonTree(form.test), at: NOWHERE };
  if (form.kind === "qualified")
    return { kind: form.kind, operand: patternTree(form.operand), qualifier: form.qualifier, at: NOWHERE };
  return { kind: form.kind, operands: form.parts.map(patternTree), at: NOWHERE };
}
