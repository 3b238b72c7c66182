import { mixOf } from "../pipeline/mix.ts";
import { Fault } from "../shared/fault.ts";
import { nameOf } from "../triage/item-name.ts";
import { keepStreamHeads } from "./chain-heads.ts";
import { Crowded, Lanes, LateEnds, Meta, ReviewEntries, Reviews, Rows, Stages } from "./collections.ts";
import { LATE_END, type LaneDoc } from "./documents.ts";
import { forgetReached, keyIndexes } from "./keyed-index.ts";
import { keepFirstVersions, keepQuarantinesAndEnds } from "./policy-versions.ts";
import type { Collection, Doc, Storage, Stored, Unit } from "./port.ts";
import type { StoredFacts } from "./review-documents.ts";

/**
 * Forward migrations of the documents, in order; each runs once, in one transaction with the record of the format it leads to
 * (`meta`, id `format`). Tables, columns and indexes are not their business: an adapter makes them from `collections.ts` when it opens.
 * What touches more documents than a transaction holds is done in `before`.
 */
export interface Migration {
  readonly to: number;
  /** In transactions of its own, before `up`: may be broken off and taken up again, by several processes at once. */
  before?(storage: Storage): Promise<void>;
  up(unit: Unit): Promise<void>;
}

/** With the key of keyed hashes in indexes (`keys.ts`); without it a store that has something to be keyed is refused. */
export const migrationsWith = (index: Uint8Array | undefined): readonly Migration[] => [
  // Format 1 is the first one: a new store starts there and holds nothing to change.
  { to: 1, up: async () => {} },
  { to: 2, up: placeForReaders },
  {
    to: 3,
    up: async (unit) => {
      await markLateEnds(unit);
      await nameReviews(unit);
    },
  },
  { to: 4, before: (storage) => keyIndexes(storage, index), up: forgetReached },
  { to: 5, up: keepFirstVersions },
  { to: 6, before: keepStreamHeads, up: keepQuarantinesAndEnds },
];
export const MIGRATIONS: readonly Migration[] = migrationsWith(undefined);

/** Format 2 (order): rows say where they stand in a block, stages where they were left, and lanes what is in them. */
async function placeForReaders(unit: Unit): Promise<void> {
  const lanes = new Map<string, LaneDoc>();
  const note = (id: string, first: number, newest: number, left?: number): void => {
    const held = lanes.get(id);
    lanes.set(id, {
      id,
      first: Math.min(held?.first ?? first, first),
      newest: Math.max(held?.newest ?? newest, newest),
      ...(left === undefined && held?.left === undefined ? {} : { left: Math.max(left ?? 0, held?.left ?? 0) }),
    });
  };
  let newest = 0;
  const keys = new Set<string>();
  const crowded = new Set<string>();
  const rows = unit.collection(Rows);
  const stages = unit.collection(Stages);
  const lateEnds = unit.collection(LateEnds);
  for await (const row of everyDocument(rows)) {
    // What it left at was not kept: the instant it came where it went is the nearest.
    const held = row.stages ?? [];
    const past = held.map((stage, i) => ({ ...stage, left: held[i + 1]?.stamp ?? row.stamp }));
    const mix = mixOf(row.stixId, row.version, row.ends !== undefined);
    await rows.put({ ...row, mix, ...(past.length === 0 ? {} : { stages: past }) });
    note(row.lane, row.stamp, row.stamp);
    for (const [i, { lane, stamp, left }] of past.entries()) {
      note(lane, stamp, left, left);
      const stage = await stages.get(`${row.id}@${i}`);
      if (stage !== undefined) await stages.put({ ...stage, left, mix });
    }
    newest = Math.max(newest, row.stamp);
    // An edge may appear with either of its ends: which of them came first is not known any more.
    for (const end of row.ends ?? []) crowded.add(end);
    for (const key of row.fold === "alone" ? [row.stixId] : [row.stixId, row.thing]) {
      if (keys.has(key)) crowded.add(key);
      keys.add(key);
    }
    await lateEnds.insertNew((row.ends ?? []).map((end) => ({ id: `${row.id}|${end}`, end, row: row.id })));
  }
  await unit.collection(Crowded).insert([...crowded].map((id, n) => ({ id, n })));
  await unit.collection(Meta).insertNew([{ id: "crowded", value: crowded.size }]);
  await unit.collection(Lanes).insert([...lanes.values()]);
  if (newest > 0) await unit.collection(Meta).insertNew([{ id: "clock", value: newest }]);
}

