import type { Viewer } from "../../../schemas/policy/viewer.ts";
import type { GivenDoc } from "../../storage/given-documents.ts";
import type { Storage, Unit } from "../../storage/port.ts";
import type { AuditEntry, AuditStream } from "../append-audit.ts";
import { accountOf, charge, type DailyBudget, type Followed } from "./budget.ts";
import { documentsOf, freshOf, type Gift, type Receiver, writeFile, writeGiven } from "./note-given.ts";

export interface DiscloseParts {
  readonly storage: Storage;
  readonly disclosures: AuditStream;
  readonly budget: DailyBudget;
}

/** For the auditor: four fifths of a day's budget are used (policy 9). */
const warning = ({ actor, revision, at }: AuditEntry, day: string): AuditEntry => ({
  ...{ actor, revision, at, what: "budget.warning" },
  detail: { day },
});
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Documents that are read together. */
const PIECE = 200;

/**
 * What every answer with objects waits for: the record of what leaves, what the account has now (ADR 0024), and its daily budget, in one transaction. Past the budget
 * nothing is recorded and nothing leaves: `Fault("too_many_requests", limit.disclosures)` with the seconds to the next UTC midnight.
 */
export class Disclosing {
  readonly #parts: DiscloseParts;

  constructor(parts: DiscloseParts) {
    this.#parts = parts;
  }

  /** A page or an object over REST. */
  async page(viewer: Viewer, entry: AuditEntry, who: Receiver, gift: Gift): Promise<void> {
    const parts = [...gift.parts];
    const account = accountOf(viewer, this.#parts.budget, who.now);
    const work = async (unit: Unit) => {
      const held = await documentsOf(unit, who, gift.looked);
      const { fault, warned } = await charge(unit, account, { fresh: freshOf(who, held, gift.objects) });
      if (fault !== undefined) return { refused: fault };
      await writeGiven(unit, who, held, parts);
      return warned === undefined ? {} : { more: [warning(entry, dayText(who.now))] };
    };
    await this.#parts.disclosures.record(entry, { documents: parts.length + 2, work });
  }

  /** A page of a TAXII collection; `followed`: where its objects stand, none for what is no object. */
  async followed(viewer: Viewer, entry: AuditEntry, now: number, followed: Followed | undefined): Promise<void> {
    if (followed === undefined || followed.places.length === 0) return this.#parts.disclosures.record(entry);
    const account = accountOf(viewer, this.#parts.budget, now);
    const work = async (unit: Unit) => {
      const { fault, warned } = await charge(unit, account, followed);
      if (fault !== undefined) return { refused: fault };
      return warned === undefined ? {} : { more: [warning(entry, dayText(now))] };
    };
    await this.#parts.disclosures.record(entry, { documents: 1, work });
  }

  /** A page that goes into a file: what leaves is told and charged once the file is whole. */
  begun(entry: AuditEntry): Promise<void> {
    return this.#parts.disclosures.record(entry);
  }

  /** A whole file, before its first byte leaves; charged once, with the record that it was made. */
  async file(viewer: Viewer, entry: AuditEntry, who: Receiver, gift: Gift, serial: string): Promise<void> {
    const { storage, disclosures, budget } = this.#parts;
    const account = accountOf(viewer, budget, who.now);
    const all = [...gift.looked];
    const held = new Map<string, GivenDoc>();
    for (let i = 0; i < all.length; i += PIECE)
      for (const [id, doc] of await documentsOf(storage, who, all.slice(i, i + PIECE))) held.set(id, doc);
    const fresh = freshOf(who, held, gift.objects);
    const work = async (unit: Unit) => {
      const { fault, warned } = await charge(unit, account, { fresh });
      if (fault !== undefined) return { refused: fault };
      return warned === undefined ? {} : { more: [warning(entry, dayText(who.now))] };
    };
    await disclosures.record(entry, { documents: 2, work });
    await writeFile((write) => storage.transaction(write), who, gift, serial);
  }
}
