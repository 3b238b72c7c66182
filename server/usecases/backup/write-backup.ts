import { Fault } from "../../shared/fault.ts";
import { formatInstant } from "../../shared/instant.ts";
import type { Moment } from "../../shared/moment.ts";
import { Jobs, LastPages } from "../../storage/collections.ts";
import type { Declared } from "../../storage/declared.ts";
import { storeFormat } from "../../storage/migrations.ts";
import type { Storage, Unit } from "../../storage/port.ts";
import type { Spool } from "../intake.ts";
import { eachRecord } from "./contents.ts";
import { FrameWriter } from "./frames.ts";
import { type CollectionEnds, fingerprint, type Header, KEPT, macOf } from "./manifest.ts";
import { recordParts } from "./record.ts";

export interface BackupParts {
  readonly storage: Storage;
  readonly spool: Spool;
  /** `Keys.backup`. */
  readonly key: Uint8Array;
}

/** How far it is, for whoever waits. */
export type Told = (collection: string, documents: number) => void;

export interface BackupTotals {
  readonly format: number;
  readonly collections: readonly CollectionEnds[];
  readonly bodies: number;
  /** Bytes before they are compressed. */
  readonly bytes: number;
}

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/**
 * Writes one state of the store to a sink while others write to it: frames as `frames.ts` says, not compressed.
 *
 * 1. `last_pages`, before the rest: a minute that is noted too early brings a reader something twice at worst, one too late could make it miss something.
 * 2. In one snapshot: the bodies of posts that wait as jobs, then all content.
 * 3. The other records that stand apart, after it: whatever was shown of that content before is told there. Their chains may go on
 *    beyond what the content knows of.
 */
export async function writeBackup(
  { storage, spool, key }: BackupParts,
  moment: Moment,
  sink: (piece: Uint8Array) => Promise<void>,
  told: Told = () => undefined,
): Promise<BackupTotals> {
  const frames = new FrameWriter(sink);
  const format = await storeFormat(storage);
  const header: Header = {
    format,
    created: formatInstant(moment.now),
    secret: fingerprint(key),
    collections: KEPT.map(({ name }) => name),
  };
  await frames.frame("H", json(header));
  const collections: CollectionEnds[] = [];
  const write = async (unit: Unit, spec: Declared): Promise<void> => {
    await frames.frame("C", json({ name: spec.name, bytes: spec.bytes ?? [] }));
    let count = 0;
    const ends = await eachRecord(unit, spec, (record) => {
      count += 1;
      if (count % 1000 === 0) told(spec.name, count);
      return frames.frame("R", ...recordParts(record));
    });
    told(spec.name, ends.count);
    await frames.frame("E", json(ends));
    collections.push(ends);
  };
  const apart = KEPT.filter(({ placement }) => placement === "log");
  for (const spec of apart) if (spec.name === LastPages.name) await write(storage, spec);
  const bodies = await oneState(storage, async (unit) => {
    const count = await writeBodies(unit, spool, frames);
    for (const spec of KEPT) if (spec.placement !== "log") await write(unit, spec);
    return count;
  });
  for (const spec of apart) if (spec.name !== LastPages.name) await write(storage, spec);
  const sha256 = await frames.digest();
  await frames.frame("T", json({ sha256, mac: macOf(key, sha256) }));
  await frames.flush();
  return { format, collections, bodies, bytes: frames.written };
}

/** A snapshot whose work can't be done again, since what it read is written already. Faults: `backup.interrupted`, `backup.state_gone`. */
async function oneState<R>(storage: Storage, work: (unit: Unit) => Promise<R>): Promise<R> {
  let begun = false;
  const once = (unit: Unit): Promise<R> => {
    if (begun)
      throw new Fault("unavailable", "the connection to the store was lost while it was backed up: begin again", {
        code: "backup.interrupted",
      });
    begun = true;
    return work(unit);
  };
  try {
    return await storage.snapshot(once);
  } catch (cause) {
    if (!begun || !(cause instanceof Fault) || !STATE_GONE.has(cause.code)) throw cause;
    throw new Fault(
      "unavailable",
      'the store did not keep one state for as long as the backup took: on MongoDB raise transactionLifetimeLimitSeconds for it (docs/operations.md, "Backup and restore")',
      { code: "backup.state_gone", cause },
    );
  }
}
const STATE_GONE = new Set(["store.busy", "store.snapshot_gone"]);

/**
 * The bodies of posts that waited when the snapshot was taken. All are opened before the first is written: a file whose job ends meanwhile can be read still. What
 * is gone before its end has its content in the store a moment later than this state; its job is given up when it is restored.
 */
async function writeBodies(unit: Unit, spool: Spool, frames: FrameWriter): Promise<number> {
  const opened: { job: string; first: Uint8Array | undefined; rest: AsyncIterator<Uint8Array> }[] = [];
  for (const job of await waitingJobs(unit)) {
    const rest = spool.read(job)[Symbol.asyncIterator]();
    const first = await rest.next().catch(goneOr);
    if (first !== "gone") opened.push({ job, first: first.done === true ? undefined : first.value, rest });
  }
  let whole = 0;
  for (const { job, first, rest } of opened) {
    await frames.frame("J", json({ job }));
    let length = 0;
    let cut = false;
    for (let piece = first; piece !== undefined; ) {
      await frames.frame("B", piece);
      length += piece.length;
      const next = await rest.next().catch(goneOr);
      cut = next === "gone";
      piece = next === "gone" || next.done === true ? undefined : next.value;
    }
    await frames.frame("K", json({ job, length, ...(cut ? { cut } : {}) }));
    if (!cut) whole += 1;
  }
  return whole;
}

const GONE = new Set(["ENOENT", "spool.cut"]);
function goneOr(error: unknown): "gone" {
  if (typeof error === "object" && error !== null && "code" in error && GONE.has(String(error.code))) return "gone";
  throw error;
}

/** Jobs that are not through, which their bodies are kept for. */
export async function waitingJobs(unit: Unit): Promise<string[]> {
  const found: string[] = [];
  for (const status of ["running", "queued"]) {
    for (let after: { value: number; id: string } | undefined; ; ) {
      const page = await unit
        .collection(Jobs)
        .scan({ index: "status", prefixes: [[status]], limit: 500, ...(after === undefined ? {} : { after }) });
      found.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      if (last === undefined || page.length < 500) break;
      after = { value: last.created, id: last.id };
    }
  }
  return found;
}
