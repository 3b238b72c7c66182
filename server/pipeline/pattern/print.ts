import { KEYWORDS } from "./tokens.ts";
import {
  type Comparison,
  type Constant,
  isLeaf,
  type Leaf,
  type Path,
  type Pattern,
  type Qualifier,
  type Step,
} from "./tree.ts";

/** A tree as text (patterning 7): constants with their escapes, quotes where a step needs them, single spaces, no parentheses too many. */

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Text as a constant, with the two escapes that exist. */
export function quoted(text: string): string {
  if (!text.includes("'") && !text.includes("\\")) return `'${text}'`;
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

const isPlainName = (name: string): boolean =>
  NAME.test(name) && !KEYWORDS.has(name) && name !== "true" && name !== "false";

/** The name of a property or key as a step of a path: between quotes where the grammar asks for them. */
export const printKey = (name: string): string => (isPlainName(name) ? name : quoted(name));

function printStep(step: Step, first: boolean): string {
  if (step.kind === "key") return first ? printKey(step.name) : `.${printKey(step.name)}`;
  return step.kind === "any" ? "[*]" : `[${step.index}]`;
}

/** A path as the language writes it: `file:hashes.'SHA-256'`. */
export function printPath({ type, steps }: Path): string {
  let out = `${type}:`;
  let first = true;
  for (const step of steps) {
    out += printStep(step, first);
    first = false;
  }
  return out;
}

const LETTERS = { hex: "h", binary: "b", timestamp: "t" } as const;

/** A constant with its quotes and letter: `h'00ff'`. */
export function printConstant({ kind, text }: Constant): string {
  if (kind === "string") return quoted(text);
  return kind === "hex" || kind === "binary" || kind === "timestamp" ? `${LETTERS[kind]}'${text}'` : text;
}

/** One comparison: path, operator, constant or set. */
export function printLeaf(leaf: Leaf): string {
  const path = printPath(leaf.path);
  if (leaf.kind === "exists") return leaf.not ? `NOT EXISTS ${path}` : `EXISTS ${path}`;
  const not = leaf.not ? " NOT" : "";
  if (leaf.kind === "in") return `${path}${not} IN (${leaf.set.map(printConstant).join(", ")})`;
  return `${path}${not} ${leaf.operator} ${printConstant(leaf.constant)}`;
}

/** What stands between the brackets. OR inside AND is put in parentheses. */
export function printComparison(node: Comparison): string {
  if (isLeaf(node)) return printLeaf(node);
  if (node.kind === "or") return node.operands.map(printComparison).join(" OR ");
  return node.operands
    .map((operand) => (operand.kind === "or" ? `(${printComparison(operand)})` : printComparison(operand)))
    .join(" AND ");
}

/** WITHIN, REPEATS or START … STOP (STIX 2.1 section 9.5). */
export function printQualifier(qualifier: Qualifier): string {
  if (qualifier.kind === "within") return `WITHIN ${qualifier.seconds.text} SECONDS`;
  if (qualifier.kind === "repeats") return `REPEATS ${qualifier.times.text} TIMES`;
  return `START ${printConstant(qualifier.start)} STOP ${printConstant(qualifier.stop)}`;
}

/** From the loosest to the tightest; a looser operand of a tighter operator stands in parentheses. */
const TIGHTNESS = { followedby: 0, or: 1, and: 2, qualified: 3, observation: 4 } as const;

const WORDS = { and: " AND ", or: " OR ", followedby: " FOLLOWEDBY " } as const;

/** The text of a qualified expression, and the qualifiers that stand on it without parentheses between them: a kind may come once. */
function printQualified(node: Pattern & { readonly kind: "qualified" }): { text: string; kinds: readonly string[] } {
  const { operand, qualifier } = node;
  const inner = operand.kind === "qualified" ? printQualified(operand) : { text: printPattern(operand), kinds: [] };
  const alone = TIGHTNESS[operand.kind] < TIGHTNESS.qualified || inner.kinds.includes(qualifier.kind);
  const text = `${alone ? `(${inner.text})` : inner.text} ${printQualifier(qualifier)}`;
  return { text, kinds: alone ? [qualifier.kind] : [...inner.kinds, qualifier.kind] };
}

/**
 * The one text of a tree: `parsePattern` gives the tree back (patterning 7). A join inside a join of its own kind, which the parser never
 * makes, is printed without parentheses.
 */
export function printPattern(node: Pattern): string {
  if (node.kind === "observation") return `[${printComparison(node.test)}]`;
  if (node.kind === "qualified") return printQualified(node).text;
  const own = TIGHTNESS[node.kind];
  return node.operands
    .map((operand) => (TIGHTNESS[operand.kind] < own ? `(${printPattern(operand)})` : printPattern(operand)))
    .join(WORDS[node.kind]);
}
