import { formatInstant } from "../../../server/shared/instant.ts";
import { afterWorkingDays, isWorkingDay, localDate } from "../../../server/triage/calendar.ts";
import { HOLIDAYS } from "../../../server/triage/holidays.ts";

const at = (text: string): number => Date.parse(text);

/** The end of the n-th working day, worked out by hand from a calendar on the wall. */
const CASES: readonly (readonly [string, string, number, string, string])[] = [
  ["JPN", "2026-04-10T01:00:00Z", 1, "2026-04-13T15:00:00.000Z", "Friday morning in Tokyo: until Monday ends"],
  [
    "USA",
    "2026-04-10T15:00:00Z",
    1,
    "2026-04-14T04:00:00.000Z",
    "Friday in Washington, summer time: until Monday ends",
  ],
  ["KOR", "2026-04-10T01:00:00Z", 2, "2026-04-14T15:00:00.000Z", "Friday in Seoul: until Tuesday ends"],
  ["USA", "2026-01-16T15:00:00Z", 1, "2026-01-21T05:00:00.000Z", "over the weekend and a Monday holiday, winter time"],
  ["JPN", "2026-05-01T03:00:00Z", 1, "2026-05-07T15:00:00.000Z", "over the holidays of May"],
  ["JPN", "2026-09-18T03:00:00Z", 2, "2026-09-25T15:00:00.000Z", "over three holidays in a row"],
  ["KOR", "2026-02-13T03:00:00Z", 1, "2026-02-19T15:00:00.000Z", "over the lunar new year"],
  ["KOR", "2027-02-05T03:00:00Z", 1, "2027-02-10T15:00:00.000Z", "a holiday on a Sunday has a substitute"],
  ["KOR", "2026-07-16T03:00:00Z", 1, "2026-07-20T15:00:00.000Z", "Constitution Day is one again"],
  ["USA", "2026-07-02T15:00:00Z", 1, "2026-07-07T04:00:00.000Z", "a holiday on a Saturday is observed on Friday"],
  ["JPN", "2026-12-28T03:00:00Z", 1, "2027-01-04T15:00:00.000Z", "offices closed over the new year"],
  ["JPN", "2026-04-09T16:00:00Z", 1, "2026-04-13T15:00:00.000Z", "Thursday in UTC is Friday in Tokyo"],
  ["USA", "2026-04-11T02:00:00Z", 1, "2026-04-14T04:00:00.000Z", "Saturday in UTC is Friday in Washington"],
  ["USA", "2026-03-06T15:00:00Z", 1, "2026-03-10T04:00:00.000Z", "over the change to summer time"],
  ["USA", "2026-10-30T15:00:00Z", 1, "2026-11-03T05:00:00.000Z", "over the change to winter time"],
  ["USA", "2026-04-06T15:00:00Z", 5, "2026-04-14T04:00:00.000Z", "five working days from a Monday: the next Monday"],
  ["FRA", "2026-04-10T15:00:00Z", 1, "2026-04-14T00:00:00.000Z", "a country without a calendar: weekends, in UTC"],
];

test.each(CASES)("working days – %s from %s, %i on – %s (%s)", (country, from, days, wanted) => {
  expect(formatInstant(afterWorkingDays(at(from), days, country))).toBe(wanted);
});

test("local date – one instant in three capitals – three dates where they differ", () => {
  const instant = at("2026-04-10T16:30:00Z");
  expect(["JPN", "USA", "KOR"].map((country) => localDate(instant, country))).toEqual([
    "2026-04-11",
    "2026-04-10",
    "2026-04-11",
  ]);
});

test("holidays – as listed – are dates of 2026 and 2027, sorted, each once, and no working days", () => {
  for (const [country, days] of Object.entries(HOLIDAYS)) {
    expect([...new Set(days)].sort()).toEqual(days);
    for (const day of days) {
      expect(day).toMatch(/^202[67]-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);
      expect(formatInstant(at(`${day}T00:00:00Z`)).slice(0, 10)).toBe(day);
      expect([day, isWorkingDay(day, country)]).toEqual([day, false]);
    }
  }
});

test("holidays – by year and country – as many as there are", () => {
  const counted = Object.entries(HOLIDAYS).map(([country, days]) => [
    country,
    ...["2026", "2027"].map((year) => days.filter((day) => day.startsWith(year)).length),
  ]);
  expect(counted).toEqual([
    ["JPN", 23, 22],
    ["USA", 11, 12],
    ["KOR", 22, 24],
  ]);
});
