import type { Recall, RecallPage } from "../../../schemas/api/recalls.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { sha256 } from "../../shared/digest.ts";
import { Fault } from "../../shared/fault.ts";
import { formatInstant } from "../../shared/instant.ts";
import type { Moment } from "../../shared/moment.ts";
import { Recalls } from "../../storage/collections.ts";
import type { RecallDoc } from "../../storage/given-documents.ts";
import type { Storage, Unit } from "../../storage/port.ts";
import type { AuditStream } from "../append-audit.ts";
import { openPosition, sealPosition } from "../position.ts";
import { RECALL_TEXT } from "../taxii/recalls.ts";
import type { Settling } from "./settle.ts";

export interface RecallParts {
  readonly storage: Storage;
  readonly settling: Settling;
  readonly disclosures: AuditStream;
  readonly cursorKey: Uint8Array;
}

const PURPOSE = "recalls";

const shown = ({ id, object, at, serials, acknowledged }: RecallDoc): Recall => ({
  recall: id,
  object,
  at: formatInstant(at),
  text: RECALL_TEXT,
  exports: serials,
  ...(acknowledged === undefined ? {} : { acknowledged: formatInstant(acknowledged) }),
});

/** What an account was given and may not read any more, and its word that it knows (policy 6, Q32 and Q43). */
export class RecallNotes {
  readonly #parts: RecallParts;

  constructor(parts: RecallParts) {
    this.#parts = parts;
  }

  /** The caller's own recalls, oldest first. */
  async list(
    viewer: Viewer,
    moment: Moment,
    ask: { readonly limit: number; readonly next?: string | undefined },
  ): Promise<RecallPage> {
    const { storage, settling, cursorKey } = this.#parts;
    const asked = sha256(JSON.stringify([PURPOSE, viewer.id]));
    const from = openPosition(cursorKey, PURPOSE, asked, ask.next);
    await settling.settle(viewer, moment);
    const found = await storage.collection(Recalls).scan({
      ...{ index: "account", prefixes: [[viewer.id]], limit: ask.limit },
      ...(from === undefined ? {} : { from: from.stamp + 1 }),
    });
    const stamp = found.at(-1)?.place ?? from?.stamp;
    return {
      recalls: found.map(shown),
      ...(stamp === undefined ? {} : { next: sealPosition(cursorKey, PURPOSE, asked, { stamp, tie: "" }) }),
    };
  }

  /** Says that one knows of it; the first time counts. Another's and an unknown one are alike not there. */
  async acknowledge(viewer: Viewer, moment: Moment, revision: number, recall: string): Promise<Recall> {
    const { storage, disclosures } = this.#parts;
    const held = await storage.collection(Recalls).get(recall);
    if (held === undefined || held.account !== viewer.id)
      throw new Fault("not_found", "there is no such recall of yours");
    if (held.acknowledged !== undefined) return shown(held);
    let said: RecallDoc = held;
    const work = async (unit: Unit) => {
      const now = await unit.collection(Recalls).get(recall);
      if (now !== undefined && now.acknowledged === undefined) {
        said = { ...now, acknowledged: moment.now };
        await unit.collection(Recalls).put({ ...now, acknowledged: moment.now });
      } else if (now !== undefined) said = now;
      return {};
    };
    const entry = { actor: viewer.id, revision, at: moment.now, what: "recall.acknowledged", detail: { recall } };
    await disclosures.record(entry, { documents: 1, work });
    return shown(said);
  }
}
