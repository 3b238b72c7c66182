import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Problem } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import { isBefore } from "./dated.ts";
import { sortedSet } from "./meet.ts";

/** A row as a poster or proposer writes it: whether it is on is the server's. */
export interface AskedRow {
  readonly agreement: string;
  readonly countries: readonly string[];
  readonly agencies: "*" | readonly string[];
  readonly until?: string | undefined;
}

/** What rows are checked against. */
export interface RowWorld {
  readonly originatorCountry: string;
  readonly agencies: ReadonlyMap<string, { readonly country: string }>;
  readonly agreements: Agreements;
}

const MINUTE = 60_000;
/** 9999-12-31T23:59:00Z. */
const LAST = 253_402_300_740_000;

/** The start of the minute that an instant is in; undefined for text that is none. */
export function minuteDown(text: string): string | undefined {
  const then = parseInstant(text);
  return then === undefined ? undefined : formatInstant(Math.floor(then.ms / MINUTE) * MINUTE);
}

/** The start of the first minute that is not before an instant; undefined for text that is none, and past the year 9999. */
export function minuteUp(text: string): string | undefined {
  const then = parseInstant(text);
  if (then === undefined) return undefined;
  const ms = Math.ceil((then.ms + (then.rest === "" ? 0 : 1)) / MINUTE) * MINUTE;
  return ms > LAST ? undefined : formatInstant(ms);
}

const list = (items: Iterable<string>): string => sortedSet(items).join(", ") || "none";

/** Each agency of a list is known and of a listed country. */
export function agencyProblems(
  agencies: AskedRow["agencies"],
  countries: readonly string[] | undefined,
  world: RowWorld,
  path: string,
): Problem[] {
  if (agencies === "*") return [];
  return agencies.flatMap((agency, i): Problem[] => {
    const country = world.agencies.get(agency)?.country;
    const at = `${path}.agencies[${i}]`;
    if (country === undefined) {
      return [{ code: "label.unknown_agency", path: at, message: `there is no agency ${agency}` }];
    }
    if (countries === undefined || countries.includes(country)) return [];
    const message = `${agency} is an agency of ${country}, but the countries listed are ${list(countries)}`;
    return [{ code: "label.agency_country", path: at, message }];
  });
}

/** Each country is one that has an agency. */
export function countryProblems(countries: readonly string[], world: RowWorld, path: string): Problem[] {
  const known = new Set([...world.agencies.values()].map((agency) => agency.country));
  return countries.flatMap((country, i): Problem[] =>
    known.has(country)
      ? []
      : [
          {
            code: "label.unknown_country",
            path: `${path}.countries[${i}]`,
            message: `no agency of ${country} takes part; those that do are of ${list(known)}`,
          },
        ],
  );
}

/** What is wrong with a row as asked for: names nobody knows, an impossible date, a PUBLIC row that names somebody. */
export function rowProblems(row: AskedRow, world: RowWorld, path: string): Problem[] {
  const problems: Problem[] = [];
  const isPublic = row.agreement === "PUBLIC";
  if (!isPublic && !Object.hasOwn(world.agreements, row.agreement)) {
    const message = `there is no agreement ${row.agreement}; there are ${list([...Object.keys(world.agreements), "PUBLIC"])}`;
    problems.push({ code: "label.unknown_agreement", path: `${path}.agreement`, message });
  }
  if (isPublic && (row.countries.length > 0 || row.agencies !== "*")) {
    const message = 'a PUBLIC row is for everyone: countries must be [] and agencies "*"';
    problems.push({ code: "label.public_row", path, message });
  }
  if (row.until !== undefined && minuteDown(row.until) === undefined) {
    problems.push({ code: "label.bad_date", path: `${path}.until`, message: `${row.until} is no date` });
  }
  if (!isPublic) {
    problems.push(...countryProblems(row.countries, world, path));
    problems.push(...agencyProblems(row.agencies, row.countries, world, path));
  }
  return problems;
}

/** Countries of a row that its agreement can never serve, for want of a party (policy 3, gate 8). */
export function countriesOutside(row: AskedRow, { originatorCountry, agreements }: RowWorld): string[] {
  const parties = Object.hasOwn(agreements, row.agreement) ? agreements[row.agreement]?.parties : undefined;
  if (row.agreement === "PUBLIC" || parties === undefined) return [];
  const abroad = row.countries.filter((country) => country !== originatorCountry);
  return abroad.filter((country) => !parties.includes(country) || !parties.includes(originatorCountry));
}

