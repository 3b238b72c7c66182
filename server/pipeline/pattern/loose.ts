import { createHash } from "node:crypto";
import { shortestAddress } from "./address.ts";
import { type ComparisonForm, joinComparisons, leafForm } from "./comparison-form.ts";
import { plainConstant, shortestNumber, specialConstant } from "./constant.ts";
import { isHexHash, wrongHash } from "./hash-form.ts";
import { normal, plainLeaf } from "./normal.ts";
import { type PatternForm, patternForm, patternTree, type Rules } from "./pattern-form.ts";
import { printConstant } from "./print.ts";
import type { Constant, InTest, Leaf, Path, Pattern, Qualifier, Test } from "./tree.ts";

/** The looser normal form, by which patterns are the same thing (patterning 6, last part; dedup 4). */

/** How paths and constants are spelt that mean the same: the part that knows about values, and is passed in. */
export interface Canonical {
  /** The one spelling of a path. */
  readonly path: (path: Path) => Path;
  /** The one spelling of a constant that the property at this (canonical) path is equal to or not; `undefined` where none is known. */
  readonly constant: (path: Path, constant: Constant) => Constant | undefined;
}

const MAC = /^[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}$/;

/** What can be said without knowing more than the standard: domain names, hexadecimal hashes and MAC addresses in lower case. */
export const PLAIN_CANONICAL: Canonical = {
  path: (path) => path,
  constant: ({ type, steps }, constant) => {
    const { kind, text } = constant;
    const [before, last] = steps.slice(-2);
    if (kind !== "string") return undefined;
    const isValue = steps.length === 1 && before?.kind === "key" && before.name === "value";
    if (type === "domain-name" && isValue) return { ...constant, text: text.toLowerCase() };
    if (type === "mac-addr" && isValue && MAC.test(text))
      return { ...constant, text: text.toLowerCase().replaceAll("-", ":") };
    const isHash = before?.kind === "key" && before.name === "hashes" && last?.kind === "key";
    return isHash && isHexHash(last.name) && wrongHash(last.name, text) === undefined
      ? { ...constant, text: text.toLowerCase() }
      : undefined;
  },
};

/** Octets are written in hexadecimal. */
const octets = (constant: Constant): Constant =>
  constant.kind === "binary"
    ? { ...constant, kind: "hex", text: Buffer.from(constant.text, "base64").toString("hex") }
    : constant;

function looseRules(canonical: Canonical): Rules {
  const equalTo = (path: Path, constant: Constant): Constant =>
    canonical.constant(path, constant) ?? octets(specialConstant(path, plainConstant(constant)));

  const test = (leaf: Test): ComparisonForm => {
    const path = canonical.path(leaf.path);
    const { operator, not, constant } = leaf;
    if (operator === "=" || operator === "!=")
      return leafForm({
        ...leaf,
        path,
        not: false,
        operator: (operator === "=") === not ? "!=" : "=",
        constant: equalTo(path, constant),
      });
    const plain = plainLeaf({ ...leaf, path });
    if (plain.kind !== "test") return leafForm(plain);
    const isSet = operator === "ISSUBSET" || operator === "ISSUPERSET";
    const text = isSet ? shortestAddress(6, shortestAddress(4, plain.constant.text)) : plain.constant.text;
    return leafForm({ ...plain, constant: octets({ ...plain.constant, text }) });
  };

  /** IN is as many tests for equality; NOT IN of several is none of them, since over `[*]` the items may differ. */
  const set = (leaf: InTest): ComparisonForm => {
    const path = canonical.path(leaf.path);
    const members = new Map(
      leaf.set.map((constant) => equalTo(path, constant)).map((one) => [printConstant(one), one]),
    );
    const constants = [...members.keys()].sort().flatMap((key) => members.get(key) ?? []);
    const [first] = constants;
    const { at } = leaf;
    const equality = (operator: "=" | "!=", constant: Constant): ComparisonForm =>
      leafForm({ kind: "test", path, not: false, operator, constant, at });
    if (first === undefined || (leaf.not && constants.length > 1)) return leafForm({ ...leaf, path, set: constants });
    if (leaf.not) return equality("!=", first);
    return joinComparisons(
      "or",
      constants.map((constant) => equality("=", constant)),
    );
  };

  const leaf = (one: Leaf): ComparisonForm => {
    if (one.kind === "test") return test(one);
    return one.kind === "in" ? set(one) : leafForm({ ...one, path: canonical.path(one.path) });
  };

  const qualifier = (one: Qualifier): Qualifier | undefined => {
    if (one.kind === "repeats") return one.times.text === "1" ? undefined : one;
    if (one.kind === "within") return { ...one, seconds: { ...one.seconds, text: shortestNumber(one.seconds.text) } };
    return { ...one, start: plainConstant(one.start), stop: plainConstant(one.stop) };
  };

  return { leaf, qualifier, split: true };
}

/** Over the strict form, so that what is equivalent is always the same thing. */
const looseForm = (tree: Pattern, canonical: Canonical): PatternForm =>
  patternForm(normal(tree), looseRules(canonical));

/**
 * The looser normal form as a tree: besides what `normal` does, IN is OR of `=`, REPEATS 1 says nothing, `[a OR b]` is `[a] OR [b]`, equal octets are
 * one whichever way they are written, and paths and constants stand in their canonical spelling. The loose form of a loose form is itself.
 */
export const loose = (tree: Pattern, canonical: Canonical = PLAIN_CANONICAL): Pattern =>
  patternTree(looseForm(tree, canonical));

/** The same as text: equal for two patterns just if they are the same thing. */
export const looseText = (tree: Pattern, canonical: Canonical = PLAIN_CANONICAL): string =>
  looseForm(tree, canonical).text;

/** Both at once. */
export function looseForms(tree: Pattern, canonical: Canonical): { readonly tree: Pattern; readonly text: string } {
  const form = looseForm(tree, canonical);
  return { tree: patternTree(form), text: form.text };
}

/** Whether two patterns are the same thing for de-duplication. */
export const sameThing = (a: Pattern, b: Pattern, canonical: Canonical = PLAIN_CANONICAL): boolean =>
  looseText(a, canonical) === looseText(b, canonical);

/** The de-duplication key: SHA-256 of the looser form's text, 64 hexadecimal digits. */
export const patternDigest = (tree: Pattern, canonical: Canonical = PLAIN_CANONICAL): string =>
  createHash("sha256").update(looseText(tree, canonical), "utf8").digest("hex");
