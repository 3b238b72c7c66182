import { Crowded, Labels, Lanes, LateEnds, Meta, Rows, Stages } from "../../storage/collections.ts";
import type { CollectionSpec, Doc, Unit } from "../../storage/port.ts";
import { newestPlace } from "../place-in-lanes.ts";
import type { FindingCode } from "./finding.ts";
import { sameStage, stageOf } from "./row-places.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

const least = (...places: readonly (number | undefined)[]): number =>
  Math.min(...places.map((place) => place ?? Number.POSITIVE_INFINITY));
const most = (...places: readonly (number | undefined)[]): number => Math.max(...places.map((place) => place ?? 0));

/** What is known of lanes against the rows and stages in them, and against the clock (order, stamps). */
async function* lanes(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(
    parts,
    Lanes,
    async (page, unit, report) => {
      const clock = await newestPlace(unit);
      for (const { id, first, newest, left = 0 } of page) {
        const ends = { prefixes: [[id]], limit: 1 };
        const rows = unit.collection(Rows);
        const stages = unit.collection(Stages);
        const [oldest] = await rows.pick({ index: "lane", ...ends }, ["stamp"]);
        const [latest] = await rows.pick({ index: "lane", reverse: true, ...ends }, ["stamp"]);
        const [before] = await stages.pick({ index: "lane", ...ends }, ["stamp"]);
        const [gone] = await stages.pick({ index: "left", reverse: true, ...ends }, ["left"]);
        if (first > least(oldest?.stamp, before?.stamp)) report("verify.lane_first", id, "a row stood there before");
        if (newest < most(latest?.stamp, gone?.left)) report("verify.lane_newest", id, "a row came or left after");
        if (left < most(gone?.left)) report("verify.lane_left", id, "a row left after");
        if (newest > clock) report("verify.clock", id, "its newest place is after the clock's");
      }
    },
    { size: 200 },
  );
}

/** Stages against the rows that tell of them. */
async function* stages(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(parts, Stages, async (page, unit, report) => {
    const rows = new Map((await unit.collection(Rows).getMany(page.map(({ row }) => row))).map((row) => [row.id, row]));
    for (const stage of page) {
      const row = rows.get(stage.row);
      const i = Number(stage.id.slice(stage.id.lastIndexOf("@") + 1));
      if (row === undefined || !sameStage(stage, stageOf(row, i)))
        report("verify.stage_row", stage.id, row === undefined ? "there is no such row" : "its row says otherwise");
    }
  });
}

/** A collection whose documents count themselves from 0 (`n`), and its counter. */
async function counted<T extends Doc & { readonly n: number }>(
  { storage }: VerifyParts,
  spec: CollectionSpec<T>,
  counter: string,
): Promise<Looked> {
  return storage.snapshot(async (unit: Unit) => {
    const collection = unit.collection(spec);
    const held = await collection.count({ index: "n", prefixes: [[]] });
    const [last] = await collection.scan({ index: "n", prefixes: [[]], reverse: true, limit: 1 });
    const said = Number((await unit.collection(Meta).get(counter))?.value ?? 0);
    const found = (code: FindingCode, message: string): Looked["found"][number] => ({
      ...{ code, collection: spec.name, id: counter, message },
    });
    return {
      ...{ collection: spec.name, looked: 0 },
      found: [
        ...(said === held ? [] : [found("verify.counter", `${held} are there, the counter says ${said}`)]),
        ...((last?.n ?? -1) === held - 1
          ? []
          : [found("verify.dense", `${held} are there, the last is number ${last?.n}`)]),
      ],
    };
  });
}

/** Lanes, stages, the keys of several rows, and the counters that others catch up by. */
export async function* checkLanes(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* lanes(parts);
  yield* stages(parts);
  yield* walk(parts, Crowded, () => undefined, { size: 2000 });
  yield await counted(parts, Crowded, "crowded");
  yield await counted(parts, Labels, "labels");
  yield* walk(parts, LateEnds, (page, _unit, report) => {
    for (const { id } of page) report("verify.late_ends", id, "formats from 3 on mark it in the row");
  });
}
