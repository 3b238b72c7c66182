import { openCore } from "../../../server/compose.ts";
import { readConfig } from "../../../server/config.ts";
import { Rows, SealKeys } from "../../../server/storage/collections.ts";
import type { SealKeyDoc } from "../../../server/storage/documents.ts";
import type { Storage } from "../../../server/storage/port.ts";
import { applySeal, countUnsealed, renewSeal, rotateSeal, sealKeys } from "../../../server/usecases/seal-store.ts";
import { demonstrationGroup } from "../../support/demonstration.ts";
import { rawStore, textsIn } from "../../support/raw-store.ts";
import { TRI, tool } from "../../support/samples.ts";
import { momentOf, START } from "../../support/steering.ts";
import { type OwnStore, ownStore } from "../../support/temporary-store.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";
import { wrappedStorage } from "../../support/wrapped-storage.ts";

const NEW = { SEAL_KEY: "5e".repeat(32) };
const NEXT = { SEAL_KEY: "6f".repeat(32) };
const moment = momentOf(START, "seal");

let store: OwnStore;
beforeEach(async () => {
  store = await ownStore();
});
afterEach(() => store.remove());

const keeping = (): OwnStore => ({ ...store, remove: async () => undefined });
const openWorld = (settings: Readonly<Record<string, string>>): Promise<TemporaryWorld> =>
  TemporaryWorld.open({ settings, over: keeping() });
const openParts = (settings: Readonly<Record<string, string>>) =>
  openCore(readConfig({ LOG_LEVEL: "silent", ...settings, ...store.settings }));

/** A world with content of two agencies, RED and GREEN, with words and values, closed again. */
async function filled(settings: Readonly<Record<string, string>>): Promise<void> {
  const world = await openWorld(settings);
  await world.addDirectory(await demonstrationGroup());
  const posts = [
    ["u1", "RED", "Crimsonheron"],
    ["feed-JP-NPA", "GREEN", "Amberwhale"],
    ["feed-US-CISA", "GREEN", "Zebrafalcon"],
  ] as const;
  for (const [as, tlp, name] of posts) {
    world.at(START, name);
    const many = Array.from({ length: 150 }, (_, at) => tool(`${name} number${at}`));
    expect((await world.post(as, many, { label: { tlp, ...(tlp === "RED" ? {} : { releases: [TRI] }) } })).status).toBe(
      200,
    );
    world.at(START, `${name} broken`);
    await world.post(as, [{ type: "tool", name: `Brokenpelican ${name}` }], { label: { tlp } });
  }
  await world.close();
}
const answers = async (settings: Readonly<Record<string, string>>): Promise<string[]> => {
  const world = await openWorld(settings);
  const said: string[] = [];
  for (const as of ["u1", "j1", "k1"])
    for (const path of [
      "/api/v1/objects?limit=1000",
      "/api/v1/objects?text=Crimsonheron",
      "/api/v1/objects?text=amberwhale%20number7",
    ]) {
      world.at(START + 1000, path);
      said.push((await world.ask(as, { method: "GET", path })).body.toString());
    }
  await world.close();
  return said;
};

