import { keepStreamHeads } from "../../../server/storage/chain-heads.ts";
import {
  Agencies,
  Anchors,
  Audit,
  AuditHeads,
  ChainHeads,
  PolicyVersions,
  SourceQuarantines,
} from "../../../server/storage/collections.ts";
import { appendVersions, keepQuarantinesAndEnds, versionId } from "../../../server/storage/policy-versions.ts";
import type { Storage } from "../../../server/storage/port.ts";
import { signAnchor } from "../../../server/usecases/anchor-text.ts";
import { auditDigest, NO_PREV } from "../../../server/usecases/audit-chain.ts";
import { openTemporary } from "../../support/temporary-store.ts";

let storage: Storage;
beforeEach(async () => {
  storage = await openTemporary();
});
afterEach(() => storage.close());

const agency = { id: "KR-NIS", country: "KOR", name: "NIS", categories: ["INT" as const] };
const write = (at: number): Promise<void> =>
  storage.transaction((unit) =>
    appendVersions(unit, { at, revision: 1 }, [{ kind: "agency", doc: { ...agency, name: `NIS ${at}` } as never }]),
  );
const end = async (): Promise<unknown> => {
  const held = await storage.collection(ChainHeads).get(PolicyVersions.name);
  return held && { n: held.n, restarted: held.restarted };
};

test("the record of an end – removed, then written on twice – says for good behind which number it was made anew", async () => {
  await write(1);
  await write(2);
  expect(await end()).toEqual({ n: 2, restarted: undefined });
  await storage.collection(ChainHeads).remove([PolicyVersions.name]);
  await write(3);
  await write(4);
  expect(await end()).toEqual({ n: 4, restarted: 2 });
});

test("a store of format 5 – rows, a quarantine, and no records yet – becomes format 6: nothing was made anew", async () => {
  await write(1);
  await write(2);
  await storage.collection(ChainHeads).remove([PolicyVersions.name]);
  const anchor = signAnchor(new Uint8Array(32).fill(3), { n: 1, prev: NO_PREV, at: 1, heads: [] });
  await storage.collection(Anchors).insert([{ ...anchor, id: versionId(1) }]);
  await storage
    .collection(SourceQuarantines)
    .insert([{ id: "q", agency: "KR-NIS", since: 1, reason: "r", by: "root", at: 1, swept: true } as never]);
  expect(await storage.collection(Agencies).all({ limit: 1 })).toEqual([]);
  await storage.transaction(keepQuarantinesAndEnds);
  expect(
    (await storage.collection(ChainHeads).all({ limit: 9 })).map(({ id, n, restarted }) => [id, n, restarted]),
  ).toEqual([
    [Anchors.name, 1, undefined],
    [PolicyVersions.name, 3, undefined],
  ]);
});

test("streams of before – one with a record, one without – each have one, the first as it was", async () => {
  const rowOf = (stream: string) => {
    const row = { id: `${stream}:1`, stream, n: 1, prev: NO_PREV, actor: "system", revision: 1, at: 5, what: "start" };
    return { ...row, digest: auditDigest(row) };
  };
  const before = (await storage.collection(Audit).all({ limit: 9 })).length;
  await storage.collection(Audit).insert([rowOf("aa"), rowOf("bb")]);
  await storage.collection(AuditHeads).insert([{ id: "aa", n: 7, digest: "kept", moved: 9 }]);
  await keepStreamHeads(storage);
  expect([before, (await storage.collection(AuditHeads).all({ limit: 9 })).map(({ rev: _, ...head }) => head)]).toEqual(
    [
      0,
      [
        { id: "aa", n: 7, digest: "kept", moved: 9 },
        { id: "bb", n: 1, digest: rowOf("bb").digest, moved: 5 },
      ],
    ],
  );
});
