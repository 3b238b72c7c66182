import type { StixJson } from "../pipeline/steps.ts";
import { uuid5 } from "../shared/digest.ts";
import type { Drafts, Place } from "./misp-draft.ts";
import { isSet, type Json, listOf, secondsOf, textOf, timeOf, uuidOf } from "./misp-event.ts";
import { clustersOf, MISP_NAMESPACE } from "./misp-galaxy.ts";
import { type Standing, standingOf, type Tags, tagsOf } from "./misp-label.ts";
import { type Found, readValueOf } from "./misp-value.ts";
import type { Mention } from "./to-observable.ts";

/** What holds for all of an event. */
export interface EventFacts {
  readonly report: string;
  readonly uuid: string;
  readonly modified: string;
  readonly standing: Standing;
  readonly org?: { readonly id: string; readonly name: string };
}

/** An attribute that counts: neither deleted nor without type and value. */
export interface Attribute {
  readonly json: Json;
  readonly path: string;
  readonly uuid: string;
  readonly type: string;
  readonly value: string;
  /** Its name within its object. */
  readonly relation: string | undefined;
  readonly found: Found;
  readonly detects: boolean;
  readonly modified: string;
  readonly tags: Tags;
  readonly standing: Standing;
}

/** What many things of MISP have in common, as properties of a versioned object. */
export const versioned = (type: string, uuid: string, modified: string, { org }: EventFacts): StixJson => ({
  type,
  spec_version: "2.1",
  id: `${type}--${uuid}`,
  ...(org === undefined ? {} : { created_by_ref: org.id }),
  created: modified,
  modified,
});

/** The attributes of a list that are to be read, each with its label; what is deleted or broken is counted or reported. */
export function attributesOf(
  list: Json,
  within: Standing,
  facts: EventFacts,
  place: string,
  into: Drafts,
): Attribute[] {
  return listOf(list, "Attribute").flatMap((json, i): Attribute[] => {
    const path = `${place}.Attribute[${i}]`;
    into.leave("proposals", listOf(json, "ShadowAttribute").length);
    if (isSet(json, "deleted")) {
      into.leave("deleted");
      return [];
    }
    const tags = tagsOf(json);
    const standing = standingOf(json, tags, within, path);
    const [type, value] = [textOf(json, "type"), textOf(json, "value") ?? textOf(json, "value1")];
    if (type === undefined || value === undefined) {
      into.problem({ code: "misp.attribute", message: "has no type or no value" }, { path, standing });
      return [];
    }
    return [
      {
        json,
        path,
        uuid: uuidOf(json) ?? uuid5(MISP_NAMESPACE, `attribute|${facts.uuid}|${type}|${value}`),
        type,
        value,
        relation: textOf(json, "object_relation"),
        found: readValueOf(type, value),
        detects: isSet(json, "to_ids"),
        modified: secondsOf(json, "timestamp") ?? facts.modified,
        tags,
        standing,
      },
    ];
  });
}

/** A key that a STIX dictionary may have (section 2.4) and that is safe to handle. */
const keyOf = (name: string): string => {
  const key = name.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 200);
  return key === "" || /^(?:__proto__|constructor|prototype)$/.test(key) ? `${key}_` : key;
};

/** Values by name as text; several of one name side by side. */
export function contextOf(entries: readonly (readonly [string, string])[]): Record<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of entries) {
    const key = keyOf(name);
    const held = found.get(key);
    found.set(key, held === undefined || held === value ? value : `${held}, ${value}`);
  }
  return Object.fromEntries(found);
}

/** What an attribute says beside its value. */
function mentionOf(attribute: Attribute, facts: EventFacts, more: Readonly<Record<string, string>>): Mention {
  const { json, tags } = attribute;
  const [notes, first, last] = [textOf(json, "comment"), timeOf(json, "first_seen"), timeOf(json, "last_seen")];
  const category = textOf(json, "category");
  const context = { ...(category === undefined ? {} : { category }), type: keyed(attribute), ...more };
  return {
    ...(notes === undefined ? {} : { notes }),
    ...(tags.labels.length === 0 ? {} : { tags: tags.labels }),
    ...(facts.org === undefined ? {} : { reporter: facts.org.name }),
    ...(first === undefined ? {} : { first_seen: first }),
    ...(last === undefined ? {} : { last_seen: last }),
    context,
  };
}
const keyed = ({ type }: Attribute): string => type.slice(0, 200);

/** The indicator of an attribute or object, under its UUID: MISP's `to_ids`. */
export function indicatorOf(
  ask: {
    readonly uuid: string;
    readonly name: string;
    readonly pattern: string;
    readonly language?: string;
    readonly modified: string;
    readonly json: Json;
    readonly tags: Tags;
  },
  facts: EventFacts,
): StixJson {
  const { json, tags } = ask;
  const [description, category, first] = [
    textOf(json, "comment"),
    textOf(json, "category"),
    timeOf(json, "first_seen"),
  ];
  const phase = { kill_chain_name: "misp-category", phase_name: (category ?? "").toLowerCase().replaceAll(" ", "-") };
  return {
    ...versioned("indicator", ask.uuid, ask.modified, facts),
    name: ask.name,
    ...(description === undefined ? {} : { description }),
    pattern: ask.pattern,
    pattern_type: ask.language ?? "stix",
    valid_from: first ?? ask.modified,
    ...(category === undefined ? {} : { kill_chain_phases: [phase] }),
    ...(tags.labels.length === 0 ? {} : { labels: tags.labels }),
    ...(tags.confidence === undefined ? {} : { confidence: tags.confidence }),
  };
}

