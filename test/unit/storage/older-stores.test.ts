import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTarget } from "../../../server/compose.ts";
import { readConfig } from "../../../server/config.ts";
import { deriveKeys } from "../../../server/keys.ts";
import { openStore } from "../../../server/open-store.ts";
import { indexTerms } from "../../../server/pipeline/index-terms.ts";
import { termsOf } from "../../../server/pipeline/terms.ts";
import { FolderSpool } from "../../../server/spool.ts";
import { COLLECTIONS, Labels, Meta } from "../../../server/storage/collections.ts";
import type { LabelDoc, RowDoc } from "../../../server/storage/documents.ts";
import { latestFormat, MIGRATIONS, migrationsWith, storeFormat } from "../../../server/storage/migrations.ts";
import type { CollectionSpec, Doc } from "../../../server/storage/port.ts";
import { compareLoaded, endRestore, loadBackup } from "../../../server/usecases/backup/restore.ts";
import { findingsOf } from "../../../server/usecases/verify-store/verify-store.ts";
import { backupOf, streamOf } from "../../support/backups.ts";
import { FULL } from "../../support/drawn.ts";
import { ownDatabase } from "../../support/mongo-database.ts";
import { mongoSource } from "../../support/mongo-server.ts";
import { momentOf, START } from "../../support/steering.ts";
import { type OwnStore, ownStore } from "../../support/temporary-store.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";
import { STORE } from "../../support/which-store.ts";

jest.setTimeout(240_000);

