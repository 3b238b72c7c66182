import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { type Category, type Channel, LEVELS, type Role } from "../../schemas/policy/vocabulary.ts";
import { parseInstant } from "../shared/instant.ts";
import { decide } from "./decide.ts";
import { sortedSet } from "./meet.ts";

/** Among whom the readers of two labels are compared. */
export interface Audience {
  readonly people: Iterable<Viewer>;
  readonly agencies: ReadonlyMap<string, { readonly country: string; readonly categories: readonly Category[] }>;
  readonly agreements: Agreements;
  readonly at: string;
}

/** Somebody who is not signed in. */
export const ANYONE: Viewer = { id: "anyone", role: "public", clearance: "U", topics: [], pii: false, active: true };
/** Page and api read alike; what TAXII carries, stream carries; a file is a file. */
const CHANNELS: readonly Channel[] = ["page", "taxii", "export"];
/** Before the country of an agency that there is not yet. */
const STRANGER = "?";
const ROLES: readonly Role[] = ["analyst", "releaser", "feed", "client"];

/** Each role, clearance, topic and right, as somebody there may have it tomorrow. No label names them. */
function* peopleThere(
  there: Pick<Viewer, "country" | "agency" | "categories">,
  topics: readonly (readonly string[])[],
): Generator<Viewer> {
  for (const role of ROLES)
    for (const clearance of LEVELS)
      for (const known of topics)
        for (const pii of [false, true])
          yield { ...{ id: "?", role, clearance, topics: [...known], pii, active: true }, ...there };
}

/**
 * People whom others may have tomorrow: agencies that the labels name, and in each country one that there is not yet, of any category. Not each agency of the directory: whom
 * the caller's labels don't name must not show in the answer.
 */
function* thoughtOf({ agencies }: Audience, labels: readonly Label[]): Generator<Viewer> {
  const topics = [[], ["*"], ...sortedSet(labels.flatMap((label) => label.topics)).map((topic) => [topic])];
  const named = sortedSet(
    labels.flatMap(({ releases }) => releases.flatMap((row) => (row.agencies === "*" ? [] : row.agencies))),
  );
  for (const agency of named) {
    const known = agencies.get(agency);
    if (known === undefined || labels.some((label) => label.originator === agency)) continue;
    yield* peopleThere({ agency, country: known.country, categories: [...known.categories] }, topics);
  }
  for (const country of sortedSet([...agencies.values()].map((agency) => agency.country)))
    for (const categories of [[], ["LE", "FIU"]] as const)
      yield* peopleThere({ agency: `${STRANGER}${country}`, country, categories: [...categories] }, topics);
}

const isAhead = (text: string, at: string): boolean => {
  const [then, now] = [parseInstant(text), parseInstant(at)];
  return then !== undefined && now !== undefined && then.ms > now.ms;
};

/** Now, and each date ahead at which a gate may open or close: between them nothing changes. */
const instants = (at: string, dates: Iterable<string | undefined>): string[] => [
  at,
  ...sortedSet([...dates].filter((date): date is string => date !== undefined && isAhead(date, at))),
];

const datesOf = ({ embargoUntil, releases }: Label): (string | undefined)[] => [
  embargoUntil,
  ...releases.map(({ until }) => until),
];

/** What is suspended or below its ceiling today may not be so tomorrow: who would read then counts as a reader too. */
const unbound = (agreements: Agreements): Agreements =>
  Object.fromEntries(
    Object.entries(agreements).map(([id, { parties }]): [string, Agreement] => [
      id,
      { parties, ceiling: "S", status: "in-force" },
    ]),
  );

/** Does the viewer read anything under the second label that it could not under the first, there and then? */
function reads(viewer: Viewer, before: Label, after: Label, agreements: Agreements, at: string): boolean {
  for (const channel of CHANNELS) {
    const now = decide({ viewer, label: after, agreements, at, channel });
    if (now.verdict === "hidden") continue;
    const then = decide({ viewer, label: before, agreements, at, channel });
    if (then.verdict === "hidden") return true;
    // A count that was not for those abroad of its places (policy 6, Q06).
    if (after.countShareable === true && before.countShareable !== true && viewer.agency !== after.originator)
      return true;
    const cut = now.without ?? [];
    if (then.without?.some((selector) => !cut.includes(selector)) === true) return true;
  }
  return false;
}

/**
 * Agencies of which somebody could read under the second label what nobody of it who is like them can under the first: now, at any later date, over any
 * channel, whole or in part, whatever the labels say (policy 1.6: anybody added is widening). Those who are in the directory count, and whom
 * others may take on. `PUBLIC` for those who are not signed in; a country where only agencies to come would gain.
 */
export function gainers(before: Label, after: Label, audience: Audience): string[] {
  const gained = new Set<string>();
  const { agreements, at } = audience;
  const dates = [
    ...datesOf(before),
    ...datesOf(after),
    ...Object.values(agreements).flatMap(({ from, until }) => [from, until]),
  ];
  const worlds = [agreements, unbound(agreements)];
  const common = instants(at, dates);
  const look = (viewer: Viewer): void => {
    const who = viewer.agency ?? "PUBLIC";
    if (gained.has(who)) return;
    const moments =
      viewer.from === undefined && viewer.until === undefined
        ? common
        : instants(at, [...common, viewer.from, viewer.until]);
    for (const world of worlds)
      for (const moment of moments) {
        if (!reads(viewer, before, after, world, moment)) continue;
        gained.add(who);
        return;
      }
  };
  look(ANYONE);
  for (const viewer of audience.people) look(viewer);
  for (const viewer of thoughtOf(audience, [before, after])) look(viewer);
  return named([...gained].sort(), audience);
}

/** An agency that there is not yet is its country's name, where none of that country that there is gains. */
const named = (gained: readonly string[], { agencies }: Audience): string[] =>
  gained.flatMap((who) => {
    if (!who.startsWith(STRANGER)) return [who];
    const country = who.slice(STRANGER.length);
    return gained.some((other) => agencies.get(other)?.country === country) ? [] : [country];
  });
