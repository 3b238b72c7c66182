import { Crowded, Rows, Stages } from "../../storage/collections.ts";
import type { RowDoc, StageDoc } from "../../storage/documents.ts";
import type { Unit } from "../../storage/port.ts";
import { endsOf, lateEnd, neededEnds } from "../needed-ends.ts";
import type { Report } from "./finding.ts";

/** What a row says of a place that it left, as the stage of it has to. */
export const stageOf = (
  { id, mix, kind, stages = [] }: Pick<RowDoc, "id" | "mix" | "kind" | "stages">,
  i: number,
): StageDoc | undefined => {
  const stage = stages[i];
  if (stage === undefined) return undefined;
  const { lane, stamp, left } = stage;
  return { id: `${id}@${i}`, lane, stamp, left, mix, kind, row: id };
};

const FIELDS = ["id", "lane", "stamp", "left", "mix", "kind", "row"] as const;

/** Whether a stage says what its row says. */
export const sameStage = (held: StageDoc, said: StageDoc | undefined): boolean =>
  said !== undefined && FIELDS.every((field) => held[field] === said[field]);

/** Each place that a row left has a stage, and its places follow each other (order, relabels). */
async function lookAtStages(page: readonly RowDoc[], unit: Unit, report: Report): Promise<void> {
  const moved = page.filter(({ stages }) => stages !== undefined);
  if (moved.length === 0) return;
  const ids = moved.flatMap(({ id, stages = [] }) => stages.map((_, i) => `${id}@${i}`));
  const held = new Map((await unit.collection(Stages).getMany(ids)).map((stage) => [stage.id, stage]));
  for (const row of moved) {
    const { stages = [] } = row;
    for (const [i, { stamp, left }] of stages.entries()) {
      const stage = held.get(`${row.id}@${i}`);
      if (stage === undefined || !sameStage(stage, stageOf(row, i)))
        report("verify.stage_missing", row.id, `of its place ${i}`);
      const next = stages[i + 1];
      if (stamp >= left || stamp >= (next?.stamp ?? row.stamp) || left >= (next?.left ?? Number.POSITIVE_INFINITY))
        report("verify.stage_chain", row.id, `its place ${i} does not end before the next`);
    }
  }
}

/** Keys under which several rows stand are noted as such, and ids at which an edge may appear late (order, admission intervals). */
async function lookAtCrowds(page: readonly RowDoc[], unit: Unit, report: Report): Promise<void> {
  const rows = unit.collection(Rows);
  const crowds = new Map<string, string>();
  const several = async (index: "stix" | "thing", held: ReadonlyMap<string, string>): Promise<void> => {
    const keys = [...held.keys()];
    if (keys.length === 0) return;
    const counts = await rows.tally({ index, prefixes: keys.map((key) => [key]), most: 2 });
    for (const [i, key] of keys.entries()) if ((counts[i] ?? 0) > 1) crowds.set(key, held.get(key) ?? "");
  };
  await several("stix", new Map(page.map(({ stixId, id }) => [stixId, id])));
  await several(
    "thing",
    new Map(page.flatMap(({ thing, fold, id }) => (fold === "alone" ? [] : [[thing, id] as const]))),
  );
  const beside = new Map<string, { readonly end: string; readonly lane: string; readonly id: string }>();
  for (const row of page) {
    if (row.ends === undefined) continue;
    const written = new Set(endsOf(row));
    for (const end of neededEnds(row)) {
      if (row.ends.includes(lateEnd(end))) crowds.set(end, row.id);
      else if (written.has(end)) beside.set(`${row.lane}|${end}`, { end, lane: row.lane, id: row.id });
    }
  }
  const asked = [...beside.values()];
  const counts =
    asked.length === 0
      ? []
      : await rows.tally({ index: "stix", prefixes: asked.map(({ end, lane }) => [end, lane]), most: 1 });
  for (const [i, { id }] of asked.entries())
    if (counts[i] === 0) report("verify.end_late", id, "one of its ends does not stand beside it");
  const noted = new Set((await unit.collection(Crowded).getMany([...crowds.keys()])).map(({ id }) => id));
  for (const [key, id] of crowds)
    if (!noted.has(key)) report("verify.crowded_missing", id, "its id, its thing or an end of it");
}

/** Where the rows of a page stand and stood, and what stands beside them. */
export async function lookAtPlaces(page: readonly RowDoc[], unit: Unit, report: Report): Promise<void> {
  await lookAtStages(page, unit, report);
  await lookAtCrowds(page, unit, report);
}
