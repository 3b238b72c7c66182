import { META_TYPES, SDO_TYPES, SRO_TYPES } from "../../../schemas/stix/types.ts";
import { type Instant, instantOrder, readInstant } from "./instant.ts";
import { shown } from "./problem.ts";

/** Observed data as a pattern is matched against it (patterning 5). */

export type StixObject = Readonly<Record<string, unknown>>;

/** One observed-data: its observables by the names under which they refer to each other. */
export interface Observation {
  readonly objects: ReadonlyMap<string, StixObject>;
  readonly first: Instant;
  readonly last: Instant;
  /** How many Observations it stands for. */
  readonly count: number;
}

export interface ObservedProblem {
  readonly code: string;
  readonly message: string;
}
export type Observed = { readonly observations: readonly Observation[] } | { readonly problem: ObservedProblem };

const NO_OBSERVABLES: ReadonlySet<string> = new Set([...SDO_TYPES, ...SRO_TYPES, ...META_TYPES, "bundle"]);

const isObject = (value: unknown): value is StixObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const own = (object: StixObject, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);
const isObservable = (value: unknown): value is StixObject => {
  const type = isObject(value) ? own(value, "type") : undefined;
  return typeof type === "string" && !NO_OBSERVABLES.has(type);
};

/** The objects of what was sent together: a bundle, a list (of bundles, too), or one object. */
function membersOf(item: unknown): readonly unknown[] {
  const each = Array.isArray(item) ? item : [item];
  return each.flatMap((one: unknown) => {
    const objects = isObject(one) && own(one, "type") === "bundle" ? own(one, "objects") : [one];
    return Array.isArray(objects) ? objects : [];
  });
}

function byId(members: readonly unknown[]): Map<string, StixObject> {
  const objects = new Map<string, StixObject>();
  for (const member of members) {
    const id = isObservable(member) ? own(member, "id") : undefined;
    if (typeof id === "string" && isObservable(member)) objects.set(id, member);
  }
  return objects;
}

/** The observables of one observed-data: those that it refers to, or its own in the deprecated form. */
function observablesOf(
  data: StixObject,
  near: ReadonlyMap<string, StixObject>,
  all: ReadonlyMap<string, StixObject>,
): Map<string, StixObject> {
  const found = new Map<string, StixObject>();
  const refs = own(data, "object_refs");
  const objects = own(data, "objects");
  if (Array.isArray(refs)) {
    for (const ref of refs) {
      const object = typeof ref === "string" ? (near.get(ref) ?? all.get(ref)) : undefined;
      if (object !== undefined) found.set(ref, object);
    }
  } else if (isObject(objects)) {
    for (const [key, object] of Object.entries(objects)) if (isObservable(object)) found.set(key, object);
  }
  return found;
}

/** Sent twice, it is one observation. Without an id, each is one. */
function identity(data: StixObject, first: Instant, last: Instant): string | undefined {
  const id = own(data, "id");
  if (typeof id !== "string") return undefined;
  const refs = own(data, "object_refs");
  const names = Array.isArray(refs) ? refs.filter((ref) => typeof ref === "string") : [];
  const times = [first, last].map(({ seconds, fraction }) => `${seconds}.${fraction}`);
  return JSON.stringify([
    id,
    String(own(data, "modified")).slice(0, 100),
    ...times,
    own(data, "number_observed"),
    names,
  ]);
}

function problemOf(data: StixObject, message: string): Observed {
  const id = own(data, "id");
  const name = typeof id === "string" ? shown(id) : "an observed-data without id";
  return { problem: { code: "observed.invalid", message: `${name}: ${message}` } };
}

/**
 * The observations of what was sent: bundles, lists or objects, in any mixture. References are looked up beside the observed-data that has them
 * first, then in all that was sent. A problem if an observed-data doesn't say when or how often.
 */
export function readObserved(input: readonly unknown[]): Observed {
  const sent = input.map(membersOf);
  const maps = sent.map(byId);
  const all = new Map(maps.flatMap((map) => [...map]));
  const observations: Observation[] = [];
  const seen = new Set<string>();
  for (const [i, members] of sent.entries()) {
    for (const data of members) {
      if (!isObject(data) || own(data, "type") !== "observed-data") continue;
      const [from, until, count] = [
        own(data, "first_observed"),
        own(data, "last_observed"),
        own(data, "number_observed"),
      ];
      const [first, last] = [from, until].map((when) => (typeof when === "string" ? readInstant(when) : undefined));
      if (first === undefined || last === undefined)
        return problemOf(data, "first_observed and last_observed must be timestamps");
      if (instantOrder(first, last) > 0) return problemOf(data, "last_observed is before first_observed");
      if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 1)
        return problemOf(data, "number_observed must be a whole number of 1 or more");
      const name = identity(data, first, last);
      if (name !== undefined && seen.has(name)) continue;
      if (name !== undefined) seen.add(name);
      observations.push({ objects: observablesOf(data, maps[i] ?? all, all), first, last, count });
    }
  }
  return { observations };
}
