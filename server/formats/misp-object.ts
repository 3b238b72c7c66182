import { canonicaliseValue } from "../pipeline/canonicalise/value.ts";
import { patternOfValue } from "../pipeline/pattern-key.ts";
import type { CanonicalValue, StixJson } from "../pipeline/steps.ts";
import { uuid5 } from "../shared/digest.ts";
import {
  type Attribute,
  attributesOf,
  contextOf,
  type EventFacts,
  indicatorOf,
  noteOf,
  readAround,
  readAttribute,
  readClusters,
  versioned,
} from "./misp-attribute.ts";
import type { Drafts, Place } from "./misp-draft.ts";
import { isSet, type Json, secondsOf, textOf, timeOf, uuidOf } from "./misp-event.ts";
import { MISP_NAMESPACE } from "./misp-galaxy.ts";
import { sameSaid, standingOf, tagsOf } from "./misp-label.ts";
import { fileOf, type Make, patternOfHashes, plainObservable, quoted, wallet } from "./misp-value.ts";
import { toObservable } from "./to-observable.ts";

/** An object of MISP: attributes that belong together, by a template. */
interface Whole {
  readonly json: Json;
  readonly name: string;
  readonly uuid: string;
  readonly modified: string;
  readonly place: Place;
  readonly attributes: readonly Attribute[];
}

const named = (attributes: readonly Attribute[], ...relations: readonly string[]): string | undefined => {
  for (const relation of relations) {
    const found = attributes.find((one) => one.relation === relation);
    if (found !== undefined) return found.value;
  }
  return undefined;
};
const entries = (attributes: readonly Attribute[]): (readonly [string, string])[] =>
  attributes.map(({ relation, type, value }) => [relation ?? type, value] as const);

/** What some attributes make together, and which of them said it: the rest is context. */
interface Joined {
  readonly make: Make;
  readonly pattern?: string;
  readonly used: ReadonlySet<Attribute>;
}

const hashesOf = (one: Attribute): readonly CanonicalValue[] =>
  "observables" in one.found ? (one.found.hashes ?? []) : [];

function file({ attributes }: Whole): Joined | undefined {
  const hashed = attributes.filter((one) => hashesOf(one).length > 0);
  const bySort = new Map<string, CanonicalValue>();
  for (const one of hashed)
    for (const hash of hashesOf(one)) if (!bySort.has(hash.sort ?? "")) bySort.set(hash.sort ?? "", hash);
  const name = attributes.find(({ type }) => type === "filename");
  const size = attributes.find(({ relation, value }) => relation === "size-in-bytes" && /^\d{1,15}$/.test(value));
  const mime = attributes.find(({ relation }) => relation === "mimetype");
  const make = fileOf([...bySort.values()], {
    ...(size === undefined ? {} : { size: Number(size.value) }),
    ...(name === undefined ? {} : { name: name.value }),
    ...(mime === undefined ? {} : { mime_type: mime.value }),
  });
  if (make === undefined) return undefined;
  const detecting = hashed.filter(({ detects }) => detects).flatMap(hashesOf);
  const pattern =
    detecting.length > 0
      ? { pattern: patternOfHashes(detecting) }
      : name?.detects === true
        ? { pattern: `[file:name = ${quoted(name.value)}]` }
        : {};
  const used = new Set([...hashed, ...[name, size, mime].filter((one) => one !== undefined)]);
  return { make, ...pattern, used };
}

const X509: readonly (readonly [property: string, relation: string])[] = [
  ["serial_number", "serial-number"],
  ["issuer", "issuer"],
  ["subject", "subject"],
  ["version", "version"],
  ["signature_algorithm", "signature_algorithm"],
  ["subject_public_key_algorithm", "pubkey-info-algorithm"],
];

function certificate({ attributes }: Whole): Joined | undefined {
  const prints = attributes.filter(({ type, found }) => type.startsWith("x509-fingerprint-") && "observables" in found);
  const hashes: StixJson = {};
  for (const { found } of prints)
    if ("observables" in found) Object.assign(hashes, found.observables[0](undefined).hashes);
  const texts = X509.flatMap(([property, relation]) => {
    const value = named(attributes, relation);
    return value === undefined ? [] : [[property, value] as const];
  });
  const dates = (["validity-not-before", "validity-not-after"] as const).flatMap((relation) => {
    const found = timeOf({ value: named(attributes, relation) }, "value");
    return found === undefined ? [] : [[relation.replaceAll("-", "_"), found] as const];
  });
  if (prints.length === 0 && !texts.some(([property]) => property === "serial_number")) return undefined;
  const make = plainObservable("x509-certificate", {
    ...(prints.length === 0 ? {} : { hashes }),
    ...Object.fromEntries([...texts, ...dates]),
  });
  const detecting = prints.flatMap(({ detects, found }) => (detects && "observables" in found ? [found.pattern] : []));
  const relations = new Set([...X509.map(([, relation]) => relation), "validity-not-before", "validity-not-after"]);
  const used = new Set([
    ...prints,
    ...attributes.filter(({ relation }) => relation !== undefined && relations.has(relation)),
  ]);
  const pattern = `[${detecting.map((one) => one.slice(1, -1)).join(" OR ")}]`;
  return { make, ...(detecting.length === 0 ? {} : { pattern }), used };
}

