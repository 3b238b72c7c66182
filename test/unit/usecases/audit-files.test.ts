import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { anchorsIn, exportAnchors } from "../../../server/anchor-files.ts";
import { Anchors } from "../../../server/storage/collections.ts";
import { versionId } from "../../../server/storage/policy-versions.ts";
import type { Storage } from "../../../server/storage/port.ts";
import { type Anchor, anchorLine, publicKeyOf, signAnchor } from "../../../server/usecases/anchor-text.ts";
import { NO_PREV } from "../../../server/usecases/audit-chain.ts";
import { AnchorChain } from "../../../server/usecases/verify-store/check-anchors.ts";
import { openTemporary, temporaryFolder } from "../../support/temporary-store.ts";

const SEED = new Uint8Array(32).fill(3);
const folder = temporaryFolder();
let storage: Storage;

/** As many anchors as a store might hold, in small. */
function chainOf(length: number): Anchor[] {
  let prev = NO_PREV;
  return Array.from({ length }, (_, i) => {
    const anchor = signAnchor(SEED, { n: i + 1, prev, at: 1000 * (i + 1), heads: [] });
    prev = anchor.digest;
    return anchor;
  });
}
const ANCHORS = chainOf(25);
const NAMES = [
  "anchors-000000000001-000000000010.jsonl",
  "anchors-000000000011-000000000020.jsonl",
  "anchors-000000000021-000000000025.jsonl",
];

beforeAll(async () => {
  storage = await openTemporary();
  await storage.collection(Anchors).insert(ANCHORS.map((anchor) => ({ ...anchor, id: versionId(anchor.n) })));
});
afterAll(async () => {
  await storage.close();
  folder.remove();
});

async function looked(path: string): Promise<{ readonly n: number[]; readonly found: string[] }> {
  const chain = new AnchorChain([publicKeyOf(SEED)]);
  const anchors = await anchorsIn([path]);
  return { n: anchors.map(({ n }) => n), found: anchors.flatMap((one) => chain.look(one).map(({ code }) => code)) };
}
const WHOLE = { n: ANCHORS.map(({ n }) => n), found: [] };

test("25 anchors – ten a file, into an empty folder – are three files that are one sound chain, and nothing else", async () => {
  const path = join(folder.folder, "empty");
  expect(await exportAnchors(storage, path, { most: { anchors: 10 } })).toEqual(NAMES);
  expect(readdirSync(path).sort()).toEqual(NAMES);
  expect(await looked(path)).toEqual(WHOLE);
  expect(await exportAnchors(storage, path, { most: { anchors: 10 } })).toEqual([]);
});

test("a folder that has the first file – broken off there – gets the rest, without waiting an hour for each", async () => {
  const path = join(folder.folder, "first");
  await exportAnchors(storage, path, { most: { anchors: 10 } });
  for (const name of NAMES.slice(1)) rmSync(join(path, name));
  const hour = { apart: 3_600_000, most: { anchors: 10 } };
  expect(await exportAnchors(storage, path, { ...hour, now: 3_609_999 })).toEqual([]);
  expect(await exportAnchors(storage, path, { ...hour, now: 3_610_000 })).toEqual(NAMES.slice(1));
  expect(await looked(path)).toEqual(WHOLE);
  for (const name of NAMES.slice(2)) rmSync(join(path, name));
  expect(await exportAnchors(storage, path)).toEqual(NAMES.slice(2));
});

test("a file – that would come above its bytes with one more anchor – ends before it; one anchor is always in it", async () => {
  const path = join(folder.folder, "bytes");
  const [first = ANCHORS[24], second = ANCHORS[24]] = ANCHORS;
  if (first === undefined || second === undefined) throw new Error("no anchors");
  const two = anchorLine(first).length + anchorLine(second).length + 2;
  const names = await exportAnchors(storage, path, { most: { bytes: two } });
  expect(names[0]).toBe("anchors-000000000001-000000000002.jsonl");
  expect(await looked(path)).toEqual(WHOLE);
  const single = join(folder.folder, "single");
  expect(await exportAnchors(storage, single, { most: { bytes: 1 } })).toHaveLength(25);
  expect(await looked(single)).toEqual(WHOLE);
});
