import { Lanes, Meta } from "../../../../server/storage/collections.ts";
import type { Unit } from "../../../../server/storage/port.ts";
import { noteLanes, takePlaces } from "../../../../server/usecases/place-in-lanes.ts";
import { LaneHeads } from "../../../../server/usecases/taxii/lane-heads.ts";
import { openTemporary } from "../../../support/temporary-store.ts";

const place = async (unit: Unit, lane: string, at: number): Promise<void> => {
  await noteLanes(unit, [{ lane, place: at }]);
  await takePlaces(unit, at);
};

test("lane heads – a request on an earlier state of the store comes to them after one on a later – what is known of a lane is not forgotten", async () => {
  const storage = await openTemporary();
  const heads = new LaneHeads();
  await storage.transaction((unit) => place(unit, "a", 10));
  await storage.snapshot(async (earlier) => {
    await earlier.collection(Meta).get("clock");
    // It has seen that something came, and is then overtaken.
    let goOn = (): void => undefined;
    const overtaken = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow: Unit = {
      collection: (spec) => {
        const collection = earlier.collection(spec);
        return spec.name === Lanes.name
          ? { ...collection, scan: (ask) => overtaken.then(() => collection.scan(ask)) }
          : collection;
      },
    };
    const late = heads.refresh(slow);
    await storage.transaction(async (unit) => {
      await place(unit, "a", 20);
      await place(unit, "b", 21);
    });
    await storage.snapshot((later) => heads.refresh(later));
    goOn();
    await late;
  });
  expect([heads.get("a")?.newest, heads.get("b")?.newest]).toEqual([20, 21]);
  expect(heads.since(20)).toEqual(undefined);
  expect(heads.since(21)).toEqual(new Set(["b"]));
  await storage.close();
});
