import { tiersOf } from "../../policy/tiers.ts";
import { Labels } from "../../storage/collections.ts";
import type { Declared } from "../../storage/declared.ts";
import type { Unit } from "../../storage/port.ts";
import { type LabelEntry, labelEntry } from "../snapshot.ts";

/** Ids remembered of one collection: what is more is looked up again. */
const MOST = 100_000;

/** Which ids stand in a collection whose documents are never removed: what was seen once is not read again. */
export class Standing {
  readonly #spec: Declared;
  readonly #seen = new Set<string>();

  constructor(spec: Declared) {
    this.#spec = spec;
  }

  /** Those of these ids that do not stand there. */
  async missing(unit: Unit, ids: Iterable<string>): Promise<ReadonlySet<string>> {
    const asked = [...new Set(ids)].filter((id) => !this.#seen.has(id));
    if (asked.length === 0) return NONE;
    const found = new Set((await unit.collection(this.#spec).getMany(asked)).map(({ id }) => id));
    this.note(found);
    return new Set(asked.filter((id) => !found.has(id)));
  }

  has(id: string): boolean {
    return this.#seen.has(id);
  }

  note(ids: Iterable<string>): void {
    if (this.#seen.size > MOST) this.#seen.clear();
    for (const id of ids) this.#seen.add(id);
  }
}

const NONE: ReadonlySet<string> = new Set();

/** Labels with their tiers: they never change once they are there. */
export class KnownLabels {
  readonly #entries = new Map<string, LabelEntry>();

  /** The entries of these ids; of one that is not there, or has too many tiers, nothing. */
  async read(unit: Unit, ids: Iterable<string>): Promise<ReadonlyMap<string, LabelEntry>> {
    const asked = [...new Set(ids)];
    const held = new Map(
      asked.flatMap((id) => {
        const entry = this.#entries.get(id);
        return entry === undefined ? [] : [[id, entry] as const];
      }),
    );
    const fresh = asked.filter((id) => !held.has(id));
    if (fresh.length === 0) return held;
    if (this.#entries.size > MOST) this.#entries.clear();
    for (const { id, label } of await unit.collection(Labels).getMany(fresh)) {
      if ("problem" in tiersOf(label)) continue;
      const entry = labelEntry(id, label);
      this.#entries.set(id, entry);
      held.set(id, entry);
    }
    return held;
  }
}
