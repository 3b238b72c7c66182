import { tlpMarkingId } from "../../../schemas/stix/tlp.ts";
import { positionInstant } from "../../pipeline/fold.ts";
import { VALUE_KINDS } from "../../pipeline/steps.ts";
import type { AdmittedLane } from "../admission.ts";
import { endsOf } from "../needed-ends.ts";
import type { Group, Renderer } from "../render.ts";
import type { Row } from "../sight.ts";
import type { OrderedSight } from "./ordered-sight.ts";

/** Kinds whose objects a reader may find under another id than the sender's: folds. */
const FOLDED: ReadonlySet<string> = new Set(["indicator", ...VALUE_KINDS]);
const idIsShown = (id: string): boolean => !FOLDED.has(id.slice(0, id.indexOf("--")));

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Writes the text of rows that are an object by themselves from their stored bytes, without parsing them (order, consolidated). */
export class Splicer {
  readonly #renderer: Renderer;
  readonly #sight: OrderedSight;
  readonly #group: Group;
  readonly #marks = new Map<string, string>();

  constructor(renderer: Renderer, sight: OrderedSight) {
    this.#renderer = renderer;
    this.#sight = sight;
    this.#group = renderer.group;
  }

  /** Whether a row that stands alone under its id and its key can be written so in this view. */
  can(row: Row, view: "originals" | "consolidated"): boolean {
    if (row.marksAt === undefined || row.refers === "in lists") return false;
    if (row.version === undefined && row.fold !== "value") return false;
    if (view === "originals") return true;
    if (row.fold === "value") return row.folded === true && row.refers === undefined;
    if (row.fold === "pattern") return row.refers === undefined;
    return row.refers === undefined || endsOf(row)?.every(idIsShown) === true;
  }

  #markings(row: Row, lane: AdmittedLane, theirs: boolean): string {
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

  /** The object's JSON text for this reader, and its version. */
  write(row: Row, view: "originals" | "consolidated"): { text: string; version?: string } {
    const bytes = buffer(row.bytes);
    const version = row.version === undefined ? {} : { version: row.version };
    const lane = this.#sight.admission.lanes.get(row.lane);
    if ((view === "originals" && this.#sight.ownRow(row)) || lane === undefined || row.marksAt === undefined)
      return { text: bytes.toString("utf8"), ...version };
    const [from, to] = row.marksAt;
    // A fold has markings of ours alone.
    const marks = this.#markings(row, lane, view === "originals" || row.fold === "alone");
    if (view === "consolidated" && row.fold === "pattern") {
      const modified = positionInstant(row.stamp);
      const head = bytes.toString("utf8", 0, from);
      // Quotes inside a text are escaped: this can only be the property.
      const revoked = head.includes(',"revoked":true') ? ',"revoked":true' : "";
      const shared = `{"type":"${row.kind}","spec_version":"2.1","id":"${row.kind}--${row.thing}","created_by_ref":"${this.#group.groupIdentity}","created":"${this.#group.created}","modified":"${modified}"${revoked}`;
      return { text: `${shared}${marks}${bytes.toString("utf8", to)}`, version: modified };
    }
    return { text: `${bytes.toString("utf8", 0, from)}${marks}${bytes.toString("utf8", to)}`, ...version };
  }
}
