import { refang } from "../refang.ts";
import type { CanonicalValue } from "../steps.ts";
import { canonicaliseAutonomousSystem } from "./autonomous-system.ts";
import { canonicaliseIban, isIban } from "./bank-account.ts";
import { canonicaliseDomain } from "./domain.ts";
import { canonicaliseEmail } from "./email.ts";
import { algorithmsOfLength, canonicaliseHash, hashAlgorithm } from "./hash.ts";
import { canonicaliseIpv4 } from "./ipv4.ts";
import { canonicaliseIpv6, mappedIpv4 } from "./ipv6.ts";
import { brokenText, type Canonicalised } from "./outcome.ts";
import { canonicaliseCard } from "./payment-card.ts";
import { canonicalisePhone } from "./phone-number.ts";
import { canonicaliseUrl } from "./url.ts";
import { canonicaliseWallet } from "./wallet.ts";

const OPENING = "\"'`<([{“”‘’「『《,;|*_ \t\r\n\ufeff";
const CLOSING = "\"'`>)]}“”‘’」』》,;|!*_ \t\r\n\ufeff";
/** Longest text that is looked at: longer ones are no value. */
const MOST = 8192;

/** The text without quotes, brackets, bullets and blanks round it. A bracket that is opened within the text stays. */
function bare(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && OPENING.includes(text.charAt(start)) && !text.startsWith("_dmarc", start)) {
    if (text.charAt(start) === "[" && /^\[[0-9a-fA-F:.%]*\]:\d/.test(text.slice(start, start + 64))) break;
    if (text.charAt(start) === "*" && text.charAt(start + 1) === ".") break;
    start += 1;
  }
  while (end > start && CLOSING.includes(text.charAt(end - 1))) {
    const open = { ")": "(", "]": "[", "}": "{", ">": "<" }[text.charAt(end - 1)];
    if (open !== undefined && text.lastIndexOf(open, end - 1) >= start) break;
    end -= 1;
  }
  return text.slice(start, end);
}

const found = (outcome: Canonicalised): CanonicalValue[] => ("value" in outcome ? [outcome.value] : []);

function hashes(text: string): CanonicalValue[] {
  const named = /^([A-Za-z0-9_-]{3,12})\s{0,4}[:=(]\s{0,4}([0-9a-fA-F]{32,128})\)?$/.exec(text);
  if (named?.[1] !== undefined && named[2] !== undefined && hashAlgorithm(named[1]) !== undefined)
    return found(canonicaliseHash(named[2], named[1]));
  if (!/^[0-9a-fA-F]{32,128}$/.test(text)) return [];
  return algorithmsOfLength(text.length).flatMap((name) => found(canonicaliseHash(text, name)));
}

function addresses(text: string): CanonicalValue[] {
  if (/^(?:0[xX]?[0-9a-fA-F]*|\d+)(?:\.(?:0[xX]?[0-9a-fA-F]*|\d+)){3}\.?(?:\/\d{1,2}|:\d{1,5})?$/.test(text))
    return found(canonicaliseIpv4(text));
  if (!text.includes(":")) return [];
  const six = found(canonicaliseIpv6(text));
  const mapped = mappedIpv4(six[0]?.canonical ?? "");
  return mapped === undefined ? six : [...six, ...found(canonicaliseIpv4(mapped))];
}

/** A URL; without a scheme it may be `http` or `https`, and where only a host is there it may be that as well. */
function urls(text: string): CanonicalValue[] {
  const withScheme = /^[A-Za-z][A-Za-z0-9+.-]{1,31}:\/\//.test(text);
  if (withScheme) return found(canonicaliseUrl(text));
  if (!/[/?#]/.test(text)) return [];
  const assumed = found(canonicaliseUrl(text));
  const host = /^([^/?#]+)[/?#]$/.exec(text)?.[1];
  return [
    ...assumed,
    ...assumed.flatMap(({ canonical }) => found(canonicaliseUrl(canonical.replace(/^http:/, "https:")))),
    ...(host === undefined ? [] : [...addresses(host), ...domains(host)]),
  ];
}

/** Names of two labels or more whose last one has a letter: one word is no domain in a search. */
function domains(text: string): CanonicalValue[] {
  return found(canonicaliseDomain(text)).filter(({ canonical }) => /\.[a-z0-9_-]*[a-z][a-z0-9_-]*$/.test(canonical));
}

function wallets(text: string): CanonicalValue[] {
  return /^(?:[A-Za-z0-9-]{2,20}:)?[A-Za-z0-9]{25,90}$/.test(text) ? found(canonicaliseWallet(text)) : [];
}

/** A hash says nothing of its chain, and a bare one may be a file's: it is looked up on all of them. */
function transactions(text: string): CanonicalValue[] {
  const hash = /^(?:0[xX])?([0-9a-fA-F]{64})$/.exec(text)?.[1];
  return hash === undefined ? [] : [{ kind: "cryptocurrency-transaction", canonical: hash.toLowerCase() }];
}

/** Numbers of accounts, telephones and cards in groups: an IBAN by its check digits, a telephone by its +, a card by its groups of four. */
function numbers(text: string): CanonicalValue[] {
  if (isIban(text)) return found(canonicaliseIban(text));
  if (/^(?:tel:)?\+\d[\d\s().-]{6,24}$/i.test(text)) return found(canonicalisePhone(text));
  return /^(?:\d{4}[ -]){3}\d{1,7}$|^\d{14,19}$/.test(text) ? found(canonicaliseCard(text)) : [];
}

/**
 * Everything that a text in any spelling (defanged, padded, quoted, any case) may be, most likely first; empty if nothing
 * (dedup 4). For look-ups and for what is found in running text: an AS number needs its `AS`, a wallet its own form.
 */
export function recognise(text: string): CanonicalValue[] {
  if (text.length > MOST || brokenText(text)) return [];
  const live = bare(refang(bare(text)));
  const exact = [...hashes(live), ...transactions(live), ...wallets(live), ...addresses(live)];
  if (exact.length > 0) return exact;
  const known = numbers(live);
  if (known.length > 0) return known;
  if (/^ASN?[ :]?\d/i.test(live)) {
    const number = found(canonicaliseAutonomousSystem(live));
    if (number.length > 0) return number;
  }
  const url = urls(live);
  if (url.length > 0) return url;
  if (live.includes("@")) return found(canonicaliseEmail(live));
  return domains(live);
}
