import { scoId } from "../../schemas/stix/id-contributing.ts";
import { MENTION_EXTENSION } from "../../schemas/stix/mention.ts";
import { isKept } from "../pipeline/canonicalise/kept.ts";
import { canonicaliseValue } from "../pipeline/canonicalise/value.ts";
import { patternOfValue } from "../pipeline/pattern-key.ts";
import type { CanonicalValue, StixJson, ValueKind } from "../pipeline/steps.ts";
import type { Problem } from "../shared/fault.ts";
import { warningsOf } from "./classify.ts";
import { readCell } from "./csv-cell.ts";
import { type Mention, toObservable } from "./to-observable.ts";

/** Makes an observable, with what is said beside it. */
export type Make = (mention: Mention | undefined) => StixJson;

/** What an attribute's value is. */
export type Found =
  /** Observables, the main one first, and the pattern that tests for it. */
  | {
      readonly observables: readonly [Make, ...Make[]];
      readonly pattern: string;
      /** The first to the second. */
      readonly joined?: "resolves-to";
      readonly context?: Readonly<Record<string, string>>;
      readonly warnings: readonly Problem[];
      /** Hashes, where they are of a file. */
      readonly hashes?: readonly CanonicalValue[];
    }
  /** A rule, in a language of its own. */
  | { readonly rule: string; readonly language: string }
  /** A domain object. */
  | { readonly type: string; readonly properties: StixJson }
  | { readonly note: string }
  | { readonly link: string }
  | { readonly problem: Omit<Problem, "path"> };

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const step = (name: string): string => (NAME.test(name) ? name : quoted(name));

/** An observable without a canonical form here, under the id of the standard. */
export function plainObservable(type: string, properties: StixJson, extension?: string): Make {
  return (mention) => {
    const extensions = {
      ...(extension === undefined ? {} : { [`extension-definition--${extension}`]: { extension_type: "new-sco" } }),
      ...(mention === undefined || Object.keys(mention).length === 0
        ? {}
        : { [MENTION_EXTENSION]: { extension_type: "property-extension", ...mention } }),
    };
    return {
      type,
      spec_version: "2.1",
      id: scoId(type, properties) ?? type,
      ...properties,
      ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
    };
  };
}

const plain =
  (type: string, name: string, extension?: string) =>
  (value: string): Found => ({
    observables: [plainObservable(type, { [name]: value }, extension)],
    pattern: `[${type}:${name} = ${quoted(value)}]`,
    warnings: [],
  });

const ofValue = (value: CanonicalValue): Found & { observables: unknown } => ({
  observables: [(mention) => toObservable([value], mention)],
  pattern: patternOfValue(value),
  warnings: warningsOf(value),
  ...(value.kind === "file" ? { hashes: [value] } : {}),
});

const valued =
  (kind: ValueKind, sort?: string) =>
  (text: string): Found => {
    const found = canonicaliseValue(kind, text, sort);
    return "problem" in found ? found : ofValue(found.value);
  };

/** Canonical, or as it is written where it may be right and has no canonical form. */
const keptOr =
  (kind: ValueKind, otherwise: (text: string) => Found) =>
  (text: string): Found => {
    const found = canonicaliseValue(kind, text);
    if ("value" in found) return ofValue(found.value);
    return isKept(found.problem.code) ? otherwise(text) : found;
  };

const address = (text: string): Found => valued(/:.*:/s.test(text) ? "ipv6-addr" : "ipv4-addr")(text);

/** An address of a family, canonical where the family has a form. */
export function wallet(text: string, currency: string | undefined): Found {
  const cell = readCell(text, { kind: "cryptocurrency-wallet" }, currency);
  if ("problem" in cell) return cell;
  const value = cell.things[0]?.[0];
  return value === undefined ? { problem: { code: "value.missing", message: "there is no address" } } : ofValue(value);
}

const hashed =
  (algorithm: string) =>
  (text: string): Found =>
    valued("file", algorithm)(text);

/** The pattern that tests for any of a file's hashes: each of them is the file. */
export const patternOfHashes = (hashes: readonly CanonicalValue[]): string =>
  `[${hashes.map((hash) => patternOfValue(hash).slice(1, -1)).join(" OR ")}]`;

