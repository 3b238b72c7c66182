import { Given, GivenFiles, Holders } from "../../storage/collections.ts";
import type { GivenDoc, GivenFileDoc } from "../../storage/given-documents.ts";
import type { Stored, Unit } from "../../storage/port.ts";
import { neededEnds } from "../needed-ends.ts";
import { type Row, type Seen, type Sight, uuidOf } from "../sight.ts";
import { changed, GIVEN, given, isGone, runAt, wasGiven, watched } from "./runs.ts";

const MINUTE = 60_000;
export const DAY_MS = 86_400_000;
/** Microseconds of a stretch of stamps. */
const STRETCH = 2 ** 30;
/** Documents that are written together. */
const PIECE = 200;

/** The stretch that a stamp (microseconds) is in; minutes and UTC days since the epoch of an instant in ms. */
export const stretchOf = (stamp: number): number => Math.floor(stamp / STRETCH);
export const minuteOf = (ms: number): number => Math.floor(ms / MINUTE);
export const dayOfMs = (ms: number): number => Math.floor(ms / DAY_MS);

/** Where a row is written, wherever it stands for who reads it. */
export const writtenAt = (row: Pick<Row, "stamp" | "written">): number => row.written ?? row.stamp;

type Place = readonly [lane: string, stamp: number];

/** Where a row is written, and was while its label was changed for others only: had at any of them, it is had. */
const placesOf = ({ lane, stamp, written, stages = [] }: Row): Place[] => [
  [lane, written ?? stamp],
  ...(written === undefined ? [] : stages)
    .filter((stage) => stage.stamp >= stamp)
    .map((stage): Place => [stage.lane, stage.stamp]),
];

/** Who is given something, and when (ms): the request's own instant, which nobody else's work moves. */
export interface Receiver {
  readonly account: string;
  readonly agency: string;
  readonly now: number;
}

/** Who a request gives to. */
export const receiver = ({ viewer }: Sight, now: number): Receiver => ({
  account: viewer.id,
  agency: viewer.agency ?? "",
  now,
});

interface Part {
  readonly lane: string;
  readonly stretch: number;
  /** Stamps by how they are given. */
  readonly stamps: Map<number, Set<number>>;
}

/** Which view something is shown in: `sources` shows both what is folded and what is not. */
export type View = "consolidated" | "originals" | "sources";
const HOW = {
  consolidated: GIVEN.folded,
  originals: GIVEN.original,
  sources: GIVEN.folded | GIVEN.original,
} as const satisfies Record<View, number>;

/** What an answer gives: rows by lane and stretch, and the row that stands for each object. */
export class Gift {
  readonly #parts = new Map<string, Part>();
  /** Of each object, the places of its newest row. */
  readonly #objects: Array<readonly Place[]> = [];

  get parts(): Iterable<Part> {
    return this.#parts.values();
  }

  get objects(): Iterable<readonly Place[]> {
    return this.#objects;
  }

