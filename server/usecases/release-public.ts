import { after, stateAt } from "../policy/release-machine.ts";
import { withRowsOn } from "../policy/release-rows.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Releases as ReleasesIn } from "../storage/collections.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { rowsOfContribution } from "./relabel-rows.ts";
import { type ReleaseParts, relabelAll, rowOfRelease } from "./release-parts.ts";
import { digestOfAll } from "./release-view.ts";
import type { Row, Sight } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The parts of a PUBLIC release, one for each agency whose contribution is inside: the proposer's own, and what others said of it that is CLEAR,
 * class U and under no caveat but NOATTRIB. An approver sees the own country's part alone, and can't tell of how many others it waits.
 */
export function partsOf(
  mine: Omit<ReleaseDoc, "kind">,
  inside: readonly Row[],
  sight: Sight,
  moment: Moment,
): ReleaseDoc[] {
  const others = new Map<string, { country: string; rows: Row[] }>();
  for (const row of inside) {
    const label = sight.admission.lanes.get(row.lane)?.entry.label;
    if (label === undefined || sight.ownRow(row) || row.id !== row.contribution) continue;
    const open = label.tlp === "CLEAR" && label.classification === "U";
    if (!open || label.caveats.some((caveat) => caveat !== "NOATTRIB")) continue;
    const held = others.get(row.originator) ?? { country: label.originatorCountry, rows: [] };
    held.rows.push(row);
    others.set(row.originator, held);
  }
  const group = uuid4(moment);
  return [
    { ...mine, kind: "public", group },
    ...[...others].map(
      ([agency, { country, rows }]): ReleaseDoc => ({
        ...mine,
        kind: "public",
        group,
        id: uuid4(moment),
        agency,
        country,
        contributions: [...new Set(rows.map((row) => row.contribution))].sort(),
        ...(sight.side === undefined ? {} : { askedBy: sight.side }),
      }),
    ),
  ];
}

const allRows = async (unit: Unit, { contributions }: ReleaseDoc): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const contribution of contributions) rows.push(...(await rowsOfContribution(unit, contribution)));
  return rows;
};

/**
 * One country's approval of its part. With the last one that is missing all parts are released, in this transaction; until then, and for ever where
 * one is refused or silent, nothing is (triage 3: silence is a no). An approval whose content changed since is void, and its part proposed again.
 * Gives the state of the part that was decided.
 */
export async function settleParts(
  unit: Unit,
  parts: Pick<ReleaseParts, "secrets" | "clock">,
  decided: Stored<ReleaseDoc>,
  rows: readonly Row[],
  snapshot: Snapshot,
  moment: Moment,
): Promise<ReleaseDoc["status"]> {
  const releases = unit.collection(ReleasesIn);
  const group = await releases.find({ index: "group", values: [decided.group ?? ""] });
  const approved = {
    by: decided.decidedBy ?? "",
    at: moment.now,
    digest: digestOfAll(decided, rows, snapshot, parts.secrets),
  };
  const ready: { part: Stored<ReleaseDoc>; rows: readonly Row[] }[] = [];
  let waits = false;
  for (const part of group) {
    if (part.id === decided.id) {
      ready.push({ part: { ...decided, approved }, rows });
      continue;
    }
    const held = await allRows(unit, part);
    const off = snapshot.agencies.get(part.agency)?.off !== undefined;
    const open = stateAt(part, snapshot.at) === "in-clearance" && part.approved !== undefined && !off;
    if (open && part.approved?.digest === digestOfAll(part, held, snapshot, parts.secrets)) {
      ready.push({ part, rows: held });
      continue;
    }
    waits = true;
    if (open) await releases.put(withoutApproval(part));
  }
  const { status: _, decidedBy, decidedAt, decisionReason, decisionCode, ...rest } = decided;
  if (waits) {
    await releases.put({ ...rest, status: "in-clearance", approved });
    return "in-clearance";
  }
  const decision = { decidedBy, decidedAt, decisionReason, decisionCode };
  for (const { part, rows: held } of ready) {
    const status = after("approve", "in-clearance") ?? "released";
    const by = part.approved?.by;
    await releases.put({
      ...part,
      status,
      ...(part.id === decided.id ? decision : { decidedBy: by, decidedAt: moment.now }),
    });
    await relabelAll(unit, parts, held, snapshot, moment, (label) => withRowsOn(label, rowOfRelease(part)));
  }
  return "released";
}

const withoutApproval = ({ approved: _, ...part }: Stored<ReleaseDoc>): Stored<ReleaseDoc> => ({
  ...part,
  status: "proposed",
});
