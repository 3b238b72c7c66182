import type { Budget } from "./budget.ts";
import type { StixObject } from "./observed.ts";
import type { Path, Step } from "./tree.ts";

/** What a path leads to in one observable (patterning 4). */

const isObject = (value: unknown): value is StixObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** Octets of a property that ends in `_hex` or `_bin`; what can't be decoded is left, and compares with nothing. */
const UNREADABLE = Symbol("octets that can't be read");

function decoded(name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (name.endsWith("_hex")) return /^(?:[0-9A-Fa-f]{2})*$/.test(value) ? Buffer.from(value, "hex") : UNREADABLE;
  if (!name.endsWith("_bin")) return value;
  return /^[A-Za-z0-9+/\r\n]*={0,2}\s?$/.test(value) ? Buffer.from(value, "base64") : UNREADABLE;
}

const isReference = (name: string): boolean => name.endsWith("_ref") || name.endsWith("_refs");

/** One step from each of the values; null and what isn't there are left out. */
function stepInto(values: Iterable<unknown>, step: Step, last: boolean, budget: Budget): Set<unknown> {
  const out = new Set<unknown>();
  for (const value of values) {
    if (step.kind === "key") {
      const next = isObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined;
      if (next !== undefined && next !== null) out.add(last ? decoded(step.name, next) : next);
    } else if (Array.isArray(value)) {
      if (step.kind === "any") budget.spend(value.length / 16);
      for (const item of step.kind === "any" ? value : [value[step.index]])
        if (item !== undefined && item !== null) out.add(item);
    }
  }
  return out;
}

/** Objects that the values refer to within the observation; a reference to anything else is not there. */
function followed(values: Iterable<unknown>, objects: ReadonlyMap<string, StixObject>): Set<unknown> {
  const out = new Set<unknown>();
  for (const value of values) {
    const target = typeof value === "string" ? objects.get(value) : undefined;
    if (target !== undefined) out.add(target);
  }
  return out;
}

/** The values that a path leads to, each once; none if it leads nowhere. A reference at the end is its id. */
export function resolve(
  { steps }: Path,
  root: StixObject,
  objects: ReadonlyMap<string, StixObject>,
  budget: Budget,
): Iterable<unknown> {
  const [only] = steps;
  if (steps.length === 1 && only?.kind === "key" && !isReference(only.name)) {
    const value = Object.hasOwn(root, only.name) ? root[only.name] : undefined;
    return value === undefined || value === null ? [] : [decoded(only.name, value)];
  }
  let values = new Set<unknown>([root]);
  let name = "";
  for (const [i, step] of steps.entries()) {
    if (step.kind === "key" && isReference(name)) values = followed(values, objects);
    values = stepInto(values, step, i === steps.length - 1, budget);
    if (values.size === 0) return values;
    if (step.kind === "key") name = step.name;
  }
  if (!isReference(name)) return values;
  return [...values].filter((value) => typeof value !== "string" || objects.has(value));
}
