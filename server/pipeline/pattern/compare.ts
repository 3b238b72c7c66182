import { holds, type Network, readNetwork } from "./address.ts";
import type { Budget } from "./budget.ts";
import { type Instant, instantOrder, readInstant } from "./instant.ts";
import { compileRegex } from "./regex.ts";
import type { Constant, Leaf, Operator } from "./tree.ts";

/** Comparison of a value with constants (patterning 4; STIX 2.1 section 9.6). */

/** A constant, read once. */
interface Ready {
  readonly kind: "number" | "text" | "boolean" | "octets" | "timestamp";
  readonly number: number;
  readonly text: string;
  readonly instant?: Instant | undefined;
  /** Octets; of a text those it stands for, if each of its characters is below U+0100. */
  readonly octets?: Buffer | undefined;
}

const isWide = (text: string): boolean => /[\u0100-\uffff]/.test(text);
const octetsOf = (text: string): Buffer | undefined => (isWide(text) ? undefined : Buffer.from(text, "latin1"));

function ready({ kind, text }: Constant): Ready {
  const none = { number: 0, text };
  if (kind === "integer" || kind === "float") return { kind: "number", number: Number(text), text };
  if (kind === "boolean") return { kind, ...none };
  if (kind === "timestamp") return { kind, ...none, instant: readInstant(text) };
  if (kind === "string") return { kind: "text", ...none, octets: octetsOf(text) };
  return { kind: "octets", ...none, octets: Buffer.from(text, kind === "hex" ? "hex" : "base64") };
}

/** Moves surrogates behind all other code units, so that units compare as code points do. */
const rank = (unit: number): number => (unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit);

/** By code point, without normalisation; the longer of two otherwise equal texts is greater (section 9.6.2). */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Below, at or above 0 as the value is to the constant; `undefined` if the two can't be compared. */
function order(value: unknown, constant: Ready): number | undefined {
  if (typeof value === "number")
    return constant.kind === "number" ? (value < constant.number ? -1 : value > constant.number ? 1 : 0) : undefined;
  if (value instanceof Uint8Array)
    return constant.octets === undefined ? undefined : Buffer.compare(value, constant.octets);
  if (typeof value !== "string") return undefined;
  if (constant.kind === "text") return compareText(value, constant.text);
  if (constant.kind === "timestamp") {
    const instant = readInstant(value);
    return instant === undefined || constant.instant === undefined
      ? undefined
      : instantOrder(instant, constant.instant);
  }
  const octets = constant.kind === "octets" ? octetsOf(value) : undefined;
  return octets === undefined || constant.octets === undefined ? undefined : Buffer.compare(octets, constant.octets);
}

function equal(value: unknown, constant: Ready): boolean {
  if (typeof value === "boolean") return constant.kind === "boolean" && value === (constant.text === "true");
  if (typeof value === "string" && constant.kind === "text") return value === constant.text;
  return order(value, constant) === 0;
}

/** A text as LIKE and MATCHES see it; octets are characters up to U+00FF. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value.normalize("NFC");
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : undefined;
}

const ANY_ONE = "_";

/** Where the piece stands in the text from a place on; -1 if nowhere. `_` is any one character. */
function find(text: readonly string[], piece: readonly string[], from: number, until: number, budget: Budget): number {
  for (let at = from; at + piece.length <= until; at++) {
    let i = 0;
    while (i < piece.length && (piece[i] === ANY_ONE || piece[i] === text[at + i])) i += 1;
    budget.spend((i + 1) / 8);
    if (i === piece.length) return at;
  }
  return -1;
}

/** LIKE: the whole value; `%` is any run, `_` any one character, case counts. */
function like(constant: string): (value: unknown, budget: Budget) => boolean {
  const pieces = constant
    .normalize("NFC")
    .split("%")
    .map((piece) => Array.from(piece));
  const [head = [], ...rest] = pieces;
  const tail = rest.pop();
  return (value, budget) => {
    const whole = textOf(value);
    if (whole === undefined) return false;
    const text = Array.from(whole);
    budget.spend(text.length / 8);
    if (tail === undefined) return text.length === head.length && find(text, head, 0, text.length, budget) === 0;
    const end = text.length - tail.length;
    if (end < head.length || find(text, head, 0, head.length, budget) !== 0) return false;
    let at = head.length;
    for (const piece of rest) {
      const found = find(text, piece, at, end, budget);
      if (found === -1) return false;
      at = found + piece.length;
    }
    return find(text, tail, end, text.length, budget) === end;
  };
}

type Match = (value: unknown, budget: Budget) => boolean;

/** MATCHES: a search, over octets where the property is such. Each is compiled when it is first needed. */
function matches(constant: string): Match | { readonly problem: string } {
  const overText = compileRegex(constant.normalize("NFC"), false);
  if ("problem" in overText) return overText;
  const overOctets = isWide(constant) ? undefined : compileRegex(constant, true);
  return (value, budget) => {
    const text = textOf(value);
    const compiled = value instanceof Uint8Array ? overOctets : overText;
    if (text === undefined || compiled === undefined || "problem" in compiled) return false;
    budget.spend((text.length * compiled.steps) / 64);
    return compiled.regex.matcher(text).find();
  };
}

function subset(operator: Operator, constant: string): Match {
  const network = readNetwork(constant);
  return (value) => {
    const own: Network | undefined = typeof value === "string" ? readNetwork(value) : undefined;
    if (network === undefined || own === undefined) return false;
    return operator === "ISSUBSET" ? holds(network, own) : holds(own, network);
  };
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  "<": (n) => n < 0,
  "<=": (n) => n <= 0,
  ">": (n) => n > 0,
  ">=": (n) => n >= 0,
};

function positive(operator: Operator, constant: Constant): Match | { readonly problem: string } {
  if (operator === "LIKE") return like(constant.text);
  if (operator === "MATCHES") return matches(constant.text);
  if (operator === "ISSUBSET" || operator === "ISSUPERSET") return subset(operator, constant.text);
  const one = ready(constant);
  if (operator === "=") return (value) => equal(value, one);
  if (operator === "!=") return (value) => !equal(value, one);
  const holdsFor = ORDERS[operator];
  return (value) => {
    const n = order(value, one);
    return n !== undefined && holdsFor?.(n) === true;
  };
}

/** The test of one leaf on one value that is there, its NOT included; a problem if its regular expression can't be run. */
export function compileLeaf(leaf: Leaf): Match | { readonly problem: string } {
  if (leaf.kind === "exists") return () => !leaf.not;
  if (leaf.kind === "in") {
    const set = leaf.set.map(ready);
    return (value) => set.some((constant) => equal(value, constant)) !== leaf.not;
  }
  const match = positive(leaf.operator, leaf.constant);
  if ("problem" in match || !leaf.not) return match;
  return (value, budget) => !match(value, budget);
}
