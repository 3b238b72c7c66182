import { laneId } from "../../server/pipeline/lane.ts";
import { readerReferences } from "../../server/pipeline/references.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { admitOne } from "../../server/policy/admitted.ts";
import { wireLabel } from "../../server/policy/wire-label.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { Rows } from "../../server/storage/collections.ts";
import type { RowDoc } from "../../server/storage/documents.ts";
import { objectOf } from "../../server/usecases/sight.ts";
import { Snapshots } from "../../server/usecases/snapshot.ts";
import type { TemporaryWorld } from "../support/temporary-world.ts";

/**
 * What a viewer may see of a world, read plainly from all its rows: by this two worlds are known to differ in nothing but what is
 * hidden. It shares the decision with the server and nothing of how the server reads, pages or folds.
 */
export async function visibleTo(
  world: TemporaryWorld,
  account: string,
): Promise<{ visible: string[]; hidden: number }> {
  const rows = await world.storage.collection(Rows).all({ limit: 100_000 });
  const snapshot = await new Snapshots(world.storage).read(world.storage, world.steer.now);
  const viewer = snapshot.viewer(account);
  if (viewer === undefined) throw new Error(`there is no ${account}`);
  const at = formatInstant(snapshot.at);
  const lanes = new Map(
    snapshot.labelList.flatMap((entry) => {
      const { id, label } = entry;
      const tier = admitOne(viewer, entry, snapshot.agreements, at, "api");
      return tier === undefined ? [] : [[laneId(id, tier.index), { label, cut: tier.cut }] as const];
    }),
  );
  const seen = rows.flatMap((row) => {
    const lane = lanes.get(row.lane);
    return lane === undefined ? [] : [{ row, lane }];
  });
  // A client is never inside its sponsor (policy 1.4).
  const own = (row: RowDoc): boolean => viewer.role !== "client" && row.originator === viewer.agency;
  const isEdge = ({ kind }: RowDoc): boolean => kind === "relationship" || kind === "sighting";
  const known = new Set(
    seen.filter(({ row }) => !isEdge(row)).flatMap(({ row }) => [row.stixId, `${row.kind}--${row.thing}`]),
  );
  const there = seen.filter(({ row }) => {
    const written = (row.ends ?? []).map((id) => id.replace(/^~/, ""));
    const ends = row.kind === "sighting" ? written.slice(0, 1) : written;
    return !isEdge(row) || own(row) || ends.every((id) => known.has(id));
  });
  for (const { row } of there) known.add(row.stixId);
  const visible = there.map(({ row, lane }) => {
    const { label, cut } = lane;
    const named = !label.caveats.includes("NOATTRIB") || viewer.country === label.originatorCountry;
    const written = own(row);
    const object: StixJson = readerReferences(
      objectOf(row),
      (id) => (known.has(id) ? id : undefined),
      written,
      "nobody",
    );
    return JSON.stringify([
      ...[
        row.received,
        row.stixId,
        row.version ?? "",
        row.fold === "alone" ? "" : row.thing,
        named ? row.originator : "",
        object,
      ],
      ...[written ? label : wireLabel(label, viewer, cut), row.channel],
    ]);
  });
  return { visible: visible.sort(), hidden: rows.length - there.length };
}
