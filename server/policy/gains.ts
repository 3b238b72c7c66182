import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { type Category, type Channel, LEVELS, type Level, type Role } from "../../schemas/policy/vocabulary.ts";
import { parseInstant } from "../shared/instant.ts";
import { acquaintance } from "./acquaintance.ts";
import { decide } from "./decide.ts";
import { height, sortedSet } from "./meet.ts";

/** Among whom the readers of two labels are compared, and who is told. */
export interface Audience {
  readonly people: Iterable<Viewer>;
  readonly agencies: ReadonlyMap<string, { readonly country: string; readonly categories: readonly Category[] }>;
  readonly agreements: Agreements;
  readonly at: string;
  /** Absent: the server alone, which knows everybody. */
  readonly looker?: Viewer;
}

/** Somebody who is not signed in. */
export const ANYONE: Viewer = { id: "anyone", role: "public", clearance: "U", topics: [], pii: false, active: true };
/** Page and api read alike; what TAXII carries, stream carries; a file is a file. */
const CHANNELS: readonly Channel[] = ["page", "taxii", "export"];
/** An agency that there is not yet. */
const STRANGER = "?";
/** A reviewer reads as an analyst does. */
const ROLES: readonly Role[] = ["analyst", "releaser", "feed", "client"];

type Place = Pick<Viewer, "country" | "agency" | "categories">;

/** What labels ask of a reader: whoever differs in nothing else reads alike. */
interface Asked {
  readonly levels: readonly Level[];
  readonly topics: readonly (readonly string[])[];
  readonly pii: readonly boolean[];
  readonly categories: readonly (readonly Category[])[];
}

function askedBy(labels: readonly Label[]): Asked {
  const parts = labels.flatMap((label) => [label, ...label.fieldRules]);
  const topics = sortedSet(labels.flatMap((label) => label.topics));
  const caveats = new Set(parts.flatMap((part) => part.caveats ?? []));
  const sets: (readonly Category[])[] = [[], ["LE"], ["FIU"], ["LE", "FIU"]];
  const told = (kind: Category): boolean => caveats.has(kind === "LE" ? "LES" : "FIU");
  return {
    levels: LEVELS.filter((level) => level === "U" || parts.some((part) => part.classification === level)),
    topics: topics.length === 0 ? [[]] : [[], ["*"], ...topics.map((topic) => [topic])],
    pii: parts.some((part) => "pii" in part && part.pii === true) ? [false, true] : [true],
    categories: sets.filter((set) => set.every(told)),
  };
}

/** Each role, clearance, topic, right and category, as somebody there may have it tomorrow. No label names them. */
function* peopleThere(there: Place, { levels, topics, pii, categories }: Asked): Generator<Viewer> {
  for (const role of ROLES)
    for (const clearance of levels)
      for (const known of topics)
        for (const right of pii)
          for (const kinds of categories)
            yield {
              ...{ ...there, id: STRANGER, role, clearance, topics: [...known], pii: right, active: true },
              categories: [...kinds],
            };
}

/** What becomes of a person who decides nothing yet; services stay what they are. */
const rolesAhead = (role: Role): readonly Role[] =>
  role === "feed" || role === "client" || role === "releaser" ? [role] : ["analyst", "releaser"];

/** Somebody whom a label names, as that account is and as it may be raised: more clearance, topics and rights, another category of its agency, another role, in force again. */
function* raised(person: Viewer, { levels, topics, pii, categories }: Asked): Generator<Viewer> {
  const { from: _, until: __, ...standing } = person;
  const above = levels.filter((level) => height(level) > height(person.clearance));
  for (const role of rolesAhead(person.role))
    for (const clearance of [person.clearance, ...above])
      for (const known of topics)
        for (const right of pii)
          for (const kinds of categories)
            yield {
              ...{ ...standing, role, clearance, active: true, pii: person.pii || right },
              topics: sortedSet([...person.topics, ...known]),
              categories: sortedSet([...(person.categories ?? []), ...kinds]),
            };
}

/** Agencies that labels name. */
const agenciesIn = (labels: readonly Label[]): string[] =>
  sortedSet(
    labels.flatMap(({ originator, releases, fieldRules }) => [
      originator,
      ...[...releases, ...fieldRules].flatMap(({ agencies = "*" }) => (agencies === "*" ? [] : agencies)),
    ]),
  );

/** Accounts that labels name. */
const accountsIn = (labels: readonly Label[]): ReadonlySet<string> =>
  new Set(
    labels.flatMap(({ author, recipients, clientGrants, embargoReaders = [] }) => [
      ...(author === undefined ? [] : [author]),
      ...[...recipients, ...clientGrants, ...embargoReaders],
    ]),
  );

