import type { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import { AuditHeads, DisclosureHeads } from "../storage/collections.ts";
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
  record(entry: AuditEntry, beside?: Beside): Promise<void>;
}

/** What is written in the transaction of a record; it may refuse the record, with nothing written. */
export interface Beside {
  /** About how many documents it writes. */
  readonly documents: number;
  work(unit: Unit): Promise<{ readonly refused?: Fault; readonly more?: readonly AuditEntry[] }>;
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly beside?: Beside;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** How many of those that wait one transaction holds: one at least. */
function fitting(waiting: readonly Waiting[], most: number): number {
  let documents = 0;
  const over = waiting.findIndex(({ beside }) => {
    documents += 1 + (beside?.documents ?? 0);
    return documents > most;
  });
  return over === -1 ? waiting.length : Math.max(1, over);
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
  const headsIn = collection.placement === "log" ? DisclosureHeads : AuditHeads;

  const appendAll = async (unit: Unit, entries: readonly AuditEntry[]): Promise<AuditMark> => {
    const rows = unit.collection(collection);
    const heads = unit.collection(headsIn);
    const head = await heads.get(stream);
    // Every stream has a record from its first row on: one that has rows and none was robbed of it, and the new one says so for good.
    const [tail] =
      head === undefined ? await rows.scan({ index: "stream", prefixes: [[stream]], reverse: true, limit: 1 }) : [head];
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
    const moved = Math.max(head?.moved ?? 0, ...fresh.map(({ at }) => at));
    if (head === undefined)
      await heads.insert([
        { id: stream, n, digest: prev, moved, ...(tail === undefined ? {} : { restarted: tail.n }) },
      ]);
    else await heads.put({ ...head, n, digest: prev, moved });
    return { stream, n, digest: prev };
  };

  const waiting: Waiting[] = [];
  let committing = false;
  const commit = async (): Promise<void> => {
    committing = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, fitting(waiting, storage.can.transactionDocuments));
      const began = performance.now();
      try {
        const refused = await storage.transaction(async (unit) => {
          const refused = new Map<Waiting, Fault>();
          const entries: AuditEntry[] = [];
          for (const one of group) {
            const said = await one.beside?.work(unit);
            if (said?.refused === undefined) entries.push(one.entry, ...(said?.more ?? []));
            else refused.set(one, said.refused);
          }
          if (entries.length > 0) await appendAll(unit, entries);
          return refused;
        });
        parts.committed?.(group.length, performance.now() - began);
        for (const one of group) {
          const fault = refused.get(one);
          if (fault === undefined) one.done();
          else one.failed(fault);
        }
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    committing = false;
  };

  return {
    stream,
    append: (unit, entry) => appendAll(unit, [entry]),
    record: (entry, beside) =>
      new Promise((done, failed) => {
        waiting.push({ entry, done, failed, ...(beside === undefined ? {} : { beside }) });
        // What this turn of the event loop brings goes into one commit; nothing waits for a timer, so the wait is one commit at most.
        if (!committing) {
          committing = true;
          setImmediate(() => void commit());
        }
      }),
  };
}
