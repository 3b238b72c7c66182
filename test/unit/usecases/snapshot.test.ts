import { Labels, Meta } from "../../../server/storage/collections.ts";
import type { LabelDoc } from "../../../server/storage/documents.ts";
import type { Storage, Unit } from "../../../server/storage/port.ts";
import { Admissions } from "../../../server/usecases/admission.ts";
import { Snapshots } from "../../../server/usecases/snapshot.ts";
import { tool } from "../../support/samples.ts";
import { START } from "../../support/steering.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";

test("Snapshots – two requests read the labels at the same time – each label stands once, and one that comes later is seen", async () => {
  const world = await TemporaryWorld.open();
  const post = (topic: string): Promise<unknown> => {
    world.at(START, topic);
    return world.post("u1", tool(topic), {
      label: { tlp: "GREEN", fieldRules: [], embargoUntil: `2026-05-0${topic}T00:00:00Z` },
    });
  };
  for (const day of ["1", "2", "3"]) await post(day);
  const snapshots = new Snapshots(world.storage);
  const read = (): Promise<number> => snapshots.read(world.storage, START).then(({ labelList }) => labelList.length);
  expect(await Promise.all([read(), read(), read()])).toEqual([3, 3, 3]);
  await post("4");
  expect(await Promise.all([read(), read()])).toEqual([4, 4]);
  await world.close();
});

test("post – a preset with the name of something that every object has – refused as unknown", async () => {
  const world = await TemporaryWorld.open();
  const reply = await world.post("u1", tool("preset"), { query: "?preset=constructor" });
  expect([reply.status, (reply.json as { error: { code: string } }).error.code]).toEqual([422, "label.unknown_preset"]);
  await world.close();
});

test("Snapshots – a reader on an earlier state of the store comes back after one on a later – each has its own policy, and the later one stays", async () => {
  const world = await TemporaryWorld.open();
  const { storage } = world;
  let held: Promise<void> | undefined;
  // The directory that is read first is a long time on its way.
  const slow: Storage = {
    ...storage,
    collection: (spec) => {
      const collection = storage.collection(spec);
      const wait = spec.name === "agencies" ? held : undefined;
      held = wait === undefined ? held : undefined;
      return wait === undefined ? collection : { ...collection, all: (ask) => wait.then(() => collection.all(ask)) };
    },
  };
  const snapshots = new Snapshots(slow);
  const statusIn = async (unit: Unit): Promise<string | undefined> =>
    (await snapshots.read(unit, START)).agreements.TRI?.status;
  await storage.snapshot(async (earlier) => {
    await earlier.collection(Meta).get("policy");
    let goOn = (): void => undefined;
    held = new Promise((resolve) => {
      goOn = resolve;
    });
    const first = statusIn(earlier);
    await new Promise((turn) => setImmediate(turn));
    await world.changeAgreement("TRI", { status: "suspended" });
    const second = statusIn(slow);
    expect(await second).toBe("suspended");
    goOn();
    expect([await first, await statusIn(slow), await statusIn(earlier)]).toEqual(["in-force", "suspended", "in-force"]);
  });
  await world.close();
});

test("Snapshots – read in a transaction that made a label and a policy and is undone – nothing of either is known afterwards", async () => {
  const world = await TemporaryWorld.open();
  const snapshots = new Snapshots(world.storage);
  const admissions = new Admissions();
  const label = (topic: "crypto" | "malware"): LabelDoc => ({
    ...{ id: topic, n: 0 },
    label: {
      ...{
        tlp: "GREEN",
        classification: "U",
        caveats: [],
        topics: [topic],
        originator: "US-FBI",
        originatorCountry: "USA",
      },
      ...{ state: "released", releases: [], recipients: [], clientGrants: [], fieldRules: [] },
    },
  });
  const add = async (unit: Unit, doc: LabelDoc): Promise<void> => {
    await unit.collection(Labels).insert([doc]);
    await unit.collection(Meta).insert([{ id: "labels", value: 1 }]);
  };
  const lanesOf = async (unit: Unit): Promise<string[]> => {
    const snapshot = await snapshots.read(unit, START);
    const viewer = snapshot.viewer("u1");
    if (viewer === undefined) throw new Error("there is no u1");
    return [...admissions.of(viewer, snapshot, "api").lanes.values()].map(({ entry }) => entry.id);
  };
  const undone = world.storage.transaction(async (unit) => {
    await add(unit, label("crypto"));
    await unit
      .collection(Meta)
      .put({ id: "policy", value: 7, rev: (await unit.collection(Meta).get("policy"))?.rev ?? 0 });
    expect([(await snapshots.read(unit, START)).revision, await lanesOf(unit)]).toEqual([7, ["crypto"]]);
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  expect([(await snapshots.read(world.storage, START)).revision, await lanesOf(world.storage)]).toEqual([1, []]);
  await world.storage.transaction((unit) => add(unit, label("malware")));
  expect(await lanesOf(world.storage)).toEqual(["malware"]);
  await world.close();
});
