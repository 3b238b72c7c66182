import type { Problem } from "../shared/fault.ts";
import { hashAlgorithm } from "./canonicalise/hash.ts";
import { isKept } from "./canonicalise/kept.ts";
import { canonicaliseValue } from "./canonicalise/value.ts";
import { type Token, tokenise } from "./pattern-tokens.ts";
import type { CanonicalValue, ValueKind } from "./steps.ts";

/** One test for equality, as a pattern states it. */
export interface Comparison {
  /** `file:hashes.'SHA-256'`: quotes only where the grammar needs them. */
  readonly path: string;
  /** Object type, then the steps; `[2]` and `[*]` stand as they are. */
  readonly steps: readonly string[];
  readonly value: string | number | boolean;
}

/** Walks over tokens; each reader leaves it after what it took. */
interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
}

const sign = ({ tokens, at }: Cursor, text: string): boolean =>
  tokens[at]?.kind === "sign" && tokens[at]?.text === text;

function take(cursor: Cursor, text: string): boolean {
  if (!sign(cursor, text)) return false;
  cursor.at += 1;
  return true;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A constant between quotes, with the two escapes that exist. */
const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function pathText(type: string, steps: readonly string[]): string {
  let out = `${type}:`;
  for (const [i, step] of steps.entries()) {
    if (step.startsWith("[")) out += step;
    else out += (i === 0 ? "" : ".") + (NAME.test(step) ? step : quoted(step));
  }
  return out;
}

function readStep(cursor: Cursor): string | undefined {
  const token = cursor.tokens[cursor.at];
  if (token === undefined || (token.kind !== "name" && token.kind !== "string" && token.kind !== "quoted"))
    return undefined;
  if (token.kind === "name" && !NAME.test(token.text)) return undefined;
  cursor.at += 1;
  // A key that looks like an index would be mistaken for one: no property is called so.
  return token.text.startsWith("[") ? undefined : token.text;
}

function readIndex(cursor: Cursor): string | undefined {
  const token = cursor.tokens[cursor.at];
  const index = token?.kind === "number" && /^\d+$/.test(token.text) ? token.text : sign(cursor, "*") ? "*" : undefined;
  cursor.at += 1;
  return index !== undefined && take(cursor, "]") ? `[${index}]` : undefined;
}

function readPath(cursor: Cursor): string[] | undefined {
  const type = cursor.tokens[cursor.at];
  cursor.at += 1;
  if (type?.kind !== "name" || !take(cursor, ":")) return undefined;
  const steps = [type.text];
  for (let step = readStep(cursor); ; step = take(cursor, ".") ? readStep(cursor) : readIndex(cursor)) {
    if (step === undefined) return undefined;
    steps.push(step);
    if (sign(cursor, ".")) continue;
    if (!take(cursor, "[")) return steps;
  }
}

function readConstant(cursor: Cursor): string | number | boolean | undefined {
  const token = cursor.tokens[cursor.at];
  cursor.at += 1;
  if (token?.kind === "string") return token.text;
  if (token?.kind === "number") return Number(token.text);
  if (token?.kind === "name" && (token.text === "true" || token.text === "false")) return token.text === "true";
  return undefined;
}

function readSet(cursor: Cursor): (string | number | boolean)[] | undefined {
  const values: (string | number | boolean)[] = [];
  if (!take(cursor, "(")) return undefined;
  do {
    const value = readConstant(cursor);
    if (value === undefined) return undefined;
    values.push(value);
  } while (take(cursor, ","));
  return take(cursor, ")") ? values : undefined;
}

/** `path = constant`, or `path IN (…)`, which is as many. */
function readTest(cursor: Cursor): Comparison[] | undefined {
  const steps = readPath(cursor);
  if (steps === undefined) return undefined;
  const operator = cursor.tokens[cursor.at];
  cursor.at += 1;
  let values: (string | number | boolean)[] | undefined;
  if (operator?.kind === "name" && operator.text === "IN") values = readSet(cursor);
  else if (operator?.kind === "sign" && (operator.text === "=" || operator.text === "==")) {
    const value = readConstant(cursor);
    values = value === undefined ? undefined : [value];
  }
  const [type = "", ...rest] = steps;
  return values?.map((value) => ({ path: pathText(type, rest), steps, value }));
}

/**
 * The comparisons of a pattern that is one test for equality or a disjunction of such, within `[ ]`, between them, or as `IN`
 * (STIX 2.1 section 9). `undefined` for every other pattern and for text that is none. Since all operators are OR,
 * parentheses only have to balance; there is no recursion.
 */
export function readSimplePattern(text: string): { readonly comparisons: readonly Comparison[] } | undefined {
  const tokens = tokenise(text);
  if (tokens === undefined) return undefined;
  const cursor: Cursor = { tokens, at: 0 };
  const comparisons: Comparison[] = [];
  const depth = { outside: 0, inside: 0 };
  let where: "outside" | "inside" = "outside";
  let operand = false;
  while (cursor.at < tokens.length) {
    const token = tokens[cursor.at];
    if (operand) {
      cursor.at += 1;
      if (token?.kind === "name" && token.text === "OR") operand = false;
      else if (token?.kind !== "sign") return undefined;
      else if (token.text === ")" && depth[where] > 0) depth[where] -= 1;
      else if (token.text === "]" && where === "inside" && depth.inside === 0) where = "outside";
      else return undefined;
    } else if (take(cursor, "(")) depth[where] += 1;
    else if (where === "outside") {
      if (!take(cursor, "[")) return undefined;
      where = "inside";
    } else {
      const tests = readTest(cursor);
      if (tests === undefined) return undefined;
      for (const test of tests) comparisons.push(test);
      operand = true;
    }
  }
  return operand && where === "outside" && depth.outside === 0 ? { comparisons } : undefined;
}

/** A pattern in normal form, and the values it names. */
export interface NormalPattern {
  readonly text: string;
  readonly values: readonly CanonicalValue[];
  readonly warnings: readonly Problem[];
}

const PROPERTIES: ReadonlyMap<string, ValueKind> = new Map([
  ["ipv4-addr:value", "ipv4-addr"],
  ["ipv6-addr:value", "ipv6-addr"],
  ["domain-name:value", "domain-name"],
  ["url:value", "url"],
  ["email-addr:value", "email-addr"],
  ["email-message:from_ref.value", "email-addr"],
  ["autonomous-system:number", "autonomous-system"],
  ["payment-card:value", "payment-card"],
  ["phone-number:value", "phone-number"],
]);
const WALLET = /^(?:x[-_](?:opencti[-_])?)?cryptocurrency[-_]wallet:(?:value|address)$/;

/** Which kind of value a path names, and the path in its one spelling. */
function valueAt({ path, steps }: Comparison): { kind: ValueKind; path: string; sort?: string } | undefined {
  const kind = PROPERTIES.get(path);
  if (kind !== undefined) return { kind, path };
  if (WALLET.test(path)) return { kind: "cryptocurrency-wallet", path: "cryptocurrency-wallet:value" };
  const [type, dictionary, name, ...more] = steps;
  if (type !== "file" || dictionary !== "hashes" || name === undefined || more.length > 0) return undefined;
  const sort = hashAlgorithm(name);
  return sort === undefined ? undefined : { kind: "file", path: pathText("file", ["hashes", sort]), sort };
}

const comparisonText = (path: string, { kind, canonical }: Pick<CanonicalValue, "kind" | "canonical">): string =>
  `${path} = ${kind === "autonomous-system" ? canonical : quoted(canonical)}`;

/** The normal form of the pattern that tests for just this value. */
export function patternOfValue(value: Pick<CanonicalValue, "kind" | "sort" | "canonical">): string {
  const path =
    value.kind === "file"
      ? pathText("file", ["hashes", value.sort ?? ""])
      : value.kind === "autonomous-system"
        ? "autonomous-system:number"
        : value.kind === "bank-account"
          ? `bank-account:${value.sort === "iban" ? "iban" : "account_number"}`
          : `${value.kind}:value`;
  return `[${comparisonText(path, value)}]`;
}

/**
 * The normal form of a simple pattern over values that have canonical forms: constants canonical, paths in one spelling, operands
 * sorted, each once, in one `[ ]` (dedup 4; patterning 6, the looser form). `undefined` for any other pattern. An operand whose
 * constant can't be a value of its kind matches nothing: beside others that do it stands as it was written, with a warning; a
 * problem if there are only such.
 */
export function normalPattern(text: string): NormalPattern | { readonly problem: Problem } | undefined {
  const operands = new Map<string, CanonicalValue | undefined>();
  const warnings: Problem[] = [];
  let first: Problem | undefined;
  for (const comparison of readSimplePattern(text)?.comparisons ?? []) {
    const place = valueAt(comparison);
    const given =
      typeof comparison.value === "number" && place?.kind === "autonomous-system"
        ? String(comparison.value)
        : comparison.value;
    if (place === undefined || typeof given !== "string") return undefined;
    const outcome = canonicaliseValue(place.kind, given, place.sort);
    if ("problem" in outcome) {
      if (isKept(outcome.problem.code)) return undefined;
      const { code, message } = outcome.problem;
      first ??= { code, path: "pattern", message };
      operands.set(`${place.path} = ${quoted(given)}`, undefined);
      warnings.push({ code, path: "pattern", message: `${message}; this part of the pattern matches nothing` });
      continue;
    }
    operands.set(comparisonText(place.path, outcome.value), outcome.value);
    for (const warning of outcome.value.warnings ?? []) warnings.push({ ...warning, path: "pattern" });
  }
  const values = [...operands.values()].filter((value) => value !== undefined);
  if (values.length === 0) return first === undefined ? undefined : { problem: first };
  const sorted = [...operands.keys()].sort();
  return { text: `[${sorted.join(" OR ")}]`, values, warnings };
}
