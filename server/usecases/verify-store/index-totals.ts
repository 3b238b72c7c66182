import type { Declared } from "../../storage/declared.ts";
import type { Doc, Unit } from "../../storage/port.ts";
import type { Report } from "./finding.ts";
import { standsIn } from "./sound.ts";

const PAGE = 1000;

/** How many documents stand in each index. */
async function totalsOf<T extends Doc>(unit: Unit, spec: Declared<T>): Promise<ReadonlyMap<string, number>> {
  const totals = new Map<string, number>();
  for (const index of Object.keys(spec.indexes))
    totals.set(index, await unit.collection(spec).count({ index, prefixes: [[]] }));
  return totals;
}

/**
 * Counts the documents of a walk that belong into each index, and holds that against what stands there: an entry of a document that is gone has no other trace. Where somebody
 * wrote meanwhile it is counted again by itself, and told of only if the numbers stood still.
 */
export class IndexTotals<T extends Doc> {
  readonly #unit: Unit;
  readonly #spec: Declared<T>;
  readonly #before: ReadonlyMap<string, number>;
  readonly #counts = new Map<string, number>();

  private constructor(unit: Unit, spec: Declared<T>, before: ReadonlyMap<string, number>) {
    this.#unit = unit;
    this.#spec = spec;
    this.#before = before;
  }

  static async begin<T extends Doc>(unit: Unit, spec: Declared<T>): Promise<IndexTotals<T>> {
    return new IndexTotals(unit, spec, await totalsOf(unit, spec));
  }

  add(page: readonly T[]): void {
    for (const [index, { fields }] of Object.entries(this.#spec.indexes)) {
      let count = this.#counts.get(index) ?? 0;
      for (const doc of page) if (standsIn(doc, fields)) count += 1;
      this.#counts.set(index, count);
    }
  }

  async #differing(): Promise<ReadonlyMap<string, number>> {
    const after = await totalsOf(this.#unit, this.#spec);
    return new Map(
      [...after].filter(([index, n]) => this.#before.get(index) === n && (this.#counts.get(index) ?? 0) !== n),
    );
  }

  async end(report: Report): Promise<void> {
    if ((await this.#differing()).size === 0) return;
    const again = await IndexTotals.begin(this.#unit, this.#spec);
    for (let after: string | undefined; ; ) {
      const page = await this.#unit
        .collection(this.#spec)
        .all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      again.add(page);
      after = page.at(-1)?.id;
      if (page.length < PAGE) break;
    }
    for (const [index, n] of await again.#differing())
      report("verify.index_count", index, `${n} stand in it where ${again.#counts.get(index) ?? 0} belong`);
  }
}
