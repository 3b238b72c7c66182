import type { Problem } from "../shared/fault.ts";
import { hashAlgorithm } from "./canonicalise/hash.ts";
import { isKept } from "./canonicalise/kept.ts";
import type { ValueProblem } from "./canonicalise/outcome.ts";
import { canonicaliseValue } from "./canonicalise/value.ts";
import { type Canonical, looseForms, PLAIN_CANONICAL } from "./pattern/loose.ts";
import { parsePattern } from "./pattern/parse.ts";
import { printConstant, printKey, printLeaf, printPath, quoted } from "./pattern/print.ts";
import {
  type Comparison,
  type Constant,
  isLeaf,
  type Leaf,
  leavesOf,
  type Path,
  type Pattern,
  type Step,
} from "./pattern/tree.ts";
import type { CanonicalValue, ValueKind } from "./steps.ts";

/** Patterns with the values that they name: constants in the canonical forms of dedup 4, over the looser normal form. */

/** A pattern in its looser normal form, and the values each of which alone makes it match. */
export interface NormalPattern {
  readonly text: string;
  readonly values: readonly CanonicalValue[];
  readonly warnings: readonly Problem[];
}

/** What the property at a path holds. */
interface Place {
  readonly kind: ValueKind;
  readonly sort?: string;
  /** Only a guess from the constant's look: what does not fit is no fault. */
  readonly guessed?: true;
}

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ["ipv4-addr:value", { kind: "ipv4-addr" }],
  ["ipv6-addr:value", { kind: "ipv6-addr" }],
  ["domain-name:value", { kind: "domain-name" }],
  ["url:value", { kind: "url" }],
  ["email-addr:value", { kind: "email-addr" }],
  ["email-message:from_ref.value", { kind: "email-addr" }],
  ["email-message:sender_ref.value", { kind: "email-addr" }],
  ["autonomous-system:number", { kind: "autonomous-system" }],
  ["cryptocurrency-wallet:value", { kind: "cryptocurrency-wallet" }],
  ["bank-account:iban", { kind: "bank-account", sort: "iban" }],
  ["payment-card:value", { kind: "payment-card" }],
  ["phone-number:value", { kind: "phone-number" }],
]);
const RECIPIENTS = /^email-message:(?:to|cc|bcc)_refs\[(?:\*|\d+)\]\.value$/;
const ENDS = /^(?:network-traffic:(?:src|dst)_ref|domain-name:resolves_to_refs\[(?:\*|\d+)\])\.value$/;
const WALLET = /^(?:x[-_](?:opencti[-_])?)?cryptocurrency[-_]wallet:(?:value|address)$/;
const WALLET_STEPS: readonly Step[] = [{ kind: "key", name: "value" }];
const MAC = /^[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}$/;

/** An end of a connection is an address or a name, whatever the path says. */
function guess(text: string): Place | undefined {
  if (MAC.test(text)) return undefined;
  if (/:.*:/s.test(text)) return { kind: "ipv6-addr", guessed: true };
  return { kind: /^[\d.[\]()/]+$/.test(text) ? "ipv4-addr" : "domain-name", guessed: true };
}

/** The algorithm that a path's last step names, if it is one of `hashes`. */
function algorithmOf({ steps }: Path): string | undefined {
  const [dictionary, name] = steps.slice(-2);
  if (dictionary?.kind !== "key" || dictionary.name !== "hashes" || name?.kind !== "key") return undefined;
  return hashAlgorithm(name.name);
}

function placeOf(path: Path, text: string): Place | undefined {
  const sort = algorithmOf(path);
  if (sort !== undefined)
    return path.type === "file" && path.steps.length === 2
      ? { kind: "file", sort }
      : { kind: "file", sort, guessed: true };
  const name = printPath(path);
  return (
    PLACES.get(name) ?? (RECIPIENTS.test(name) ? { kind: "email-addr" } : ENDS.test(name) ? guess(text) : undefined)
  );
}

/** The one spelling of a path: names of hash algorithms, and of the wallet that several publish under names of their own. */
function canonicalPath(path: Path): Path {
  if (WALLET.test(printPath(path))) return { ...path, type: "cryptocurrency-wallet", steps: WALLET_STEPS };
  const name = algorithmOf(path);
  return name === undefined ? path : { ...path, steps: [...path.steps.slice(0, -1), { kind: "key", name }] };
}

interface Read {
  readonly constant: Constant;
  /** Unless it is a hash of something else than a file, which no look-up asks for. */
  readonly value?: CanonicalValue;
  readonly problem?: ValueProblem;
}

/** The canonical form of a constant at a canonical path; `undefined` where no value is known to stand there. */
function readConstant(path: Path, constant: Constant): Read | undefined {
  const { kind, text } = constant;
  const place = kind === "string" || kind === "integer" ? placeOf(path, text) : undefined;
  if (place === undefined || (kind === "integer" && place.kind !== "autonomous-system")) return undefined;
  const outcome = canonicaliseValue(place.kind, text, place.sort);
  if ("problem" in outcome) {
    const known = place.guessed !== true && !isKept(outcome.problem.code);
    return known ? { constant, problem: outcome.problem } : undefined;
  }
  const { value } = outcome;
  const written = value.kind === "autonomous-system" ? "integer" : "string";
  const named = place.kind !== "file" || place.guessed !== true;
  return { constant: { ...constant, kind: written, text: value.canonical }, ...(named ? { value } : {}) };
}

