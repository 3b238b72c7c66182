import { isTimestamp } from "../timestamp.ts";
import { claimedTlp, TLP_2_EXTENSION, TLP_2_MARKINGS, tlpMarkingId, tlpOfMarking } from "../tlp.ts";
import { isObject } from "./content.ts";
import { type PathPart, pathText, show } from "./path-text.ts";
import type { Finding } from "./walk.ts";

/**
 * Common faults of producers, put right where there is only one thing that can have been meant. Never silent: each repair is
 * told of, with what was found and what was made of it.
 */

type Json = Record<string, unknown>;
type Problem = Omit<Finding, "rule">;

const GONE = Symbol("left out");
type Repaired = string | boolean | number | readonly unknown[] | typeof GONE | undefined;

/** `2026-04-11 09:30:00+00:00`, in the spellings of UTC that other rules allow. */
const LOOSE_UTC = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,30})?)(?:[Zz]|[+-]00:?00)$/;

function utc(value: unknown): Repaired {
  const [, day, time] = typeof value === "string" && value.length <= 60 ? (LOOSE_UTC.exec(value) ?? []) : [];
  const text = `${day}T${time}Z`;
  return day !== undefined && isTimestamp(text) ? text : undefined;
}

/** With three digits of fraction. */
function precise(value: unknown): Repaired {
  if (typeof value !== "string" || !isTimestamp(value)) return undefined;
  const [second = "", fraction = ""] = value.slice(0, -1).split(".");
  return `${second}.${fraction.padEnd(3, "0")}Z`;
}

/** Truth values and whole numbers that were written as text. */
function unquoted(value: unknown, { message }: Problem): Repaired {
  if (typeof value !== "string") return undefined;
  if (message.endsWith("must be true or false")) {
    const text = value.toLowerCase();
    return text === "true" ? true : text === "false" ? false : undefined;
  }
  return message.endsWith("must be a whole number") && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function macAddress(value: unknown): Repaired {
  const text = typeof value === "string" && value.length <= 17 ? value.toLowerCase().replaceAll("-", ":") : "";
  return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text) ? text : undefined;
}

const REPAIRS: ReadonlyMap<string, (value: unknown, problem: Problem) => Repaired> = new Map([
  ["stix.null", () => GONE],
  ["stix.list_empty", () => GONE],
  ["stix.timestamp", utc],
  ["stix.timestamp_precision", precise],
  ["stix.type", unquoted],
  [
    "stix.hex",
    (value) => (typeof value === "string" && /^[0-9a-fA-F]+$/.test(value) ? value.toLowerCase() : undefined),
  ],
  ["stix.mac_address", macAddress],
  [
    "stix.dictionary_value",
    (value, { message }) => (typeof value === "string" && message.endsWith("a list of texts") ? [value] : undefined),
  ],
] as const);

const told = (path: string, message: string): Problem => ({ code: "stix.repaired", path, message });

/** The object with another value at a place; only what lies on the way is copied. */
function put(at: unknown, path: readonly PathPart[], value: Repaired): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(at)) {
    const copy: unknown[] = [...at];
    copy[Number(step)] = put(at[Number(step)], rest, value);
    return copy;
  }
  if (!isObject(at)) return at;
  if (rest.length > 0 || value !== GONE) return { ...at, [step]: put(at[step], rest, value) };
  const { [step]: _gone, ...kept } = at;
  return kept;
}

/** Members of lists that were left out go last, so that the places of the others hold. */
const close = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.includes(GONE) ? value.filter((one) => one !== GONE) : value;
  return value;
};

const valueAt = (root: unknown, path: readonly PathPart[]): unknown =>
  path.reduce<unknown>((at, step) => (typeof at === "object" && at !== null ? (at as Json)[step] : undefined), root);

/** TLP 2.0 in the manner of TLP 1, under the id that TLP 2.0 gives the level: the marking as it was published. */
function tlpInstance(object: Json): Json | undefined {
  if (object.type !== "marking-definition") return undefined;
  const claimed = claimedTlp(object);
  const level = tlpOfMarking(String(object.id));
  if (level === undefined || tlpMarkingId(level) !== object.id || claimed !== level.toLowerCase()) return undefined;
  const extension = isObject(object.extensions) ? object.extensions[TLP_2_EXTENSION] : undefined;
  return extension === undefined ? (TLP_2_MARKINGS.find(({ id }) => id === object.id) as Json | undefined) : undefined;
}

export interface Repair {
  readonly object: Json;
  readonly warnings: readonly Problem[];
}

/**
 * The object with what can be put right put right; undefined if nothing can. `places` are the paths of the errors, each beside
 * its error. The object itself is not changed.
 */
export function repair(
  object: Json,
  errors: readonly Finding[],
  places: readonly (readonly PathPart[])[],
): Repair | undefined {
  const published = errors.some(({ code }) => code === "stix.tlp") ? tlpInstance(object) : undefined;
  if (published !== undefined) {
    const message = `TLP 2.0 in the manner of TLP 1; taken as ${show(published.name)} as it was published`;
    return { object: published, warnings: [told("definition", message)] };
  }
  let repaired: Json = object;
  const warnings: Problem[] = [];
  const lists = new Map<string, readonly PathPart[]>();
  for (const [at, error] of errors.entries()) {
    const path = places[at] ?? [];
    const found = valueAt(object, path);
    const value = path.length === 0 ? undefined : REPAIRS.get(error.code)?.(found, error);
    if (value === undefined) continue;
    repaired = put(repaired, path, value) as Json;
    const outcome = value === GONE ? "was left out" : `was taken as ${show(value)}`;
    warnings.push(told(error.path, `found ${show(found)}, which ${outcome}`));
    if (value === GONE && typeof path[path.length - 1] === "number") {
      const list = path.slice(0, -1);
      lists.set(pathText(list), list);
    }
  }
  for (const list of lists.values()) {
    const kept = close(valueAt(repaired, list)) as readonly unknown[];
    repaired = put(repaired, list, kept.length === 0 ? GONE : kept) as Json;
  }
  return warnings.length === 0 ? undefined : { object: repaired, warnings };
}
