import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { Rows } from "../../storage/collections.ts";
import type { Unit } from "../../storage/port.ts";
import type { Admission } from "../admission.ts";
import { hasLateEnds, isEdge, neededEnds } from "../needed-ends.ts";
import { type Row, type RowBrief, type Seen, Sight, uuidOf } from "../sight.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Ledger } from "./given.ts";
import type { LaneHeads } from "./lane-heads.ts";
import type { ReaderState } from "./reader-state.ts";

/** From where to where something stood that is gone. */
interface Stood {
  readonly begin: number;
  readonly end: number;
}

/** What one reader sees, each row where it stands in the reader's own order (order, position). */
export class OrderedSight extends Sight {
  readonly state: ReaderState;
  /** What the account had been given. */
  readonly ledger: Ledger;
  readonly #heads: LaneHeads;
  readonly #looked = new Map<string, boolean>();
  /** From where to where rows stood that were lost and that this request came across: by thing, and by id for what never merges; each row once. */
  readonly #lost = new Map<string, Map<string, readonly Stood[]>>();

  constructor(
    unit: Unit,
    viewer: Viewer,
    snapshot: Snapshot,
    admission: Admission,
    common: ReadonlySet<string>,
    state: ReaderState,
    ledger: Ledger,
    heads: LaneHeads,
  ) {
    super(unit, viewer, snapshot, admission, common);
    this.state = state;
    this.ledger = ledger;
    this.#heads = heads;
  }

  override again(): OrderedSight {
    return new OrderedSight(
      this.unit,
      this.viewer,
      this.snapshot,
      this.admission,
      this.common,
      this.state,
      this.ledger,
      this.#heads,
    );
  }

  override placed<R extends RowBrief>(row: R): R | undefined {
    const stamp = this.state.place(row);
    if (stamp === undefined) {
      // An edge may never have been there, for want of an end: its losses are told by `Lives`.
      if (!isEdge(row.kind)) {
        const key = row.fold === "alone" ? row.stixId : row.thing;
        const held = this.#lost.get(key) ?? new Map<string, readonly Stood[]>();
        if (!held.has(row.id))
          held.set(
            row.id,
            this.state.history(row).flatMap(({ begin, end }) => (end === undefined ? [] : [{ begin, end }])),
          );
        this.#lost.set(key, held);
      }
      return undefined;
    }
    return stamp === row.stamp ? row : { ...row, stamp };
  }

  /** Since when something that is no edge has stood under an id; undefined where nothing does. */
  async #appeared(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    const note = (id: string, row: Row): void => {
      found.set(id, Math.min(found.get(id) ?? row.stamp, row.stamp));
    };
    for (const row of await this.rowsOfIds(ids)) if (!isEdge(row.kind)) note(row.stixId, row);
    for (const row of await this.rowsOfThings(ids.map(uuidOf)))
      if (!isEdge(row.kind)) note(`${row.kind}--${row.thing}`, row);
    return found;
  }

  /** Looks which edges have their ends in the same lane, where they have always stood before them: who sees such an edge sees them, and saw them first. */
  async #lookBeside(edges: readonly RowBrief[]): Promise<void> {
    const asked: RowBrief[] = [];
    for (const row of edges) {
      if (this.#looked.has(row.id)) continue;
      const head = this.#heads.get(row.lane);
      if (hasLateEnds(row)) this.#looked.set(row.id, false);
      // What stood there before it stands there still, where nothing ever left.
      else if (head !== undefined && head.left === undefined) this.#looked.set(row.id, true);
      else asked.push(row);
    }
    if (asked.length === 0) return;
    const pairs = asked.flatMap((row) => neededEnds(row).map((end) => ({ row, end })));
    const there = await this.unit
      .collection(Rows)
      .tally({ index: "stix", prefixes: pairs.map(({ row, end }) => [end, row.lane]), most: 1 });
    const missing = new Set(pairs.filter((_, i) => there[i] === 0).map(({ row }) => row.id));
    for (const { id } of asked) this.#looked.set(id, !missing.has(id));
  }

  /** An edge stands where the later of its ends does: until then it did not exist. */
  override async present<R extends RowBrief>(rows: readonly R[]): Promise<R[]> {
    const found = rows.filter((row) => isEdge(row.kind) && !this.ownRow(row));
    await this.#lookBeside(found);
    const beside = new Set(found.filter(({ id }) => this.#looked.get(id) === true));
    if (found.length > 0 && beside.size === found.length) return [...rows];
    if (beside.size > 0) {
      const others = await this.present(rows.filter((row) => !beside.has(row)));
      const known = new Map(others.map((row) => [row.id, row]));
      return rows.flatMap((row) => (beside.has(row) ? row : (known.get(row.id) ?? [])));
    }
    const there = await super.present(rows);
    const edges = there.filter((row) => isEdge(row.kind) && !this.ownRow(row));
    if (edges.length === 0) return there;
    const since = await this.#appeared([...new Set(edges.flatMap(neededEnds))]);
    return there.map((row) => {
      if (!isEdge(row.kind) || this.ownRow(row)) return row;
      const stamp = Math.max(row.stamp, ...neededEnds(row).map((end) => since.get(end) ?? row.stamp));
      return stamp === row.stamp ? row : { ...row, stamp };
    });
  }

  /** As `Sight` says; rows of a block stand elsewhere than their stamps say. */
  override async holds(lanes: readonly string[]): Promise<boolean> {
    const asked = new Set(lanes);
    const rows = this.unit.collection(Rows);
    for (let after: { value: number; id: string } | undefined; ; ) {
      const page = await rows.scan({
        index: "lane",
        prefixes: lanes.map((lane) => [lane]),
        limit: 100,
        ...(after === undefined ? {} : { after }),
      });
      const seen = await this.seen(page.flatMap((row) => this.placed(row) ?? []));
      if (seen.some((one) => one.rows.some(({ lane }) => asked.has(lane)))) return true;
      const last = page.at(-1);
      if (last === undefined || page.length < 100) return false;
      after = { value: last.stamp, id: last.id };
    }
  }

  /**
   * Places at which what the reader sees under an object changed, oldest first: where its sources stand, and where it lost one. One that came and went
   * while the account read nothing changed nothing: the object stands where it stood.
   */
  async placesOf({ rows, thing, fold, claimed, id }: Seen, ended: readonly Stood[] = []): Promise<number[]> {
    const places = new Set(rows.map(({ stamp }) => stamp));
    const lost = this.#lost.get(fold === "alone" ? (claimed ?? id) : thing)?.values() ?? [];
    for (const stood of [...[...lost].flat(), ...ended]) if (await this.ledger.saw(stood)) places.add(stood.end);
    return [...places].sort((a, b) => a - b);
  }
}