/** A note about the event: text that is no value of its own. */
export function noteOf(uuid: string, content: string, modified: string, facts: EventFacts, tags: Tags): StixJson {
  return {
    ...versioned("note", uuid, modified, facts),
    content,
    ...(facts.org === undefined ? {} : { authors: [facts.org.name] }),
    object_refs: [facts.report],
    ...(tags.labels.length === 0 ? {} : { labels: tags.labels }),
  };
}

const EXPIRED = "2";
const FALSE_POSITIVE = "1";

/** Sightings of an attribute: of its indicator, or of nothing where it has none. A false positive is an opinion. */
function readSightings(attribute: Attribute, place: Place, facts: EventFacts, into: Drafts): void {
  const seen = into.indicators.get(attribute.uuid);
  const main = into.ids.get(attribute.uuid);
  for (const [i, json] of listOf(attribute.json, "Sighting").entries()) {
    const kind = textOf(json, "type") ?? "0";
    const at = secondsOf(json, "date_sighting") ?? attribute.modified;
    const by = textOf(json, "source");
    const uuid = uuidOf(json) ?? uuid5(MISP_NAMESPACE, `sighting|${attribute.uuid}|${i}|${at}|${by ?? ""}`);
    const from = by === undefined ? {} : { description: `seen by ${by}` };
    if (kind === FALSE_POSITIVE && main !== undefined) {
      const opinion = {
        opinion: "strongly-disagree",
        explanation: "sighted as a false positive",
        object_refs: [seen ?? main],
      };
      into.object({ ...versioned("opinion", uuid, at, facts), ...opinion }, place);
    } else if (kind !== EXPIRED && kind !== FALSE_POSITIVE && seen !== undefined)
      into.object(
        {
          ...versioned("sighting", uuid, at, facts),
          ...from,
          first_seen: at,
          last_seen: at,
          count: 1,
          sighting_of_ref: seen,
        },
        place,
      );
    else into.leave("sightings");
  }
}

/** Clusters of an attribute or object, and what its objects have to do with them. */
export function readClusters(
  json: Json,
  tags: Tags,
  ends: readonly string[],
  modified: string,
  place: Place,
  into: Drafts,
): readonly string[] {
  const { clusters, labels, local } = clustersOf(json, tags.clusters);
  into.leave("local clusters", local);
  for (const cluster of clusters) {
    const standing = standingOf(cluster.json, { ...tags, tlps: [], local: 0 }, place.standing, place.path);
    const id = into.object(cluster.object, { path: place.path, standing: { said: standing.said, warnings: [] } });
    for (const end of ends) {
      const kind = end.startsWith("indicator--") && INDICATED.test(id) ? "indicates" : "related-to";
      into.relate(end, kind, id, modified, { path: place.path, standing });
    }
  }
  return labels;
}
const INDICATED = /^(?:attack-pattern|campaign|intrusion-set|malware|threat-actor|tool)--/;

/**
 * One attribute: its observables with what is said of them, an indicator under its UUID where it is for detection (`to_ids`), and what
 * ties them. `context` is what else its object says.
 */
export function readAttribute(
  attribute: Attribute,
  facts: EventFacts,
  into: Drafts,
  context: Readonly<Record<string, string>> = {},
): void {
  const { found, path, standing, value, uuid, modified, tags, json } = attribute;
  const place: Place = { path, standing, given: value.slice(0, 8192) };
  const done = (id: string): string => {
    into.ids.set(uuid, id);
    return id;
  };
  if (textOf(json, "data") !== undefined) into.leave("files");
  if ("problem" in found) {
    into.problem(found.problem, place);
    return;
  }
  if ("rule" in found) {
    const name = textOf(json, "comment") ?? `${found.language} rule`;
    const ask = { uuid, name, pattern: found.rule, language: found.language, modified, json, tags };
    into.indicators.set(uuid, done(into.object(indicatorOf(ask, facts), { path, standing })));
  } else if ("type" in found) {
    const description = textOf(json, "comment");
    const labels = tags.labels.length === 0 ? {} : { labels: tags.labels };
    const said = description === undefined ? {} : { description };
    done(
      into.object({ ...versioned(found.type, uuid, modified, facts), ...found.properties, ...said, ...labels }, place),
    );
  } else if ("observables" in found) {
    const mention = mentionOf(attribute, facts, { ...context, ...found.context });
    const made = found.observables.map((make) => make(mention));
    const [main = "", second] = made.map((object) => into.object(object, place, found.warnings));
    done(main);
    if (found.joined !== undefined && second !== undefined) into.relate(main, found.joined, second, modified, place);
    if (attribute.detects) {
      const ask = { uuid, name: value.slice(0, 1000), pattern: found.pattern, modified, json, tags };
      const indicator = into.object(indicatorOf(ask, facts), place);
      into.indicators.set(uuid, indicator);
      for (const object of made) into.relate(indicator, "based-on", String(object.id), modified, place);
    }
  } else {
    const content = "note" in found ? found.note : found.link;
    done(into.object(noteOf(uuid, content, modified, facts, tags), { path, standing }));
  }
  readAround(attribute, into.indicators.get(uuid) ?? into.ids.get(uuid), facts, into);
}

/** What hangs on an attribute: clusters it is tagged with, and sightings. `end` is the object that stands for it. */
export function readAround(attribute: Attribute, end: string | undefined, facts: EventFacts, into: Drafts): void {
  const { json, tags, modified, path, standing } = attribute;
  const place: Place = { path, standing: { said: standing.said, warnings: [] } };
  readClusters(json, tags, end === undefined ? [] : [end], modified, place, into);
  readSightings(attribute, place, facts, into);
}
