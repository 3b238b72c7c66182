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
  const snapshots = new Snapshots();
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
