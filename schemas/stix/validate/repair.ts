import { isTimestamp } from "../timestamp.ts";
import { claimedTlp, TLP_1_MARKINGS, TLP_2_MARKINGS, tlpOfMarking } from "../tlp.ts";
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

/** Truth values and whole numbers that were written as text, one text as a list, and a list of one for its member. */
function retyped(value: unknown, { message }: Problem): Repaired {
  if (Array.isArray(value)) {
    const [only] = value as readonly unknown[];
    return message.endsWith("must be text") && value.length === 1 && typeof only === "string" ? only : undefined;
  }
  if (typeof value !== "string") return undefined;
  if (message.endsWith("must be a list")) return [value];
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
  ["stix.type", retyped],
  [
    "stix.hex",
    (value) => (typeof value === "string" && /^[0-9a-fA-F]+$/.test(value) ? value.toLowerCase() : undefined),
  ],
  ["stix.mac_address", macAddress],
  // There is one chain of theirs, whatever it is called.
  ["stix.kill_chain_name", () => "lockheed-martin-cyber-kill-chain"],
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

const PUBLISHED: ReadonlyMap<unknown, Json> = new Map(
  [...TLP_1_MARKINGS, ...TLP_2_MARKINGS].map((marking) => [marking.id, marking]),
);
const TLP_CODES = new Set(["stix.tlp", "stix.tlp_instance"]);

/**
 * The marking as it was published, where what was sent has its id and says its level, in whatever manner: TLP 2.0 written like
 * TLP 1 is the usual one.
 */
function tlpInstance(object: Json): Json | undefined {
  const level = tlpOfMarking(String(object.id));
  const claimed = claimedTlp(object);
  return level !== undefined && (claimed === "white" ? "clear" : claimed) === level.toLowerCase()
    ? PUBLISHED.get(object.id)
    : undefined;
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
  const published = errors.some(({ code }) => TLP_CODES.has(code)) ? tlpInstance(object) : undefined;
  if (published !== undefined) {
    const message = `found another form of ${show(published.name)}, which was taken as it was published`;
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