function account({ attributes, name }: Whole): Joined | undefined {
  const login = named(attributes, "username", "account-name", "login", "screen-name");
  const id = named(attributes, "user-id", "account-id", "userid", "id");
  if (login === undefined && id === undefined) return undefined;
  const display = named(attributes, "display-name", "name");
  const service = name === "user-account" ? named(attributes, "account-type") : name.replace(/-(?:account|user)$/, "");
  const make = plainObservable("user-account", {
    ...(id === undefined ? {} : { user_id: id }),
    ...(login === undefined ? {} : { account_login: login }),
    ...(service === undefined ? {} : { account_type: service }),
    ...(display === undefined ? {} : { display_name: display }),
  });
  const relations = ["username", "account-name", "login", "screen-name", "user-id", "account-id", "userid", "id"];
  return { make, used: new Set(attributes.filter(({ relation }) => relations.includes(relation ?? ""))) };
}

function coinAddress({ attributes }: Whole): Joined | undefined {
  const address = attributes.find(
    ({ relation, type }) => relation?.startsWith("address") === true || type === "btc" || type === "xmr",
  );
  if (address === undefined) return undefined;
  const currency = ["btc", "xmr", "dash"].includes(address.type)
    ? address.type
    : named(attributes, "symbol", "currency");
  const found = wallet(address.value, currency);
  if (!("observables" in found)) return undefined;
  return {
    make: found.observables[0],
    ...(address.detects ? { pattern: found.pattern } : {}),
    used: new Set([address]),
  };
}

/** An account at a bank: by its IBAN, or by its number with the bank's BIC. */
function bankAccount({ attributes }: Whole): Joined | undefined {
  const [iban, number, bic] = ["iban", "account", "swift"].map((relation) =>
    attributes.find((one) => one.relation === relation || (relation === "iban" && one.type === "iban")),
  );
  const whole = iban === undefined ? undefined : canonicaliseValue("bank-account", iban.value, "iban");
  const part =
    number === undefined || bic === undefined ? undefined : canonicaliseValue("bank-account", number.value, bic.value);
  const value = [whole, part].flatMap((one) => (one !== undefined && "value" in one ? [one.value] : []))[0];
  if (value === undefined) return undefined;
  const used = value.sort === "iban" ? [iban] : [number, bic];
  return {
    make: (mention) => toObservable([value], mention),
    ...(value.sort === "iban" && iban?.detects === true ? { pattern: patternOfValue(value) } : {}),
    used: new Set(used.filter((one) => one !== undefined)),
  };
}

/** Templates whose attributes are one observable. */
const JOINED: ReadonlyMap<string, (whole: Whole) => Joined | undefined> = new Map([
  ["file", file],
  ["x509", certificate],
  ["user-account", account],
  ["github-user", account],
  ["coin-address", coinAddress],
  ["btc-wallet", coinAddress],
  ["bank-account", bankAccount],
]);

/** Attributes that are said with their object and stand for nothing by themselves. */
type Merged = readonly Attribute[];

/** A person: an identity; its addresses and numbers are observables that are related to it. */
function readPerson(whole: Whole, facts: EventFacts, into: Drafts): Merged | undefined {
  const { attributes, json, uuid, modified, place } = whole;
  const parts = [named(attributes, "first-name"), named(attributes, "middle-name"), named(attributes, "last-name")];
  const name =
    named(attributes, "full-name") ??
    (parts.filter((part) => part !== undefined).join(" ") || named(attributes, "alias"));
  if (name === undefined) return undefined;
  const values = attributes.filter(({ found }) => "observables" in found);
  const merged = attributes.filter(({ found }) => !("observables" in found));
  const others = merged.filter(({ value }) => value !== name);
  const said = [textOf(json, "comment"), ...entries(others).map(([key, value]) => `${key}: ${value}`)];
  const description = said.filter((line) => line !== undefined).join("\n");
  const id = into.object(
    {
      ...versioned("identity", uuid, modified, facts),
      name,
      ...(description === "" ? {} : { description }),
      identity_class: "individual",
    },
    place,
  );
  into.ids.set(uuid, id);
  for (const attribute of values) {
    readAttribute(attribute, facts, into);
    const value = into.ids.get(attribute.uuid);
    if (value !== undefined)
      into.relate(id, "related-to", value, modified, { path: attribute.path, standing: attribute.standing });
  }
  return merged;
}

const MOST_PAIRS = 1000;

/** Names and addresses of one object belong together: each name resolves to each address. */
function relateHosts({ name, attributes, modified, place }: Whole, into: Drafts): void {
  if (name !== "domain-ip") return;
  const idsOf = (type: RegExp): string[] => [
    ...new Set(attributes.flatMap(({ uuid }) => into.ids.get(uuid) ?? []).filter((id) => type.test(id))),
  ];
  const [names, hosts] = [idsOf(/^domain-name--/), idsOf(/^ipv[46]-addr--/)];
  if (names.length * hosts.length > MOST_PAIRS)
    into.leave("pairs of a name and an address", names.length * hosts.length);
  else for (const from of names) for (const to of hosts) into.relate(from, "resolves-to", to, modified, place);
}

