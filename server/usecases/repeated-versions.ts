import { canonicalJson } from "../shared/canonical-json.ts";
import { compareInstants } from "../shared/instant.ts";
import type { RowDoc } from "../storage/documents.ts";

/** What of a row is looked at. */
export type Told = Pick<RowDoc, "bytes" | "cut" | "originator" | "stixId" | "version">;

/** What is told of a row but when it was changed. */
const said = ({ bytes }: Told): string => {
  const { modified: _, ...object } = JSON.parse(Buffer.from(bytes).toString("utf8")) as Record<string, unknown>;
  return canonicalJson(object);
};

/** Whether a version says what another one said, to a reader for whom a part of it is cut: what changed is in that part (policy 6, Q27). */
export const repeats = (row: Told, before: Told): boolean =>
  row.cut.length > 0 && row.originator === before.originator && said(row) === said(before);

/**
 * Rows of versions without those that repeat the one before for this reader: a change of a hidden field moves no date, no place and no version (policy 6, Q27;
 * 7, "order and dates"). `own`: whose own side's it is sees its versions as they are. `marking`: the label as the reader knows it.
 */
export function withoutRepeats<R extends Told>(
  rows: readonly R[],
  own: (row: R) => boolean,
  marking: (row: R) => string,
): readonly R[] {
  const chains = new Map<string, R[]>();
  for (const row of rows) {
    if (row.version === undefined || own(row)) continue;
    const chain = `${row.originator}|${row.stixId}`;
    chains.set(chain, [...(chains.get(chain) ?? []), row]);
  }
  const gone = new Set<R>();
  for (const chain of chains.values()) {
    if (chain.length < 2 || !chain.some(({ cut }) => cut.length > 0)) continue;
    const versions = [...chain].sort((a, b) => compareInstants(a.version ?? "", b.version ?? ""));
    let standing: R[] = [];
    for (const row of versions) {
      const same = (one: R): boolean => compareInstants(one.version ?? "", row.version ?? "") === 0;
      const before = standing.filter((one) => !same(one));
      if (before.some((one) => marking(one) === marking(row) && repeats(row, one))) gone.add(row);
      else standing = [...standing.filter(same), row];
    }
  }
  return gone.size === 0 ? rows : rows.filter((row) => !gone.has(row));
}
