import { idContributing } from "../../schemas/stix/id-contributing.ts";
import { WALLET_FACTS_EXTENSION } from "../../schemas/stix/wallet.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { isRecord } from "./keyed.ts";
import type { StixJson } from "./steps.ts";

/** Who says it, when, how sure and under which marking: no part of what is said. */
const BESIDE: ReadonlySet<string> = new Set([
  ...["id", "spec_version", "created", "modified", "created_by_ref", "object_marking_refs", "granular_markings"],
  ...["revoked", "confidence", "valid_from", "valid_until", "defanged"],
]);

const membersOf = (object: StixJson): string[] => Object.keys(object).filter((name) => !BESIDE.has(name));

/** What an object says, as text: equal for who says the same under another id, later, with other markings. */
export const wordsOf = (object: StixJson): string =>
  canonicalJson(Object.fromEntries(membersOf(object).map((name) => [name, object[name]])));

/** Observables whose very key is somebody's text. */
const WRITTEN: ReadonlySet<string> = new Set(["artifact", "email-message", "process"]);
/** What only names somebody or something that others' words are about. */
const NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ["location", ["name", "region", "country"]],
  ["vulnerability", ["name", "external_references"]],
]);
const INDICATOR = ["name", "pattern", "pattern_type", "pattern_version", "indicator_types"];
/** One comparison of one property with one text. */
const ONE_VALUE = /^\[\s*[^\s=[\]'][^=[\]']*=\s*'((?:[^'\\]|\\.)*)'\s*\]$/;

/** Of a wallet: which family it is of, and its tag. They are part of its key. */
const onlyFacts = (extensions: unknown): boolean =>
  isRecord(extensions) &&
  Object.entries(extensions).every(
    ([id, facts]) =>
      id === WALLET_FACTS_EXTENSION &&
      isRecord(facts) &&
      Object.keys(facts).every((name) => ["extension_type", "family", "tag"].includes(name)),
  );

/**
 * A bare value: an observable with nothing but what makes its id, an indicator of one such value, a CVE's number, an organisation's or a place's name, a marking. Two who hold
 * it need not have it from each other, and nobody's words are in it (dedup 2 and 3).
 */
export function isBare(object: StixJson): boolean {
  const type = String(object.type);
  if (type === "marking-definition" || type === "extension-definition") return true;
  const members = membersOf(object).filter((name) => name !== "type");
  const only = (names: readonly string[]): boolean => members.every((name) => names.includes(name));
  if (type === "identity") return object.identity_class !== "individual" && only(["name", "identity_class", "sectors"]);
  if (type === "indicator") {
    const value = typeof object.pattern === "string" ? ONE_VALUE.exec(object.pattern)?.[1] : undefined;
    return value !== undefined && only(INDICATOR) && (object.name === undefined || object.name === value);
  }
  if (type === "vulnerability" && !/^CVE-\d{4}-\d{4,19}$/.test(String(object.name))) return false;
  const named = NAMES.get(type);
  if (named !== undefined) return only(named);
  const key = idContributing(type);
  if (key.length === 0 || WRITTEN.has(type)) return false;
  const wallet = type === "cryptocurrency-wallet" && onlyFacts(object.extensions);
  return only(wallet ? [...key, "address", "extensions"] : key);
}