test("applySeal – on a store filled plain, broken off, taken up again and once more – seals all of it once, and every answer stays", async () => {
  await filled({});
  const before = await answers({});
  expect(before[1]).toContain("Crimsonheron");
  const core = await openParts(NEW);
  const plain = await countUnsealed(core);
  expect(plain).toMatchObject({ rows: 450, quarantined: 3, receipts: 6 });
  const all = Object.values(plain).reduce((a, b) => a + b);
  // Changed since, and so sealed, with the open words that it had.
  const [changed] = (await core.storage.collection(Rows).all({ limit: 999 })).filter(({ lane }) => lane !== "");
  if (changed !== undefined) await core.storage.collection(Rows).put(changed);
  expect(await countUnsealed(core)).toMatchObject({ rows: 449 });
  let tries = 0;
  const brittle = wrappedStorage(core.storage, {
    transaction: (work) => (++tries > 2 ? Promise.reject(new Error("power cut")) : core.storage.transaction(work)),
  });
  await expect(applySeal({ ...core, storage: brittle })).rejects.toThrow("power cut");
  const left = Object.values(await countUnsealed(core)).reduce((a, b) => a + b, 0);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(all);
  expect(await applySeal(core)).toBe(left);
  expect([await countUnsealed(core), await applySeal(core)]).toEqual([{}, 0]);
  const lanes = [...new Set((await core.storage.collection(Rows).all({ limit: 999 })).map(({ lane }) => lane))];
  for (const word of ["crimsonheron", "amberwhale", "zebrafalcon"])
    expect(await core.storage.collection(Rows).search({ scopes: lanes, terms: [word], limit: 9 })).toEqual([]);
  await core.storage.scrub();
  await core.storage.close();
  const texts = { red: "Crimsonheron", green: "Amberwhale", refused: "Brokenpelican" };
  expect(textsIn(await rawStore(store), texts)).toEqual([]);
  expect(await answers(NEW)).toEqual(before);
});

test("rotateSeal – broken off and taken up again, while a reader reads – wraps each key anew and touches no content; then the old key opens nothing", async () => {
  await filled(NEW);
  const core = await openParts({ ...NEXT, SEAL_KEY_OLD: NEW.SEAL_KEY });
  const revs = async (storage: Storage): Promise<unknown> =>
    (await storage.collection(Rows).all({ limit: 999 })).map(({ id, rev }) => [id, rev]);
  const before = await revs(core.storage);
  const keys = await sealKeys(core.storage);
  expect(keys.length).toBeGreaterThan(3);
  let puts = 0;
  const brittle = wrappedStorage(core.storage, {
    collection: (spec) => {
      const collection = core.storage.collection(spec);
      return {
        ...collection,
        put: (doc) =>
          spec.name === SealKeys.name && ++puts > 2 ? Promise.reject(new Error("power cut")) : collection.put(doc),
      };
    },
  });
  await expect(rotateSeal({ ...core, storage: brittle }, moment)).rejects.toThrow("power cut");
  const reader = await openParts({ ...NEXT, SEAL_KEY_OLD: NEW.SEAL_KEY });
  expect(await rotateSeal(core, moment)).toBe(keys.length - 2);
  expect(await rotateSeal(core, moment)).toBe(0);
  expect(await revs(reader.storage)).toEqual(before);
  const by = new Set((await sealKeys(reader.storage)).map(({ wrap }: SealKeyDoc) => wrap));
  expect([...by]).toEqual([reader.seal.wrappedBy]);
  await core.storage.close();
  await reader.storage.close();
  await expect(openParts(NEW)).rejects.toMatchObject({ code: "seal.key_wrong" });
  const after = await openParts(NEXT);
  expect(await revs(after.storage)).toEqual(before);
  await after.storage.close();
});

test("renewSeal – of an agency, of the group, of nobody – begins a key, or is refused; and without sealing all is refused in words", async () => {
  await filled(NEW);
  const core = await openParts(NEW);
  const keys = (await sealKeys(core.storage)).length;
  expect(await renewSeal(core, "US-FBI", moment)).toBe(keys + 1);
  expect(await renewSeal(core, "group", moment)).toBe(keys + 2);
  await expect(renewSeal(core, "US-NONE", moment)).rejects.toMatchObject({ code: "seal.no_agency" });
  const last = (await sealKeys(core.storage)).at(-2);
  expect([last?.agency, last?.turn]).toEqual(["US-FBI", 1]);
  await core.storage.close();
  const off = wrappedStorage(core.storage, {});
  const { Seal } = await import("../../../server/storage/seal/seal.ts");
  for (const work of [applySeal, (parts: typeof core) => rotateSeal(parts, moment)])
    await expect(work({ ...core, storage: off, seal: new Seal() })).rejects.toMatchObject({ code: "seal.off" });
});