/** A small store as a version of that format made it, with what readers saw then. */
interface Older {
  readonly secret: string;
  readonly views: Readonly<Record<string, readonly string[]>>;
  readonly documents: readonly (readonly [collection: string, doc: Doc & Readonly<Record<string, unknown>>])[];
}
const FORMATS = MIGRATIONS.map(({ to }) => to).slice(0, -1);
const read = (format: number): Older =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../cases/stores/format-${format}.json`), "utf8"));

const keysOf = ({ secret }: Older) => deriveKeys(Buffer.from(secret, "hex"));
const isBytes = (value: unknown): value is { readonly bytes: string } =>
  typeof value === "object" && value !== null && Object.keys(value).join() === "bytes";

/** From this format on, words of what is for few eyes are keyed. */
const KEYED = 4;

/** The words that a row was found by then. */
function termsThen(format: number, held: Older, row: Pick<RowDoc, "label" | "cut">, text: string): readonly string[] {
  if (format < KEYED) return termsOf(JSON.parse(text));
  const [, label] = held.documents.find(([name, { id }]) => name === Labels.name && id === row.label) ?? [];
  if (label === undefined) throw new Error(`there is no label ${row.label}`);
  return indexTerms(JSON.parse(text), (label as unknown as LabelDoc).label, row.cut, {
    key: keysOf(held).index,
    all: false,
  });
}

/** The document with its bytes, and with the words that were searched then. */
function revived(format: number, held: Older, name: string, doc: Older["documents"][number][1]): Doc {
  const fields = Object.entries(doc).map(([field, value]) =>
    isBytes(value) ? [field, new Uint8Array(Buffer.from(value.bytes))] : [field, value],
  );
  const row = doc as unknown as Pick<RowDoc, "label" | "cut">;
  const terms = name === "rows" && isBytes(doc.bytes) ? { terms: termsThen(format, held, row, doc.bytes.bytes) } : {};
  return { ...Object.fromEntries(fields), ...terms };
}

/** Makes that store in a place. */
async function make(format: number, held: Older, own: OwnStore): Promise<void> {
  writeFileSync(join(own.folder, "secret.key"), held.secret);
  const migrations = migrationsWith(keysOf(held).index).slice(0, format);
  const storage = await openStore(readConfig(own.settings), { migrations });
  expect(await storeFormat(storage)).toBe(format);
  for (const spec of COLLECTIONS as unknown as readonly CollectionSpec<Doc>[]) {
    const docs = held.documents.flatMap(([name, doc]) =>
      name === spec.name && !(name === Meta.name && doc.id === "format") ? [revived(format, held, name, doc)] : [],
    );
    if (docs.length > 0) await storage.collection(spec).insert(docs);
  }
  await storage.close();
}

/** Rows of format 1 were written before their text was put in an order that a reader's copy is cut from: this version would write other bytes, and reads these. */
const EARLIER: Readonly<Record<number, readonly string[]>> = {
  1: ["verify.row_facts", "verify.row_name", "verify.tier_bytes"],
};

/** What this version makes of it: nothing that verifying finds, and what readers saw. */
async function check(format: number, held: Older, own: OwnStore): Promise<void> {
  const world = await TemporaryWorld.open({ over: own });
  try {
    expect(await storeFormat(world.storage)).toBe(latestFormat(MIGRATIONS));
    const findings = await findingsOf(world.core);
    expect(findings.filter(({ code }) => EARLIER[format]?.includes(code) !== true)).toEqual([]);
    const seen: Record<string, string[]> = {};
    for (const [n, account] of Object.keys(held.views).entries()) {
      world.at(START + 100_000 + n * 1000, `seen/${account}`);
      const { json } = await world.ask(account, { method: "GET", path: "/api/v1/objects?view=originals" });
      seen[account] = (json as { objects: { id: string }[] }).objects.map(({ id }) => id);
    }
    expect(seen).toEqual(held.views);
    const { json } = await world.ask("k1", { method: "GET", path: "/api/v1/objects?text=kim" });
    expect((json as { objects: unknown[] }).objects.length).toBe(2);
  } finally {
    await world.close();
  }
}

/** Places for stores on the engines that there are. */
const engines: readonly (readonly [string, () => Promise<OwnStore>])[] = [
  [STORE, ownStore],
  ...(STORE === "sqlite" && mongoSource() !== undefined ? [["mongo", onMongo] as const] : []),
];
async function onMongo(): Promise<OwnStore> {
  const [own, database] = [await ownStore(), await ownDatabase()];
  return {
    ...{ folder: own.folder, settings: { DATA_DIR: own.folder, MONGODB_URI: database.uri } },
    async remove() {
      await database.drop();
      await own.remove();
    },
  };
}

/** On the stand-in each time the oldest alone, which goes through every step: what a step does is asked of the port, and every format of SQLite. */
const cases = engines.flatMap(([engine, place]) =>
  FORMATS.slice(0, engine === STORE || FULL ? FORMATS.length : 1).map((format) => [format, engine, place] as const),
);

test("the stores of older formats – one for each format before this one – are kept as cases", () => {
  expect(FORMATS.map((format) => read(format).documents.find(([, { id }]) => id === "format")?.[1].value)).toEqual(
    FORMATS,
  );
});

test.each(cases)(
  "a store of format %i on %s – opened – is brought forward: it verifies, and readers see what they saw",
  async (format, _, place) => {
    const [held, own] = [read(format), await place()];
    await make(format, held, own);
    await check(format, held, own);
  },
);

test.each(cases)(
  "a backup of a store of format %i – restored on %s – is brought forward: it verifies, and readers see what they saw",
  async (format, _, place) => {
    const [held, from, own] = [read(format), await ownStore(), await place()];
    const keys = keysOf(held);
    await make(format, held, from);
    const old = await openStore(readConfig(from.settings), { migrations: migrationsWith(keys.index).slice(0, format) });
    const { bytes, totals } = await backupOf({
      ...{ storage: old, key: keys.backup },
      spool: new FolderSpool(join(from.folder, "spool")),
    });
    await old.close();
    await from.remove();
    expect(totals.format).toBe(format);
    writeFileSync(join(own.folder, "secret.key"), held.secret);
    const target = await openTarget(readConfig(own.settings), keys);
    const reading = { key: keys.backup, format: latestFormat(MIGRATIONS) };
    const loaded = await loadBackup(target, streamOf(bytes), reading, momentOf(START, "restore"));
    await compareLoaded(target.storage, loaded.collections);
    await endRestore(target.storage, loaded);
    expect(await storeFormat(target.storage)).toBe(format);
    await target.reopen();
    await check(format, held, own);
  },
);
