import type { Connection } from "./connection.ts";
import { type Layout, quoted } from "./layout.ts";

/** Ids, after this one, of documents of a sealed collection that are stored plain, whole or in part; at most `limit`. Reads the collection on from there. */
export function unsealedIds(
  on: Connection,
  layout: Layout,
  { after, limit }: { readonly after?: string; readonly limit: number },
): string[] {
  if (layout.sealedBy === undefined) return [];
  const plain = [
    "typeof(_rest) = 'text'",
    ...layout.bytes.map((field) => `substr(${quoted(field)}, 1, 1) = x'01'`),
  ].join(" OR ");
  const rows =
    after === undefined
      ? on.statement(`SELECT id FROM ${layout.table} WHERE (${plain}) ORDER BY id LIMIT ?`).all(limit)
      : on
          .statement(`SELECT id FROM ${layout.table} WHERE id > ? AND (${plain}) ORDER BY id LIMIT ?`)
          .all(after, limit);
  return rows.map(([id]) => String(id));
}