/** Paths and constants as dedup 4 spells them: what `loose` and `sameThing` are given. What can't be a value stands as it was written. */
export const PATTERN_CANONICAL: Canonical = {
  path: canonicalPath,
  constant: (path, constant) => readConstant(path, constant)?.constant ?? PLAIN_CANONICAL.constant(path, constant),
};

/** The normal form of the pattern that tests for just this value. */
export function patternOfValue({ kind, sort, canonical }: Pick<CanonicalValue, "kind" | "sort" | "canonical">): string {
  if (kind === "file") return `[file:hashes.${printKey(sort ?? "")} = ${quoted(canonical)}]`;
  if (kind === "autonomous-system") return `[autonomous-system:number = ${canonical}]`;
  const property = kind !== "bank-account" ? "value" : sort === "iban" ? "iban" : "account_number";
  return `[${kind}:${property} = ${quoted(canonical)}]`;
}

/** Tests for equality, each of which alone makes the pattern match: nothing but OR stands above them. */
function alternatives(tree: Pattern): Set<string> {
  const found = new Set<string>();
  const collect = (node: Comparison): void => {
    if (isLeaf(node)) found.add(printLeaf(node));
    else if (node.kind === "or") for (const operand of node.operands) collect(operand);
  };
  for (const part of tree.kind === "or" ? tree.operands : [tree]) if (part.kind === "observation") collect(part.test);
  return found;
}

function* brackets(tree: Pattern): Generator<Comparison> {
  if (tree.kind === "observation") yield tree.test;
  else if (tree.kind === "qualified") yield* brackets(tree.operand);
  else for (const operand of tree.operands) yield* brackets(operand);
}

/** Nothing but OR joins its tests. */
function isDisjunction(tree: Pattern): boolean {
  const flat = (node: Comparison): boolean => isLeaf(node) || (node.kind === "or" && node.operands.every(flat));
  if (tree.kind === "observation") return flat(tree.test);
  return tree.kind === "or" && tree.operands.every(isDisjunction);
}

const isPositive = (leaf: Leaf): boolean =>
  leaf.kind === "in" ? !leaf.not : leaf.kind === "test" && (leaf.operator === "=") !== leaf.not;
const equatedIn = (leaf: Leaf): readonly Constant[] => {
  if (leaf.kind === "in") return leaf.set;
  return leaf.kind === "test" && (leaf.operator === "=" || leaf.operator === "!=") ? [leaf.constant] : [];
};

/** What is read from the constants of a pattern. */
class Reading {
  readonly values = new Map<string, CanonicalValue>();
  readonly warnings: Problem[] = [];
  /** The first constant that can't be a value. */
  first: Problem | undefined;
  /** Whether each test names a value or something that can't be one. */
  onlyValues = true;

  leaf(leaf: Leaf): void {
    const path = canonicalPath(leaf.path);
    const constants = equatedIn(leaf);
    if (constants.length === 0) this.onlyValues = false;
    for (const constant of constants) {
      const read = readConstant(path, constant);
      if (read?.problem !== undefined) this.#wrong(read.problem, isPositive(leaf));
      if (read?.value !== undefined) {
        this.values.set(`${printPath(path)} = ${printConstant(read.constant)}`, read.value);
        for (const warning of read.value.warnings ?? []) this.warnings.push({ ...warning, path: "pattern" });
      }
      if (read === undefined || !isPositive(leaf)) this.onlyValues = false;
    }
  }

  #wrong({ code, message }: ValueProblem, positive: boolean): void {
    this.first ??= { code, path: "pattern", message };
    const so = positive ? "; this part of the pattern matches nothing" : "";
    this.warnings.push({ code, path: "pattern", message: `${message}${so}` });
  }
}

/**
 * The looser normal form of a pattern over canonical values (dedup 4; patterning 6), with the values each of which alone makes it match. `undefined`
 * for text that is no pattern. A constant that can't be a value of its kind matches nothing: it stands as it was written, with a warning; a
 * problem if a pattern is a disjunction of such alone.
 */
export function normalPattern(text: string): NormalPattern | { readonly problem: Problem } | undefined {
  const parsed = parsePattern(text);
  if ("problem" in parsed) return undefined;
  return valuePattern(parsed.tree) ?? normalOf(parsed.tree);
}

/** The same for a pattern that tests for one value, as most do: nothing has to be sorted. */
function valuePattern(tree: Pattern): NormalPattern | undefined {
  const test = tree.kind === "observation" ? tree.test : undefined;
  if (test?.kind !== "test" || test.not || test.operator !== "=") return undefined;
  const path = canonicalPath(test.path);
  const read = readConstant(path, test.constant);
  if (read?.value === undefined) return undefined;
  const warnings = (read.value.warnings ?? []).map((warning) => ({ ...warning, path: "pattern" }));
  return { text: `[${printPath(path)} = ${printConstant(read.constant)}]`, values: [read.value], warnings };
}

function normalOf(whole: Pattern): NormalPattern | { readonly problem: Problem } {
  const reading = new Reading();
  for (const test of brackets(whole)) for (const leaf of leavesOf(test)) reading.leaf(leaf);
  const { first, onlyValues } = reading;
  if (first !== undefined && onlyValues && reading.values.size === 0 && isDisjunction(whole)) return { problem: first };
  const { tree, text } = looseForms(whole, PATTERN_CANONICAL);
  const alone = alternatives(tree);
  const values = [...reading.values].filter(([test]) => alone.has(test)).map(([, value]) => value);
  return { text, values, warnings: reading.warnings };
}
