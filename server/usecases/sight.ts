import type { Viewer } from "../../schemas/policy/viewer.ts";
import { readerReferences, referencedIds } from "../pipeline/references.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { sha256 } from "../shared/digest.ts";
import { compareInstants } from "../shared/instant.ts";
import { Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { Admission } from "./admission.ts";
import { endKeys, isEdge, neededEnds } from "./needed-ends.ts";
import { comesLater } from "./reader-order.ts";
import { withoutRepeats } from "./repeated-versions.ts";
import type { Snapshot } from "./snapshot.ts";
import { walkLanes } from "./walk-lanes.ts";
import { wireText } from "./wire-text.ts";

/** A row as read; `written`: where it is stored, if it stands elsewhere for its viewer. */
export type Row = Stored<RowDoc> & { readonly written?: number };

/** What says where a row stands, and beside what: all that a page asks of most rows. */
export type RowBrief = Pick<
  Row,
  "id" | "lane" | "stamp" | "mix" | "stages" | "kind" | "thing" | "fold" | "stixId" | "version" | "originator" | "ends"
>;

/** What a viewer sees as one consolidated object. */
export interface Seen {
  /** The id it is shown under. */
  readonly id: string;
  readonly kind: string;
  readonly fold: RowDoc["fold"];
  readonly thing: string;
  /** The visible contributions that count: of a version chain the newest that the viewer sees. */
  readonly rows: readonly Row[];
  /** The newest of them: where it stands in the reader's order. */
  readonly newest: Row;
  /** The id its sender gave it, where another sender's other object already has that id for this viewer. */
  readonly claimed?: string;
}

/** The object of a row. (A Buffer's own decoder is several times as fast on small texts as TextDecoder.) */
export const objectOf = ({ bytes }: Pick<RowDoc, "bytes">): StixJson =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")) as StixJson;

/** The UUID of a STIX id. */
export const uuidOf = (id: string): string => id.slice(id.indexOf("--") + 2);
const chainOf = (row: RowDoc): string => `${row.originator}|${row.stixId}`;

/** Positive when `a` supersedes `b` in one chain: the later version, and of one version the one that came later. */
function supersedes(a: Row, b: Row): boolean {
  const byVersion = a.version === undefined || b.version === undefined ? 0 : compareInstants(a.version, b.version);
  return byVersion !== 0 ? byVersion > 0 : comesLater(a, b);
}

function groupBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const held = groups.get(key(item));
    if (held === undefined) groups.set(key(item), [item]);
    else held.push(item);
  }
  return groups;
}

const newestOf = (rows: readonly Row[]): Row => rows.reduce((a, b) => (comesLater(b, a) ? b : a));
const oldestOf = (rows: readonly Row[]): Row => rows.reduce((a, b) => (comesLater(a, b) ? b : a));

/**
 * What one viewer sees, for one request. Everything is computed from rows in admitted lanes, so that what is hidden can't
 * show in any answer: heads of chains, who holds an id, which ends exist.
 */
export class Sight {
  protected readonly unit: Unit;
  readonly viewer: Viewer;
  readonly admission: Admission;
  readonly snapshot: Snapshot;
  /** Ids that everybody sees: the group's identity, standard markings, our extension definitions. */
  readonly common: ReadonlySet<string>;
  readonly #resolved = new Map<string, string | undefined>();
  readonly #byId = new Map<string, Row[]>();
  readonly #byThing = new Map<string, Row[]>();

  constructor(unit: Unit, viewer: Viewer, snapshot: Snapshot, admission: Admission, common: ReadonlySet<string>) {
    this.unit = unit;
    this.viewer = viewer;
    this.snapshot = snapshot;
    this.admission = admission;
    this.common = common;
  }

  /** The same view with nothing remembered: for the next page of a long answer, so that it neither grows nor goes stale. */
  again(): Sight {
    return this.within(this.unit);
  }

