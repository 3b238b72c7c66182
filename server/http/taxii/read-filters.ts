import type { Filters } from "../../../schemas/taxii/query.ts";
import { Fault } from "../../shared/fault.ts";
import { type Instant, parseInstant } from "../../shared/instant.ts";
import type { PageAsk, VersionMatch } from "../../usecases/taxii/collection-page.ts";

/** Items of a page where the request names no limit, and the most of any page. */
export const DEFAULT_LIMIT = 1000;
export const MOST_ITEMS = 5000;
/** Values of one list of the query. */
const MOST_VALUES = 1000;

const wrong = (path: string, code: string, message: string): Fault => new Fault("bad_request", message, { code, path });

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (!/^[1-9]\d{0,15}$/.test(text) || Number(text) > Number.MAX_SAFE_INTEGER)
    throw wrong("limit", "query.limit", "limit is a whole number from 1");
  return Math.min(Number(text), MOST_ITEMS);
}

/** RFC 3339 in UTC, also with `+00:00` for `Z` and in lower case, in the one spelling that `parseInstant` reads. */
const utcText = (text: string): string => text.toUpperCase().replace(/[+-]00:00$/, "Z");
const utc = (text: string): Instant | undefined => parseInstant(utcText(text));

/** Microseconds; what is finer is cut off, which changes nothing where whole microseconds are compared. */
function afterOf(text: string): number {
  const instant = utc(text);
  if (instant === undefined)
    throw wrong(
      "added_after",
      "query.instant",
      "added_after is one date and time in UTC, such as 2026-04-11T09:30:00.123456Z",
    );
  return instant.ms * 1000 + Number(instant.rest.slice(0, 3).padEnd(3, "0"));
}

/** The values of a list, in their order. */
function listOf(name: string, text: string): string[] {
  const values = text.split(",");
  if (values.includes(""))
    throw wrong(name, "query.list", "a list has values with one comma between, and none is empty");
  if (values.length > MOST_VALUES)
    throw wrong(name, "query.list", `a list has at most ${MOST_VALUES} values; this one has ${values.length}`);
  return values;
}

const distinct = (name: string, text: string): string[] => [...new Set(listOf(name, text))];

/** `match[version]` (TAXII 2.1 section 3.4.1): `all` alone, or first, last and instants, each once. */
export function versionsOf(text: string): VersionMatch {
  const name = "match[version]";
  const values = listOf(name, text);
  const at = new Map<string, string>();
  const words = new Set<string>();
  for (const value of values) {
    const word = value === "all" || value === "first" || value === "last";
    const instant = word ? undefined : utc(value);
    if (!word && instant === undefined)
      throw wrong(name, "query.version", "a version is first, last, all, or a date and time in UTC");
    const key = instant === undefined ? value : `${instant.ms}.${instant.rest}`;
    if (words.has(key) || at.has(key)) throw wrong(name, "query.version", "a version is named twice");
    if (instant === undefined) words.add(key);
    else at.set(key, utcText(value));
  }
  if (!words.has("all")) return { first: words.has("first"), last: words.has("last"), at: [...at.values()] };
  if (values.length > 1) throw wrong(name, "query.version", "all stands alone");
  return { all: true };
}

type Filtered = Omit<PageAsk, "collection" | "bodies">;

/** What the parameters of a query ask, checked before any work; `Fault("bad_request")` with the parameter's name as path. */
export function readFilters(filters: Filters): Filtered {
  const { added_after: after, limit, next } = filters;
  const [ids, types] = [filters["match[id]"], filters["match[type]"]];
  const [versions, specVersions] = [filters["match[version]"], filters["match[spec_version]"]];
  if (next === "") throw wrong("next", "cursor.invalid", "next is empty; leave it out, or send it as it came");
  return {
    limit: limitOf(limit),
    ...(after !== undefined && { after: afterOf(after) }),
    ...(next !== undefined && { next }),
    ...(ids !== undefined && { ids: distinct("match[id]", ids) }),
    ...(types !== undefined && { types: distinct("match[type]", types) }),
    ...(versions !== undefined && { versions: versionsOf(versions) }),
    ...(specVersions !== undefined && { specVersions: distinct("match[spec_version]", specVersions) }),
  };
}
