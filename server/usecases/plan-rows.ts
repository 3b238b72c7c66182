import type { Label } from "../../schemas/policy/label.ts";
import { idContributing } from "../../schemas/stix/id-contributing.ts";
import { tlpOfMarking } from "../../schemas/stix/tlp.ts";
import { type Arranged, arrange } from "../pipeline/arrange.ts";
import { type IndexKey, indexTerms, keyedValue } from "../pipeline/index-terms.ts";
import { extraValues, keyOf, thingUuid } from "../pipeline/key.ts";
import { laneId } from "../pipeline/lane.ts";
import { mixOf } from "../pipeline/mix.ts";
import { edgeEnds } from "../pipeline/references.ts";
import { covers, cutObject } from "../pipeline/selector.ts";
import { type Key, NORMALISER, type StixJson } from "../pipeline/steps.ts";
import { validate } from "../pipeline/validate.ts";
import { sha256 } from "../shared/digest.ts";
import type { RowDoc } from "../storage/documents.ts";

/** Everything about a contribution but its place in a lane, which the store's transaction gives. */
export type RowPlan = Omit<RowDoc, "stamp">;

/** One valid object with its key and the label it got. */
export interface Labelled {
  readonly object: StixJson;
  readonly key: Key;
  /** `labelId` of the stored label, what of it tells how closely words are held, and the cut sets of its tiers. */
  readonly label: string;
  readonly stored: Pick<Label, "tlp" | "fieldRules">;
  readonly cuts: readonly (readonly string[])[];
  /** What names the contribution: the label as it was posted, so that it stays the same one however its release goes on; or the name it has. */
  readonly name: { readonly posted: string; readonly contribution?: string };
  readonly flags: readonly string[];
  readonly consumed: readonly string[];
  readonly given?: string;
}

/** Where a batch comes from. */
export interface Origin {
  readonly originator: string;
  readonly receivedFrom: string;
  readonly channel: string;
  readonly batch: string;
  /** ms. */
  readonly received: number;
}

/** Secrets of the group that ids are made with. */
export interface Secrets {
  /** 16 bytes: the secret namespace of version 5 UUIDs. */
  readonly namespace: Uint8Array;
  readonly digest: Uint8Array;
  readonly index: IndexKey;
}

/** Whether taking this out hides the object: what STIX requires, or what makes its deterministic id (design 3, tiers). */
function hides(object: StixJson, cut: readonly string[], shown: StixJson): boolean {
  const essential = idContributing(String(object.type));
  if (cut.some((selector) => essential.some((name) => covers(name, selector) || covers(selector, name)))) return true;
  return validate(shown).object === undefined;
}

/** The id of a contribution's row for a cut set: the same whichever label brings that set about. */
const rowId = (contribution: string, cut: readonly string[]): string =>
  cut.length === 0 ? contribution : `${contribution}.${sha256(cut.join("\n")).slice(0, 10)}`;

/** Markings of the sender's that readers get beside ours. */
const otherMarks = ({ object_marking_refs: refs }: StixJson, consumed: readonly string[]): string[] =>
  Array.isArray(refs)
    ? (refs as unknown[]).filter(
        (id): id is string => typeof id === "string" && tlpOfMarking(id) === undefined && !consumed.includes(id),
      )
    : [];

/** Whether an observable is what a fold of it alone would be: canonical values under the standard's id, and nothing that a fold leaves out. */
function isFolded(object: StixJson, key: Key, { namespace }: Secrets): boolean {
  if (key.fold !== "value" || object.defanged !== undefined || object.granular_markings !== undefined) return false;
  if (object.spec_version !== "2.1" || object.id !== `${key.kind}--${thingUuid(key, namespace)}`) return false;
  return Object.entries(key.canonical ?? {}).every(
    ([name, value]) => JSON.stringify(object[name]) === JSON.stringify(value),
  );
}

/** An object as its row holds it: bytes and their digest, with what a reader's copy is spliced at. */
function written(
  object: StixJson,
  key: Key,
): Pick<Arranged, "marksAt" | "refers"> & { bytes: Buffer<ArrayBuffer>; hash: string } {
  const { text, marksAt, refers } = arrange(object, Object.keys(key.canonical ?? {}));
  const bytes = Buffer.from(text, "utf8");
  return { bytes, hash: sha256(bytes), marksAt, refers };
}

/** The rows of one contribution: the sender's own bytes, and a cut copy for each other tier that can be shown at all. */
export function planRows(
  { object, key, label, stored, cuts, name, flags, consumed, given }: Labelled,
  origin: Origin,
  secrets: Secrets,
): RowPlan[] {
  const whole = written(object, key);
  const stixId = String(object.id);
  const { hash } = whole;
  const contribution =
    name.contribution ?? sha256(`${origin.originator}|${stixId}|${origin.channel}|${hash}|${name.posted}`).slice(0, 24);
  const version = typeof object.modified === "string" ? object.modified : undefined;
  const rows: RowPlan[] = [];
  const ends = edgeEnds(object);
  for (const [tier, cut] of cuts.entries()) {
    const shown = cut.length === 0 ? object : cutObject(object, cut);
    if (cut.length > 0 && hides(object, cut, shown)) continue;
    const keyedHere = cut.length === 0 ? { key } : keyOf(shown, origin.originator);
    // A cut that takes part of the key away would make it another thing.
    if (!("key" in keyedHere) || keyedHere.key.text !== key.text) continue;
    const { key: own } = keyedHere;
    const { bytes, hash: hashHere, marksAt, refers } = cut.length === 0 ? whole : written(shown, own);
    const marks = otherMarks(shown, consumed);
    const besides = extraValues(own);
    const before = given ?? own.given;
    const here = cut.length === 0 ? ends : edgeEnds(shown);
    const row: RowPlan = {
      id: rowId(contribution, cut),
      contribution,
      lane: laneId(label, tier),
      label,
      posted: name.posted,
      cut: [...cut],
      thing: thingUuid(own, secrets.namespace),
      kind: own.kind,
      fold: own.fold,
      stixId,
      originator: origin.originator,
      mix: mixOf(stixId, version, here.length > 0),
      terms: indexTerms(shown, stored, cut, secrets.index),
      hash: hashHere,
      batch: origin.batch,
      channel: origin.channel,
      receivedFrom: origin.receivedFrom,
      received: origin.received,
      normaliser: NORMALISER,
      marksAt: [...marksAt],
      bytes,
    };
    // Spread into the object above, each of these would be a copy more for every object that is posted.
    if (version !== undefined) row.version = version;
    if (here.length > 0) row.ends = here;
    if (besides.length > 0) row.values = besides.map((term) => keyedValue(secrets.index, term));
    if (typeof object.created_by_ref === "string") row.claimedBy = object.created_by_ref;
    if (before !== undefined) row.given = before;
    if (own.checksum !== undefined) row.checksum = own.checksum;
    if (flags.length > 0) row.flags = [...flags];
    if (consumed.length > 0) row.consumed = [...consumed];
    if (marks.length > 0) row.marks = marks;
    if (refers !== "nothing") row.refers = refers;
    if (isFolded(shown, own, secrets)) row.folded = true;
    rows.push(row);
  }
  return rows;
}
