import { composeContent } from "../../server/compose.ts";
import { MarkingsTold } from "../../server/storage/collections.ts";
import { tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";

let world: TemporaryWorld;
beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

test("markings of a page – more told of before its own than are read in one go – its own is there", async () => {
  world.at(START + 60_000, "post");
  await world.post("feed-US-CISA", tool("carrier"), {
    label: { tlp: "GREEN", releases: [{ agreement: "TRI", countries: ["JPN", "USA"], agencies: "*" }] },
  });
  const { collections } = composeContent(world.core, world.steer.moments);
  const viewer = (await world.core.snapshots.read(world.storage, START)).viewer("j1");
  if (viewer === undefined) throw new Error("there is no j1");
  const poll = async (): Promise<string[]> => {
    world.at(START + 120_000, "poll");
    const ask = { collection: "originals" as const, limit: 10, bodies: true };
    return (await collections.page(viewer, world.steer.moments(), ask)).entries.map(({ id }) => id);
  };
  const first = await poll();
  expect(first).toEqual([expect.stringMatching(/^marking-definition--/), tool("carrier").id]);
  const told = world.storage.collection(MarkingsTold);
  const [shelf = ""] = (await told.all({ limit: 1 })).map((doc) => doc.shelf);
  await told.insert(
    Array.from({ length: 700 }, (_, i) => ({ id: `${shelf}|gone-${i}`, shelf, marking: `gone-${i}`, place: i + 1 })),
  );
  expect(await poll()).toEqual(first);
});
