/**
 * Instants without `Date`, so that pure code may use them. STIX timestamps keep the sender's text and are compared as
 * instants: as text, `…:56.5Z` sorts before `…:56Z` (STIX 2.1 section 2.13).
 */
const SHAPE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?Z$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export interface Instant {
  /** Whole milliseconds since 1970-01-01T00:00:00Z. */
  readonly ms: number;
  /** Digits of the fraction past the millisecond, trailing zeros off: the rest of the order. */
  readonly rest: string;
}

const leap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Days since the epoch of a proleptic Gregorian date (the usual era arithmetic). */
const daysFromCivil = (y: number, m: number, d: number): number => {
  const year = m <= 2 ? y - 1 : y;
  const era = Math.floor(year / 400);
  const yoe = year - era * 400;
  const doy = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1;
  return era * 146097 + yoe * 365 + Math.floor(yoe / 4) - Math.floor(yoe / 100) + doy - 719468;
};

/** RFC 3339 in UTC (`Z`), any number of fraction digits. `undefined` for another form or an impossible date. Second 60 counts as 59.999… */
export function parseInstant(text: string): Instant | undefined {
  const m = SHAPE.exec(text);
  if (m === null) return undefined;
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const [hour, minute, second] = [Number(m[4]), Number(m[5]), Number(m[6])];
  const last = month === 2 && leap(year) ? 29 : DAYS[month - 1];
  if (last === undefined || day < 1 || day > last || hour > 23 || minute > 59 || second > 60) return undefined;
  const fraction = m[7] ?? "";
  const ms = Number(fraction.slice(0, 3).padEnd(3, "0"));
  const whole = daysFromCivil(year, month, day) * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms;
  return { ms: whole, rest: fraction.slice(3).replace(/0+$/, "") };
}

/** Negative, zero or positive, as the first is earlier, equal or later. Both must parse; text that does not sorts first. */
export function compareInstants(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [parseInstant(a), parseInstant(b)];
  if (x === undefined || y === undefined) return (x === undefined ? 0 : 1) - (y === undefined ? 0 : 1);
  if (x.ms !== y.ms) return x.ms - y.ms;
  return x.rest < y.rest ? -1 : x.rest > y.rest ? 1 : 0;
}

/** `2026-04-11T09:30:00.000Z` of whole milliseconds since the epoch. Years 0000 to 9999. */
export function formatInstant(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  const left = ms - days * 86_400_000;
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  const two = (n: number): string => String(n).padStart(2, "0");
  const year = String(yoe + era * 400 + (month <= 2 ? 1 : 0)).padStart(4, "0");
  const day = two(doy - Math.floor((153 * mp + 2) / 5) + 1);
  const time = `${two(Math.floor(left / 3_600_000))}:${two(Math.floor(left / 60_000) % 60)}:${two(Math.floor(left / 1000) % 60)}`;
  return `${year}-${two(month)}-${day}T${time}.${String(left % 1000).padStart(3, "0")}Z`;
}

/** `2026-04-11T09:30:00.123456Z` of whole microseconds since the epoch: the form of every date of TAXII 2.1 (section 1.4). */
export function formatMicros(micros: number): string {
  const ms = Math.floor(micros / 1000);
  return `${formatInstant(ms).slice(0, -1)}${String(micros - ms * 1000).padStart(3, "0")}Z`;
}
