import type { StixJson } from "../pipeline/steps.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";

/** What MISP's JSON is made of, read with care: every member may be missing, null or of another type. */

export type Json = StixJson;
export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member of its own, never one of the prototype. */
export const member = (json: Json, name: string): unknown => (Object.hasOwn(json, name) ? json[name] : undefined);
/** Members of a list that are objects; a list that is none is empty. */
export function listOf(json: Json, name: string): readonly Json[] {
  const value = member(json, name);
  return Array.isArray(value) ? value.filter(isJson) : [];
}
/** Text or a number as text, blanks around it off; undefined for an empty one. */
export function textOf(json: Json, name: string): string | undefined {
  const value = member(json, name);
  const text = typeof value === "number" && Number.isFinite(value) ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? text.trim() : undefined;
}
/** `true`, `1` and `"1"`. */
export const isSet = (json: Json, name: string): boolean => {
  const value = member(json, name);
  return value === true || value === 1 || value === "1" || value === "true";
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Its UUID in lower case; undefined where there is none. */
export function uuidOf(json: Json, name = "uuid"): string | undefined {
  const text = textOf(json, name)?.toLowerCase();
  return text !== undefined && UUID.test(text) ? text : undefined;
}

const LAST_SECOND = 253_402_300_799;
/** Seconds since 1970, as text or number; 0 means none. */
export function secondsOf(json: Json, name: string): string | undefined {
  const text = textOf(json, name);
  const seconds = text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : 0;
  return seconds > 0 && seconds <= LAST_SECOND ? formatInstant(seconds * 1000) : undefined;
}

/** A date, or a time with its zone, as a STIX timestamp; MISP writes `2026-01-31T09:30:00.000000+00:00`. */
export function timeOf(json: Json, name: string): string | undefined {
  const text = textOf(json, name);
  if (text === undefined) return undefined;
  const m = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  if (m === null) return undefined;
  const [, day, clock = "00:00:00", fraction = "", zone = "Z"] = m;
  const instant = parseInstant(`${day}T${clock}${fraction === "" ? "" : `.${fraction}`}Z`);
  if (instant === undefined) return undefined;
  const away = zone === "Z" ? 0 : (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * (zone[0] === "-" ? -1 : 1);
  const ms = instant.ms - away * 60_000;
  return ms < 0 || ms > LAST_SECOND * 1000 ? undefined : formatInstant(ms);
}

const isEvent = (value: unknown): value is Json =>
  isJson(value) &&
  !Object.hasOwn(value, "type") &&
  Object.hasOwn(value, "info") &&
  ["uuid", "date", "Attribute", "Object", "Orgc"].some((name) => Object.hasOwn(value, name));

const wrapped = (value: unknown): boolean => isJson(value) && isJson(member(value, "Event"));

/** One event out of `{ "Event": … }`, or itself. */
export const unwrapEvent = (value: unknown): unknown => (isJson(value) && wrapped(value) ? value.Event : value);

/**
 * The events of a JSON input of MISP: `{ "Event": … }`, a bare event, a list of either, or the answer of a search, `{ "response": [ … ] }`.
 * `undefined` for what is none. A feed's event file is `{ "Event": … }`, too.
 */
export function eventsOf(json: unknown): readonly unknown[] | undefined {
  if (isJson(json) && Array.isArray(member(json, "response"))) return eventsOf(json.response) ?? listed(json.response);
  if (wrapped(json) || isEvent(json)) return [unwrapEvent(json)];
  return Array.isArray(json) && json.some((one) => wrapped(one) || isEvent(one)) ? json.map(unwrapEvent) : undefined;
}
/** The answer to a search is MISP's, whatever is in it. */
const listed = (response: unknown): readonly unknown[] => (Array.isArray(response) ? response.map(unwrapEvent) : []);
