import type { StixJson } from "../pipeline/steps.ts";
import {
  attributesOf,
  type MispAttribute,
  mispKind,
  partUuid,
  textOf,
  timestampOf,
  tlpTag,
  uuidOfId,
} from "./write-misp-attributes.ts";
import { type ExportRecord, tlpText, valueOfTerm } from "./write-record.ts";
import { type ExportStamp, type Framing, permitted, relTo } from "./write-stamp.ts";

/** MISP's template of a file (misp-objects). */
const FILE_TEMPLATE = { uuid: "688c46fb-5edb-40a3-8273-1af7923e2215", version: "25" };

/** Galaxies by STIX type: `misp-galaxy:threat-actor="…"` (misp-galaxy). */
const GALAXIES: Readonly<Record<string, string>> = {
  "intrusion-set": "threat-actor",
  "threat-actor": "threat-actor",
  malware: "malpedia",
  tool: "tool",
  "attack-pattern": "mitre-attack-pattern",
};
/** Characters of a tag that MISP keeps. */
const LONGEST_TAG = 255;

/** What one STIX object becomes in an event, or why it becomes nothing. */
export type MispPart =
  | { readonly attributes: readonly MispAttribute[] }
  | { readonly object: StixJson }
  | { readonly report: StixJson }
  | { readonly tag: string }
  | { readonly reason: string };

