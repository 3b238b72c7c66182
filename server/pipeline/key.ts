import { WALLET_FACTS_EXTENSION } from "../../schemas/stix/wallet.ts";
import { uuid5, uuidBytes } from "../shared/digest.ts";
import type { Problem } from "../shared/fault.ts";
import { hashAlgorithm } from "./canonicalise/hash.ts";
import { mappedIpv4 } from "./canonicalise/ipv6.ts";
import { brokenText } from "./canonicalise/outcome.ts";
import { canonicaliseValue } from "./canonicalise/value.ts";
import { UNKNOWN_FAMILY } from "./canonicalise/wallet.ts";
import { keyOfRevenue, revenueIdProperties } from "./key-revenue.ts";
import { alone, at, failed, isRecord, type Keyed } from "./keyed.ts";
import { normalPattern, patternOfValue } from "./pattern-key.ts";
import { ruleKey } from "./rule-key.ts";
import { type CanonicalValue, type Key, type StixJson, VALUE_KINDS, type ValueKind, valueTerm } from "./steps.ts";

export type { Keyed } from "./keyed.ts";

/** Namespace of deterministic observable ids (STIX 2.1 section 2.9). */
const SCO_NAMESPACE = uuidBytes("00abedb4-aa42-466c-9c01-fed23315a9b7");
/** The hash that makes a file's key is the first of these that it has (dedup 4), then those that STIX names besides. */
const KEY_HASHES = ["SHA-256", "SHA-512", "SHA-1", "MD5", "SHA3-256", "SHA3-512", "SHA-384", "SHA-224"];
const KINDS: ReadonlySet<string> = new Set(VALUE_KINDS);
/** Kinds whose terms say the sort before the value. */
const SORTED: ReadonlySet<string> = new Set([
  "file",
  "cryptocurrency-wallet",
  "cryptocurrency-transaction",
  "bank-account",
]);

/** What the wallet facts extension says of family and tag (design 3). */
function walletFacts({ extensions }: StixJson): { family?: string; tag?: string } {
  const facts =
    isRecord(extensions) && Object.hasOwn(extensions, WALLET_FACTS_EXTENSION)
      ? extensions[WALLET_FACTS_EXTENSION]
      : undefined;
  if (!isRecord(facts)) return {};
  const tag = typeof facts.tag === "string" ? facts.tag.trim() : "";
  return { ...(typeof facts.family === "string" ? { family: facts.family } : {}), ...(tag === "" ? {} : { tag }) };
}

/** Terms of a value: its own, and that of the IPv4 address that a v4-mapped one stands for. */
function termsOf(value: CanonicalValue): string[] {
  const ipv4 = value.kind === "ipv6-addr" ? mappedIpv4(value.canonical) : undefined;
  return ipv4 === undefined
    ? [valueTerm(value)]
    : [valueTerm(value), valueTerm({ kind: "ipv4-addr", canonical: ipv4 })];
}

/** The value as text, if it has a type that its property may have. */
function sentText(sent: unknown, kind: ValueKind): string | undefined {
  if (typeof sent === "string") return sent;
  return kind === "autonomous-system" && Number.isSafeInteger(sent) ? String(sent) : undefined;
}

function keyOfValue(object: StixJson, kind: ValueKind, originator: string): Keyed {
  const property = kind === "autonomous-system" ? "number" : "value";
  const read =
    kind === "cryptocurrency-wallet" && object.value === undefined && object.address !== undefined
      ? "address"
      : property;
  const given = sentText(object[read], kind);
  if (given === undefined)
    return failed("value.missing", read, `${kind} needs ${read}, a ${property === "number" ? "whole number" : "text"}`);
  const { family, tag } = kind === "cryptocurrency-wallet" ? walletFacts(object) : {};
  if (tag !== undefined && brokenText(tag))
    return failed("wallet.tag", `extensions.${WALLET_FACTS_EXTENSION}.tag`, "the tag is no well-formed text");
  const outcome = canonicaliseValue(kind, given, family);
  if ("problem" in outcome) {
    if (outcome.problem.code === UNKNOWN_FAMILY) return alone(object, originator);
    return { problems: [{ ...outcome.problem, path: read }] };
  }
  const { value } = outcome;
  const own = { [property]: kind === "autonomous-system" ? Number(value.canonical) : value.canonical };
  const text = valueTerm(value).slice(kind.length + 1);
  return {
    key: {
      kind,
      fold: "value",
      text: tag === undefined ? text : `${text}:${tag}`,
      idProperties: tag === undefined ? own : { tag, ...own },
      canonical: own,
      values: termsOf(value),
      ...(given === value.canonical ? {} : { given }),
      ...(value.checksum === undefined ? {} : { checksum: value.checksum }),
    },
    ...at(read, value.warnings),
  };
}

/** The hashes of a file in canonical form by STIX's names, others as they are; problems for those that can't be hashes. */
function readHashes(hashes: StixJson): {
  known: Map<string, { canonical: string; given: string }>;
  other: StixJson;
  problems: Problem[];
} {
  const known = new Map<string, { canonical: string; given: string }>();
  const problems: Problem[] = [];
  const other: [string, unknown][] = [];
  for (const [name, given] of Object.entries(hashes)) {
    const sort = hashAlgorithm(name);
    if (sort === undefined || typeof given !== "string") {
      other.push([name, given]);
      continue;
    }
    const path = `hashes.${name}`;
    const outcome = canonicaliseValue("file", given, sort);
    if ("problem" in outcome) problems.push({ ...outcome.problem, path });
    else if ((known.get(sort)?.canonical ?? outcome.value.canonical) !== outcome.value.canonical)
      problems.push({
        code: "value.hash_conflict",
        path,
        message: `the file has two different ${sort} hashes: one is allowed`,
      });
    else known.set(sort, { canonical: outcome.value.canonical, given });
  }
  return { known, other: Object.fromEntries(other), problems };
}

