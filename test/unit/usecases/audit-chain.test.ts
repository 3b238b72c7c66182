import { Audit, Disclosures } from "../../../server/storage/collections.ts";
import type { AuditDoc } from "../../../server/storage/documents.ts";
import type { Storage } from "../../../server/storage/port.ts";
import { type AuditEntry, makeAuditStream } from "../../../server/usecases/append-audit.ts";
import { verifyChain } from "../../../server/usecases/audit-chain.ts";
import { testWorld } from "../../support/temporary-app.ts";
import { openTemporary } from "../../support/temporary-store.ts";

const entry = (i: number): AuditEntry => ({
  actor: `a${i}`,
  revision: i,
  at: 1000 + i,
  what: "test",
  detail: { b: 1, a: [i] },
});

async function rowsOf(storage: Storage, collection = Audit): Promise<AuditDoc[]> {
  const rows = await storage.collection(collection).all({ limit: 1000 });
  return rows.map(({ rev: _, ...row }) => row).sort((a, b) => a.n - b.n);
}

describe("audit stream", () => {
  let storage: Storage;
  beforeEach(async () => {
    storage = await openTemporary();
  });
  afterEach(() => storage.close());
  const make = (seed = "x") => makeAuditStream({ storage, collection: Audit, moment: testWorld(seed).moments() });

  test("append – in five transactions – makes one chain whose marks are the rows", async () => {
    const audit = make();
    const marks = [];
    for (let i = 1; i <= 5; i++) marks.push(await storage.transaction((unit) => audit.append(unit, entry(i))));
    const rows = await rowsOf(storage);
    expect(marks).toEqual(rows.map(({ stream, n, digest }) => ({ stream, n, digest })));
    expect(rows.map(({ n, actor }) => [n, actor])).toEqual([1, 2, 3, 4, 5].map((n) => [n, `a${n}`]));
    expect(verifyChain(rows)).toBeUndefined();
  });

  test("append – in a transaction that fails – leaves no row and no gap", async () => {
    const audit = make();
    await storage.transaction((unit) => audit.append(unit, entry(1)));
    const failing = storage.transaction(async (unit) => {
      await audit.append(unit, entry(2));
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await storage.transaction((unit) => audit.append(unit, entry(3)));
    const rows = await rowsOf(storage);
    expect([rows.map(({ actor }) => actor), verifyChain(rows)]).toEqual([["a1", "a3"], undefined]);
  });

  test("append – by two streams at once – keeps two whole chains", async () => {
    const [a, b] = [make("a"), make("b")];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => storage.transaction((unit) => (i % 2 === 0 ? a : b).append(unit, entry(i)))),
    );
    const rows = await rowsOf(storage);
    for (const { stream } of [a, b]) {
      const mine = rows.filter((row) => row.stream === stream);
      expect([mine.length, verifyChain(mine)]).toEqual([10, undefined]);
    }
  });

  test.each<[string, (rows: AuditDoc[]) => AuditDoc[], number, string]>([
    ["an edited actor", (rows) => rows.map((row) => (row.n === 3 ? { ...row, actor: "other" } : row)), 3, "digest"],
    ["an edited detail", (rows) => rows.map((row) => (row.n === 3 ? { ...row, detail: { b: 2 } } : row)), 3, "digest"],
    ["an edited digest", (rows) => rows.map((row) => (row.n === 3 ? { ...row, digest: "x" } : row)), 3, "digest"],
    ["a removed row", (rows) => rows.filter((row) => row.n !== 3), 3, "missing"],
    ["a removed first row", (rows) => rows.slice(1), 1, "missing"],
    [
      "two rows that changed places",
      (rows) => [...rows.slice(0, 2), ...rows.slice(2, 4).reverse(), ...rows.slice(4)],
      3,
      "missing",
    ],
    [
      "a removed row with the numbers mended",
      (rows) => rows.filter((row) => row.n !== 3).map((row, i) => ({ ...row, n: i + 1 })),
      ...([3, "prev"] as const),
    ],
    [
      "a row of another stream",
      (rows) => rows.map((row) => (row.n === 4 ? { ...row, stream: "y" } : row)),
      4,
      "missing",
    ],
  ])("verifyChain – with %s – names the place", async (_what, tamper, n, reason) => {
    const audit = make();
    for (let i = 1; i <= 5; i++) await storage.transaction((unit) => audit.append(unit, entry(i)));
    expect(verifyChain(tamper(await rowsOf(storage)))).toMatchObject({ n, reason });
  });

  test("record – a hundred at once – resolves when all are committed, in far fewer transactions", async () => {
    let transactions = 0;
    const counting: Storage = {
      ...storage,
      transaction: (work) => {
        transactions++;
        return storage.transaction(work);
      },
    };
    const audit = makeAuditStream({ storage: counting, collection: Disclosures, moment: testWorld("d").moments() });
    await Promise.all(Array.from({ length: 100 }, (_, i) => audit.record(entry(i))));
    const rows = await rowsOf(storage, Disclosures);
    expect([rows.length, verifyChain(rows)]).toEqual([100, undefined]);
    expect(transactions).toBe(1);
    await audit.record(entry(100));
    expect((await rowsOf(storage, Disclosures)).length).toBe(101);
  });

  test("record – when the store fails – fails for those of that commit and works on for the next", async () => {
    let broken = true;
    const failing: Storage = {
      ...storage,
      transaction: (work) => (broken ? Promise.reject(new Error("full disk")) : storage.transaction(work)),
    };
    const audit = makeAuditStream({ storage: failing, collection: Disclosures, moment: testWorld("d").moments() });
    const both = await Promise.allSettled([audit.record(entry(1)), audit.record(entry(2))]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    broken = false;
    await audit.record(entry(3));
    const rows = await rowsOf(storage, Disclosures);
    expect([rows.map(({ actor }) => actor), verifyChain(rows)]).toEqual([["a3"], undefined]);
  });
});
