import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Tlp } from "../../schemas/policy/vocabulary.ts";
import { RELEASE_LABEL_EXTENSION } from "../../schemas/stix/release-label.ts";
import { tlpMarkingId, tlpOfMarking } from "../../schemas/stix/tlp.ts";
import { type FoldFrame, foldShared, foldValue, type Source } from "../pipeline/fold.ts";
import { readerReferences, referencedIds } from "../pipeline/references.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { tightestTlp } from "../policy/meet.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { uuid5 } from "../shared/digest.ts";
import type { AdmittedLane } from "./admission.ts";
import { tieOf } from "./reader-order.ts";
import { objectOf, type Row, type Seen, type Sight } from "./sight.ts";

/** The group as it appears in what readers get. */
export interface Group extends FoldFrame {
  /** Short name: `dprk`. */
  readonly id: string;
}

/** An object as it leaves: ready for the reader, with what an export needs beside it. */
export interface Rendered {
  readonly object: StixJson;
  /** The tightest among its visible sources. */
  readonly tlp: Tlp;
  /** `kind:canonical` of the values it states. */
  readonly values: readonly string[];
  readonly seen: Seen;
}

const CLAIMED = "x_tricord_claimed_id";

/** Whether this viewer may know who a contribution is from: NOATTRIB withholds it outside the originator's country (policy 3, gate 9). */
export const showsSource = (label: Label, viewer: Viewer): boolean =>
  !label.caveats.includes("NOATTRIB") || viewer.country === label.originatorCountry;

/** Of no label it is CLEAR. */
export const tightest = (levels: readonly Tlp[]): Tlp => tightestTlp(levels) ?? "CLEAR";

/** Of rows that are one object to the viewer the words of its own side, since those alone are shown with all that their lists name. */
const asWritten = (sight: Sight, { rows, newest }: Seen): StixJson =>
  objectOf(rows.find((row) => sight.ownRow(row)) ?? newest);

/** Turns what is seen into STIX: folded, references and markings as this reader may have them (design 3 and 4). */
export class Renderer {
  readonly #namespace: Uint8Array;
  readonly group: Group;
  readonly #markings = new WeakMap<AdmittedLane, StixJson>();

  /** Objects that everybody may have: they go with every bundle. */
  readonly common: ReadonlyMap<string, StixJson>;

  constructor(namespace: Uint8Array, group: Group, common: ReadonlyMap<string, StixJson>) {
    this.#namespace = namespace;
    this.group = group;
    this.common = common;
  }

  /** The reader's cut of a label as a marking definition; its id is a keyed UUIDv5 of the cut text (design 3, on the wire). */
  marking(viewer: Viewer, lane: AdmittedLane): StixJson {
    const held = this.#markings.get(lane);
    if (held !== undefined) return held;
    const cut = wireLabel(lane.entry.label, viewer, lane.cut);
    const extension = { extension_type: "property-extension", ...cut };
    const text = JSON.stringify(extension);
    const made: StixJson = {
      type: "marking-definition",
      spec_version: "2.1",
      id: `marking-definition--${uuid5(this.#namespace, `release-label|${text}`)}`,
      created_by_ref: this.group.groupIdentity,
      created: this.group.created,
      name: `TLP:${lane.entry.label.tlp}, as released to the reader`,
      extensions: { [RELEASE_LABEL_EXTENSION]: extension },
    };
    this.#markings.set(lane, made);
    return made;
  }

  /** The id of a contribution under whose own id the viewer sees another: a thing's where that is not the very same id. */
  keyedId({ kind, thing, fold, originator, stixId, hash }: Row): string {
    return `${kind}--${fold === "value" ? uuid5(this.#namespace, `original|${originator}|${stixId}|${hash}`) : thing}`;
  }

