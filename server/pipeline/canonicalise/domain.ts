import { domainToASCII } from "node:url";
import { refang } from "../refang.ts";
import { brokenText, type Canonicalised, fine, problem, remarked } from "./outcome.ts";

const ALLOWED =
  "is no domain name: labels of letters, digits, hyphens and underscores are wanted, the last one not a number, 253 characters in all";
const PLAIN = /^[a-z0-9_.-]+$/;
/** The last label decides whether a host is an address (WHATWG URL, ends in a number). */
const NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/** Labels of 1 to 63 of `a-z 0-9 _ -` that neither begin nor end with a hyphen (STD3, with underscores allowed). */
function goodLabels(name: string): boolean {
  if (name.length > 253 || name.length === 0) return false;
  let start = 0;
  for (let i = 0; i <= name.length; i++) {
    if (i !== name.length && name.charCodeAt(i) !== 46) continue;
    const length = i - start;
    if (length === 0 || length > 63 || name.charCodeAt(start) === 45 || name.charCodeAt(i - 1) === 45) return false;
    start = i + 1;
  }
  return !NUMBER.test(name);
}

/**
 * A host name's A-label form in lower case without the end dot, or `undefined`. UTS-46 non-transitional by Node's URL code; its
 * host setter would cut at `/` or `:` and decode `%`, so that ASCII outside the label alphabet is refused before.
 */
export function asciiDomain(name: string): string | undefined {
  if (name.length > 1024) return undefined;
  const lower = name.toLowerCase();
  let ascii = PLAIN.test(lower) && !lower.includes("xn--") ? lower : "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII but the label alphabet
  if (ascii === "" && !brokenText(name) && !/[\u0000-,/:-@[-^`{-\u007f]/.test(name)) ascii = domainToASCII(name);
  if (ascii.endsWith(".")) ascii = ascii.slice(0, -1);
  return PLAIN.test(ascii) && goodLabels(ascii) ? ascii : undefined;
}

/** True for a name that is its own canonical form: the common case, told without making a new text. */
const isPlainDomain = (text: string): boolean => PLAIN.test(text) && !text.includes("xn--") && goodLabels(text);

/** A-label in lower case, no end dot, a leading `*.` and a port dropped with a remark (dedup 4). Problem: `value.domain`. */
export function canonicaliseDomain(text: string): Canonicalised {
  if (isPlainDomain(text)) return fine("domain-name", text);
  if (text.length > 1024) return problem("value.domain", text, ALLOWED);
  const live = refang(text.trim());
  const port = /:\d{1,5}$/.exec(live)?.[0] ?? "";
  const bare = port === "" ? live : live.slice(0, -port.length);
  const wild = bare.startsWith("*.");
  const ascii = asciiDomain(wild ? bare.slice(2) : bare);
  if (ascii === undefined) return problem("value.domain", text, ALLOWED);
  const outcome = fine("domain-name", ascii);
  const noted = wild ? remarked(outcome, "value.wildcard_dropped", "the leading *. is dropped") : outcome;
  return port === ""
    ? noted
    : remarked(noted, "value.port_dropped", "the port is no part of a domain name and is dropped");
}