/** Somebody who may read one day, and whose gain it is: an agency's, or a country's where no label names the agency. */
interface Possible {
  readonly viewer: Viewer;
  readonly agency?: string;
  readonly country: string;
}

/**
 * Everybody who may read by these labels, whoever is there today: people of agencies that they name, in each country people of an agency that they don't name, and accounts
 * that they name. Whatever role, clearance, topic, right or category somebody has or is given, one of these has it: so whether anybody gains tells nothing of who there is.
 */
function* possible(
  { people, agencies, looker, agreements, at }: Audience,
  labels: readonly Label[],
): Generator<Possible> {
  const asked = askedBy(labels);
  for (const agency of agenciesIn(labels)) {
    const country = agencies.get(agency)?.country;
    if (country === undefined) continue;
    for (const viewer of peopleThere({ agency, country }, asked)) yield { viewer, agency, country };
  }
  for (const country of sortedSet([...agencies.values()].map((agency) => agency.country)))
    for (const viewer of peopleThere({ agency: `${STRANGER}${country}`, country }, asked)) yield { viewer, country };
  const named = accountsIn(labels);
  for (const person of people) {
    const { agency, country } = person;
    if (!named.has(person.id) || agency === undefined || country === undefined) continue;
    const known = looker === undefined || acquaintance(looker, person, agreements, at) !== "none";
    for (const viewer of raised(person, asked)) yield { viewer, country, ...(known ? { agency } : {}) };
  }
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

/** Does the viewer read anything under the second label that it could not under any of the first, there and then? */
function reads(viewer: Viewer, before: readonly Label[], after: Label, agreements: Agreements, at: string): boolean {
  for (const channel of CHANNELS) {
    const now = decide({ viewer, label: after, agreements, at, channel });
    if (now.verdict === "hidden") continue;
    const then = before
      .map((label) => decide({ viewer, label, agreements, at, channel }))
      .filter(({ verdict }) => verdict !== "hidden");
    const [first, ...others] = then;
    if (first === undefined) return true;
    // A count that was not for those abroad of its places (policy 6, Q06).
    const counted = before.some(({ countShareable }) => countShareable === true);
    if (after.countShareable === true && !counted && viewer.agency !== after.originator) return true;
    const lacked = (first.without ?? []).filter((one) =>
      others.every(({ without }) => without?.includes(one) === true),
    );
    const cut = now.without ?? [];
    if (lacked.some((selector) => !cut.includes(selector))) return true;
  }
  return false;
}

/**
 * Who could read under the second label what nobody who is like them can under the first, or under any of several that stand for the same: now, at any later date,
 * over any channel, whole or in part, whatever is raised or lowered of accounts meanwhile (policy 1.6: anybody added is widening). Empty: nobody. Agencies as far as the labels
 * name them or the looker may know somebody of them who gains (policy Q49), else their country; `PUBLIC` for those who are not signed in.
 */
export function gainers(before: Label | readonly Label[], after: Label, audience: Audience): string[] {
  const first: readonly Label[] = "tlp" in before ? [before] : before;
  const labels = [...first, after];
  const { agreements, at } = audience;
  const dates = [...labels.flatMap(datesOf), ...Object.values(agreements).flatMap(({ from, until }) => [from, until])];
  const worlds = [agreements, unbound(agreements)];
  const moments = instants(at, dates);
  const gains = (viewer: Viewer): boolean =>
    worlds.some((world) => moments.some((moment) => reads(viewer, first, after, world, moment)));
  const gained = new Set<string>();
  const countries = new Set<string>();
  for (const { viewer, agency, country } of possible(audience, labels)) {
    if (agency === undefined ? countries.has(country) : gained.has(agency)) continue;
    if (!gains(viewer)) continue;
    if (agency === undefined) countries.add(country);
    else gained.add(agency);
  }
  const { looker } = audience;
  for (const { from: _, until: __, ...viewer } of countries.size === 0 ? [] : audience.people) {
    const { agency, country } = viewer;
    if (agency === undefined || country === undefined || !countries.has(country) || gained.has(agency)) continue;
    if (looker !== undefined && acquaintance(looker, viewer, agreements, at) === "none") continue;
    if (gains(viewer)) gained.add(agency);
  }
  const alone = [...countries].filter(
    (home) => ![...gained].some((one) => audience.agencies.get(one)?.country === home),
  );
  return [...gained, ...alone, ...(gains(ANYONE) ? ["PUBLIC"] : [])].sort();
}
