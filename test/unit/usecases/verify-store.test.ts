import { readFileSync } from "node:fs";
import { Agencies, COLLECTIONS, Crowded, Readers, Rows, Stages } from "../../../server/storage/collections.ts";
import type { Storage, Unit } from "../../../server/storage/port.ts";
import { FINDINGS, type Finding } from "../../../server/usecases/verify-store/finding.ts";
import { findingsOf, verifyStore } from "../../../server/usecases/verify-store/verify-store.ts";
import type { TemporaryWorld } from "../../support/temporary-world.ts";
import { usedWorld } from "../../support/used-world.ts";
import { PLANTED } from "./planted-faults.ts";

jest.setTimeout(120_000);

let world: TemporaryWorld | undefined;
const used = (): TemporaryWorld => {
  if (world === undefined) throw new Error("there is no world");
  return world;
};
beforeAll(async () => {
  world = await usedWorld();
});
afterAll(() => world?.close());

const look = (): Promise<Finding[]> => findingsOf(used().core);
const nameOf = ({ code, collection, id }: Finding): string => `${code} ${collection} ${id}`;

test("verify – a world that was used in many ways – finds nothing, and looked at every collection", async () => {
  const walk = verifyStore(used().core);
  const step = await walk.next();
  expect(step).toEqual({ done: true, value: { documents: expect.anything(), findings: {} } });
  const { documents } = step.value as { documents: Record<string, number> };
  expect(Object.keys(documents).sort()).toEqual(COLLECTIONS.map(({ name }) => name).sort());
  const { storage } = used();
  const rows = await storage.collection(Rows).all({ limit: 1000 });
  // What is to be verified is there: tiers, places that were left, late ends, shared keys, what was gained and lost.
  expect({
    tiers: rows.some(({ cut }) => cut.length > 0),
    left: rows.some(({ lane }) => lane.endsWith("-")),
    late: rows.some(({ ends }) => ends?.some((end) => end.startsWith("~")) === true),
    values: rows.some(({ values }) => values !== undefined),
    again: (await storage.collection(Stages).all({ limit: 1000 })).length > 3,
    crowded: (await storage.collection(Crowded).all({ limit: 1000 })).length > 3,
    storied:
      (await storage.collection(Readers).all({ limit: 1000 })).filter(({ intervals }) => intervals.length > 1).length >
      2,
  }).toEqual({ tiers: true, left: true, late: true, values: true, again: true, crowded: true, storied: true });
});

describe("verify – a store that was spoilt – finds what was done to it and nothing besides", () => {
  let before = new Set<string>();
  beforeAll(async () => {
    before = new Set((await look()).map(nameOf));
  });
  test.each(PLANTED)("$name", async ({ plant, found }) => {
    await plant(used());
    const after = await look();
    const fresh = after.filter((finding) => !before.has(nameOf(finding)));
    before = new Set(after.map(nameOf));
    expect([...new Set(fresh.map(({ code }) => code))].sort()).toEqual([...found].sort());
    expect(fresh.every(({ code }) => code in FINDINGS)).toBe(true);
  });
});

test("verify – an index that leaves a document out – is found, by its page and by its total", async () => {
  const { storage, secrets } = used().core;
  const short = (unit: Unit): Unit => ({
    collection: (spec) => {
      const held = unit.collection(spec);
      if (spec.name !== Agencies.name) return held;
      return { ...held, count: async (scan) => (await held.count(scan)) - 1 };
    },
  });
  const spoilt: Storage = {
    ...storage,
    ...short(storage),
    snapshot: (work) => storage.snapshot((unit) => work(short(unit))),
  };
  const found = (await findingsOf({ storage: spoilt, secrets })).filter(
    ({ collection }) => collection === Agencies.name,
  );
  expect([...new Set(found.map(({ code }) => code))].sort()).toEqual(["verify.index", "verify.index_count"]);
});

test("the codes of findings – in docs/operations.md – are all of them, with their words", () => {
  const docs = readFileSync("docs/operations.md", "utf8");
  const listed = [...docs.matchAll(/^\| `(verify\.[a-z_]+)` \| (.+) \|$/gm)].map(([, code, words]) => [code, words]);
  expect(listed).toEqual(Object.entries(FINDINGS));
});
