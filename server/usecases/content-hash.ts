import type { Label } from "../../schemas/policy/label.ts";
import { sha256 } from "../shared/digest.ts";
import type { Row, Seen, Sight } from "./sight.ts";

/** What an edit, a release or an approval binds to: the bytes and the label of these rows (triage 3), and not their ids, which are made from bytes of every tier. */
export const contentHash = (rows: readonly Pick<Row, "hash" | "label">[]): string =>
  sha256(JSON.stringify(rows.map((row) => [row.hash, row.label]).sort()));

/** The own agency's contributions to what is seen: their hash, and the label of the newest; undefined where it has none. */
export function ownContent(
  sight: Sight,
  seen: Pick<Seen, "rows">,
): { hash: string; label: Label; rows: Row[] } | undefined {
  const rows = seen.rows.filter((row) => sight.ownRow(row));
  const newest = rows.reduce<Row | undefined>((a, b) => (a === undefined || b.stamp > a.stamp ? b : a), undefined);
  const label = newest === undefined ? undefined : sight.admission.lanes.get(newest.lane)?.entry.label;
  if (label === undefined) return undefined;
  return { hash: contentHash(rows), label, rows };
}
