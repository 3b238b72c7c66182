import { isTimestamp } from "../../schemas/stix/timestamp.ts";
import { claimedTlp, tlpOfMarking } from "../../schemas/stix/tlp.ts";
import type { Problem } from "../shared/fault.ts";
import { compareInstants } from "../shared/instant.ts";
import { show } from "./path-text.ts";
import type { StixJson } from "./steps.ts";

/** Rules of STIX 2.1 that join several properties. Where a single property is wrong they say nothing of it. */

/** `modified` is not before `created` (section 3.2). */
export function versionProblems({ created, modified }: StixJson): readonly Problem[] {
  if (typeof created !== "string" || typeof modified !== "string" || created === modified) return [];
  if (compareInstants(modified, created) >= 0 || !isTimestamp(modified)) return [];
  const message = `found ${show(modified)}, before created (${show(created)}); must be the same instant or later`;
  return [{ code: "stix.version_order", path: "modified", message }];
}

/** Content of one kind, by `extensions` or by `definition_type` with `definition`; TLP has fixed ids (section 7.2.1). */
export function markingProblems(marking: StixJson): readonly Problem[] {
  const { definition_type, definition, extensions } = marking;
  if (extensions === undefined) {
    for (const [path, value] of Object.entries({ definition_type, definition }))
      if (value === undefined)
        return [{ code: "stix.required", path, message: "is missing, and there are no extensions in its place" }];
  }
  if (definition_type === "statement" && typeof (definition as StixJson | undefined)?.statement !== "string")
    return [{ code: "stix.required", path: "definition.statement", message: "must be text" }];
  const claimed = claimedTlp(marking);
  if (claimed === undefined) return [];
  const level = tlpOfMarking(String(marking.id));
  const meant = claimed === "white" ? "clear" : claimed;
  if (level?.toLowerCase() === meant) return [];
  const found = `found the id ${show(marking.id)} for TLP ${show(claimed)}`;
  return [{ code: "stix.tlp", path: "id", message: `${found}; TLP markings have fixed ids and are never made anew` }];
}
