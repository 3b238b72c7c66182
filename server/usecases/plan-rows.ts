import { idContributing } from "../../schemas/stix/id-contributing.ts";
import { tlpOfMarking } from "../../schemas/stix/tlp.ts";
import { arrange } from "../pipeline/arrange.ts";
import { extraValues, keyOf, thingUuid } from "../pipeline/key.ts";
import { laneId } from "../pipeline/lane.ts";
import { mixOf } from "../pipeline/mix.ts";
import { edgeEnds } from "../pipeline/references.ts";
import { covers, cutObject } from "../pipeline/selector.ts";
import { type Key, NORMALISER, type StixJson } from "../pipeline/steps.ts";
import { termsOf } from "../pipeline/terms.ts";
import { validate } from "../pipeline/validate.ts";
import { sha256 } from "../shared/digest.ts";
import type { RowDoc } from "../storage/documents.ts";

/** Everything about a contribution but its place in a lane, which the store's transaction gives. */
export type RowPlan = Omit<RowDoc, "stamp">;

/** One valid object with its key and the label it got. */
export interface Labelled {
  readonly object: StixJson;
  readonly key: Key;
  /** `labelId` of the stored label, and the cut sets of its tiers. */
  readonly label: string;
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

/** The rows of one contribution: the sender's own bytes, and a cut copy for each other tier that can be shown at all. */
export function planRows(
  { object, key, label, cuts, name, flags, consumed, given }: Labelled,
  origin: Origin,
  secrets: Secrets,
): RowPlan[] {
  const whole = arrange(object, Object.keys(key.canonical ?? {}));
  const { text } = whole;
  const stixId = String(object.id);
  const hash = sha256(text);
  const contribution =
    name.contribution ?? sha256(`${origin.originator}|${stixId}|${origin.channel}|${hash}|${name.posted}`).slice(0, 24);
  const rows: RowPlan[] = [];
  const ends = edgeEnds(object);
  for (const [tier, cut] of cuts.entries()) {
    const shown = cut.length === 0 ? object : cutObject(object, cut);
    if (cut.length > 0 && hides(object, cut, shown)) continue;
    const keyedHere = cut.length === 0 ? { key } : keyOf(shown, origin.originator);
    // A cut that takes part of the key away would make it another thing.
    if (!("key" in keyedHere) || keyedHere.key.text !== key.text) continue;
    const {
      text: body,
      marksAt,
      refers,
    } = cut.length === 0 ? whole : arrange(shown, Object.keys(keyedHere.key.canonical ?? {}));
    const marks = otherMarks(shown, consumed);
    const besides = extraValues(keyedHere.key);
    const before = given ?? keyedHere.key.given;
    const here = cut.length === 0 ? ends : edgeEnds(shown);
    rows.push({
      id: rowId(contribution, cut),
      contribution,
      lane: laneId(label, tier),
      label,
      posted: name.posted,
      cut: [...cut],
      thing: thingUuid(keyedHere.key, secrets.namespace),
      kind: keyedHere.key.kind,
      fold: keyedHere.key.fold,
      stixId,
      ...(typeof object.modified === "string" ? { version: object.modified } : {}),
      originator: origin.originator,
      mix: mixOf(stixId, typeof object.modified === "string" ? object.modified : undefined, here.length > 0),
      ...(here.length > 0 ? { ends: here } : {}),
      ...(besides.length > 0 ? { values: [...besides] } : {}),
      terms: termsOf(shown),
      hash: cut.length === 0 ? hash : sha256(body),
      batch: origin.batch,
      channel: origin.channel,
      receivedFrom: origin.receivedFrom,
      ...(typeof object.created_by_ref === "string" ? { claimedBy: object.created_by_ref } : {}),
      received: origin.received,
      ...(before === undefined ? {} : { given: before }),
      ...(keyedHere.key.checksum === undefined ? {} : { checksum: keyedHere.key.checksum }),
      normaliser: NORMALISER,
      ...(flags.length > 0 ? { flags: [...flags] } : {}),
      ...(consumed.length > 0 ? { consumed: [...consumed] } : {}),
      marksAt: [...marksAt],
      ...(marks.length > 0 ? { marks } : {}),
      ...(refers === "nothing" ? {} : { refers }),
      ...(isFolded(shown, keyedHere.key, secrets) ? { folded: true as const } : {}),
      bytes: Buffer.from(body, "utf8"),
    });
  }
  return rows;
}
