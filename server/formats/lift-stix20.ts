import { META_TYPES, PUBLISHED_SCO_TYPES, SCO_TYPES, SDO_TYPES, SRO_TYPES } from "../../schemas/stix/types.ts";
import { show } from "../../schemas/stix/validate/path-text.ts";
import type { StixJson } from "../pipeline/steps.ts";
import type { Problem } from "../shared/fault.ts";
import { liftObserved, liftSelector } from "./lift-observed.ts";
import { liftPattern } from "./lift-pattern.ts";

/** STIX 2.0 to 2.1, object by object (STIX 2.1, appendix on changes since 2.0). Ids, dates and properties of others stay as they are. */

const VERSIONED: ReadonlySet<string> = new Set([...SDO_TYPES, ...SRO_TYPES, ...META_TYPES]);
const OBSERVABLES: ReadonlySet<string> = new Set([...SCO_TYPES, ...PUBLISHED_SCO_TYPES]);

/** Where the vocabulary that 2.0 keeps in `labels` has a property of its own. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ["indicator", "indicator_types"],
  ["malware", "malware_types"],
  ["report", "report_types"],
  ["threat-actor", "threat_actor_types"],
  ["tool", "tool_types"],
  ["identity", "roles"],
]);

const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether an object, taken by itself, is of STIX 2.0: it can't be an observable, and says no later version. */
const is20 = (object: StixJson): boolean =>
  typeof object.type === "string" &&
  (object.spec_version === "2.0" ||
    (object.spec_version === undefined && (VERSIONED.has(object.type) || object.created !== undefined)));

/**
 * Whether a list of objects without a version of its own is of STIX 2.0: some object is, none says a version of 2.1, and none is an
 * observable, which 2.0 has only inside observations.
 */
export function areStix20(members: readonly unknown[]): boolean {
  const objects = members.filter(isObject);
  return (
    objects.some(is20) &&
    objects.every(
      ({ type, spec_version: version }) =>
        (version === undefined || version === "2.0") && !(typeof type === "string" && OBSERVABLES.has(type)),
    )
  );
}

export interface Lifted {
  /** Observables first, then the object itself; `place` is within it: empty, or `objects.0`. */
  readonly objects: readonly {
    readonly object: StixJson;
    readonly place: string;
    readonly warnings: readonly Problem[];
  }[];
}

/** Walks over the properties of one object and keeps what was changed. */
class Lift {
  readonly warnings: Problem[] = [];
  warn(code: string, path: string, message: string): void {
    this.warnings.push({ code: `stix20.${code}`, path, message });
  }
}

/** `labels` under its own name. ATT&CK's `labels: ["malware"]` only says the type once more, and its publisher leaves it out in 2.1. */
function liftLabels(object: StixJson, labels: unknown, lift: Lift): readonly (readonly [string, unknown])[] {
  const type = String(object.type);
  const name = KINDS.get(type);
  if (name === undefined || !Array.isArray(labels) || object[name] !== undefined) return [["labels", labels]];
  const kinds = labels.filter((label) => label !== type);
  if (kinds.length < labels.length)
    lift.warn("labels", "labels", `${show(type)} was left out of labels: it only repeats the type`);
  if (kinds.length === 0) return [];
  lift.warn("labels", name, `labels is ${name} in STIX 2.1`);
  return [[name, kinds]];
}

/** Selectors of what has another name now. A marking is never lost for it: where an index may have moved, the whole list is marked. */
function liftMarkings(object: StixJson, granular: unknown): unknown {
  if (!Array.isArray(granular)) return granular;
  const kinds = KINDS.get(String(object.type));
  const moved = kinds !== undefined && object[kinds] === undefined && Array.isArray(object.labels);
  const selector = (text: unknown): unknown =>
    moved && typeof text === "string" && (text === "labels" || text.startsWith("labels.")) ? kinds : liftSelector(text);
  const ofObservation = object.type === "observed-data" && isObject(object.objects);
  if (!moved && !ofObservation) return granular;
  return granular.map((marking) =>
    isObject(marking) && Array.isArray(marking.selectors)
      ? { ...marking, selectors: [...new Set(marking.selectors.map(selector))] }
      : marking,
  );
}

/** What 2.1 asks for and 2.0 does not have. */
function required(object: StixJson, lift: Lift): (readonly [string, unknown])[] {
  const added: (readonly [string, unknown])[] = [];
  const add = (name: string, value: unknown, message: string): void => {
    if (object[name] !== undefined) return;
    lift.warn(name, name, message);
    added.push([name, value]);
  };
  if (object.type === "malware") add("is_family", true, "set to true: STIX 2.0 does not tell families from samples");
  if (object.type === "indicator") {
    add("pattern_type", "stix", 'set to "stix", the only language of patterns in STIX 2.0');
    if (typeof object.created === "string") add("valid_from", object.created, "was missing; set to created");
  }
  return added;
}

function liftedProperties(object: StixJson, lift: Lift): (readonly [string, unknown])[] {
  return Object.entries(object).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    if (name === "spec_version") return [];
    if (name === "type")
      return [
        [name, value],
        ["spec_version", "2.1"],
      ];
    if (name === "labels") return liftLabels(object, value, lift);
    if (name === "granular_markings") return [[name, liftMarkings(object, value)]];
    if (name !== "pattern" || object.type !== "indicator" || typeof value !== "string") return [[name, value]];
    const pattern = liftPattern(value);
    if (pattern !== value) lift.warn("pattern", "pattern", "dates and names of properties are written as in STIX 2.1");
    return [[name, pattern]];
  });
}

/**
 * An object of STIX 2.0 as one or, for an observation, several of STIX 2.1, with a warning for each kind of change. An object that says it is of
 * 2.1, or is an observable, comes back as it is. Whether the result is a valid object of 2.1 is for `validate` to say.
 */
export function liftStix20(object: StixJson): Lifted | { readonly problem: Problem } {
  if (!is20(object)) return { objects: [{ object, place: "", warnings: [] }] };
  const lift = new Lift();
  lift.warn("lifted", "spec_version", "an object of STIX 2.0, kept as one of STIX 2.1");
  const properties = [...liftedProperties(object, lift), ...required(object, lift)];
  if (object.type !== "observed-data" || !isObject(object.objects) || object.object_refs !== undefined)
    return { objects: [{ object: Object.fromEntries(properties), place: "", warnings: lift.warnings }] };
  const observed = liftObserved(object, object.objects);
  if ("problem" in observed) return observed;
  const { members, refs } = observed;
  // Without an object there is no observation in either version: `validate` says what is missing.
  if (refs.length === 0)
    return { objects: [{ object: Object.fromEntries(properties), place: "", warnings: lift.warnings }] };
  lift.warn("objects", "object_refs", `its ${members.length} objects are observables of their own now`);
  const observation = properties.map(([name, value]): readonly [string, unknown] =>
    name === "objects" ? ["object_refs", refs] : [name, value],
  );
  return {
    objects: [
      ...members.map(({ key, object: member }) => ({
        object: member,
        place: `objects.${key}`,
        warnings: [
          { code: "stix20.lifted", path: `objects.${key}`, message: `an object of ${String(object.id).slice(0, 300)}` },
        ],
      })),
      { object: Object.fromEntries(observation), place: "", warnings: lift.warnings },
    ],
  };
}