/** A file by hashes and name; `undefined` where it has neither. */
export function fileOf(hashes: readonly CanonicalValue[], more: StixJson): Make | undefined {
  const [first, ...others] = hashes;
  if (first === undefined) return more.name === undefined ? undefined : plainObservable("file", more);
  const { hashes: named } = toObservable([first, ...others]);
  return plainObservable("file", { hashes: named, ...more });
}

const hashAndName =
  (algorithm: string) =>
  (text: string): Found => {
    const at = text.lastIndexOf("|");
    if (at < 0) return composite("filename|hash");
    const [name, hash] = [text.slice(0, at), text.slice(at + 1).trim()];
    const found = canonicaliseValue("file", hash, algorithm);
    if ("problem" in found) return found;
    const make = fileOf([found.value], name === "" ? {} : { name });
    if (make === undefined) return composite("filename|hash");
    return { observables: [make], pattern: patternOfValue(found.value), warnings: [], hashes: [found.value] };
  };

const composite = (form: string): Found => ({
  problem: { code: "misp.composite", message: `is not of the form ${form}` },
});

const withPort =
  (read: (text: string) => Found) =>
  (text: string): Found => {
    const at = text.lastIndexOf("|");
    const port = text.slice(at + 1).trim();
    if (at < 0 || !/^\d{1,5}$/.test(port)) return composite("value|port");
    const found = read(text.slice(0, at));
    if (!("observables" in found)) return found;
    const message = `the port ${port} is kept beside the value`;
    return {
      ...found,
      context: { port },
      warnings: [...found.warnings, { code: "value.port_dropped", path: "", message }],
    };
  };

function domainAndAddress(text: string): Found {
  const [name = "", ip = "", ...more] = text.split("|");
  if (ip === "" || more.length > 0) return composite("domain|ip");
  const [domain, host] = [valued("domain-name")(name), address(ip)];
  if (!("observables" in domain)) return domain;
  if (!("observables" in host)) return host;
  return {
    observables: [domain.observables[0], host.observables[0]],
    pattern: `[${domain.pattern.slice(1, -1)} OR ${host.pattern.slice(1, -1)}]`,
    joined: "resolves-to",
    warnings: [...domain.warnings, ...host.warnings],
  };
}

function registry(text: string): Found {
  const at = text.indexOf("|");
  const key = at < 0 ? text : text.slice(0, at);
  const values = at < 0 ? {} : { values: [{ data: text.slice(at + 1) }] };
  const test = `windows-registry-key:key = ${quoted(key)}`;
  return {
    observables: [plainObservable("windows-registry-key", { key, ...values })],
    pattern: at < 0 ? `[${test}]` : `[${test} AND windows-registry-key:values[*].data = ${quoted(text.slice(at + 1))}]`,
    warnings: [],
  };
}

const certificate =
  (algorithm: string) =>
  (text: string): Found => {
    const found = canonicaliseValue("file", text.replaceAll(":", ""), algorithm);
    if ("problem" in found) return found;
    const hash = found.value.canonical;
    return {
      observables: [plainObservable("x509-certificate", { hashes: { [algorithm]: hash } })],
      pattern: `[x509-certificate:hashes.${step(algorithm)} = ${quoted(hash)}]`,
      warnings: [],
    };
  };

const account =
  (service: string) =>
  (text: string): Found => ({
    observables: [plainObservable("user-account", { account_type: service, account_login: text })],
    pattern: `[user-account:account_type = ${quoted(service)} AND user-account:account_login = ${quoted(text)}]`,
    warnings: [],
  });

const fuzzy =
  (algorithm: string) =>
  (text: string): Found => ({
    observables: [plainObservable("file", { hashes: { [algorithm]: text } })],
    pattern: `[file:hashes.${step(algorithm)} = ${quoted(text)}]`,
    warnings: [],
  });

function subject(text: string): Found {
  return {
    observables: [plainObservable("email-message", { is_multipart: false, subject: text })],
    pattern: `[email-message:subject = ${quoted(text)}]`,
    warnings: [],
  };
}

const rule =
  (language: string) =>
  (text: string): Found => ({ rule: text, language });
const named =
  (type: string) =>
  (text: string): Found => ({ type, properties: { name: text } });

