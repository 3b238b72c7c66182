import { idContributing, scoId } from "../../schemas/stix/id-contributing.ts";
import type { Problem } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import type { StixJson } from "./steps.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What a tear-line is given, so that it owes nothing to its parent. */
export interface FreshStart {
  /** A random version 4 UUID. */
  readonly uuid: string;
  /** ms. */
  readonly now: number;
}

const isObservable = (type: string): boolean => idContributing(type).length > 0 || type === "process";

/** Every text in a value with its path. */
function* textsIn(value: unknown, path: string): Generator<readonly [string, string]> {
  if (typeof value === "string") yield [path, value];
  else if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* textsIn(item, `${path}[${i}]`);
  else if (typeof value === "object" && value !== null)
    for (const [name, item] of Object.entries(value)) yield* textsIn(item, path === "" ? name : `${path}.${name}`);
}

/** Of when an object is said to be: telling even at midnight. */
const OWN_DATES: ReadonlySet<string> = new Set(["created", "modified"]);

/** The minute of a date that says one: elsewhere midnight says a day, which many have. */
function minuteOf(path: string, text: string): number | undefined {
  const ms = parseInstant(text)?.ms;
  if (ms === undefined || (ms % DAY < MINUTE && !OWN_DATES.has(path))) return undefined;
  return Math.floor(ms / MINUTE);
}

/** What would tell whose sibling it is: ids of the parent, what its references to sources are found by. */
function namesOf(parents: readonly StixJson[]): { uuids: Set<string>; sources: Set<string> } {
  const uuids = new Set<string>();
  const sources = new Set<string>();
  for (const { id, external_references: references } of parents) {
    uuids.add(
      String(id)
        .slice(String(id).indexOf("--") + 2)
        .toLowerCase(),
    );
    for (const one of Array.isArray(references) ? (references as StixJson[]) : [])
      for (const text of [one.external_id, one.url]) if (typeof text === "string") sources.add(text);
  }
  return { uuids, sources };
}

/** The id that the standard makes of its value; none where the value has no canonical JSON (half a character, a number without end), which its validation refuses. */
function derivedId(type: string, given: StixJson): string | undefined {
  try {
    return scoId(type, given);
  } catch {
    return undefined;
  }
}

const RANDOM = /^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const paired = (path: string, what: string): { problem: Problem } => ({
  problem: {
    code: "tear_line.pairs",
    path,
    message: `${what}: who reads the tear-line could tell what it was torn from. Leave it out, or say it more broadly`,
  },
});

/**
 * A tear-line ready to post: with a random id and dates of the day where it brings none, independent of its parent's (policy 5: dates and ids must not let a reader pair
 * them). A problem where it copies an id, a source or a date to the minute of what it was torn from.
 */
export function tearLineOf(
  given: StixJson,
  parents: readonly StixJson[],
  { uuid, now }: FreshStart,
): { readonly object: StixJson } | { readonly problem: Problem } {
  const { uuids, sources } = namesOf(parents);
  const minutes = new Set(
    parents.flatMap((parent) => [...textsIn(parent, "")].flatMap(([path, text]) => minuteOf(path, text) ?? [])),
  );
  for (const [path, text] of textsIn(given, "")) {
    const lower = text.toLowerCase();
    if ([...uuids].some((one) => lower.includes(one))) return paired(path, "it names the id of its parent");
    if (sources.has(text)) return paired(path, "it quotes a source reference of its parent");
    const minute = minuteOf(path, text);
    if (minute !== undefined && minutes.has(minute)) return paired(path, "it has a date of its parent to the minute");
  }
  const type = String(given.type);
  const derived = derivedId(type, given);
  const id = given.id ?? derived ?? `${type}--${uuid}`;
  if (
    uuids.has(
      String(id)
        .slice(String(id).indexOf("--") + 2)
        .toLowerCase(),
    )
  )
    return paired("id", "its id is made from its value, which is its parent's");
  if (id !== derived && !RANDOM.test(String(id))) return paired("id", "its id is not random");
  if (derived !== undefined || isObservable(type)) return { object: { ...given, id } };
  let day = Math.floor(now / DAY) * DAY;
  while (minutes.has(day / MINUTE)) day -= DAY;
  const created = given.created ?? formatInstant(day);
  return { object: { ...given, id, created, modified: given.modified ?? created } };
}