/** Format 3: an edge's own row says which of its ends may come later than it. */
async function markLateEnds(unit: Unit): Promise<void> {
  const rows = unit.collection(Rows);
  const late = unit.collection(LateEnds);
  for (;;) {
    const page = await late.all({ limit: 1000 });
    for (const { end, row } of page) {
      const held = await rows.get(row);
      if (held?.ends?.includes(end) === true)
        await rows.put({ ...held, ends: held.ends.map((one) => (one === end ? LATE_END + one : one)) });
    }
    await late.remove(page.map(({ id }) => id));
    if (page.length < 1000) return;
  }
}

/** Format 3, too: reviews that were made before items had names get theirs, and say whether their batch has others; what they go by is a list of rules. */
async function nameReviews(unit: Unit): Promise<void> {
  const reviews = unit.collection(Reviews);
  const batches = new Map<string, number>();
  for await (const { batch } of everyDocument(reviews)) batches.set(batch, (batches.get(batch) ?? 0) + 1);
  for await (const review of everyDocument(reviews)) {
    const { batch, report, names }: Partial<typeof review> & { batch: string } = review;
    if (names !== undefined) continue;
    const own = [...new Set([nameOf(batch, report), nameOf(batch, undefined)])];
    await reviews.put({ ...review, names: own, many: (batches.get(batch) ?? 1) > 1 });
  }
  const entries = unit.collection(ReviewEntries);
  for await (const { facts, edges, ...entry } of everyDocument(entries)) {
    const held: HeldFacts | undefined = facts;
    if (held?.rule === undefined || edges !== undefined) continue;
    await entries.put({ ...entry, ...partedFacts(held) });
  }
}

type HeldFacts = StoredFacts & { readonly rule?: { readonly is: string } };
const EDGES: ReadonlySet<string> = new Set(["relationship", "sighting"]);

/** Facts with one rule and edges among the rest, as they are kept now: a list of rules, and what edges say apart. */
function partedFacts({ rule, ...facts }: HeldFacts): { facts?: StoredFacts; edges?: StoredFacts } {
  const kinds = Object.entries(facts.kinds);
  const part = (edge: boolean): StoredFacts | undefined => {
    const own = kinds.filter(([kind]) => EDGES.has(kind) === edge);
    const n = own.reduce((sum, [, count]) => sum + count, 0);
    if (n === 0) return undefined;
    const rules = rule === undefined ? {} : { [rule.is]: 1 };
    // What was said stays with the objects where there are both.
    const said = edge && n < facts.n ? { fresh: {}, confidence: { sum: 0, n: 0 }, things: [] } : facts;
    return { ...said, n, kinds: Object.fromEntries(own), rules };
  };
  const [objects, edges] = [part(false), part(true)];
  return { ...(objects === undefined ? {} : { facts: objects }), ...(edges === undefined ? {} : { edges }) };
}

async function* everyDocument<T extends Doc>(collection: Collection<T>): AsyncGenerator<Stored<T>> {
  for (let after: string | undefined; ; ) {
    const page = await collection.all({ limit: 1000, ...(after === undefined ? {} : { after }) });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < 1000) return;
  }
}

/** The format that a list of migrations leads to. */
export const latestFormat = (migrations: readonly Migration[]): number => migrations.at(-1)?.to ?? 0;

const formatOf = (value: string | number | undefined): number => (typeof value === "number" ? value : 0);

/** The format that a store records; 0 where nothing is recorded yet. */
export async function storeFormat(unit: Unit): Promise<number> {
  return formatOf((await unit.collection(Meta).get("format"))?.value);
}

/** A store made by a newer version is not touched: `Fault("unavailable")`, `store.format`. */
export function refuseNewerFormat(held: number, migrations: readonly Migration[]): void {
  const known = latestFormat(migrations);
  if (held > known) {
    throw new Fault(
      "unavailable",
      `The store has format ${held}; this version knows formats up to ${known}. Start it with the newer version that wrote it.`,
      { code: "store.format" },
    );
  }
}

/** Runs what is missing, in order; several processes may start at once, and each step still runs once. */
export async function migrate(storage: Storage, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  refuseNewerFormat(await storeFormat(storage), migrations);
  // A new store holds nothing to change.
  await storage.transaction(async (unit) => {
    if ((await storeFormat(unit)) === 0 && (await unit.collection(Meta).all({ limit: 1 })).length === 0)
      await unit.collection(Meta).insert([{ id: "format", value: latestFormat(migrations) }]);
  });
  for (const migration of migrations) {
    if (migration.before !== undefined && (await storeFormat(storage)) < migration.to) await migration.before(storage);
    await storage.transaction(async (unit) => {
      const meta = unit.collection(Meta);
      const held = await meta.get("format");
      if (formatOf(held?.value) >= migration.to) return;
      await migration.up(unit);
      if (held === undefined) await meta.insert([{ id: "format", value: migration.to }]);
      else await meta.put({ ...held, value: migration.to });
    });
  }
}