/** No template of ours: each attribute that is a value stands for itself, the others are said beside it; without any value, a note. */
function readFlat(whole: Whole, facts: EventFacts, into: Drafts): Merged {
  const { attributes, uuid, name, place } = whole;
  const isValue = ({ found }: Attribute): boolean => "observables" in found || "rule" in found || "type" in found;
  const values = attributes.filter(isValue);
  const rest = attributes.filter((one) => !isValue(one));
  if (values.length === 0) {
    const lines = [name, textOf(whole.json, "comment"), ...entries(rest).map(([key, value]) => `${key}: ${value}`)];
    const content = lines.filter((line) => line !== undefined).join("\n");
    into.ids.set(uuid, into.object(noteOf(uuid, content, whole.modified, facts, tagsOf(whole.json)), place));
    return rest;
  }
  const context = contextOf([["object", name], ...entries(rest)]);
  for (const attribute of values)
    readAttribute(
      attribute,
      facts,
      into,
      attribute.relation === undefined ? context : { ...context, relation: attribute.relation },
    );
  const main = into.ids.get(values[0]?.uuid ?? "");
  if (main !== undefined) into.ids.set(uuid, main);
  relateHosts(whole, into);
  return rest;
}

function readJoined(whole: Whole, joined: Joined, facts: EventFacts, into: Drafts): Merged {
  const { json, uuid, name, modified, place, attributes } = whole;
  const rest = attributes.filter((one) => !joined.used.has(one));
  const notes = textOf(json, "comment") ?? attributes.flatMap((one) => textOf(one.json, "comment") ?? [])[0];
  const tags = tagsOf(json);
  const labels = [...new Set([...tags.labels, ...attributes.flatMap((one) => one.tags.labels)])];
  const mention = {
    ...(notes === undefined ? {} : { notes }),
    ...(labels.length === 0 ? {} : { tags: labels }),
    ...(facts.org === undefined ? {} : { reporter: facts.org.name }),
    context: contextOf([["object", name], ...entries(rest)]),
  };
  const object = joined.make(mention);
  const id = into.object(object, place);
  into.ids.set(uuid, id);
  for (const one of joined.used) {
    into.ids.set(one.uuid, id);
    if (textOf(one.json, "data") !== undefined) into.leave("files");
  }
  const { pattern } = joined;
  if (pattern === undefined) return attributes;
  const title = [...joined.used]
    .map(({ value }) => value)
    .join(" ")
    .slice(0, 1000);
  const category = textOf([...joined.used][0]?.json ?? {}, "category");
  const about = {
    ...json,
    ...(category === undefined ? {} : { category }),
    ...(notes === undefined ? {} : { comment: notes }),
  };
  const indicator = into.object(
    indicatorOf({ uuid, name: title, pattern, modified, json: about, tags: { ...tags, labels } }, facts),
    place,
  );
  into.indicators.set(uuid, indicator);
  for (const one of joined.used) into.indicators.set(one.uuid, indicator);
  into.relate(indicator, "based-on", id, modified, place);
  return attributes;
}

/**
 * One object of an event. Attributes that fewer may read than their object stand for themselves, so that nothing of them is in what
 * others read.
 */
export function readObject(json: Json, path: string, facts: EventFacts, into: Drafts): void {
  if (isSet(json, "deleted")) {
    into.leave("deleted");
    return;
  }
  const name = (textOf(json, "name") ?? "object").slice(0, 200);
  const tags = tagsOf(json);
  const standing = standingOf(json, tags, facts.standing, path);
  const attributes: Attribute[] = [];
  for (const one of attributesOf(json, standing, facts, path, into)) {
    // A wrong value is told of; a type without a place is said beside the others.
    const wrong = "problem" in one.found && one.found.problem.code !== "misp.unmapped_type";
    if (wrong || !sameSaid(one.standing.said, standing.said)) readAttribute(one, facts, into);
    else attributes.push(one);
  }
  if (attributes.length === 0) return;
  const uuid = uuidOf(json) ?? uuid5(MISP_NAMESPACE, `object|${facts.uuid}|${name}|${attributes[0]?.uuid ?? ""}`);
  const modified = secondsOf(json, "timestamp") ?? facts.modified;
  const whole: Whole = { json, name, uuid, modified, place: { path, standing }, attributes };
  const template = JOINED.get(name) ?? (name.endsWith("-account") ? account : undefined);
  const joined = template?.(whole);
  const merged =
    (name === "person" ? readPerson(whole, facts, into) : undefined) ??
    (joined === undefined ? readFlat(whole, facts, into) : readJoined(whole, joined, facts, into));
  const end = into.indicators.get(uuid) ?? into.ids.get(uuid);
  readClusters(json, tags, end === undefined ? [] : [end], modified, whole.place, into);
  for (const one of merged) readAround(one, end, facts, into);
}
