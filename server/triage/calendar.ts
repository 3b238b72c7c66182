import { formatInstant, parseInstant } from "../shared/instant.ts";
import { HOLIDAYS } from "./holidays.ts";

/** Where each country's day begins and ends: at its capital (triage 2). A country without an entry counts its days in UTC. */
const CAPITALS: Readonly<Record<string, string>> = {
  JPN: "Asia/Tokyo",
  USA: "America/New_York",
  KOR: "Asia/Seoul",
};

const DAY = 86_400_000;
const closed = new Map(Object.entries(HOLIDAYS).map(([country, days]) => [country, new Set(days)]));

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const held = formatters.get(zone);
  if (held !== undefined) return held;
  const two = "2-digit";
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    ...{ year: "numeric", month: two, day: two, hour: two, minute: two, second: two },
  });
  formatters.set(zone, made);
  return made;
}

const zoneOf = (country: string): string => (Object.hasOwn(CAPITALS, country) ? (CAPITALS[country] ?? "UTC") : "UTC");

/** The wall clock of a zone at an instant, as if it were UTC, ms. */
function wallClock(ms: number, zone: string): number {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(ms)) parts[type] = value;
  const { year = "1970", month = "01", day = "01", hour = "00", minute = "00", second = "00" } = parts;
  return parseInstant(`${year.padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}Z`)?.ms ?? ms;
}

/** The date at a country's capital, `2026-04-11`. */
export const localDate = (ms: number, country: string): string =>
  formatInstant(wallClock(ms, zoneOf(country))).slice(0, 10);

const midnightOf = (date: string): number => parseInstant(`${date}T00:00:00Z`)?.ms ?? 0;

/** 1 January 1970 was a Thursday: 0 is Sunday. */
const weekday = (date: string): number => (Math.floor(midnightOf(date) / DAY) + 4) % 7;

/** Neither Saturday, Sunday nor a day on which the capital's offices are closed. Beyond the years listed, weekends alone count. */
export function isWorkingDay(date: string, country: string): boolean {
  const day = weekday(date);
  return day !== 0 && day !== 6 && closed.get(country)?.has(date) !== true;
}

/** The instant at which a local date begins at the capital, ms: found again where the first guess stands on the other side of a change of the clock. */
function startOfDate(date: string, zone: string): number {
  const wanted = midnightOf(date);
  const guess = wanted - (wallClock(wanted, zone) - wanted);
  return wanted - (wallClock(guess, zone) - guess);
}

const nextDate = (date: string): string => formatInstant(midnightOf(date) + DAY).slice(0, 10);

/** The end of the n-th working day after the one in which `ms` falls at the country's capital, ms (triage 2). */
export function afterWorkingDays(ms: number, days: number, country: string): number {
  let date = localDate(ms, country);
  for (let left = days; left > 0; ) {
    date = nextDate(date);
    if (isWorkingDay(date, country)) left--;
  }
  return startOfDate(nextDate(date), zoneOf(country));
}
