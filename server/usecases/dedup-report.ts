import { keyOf } from "../pipeline/key.ts";
import { Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import { objectOf } from "./sight.ts";

/** How many distinct things there are, and how many agencies stand behind them. */
export interface Tally {
  readonly distinct: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** Number of things by number of agencies that reported them. */
  readonly bySources: Readonly<Record<string, number>>;
  /** Of those with two or more, how many each pair of agencies has in common: `JP-NCO + US-CISA`. */
  readonly byPair: Readonly<Record<string, number>>;
  readonly severalSources: number;
}

export interface DedupReport {
  readonly contributions: number;
  /** Things as the store keeps them: keyed by canonical value, by pattern, or by originator and id. */
  readonly things: Tally;
  /** Values as anybody states them, as an observable or in an indicator's pattern; every hash of a file counts. */
  readonly values: Tally;
  /** Ids of objects that never merge under which several agencies sent equal content: shown as one object with several sources. */
  readonly sameObjects: Tally;
}

class Counter {
  readonly #sources = new Map<string, Set<string>>();

  add(name: string, agency: string): void {
    const held = this.#sources.get(name);
    if (held === undefined) this.#sources.set(name, new Set([agency]));
    else held.add(agency);
  }

  /** Names are `kind` up to the first separator and then the key. */
  tally(separator: string, kindOf: (name: string) => string = (name) => name.slice(0, name.indexOf(separator))): Tally {
    const byKind: Record<string, number> = {};
    const bySources: Record<string, number> = {};
    const byPair: Record<string, number> = {};
    let severalSources = 0;
    for (const [name, agencies] of this.#sources) {
      const kind = kindOf(name);
      byKind[kind] = (byKind[kind] ?? 0) + 1;
      bySources[agencies.size] = (bySources[agencies.size] ?? 0) + 1;
      if (agencies.size > 1) severalSources += 1;
      const sorted = [...agencies].sort();
      for (const [i, a] of sorted.entries()) {
        for (const b of sorted.slice(i + 1)) byPair[`${a} + ${b}`] = (byPair[`${a} + ${b}`] ?? 0) + 1;
      }
    }
    const ordered = (counts: Record<string, number>): Record<string, number> =>
      Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      distinct: this.#sources.size,
      byKind: ordered(byKind),
      bySources: ordered(bySources),
      byPair: ordered(byPair),
      severalSources,
    };
  }
}

const PAGE = 2000;

/** Walks every contribution of the store. For the operator: it speaks of what no single account may see. */
export async function dedupReport(unit: Unit): Promise<DedupReport> {
  const [things, values, same] = [new Counter(), new Counter(), new Counter()];
  const rows = unit.collection(Rows);
  let contributions = 0;
  let after: string | undefined;
  for (;;) {
    const page = await rows.all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const row of page) {
      if (row.id !== row.contribution) continue;
      contributions += 1;
      things.add(`${row.kind}|${row.thing}`, row.originator);
      if (row.fold === "alone") same.add(`${row.kind}|${row.stixId}|${row.version ?? ""}|${row.hash}`, row.originator);
      const keyed = keyOf(objectOf(row), row.originator);
      if ("key" in keyed) for (const term of keyed.key.values) values.add(term, row.originator);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.id;
  }
  return { contributions, things: things.tally("|"), values: values.tally(":"), sameObjects: same.tally("|") };
}
