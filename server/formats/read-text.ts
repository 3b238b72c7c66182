import { refang } from "../pipeline/refang.ts";
import { type CanonicalValue, type Item, valueTerm } from "../pipeline/steps.ts";
import type { Problem } from "../shared/fault.ts";
import { classify, hasScheme, hostOf, isDefanged, LONGEST_VALUE, warningsOf } from "./classify.ts";
import {
  canBeHost,
  headingOf,
  isFence,
  isUrlWithBlanks,
  looksLikeHost,
  saysSerial,
  saysVersion,
} from "./prose-rules.ts";
import { isOneWord, scanWords, type Word, withoutWidthless } from "./scan-words.ts";
import { type Mention, toObservable } from "./to-observable.ts";

/** Words of a line that stands alone in a list, its comment off; `undefined` for a line that is blank or a comment. */
function listWord(line: string): Word | undefined {
  const start = line.search(/\S/);
  if (start < 0 || /^(?:#|\/\/|;)/.test(line.slice(start, start + 2))) return undefined;
  const comment = line.search(/\s(?:#|\/\/|;)/);
  const body = (comment < 0 ? line : line.slice(0, comment)).trimEnd();
  const bare = body.slice(start);
  const left = /^["'`<\u200b\ufeff]*/.exec(bare)?.[0].length ?? 0;
  const right = /["'`>,\u200b]*$/.exec(bare.slice(-16))?.[0].length ?? 0;
  const given = bare.slice(left, Math.max(left, bare.length - right));
  return { given, offset: start + left, clean: withoutWidthless(given) };
}

/** One word that could be a value or a bare path. */
const isListWord = (word: string): boolean => {
  const live = refang(word);
  return (
    word.length >= 4 &&
    isOneWord(word) &&
    (hasScheme(live) || /^(?:\/|[\w-]{25,}$|[^,;|()[\]{}=]*[.:][^,;|=]*$)/.test(live))
  );
};

/**
 * A list has one value a line: maltrail, hash and address lists, a pasted column. Nine of ten lines that are neither blank
 * nor comment must be a single word, and there is no markup of a report.
 */
export function isList(sample: string): boolean {
  let [lines, single] = [0, 0];
  for (const line of sample.split("\n")) {
    const trimmed = line.trimEnd();
    if (isFence(trimmed) || /^(?:={1,6}\s|\|={3}|#{2,6}\s|[-*+] )/.test(trimmed)) return false;
    const word = listWord(trimmed);
    if (word === undefined) continue;
    lines++;
    if (isListWord(word.clean)) single++;
  }
  return lines > 0 && single >= lines * 0.9;
}

/** A word, or a text of its own that stands in no larger one. */
type Placed = Pick<Word, "given" | "clean"> & { readonly offset?: number };

const standing = ({ given, offset }: Placed): { given: string; offset?: number } =>
  offset === undefined ? { given } : { given, offset };

/** Values of one input, each distinct one once at its first place, and what could not be read. */
export class Findings {
  private readonly seen = new Set<string>();
  private readonly remembered: number;
  private next = 0;
  private items: Item[] = [];

  private readonly mention: Mention | undefined;

  /** Forgets what it has seen after that many distinct values. `mention` is what the input says beside each. */
  constructor(remembered: number = Number.POSITIVE_INFINITY, mention?: Mention) {
    this.remembered = remembered;
    this.mention = mention;
  }

  /** What was found since it was last asked. */
  take(): Item[] {
    const found = this.items;
    this.items = [];
    return found;
  }

  value(value: CanonicalValue, word: Placed, place: string): void {
    const term = valueTerm(value);
    if (this.seen.has(term)) return;
    if (this.seen.size >= this.remembered) this.seen.clear();
    this.seen.add(term);
    const warnings = warningsOf(value);
    const object = toObservable([value], this.mention);
    const item = { index: this.next++, object, ...standing(word), place };
    this.items.push(warnings.length === 0 ? item : { ...item, warnings });
  }

  problem(problem: Omit<Problem, "path">, word: Placed, place: string): void {
    const { given, ...where } = standing(word);
    const at = { ...problem, path: place };
    this.items.push({ index: this.next++, problem: at, given: given.slice(0, 200), ...where, place });
  }
}

const barePath = (clean: string): Omit<Problem, "path"> => ({
  code: "text.bare_path",
  message: `"${clean.slice(0, 80)}" is a path without a host: it is no indicator by itself`,
});
const unreadable = (clean: string): Omit<Problem, "path"> => ({
  code: clean.length > LONGEST_VALUE ? "value.too_long" : "text.unrecognised",
  message: `"${clean.slice(0, 80)}" is no address, domain, URL, e-mail, hash, AS number or wallet of a known form`,
});

/** One line of a list. `offset` and `number` are of the line: in UTF-16 units from the start of the text, and from 1. */
export function readListLine(line: string, offset: number, number: number, into: Findings): void {
  const word = listWord(line);
  if (word === undefined || word.given === "") return;
  readWordOfList({ ...word, offset: offset + word.offset }, `line ${number}`, into);
}

function readWordOfList(placed: Placed, place: string, into: Findings): void {
  const { clean } = placed;
  const found = /\s/.test(clean) ? undefined : classify(clean);
  if (found === undefined) into.problem(clean.startsWith("/") ? barePath(clean) : unreadable(clean), placed, place);
  else if ("problem" in found) into.problem(found.problem, placed, place);
  else into.value(found.value, placed, place);
}

interface Candidate {
  readonly value: CanonicalValue;
  readonly word: Word;
  readonly place: string;
  /** Written live, as a reference is, too: dropped where the text defangs its indicators. */
  readonly live: boolean;
  /** Within a listing block. */
  readonly listed: boolean;
}

const NETWORK: ReadonlySet<string> = new Set(["domain-name", "url", "email-addr", "ipv4-addr", "ipv6-addr"]);

/** A word of a report as a value: as it stands, or after `key:` or `key=`. */
function readWord(word: Word): { readonly word: Word; readonly found: ReturnType<typeof classify> } {
  const found = classify(word.clean);
  if (found !== undefined && "value" in found) return { word, found };
  const prefix = /^[\p{L}\p{N}_-]{1,20}[:=](?!\/\/)/u.exec(word.given)?.[0];
  if (prefix === undefined || word.given.length - prefix.length < 4) return { word, found };
  const given = word.given.slice(prefix.length).replace(/^[:=([{'*]{1,8}/, "");
  const rest = { given, offset: word.offset + word.given.length - given.length, clean: withoutWidthless(given) };
  const inner = classify(rest.clean);
  return inner === undefined ? { word, found } : { word: rest, found: inner };
}

/** Whether the value is meant as one, given what is written around it. */
function isMeant(value: CanonicalValue, word: Word, before: string, defanged: boolean): boolean {
  if (value.kind === "file") return !(value.sort === "MD5" && saysSerial(before));
  if (value.kind === "autonomous-system") return !/^as[24]$|^as400$/i.test(word.clean);
  if (value.kind === "ipv4-addr") return defanged || !saysVersion(before);
  if (value.kind !== "domain-name" && value.kind !== "url" && value.kind !== "email-addr") return true;
  const host = hostOf(word.clean);
  if (/^[\d.]+$|^\[/.test(host)) return true;
  if (!host.includes(".")) return false;
  return defanged || (value.kind === "url" && hasScheme(word.clean)) ? canBeHost(host) : looksLikeHost(host);
}

/**
 * Values in running text, markdown or AsciiDoc. Where the text defangs any of its indicators, its live URLs, domains and
 * e-mail addresses are references and are left out; so are those outside listing blocks where the text has values in such
 * blocks. Hashes, wallets and addresses always count.
 */
export function readProse(text: string, into: Findings): void {
  const candidates: (
    | Candidate
    | { readonly problem: Omit<Problem, "path">; readonly word: Word; readonly place: string }
  )[] = [];
  let [offset, number, defangs, lists, fenced, heading] = [0, 0, false, false, false, ""];
  for (const line of text.split("\n")) {
    number++;
    const from = offset;
    offset += line.length + 1;
    const trimmed = line.trimEnd();
    if (isFence(trimmed)) fenced = !fenced;
    else if (!fenced) heading = headingOf(trimmed) ?? heading;
    const whole = fenced && isUrlWithBlanks(trimmed) ? [{ given: trimmed, offset: from, clean: trimmed }] : undefined;
    for (const scanned of whole ?? scanWords(line, from)) {
      const { word, found } = readWord(scanned);
      if (found === undefined) continue;
      const place = `line ${number}`;
      const before = line.slice(Math.max(0, word.offset - from - 40), word.offset - from);
      if ("problem" in found) {
        // A damaged hash or wallet is worth a word; a word that only looks like a domain is not.
        if (found.problem.code === "value.hash_length" || /^(?:0x|bc1)/i.test(word.clean))
          candidates.push({ problem: found.problem, word, place });
        continue;
      }
      const defanged = NETWORK.has(found.value.kind) && isDefanged(word.clean);
      const context = fenced && /serial numbers?/i.test(heading) ? "serial number " : before;
      if (!isMeant(found.value, word, context, defanged)) continue;
      defangs ||= defanged;
      lists ||= fenced;
      const live = !defanged && /^(?:url|domain-name|email-addr)$/.test(found.value.kind);
      candidates.push({ value: found.value, word, place, live, listed: fenced });
    }
  }
  for (const candidate of candidates) {
    if ("problem" in candidate) into.problem(candidate.problem, candidate.word, candidate.place);
    else if (!(candidate.live && (defangs || (lists && !candidate.listed))))
      into.value(candidate.value, candidate.word, candidate.place);
  }
}

/** Text in either shape to items, in the order of their places. */
export function readText(text: string): Item[] {
  const findings = new Findings();
  if (!isList(text.slice(0, 65536))) readProse(text, findings);
  else {
    let [offset, number] = [0, 0];
    for (const line of text.split("\n")) {
      readListLine(line, offset, ++number, findings);
      offset += line.length + 1;
    }
  }
  return findings.take();
}

/** One string of a JSON list, read as a line of a list. It has no offset: there is no text that it stood in. */
export function readValue(text: string, place: string, into: Findings): void {
  readWordOfList({ given: text, clean: withoutWidthless(text.trim()) }, place, into);
}

/** A JSON list of strings, one value each. */
export function readValues(strings: readonly string[]): Item[] {
  const findings = new Findings();
  for (const [i, text] of strings.entries()) readValue(text, `[${i}]`, findings);
  return findings.take();
}
