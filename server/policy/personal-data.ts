import type { Label } from "../../schemas/policy/label.ts";
import { personalSelectors } from "../../schemas/stix/revenue/personal-data.ts";
import type { Problem } from "../shared/fault.ts";

const covers = (outer: string, inner: string): boolean => inner === outer || inner.startsWith(`${outer}.`);

/**
 * A remark on what an object says of persons in our extensions and no field rule with `pii` covers (policy 5): such a rule cuts it for everybody
 * without the right to read personal data. Of accounts and numbers nothing is said: their value is the object.
 */
export function personalWarning(
  object: Readonly<Record<string, unknown>>,
  { fieldRules }: Pick<Label, "fieldRules">,
): Problem[] {
  if (object.extensions === undefined) return [];
  const covered = fieldRules.flatMap(({ pii, selectors }) => (pii === true ? selectors : []));
  const open = personalSelectors(object).filter(
    (selector) => selector.startsWith("extensions.") && !covered.some((outer) => covers(outer, selector)),
  );
  const [first, ...more] = open;
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  const message = `holds personal data (${first.slice(first.lastIndexOf(".") + 1)}${others}) that no field rule with pii covers: {"selectors": ["${first}"], "pii": true}`;
  return [{ code: "label.personal_data", path: first, message }];
}
