import { readFileSync } from "node:fs";
import { Agencies, AgreementsIn, Audit } from "../../../server/storage/collections.ts";
import { makeAuditStream } from "../../../server/usecases/append-audit.ts";
import { foundGroup, GroupFile } from "../../../server/usecases/found-group.ts";
import { readRevision } from "../../../server/usecases/policy-revision.ts";
import { testWorld } from "../../support/temporary-app.ts";
import { openTemporary } from "../../support/temporary-store.ts";

const seeded = (name: string): unknown => JSON.parse(readFileSync(`seed/${name}.json`, "utf8"));
const GROUP = GroupFile.parse({ agencies: seeded("agencies"), agreements: seeded("agreements") });

async function group() {
  const storage = await openTemporary();
  const { moments } = testWorld("group");
  const audit = makeAuditStream({ storage, collection: Audit, moment: moments() });
  return { storage, found: (file: GroupFile) => foundGroup({ storage, audit }, file, moments()) };
}

test("foundGroup – an empty store – agencies and agreements are there, under a new policy revision", async () => {
  const { storage, found } = await group();
  await found(GROUP);
  expect((await storage.collection(Agencies).all({ limit: 100 })).map(({ id }) => id)).toEqual(
    GROUP.agencies.map(({ id }) => id).sort(),
  );
  expect(await storage.collection(AgreementsIn).get("TRI")).toMatchObject({ ceiling: "C", status: "in-force" });
  expect(await readRevision(storage)).toBe(1);
  await storage.close();
});

test("foundGroup – an agreement that is there, with another ceiling – refused, and nothing of the file is added", async () => {
  const { storage, found } = await group();
  const tri = GROUP.agreements.find(({ id }) => id === "TRI");
  if (tri === undefined) throw new Error("the seed has TRI");
  await found(GroupFile.parse({ agreements: [tri] }));
  await expect(found({ ...GROUP, agreements: [{ ...tri, ceiling: "S" }] })).rejects.toMatchObject({
    code: "group.exists",
  });
  expect(await storage.collection(Agencies).all({ limit: 100 })).toEqual([]);
  expect(await storage.collection(AgreementsIn).get("TRI")).toMatchObject({ ceiling: "C" });
  await storage.close();
});

test("foundGroup – an order of an agency that nobody knows – refused with the path", async () => {
  const { storage, found } = await group();
  const order = {
    id: "o1",
    agency: "US-NONE",
    accounts: ["feed"],
    tlpUpTo: "GREEN" as const,
    classificationUpTo: "U" as const,
    agreements: ["TRI"],
    from: "2026-01-01T00:00:00Z",
    until: "2026-03-01T00:00:00Z",
    proposedBy: "a",
    approvedBy: "b",
  };
  await expect(found({ ...GROUP, orders: [order] })).rejects.toMatchObject({
    code: "group.unknown_agency",
    path: "orders[0].agency",
  });
  await storage.close();
});
