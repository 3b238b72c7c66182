import { type Canonicalised, fine, problem } from "./outcome.ts";

const ALLOWED =
  "is no AS number: 0 to 4294967295 is wanted, plain, with AS before it, or as two numbers to 65535 with a dot";
const SHAPE = /^(?:ASN?[ :]?)?0{0,20}(\d{1,10})(?:\.0{0,20}(\d{1,5}))?$/i;

/** asplain decimal (dedup 4, RFC 5396), from asplain, asdot or asdot+, with or without `AS`. Problem: `value.as_number`. */
export function canonicaliseAutonomousSystem(text: string): Canonicalised {
  const [, high, low] = SHAPE.exec(text.length > 64 ? "" : text.trim()) ?? [];
  if (high === undefined) return problem("value.as_number", text, ALLOWED);
  const inRange = low === undefined ? Number(high) <= 0xffffffff : Number(high) <= 0xffff && Number(low) <= 0xffff;
  if (!inRange) return problem("value.as_number", text, ALLOWED);
  return fine("autonomous-system", String(low === undefined ? Number(high) : Number(high) * 65536 + Number(low)));
}
