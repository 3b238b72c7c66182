import { Accounts, Lanes, MarkingsTold, Meta, Readers } from "../../storage/collections.ts";
import type { ReaderDoc } from "../../storage/documents.ts";
import type { Report } from "./finding.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

type Interval = ReaderDoc["intervals"][number];

/** What is told of a reader's lanes follows itself: ranges have a width, none begins before what closed before it, an open one is the last of its lane. */
function follows({ intervals, newest }: Pick<ReaderDoc, "intervals" | "newest">): boolean {
  const last = new Map<string, Interval>();
  let closed = 0;
  for (const interval of intervals) {
    const { lane, from, to } = interval;
    const before = last.get(lane);
    if (before !== undefined && (before.to === undefined || from === undefined || from[0] < before.to[0])) return false;
    if (from !== undefined && (from[0] >= from[1] || from[1] > newest)) return false;
    if (to !== undefined && (to[0] >= to[1] || to[1] > newest || to[0] < closed)) return false;
    if (from !== undefined && to !== undefined && to[0] < from[1]) return false;
    closed = to?.[0] ?? closed;
    last.set(lane, interval);
  }
  return true;
}

function lookAtIntervals(doc: ReaderDoc, lanes: ReadonlySet<string>, report: Report): void {
  if (doc.viewer.id !== doc.id) report("verify.reader_account", doc.id, "it was observed as another");
  if (!follows(doc)) report("verify.reader_intervals", doc.id, "their ranges do not follow each other");
  if (doc.intervals.some(({ lane }) => !lanes.has(lane))) report("verify.reader_lane", doc.id, "there is no such lane");
}

/** What was observed of readers, and where they were told of markings (order, admission intervals). */
export async function* checkReaders(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(
    parts,
    Readers,
    async (page, unit, report) => {
      const counters = new Map(
        (await unit.collection(Meta).getMany(["policy", "labels"])).map(({ id, value }) => [id, Number(value)]),
      );
      const named = [...new Set(page.flatMap(({ intervals }) => intervals.map(({ lane }) => lane)))];
      const lanes = new Set((await unit.collection(Lanes).getMany(named)).map(({ id }) => id));
      const accounts = new Set((await unit.collection(Accounts).getMany(page.map(({ id }) => id))).map(({ id }) => id));
      for (const doc of page) {
        if (!accounts.has(doc.id)) report("verify.reader_account", doc.id, "there is no such account");
        lookAtIntervals(doc, lanes, report);
        if (doc.revision > (counters.get("policy") ?? 0) || doc.labels > (counters.get("labels") ?? 0))
          report("verify.reader_ahead", doc.id, "its policy revision or its labels are more than there are");
      }
    },
    { size: 50 },
  );
  yield* walk(parts, MarkingsTold, async (page, unit, report) => {
    const accountOf = (shelf: string): string => shelf.slice(0, shelf.indexOf("|"));
    const named = [...new Set(page.map(({ shelf }) => accountOf(shelf)))];
    const accounts = new Set((await unit.collection(Accounts).getMany(named)).map(({ id }) => id));
    for (const { id, shelf, marking } of page)
      if (id !== `${shelf}|${marking}` || !accounts.has(accountOf(shelf)))
        report("verify.marking_told", id, "not what its shelf and marking make, or of no account");
  });
}