  /** The documents that say what was had of all this: the parts, and where its objects stood before. */
  get looked(): Iterable<Pick<Part, "lane" | "stretch">> {
    const before = this.#objects.flatMap((places) => places.slice(1));
    return [...this.#parts.values(), ...before.map(([lane, stamp]) => ({ lane, stretch: stretchOf(stamp) }))];
  }

  get size(): number {
    return this.#objects.length;
  }

  put(lane: string, stamp: number, how: number): void {
    const stretch = stretchOf(stamp);
    const key = `${lane}|${stretch}`;
    const part = this.#parts.get(key) ?? { lane, stretch, stamps: new Map<number, Set<number>>() };
    this.#parts.set(key, part);
    part.stamps.set(how, (part.stamps.get(how) ?? new Set()).add(stamp));
  }

  /** Adds objects as this viewer sees them; an edge with what it ends at, since it goes with that. */
  async add(sight: Sight, objects: readonly Seen[], view: View, more: number = GIVEN.page): Promise<void> {
    const edges: Row[] = [];
    for (const { rows, newest, claimed } of objects) {
      const how = HOW[view] | more | (claimed === undefined ? 0 : GIVEN.claimed);
      for (const row of rows) {
        this.put(row.lane, writtenAt(row), how);
        if (neededEnds(row).length > 0) edges.push(row);
      }
      this.#objects.push(placesOf(newest));
    }
    const ends = [...new Set(edges.flatMap(neededEnds))].filter((id) => !sight.common.has(id));
    if (ends.length === 0) return;
    for (const row of [...(await sight.rowsOfIds(ends)), ...(await sight.rowsOfThings(ends.map(uuidOf)))])
      this.put(row.lane, writtenAt(row), GIVEN.watched);
  }
}

/** The id of the record of one account, as of one agency, in one stretch of a lane. */
export const givenId = (account: string, agency: string, lane: string, stretch: number): string =>
  `${account}|${agency}|${lane}|${stretch}`;
const inOrder = (stamps: Iterable<number>): number[] => [...stamps].sort((a, b) => a - b);

/** What is on record of an account in these stretches of lanes, by id. */
export async function documentsOf(
  unit: Unit,
  { account, agency }: Pick<Receiver, "account" | "agency">,
  parts: Iterable<Pick<Part, "lane" | "stretch">>,
): Promise<Map<string, Stored<GivenDoc>>> {
  const ids = new Set([...parts].map(({ lane, stretch }) => givenId(account, agency, lane, stretch)));
  return new Map((await unit.collection(Given).getMany([...ids])).map((doc) => [doc.id, doc]));
}

/** How many of the objects the account was not given on that day yet (policy 9; a daily budget counts each once). */
export function freshOf(who: Receiver, held: ReadonlyMap<string, GivenDoc>, objects: Gift["objects"]): number {
  const today = dayOfMs(who.now);
  const had = ([lane, stamp]: Place): boolean => {
    const doc = held.get(givenId(who.account, who.agency, lane, stretchOf(stamp)));
    const run = doc === undefined ? undefined : runAt(doc.runs, stamp);
    return run !== undefined && wasGiven(run) && run[3] === today;
  };
  return [...objects].filter((places) => !places.some(had)).length;
}

const sameRuns = (a: GivenDoc["runs"], b: GivenDoc["runs"]): boolean =>
  a.length === b.length && a.every((run, i) => run.every((n, k) => n === b[i]?.[k]));

/** Writes what was given, in the caller's transaction. What was known of it already costs no write. */
export async function writeGiven(
  unit: Unit,
  who: Receiver,
  held: ReadonlyMap<string, Stored<GivenDoc>>,
  parts: Iterable<Part>,
): Promise<void> {
  const [minute, today] = [minuteOf(who.now), dayOfMs(who.now)];
  const docs = unit.collection(Given);
  const fresh: GivenDoc[] = [];
  const alive = new Set<string>();
  for (const { lane, stretch, stamps } of parts) {
    const { account, agency } = who;
    const id = givenId(account, agency, lane, stretch);
    const doc = held.get(id);
    let runs: GivenDoc["runs"] = doc?.runs ?? [];
    // What hangs on others first: what is given besides is given.
    for (const [how, some] of [...stamps].sort(([a], [b]) => (b & GIVEN.watched) - (a & GIVEN.watched))) {
      const become = (how & GIVEN.watched) === 0 ? given(minute, today, how) : watched(minute, how & ~GIVEN.watched);
      const list = inOrder(some);
      if (list.some((stamp) => isNew(runs, stamp))) alive.add(lane);
      runs = changed(runs, list, become);
    }
    if (doc === undefined) fresh.push({ id, account, agency, lane, stretch, runs });
    else if (!sameRuns(runs, doc.runs)) await docs.put({ ...doc, runs });
  }
  if (fresh.length > 0) await docs.insert(fresh);
  if (alive.size > 0) await holdLanes(unit, who.account, alive);
}

const isNew = (runs: GivenDoc["runs"], stamp: number): boolean => {
  const run = runAt(runs, stamp);
  return run === undefined || isGone(run);
};

async function holdLanes(unit: Unit, account: string, lanes: ReadonlySet<string>): Promise<void> {
  const holders = unit.collection(Holders);
  const held = await holders.get(account);
  const known = new Set(held?.lanes);
  const more = [...lanes].filter((lane) => !known.has(lane));
  if (held === undefined) await holders.insert([{ id: account, lanes: more, settled: 0, followed: 0, newest: 0 }]);
  else if (more.length > 0) await holders.put({ ...held, lanes: [...held.lanes, ...more] });
}

/** The same of a file, in pieces of a transaction each: before its first byte leaves. */
export async function writeFile(
  transaction: (work: (unit: Unit) => Promise<void>) => Promise<void>,
  who: Receiver,
  gift: Gift,
  serial: string,
): Promise<void> {
  const parts = [...gift.parts];
  for (let i = 0; i < parts.length; i += PIECE) {
    const some = parts.slice(i, i + PIECE);
    await transaction(async (unit) => {
      await writeGiven(unit, who, await documentsOf(unit, who, some), some);
      await unit.collection(GivenFiles).insert(some.flatMap((part) => fileDoc(part, who.account, serial)));
    });
  }
}

function fileDoc({ lane, stretch, stamps }: Part, account: string, serial: string): GivenFileDoc[] {
  const inFile = [...stamps].flatMap(([how, some]) => ((how & GIVEN.export) === 0 ? [] : [...some]));
  if (inFile.length === 0) return [];
  const runs: GivenFileDoc["runs"] = [];
  for (const stamp of inOrder(new Set(inFile))) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === stamp) last[1] = stamp;
    else runs.push([stamp, stamp]);
  }
  return [{ id: `${serial}|${lane}|${stretch}`, account, serial, lane, stretch, runs }];
}