function vulnerability(text: string): Found {
  const name = /^cve-/i.test(text) ? text.toUpperCase() : text;
  const cve = /^CVE-\d{4}-\d{4,19}$/.test(name);
  const reference = { source_name: "cve", external_id: name };
  return { type: "vulnerability", properties: { name, ...(cve ? { external_references: [reference] } : {}) } };
}

type Read = (text: string) => Found;
const each = (names: string, read: Read): readonly (readonly [string, Read])[] =>
  names.split(" ").map((name) => [name, read] as const);

const HASHES: readonly (readonly [name: string, algorithm: string])[] = [
  ["md5", "MD5"],
  ["sha1", "SHA-1"],
  ["sha224", "SHA-224"],
  ["sha256", "SHA-256"],
  ["sha384", "SHA-384"],
  ["sha512", "SHA-512"],
  ["sha3-256", "SHA3-256"],
  ["sha3-512", "SHA3-512"],
];

/** Types of MISP's core format that have a place here; any other is `misp.unmapped_type`. */
const TYPES: ReadonlyMap<string, Read> = new Map<string, Read>([
  ...each("ip-src ip-dst ip", address),
  ...each("ip-src|port ip-dst|port", withPort(address)),
  ...each("domain hostname dns-soa", valued("domain-name")),
  ...each("hostname|port", withPort(valued("domain-name"))),
  ...each("domain|ip", domainAndAddress),
  ...each("url uri", valued("url")),
  ...each(
    "email email-src email-dst email-reply-to target-email whois-registrant-email dns-soa-email",
    valued("email-addr"),
  ),
  ...each("AS", valued("autonomous-system")),
  ...HASHES.flatMap(([name, algorithm]) => [
    [name, hashed(algorithm)] as const,
    [`filename|${name}`, hashAndName(algorithm)] as const,
  ]),
  ...each("malware-sample", hashAndName("MD5")),
  ...each("ssdeep", fuzzy("SSDEEP")),
  ...each("tlsh", fuzzy("TLSH")),
  ...each("filename attachment", plain("file", "name")),
  ...each("btc", (text) => wallet(text, "btc")),
  ...each("xmr", (text) => wallet(text, "xmr")),
  ...each("dash", (text) => wallet(text, "dash")),
  ...each("mac-address", plain("mac-addr", "value")),
  ...each("mutex", plain("mutex", "name")),
  ...each("regkey regkey|value", registry),
  ...each("user-agent", plain("user-agent", "value", "7ca5afee-0e4e-5813-b643-de51538658cc")),
  ...each(
    "phone-number",
    keptOr("phone-number", plain("phone-number", "value", "14a97ee2-e666-5ada-a6bd-b7177f79e211")),
  ),
  ...each("iban", valued("bank-account", "iban")),
  ...each("bank-account-nr", plain("bank-account", "account_number", "f19f3291-6a84-5674-b311-d75a925d5bd9")),
  ...each("cc-number", keptOr("payment-card", plain("payment-card", "value", "b160c6ee-26b6-591c-8885-c192db67cac9"))),
  ...each("x509-fingerprint-md5", certificate("MD5")),
  ...each("x509-fingerprint-sha1", certificate("SHA-1")),
  ...each("x509-fingerprint-sha256", certificate("SHA-256")),
  ...each("github-username", account("github")),
  ...each("twitter-id", account("twitter")),
  ...each("jabber-id", account("jabber")),
  ...each("target-user", plain("user-account", "account_login")),
  ...each("email-subject", subject),
  ...each("yara", rule("yara")),
  ...each("sigma", rule("sigma")),
  ...each("snort", rule("snort")),
  ...each("suricata", rule("suricata")),
  ...each("stix2-pattern", rule("stix")),
  ...each("vulnerability", vulnerability),
  ...each("threat-actor", named("threat-actor")),
  ...each("campaign-name", named("campaign")),
  ...each("link", (text) => ({ link: text })),
  ...each("text comment other", (text) => ({ note: text })),
]);

/** What the value of an attribute of a type is; `misp.unmapped_type` for a type that has no place here. */
export function readValueOf(type: string, value: string): Found {
  const read = TYPES.get(type);
  return (
    read?.(value) ?? {
      problem: {
        code: "misp.unmapped_type",
        message: `attributes of the type "${type.slice(0, 60)}" have no place in STIX 2.1 here`,
      },
    }
  );
}