  /** The same view, read through this unit from now on: a transaction that writes about what it finds. */
  within(unit: Unit): Sight {
    return new Sight(unit, this.viewer, this.snapshot, this.admission, this.common);
  }

  /**
   * The row where it stands for this viewer, or undefined if it doesn't: its own stamp, or that of the first of the stages since which the label
   * changed for others only (order, relabels). So a release to Korea does not tell Japan.
   */
  placed(row: Row): Row | undefined {
    const now = this.admission.lanes.get(row.lane);
    if (now === undefined) return undefined;
    let { stamp } = row;
    for (const stage of (row.stages ?? []).toReversed()) {
      const then = this.admission.lanes.get(stage.lane);
      if (
        then === undefined ||
        then.cut.join("\n") !== now.cut.join("\n") ||
        wireText(this.viewer, then) !== wireText(this.viewer, now)
      )
        break;
      stamp = stage.stamp;
    }
    return stamp === row.stamp ? row : { ...row, stamp, written: row.stamp };
  }

  #visible(rows: readonly Row[]): Row[] {
    return rows.flatMap((row) => this.placed(row) ?? []);
  }

  /** Visible rows under sender's ids, of versions that the viewer can tell apart; read once a request. */
  async rowsOfIds(ids: readonly string[]): Promise<Row[]> {
    const unread = [...new Set(ids)].filter((id) => !this.#byId.has(id));
    if (unread.length > 0) {
      for (const id of unread) this.#byId.set(id, []);
      const rows = this.#visible(await this.unit.collection(Rows).find({ index: "stix", values: unread }));
      for (const row of this.#heard(rows)) this.#byId.get(row.stixId)?.push(row);
    }
    return [...new Set(ids)].flatMap((id) => this.#byId.get(id) ?? []);
  }

  /** Without versions in which nothing changed but what is cut for the viewer: to it they were never made (policy 6, Q27). */
  #heard(rows: readonly Row[]): readonly Row[] {
    const marking = ({ lane }: Row): string => {
      const held = this.admission.lanes.get(lane);
      return held === undefined ? "" : wireText(this.viewer, held);
    };
    return withoutRepeats(rows, (row) => this.ownRow(row), marking);
  }

  /** Visible rows of things (UUIDs); read once a request. */
  async rowsOfThings(things: readonly string[]): Promise<Row[]> {
    const unread = [...new Set(things)].filter((thing) => !this.#byThing.has(thing));
    if (unread.length > 0) {
      for (const thing of unread) this.#byThing.set(thing, []);
      for (const row of this.#visible(await this.unit.collection(Rows).find({ index: "thing", values: unread })))
        this.#byThing.get(row.thing)?.push(row);
    }
    return [...new Set(things)].flatMap((thing) => this.#byThing.get(thing) ?? []);
  }

  /** Visible rows that state a value besides their own key. */
  async rowsOfValues(terms: readonly string[]): Promise<Row[]> {
    return terms.length === 0
      ? []
      : this.#visible(await this.unit.collection(Rows).find({ index: "values", values: terms }));
  }

  /** Visible edges at these ids, sender's or consolidated. */
  async edgesAt(ids: readonly string[]): Promise<Row[]> {
    if (ids.length === 0) return [];
    return this.#visible(await this.unit.collection(Rows).find({ index: "ends", values: endKeys(ids) }));
  }

  /**
   * Without edges that do not exist for the viewer: one does only if every end does, or as its own agency wrote it (design 3). What does not
   * exist holds no id and supersedes nothing, so this comes before versions and ids are looked at.
   */
  async present<R extends RowBrief>(rows: readonly R[]): Promise<R[]> {
    const edges = rows.filter((row) => isEdge(row.kind) && !this.ownRow(row));
    if (edges.length === 0) return [...rows];
    await this.resolve(edges.flatMap(neededEnds));
    const gone = new Set(edges.filter((row) => neededEnds(row).some((id) => this.shownAs(id) === undefined)));
    return rows.filter((row) => !gone.has(row));
  }

  /** What an agency withdrew counts for its own persons only where it says nothing else there: what stands comes first. */
  #said(rows: Row[], where: (row: Row) => string): Row[] {
    const withdrawn = ({ lane }: Row): boolean => this.admission.lanes.get(lane)?.entry.label.state === "withdrawn";
    if (!rows.some(withdrawn)) return rows;
    const standing = new Set(rows.filter((row) => !withdrawn(row)).map(where));
    return rows.filter((row) => !withdrawn(row) || !standing.has(where(row)));
  }

  /**
   * What parts contributions under one id for this viewer: their bytes, but for what their lists name that it does not see (design 3), which
   * must tell it no more here than where they are shown. Equal keys: the same object.
   */
  async likeness(rows: readonly Row[]): Promise<(row: Row) => string> {
    const unsure = [...groupBy(rows, (row) => row.stixId).values()].filter(
      (members) => new Set(members.map(({ hash, originator }) => `${originator}|${hash}`)).size > 1,
    );
    const objects = unsure.flat().map((row) => ({ row, object: objectOf(row) }));
    const named = new Set(objects.flatMap(({ object }) => referencedIds(object)));
    if (named.size === 0) return ({ hash }) => hash;
    const things = (await this.rowsOfThings([...named].map(uuidOf))).filter(({ fold }) => fold !== "alone");
    const there = await this.present([...(await this.rowsOfIds([...named])), ...things]);
    const known = new Set([...this.common, ...there.flatMap((row) => [row.stixId, `${row.kind}--${row.thing}`])]);
    const keys = new Map(
      objects.map(({ row, object }) => {
        const sharesCount = this.admission.lanes.get(row.lane)?.entry.label.countShareable === true;
        const shownAs = (id: string): string | undefined => (known.has(id) ? id : undefined);
        const shown = readerReferences(object, shownAs, this.ownRow(row), "", sharesCount);
        return [row.id, shown === object ? row.hash : sha256(JSON.stringify(shown))];
      }),
    );
    return (row) => keys.get(row.id) ?? row.hash;
  }

  /** Whether the viewer sees anything in these lanes: one may admit it and hold nothing but edges without ends, or copies that could not be made. */
  async holds(lanes: readonly string[]): Promise<boolean> {
    const asked = new Set(lanes);
    for await (const rows of walkLanes(this.unit, this, { lanes: asked, limit: 100 }, undefined))
      if ((await this.seen(rows)).some((seen) => seen.rows.some((row) => asked.has(row.lane)))) return true;
    return false;
  }

  /** The objects that these visible rows belong to and that exist for the viewer, each once, oldest first. Rows that a newer visible version supersedes belong to none. */
  async seen(rows: readonly RowBrief[]): Promise<Seen[]> {
    const things = [...new Set(rows.filter((row) => row.fold !== "alone").map((row) => row.thing))];
    const folding = this.#said(await this.rowsOfThings(things), (row) => `${row.thing}|${row.originator}`);
    const versioned = [
      ...new Set([...rows, ...folding].filter((row) => row.fold !== "value").map((row) => row.stixId)),
    ];
    const chains = groupBy(this.#said(await this.present(await this.rowsOfIds(versioned)), chainOf), chainOf);
    const live = (row: Row): boolean => {
      const chain = row.fold === "value" ? undefined : chains.get(chainOf(row));
      return (
        chain === undefined ||
        (chain.some(({ id }) => id === row.id) &&
          !chain.some(
            (other) => (row.version === undefined || other.version !== row.version) && supersedes(other, row),
          ))
      );
    };
    const found: Seen[] = [];
    for (const [thing, members] of groupBy(folding.filter(live), (row) => row.thing)) {
      const newest = newestOf(members);
      found.push({
        id: `${newest.kind}--${thing}`,
        kind: newest.kind,
        fold: newest.fold,
        thing,
        rows: members,
        newest,
      });
    }
    const standing = new Set(rows.filter((row) => row.fold === "alone").map((row) => row.stixId));
    const alone = groupBy(
      [...chains.values()].flat().filter((row) => row.fold === "alone" && standing.has(row.stixId)),
      (row) => row.stixId,
    );
    const like = await this.likeness([...alone.values()].flat());
    for (const [id, members] of alone) found.push(...this.#standing(id, members, live, like));
    return found.sort((a, b) => (comesLater(a.newest, b.newest) ? 1 : -1));
  }

  /** Objects that never merge, under one claimed id: equal bytes are one object of several sources; who was visible first keeps the id (design 4). */
  #standing(id: string, members: readonly Row[], live: (row: Row) => boolean, like: (row: Row) => string): Seen[] {
    const chains = [...groupBy(members, chainOf).values()].sort((a, b) =>
      comesLater(oldestOf(a), oldestOf(b)) ? 1 : -1,
    );
    const groups = new Map<string, { owner: Row; rows: Row[] }>();
    for (const chain of chains) {
      const heads = chain.filter(live);
      const head = heads[0];
      if (head === undefined) continue;
      const group = groups.get(like(head));
      if (group === undefined) groups.set(like(head), { owner: head, rows: heads });
      else group.rows.push(...heads);
    }
    return [...groups.values()].map(({ owner, rows }, i) => ({
      id: i === 0 ? id : `${owner.kind}--${owner.thing}`,
      kind: owner.kind,
      fold: "alone" as const,
      thing: owner.thing,
      rows,
      newest: newestOf(rows),
      ...(i === 0 ? {} : { claimed: id }),
    }));
  }

  /** The agency whose contributions are the viewer's own side; a client is never inside its sponsor (policy 1.4). */
  get side(): string | undefined {
    return this.viewer.role === "client" ? undefined : this.viewer.agency;
  }

  /** Whether this is a contribution of the viewer's own side, which sees it as written. */
  ownRow(row: Pick<RowDoc, "originator">): boolean {
    return this.side !== undefined && row.originator === this.side;
  }

  /** Whether the viewer's own side is among the sources. */
  own(seen: Pick<Seen, "rows">): boolean {
    return seen.rows.some((row) => this.ownRow(row));
  }

  /** Looks up what ids mean to the viewer, for `shownAs`. Edges come after all else: what they end at is never an edge (STIX 2.1 section 5). */
  async resolve(ids: Iterable<string>): Promise<void> {
    const asked = [...new Set(ids)].filter((id) => !this.#resolved.has(id) && !this.common.has(id));
    for (const edges of [false, true]) {
      const some = asked.filter((id) => isEdge(id.slice(0, id.indexOf("--"))) === edges);
      if (some.length > 0) await this.#look(some);
    }
  }

  async #look(asked: readonly string[]): Promise<void> {
    const sent = await this.rowsOfIds(asked);
    const known = new Set(sent.map((row) => row.stixId));
    const others = new Set(asked.filter((id) => !known.has(id)));
    const things = (await this.rowsOfThings([...others].map(uuidOf))).filter((row) =>
      others.has(`${row.kind}--${row.thing}`),
    );
    const objects = await this.seen([...sent, ...things]);
    const byShown = new Set(objects.map((seen) => seen.id));
    const bySender = new Map<string, string>();
    for (const seen of objects) {
      for (const row of seen.rows)
        if (!bySender.has(row.stixId) || seen.claimed === undefined) bySender.set(row.stixId, seen.id);
    }
    for (const id of asked) this.#resolved.set(id, byShown.has(id) ? id : bySender.get(id));
  }

  /** The id under which the viewer sees what this id means, after `resolve`; undefined where there is nothing. */
  shownAs(id: string): string | undefined {
    return this.common.has(id) ? id : this.#resolved.get(id);
  }
}