function keyOfFile(object: StixJson, originator: string): Keyed {
  if (!isRecord(object.hashes)) return alone(object, originator);
  const { known, other, problems } = readHashes(object.hashes);
  if (problems.length > 0) return { problems };
  const sort = KEY_HASHES.find((name) => known.has(name));
  const hash = sort === undefined ? undefined : known.get(sort);
  if (sort === undefined || hash === undefined) return alone(object, originator);
  const canonical = Object.fromEntries([...known].map(([name, { canonical }]) => [name, canonical]));
  return {
    key: {
      kind: "file",
      fold: "value",
      text: `${sort}:${hash.canonical}`,
      idProperties: { hashes: { [sort]: hash.canonical } },
      canonical: { hashes: { ...other, ...canonical } },
      values: [...known].map(([name, { canonical }]) => valueTerm({ kind: "file", sort: name, canonical })),
      ...(hash.given === hash.canonical ? {} : { given: hash.given }),
    },
  };
}

/** By the rule's name and words: no value is told from it. */
function keyOfRule(object: StixJson, originator: string, language: string, rule: string): Keyed {
  const text = ruleKey(language, rule);
  return text === undefined
    ? alone(object, originator)
    : { key: { kind: "indicator", fold: "pattern", text, values: [] } };
}

/** A pattern that is read by its looser normal form, a rule of another language by its name and words; any other is alone. */
function keyOfIndicator(object: StixJson, originator: string): Keyed {
  const { pattern, pattern_type: language } = object;
  if (typeof pattern !== "string" || typeof language !== "string") return alone(object, originator);
  if (language !== "stix") return keyOfRule(object, originator, language, pattern);
  const normal = normalPattern(pattern);
  if (normal === undefined) return alone(object, originator);
  if ("problem" in normal) return { problems: [normal.problem] };
  const { text, values, warnings } = normal;
  const terms = [...new Set(values.flatMap(termsOf))];
  const given = pattern === text ? {} : { given: pattern };
  return { key: { kind: "indicator", fold: "pattern", text, values: terms, ...given }, ...at("pattern", warnings) };
}

/**
 * By what an object is the same thing as another (dedup 4): the canonical value of an observable, the normal form of an
 * indicator's pattern or the words of its rule, or originator and STIX id. Problems if a value can't be one of its kind; warnings are remarks on
 * how it was read.
 */
export function keyOf(object: StixJson, originator: string): Keyed {
  const kind = object.type;
  if (kind === "file") return keyOfFile(object, originator);
  if (kind === "indicator") return keyOfIndicator(object, originator);
  const revenue = keyOfRevenue(object, originator);
  if (revenue !== undefined) return revenue;
  if (typeof kind === "string" && KINDS.has(kind)) return keyOfValue(object, kind as ValueKind, originator);
  return alone(object, originator);
}

/** RFC 8785 text of id properties: well-formed text and whole numbers, names in order, which `JSON.stringify` writes just so. */
const canonicalJson = (properties: StixJson): string => JSON.stringify(properties);

/**
 * UUID of a thing, which is also that of its consolidated id: for values the standard's UUIDv5 over the contributing properties
 * (STIX 2.1 section 2.9), otherwise one in the group's secret namespace of 16 bytes (design 4).
 */
export function thingUuid(key: Key, secretNamespace: Uint8Array): string {
  return key.fold === "value" && key.idProperties !== undefined
    ? uuid5(SCO_NAMESPACE, canonicalJson(key.idProperties))
    : uuid5(secretNamespace, `${key.kind}|${key.text}`);
}

function idPropertiesOf({ kind, sort, canonical }: CanonicalValue): StixJson {
  if (kind === "file") return { hashes: { [sort ?? ""]: canonical } };
  return kind === "autonomous-system"
    ? { number: Number(canonical) }
    : revenueIdProperties({ kind, ...(sort === undefined ? {} : { sort }), canonical });
}

/** The things under which a value is found directly: its observable, and the indicator that tests for just this value. */
export function thingsOfValue(value: CanonicalValue, secretNamespace: Uint8Array): string[] {
  return [
    uuid5(SCO_NAMESPACE, canonicalJson(idPropertiesOf(value))),
    uuid5(secretNamespace, `indicator|${patternOfValue(value)}`),
  ];
}

/** The value a term names: the inverse of `valueTerm`. */
function valueOfTerm(term: string): Pick<CanonicalValue, "kind" | "sort" | "canonical"> | undefined {
  const [kind = "", ...rest] = term.split(":");
  if (!KINDS.has(kind)) return undefined;
  if (!SORTED.has(kind)) return { kind: kind as ValueKind, canonical: rest.join(":") };
  const [sort = "", ...canonical] = rest;
  return { kind: kind as ValueKind, sort, canonical: canonical.join(":") };
}

/** The value terms of a key under which `thingsOfValue` would not find it: what the index of values has to hold (design 5). */
export function extraValues({ kind, fold, text, values }: Key): readonly string[] {
  return values.filter((term) => {
    if (fold === "value") return term !== `${kind}:${text}`;
    const value = valueOfTerm(term);
    return fold !== "pattern" || value === undefined || patternOfValue(value) !== text;
  });
}
