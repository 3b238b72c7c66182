import { tlpMarkingId } from "../../schemas/stix/tlp.ts";
import type { Item, StixJson } from "../pipeline/steps.ts";
import { uuid5 } from "../shared/digest.ts";
import type { Problem } from "../shared/fault.ts";
import { compareInstants } from "../shared/instant.ts";
import { attributesOf, type EventFacts, noteOf, readAttribute, readClusters } from "./misp-attribute.ts";
import { asSaid, type Draft, Drafts, EPOCH } from "./misp-draft.ts";
import { isJson, isSet, type Json, listOf, member, secondsOf, textOf, timeOf, uuidOf } from "./misp-event.ts";
import { MISP_NAMESPACE } from "./misp-galaxy.ts";
import { NO_TAGS, OPEN, sameSaid, standingOf, type Tags, tagsOf } from "./misp-label.ts";
import { readObject } from "./misp-object.ts";

const THREAT_LEVELS = ["high", "medium", "low", "undefined"];
const ANALYSIS = ["initial", "ongoing", "completed"];

/** Who wrote the event: an identity that is the same whichever event names it, so it has no date and no marking of its own. */
function organisation(event: Json): StixJson | undefined {
  const org = ["Orgc", "Org"].map((name) => member(event, name)).find(isJson);
  const name = org === undefined ? undefined : textOf(org, "name");
  if (org === undefined || name === undefined) return undefined;
  const uuid = uuidOf(org) ?? uuid5(MISP_NAMESPACE, `org|${name}`);
  return {
    type: "identity",
    spec_version: "2.1",
    id: `identity--${uuid}`,
    created: EPOCH,
    modified: EPOCH,
    name,
    identity_class: "organization",
  };
}

const LEFT: Readonly<Record<string, string>> = {
  deleted: "attributes and objects that were deleted",
  proposals: "proposals, which their event's owner has not accepted",
  files: "attached files: only what is said of them is kept",
  sightings: "sightings: of an attribute that is no indicator, or that it has expired",
  "local clusters": "clusters that stay where they were put on",
  references: "references to what is not in the event",
};

const leftOut = (into: Drafts, path: string): Problem[] =>
  [...into.left].map(([what, count]) => ({
    code: "misp.left_out",
    path,
    message: `left out: ${count} ${LEFT[what] ?? what}`,
  }));

/** References between objects of the event, as relationships under MISP's own words. */
function readReferences(objects: readonly Json[], path: string, facts: EventFacts, into: Drafts): void {
  for (const [i, object] of objects.entries()) {
    if (isSet(object, "deleted")) continue;
    for (const reference of listOf(object, "ObjectReference")) {
      if (isSet(reference, "deleted")) continue;
      const source = into.ids.get(uuidOf(object) ?? uuidOf(reference, "object_uuid") ?? "");
      const target = into.ids.get(uuidOf(reference, "referenced_uuid") ?? "");
      const kind = (textOf(reference, "relationship_type") ?? "related-to").toLowerCase().replace(/[^a-z0-9]+/g, "-");
      if (source === undefined || target === undefined) into.leave("references");
      else {
        const standing = standingOf(object, tagsOf(object), facts.standing, path);
        const at = secondsOf(reference, "timestamp") ?? facts.modified;
        const words = textOf(reference, "comment");
        into.relate(source, kind.slice(0, 100), target, at, { path: `${path}.Object[${i}]`, standing }, words);
      }
    }
  }
}

/** What of the event's links anybody who reads the event may have; other links are notes of their own. */
function readEventAttributes(event: Json, path: string, facts: EventFacts, into: Drafts): StixJson[] {
  const references: StixJson[] = [];
  for (const attribute of attributesOf(event, facts.standing, facts, path, into)) {
    const open = sameSaid(attribute.standing.said, facts.standing.said);
    if (open && "link" in attribute.found && !attribute.detects) {
      const description = textOf(attribute.json, "comment");
      references.push({
        source_name: "misp-link",
        ...(description === undefined ? {} : { description }),
        url: attribute.found.link,
      });
    } else readAttribute(attribute, facts, into);
  }
  return references;
}

function readNotes(event: Json, path: string, facts: EventFacts, into: Drafts): void {
  for (const [i, json] of listOf(event, "EventReport").entries()) {
    const content = textOf(json, "content");
    if (content === undefined || isSet(json, "deleted")) continue;
    const at = `${path}.EventReport[${i}]`;
    const uuid = uuidOf(json) ?? uuid5(MISP_NAMESPACE, `note|${facts.uuid}|${i}`);
    const note = noteOf(uuid, content, secondsOf(json, "timestamp") ?? facts.modified, facts, NO_TAGS);
    const abstract = textOf(json, "name");
    const standing = standingOf(json, NO_TAGS, facts.standing, at);
    into.object({ ...note, ...(abstract === undefined ? {} : { abstract }) }, { path: at, standing });
  }
}

