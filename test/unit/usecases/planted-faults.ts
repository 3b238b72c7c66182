import { join } from "node:path";
import { sha256 } from "../../../server/shared/digest.ts";
import {
  Accounts,
  ApiKeys,
  Audit,
  Crowded,
  Disclosures,
  Emergencies,
  Jobs,
  Labels,
  Lanes,
  LateEnds,
  MarkingsTold,
  Meta,
  Readers,
  Receipts,
  ReviewEntries,
  Reviews,
  Rows,
  Stages,
  Tallies,
  TearLines,
} from "../../../server/storage/collections.ts";
import { LATE_END, type RowDoc } from "../../../server/storage/documents.ts";
import type { Collection, CollectionSpec, Doc, Stored } from "../../../server/storage/port.ts";
import { labelEntry } from "../../../server/usecases/snapshot.ts";
import { remadeRows } from "../../../server/usecases/verify-store/remade-rows.ts";
import { onDatabase } from "../../support/mongo-database.ts";
import { openRawSqlite, type RawSqlite } from "../../support/raw-sqlite.ts";
import type { TemporaryWorld } from "../../support/temporary-world.ts";
import { BESIDE, HASHED, LONELY, RULED } from "../../support/used-world.ts";
import { STORE } from "../../support/which-store.ts";

/** A store that was made wrong on purpose, in one way. */
export interface Planted {
  readonly name: string;
  /** What is found more than before, by code, each once or more often. */
  readonly found: readonly string[];
  plant(world: TemporaryWorld): Promise<void>;
}

async function everything<T extends Doc>(collection: Collection<T>): Promise<Stored<T>[]> {
  const found: Stored<T>[] = [];
  for (;;) {
    const after = found.at(-1)?.id;
    const page = await collection.all({ limit: 1000, ...(after === undefined ? {} : { after }) });
    found.push(...page);
    if (page.length < 1000) return found;
  }
}

async function one<T extends Doc>(
  { storage }: TemporaryWorld,
  spec: CollectionSpec<T>,
  is: (doc: Stored<T>) => boolean,
): Promise<Stored<T>> {
  const found = (await everything(storage.collection(spec))).find(is);
  if (found === undefined) throw new Error(`there is no such document in ${spec.name}`);
  return found;
}

const rowOf = (world: TemporaryWorld, id: string, cut = false): Promise<Stored<RowDoc>> =>
  one(world, Rows, (row) => row.stixId === id && row.cut.length > 0 === cut && !row.lane.endsWith("-"));

/** A change that goes around the port: the embedded store's file, or the database itself. */
const raw = (
  world: TemporaryWorld,
  sql: (database: RawSqlite) => void,
  mongo: Parameters<typeof onDatabase<void>>[1],
): Promise<void> => {
  const { MONGODB_URI, DATA_DIR } = world.core.config;
  if (MONGODB_URI !== undefined) return onDatabase(MONGODB_URI, mongo);
  const database = openRawSqlite(join(DATA_DIR, "content.sqlite"));
  try {
    sql(database);
  } finally {
    database.close();
  }
  return Promise.resolve();
};

/** The words of a tier and of the whole, as the store holds them. */
async function wordsOf(world: TemporaryWorld, tier: RowDoc): Promise<{ own: string[]; hidden: string[] }> {
  const { storage, core } = world;
  const own = await storage.collection(Rows).get(tier.contribution);
  const label = await storage.collection(Labels).get(tier.label);
  if (own === undefined || label === undefined) throw new Error("no such contribution");
  const made = remadeRows(own, labelEntry(label.id, label.label), [tier.cut], core.secrets);
  if ("problem" in made) throw new Error(made.problem);
  const words = made.live.get(tier.id)?.terms ?? [];
  return { own: words, hidden: (made.live.get(own.id)?.terms ?? []).filter((word) => !words.includes(word)) };
}

/** Rows that a fault has spoilt, and those beside them. */
const SPOILT = new Set<string>();
/** A row in the middle of the audit that is not of a batch; another one for each fault. */
async function auditRow(world: TemporaryWorld): Promise<Stored<(typeof Audit)["shape"]["_output"]>> {
  const rows = await everything(world.storage.collection(Audit));
  const last = new Map<string, number>();
  for (const { stream, n } of rows) last.set(stream, Math.max(last.get(stream) ?? 0, n));
  const batches = new Set(rows.flatMap(({ id, what }) => (what === "batch.applied" ? [id] : [])));
  const fit = rows.filter(
    ({ id, stream, n, what }) =>
      what !== "batch.applied" &&
      !batches.has(`${stream}:${n - 1}`) &&
      n > 1 &&
      n < (last.get(stream) ?? 0) &&
      !SPOILT.has(`${stream}:${n - 1}`) &&
      !SPOILT.has(id),
  );
  const [row] = fit.sort((a, b) => a.n - b.n);
  if (row === undefined) throw new Error("no row of the audit is left to spoil");
  for (const n of [row.n - 1, row.n, row.n + 1]) SPOILT.add(`${row.stream}:${n}`);
  return row;
}

