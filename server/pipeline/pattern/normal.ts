import { leafForm } from "./comparison-form.ts";
import { plainConstant, specialConstant } from "./constant.ts";
import { patternForm, patternTree, type Rules } from "./pattern-form.ts";
import { printConstant } from "./print.ts";
import type { Constant, Leaf, Pattern, Qualifier, Test } from "./tree.ts";

/**
 * The strict normal form (patterning 6): what stix2's pattern equivalence canonicalises, and nothing more. It keeps apart what stix2 takes for
 * the same by mistake: NOT before LIKE, MATCHES, IN and an order, and the case of a regular expression.
 */

/** `NOT =` is `!=`. `NOT !=` is left: stix2 reads it as `!=`, which it is not. */
function plainTest(test: Test): Test {
  const plain = plainConstant(test.constant);
  const constant = test.operator === "MATCHES" ? plain : specialConstant(test.path, plain);
  if (test.not && test.operator === "=") return { ...test, not: false, operator: "!=", constant };
  return constant === test.constant ? test : { ...test, constant };
}

const byPrint = (a: Constant, b: Constant): number => {
  const [x, y] = [printConstant(a), printConstant(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

/** A leaf in its one spelling. */
export function plainLeaf(leaf: Leaf): Leaf {
  if (leaf.kind === "test") return plainTest(leaf);
  return leaf.kind === "in" ? { ...leaf, set: leaf.set.map(plainConstant).sort(byPrint) } : leaf;
}

function plainQualifier(qualifier: Qualifier): Qualifier {
  if (qualifier.kind !== "start-stop") return qualifier;
  return { ...qualifier, start: plainConstant(qualifier.start), stop: plainConstant(qualifier.stop) };
}

const STRICT: Rules = { leaf: (leaf) => leafForm(plainLeaf(leaf)), qualifier: plainQualifier, split: false };

/** The strict normal form as a tree; the normal form of a normal form is itself. Over 1,024 terms it is the sorted tree. */
export const normal = (tree: Pattern): Pattern => patternTree(patternForm(tree, STRICT));

/** The strict normal form as text: equal for two patterns just if they are equivalent. */
export const normalText = (tree: Pattern): string => patternForm(tree, STRICT).text;

/** Whether two patterns are equivalent as stix2 has it (patterning 6). */
export const equivalent = (a: Pattern, b: Pattern): boolean => normalText(a) === normalText(b);
