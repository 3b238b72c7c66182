import { z } from "zod";
import { declare } from "./facts.ts";
import { TO_THE_SECOND } from "./forms/host.ts";

/** STIX 2.1 section 2.16: RFC 3339, UTC, upper-case T and Z, any number of fraction digits, but at least one after a point. */
const SHAPE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?Z$/;

/** Longest timestamp that is read: nine fraction digits are in use, thirty leave room. */
const LONGEST = 51;

const dayExists = (text: string): boolean => {
  const day = Number(text.slice(8, 10));
  if (day <= 28) return true;
  const [year, month] = [Number(text.slice(0, 4)), Number(text.slice(5, 7))];
  if (month !== 2) return day <= 30 || ![4, 6, 9, 11].includes(month);
  return day === 29 && ((year % 4 === 0 && year % 100 !== 0) || year % 400 === 0);
};

const fractionOf = (text: string): string => {
  let end = text.length - 1;
  while (end > 19 && text[end - 1] === "0") end--;
  return text.slice(20, end);
};

/** Whether the text is a STIX timestamp of a date that exists; 30 February is none. */
export const isTimestamp = (text: string): boolean => text.length <= LONGEST && SHAPE.test(text) && dayExists(text);

/**
 * Negative, zero or positive, as the first is earlier, equal or later. Both must be timestamps. Up to the second the text has
 * the order of time; of the fraction trailing zeros say nothing.
 */
export function compareTimestamps(a: string, b: string): number {
  if (a === b) return 0;
  const [first, second] = [a.slice(0, 19), b.slice(0, 19)];
  if (first !== second) return first < second ? -1 : 1;
  const [x, y] = [fractionOf(a), fractionOf(b)];
  return x === y ? 0 : x < y ? -1 : 1;
}

/** The same text for the same instant. The text must be a timestamp. */
export const instantKey = (text: string): string => `${text.slice(0, 19)}.${fractionOf(text)}`;

const timestamp = () =>
  z
    .stringFormat("stix-timestamp", isTimestamp, {
      error: "must be a date that exists, in UTC, such as 2026-04-11T09:30:00.000Z",
    })
    .meta({ format: "date-time", pattern: SHAPE.source });

/** The sender's text is kept as it is; whoever compares compares instants, never text. */
export const Timestamp = timestamp().meta({ id: "Timestamp" });
export type Timestamp = z.infer<typeof Timestamp>;

/** One that is precise to the second, and so has no fraction (section 6.7.6). */
export const TimestampToTheSecond = declare(timestamp(), { kind: "form", form: TO_THE_SECOND });
