import { indexTerms } from "../pipeline/index-terms.ts";
import { deadLane } from "../pipeline/lane.ts";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import { Agencies, COLLECTIONS, Labels, Meta, Rows, SealKeys } from "../storage/collections.ts";
import type { RowDoc, SealKeyDoc } from "../storage/documents.ts";
import type { Storage, Stored, Unit } from "../storage/port.ts";
import type { Seal } from "../storage/seal/seal.ts";
import type { AuditStream } from "./append-audit.ts";
import type { Secrets } from "./plan-rows.ts";
import { readRevision } from "./policy-revision.ts";
import { objectOf } from "./sight.ts";

export interface SealParts {
  readonly storage: Storage;
  readonly seal: Seal;
  readonly secrets: Secrets;
  readonly audit: AuditStream;
}

/** Documents sealed in one transaction. */
const STEP = 200;
/** The group's own keys have no agency. */
export const GROUP_KEYS = "group";

const SEALED = COLLECTIONS.filter(({ sealedBy }) => sealedBy !== undefined);

function needsKey({ seal }: Pick<SealParts, "seal">): void {
  if (!seal.on)
    throw new Fault("bad_request", "nothing is sealed here: set SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND", {
      code: "seal.off",
    });
}

/** A row with its words as keyed hashes, as a post of now would be stored; one that nobody is admitted to has none. */
async function withKeyedWords(
  unit: Unit,
  rows: readonly Stored<RowDoc>[],
  { index }: Secrets,
): Promise<Stored<RowDoc>[]> {
  const ids = [...new Set(rows.map(({ label }) => label))];
  const labels = new Map((await unit.collection(Labels).getMany(ids)).map(({ id, label }) => [id, label]));
  return rows.map((row) => {
    const label = labels.get(row.label);
    return label === undefined || row.lane === deadLane(row.label)
      ? row
      : { ...row, terms: indexTerms(objectOf(row), label, row.cut, index) };
  });
}

/** Where the walk that keys words has come to, and when it is over. */
const WORDS_KEYED = "words-keyed";
const OVER = "\u{10ffff}";

/**
 * Gives every row its words as keyed hashes, once in the life of a store: a row that was changed since sealing was turned on is sealed, and may have the open words still
 * that it had. `done` hears of each step.
 */
async function keyWords({ storage, secrets }: SealParts, done: () => void): Promise<void> {
  const step = async (unit: Unit): Promise<boolean> => {
    const [meta, rows] = [unit.collection(Meta), unit.collection(Rows)];
    const reached = await meta.get(WORDS_KEYED);
    if (reached?.value === OVER) return false;
    const page = await rows.all({ limit: STEP, ...(reached === undefined ? {} : { after: String(reached.value) }) });
    for (const row of await withKeyedWords(unit, page, secrets)) await rows.put(row);
    const value = page.length < STEP ? OVER : (page.at(-1)?.id ?? OVER);
    if (reached === undefined) await meta.insert([{ id: WORDS_KEYED, value }]);
    else await meta.put({ ...reached, value });
    return value !== OVER;
  };
  while (await storage.transaction(step)) done();
}

/**
 * Seals what was stored before sealing was turned on (design 5): in transactions of 200 documents, so that a server runs beside it; broken off, it goes on where
 * plain documents are left. `done` hears how many were worked on. Gives how many were plain.
 */
export async function applySeal(parts: SealParts, done: (worked: number) => void = () => undefined): Promise<number> {
  needsKey(parts);
  const { storage, secrets } = parts;
  const plain = Object.values(await countUnsealed(parts)).reduce((sum, n) => sum + n, 0);
  let worked = 0;
  const step = (n: number): void => {
    worked += n;
    done(worked);
  };
  await keyWords(parts, () => step(STEP));
  for (const spec of SEALED) {
    for (let after: string | undefined; ; ) {
      const ids: readonly string[] = await storage.unsealed(spec, {
        limit: STEP,
        ...(after === undefined ? {} : { after }),
      });
      if (ids.length === 0) break;
      if (spec.placement === "log") {
        // Their keys are beside them: each is written by itself.
        for (const doc of await storage.collection(spec).getMany(ids)) await storage.collection(spec).put(doc);
      } else {
        await storage.transaction(async (unit) => {
          const docs = await unit.collection(spec).getMany(ids);
          const changed =
            spec.name === Rows.name ? await withKeyedWords(unit, docs as Stored<RowDoc>[], secrets) : docs;
          for (const doc of changed) await unit.collection(spec).put(doc);
        });
      }
      step(ids.length);
      after = ids.at(-1);
    }
  }
  return plain;
}

/** How many documents are stored plain that would be sealed now: a walk of the store. */
export async function countUnsealed({ storage }: Pick<SealParts, "storage">): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const spec of SEALED) {
    for (let after: string | undefined; ; ) {
      const ids: readonly string[] = await storage.unsealed(spec, {
        limit: 10_000,
        ...(after === undefined ? {} : { after }),
      });
      if (ids.length === 0) break;
      counts[spec.name] = (counts[spec.name] ?? 0) + ids.length;
      after = ids.at(-1);
    }
  }
  return counts;
}

/** All data keys, wrapped, in the order that they were made. */
export const sealKeys = (storage: Storage): Promise<Stored<SealKeyDoc>[]> =>
  storage.collection(SealKeys).scan({ index: "n", prefixes: [[]], limit: 1_000_000 });

async function note(parts: SealParts, moment: Moment, what: string, detail: Record<string, unknown>): Promise<void> {
  await parts.storage.transaction(async (unit) => {
    const revision = await readRevision(unit);
    await parts.audit.append(unit, { actor: "operator", revision, at: moment.now, what, detail });
  });
}

/**
 * Wraps every data key by the key in force; content stays as it is. Broken off, it goes on with what is left; processes may read and write beside it, if they were
 * started with both keys. Gives how many were wrapped anew. `Fault("unavailable")`, `seal.key_wrong`, where one is wrapped by a key that was not given.
 */
export async function rotateSeal(parts: SealParts, moment: Moment): Promise<number> {
  needsKey(parts);
  const { storage, seal } = parts;
  let wrapped = 0;
  for (const key of await sealKeys(storage)) {
    const doc = await seal.rewrapped(key);
    if (doc === undefined) continue;
    try {
      await storage.collection(SealKeys).put(doc);
      wrapped++;
    } catch (error) {
      // Somebody else rotates, too.
      const now = await storage.collection(SealKeys).get(key.id);
      if (now?.wrap !== seal.wrappedBy) throw error;
    }
  }
  if (wrapped > 0) await note(parts, moment, "seal.rotated", { keys: wrapped, by: seal.wrappedBy });
  return wrapped;
}

/** Begins a new data key of an agency, or of the group (`group`), in this month: what is written from now on is sealed with it, within a minute on other processes. Gives its number. */
export async function renewSeal(parts: SealParts, agency: string, moment: Moment): Promise<number> {
  needsKey(parts);
  const { storage, seal } = parts;
  if (agency !== GROUP_KEYS && (await storage.collection(Agencies).get(agency)) === undefined)
    throw new Fault("not_found", `there is no agency ${agency}`, { code: "seal.no_agency" });
  const n = await seal.renew(agency === GROUP_KEYS ? "" : agency, moment.now);
  await note(parts, moment, "seal.renewed", { agency, key: n });
  return n;
}
