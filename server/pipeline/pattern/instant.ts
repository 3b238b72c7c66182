/** Instants to any number of fraction digits, without a clock (STIX 2.1 section 2.16). */

export interface Instant {
  /** Seconds since 1970; second 60 is the first of the next minute. */
  readonly seconds: number;
  /** Digits of the fraction without zeros at the end. */
  readonly fraction: string;
}

const SHAPE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,100}))?Z$/;
const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Days from 1970-01-01 in the Gregorian calendar; the year begins in March, so that the leap day is its last. */
function daysFrom1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

const withoutZeros = (digits: string): string => {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end -= 1;
  return digits.slice(0, end);
};

/** The instant of a timestamp in UTC; `undefined` for any other text and for dates that don't exist. */
export function readInstant(text: string): Instant | undefined {
  const found = text.length > 121 ? null : SHAPE.exec(text);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const days = month === 2 && isLeap(year) ? 29 : MONTHS[month - 1];
  if (days === undefined || day < 1 || day > days || hour > 23 || minute > 59 || second > 60) return undefined;
  const seconds = daysFrom1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  return { seconds, fraction: withoutZeros(found[7] ?? "") };
}

/** Below 0 if `a` is earlier, 0 if they are one instant. */
export function instantOrder(a: Instant, b: Instant): number {
  if (a.seconds !== b.seconds) return a.seconds - b.seconds;
  return a.fraction === b.fraction ? 0 : a.fraction < b.fraction ? -1 : 1;
}

/** Nanoseconds since 1970; finer digits are cut off. */
export const nanosecondsOf = ({ seconds, fraction }: Instant): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));

/** The timestamp without zeros at the end of its fraction: one text for one instant (of seconds below 60). */
export function shortestTimestamp(text: string): string {
  const point = text.indexOf(".");
  if (point === -1) return text;
  const fraction = withoutZeros(text.slice(point + 1, -1));
  return fraction === "" ? `${text.slice(0, point)}Z` : `${text.slice(0, point)}.${fraction}Z`;
}
