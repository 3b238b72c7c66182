import type { TriageSummary } from "../../schemas/api/triage.ts";
import { formatInstant } from "../shared/instant.ts";
import { ReviewEntries } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { ReviewEntryDoc } from "../storage/review-documents.ts";
import { CLASSES } from "../triage/classes.ts";
import { ruleOfAll } from "../triage/facts.ts";
import { QUALITY_STATES } from "../triage/quality.ts";
import type { Sight } from "./sight.ts";
import { homeLanes, itemsHere } from "./triage-queue.ts";
import { clocksOf } from "./triage-view.ts";

const WEEK = 7 * 86_400_000;
const PAGE = 1000;
const DECIDED = QUALITY_STATES.filter((state) => ["accepted", "duplicate", "rejected", "superseded"].includes(state));

/** Every entry under a place from an instant on, in pieces. */
async function* entriesAt(
  unit: Unit,
  place: string,
  lanes: readonly string[],
  from?: number,
): AsyncGenerator<ReviewEntryDoc[]> {
  const prefixes = lanes.map((lane) => [place, lane]);
  let last: ReviewEntryDoc | undefined;
  do {
    const after = last === undefined ? {} : { after: { value: last.at, id: last.id } };
    const bound = from === undefined ? {} : { from };
    const found: ReviewEntryDoc[] = await unit
      .collection(ReviewEntries)
      .scan({ index: "place", prefixes, limit: PAGE, ...bound, ...after });
    yield found;
    last = found.length < PAGE ? undefined : found.at(-1);
  } while (last !== undefined);
}

/**
 * What waits and what was late in the viewer's country, by class and stage and never by person (triage 2), over what the viewer may read: the numbers of the
 * lists with the same filters.
 */
export async function summarise(unit: Unit, sight: Sight, now: number): Promise<TriageSummary> {
  const country = sight.viewer.country ?? "";
  const lanes = [...homeLanes(sight).values()].flat();
  const counts = new Map(
    CLASSES.map((of) => [
      of,
      {
        ...{ class: of, open: 0, late: { acknowledge: 0, decide: 0 }, decided: 0 },
        ...{ decidedLate: { acknowledge: 0, decide: 0 }, escalated: {} as Record<string, number> },
      },
    ]),
  );
  const asked: { readonly place: string; readonly from?: number }[] = [
    ...CLASSES.flatMap((of) => ["person", "feed"].map((sender) => ({ place: `${country}|open|${of}|${sender}` }))),
    ...DECIDED.map((state) => ({ place: `${country}|${state}`, from: now - WEEK })),
  ];
  for (const { place, from } of asked) {
    for await (const entries of entriesAt(unit, place, lanes, from)) {
      for (const seen of await itemsHere(unit, sight, entries)) {
        const count = counts.get(ruleOfAll(seen.facts).class);
        if (count === undefined) continue;
        const { late, escalatedTo } = clocksOf(seen, now);
        const into = from === undefined ? count.late : count.decidedLate;
        if (from === undefined) count.open += 1;
        else count.decided += 1;
        if (late.acknowledge) into.acknowledge += 1;
        if (late.decide) into.decide += 1;
        if (from === undefined && escalatedTo !== undefined)
          count.escalated[escalatedTo] = (count.escalated[escalatedTo] ?? 0) + 1;
      }
    }
  }
  return { country, at: formatInstant(now), classes: [...counts.values()] };
}
