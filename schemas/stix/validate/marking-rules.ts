import { compareTimestamps, isTimestamp } from "../timestamp.ts";
import { saidTlp, TLP_1_MARKINGS, TLP_2_EXTENSION, TLP_2_MARKINGS, tlpOfMarking } from "../tlp.ts";
import { isObject } from "./content.ts";
import { show } from "./path-text.ts";
import { isSelector, selects } from "./selectors.ts";
import type { Walk } from "./walk.ts";

/** Rules of markings (STIX 2.1 sections 3.2 and 7.2). */

type Json = Readonly<Record<string, unknown>>;

/** Each applies one language or one marking, to what its selectors point at (section 7.2.3). */
export function checkGranularMarkings(object: Json, walk: Walk): void {
  const markings = object.granular_markings;
  if (!Array.isArray(markings)) return;
  for (const [at, marking] of markings.entries()) {
    if (!isObject(marking)) continue;
    if ((marking.lang === undefined) === (marking.marking_ref === undefined))
      walk.add("stix.granular_marking", "needs exactly one of lang and marking_ref", "granular_markings", at);
    if (object.type === "marking-definition" && marking.marking_ref === object.id)
      walk.add(
        "stix.marking_circular",
        "a marking definition must not mark itself",
        "granular_markings",
        at,
        "marking_ref",
      );
    if (!Array.isArray(marking.selectors)) continue;
    for (const [place, selector] of marking.selectors.entries()) {
      if (typeof selector !== "string") continue;
      const where = ["granular_markings", at, "selectors", place] as const;
      if (!isSelector(selector))
        walk.add(
          "stix.selector",
          `found ${show(selector)}; must be names and [0]-based indexes joined by dots`,
          ...where,
        );
      else if (!selects(object, selector))
        walk.add("stix.selector_target", `found ${show(selector)}, which points at nothing in this object`, ...where);
    }
  }
}

const FIXED: ReadonlyMap<string, Json> = new Map(
  [...TLP_1_MARKINGS, ...TLP_2_MARKINGS].map((marking) => [marking.id, marking]),
);
/** Members that one sends along with a marking definition without making it another one. */
const BESIDES = new Set(["type", "spec_version", "id", "extensions", "definition", "definition_type"]);

/** What a marking says of TLP: its definition, or its extension of TLP 2.0. */
function saidBy({ definition, extensions }: Json): Json {
  const second = isObject(extensions) ? extensions[TLP_2_EXTENSION] : undefined;
  return isObject(second) ? second : isObject(definition) ? definition : {};
}

/** One of the nine fixed instances is sent as it was published, or it is another marking (section 7.2.1). */
function checkInstance(marking: Json, fixed: Json, walk: Walk): void {
  const differs = (name: string, found: string, wanted: string): void =>
    walk.add("stix.tlp_instance", `${found}; the published marking has ${wanted}`, name);
  const { created, name } = marking;
  const date = String(fixed.created);
  if (typeof created === "string" && isTimestamp(created) && compareTimestamps(created, date) !== 0)
    differs("created", `found ${show(created)}`, show(date));
  if (name !== fixed.name) differs("name", name === undefined ? "is missing" : `found ${show(name)}`, show(fixed.name));
  const second = fixed.extensions !== undefined;
  for (const part of second ? ["definition_type", "definition"] : ["extensions"])
    if (marking[part] !== undefined) differs(part, "is there", "none");
  for (const other of Object.keys(marking))
    if (!BESIDES.has(other) && !(other in fixed)) differs(other, "is there", "none");
  const part = second ? "extensions" : "definition";
  const [said, published] = [saidBy(marking), saidBy(fixed)];
  for (const key of Object.keys(published))
    if (said[key] !== published[key] && said[key] !== undefined)
      differs(part, `found ${show(said[key])} as ${key}`, show(published[key]));
}

/** TLP has nine markings with fixed ids, and no others may be made (section 7.2.1). */
function checkTlp(marking: Json, walk: Walk): void {
  const claimed = saidTlp(marking);
  const id = String(marking.id);
  const level = tlpOfMarking(id);
  if (claimed === undefined && level === undefined) return;
  const wrong = (message: string): void => walk.add("stix.tlp", message, "id");
  const fixed = FIXED.get(id);
  const second = isObject(marking.extensions) && marking.extensions[TLP_2_EXTENSION] !== undefined;
  const meant = claimed === "white" ? "clear" : claimed;
  const said = `${second ? "TLP 2.0" : "TLP"} ${show(claimed)}`;
  if (claimed === undefined)
    walk.remark("stix.tlp", `is the id of TLP:${level}, and the content says no level of TLP`, "id");
  else if (fixed === undefined || level?.toLowerCase() !== meant || second !== (fixed.extensions !== undefined))
    wrong(`found the id ${show(id)} for ${said}; TLP markings have fixed ids and are never made anew`);
  else checkInstance(marking, fixed, walk);
}

/** Content of one kind, by `extensions` or by `definition_type` with `definition` (section 7.2.1). */
export function checkMarkingDefinition(marking: Json, walk: Walk): void {
  const { definition_type: kind, definition, extensions } = marking;
  if (extensions === undefined) {
    if (kind === undefined)
      walk.add("stix.required", "is missing, and there are no extensions in its place", "definition_type");
    if (definition === undefined)
      walk.add("stix.required", "is missing, and there are no extensions in its place", "definition");
  }
  const form = kind === "statement" || kind === "tlp" ? kind : undefined;
  if (form !== undefined && isObject(definition) && typeof definition[form] !== "string")
    walk.add("stix.required", "must be text", "definition", form);
  if (Array.isArray(marking.object_marking_refs)) {
    const at = marking.object_marking_refs.indexOf(marking.id);
    if (at >= 0)
      walk.add("stix.marking_circular", "a marking definition must not mark itself", "object_marking_refs", at);
  }
  checkTlp(marking, walk);
}