/** The first thing wrong with a row that somebody proposes to turn on at this instant; paths begin with `row`. */
export function checkRow(row: AskedRow, world: RowWorld & { readonly at: string }): Problem | undefined {
  const [problem] = rowProblems(row, world, "row");
  if (problem !== undefined) return problem;
  const empty = row.agreement !== "PUBLIC" && (row.countries.length === 0 || row.agencies.length === 0);
  if (empty) {
    return { code: "label.empty_row", path: "row", message: 'the row names nobody: everyone is written "*"' };
  }
  const [outside] = countriesOutside(row, world);
  if (outside !== undefined) {
    const message = `${row.agreement} does not hold between ${world.originatorCountry} and ${outside}`;
    return { code: "label.country_not_party", path: "row.countries", message };
  }
  const until = row.until === undefined ? undefined : minuteDown(row.until);
  if (until !== undefined && !isBefore(world.at, until)) {
    return { code: "label.row_over", path: "row.until", message: `${row.until} is already past` };
  }
  return undefined;
}

/**
 * A row as rows of one country each, so that each can be turned on alone (design 4). With a directory a listed agency
 * stays only in its own country's row. A row that would name nobody, and one whose end is no date, is dropped: it admits nobody.
 */
export function splitRow(
  { agreement, countries, agencies, until }: AskedRow,
  status: ReleaseRow["status"],
  directory?: RowWorld["agencies"],
): ReleaseRow[] {
  const end = until === undefined ? undefined : minuteDown(until);
  if (until !== undefined && end === undefined) return [];
  const ending = end === undefined ? {} : { until: end };
  if (agreement === "PUBLIC") {
    return agencies === "*" ? [{ agreement, countries: [], agencies: "*", status, ...ending }] : [];
  }
  return sortedSet(countries).flatMap((country): ReleaseRow[] => {
    const here = (agency: string): boolean => (directory?.get(agency)?.country ?? country) === country;
    const named = agencies === "*" ? "*" : sortedSet(agencies.filter(here));
    return named.length === 0 ? [] : [{ agreement, countries: [country], agencies: named, status, ...ending }];
  });
}

const sameButStatus = (a: ReleaseRow, b: ReleaseRow): boolean =>
  JSON.stringify([a.agreement, a.countries, a.agencies, a.until]) ===
  JSON.stringify([b.agreement, b.countries, b.agencies, b.until]);

/** The label with a row on that was off or not there. Normalise what comes out (`normaliseLabel`). */
export function withRowsOn(label: Label, row: AskedRow): Label {
  const on = splitRow(row, "on");
  const others = label.releases.filter((held) => !on.some((one) => sameButStatus(one, held)));
  return { ...label, releases: [...others, ...on] };
}

/**
 * The label without what a row grants. Lists of agencies may have become one with another's list of the same agreement, country and end:
 * the agencies named go from it. Only ever narrows. The very label if there is nothing to take away. Normalise what comes out.
 */
export function withoutRow(label: Label, row: AskedRow): Label {
  const gone = splitRow(row, "on");
  const releases = label.releases.flatMap((held): ReleaseRow[] => {
    const same = gone.find((one) => sameButStatus({ ...one, agencies: "*" }, { ...held, agencies: "*" }));
    if (same === undefined || held.status === "off") return [held];
    if (same.agencies === "*" || held.agencies === "*") return same.agencies === held.agencies ? [] : [held];
    const agencies = held.agencies.filter((agency) => !same.agencies.includes(agency));
    return agencies.length === held.agencies.length ? [held] : agencies.length === 0 ? [] : [{ ...held, agencies }];
  });
  return releases.length === label.releases.length && releases.every((held, i) => held === label.releases[i])
    ? label
    : { ...label, releases };
}

const inAll = (some: readonly string[], all: readonly string[]): boolean => some.every((one) => all.includes(one));

/**
 * Is a row no more than one that is on, for content under this label? No other country, no other agency, no later end. From everyone to a list is a
 * widening under AMBER+STRICT, where everyone is nobody (policy 4), so there it is not.
 */
function isWithin(row: ReleaseRow, held: ReleaseRow, label: Label): boolean {
  if (held.status !== "on" || row.agreement !== held.agreement || !inAll(row.countries, held.countries)) return false;
  const strict = [label, ...label.fieldRules].some(({ tlp }) => tlp === "AMBER+STRICT");
  if (
    held.agencies === "*" ? row.agencies !== "*" && strict : row.agencies === "*" || !inAll(row.agencies, held.agencies)
  )
    return false;
  return held.until === undefined || (row.until !== undefined && !isBefore(held.until, row.until));
}

/**
 * The label with a row that is on taken back, all but `to` (triage 3, "Narrow, recall"): it never adds a reader, so that one person may. The very label if no such row
 * is on; undefined if `to` is more than what is on. Normalise what comes out.
 */
export function narrowRow(label: Label, row: AskedRow, to: AskedRow | undefined): Label | undefined {
  const without = withoutRow(label, row);
  if (without === label || to === undefined) return without;
  const left = splitRow(to, "on");
  return left.every((one) => label.releases.some((held) => isWithin(one, held, label))) && left.length > 0
    ? withRowsOn(without, to)
    : undefined;
}
