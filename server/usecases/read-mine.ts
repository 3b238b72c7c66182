import type { z } from "zod";
import type { MinePage } from "../../schemas/api/objects.ts";
import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import { stillLasts } from "../policy/dated.ts";
import { sha256 } from "../shared/digest.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Unit } from "../storage/port.ts";
import { isPast, openPosition, positionOf, sealPosition } from "./position.ts";
import { postHash, postToken } from "./post-token.ts";
import { inOrder } from "./reader-order.ts";
import { objectOf, type Row, type Sight } from "./sight.ts";
import { walkLanes } from "./walk-lanes.ts";

type MineRow = Omit<ReleaseRow, "status"> & { readonly status: ReleaseRow["status"] | "expired" };

/** The rows of a label as they stand at an instant: what is past its end admits nobody any more. */
const rowsNow = (label: Label, at: string): MineRow[] =>
  label.releases.map((row) => ({ ...row, status: stillLasts(at, row.until) ? row.status : "expired" }));

type PostHead = Omit<z.infer<typeof MinePage>["posts"][number], "tlp" | "state"> & Pick<Label, "state">;

/** What a list and the page of one post have in common; `now` in ms. */
export function postHead(row: Row, label: Label, tokenKey: Uint8Array, now: number): PostHead {
  const { name } = objectOf(row);
  return {
    post: postToken(tokenKey, row),
    hash: postHash(row),
    id: row.stixId,
    type: row.kind,
    ...(row.version === undefined ? {} : { version: row.version }),
    ...(typeof name === "string" ? { name } : {}),
    received: formatInstant(row.received),
    by: row.receivedFrom,
    batch: row.batch,
    channel: row.channel,
    state: label.state,
    flags: row.flags ?? [],
    releases: rowsNow(label, formatInstant(now)),
  };
}

/** My agency's posts that this account may see, of one id where asked, oldest first, each contribution with its label's rows as they stand. A cursor is good for one `list`. */
export async function readMine(
  unit: Unit,
  sight: Sight,
  cursorKey: Uint8Array,
  ask: { readonly limit: number; readonly next?: string; readonly id?: string },
  list: "mine" | "disclosures" = "mine",
): Promise<z.infer<typeof MinePage>> {
  const agency = sight.side;
  const asked = sha256(JSON.stringify([list, sight.viewer.id, agency, ask.id ?? null]));
  const after = openPosition(cursorKey, list, asked, ask.next);
  const lanes = [...sight.admission.lanes.values()].filter(
    ({ entry }) => agency !== undefined && entry.label.originator === agency,
  );
  if (lanes.length === 0) return { posts: [] };
  const rows: Row[] = [];
  if (ask.id === undefined) {
    const own = new Set(lanes.map(({ lane }) => lane));
    for await (const some of walkLanes(unit, sight, { lanes: own, limit: ask.limit + 1 }, after)) {
      rows.push(...some);
      if (rows.length > ask.limit) break;
    }
  } else {
    const own = (await sight.rowsOfIds([ask.id])).filter((row) => sight.ownRow(row));
    rows.push(...inOrder(own).filter((row) => after === undefined || isPast(row, after)));
  }
  const page = rows.slice(0, ask.limit);
  const last = page.at(-1);
  const posts = page.flatMap((row) => {
    const label = sight.admission.lanes.get(row.lane)?.entry.label;
    if (label === undefined) return [];
    return [{ ...postHead(row, label, cursorKey, sight.snapshot.at), tlp: label.tlp }];
  });
  return rows.length > ask.limit && last !== undefined
    ? { posts, next: sealPosition(cursorKey, list, asked, positionOf(last, rows)) }
    : { posts };
}
