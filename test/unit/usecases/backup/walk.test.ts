import { Audit, Disclosures, LastPages } from "../../../../server/storage/collections.ts";
import type { AuditDoc } from "../../../../server/storage/documents.ts";
import type { CollectionSpec, Doc, Storage, Stored } from "../../../../server/storage/port.ts";
import { walk } from "../../../../server/usecases/backup/walk.ts";
import { openTemporary } from "../../../support/temporary-store.ts";

let storage: Storage;
beforeEach(async () => {
  storage = await openTemporary();
});
afterEach(() => storage.close());

const row = (stream: string, n: number): AuditDoc => ({
  ...{ id: `${stream}:${n}`, stream, n, prev: "", actor: "system", revision: 1, at: 1, what: "test", digest: "" },
});
const chain = (stream: string, from: number, to: number): AuditDoc[] =>
  Array.from({ length: to - from }, (_, i) => row(stream, from + i));
async function walked(spec: unknown, size = 0, each: () => Promise<void> = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  const pages = walk(storage, spec as CollectionSpec<Doc>, (_: Stored<Doc>) => size);
  for await (const page of pages) {
    ids.push(...page.map(({ id }) => id));
    await each();
  }
  return ids;
}

test("walk – of chains longer and shorter than a page, one beginning like another – gives each document once, chain by chain", async () => {
  const docs = [...chain("ab", 1, 1301), ...chain("a", 1, 3), ...chain("abc", 1, 101), ...chain("b", 1, 401)];
  await storage.collection(Audit).insert(docs.slice(0, 900));
  await storage.collection(Audit).insert(docs.slice(900));
  const wanted = ["a", "ab", "abc", "b"].flatMap((stream) =>
    docs.filter((one) => one.stream === stream).map(({ id }) => id),
  );
  expect(await walked(Audit)).toEqual(wanted);
  // Documents so large that few are asked for at once.
  expect(await walked(Audit, 1 << 20)).toEqual(wanted);
});

test("walk – of a collection without such an index – gives each document once, by id", async () => {
  const docs = Array.from({ length: 1100 }, (_, n) => ({ id: `r${String(n).padStart(4, "0")}`, minute: n }));
  await storage.collection(LastPages).insert(docs.slice(0, 1000));
  await storage.collection(LastPages).insert(docs.slice(1000));
  expect(await walked(LastPages)).toEqual(docs.map(({ id }) => id));
});

test("walk – of chains that grow meanwhile – gives each without a gap up to its end, and comes to an end", async () => {
  await storage.collection(Disclosures).insert([...chain("p", 1, 251), ...chain("q", 1, 12)]);
  let [p, q] = [251, 12];
  const ids = await walked(Disclosures, 0, async () => {
    if (p > 5000) return;
    await storage.collection(Disclosures).insert([...chain("p", p, p + 600), ...chain("q", q, q + 60)]);
    [p, q] = [p + 600, q + 60];
  });
  for (const stream of ["p", "q"]) {
    const own = ids.filter((id) => id.startsWith(`${stream}:`));
    expect(own).toEqual(own.map((_, i) => `${stream}:${i + 1}`));
    // What was there when the walk came to it.
    expect(own.length).toBeGreaterThanOrEqual(stream === "p" ? 250 : 11);
  }
  expect(ids.filter((id) => id.startsWith("p:")).length).toBe(250);
});
