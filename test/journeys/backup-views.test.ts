import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { openTarget } from "../../server/compose.ts";
import { Rows } from "../../server/storage/collections.ts";
import { latestFormat, MIGRATIONS } from "../../server/storage/migrations.ts";
import { checkBackup } from "../../server/usecases/backup/read-backup.ts";
import { compareLoaded, endRestore, loadBackup } from "../../server/usecases/backup/restore.ts";
import { backupOf, streamOf } from "../support/backups.ts";
import { FULL } from "../support/drawn.ts";
import { ownDatabase } from "../support/mongo-database.ts";
import { mongoSource } from "../support/mongo-server.ts";
import { TRI, tool } from "../support/samples.ts";
import { type OwnStore, ownStore } from "../support/temporary-store.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";
import { STORE } from "../support/which-store.ts";
import { Alike, everyAccount, readAll, readLists, USED_SETTINGS, useWorld } from "../support/world-in-use.ts";
import { SEATS, type Seat } from "../twin/seats.ts";

jest.setTimeout(900_000);

const seat = (id: string): Seat => SEATS.find((one) => one.id === id) as Seat;
const partsOf = ({ core }: TemporaryWorld) => ({ ...core, key: core.keys.backup });

/** A world over a store that was restored from a backup. */
async function restored(of: TemporaryWorld, bytes: Buffer, own: OwnStore): Promise<TemporaryWorld> {
  const { keys, config } = of.core;
  copyFileSync(join(config.DATA_DIR, "secret.key"), join(own.folder, "secret.key"));
  const reading = { key: keys.backup, format: latestFormat(MIGRATIONS) };
  await checkBackup(streamOf(bytes), reading);
  const { MONGODB_URI: _, ...plain } = config;
  const target = await openTarget({ ...plain, ...own.settings }, keys, of.steer.moments);
  const loaded = await loadBackup(target, streamOf(bytes), reading, of.steer.moments());
  await compareLoaded(target.storage, loaded.collections);
  await endRestore(target.storage, loaded);
  await target.reopen();
  return TemporaryWorld.open({ settings: USED_SETTINGS, over: own });
}

/** A place on the other engine. */
async function onMongo(): Promise<OwnStore> {
  const [{ folder, remove }, database] = [await ownStore(), await ownDatabase()];
  return {
    ...{ folder, settings: { DATA_DIR: folder, MONGODB_URI: database.uri } },
    async remove() {
      await database.drop();
      await remove();
    },
  };
}

const POLLERS = ["j4", "k3", "f3", "u1", "rel-JP-NPA"];
const COLLECTIONS = ["originals", "consolidated", "recalls"].map((name) => `/taxii2/dprk/collections/${name}/objects/`);
type Cursors = Map<string, { account: string; path: string; next?: string; after?: string }>;

/** Where pollers stand: somewhere in the middle of each collection. */
async function firstPages(world: TemporaryWorld): Promise<Cursors> {
  const held: Cursors = new Map();
  for (const account of POLLERS)
    for (const path of COLLECTIONS) {
      const { json, headers } = await world.ask(account, { method: "GET", path: `${path}?limit=3` });
      const { next } = json as { next?: string };
      const after = headers["x-taxii-date-added-last"];
      held.set(`${account} ${path}`, {
        ...{ account, path },
        ...(next === undefined ? {} : { next }),
        ...(after === undefined ? {} : { after }),
      });
    }
  return held;
}

/** Goes on from there, to the end; gives how many objects came, and where each stands then. */
async function goOn(alike: Alike, cursors: Cursors): Promise<{ objects: number; cursors: Cursors }> {
  const held: Cursors = new Map();
  let objects = 0;
  for (const [name, { account, path, next: begun, after: since }] of cursors) {
    for (const how of ["next", "added_after"] as const) {
      let [next, after] = [how === "next" ? begun : undefined, how === "next" ? undefined : since];
      for (let more = true; more; ) {
        const asked = next !== undefined ? `&next=${next}` : after === undefined ? "" : `&added_after=${after}`;
        const reply = await alike.ask(account, { method: "GET", path: `${path}?limit=50${asked}` });
        const body = reply.json as { more?: boolean; next?: string; objects?: unknown[] };
        objects += body.objects?.length ?? 0;
        after = reply.headers["x-taxii-date-added-last"] ?? after;
        next = how === "next" ? body.next : undefined;
        more = body.more === true;
      }
      held.set(name, { account, path, ...(after === undefined ? {} : { after }) });
    }
  }
  return { objects, cursors: held };
}

/** On the stand-in it takes a minute and a half; each time `backup.test.ts` moves a store to the other engine and back. */
const OTHER_TOO = mongoSource() !== undefined && (FULL || STORE === "mongo" || mongoSource() !== "stand-in");

test("a world in which everything was done – backed up and restored, in a full run through the other engine too – every account's views are byte-equal to those of the world that went on, and readers with cursors go on", async () => {
  const world = await TemporaryWorld.open({ settings: USED_SETTINGS });
  const writers = [seat("u1"), seat("rel-JP-NPA")];
  const left = await useWorld(world, { stories: [seat("u1")], writers }, 20260411);
  expect((await world.storage.collection(Rows).all({ limit: 1000 })).length).toBeGreaterThan(100);
  const cursors = await firstPages(world);
  const { bytes, totals } = await backupOf(partsOf(world));
  let other: TemporaryWorld;
  if (!OTHER_TOO) other = await restored(world, bytes, await ownStore());
  else {
    const away = await restored(world, bytes, await onMongo());
    const again = await backupOf(partsOf(away));
    expect(again.totals.collections).toEqual(totals.collections);
    other = await restored(world, again.bytes, await ownStore());
    // The first to look, and so the same in all three.
    await readLists(new Alike([world, other, away]), ["j4"]);
    await away.close();
  }
  const alike = new Alike([world, other]);
  alike.asked = 1000;
  const first = await goOn(alike, cursors);
  expect(first.objects).toBeGreaterThan(100);
  await alike.post("u3", [tool("after all"), tool("after that")], { label: { tlp: "GREEN", releases: [TRI] } });
  await alike.runJobs();
  const second = await goOn(alike, first.cursors);
  // By date alone each of the new ones comes to each poller of both collections once, and nothing else; those without a page before see all.
  expect(second.objects).toBeGreaterThan(0);
  // Of every account it takes two minutes, and on a stand-in of MongoDB half an hour.
  await readLists(alike, STORE === "sqlite" && FULL ? await everyAccount(world) : POLLERS);
  if (STORE === "sqlite") await readAll(alike, seat("u1"), left);
  await world.close();
  await other.close();
});