/** A tag's value must not end its quotes or its line. */
const tagText = (text: string): string => text.replace(/[\s"\\\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ").trim();

/** `namespace:predicate="value"`, as MISP's machine tags are. */
const machineTag = (predicate: string, value: string): string => {
  const head = `${predicate}="`;
  return `${head}${tagText(value).slice(0, LONGEST_TAG - head.length - 1)}"`;
};

function galaxyTag(object: StixJson, galaxy: string): MispPart {
  const name = tagText(textOf(object, "name"));
  const references = Array.isArray(object.external_references) ? (object.external_references as StixJson[]) : [];
  const external = references.find((one) => one?.source_name === "mitre-attack")?.external_id;
  const cluster =
    galaxy === "mitre-attack-pattern" && typeof external === "string" ? `${name} - ${tagText(external)}` : name;
  const tag = `misp-galaxy:${galaxy}="${cluster}"`;
  return name === "" || tag.length > LONGEST_TAG ? { reason: "too-long" } : { tag };
}

/** A file with several hashes or a name as MISP's object; each part has a UUID made from the file's. */
function fileObject({ object, tlp, values }: ExportRecord, at: number): StixJson | string {
  const uuid = uuidOfId(object);
  const timestamp = timestampOf(object, at);
  const name = textOf(object, "name");
  const parts = values.flatMap((term) => {
    const kind = mispKind(term);
    return kind === undefined ? [] : [{ ...kind, object_relation: kind.type, value: valueOfTerm(term) }];
  });
  if (Buffer.byteLength(name) > 60_000) return "too-long";
  if (name.trim() !== "")
    parts.push({ type: "filename", category: "Payload delivery", object_relation: "filename", value: name.trim() });
  return {
    name: "file",
    "meta-category": "file",
    description: "File object describing a file with meta-information",
    template_uuid: FILE_TEMPLATE.uuid,
    template_version: FILE_TEMPLATE.version,
    uuid,
    timestamp,
    distribution: "0",
    comment: "",
    Attribute: parts.map((part) => ({
      uuid: partUuid(uuid, part.object_relation),
      ...part,
      to_ids: false,
      distribution: "0",
      timestamp,
      comment: "",
      Tag: [tlpTag(tlp)],
    })),
  };
}

function reportOf({ object, tlp }: ExportRecord, at: number): MispPart {
  const content = [`${tlpText(tlp)}`, textOf(object, "description")].filter((text) => text !== "").join("\n\n");
  const name = textOf(object, "name") || textOf(object, "abstract") || String(object.type);
  return {
    report: {
      uuid: uuidOfId(object),
      name: name.slice(0, 255),
      content: object.type === "note" ? `${content}\n\n${textOf(object, "content")}` : content,
      distribution: "0",
      timestamp: timestampOf(object, at),
    },
  };
}

/** What an object becomes: attributes, an object, a report, a tag of the event. `at` is the export's instant, ms. */
export function mispPart(record: ExportRecord, at: number): MispPart {
  const { object, values } = record;
  const type = textOf(object, "type");
  const galaxy = Object.hasOwn(GALAXIES, type) ? GALAXIES[type] : undefined;
  if (galaxy !== undefined) return galaxyTag(object, galaxy);
  if (type === "report" || type === "note") return reportOf(record, at);
  if (type === "vulnerability" && !/^CVE-\d{4}-\d{4,12}$/.test(textOf(object, "name")))
    return { reason: "no-misp-type" };
  if (type === "file" && (values.length > 1 || (values.length === 1 && textOf(object, "name").trim() !== ""))) {
    const made = fileObject(record, at);
    return typeof made === "string" ? { reason: made } : { object: made };
  }
  const attributes = attributesOf(record, at);
  return typeof attributes === "string" ? { reason: attributes } : { attributes };
}

const TIGHTNESS = ["tlp:clear", "tlp:green", "tlp:amber", "tlp:amber+strict", "tlp:red"];
const tightnessOf = ({ Tag }: MispAttribute): number => TIGHTNESS.indexOf(Tag[0]?.name ?? "");

/** What makes attributes one in an event: MISP takes a type and value once. */
export const attributeKey = ({ type, value }: MispAttribute): string => JSON.stringify([type, value]);

/** Two attributes with one key as one: what detects names it, under the tighter of both TLPs. */
export function mergeAttributes(a: MispAttribute, b: MispAttribute): MispAttribute {
  const named = a.to_ids === b.to_ids ? (a.uuid <= b.uuid ? a : b) : a.to_ids ? a : b;
  return { ...named, Tag: tightnessOf(b) > tightnessOf(a) ? b.Tag : a.Tag };
}

/** The lists of an event's body after one another, each object on a line of its own. */
export async function* mispLines(
  attributes: AsyncIterable<string>,
  objects: AsyncIterable<string>,
  reports: AsyncIterable<string>,
): AsyncGenerator<string> {
  for (const [opening, list] of [
    ["", attributes],
    ['],"Object":[\n', objects],
    ['],"EventReport":[\n', reports],
  ] as const) {
    yield opening;
    let first = true;
    for await (const line of list) {
      yield `${first ? "" : ","}${line}\n`;
      first = false;
    }
  }
}

/** Tags that say what the stamp says (policy 10). */
function stampTags(stamp: ExportStamp): string[] {
  const { banner } = stamp;
  return [
    tlpTag(banner.tlp).name,
    machineTag("tricord:rel-to", relTo(banner).slice("REL TO ".length)),
    ...banner.agreements.map((id) => machineTag("tricord:agreement", id)),
    ...[...banner.originators, ...(banner.sourceWithheld ? ["source withheld"] : [])].map((agency) =>
      machineTag("tricord:originator", agency),
    ),
    machineTag("tricord:classification", banner.classification),
    ...banner.caveats.map((caveat) => machineTag("tricord:caveat", caveat)),
    machineTag("tricord:permitted", permitted(stamp)),
    machineTag("tricord:exported", `${stamp.at} by ${stamp.agency}, account ${stamp.account}`),
    machineTag("tricord:serial", stamp.serial),
    machineTag("tricord:policy", stamp.policy),
    machineTag("tricord:content", stamp.tally),
    machineTag("tricord:sha-256", stamp.sha256),
  ];
}

/** One MISP event round its lists (misp-core-format). Nobody's MISP may pass it on: distribution 0, not published. */
export const mispFraming = (ask: {
  readonly event: string;
  readonly organisation: string;
  /** Of galaxies; known once the body is written. */
  readonly tags: () => Iterable<string>;
}): Framing => ({
  head: (stamp) => {
    const event = {
      uuid: ask.event,
      info: `${tlpText(stamp.banner.tlp)} ${relTo(stamp.banner)} - Tricord export ${stamp.serial}`,
      date: stamp.at.slice(0, 10),
      timestamp: String(timestampOf({ modified: stamp.at }, 0)),
      published: false,
      analysis: "2",
      threat_level_id: "4",
      distribution: "0",
      Orgc: { name: stamp.agency, uuid: ask.organisation },
      Tag: [...stampTags(stamp), ...ask.tags()].map((name) => ({ name })),
    };
    return `{"Event":${JSON.stringify(event).slice(0, -1)},"Attribute":[\n`;
  },
  tail: () => "]}}\n",
});
