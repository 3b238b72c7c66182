import type { Moment } from "../shared/moment.ts";
import type { AuditDoc } from "../storage/documents.ts";
import type { CollectionSpec, Storage, Unit } from "../storage/port.ts";
import { auditDigest, NO_PREV } from "./audit-chain.ts";

/** What happened, once a batch, page or change and never once an object. No value of content belongs into `detail`. */
export interface AuditEntry {
  /** Account id, or `system` / `operator` for what no account did. */
  readonly actor: string;
  /** The policy revision that it was done under. */
  readonly revision: number;
  readonly at: number;
  /** Dotted and stable: `sign-in.success`, `account.created`, `batch.applied`. */
  readonly what: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Where a row stands in its chain: receipts quote it, so that a cut-off tail shows. */
export interface AuditMark {
  readonly stream: string;
  readonly n: number;
  readonly digest: string;
}

export interface AuditStream {
  readonly stream: string;
  /** Appends within the caller's transaction: the row is there if and only if the change is. */
  append(unit: Unit, entry: AuditEntry): Promise<AuditMark>;
  /** For records that stand alone (disclosures): resolves once committed, together with all that came in while the one before was being committed. */
  record(entry: AuditEntry): Promise<void>;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A stream of audit rows chained by digest (design 6, "Audit"). Its name is random for each start of a process or worker, so that no two of them
 * fight over a tail; the tail is read in the transaction, so that a transaction that is run again or rolled back leaves no gap.
 */
export function makeAuditStream(parts: {
  readonly storage: Storage;
  readonly collection: CollectionSpec<AuditDoc>;
  readonly moment: Moment;
  /** Hears of each commit of `record`: how many records it held. */
  readonly committed?: (records: number, ms: number) => void;
}): AuditStream {
  const { storage, collection } = parts;
  const stream = Buffer.from(parts.moment.random(12)).toString("hex");

  const appendAll = async (unit: Unit, entries: readonly AuditEntry[]): Promise<AuditMark> => {
    const rows = unit.collection(collection);
    const [tail] = await rows.scan({ index: "stream", prefixes: [[stream]], reverse: true, limit: 1 });
    let [n, prev] = [tail?.n ?? 0, tail?.digest ?? NO_PREV];
    const fresh = entries.map((entry): AuditDoc => {
      n++;
      const { actor, revision, at, what, detail } = entry;
      const row = {
        ...{ id: `${stream}:${n}`, stream, n, prev, actor, revision, at, what },
        ...(detail !== undefined && { detail: { ...detail } }),
      };
      prev = auditDigest(row);
      return { ...row, digest: prev };
    });
    await rows.insert(fresh);
    return { stream, n, digest: prev };
  };

  const waiting: Waiting[] = [];
  let committing = false;
  const commit = async (): Promise<void> => {
    committing = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, storage.can.transactionDocuments);
      const began = performance.now();
      try {
        await storage.transaction((unit) =>
          appendAll(
            unit,
            group.map(({ entry }) => entry),
          ),
        );
        parts.committed?.(group.length, performance.now() - began);
        for (const { done } of group) done();
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    committing = false;
  };

  return {
    stream,
    append: (unit, entry) => appendAll(unit, [entry]),
    record: (entry) =>
      new Promise((done, failed) => {
        waiting.push({ entry, done, failed });
        // What this turn of the event loop brings goes into one commit; nothing waits for a timer, so the wait is one commit at most.
        if (!committing) {
          committing = true;
          setImmediate(() => void commit());
        }
      }),
  };
}
