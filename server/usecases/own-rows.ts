import type { Label } from "../../schemas/policy/label.ts";
import type { Row, Seen, Sight } from "./sight.ts";

/** The label that a visible row stands under. */
export const labelOfRow = (sight: Sight, row: Pick<Row, "lane">): Label | undefined =>
  sight.admission.lanes.get(row.lane)?.entry.label;

/**
 * Every contribution of the viewer's own side to what it sees as one object, older versions too; of each the one row that the viewer sees. What
 * its side said and the viewer may not read is not among them.
 */
export async function ownRows(sight: Sight, seen: Pick<Seen, "rows">): Promise<Row[]> {
  const heads = seen.rows.filter((row) => sight.ownRow(row));
  const chains = heads.filter((row) => row.fold !== "value").map((row) => row.stixId);
  const versions = (await sight.rowsOfIds(chains)).filter((row) => sight.ownRow(row));
  return [...new Map([...versions, ...heads].map((row) => [row.id, row])).values()];
}
