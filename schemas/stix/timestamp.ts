import { z } from "zod";

/** STIX 2.1 section 2.13: RFC 3339, UTC, upper-case T and Z, any number of fraction digits, but at least one after a point. */
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

/** Whether the text is a STIX timestamp of a date that exists; 30 February is none. */
export const isTimestamp = (text: string): boolean => text.length <= LONGEST && SHAPE.test(text) && dayExists(text);

/** The sender's text is kept as it is; whoever compares compares instants, never text. */
export const Timestamp = z
  .stringFormat("stix-timestamp", isTimestamp, {
    error: "must be a date that exists, in UTC, such as 2026-04-11T09:30:00.000Z",
  })
  .meta({ id: "Timestamp", format: "date-time", pattern: SHAPE.source });
export type Timestamp = z.infer<typeof Timestamp>;
