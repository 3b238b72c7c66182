import { tlpMarkingId } from "../../../schemas/stix/tlp.ts";
import { positionInstant } from "../../pipeline/fold.ts";
import { VALUE_KINDS } from "../../pipeline/steps.ts";
import type { AdmittedLane } from "../admission.ts";
import { endsOf } from "../needed-ends.ts";
import type { Group, Renderer } from "../render.ts";
import type { CrowdedKeys } from "./crowded-keys.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import type { WalkedRow } from "./walked-row.ts";

/** Kinds whose objects a reader may find under another id than the sender's: folds. */
const FOLDED: ReadonlySet<string> = new Set(["indicator", ...VALUE_KINDS]);
/** The end of the name of a property that refers to one object, and the beginning of its value. */
const REFERENCE = '_ref":"';
const idIsShown = (id: string): boolean => !FOLDED.has(id.slice(0, id.indexOf("--")));

export type View = "originals" | "consolidated";

const buffer = (bytes: string | Uint8Array): Buffer =>
  typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What stands before and behind two offsets in UTF-8. Before them are names, ids and dates: nearly always a character a byte, so that text is cut as it is. */
function cutAt(bytes: string | Uint8Array, from: number, to: number): readonly [before: string, behind: string] {
  if (typeof bytes === "string") {
    const head = bytes.slice(0, to);
    if (Buffer.byteLength(head) === to) return [from === to ? head : bytes.slice(0, from), bytes.slice(to)];
  }
  const whole = buffer(bytes);
  return [whole.toString("utf8", 0, from), whole.toString("utf8", to)];
}

/** Writes the text of rows that are an object by themselves from their stored bytes, without parsing them (order, consolidated). */
export class Splicer {
  readonly #renderer: Renderer;
  readonly #sight: OrderedSight;
  readonly #crowded: CrowdedKeys;
  readonly #group: Group;
  readonly #marks = new Map<string, string>();

  constructor(renderer: Renderer, sight: OrderedSight, crowded: CrowdedKeys) {
    this.#renderer = renderer;
    this.#sight = sight;
    this.#crowded = crowded;
    this.#group = renderer.group;
  }

  /** Whether a row that stands alone under its id and its key can be written so in this view. */
  can(row: WalkedRow, view: View): boolean {
    if (row.marksAt === undefined || row.refers === "in lists") return false;
    if (row.version === undefined && row.fold !== "value") return false;
    if (view === "originals") return true;
    if (row.fold === "value") return row.folded === true && row.refers === undefined;
    if (row.fold === "pattern") return row.refers === undefined;
    return row.refers === undefined || this.#refersAsShown(row);
  }

  /** Whether what a row refers to, object by object, is under the sender's id for every reader. Where no text is wanted it does not matter. */
  #refersAsShown(row: WalkedRow): boolean {
    const { bytes } = row;
    const ends = endsOf(row);
    if (ends?.every(idIsShown) === false) return false;
    if (bytes === undefined) return true;
    const text = typeof bytes === "string" ? bytes : buffer(bytes).toString("utf8");
    // Quotes inside a text are escaped: these can only be properties.
    for (let at = text.indexOf(REFERENCE); at >= 0; at = text.indexOf(REFERENCE, at + 1)) {
      const from = at + REFERENCE.length;
      const id = text.slice(from, text.indexOf('"', from));
      if (ends?.includes(id) === true) continue;
      if (!idIsShown(id) || this.#crowded.isCrowded(id)) return false;
    }
    return true;
  }

  #markings(row: WalkedRow, lane: AdmittedLane, theirs: boolean): string {
    const held = this.#marks.get(row.lane);
    const ours =
      held ??
      `,"object_marking_refs":["${tlpMarkingId(lane.entry.label.tlp)}","${String(
        this.#renderer.marking(this.#sight.viewer, lane).id,
      )}"`;
    if (held === undefined) this.#marks.set(row.lane, ours);
    return row.marks === undefined || !theirs
      ? `${ours}]`
      : `${ours},${row.marks.map((id) => JSON.stringify(id)).join(",")}]`;
  }

  /** The version that the reader gets: a fold is as new as its place. */
  version({ fold, stamp, version }: WalkedRow, view: View): string | undefined {
    return view === "consolidated" && fold === "pattern" ? positionInstant(stamp) : version;
  }

  /** The object's JSON text for this reader in pieces; none of a row that was read without its text. */
  pieces(row: WalkedRow, view: View): readonly string[] {
    const { bytes } = row;
    if (bytes === undefined) return [];
    const lane = this.#sight.admission.lanes.get(row.lane);
    if ((view === "originals" && this.#sight.ownRow(row)) || lane === undefined || row.marksAt === undefined)
      return [typeof bytes === "string" ? bytes : buffer(bytes).toString("utf8")];
    const [head, rest] = cutAt(bytes, ...row.marksAt);
    // A fold has markings of ours alone.
    const marks = this.#markings(row, lane, view === "originals" || row.fold === "alone");
    if (view === "originals" || row.fold !== "pattern") return [head, marks, rest];
    // Quotes inside a text are escaped: this can only be the property.
    const revoked = head.includes(',"revoked":true') ? ',"revoked":true' : "";
    const modified = positionInstant(row.stamp);
    const shared = `{"type":"${row.kind}","spec_version":"2.1","id":"${row.kind}--${row.thing}","created_by_ref":"${this.#group.groupIdentity}","created":"${this.#group.created}","modified":"${modified}"${revoked}`;
    return [shared, marks, rest];
  }
}