export const PLANTED: readonly Planted[] = [
  {
    name: "a tier's row is removed",
    found: ["verify.tier_missing", "verify.entry_orphan"],
    async plant(world) {
      const row = await rowOf(world, RULED.id, true);
      await world.storage.collection(Rows).remove([row.id]);
    },
  },
  {
    name: "bytes are edited",
    found: ["verify.row_hash"],
    async plant(world) {
      const row = await one(world, Rows, ({ stixId, kind }) => stixId === HASHED.id && kind === "file");
      const bytes = Buffer.from(Buffer.from(row.bytes).toString().replace("hashed", "hushed"));
      await world.storage.collection(Rows).put({ ...row, bytes: new Uint8Array(bytes) });
    },
  },
  {
    name: "bytes are edited and their digest mended",
    found: ["verify.row_name"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 7"'));
      const bytes = Buffer.from(Buffer.from(row.bytes).toString().replace('many 7"', 'many 8"'));
      const terms = ["many", "8", ...(await wordsOf(world, row)).own];
      await world.storage.collection(Rows).put({ ...row, bytes: new Uint8Array(bytes), hash: sha256(bytes), terms });
    },
  },
  {
    name: "the values that a row is found by are cut short",
    found: ["verify.row_key"],
    async plant(world) {
      const row = await one(
        world,
        Rows,
        ({ stixId, values, originator }) => stixId === HASHED.id && values !== undefined && originator === "US-CISA",
      );
      await world.storage.collection(Rows).put({ ...row, values: [] });
    },
  },
  {
    name: "a label's text is another",
    found: ["verify.label_id"],
    async plant(world) {
      const { label: id } = await rowOf(world, LONELY.id);
      const label = await one(world, Labels, (held) => held.id === id);
      await world.storage.collection(Labels).put({ ...label, label: { ...label.label, tlp: "AMBER+STRICT" } });
    },
  },
  {
    name: "a lane's newest is behind",
    found: ["verify.lane_newest"],
    async plant(world) {
      const { lane: id } = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 11"'));
      const lane = await one(world, Lanes, (held) => held.id === id);
      await world.storage.collection(Lanes).put({ ...lane, newest: lane.first });
    },
  },
  {
    name: "a lane's first is too late",
    found: ["verify.lane_first"],
    async plant(world) {
      const { lane: id } = await rowOf(world, LONELY.id);
      const lane = await one(world, Lanes, (held) => held.id === id);
      await world.storage.collection(Lanes).put({ ...lane, first: lane.first + 1 });
    },
  },
  {
    name: "a stamp stands twice in a lane",
    found: ["verify.unique"],
    async plant(world) {
      const [first, second] = (await everything(world.storage.collection(Rows))).filter(({ bytes }) =>
        /many 2[01]"/.test(Buffer.from(bytes).toString()),
      );
      if (first === undefined || second === undefined) throw new Error("two rows are needed");
      await raw(
        world,
        (database) => {
          database.exec('DROP INDEX "rows__lane"');
          database.prepare("UPDATE rows SET stamp = ? WHERE id = ?").run(first.stamp, second.id);
          database.exec('CREATE INDEX "rows__lane" ON "rows" ("lane", "stamp")');
        },
        async (database) => {
          const rows = database.collection<{ _id: string }>("rows");
          await rows.dropIndex("lane");
          await rows.updateOne({ _id: second.id }, { $set: { stamp: first.stamp } });
          await rows.createIndex({ lane: 1, stamp: 1 }, { name: "lane" });
        },
      );
    },
  },
  {
    name: "a stage is removed",
    found: ["verify.stage_missing"],
    async plant(world) {
      const stage = await one(world, Stages, ({ id }) => id.endsWith("@0"));
      await world.storage.collection(Stages).remove([stage.id]);
    },
  },
  {
    name: "a stage is of a row that does not tell of it",
    found: ["verify.stage_row"],
    async plant(world) {
      const stage = await one(world, Stages, ({ id }) => id.endsWith("@0"));
      const { rev: _, ...held } = stage;
      await world.storage.collection(Stages).insert([{ ...held, id: `${stage.row}@7` }]);
    },
  },
  {
    name: "a row's words are gone from the search index",
    found: ["verify.term_missing"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 30"'));
      await world.storage.collection(Rows).put({ ...row, terms: [] });
    },
  },
  {
    name: "one word of a row is gone from the search index, around the port",
    found: ["verify.term_missing"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 31"'));
      await raw(
        world,
        (database) => {
          database.exec(`DELETE FROM rows__search WHERE rowid = (SELECT _row FROM rows WHERE id = '${row.id}')`);
        },
        async (database) => {
          await database.collection<{ _id: string }>("rows").updateOne({ _id: row.id }, { $pop: { _t: 1 } });
        },
      );
    },
  },
  {
    name: "a tier is found by a word that it leaves out",
    found: ["verify.term_extra"],
    async plant(world) {
      const tiers = (await everything(world.storage.collection(Rows))).filter(
        ({ cut, lane }) => cut.length > 0 && !lane.endsWith("-"),
      );
      const [tier] = tiers;
      if (tier === undefined) throw new Error("there is no tier");
      const { own, hidden } = await wordsOf(world, tier);
      await world.storage.collection(Rows).put({ ...tier, terms: [...own, ...hidden.slice(0, 1)] });
    },
  },
  {
    name: "an entry of a list's index is gone",
    // On MongoDB the index is the server's own: there the list itself is another.
    found: [STORE === "mongo" ? "verify.row_facts" : "verify.multi_index"],
    async plant(world) {
      const row = await one(world, Rows, ({ ends }) => ends !== undefined);
      await raw(
        world,
        (database) => {
          database.prepare("DELETE FROM rows__ends WHERE id = ? AND value = ?").run(row.id, row.ends?.[0]);
        },
        async (database) => {
          await database.collection<{ _id: string }>("rows").updateOne({ _id: row.id }, { $set: { ends: [] } });
        },
      );
    },
  },
  {
    name: "an edge does not say that an end of it comes late",
    found: ["verify.end_late"],
    async plant(world) {
      const row = await one(world, Rows, ({ ends = [] }) => ends.some((end) => end.startsWith(LATE_END)));
      await world.storage
        .collection(Rows)
        .put({ ...row, ends: (row.ends ?? []).map((end) => end.replace(LATE_END, "")) });
    },
  },
  {
    name: "a crowded key is gone",
    found: ["verify.crowded_missing", "verify.counter", "verify.dense"],
    async plant(world) {
      const key = await one(world, Crowded, ({ id }) => id === HASHED.id);
      await world.storage.collection(Crowded).remove([key.id]);
    },
  },
  {
    name: "the labels' counter is off",
    found: ["verify.counter"],
    async plant(world) {
      const counter = await one(world, Meta, ({ id }) => id === "labels");
      await world.storage.collection(Meta).put({ ...counter, value: Number(counter.value) + 1 });
    },
  },
  {
    name: "the clock is behind",
    found: ["verify.clock"],
    async plant(world) {
      const clock = await one(world, Meta, ({ id }) => id === "clock");
      await world.storage.collection(Meta).put({ ...clock, value: 1 });
    },
  },
  {
    name: "a row stands in another lane",
    found: ["verify.row_lane", "verify.lane_newest", "verify.tally", "verify.entry_missing"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 40"'));
      const { lane } = await rowOf(world, LONELY.id);
      const terms = (await wordsOf(world, row)).own;
      await world.storage.collection(Rows).put({ ...row, lane, terms });
    },
  },
  {
    name: "an audit row is edited",
    found: ["verify.chain_digest"],
    async plant(world) {
      const row = await auditRow(world);
      await world.storage.collection(Audit).put({ ...row, actor: "somebody" });
    },
  },
  {
    name: "an audit row is removed",
    found: ["verify.chain_missing"],
    async plant(world) {
      const row = await auditRow(world);
      await world.storage.collection(Audit).remove([row.id]);
    },
  },
  {
    name: "two audit rows changed places",
    found: ["verify.chain_prev"],
    async plant(world) {
      const row = await auditRow(world);
      const audit = world.storage.collection(Audit);
      const before = await audit.get(`${row.stream}:${row.n - 1}`);
      if (before === undefined) throw new Error("there is no row before it");
      const place = ({ id, stream, n, rev }: typeof row): object => ({ id, stream, n, rev });
      await audit.put({ ...row, ...place(before) } as typeof row);
      await audit.put({ ...before, ...place(row) } as typeof row);
    },
  },
  {
    name: "the audit row of a batch is removed",
    found: ["verify.chain_missing", "verify.receipt_audit"],
    async plant(world) {
      const row = await one(world, Audit, ({ what, n, id }) => what === "batch.applied" && n > 1 && !SPOILT.has(id));
      await world.storage.collection(Audit).remove([row.id]);
    },
  },
  {
    name: "a disclosure is removed",
    found: ["verify.chain_missing"],
    async plant(world) {
      const row = await one(world, Disclosures, ({ n }) => n === 1);
      await world.storage.collection(Disclosures).remove([row.id]);
    },
  },
  {
    name: "a receipt's rows are not there",
    found: ["verify.receipt_row", "verify.entry_orphan"],
    async plant(world) {
      const row = await rowOf(world, LONELY.id);
      await world.storage.collection(Rows).remove([row.id]);
    },
  },
  {
    name: "a receipt is not there",
    found: ["verify.row_batch", "verify.audit_receipt", "verify.refers"],
    async plant(world) {
      const { batch } = await one(
        world,
        Rows,
        ({ stixId, originator }) => stixId === HASHED.id && originator === "KR-KISA",
      );
      await world.storage.collection(Receipts).remove([batch]);
    },
  },
  {
    name: "an entry of the queue is of no review",
    found: ["verify.entry_orphan"],
    async plant(world) {
      const { rev: _, ...entry } = await one(world, ReviewEntries, () => true);
      await world.storage.collection(ReviewEntries).insert([{ ...entry, id: `gone|${entry.lane}`, review: "gone" }]);
    },
  },
  {
    name: "a review is not there",
    found: ["verify.entry_orphan", "verify.review_missing"],
    async plant(world) {
      const { batch } = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 50"'));
      const review = await one(world, Reviews, (held) => held.batch === batch);
      await world.storage.collection(Reviews).remove([review.id]);
    },
  },
  {
    name: "an entry of the queue waits in another place",
    found: ["verify.entry_place"],
    async plant(world) {
      const entry = await one(world, ReviewEntries, ({ place }) => place.includes("|open|"));
      await world.storage.collection(ReviewEntries).put({ ...entry, place: "JPN|accepted" });
    },
  },
  {
    name: "a reader's intervals are in disorder",
    found: ["verify.reader_intervals"],
    async plant(world) {
      const reader = await one(world, Readers, ({ intervals }) => intervals.length > 1);
      await world.storage.collection(Readers).put({ ...reader, intervals: reader.intervals.toReversed() });
    },
  },
  {
    name: "a reader was observed with labels that there are not",
    found: ["verify.reader_ahead"],
    async plant(world) {
      const reader = await one(world, Readers, () => true);
      await world.storage.collection(Readers).put({ ...reader, labels: 9999 });
    },
  },
  {
    name: "a key is nobody's",
    found: ["verify.refers"],
    async plant({ storage }) {
      const [key] = await storage.collection(ApiKeys).all({ limit: 1 });
      if (key !== undefined) await storage.collection(ApiKeys).put({ ...key, account: "nobody" });
    },
  },
  {
    name: "an emergency is of no release",
    found: ["verify.refers"],
    plant: ({ storage }) => storage.collection(Emergencies).insert([{ id: "US-FBI|x", release: "gone" }]),
  },
  {
    name: "a tear-line is of no contribution",
    found: ["verify.refers"],
    plant: ({ storage }) =>
      storage.collection(TearLines).insert([
        {
          ...{ id: "gone", agency: "US-FBI", parent: "tool--x", object: "tool--y" },
          ...{ reason: "planted", by: "u1", at: 0 },
        },
      ]),
  },
  {
    name: "an account is of no shape",
    found: ["verify.policy_version", "verify.shape"],
    async plant(world) {
      const account = await one(world, Accounts, ({ id }) => id === "k2");
      await world.storage.collection(Accounts).put({ ...account, role: "king" as never });
    },
  },
  {
    name: "a tally counts failures that there were not",
    found: ["verify.tally"],
    plant: ({ storage }) => storage.collection(Tallies).insert([{ id: "order-failures|order-US-FBI", n: 2 }]),
  },
  {
    name: "a job runs and is nobody's",
    found: ["verify.job"],
    async plant(world) {
      const { rev, leaseHolder: _, ...job } = await one(world, Jobs, () => true);
      await world.storage.collection(Jobs).put({ ...job, rev, status: "running" });
    },
  },
  {
    name: "a row says that it came another way",
    found: ["verify.row_name"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 60"'));
      await world.storage.collection(Rows).put({ ...row, channel: "elsewhere" });
    },
  },
  {
    name: "a tier says other than its whole row from whom it came",
    found: ["verify.row_copies"],
    async plant(world) {
      const row = await one(world, Rows, ({ cut, lane }) => cut.length > 0 && !lane.endsWith("-"));
      await world.storage.collection(Rows).put({ ...row, flags: ["other"] });
    },
  },
  {
    name: "a tier's bytes are others, with their digest",
    found: ["verify.tier_bytes"],
    async plant(world) {
      const row = await one(world, Rows, ({ cut, lane }) => cut.length > 0 && !lane.endsWith("-"));
      const bytes = Buffer.from(Buffer.from(row.bytes).toString().replace("2026-03-01", "2026-03-02"));
      await world.storage.collection(Rows).put({ ...row, bytes: new Uint8Array(bytes), hash: sha256(bytes) });
    },
  },
  {
    name: "a row's place among others is another",
    found: ["verify.row_facts"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 61"'));
      await world.storage.collection(Rows).put({ ...row, mix: row.mix + 1 });
    },
  },
  {
    name: "a row is nobody's",
    found: ["verify.row_account"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 65"'));
      await world.storage.collection(Rows).put({ ...row, receivedFrom: "nobody" });
    },
  },
  {
    name: "a row's bytes are no object",
    found: ["verify.row_bytes"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 62"'));
      const bytes = Buffer.from("[]");
      await world.storage.collection(Rows).put({ ...row, bytes: new Uint8Array(bytes), hash: sha256(bytes) });
    },
  },
  {
    name: "a row's label is not there",
    found: ["verify.row_label"],
    async plant(world) {
      const row = await one(world, Rows, ({ bytes }) => Buffer.from(bytes).includes('many 63"'));
      await world.storage.collection(Rows).put({ ...row, label: "aaaaaaaaaaaaaaaa" });
    },
  },
  {
    name: "a tier stands that its label never had",
    found: ["verify.tier_extra", "verify.lane_newest", "verify.crowded_missing", "verify.tally"],
    async plant(world) {
      const { rev: _, ...row } = await rowOf(world, BESIDE.id);
      const cut = { ...row, id: `${row.id}.0000000000`, cut: ["name"], stamp: row.stamp + 1000 };
      await world.storage.collection(Rows).insert([cut]);
    },
  },
  {
    name: "what left a lane is not known",
    found: ["verify.lane_left"],
    async plant(world) {
      const { rev, left: _, ...lane } = await one(world, Lanes, ({ left }) => left !== undefined);
      await world.storage.collection(Lanes).put({ ...lane, rev });
    },
  },
  {
    name: "a row left a place before it came there",
    found: ["verify.stage_chain", "verify.stage_missing", "verify.stage_row"],
    async plant(world) {
      const row = (await everything(world.storage.collection(Rows))).findLast(({ stages }) => stages !== undefined);
      if (row === undefined) throw new Error("no row was moved");
      const stages = (row.stages ?? []).map((stage) => ({ ...stage, left: stage.stamp - 1 }));
      await world.storage.collection(Rows).put({ ...row, stages });
    },
  },
  {
    name: "a record of a late end is left",
    found: ["verify.late_ends"],
    plant: ({ storage }) => storage.collection(LateEnds).insert([{ id: "a|b", end: "b", row: "a" }]),
  },
  {
    name: "a reader was observed as another",
    found: ["verify.reader_account"],
    async plant(world) {
      const reader = await one(world, Readers, ({ id }) => id === "k1");
      await world.storage.collection(Readers).put({ ...reader, viewer: { ...reader.viewer, id: "j2" } });
    },
  },
  {
    name: "a reader lost a lane that there never was",
    found: ["verify.reader_lane"],
    async plant(world) {
      const reader = await one(world, Readers, ({ id }) => id === "u2");
      const intervals = [...reader.intervals, { lane: "aaaaaaaaaaaaaaaaa" }];
      await world.storage.collection(Readers).put({ ...reader, intervals });
    },
  },
  {
    name: "a marking was told of to nobody",
    found: ["verify.marking_told"],
    plant: ({ storage }) =>
      storage
        .collection(MarkingsTold)
        .insert([{ id: "nobody|originals|m", shelf: "nobody|originals", marking: "m", place: 1 }]),
  },
];