  #lanes(sight: Sight, rows: readonly Row[]): AdmittedLane[] {
    const lanes = new Set(rows.map((row) => row.lane));
    return [...lanes].sort().flatMap((lane) => sight.admission.lanes.get(lane) ?? []);
  }

  /** The marking definitions that the objects of these rows name, each once, standard TLP markings left out. */
  markingsOf(sight: Sight, objects: readonly Rendered[]): StixJson[] {
    const made = new Map<unknown, StixJson>();
    for (const { seen } of objects) {
      for (const lane of this.#lanes(sight, seen.rows)) {
        const marking = this.marking(sight.viewer, lane);
        made.set(marking.id, marking);
      }
    }
    // By their ids: labels' own ids are made from all that they say.
    return [...made.values()].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  }

  /** A marking definition that an object names which this viewer sees, by its id. */
  async ownMarking(sight: Sight, id: string): Promise<StixJson | undefined> {
    // All lanes that read alike together: a row that was labelled anew for others stands where it stood before.
    const lanes = [...sight.admission.lanes.values()].filter((lane) => this.marking(sight.viewer, lane).id === id);
    const [first] = lanes;
    if (first === undefined || !(await sight.holds(lanes.map(({ lane }) => lane)))) return undefined;
    return this.marking(sight.viewer, first);
  }

  #marked(seen: Seen, sight: Sight, object: StixJson, lanes: readonly AdmittedLane[], tlp: Tlp): StixJson {
    const read = new Set(seen.rows.flatMap((row) => row.consumed ?? []));
    const sent = Array.isArray(object.object_marking_refs) ? (object.object_marking_refs as unknown[]) : [];
    const others = sent.filter(
      (id): id is string => typeof id === "string" && tlpOfMarking(id) === undefined && !read.has(id),
    );
    const ours = [...new Set(lanes.map((lane) => String(this.marking(sight.viewer, lane).id)))].sort();
    return { ...object, object_marking_refs: [tlpMarkingId(tlp), ...ours, ...others] };
  }

  #fold(sight: Sight, seen: Seen, rows: readonly Row[]): StixJson {
    const sources: Source[] = rows.map((row) => ({
      object: objectOf(row),
      originator: row.originator,
      stamp: row.stamp,
      id: `${tieOf(row)}|${row.id}`,
    }));
    if (seen.fold === "value") return foldValue(sources, seen.thing);
    if (seen.fold === "pattern") return foldShared(sources, seen.thing, this.group);
    const object = asWritten(sight, seen);
    return seen.claimed === undefined ? object : { ...object, id: seen.id, [CLAIMED]: seen.claimed };
  }

  /** The objects as the viewer gets them, in the order given. */
  async render(sight: Sight, objects: readonly Seen[], view: "consolidated" | "originals"): Promise<Rendered[]> {
    const folded = objects.map((seen) => {
      const plain =
        view === "originals"
          ? {
              ...asWritten(sight, seen),
              ...(seen.claimed === undefined ? {} : { id: seen.id, [CLAIMED]: seen.claimed }),
            }
          : this.#fold(sight, seen, seen.rows);
      return { seen, plain };
    });
    await sight.resolve(folded.flatMap(({ plain }) => referencedIds(plain)));
    return folded.map(({ seen, plain }) => {
      const lanes = this.#lanes(sight, seen.rows);
      const tlp = tightest(lanes.map((lane) => lane.entry.label.tlp));
      const values = [...new Set(seen.rows.flatMap((row) => row.values ?? []))];
      // What partners wrote into a shared object is not one's own to see unfiltered.
      const own = seen.rows.every((row) => sight.ownRow(row));
      if (view === "originals" && own) return { object: plain, tlp, values, seen };
      const shownAs =
        view === "originals"
          ? (id: string) => (sight.shownAs(id) === undefined ? undefined : id)
          : (id: string) => sight.shownAs(id);
      const sharesCount = lanes.some((lane) => lane.entry.label.countShareable === true);
      const pointed = readerReferences(plain, shownAs, own, this.group.groupIdentity, sharesCount);
      return { object: this.#marked(seen, sight, pointed, lanes, tlp), tlp, values, seen };
    });
  }
}
