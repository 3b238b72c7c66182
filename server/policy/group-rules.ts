import type { FieldRule, Label } from "../../schemas/policy/label.ts";
import { isEssential } from "./decide.ts";
import { normaliseLabel } from "./label-text.ts";
import { sortedSet } from "./meet.ts";
import { tierProblem } from "./tiers.ts";

const fits = (label: Label): boolean => tierProblem(label) === undefined;

/** Rules over the same fields cut them together: the group passes only if each of its rules does. */
function together(rules: readonly FieldRule[]): FieldRule[] {
  const selectors = sortedSet(rules.flatMap((rule) => rule.selectors));
  return rules.map((rule) => ({ ...rule, selectors }));
}

/**
 * A feed's label with too many tiers, its rules grouped until they are few enough (design 3). Only tightens. Rules on
 * essential fields stay alone: they hide, so they make no tier, and in a group they would hide for the others' sake.
 */
export function groupRules(label: Label): Label {
  if (fits(label)) return label;
  const hiding = label.fieldRules.filter((rule) => rule.selectors.some(isEssential));
  const others = label.fieldRules.filter((rule) => !hiding.includes(rule));
  for (let alone = Math.min(others.length, MOST_ALONE); alone >= 0; alone--) {
    const fieldRules = [...hiding, ...others.slice(0, alone), ...together(others.slice(alone))];
    const grouped = normaliseLabel({ ...label, fieldRules });
    if (fits(grouped)) return grouped;
  }
  return normaliseLabel({ ...label, fieldRules: together(label.fieldRules) });
}

/** More rules than this that have nothing to do with each other never fit, and chains longer than this are not seen. */
const MOST_ALONE = 15;