function reportOf(event: Json, facts: EventFacts, day: string, tags: Tags, labels: readonly string[]): StixJson {
  const { uuid, modified, org, standing } = facts;
  const level = THREAT_LEVELS[Number(textOf(event, "threat_level_id") ?? 0) - 1];
  const analysis = ANALYSIS[Number(textOf(event, "analysis") ?? -1)];
  const tlps = standing.said.tlps ?? [];
  return {
    type: "report",
    spec_version: "2.1",
    id: facts.report,
    ...(org === undefined ? {} : { created_by_ref: org.id }),
    created: compareInstants(day, modified) <= 0 ? day : modified,
    modified,
    name: textOf(event, "info") ?? `MISP event ${uuid}`,
    published: secondsOf(event, "publish_timestamp") ?? modified,
    ...(labels.length === 0 ? {} : { labels }),
    ...(tags.confidence === undefined ? {} : { confidence: tags.confidence }),
    ...(tlps.length === 0 ? {} : { object_marking_refs: tlps.map(tlpMarkingId) }),
    ...(level === undefined ? {} : { x_misp_threat_level: level }),
    ...(analysis === undefined ? {} : { x_misp_analysis: analysis }),
  };
}

/** One event: who wrote it, a report under its UUID, and what its attributes, objects, galaxies and reports say. */
function readEvent(event: unknown, path: string): readonly Draft[] {
  const into = new Drafts();
  if (!isJson(event)) {
    into.problem({ code: "misp.event", message: "is no event: a JSON object was expected" }, { path, standing: OPEN });
    return into.drafts;
  }
  const uuid =
    uuidOf(event) ?? uuid5(MISP_NAMESPACE, `event|${textOf(event, "info") ?? ""}|${textOf(event, "date") ?? ""}`);
  const day = timeOf(event, "date");
  const modified = secondsOf(event, "timestamp") ?? secondsOf(event, "publish_timestamp") ?? day;
  if (modified === undefined) {
    into.problem(
      { code: "misp.event_date", message: "the event has neither a timestamp nor a date" },
      { path, standing: OPEN },
    );
    return into.drafts;
  }
  const tags = tagsOf(event);
  const standing = standingOf(event, tags, OPEN, path);
  const author = organisation(event);
  const facts: EventFacts = {
    report: `report--${uuid}`,
    uuid,
    modified,
    standing: { said: standing.said, warnings: [] },
    ...(author === undefined ? {} : { org: { id: String(author.id), name: String(author.name) } }),
  };
  const place = { path, standing: facts.standing };
  if (author !== undefined) into.object(author, place);
  const labels = [...tags.labels, ...readClusters(event, tags, [], modified, place, into)];
  const references = readEventAttributes(event, path, facts, into);
  const objects = listOf(event, "Object");
  for (const [i, object] of objects.entries()) readObject(object, `${path}.Object[${i}]`, facts, into);
  readReferences(objects, path, facts, into);
  readNotes(event, path, facts, into);
  into.leave("proposals", listOf(event, "ShadowAttribute").length);
  const report = reportOf(event, facts, day ?? modified, tags, labels);
  const refs = [...into.refs];
  if (refs.length === 0) {
    into.problem({ code: "misp.empty_event", message: "the event says nothing that could be kept" }, place);
    return into.drafts;
  }
  const warnings = [...standing.warnings, ...leftOut(into, path)];
  const wholly = {
    ...report,
    ...(references.length === 0 ? {} : { external_references: references }),
    object_refs: refs,
  };
  return [
    { object: wholly, place: path, ...asSaid(standing.said), ...(warnings.length === 0 ? {} : { warnings }) },
    ...into.drafts,
  ];
}

/**
 * Events of MISP, one after the other, as items (MISP core format; ids as misp-stix gives them: an event's UUID is its report's, an attribute's its
 * indicator's). What one attribute can't be is a problem of its own, and the rest goes in.
 */
export class MispReader {
  private index = 0;
  private event = 0;

  read(events: readonly unknown[]): Item[] {
    return events.flatMap((event) =>
      readEvent(event, `events[${this.event++}]`).map((draft): Item => ({ ...draft, index: this.index++ })),
    );
  }
}
