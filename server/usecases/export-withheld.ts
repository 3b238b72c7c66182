import type { Label } from "../../schemas/policy/label.ts";
import type { Unit } from "../storage/port.ts";
import type { Admission } from "./admission.ts";
import { type ListAsk, readObjects } from "./read-objects.ts";
import { comesLater } from "./reader-order.ts";
import { type Renderer, showsSource } from "./render.ts";
import type { Row, Sight } from "./sight.ts";
import { walkLanes } from "./walk-lanes.ts";

/** Something that the asker may read and not take away. */
export interface Withheld {
  readonly id: string;
  readonly reason: WithheldReason;
}
export type WithheldReason = "noexport" | "red" | "withdrawn" | "field-rule";

export interface WithheldParts {
  readonly storage: Unit;
  readonly renderer: Renderer;
  readonly cursorKey: Uint8Array;
}

/** Rows looked at in one go. */
const STEP = 500;

/** Why a label that is read on a page is not in a file (policy 3, gate channel). */
export function withheldReason({ caveats, tlp, state }: Label): WithheldReason {
  if (caveats.includes("NOEXPORT")) return "noexport";
  if (tlp === "RED") return "red";
  return state === "withdrawn" ? "withdrawn" : "field-rule";
}

/** In words, for a refusal. */
export const WITHHELD_WORDS: Readonly<Record<WithheldReason, string>> = {
  noexport: "its label says NOEXPORT: it may be read and not taken away",
  red: "TLP:RED is for the persons named: it is never in a file",
  withdrawn: "it is withdrawn",
  "field-rule": "a rule on one of its fields keeps it out of files",
};

/** Whether lanes of a reading admission are none of the file's. */
export function withheldLanes(api: Admission, exported: Admission): (lane: string) => WithheldReason | undefined {
  const labels = new Set([...exported.lanes.values()].map(({ entry }) => entry.id));
  return (lane) => {
    const held = api.lanes.get(lane);
    return held === undefined || labels.has(held.entry.id) ? undefined : withheldReason(held.entry.label);
  };
}

/**
 * What the filters would have left in the file if its label let it: each once (policy 6, Q25). It is for the asker's own receipt, since the
 * asker sees it; the file itself says nothing of it.
 */
export async function* withheldFrom(
  { storage, renderer, cursorKey }: WithheldParts,
  sight: Sight,
  exported: Admission,
  ask: Omit<ListAsk, "limit" | "next">,
): AsyncGenerator<Withheld> {
  const why = withheldLanes(sight.admission, exported);
  const reasonOf = (rows: readonly Row[]): WithheldReason | undefined => {
    const reasons = rows.map(({ lane }) => why(lane));
    return reasons.includes(undefined) ? undefined : reasons[0];
  };
  if (ask.value !== undefined || ask.words !== undefined) {
    let next: string | undefined;
    do {
      const page = await readObjects(storage, sight.again(), renderer, cursorKey, {
        ...ask,
        limit: 1000,
        ...(next === undefined ? {} : { next }),
      });
      for (const { seen } of page.objects) {
        const reason = reasonOf(seen.rows);
        if (reason !== undefined) yield { id: seen.id, reason };
      }
      next = page.next;
    } while (next !== undefined);
    return;
  }
  const lanes = [...sight.admission.lanes.values()].filter(
    ({ lane, entry: { label } }) =>
      why(lane) !== undefined &&
      (ask.tlp === undefined || label.tlp === ask.tlp) &&
      (ask.source === undefined || (label.originator === ask.source && showsSource(label, sight.viewer))),
  );
  const allowed = new Set(lanes.map(({ lane }) => lane));
  const passes = (row: Row): boolean =>
    allowed.has(row.lane) &&
    (ask.type === undefined || row.kind === ask.type) &&
    (ask.from === undefined || row.stamp >= ask.from) &&
    (ask.to === undefined || row.stamp < ask.to);
  const scan = {
    lanes: allowed,
    ...(ask.type === undefined ? {} : { kind: ask.type }),
    ...(ask.from === undefined ? {} : { from: ask.from }),
    ...(ask.to === undefined ? {} : { to: ask.to }),
    limit: STEP,
  };
  for await (const rows of walkLanes(storage, sight, scan, undefined)) {
    const here = sight.again();
    const page = new Set(rows.map(({ id }) => id));
    for (const seen of await here.seen(rows)) {
      const reason = reasonOf(seen.rows);
      const newest = seen.rows
        .filter(passes)
        .reduce<Row | undefined>((a, b) => (a === undefined || comesLater(b, a) ? b : a), undefined);
      // It stands where the newest of its rows does, so that several pages with rows of it say it once.
      if (reason !== undefined && newest !== undefined && page.has(newest.id)) yield { id: seen.id, reason };
    }
  }
}
