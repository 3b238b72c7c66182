import { positionInstant } from "../../pipeline/fold.ts";
import { compareInstants } from "../../shared/instant.ts";
import type { Unit } from "../../storage/port.ts";
import { isEdge } from "../needed-ends.ts";
import { originals } from "../read-objects.ts";
import type { Renderer } from "../render.ts";
import { repeats } from "../repeated-versions.ts";
import type { Row, Seen } from "../sight.ts";
import type { PageAsk, VersionMatch } from "./collection-page.ts";
import type { CrowdedKeys } from "./crowded-keys.ts";
import { Lives, type Span, touchedBy } from "./lives.ts";
import type { OrderedSight } from "./ordered-sight.ts";
import type { Stretch } from "./walk-order.ts";

/** An object and where it stands; `here`: in the stretch that was asked for, and among the versions. */
export interface Standing {
  readonly place: number;
  readonly seen: Seen;
  readonly row: Row;
  readonly lanes: readonly Row[];
  readonly here: boolean;
}

export interface StandingsParts {
  readonly unit: Unit;
  readonly sight: OrderedSight;
  readonly renderer: Renderer;
  readonly crowded: CrowdedKeys;
}

/** Where the objects that have a part in a stretch stand for one reader (order, "originals" and "consolidated"). */
export class Standings {
  readonly #parts: StandingsParts;

  constructor(parts: StandingsParts) {
    this.#parts = parts;
  }

  /**
   * The versions of each id that the filter leaves, among those that pass the other filters (T-091). One that another kept from sight while the account
   * read stands where the other was lost: who follows was not given it before, or was given the other in its stead.
   */
  async originals(
    { versions, after = -1 }: PageAsk,
    { rows, lost, from, to }: Pick<Stretch, "rows" | "lost" | "from" | "to">,
  ): Promise<Standing[]> {
    const { unit, sight, renderer } = this.#parts;
    const left = await this.#left(lost);
    const ids = [...new Set([...rows, ...left].map(({ stixId }) => stixId))];
    if (ids.length === 0) return [];
    const every = versions !== undefined && "all" in versions;
    const pool = await sight.present(await sight.rowsOfIds(ids));
    const chains = new Map<string, Row[]>();
    if (!every)
      for (const row of pool) if (row.stamp > after) chains.set(row.stixId, [...(chains.get(row.stixId) ?? []), row]);
    const lives = await Lives.read(unit, sight, ids);
    const made: Standing[] = [];
    for (const { at, seen } of await originals(sight, renderer, pool)) {
      const others = (chains.get(at.stixId) ?? []).filter(
        ({ originator }) => seen.claimed === undefined || originator === at.originator,
      );
      let place = at.stamp;
      if (!passesVersions(at.version, others, versions)) {
        made.push({ place, seen, row: at, lanes: seen.rows, here: false });
        continue;
      }
      for (const span of keptFromSight(lives, at, !every))
        if (span.end > place && (await sight.ledger.saw(span))) place = span.end;
      made.push({ place, seen, row: at, lanes: seen.rows, here: place >= from && (to === undefined || place < to) });
    }
    return made;
  }

  /** What stands under the ids that losses touched. */
  async #left(lost: Stretch["lost"]): Promise<Row[]> {
    const { unit, sight, crowded } = this.#parts;
    if (lost.length === 0) return [];
    const touched = await touchedBy(
      unit,
      lost.map(({ row }) => row),
    );
    // What is an object by itself stands where it stood.
    const several = (await sight.rowsOfIds(touched)).filter((row) => !crowded.isSolitary(row));
    return sight.present(several);
  }

  /** The folds that have a part in a stretch, each at the newest place among its sources and losses (order, consolidated). */
  async consolidated(
    { versions }: PageAsk,
    { rows, lost, from, to }: Pick<Stretch, "rows" | "lost" | "from" | "to">,
  ): Promise<Standing[]> {
    const { unit, sight, crowded } = this.#parts;
    const left = await this.#left(lost);
    // What is an object by itself is on the page as it stands, or gone.
    const several = lost.flatMap(({ row }) => (crowded.isSolitary(row) ? [] : [row]));
    const objects = await sight.seen([...rows, ...several, ...left]);
    const edges = objects.filter(({ kind }) => isEdge(kind)).flatMap((seen) => seen.rows.map(({ stixId }) => stixId));
    const lives = await Lives.read(unit, sight, edges);
    const made: Standing[] = [];
    for (const seen of objects) {
      const spans = isEdge(seen.kind) ? lives.under(seen.newest.stixId).flatMap((row) => lives.of(row)) : [];
      const places = await sight.placesOf(
        seen,
        spans.filter(({ end }) => Number.isFinite(end)),
      );
      const place = places.at(-1) ?? 0;
      const { newest } = seen;
      if (place < from || (to !== undefined && place >= to)) {
        made.push({ place, seen, row: newest, lanes: seen.rows, here: false });
        continue;
      }
      // `modified` is the place in whole milliseconds, one more than the last where they would be equal (order, consolidated).
      const modified = places.reduce((last, one) => Math.max(Math.ceil(one / 1000), last + 1), 0) * 1000;
      const version = seen.fold === "pattern" ? positionInstant(modified) : newest.version;
      const shown =
        seen.fold === "pattern"
          ? { ...seen, rows: seen.rows.map((row) => (row.id === newest.id ? { ...row, stamp: modified } : row)) }
          : seen;
      made.push({ place, seen: shown, row: newest, lanes: seen.rows, here: passesVersions(version, [], versions) });
    }
    return made;
  }
}

/** When what is lost kept a version from sight: a later one where the last is asked for, other words for the same one, another agency's under the id. */
function keptFromSight(lives: Lives, at: Row, last: boolean): Span[] {
  return lives.under(at.stixId).flatMap((row) => {
    if (row.id === at.id || row.stixId !== at.stixId || row.hash === at.hash) return [];
    const later = compareInstants(row.version ?? "", at.version ?? "");
    // What said the same to this reader took nothing's place, and the first of them kept the others from sight.
    if (later > 0 && repeats(row, at)) return [];
    const silenced = later < 0 && repeats(at, row);
    const own = row.originator === at.originator;
    return lives.of(row).filter(({ begin, end }) => {
      const first = begin < at.stamp;
      const behind = silenced || (last && later > 0);
      const kept = own && later !== 0 ? behind : at.version === undefined && own ? !first : first;
      return kept && Number.isFinite(end);
    });
  });
}

/** Whether a version passes the filter, among the others that do (T-087 to T-092); what has no version is its own first and last. */
export function passesVersions(
  version: string | undefined,
  others: readonly Pick<Row, "version">[],
  match: VersionMatch | undefined,
): boolean {
  if (version === undefined || (match !== undefined && "all" in match)) return true;
  const { first, last, at } = match ?? { first: false, last: true, at: [] };
  const beyond = (sign: 1 | -1): boolean =>
    others.some((other) => other.version !== undefined && compareInstants(other.version, version) * sign > 0);
  return (last && !beyond(1)) || (first && !beyond(-1)) || at.some((one) => compareInstants(one, version) === 0);
}
