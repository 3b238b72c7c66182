import { Rows } from "../../storage/collections.ts";
import type { Unit } from "../../storage/port.ts";
import { endKeys, isEdge, neededEnds } from "../needed-ends.ts";
import { type Row, type RowBrief, uuidOf } from "../sight.ts";
import type { OrderedSight } from "./ordered-sight.ts";

/** From where to where something stood for the reader; without an end it still does. */
export interface Span {
  readonly begin: number;
  readonly end: number;
  /** While it did, its agency was the reader's. */
  readonly own: boolean;
}

/** Times without those that overlap or touch, oldest first: whoever had one of several had something. */
export function joined(spans: readonly Span[]): Array<Pick<Span, "begin" | "end">> {
  const made: Array<{ begin: number; end: number }> = [];
  for (const { begin, end } of [...spans].sort((a, b) => a.begin - b.begin)) {
    const last = made.at(-1);
    if (last === undefined || begin > last.end) made.push({ begin, end });
    else last.end = Math.max(last.end, end);
  }
  return made;
}

/** What two lists of times have in common. */
const common = (a: readonly Span[], b: ReadonlyArray<Pick<Span, "begin" | "end">>): Span[] =>
  a.flatMap((one) =>
    b.flatMap((other) => {
      const [begin, end] = [Math.max(one.begin, other.begin), Math.min(one.end, other.end)];
      return begin < end ? [{ begin, end, own: false }] : [];
    }),
  );

export const thingId = ({ kind, thing }: Pick<Row, "kind" | "thing">): string => `${kind}--${thing}`;

/** Rows by the ids that they may be shown under: the sender's, and the thing's where it folds. */
class ById {
  readonly #rows = new Map<string, Map<string, Row>>();

  add(rows: readonly Row[]): void {
    for (const row of rows)
      for (const id of [row.stixId, thingId(row)]) {
        const held = this.#rows.get(id);
        if (held === undefined) this.#rows.set(id, new Map([[row.id, row]]));
        else held.set(row.id, row);
      }
  }

  get(id: string): Row[] {
    return [...(this.#rows.get(id)?.values() ?? [])];
  }
}

/** What happened to rows as one reader saw it, for recalls. */
export class Lives {
  readonly #sight: OrderedSight;
  readonly #byId: ById;

  private constructor(sight: OrderedSight, byId: ById) {
    this.#sight = sight;
    this.#byId = byId;
  }

  #spans(row: Row): Span[] {
    return this.#sight.state
      .history(row)
      .map(({ begin, end = Number.POSITIVE_INFINITY, own }) => ({ begin, end, own }));
  }

  /** Reads what stands, or stood, under these ids and things, with the ends of edges among it. */
  static async read(
    unit: Unit,
    sight: OrderedSight,
    ids: readonly string[],
    things: readonly string[] = [],
  ): Promise<Lives> {
    const rows = unit.collection(Rows);
    const byId = new ById();
    const here = [
      ...(await rows.find({ index: "stix", values: [...new Set(ids)] })),
      ...(await rows.find({ index: "thing", values: [...new Set(things)] })),
    ];
    byId.add(here);
    const ends = [...new Set(here.flatMap(neededEnds))];
    if (ends.length > 0) {
      byId.add(await rows.find({ index: "stix", values: ends }));
      byId.add(await rows.find({ index: "thing", values: ends.map(uuidOf) }));
    }
    return new Lives(sight, byId);
  }

  /** Rows that are read under an id, the sender's or a thing's. */
  under(id: string): Row[] {
    return this.#byId.get(id);
  }

  /** An edge that lacked an end was not there: it came with the later of its ends, went with the first that went, and came again with that one. */
  of(row: Row): Span[] {
    const own = this.#spans(row);
    if (!isEdge(row.kind)) return own;
    const ends = neededEnds(row)
      .filter((id) => !this.#sight.common.has(id))
      .map((id) =>
        joined(
          this.#byId
            .get(id)
            .filter(({ kind }) => !isEdge(kind))
            .flatMap((one) => this.#spans(one)),
        ),
      );
    return own.flatMap((span) => (span.own ? [span] : ends.reduce(common, [span])));
  }
}

/** Sender's ids under which something may have changed with what was lost: its own, and those of edges that ended there. */
export async function touchedBy(unit: Unit, lost: readonly RowBrief[]): Promise<string[]> {
  const ends = lost.flatMap((row) => (isEdge(row.kind) ? [] : [row.stixId, thingId(row)]));
  const edges =
    ends.length === 0 ? [] : await unit.collection(Rows).find({ index: "ends", values: endKeys(new Set(ends)) });
  return [...new Set([...lost, ...edges].map(({ stixId }) => stixId))];
}
