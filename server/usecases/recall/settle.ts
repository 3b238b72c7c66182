import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { type Moment, uuid4 } from "../../shared/moment.ts";
import { Given, GivenFiles, Holders, Lanes, Readers, Recalls, Rows } from "../../storage/collections.ts";
import type { GivenDoc, HolderDoc, RecallDoc } from "../../storage/given-documents.ts";
import type { Storage, Stored, Unit } from "../../storage/port.ts";
import type { Content } from "../content.ts";
import { isUnderWay } from "../held-sources.ts";
import { newestPlace } from "../place-in-lanes.ts";
import type { Renderer } from "../render.ts";
import type { Snapshots } from "../snapshot.ts";
import type { Collections } from "../taxii/collections.ts";
import { type Gone, givenIn, LostThings, leftSince, type Outcome, SLACK } from "./find-lost.ts";
import { givenId, stretchOf } from "./note-given.ts";
import { changed, GIVEN, isGone, lost, type Run, runAt, SHOWN } from "./runs.ts";

export interface SettleParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly snapshots: Snapshots;
  readonly collections: Collections;
  readonly renderer: Renderer;
}

const TRIES = 10;
/** Recalls and documents that are written together, about. */
const TOGETHER = 250;

/** Microseconds. How far it came is said that often where nothing was lost. */
const HOUR = 3_600_000_000;

/** Thrown inside a transaction: somebody wrote of the same meanwhile. */
class Moved extends Error {}

const fresh = (id: string): HolderDoc => ({ id, lanes: [], settled: 0, followed: 0, newest: 0 });

/**
 * Compares what an account was given with what it may read now, and writes its recalls (policy 6, Q32; order, "the same step writes recalls"). What it lost and got
 * back between two such steps it never lost. Nothing of what others may read is looked at. A step that others' work overtakes is begun again.
 */
export class Settling {
  readonly #parts: SettleParts;
  #round: { readonly clock: number; readonly accounts: ReadonlySet<string> } = { clock: 0, accounts: new Set() };

  constructor(parts: SettleParts) {
    this.#parts = parts;
  }

  /** `moved`: lanes that rows left since it was done last, where that is known. */
  async settle(viewer: Viewer, moment: Moment, moved?: ReadonlySet<string>): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) if (await this.#step(viewer, moment, moved)) return;
  }

  /** Of every account that has anything, in turn; gives how many there are. Of those that it looked after before it looks at lanes that moved since. */
  async settleAll(moment: Moment): Promise<number> {
    const { storage, snapshots } = this.#parts;
    if ((await snapshots.read(storage, moment.now)).quarantines.some(isUnderWay)) return 0;
    const clock = await newestPlace(storage);
    const moved = await this.#movedSince(this.#round.clock);
    const known = this.#round.accounts;
    const accounts = new Set<string>();
    for (let after: string | undefined; ; ) {
      const page = await storage.collection(Holders).all({ limit: 100, ...(after === undefined ? {} : { after }) });
      for (const { id } of page) {
        const viewer = (await snapshots.read(storage, moment.now)).viewer(id);
        if (viewer === undefined) continue;
        await this.settle(viewer, moment, known.has(id) ? moved : undefined);
        accounts.add(id);
      }
      after = page.at(-1)?.id;
      if (page.length < 100) break;
    }
    this.#round = { clock, accounts };
    return accounts.size;
  }

  async #movedSince(clock: number): Promise<ReadonlySet<string>> {
    const lanes = new Set<string>();
    for (let after: { value: number; id: string } | undefined; ; ) {
      const page = await this.#parts.storage.collection(Lanes).scan({
        ...{ index: "newest", prefixes: [[]], limit: 1000 },
        ...(after === undefined ? { from: Math.max(0, clock - SLACK) } : { after }),
      });
      for (const { id } of page) lanes.add(id);
      const last = page.at(-1);
      if (last === undefined || page.length < 1000) return lanes;
      after = { value: last.newest, id: last.id };
    }
  }

  async #step(viewer: Viewer, moment: Moment, moved?: ReadonlySet<string>): Promise<boolean> {
    const { storage, content, snapshots, renderer } = this.#parts;
    const account = viewer.id;
    // What a quarantine holds until it has reached everything is not lost: it is told once that is known.
    if ((await snapshots.read(storage, moment.now)).quarantines.some(isUnderWay)) return true;
    const follows = (await storage.collection(Readers).get(account)) !== undefined;
    const held = await storage.collection(Holders).get(account);
    if (held === undefined && !follows) return true;
    const holder = held ?? fresh(account);
    const losses = follows
      ? await this.#parts.collections.lossesSince(viewer, moment, holder.followed)
      : { recalls: [], clock: holder.followed };
    const sight = await content.sight(viewer, moment, "api");
    const found = await storage.snapshot(async (unit) => {
      const now = await snapshots.read(unit, moment.now);
      // What a label or the directory says is read beside the rows: both have to be of one state.
      if (now.revision !== sight.snapshot.revision || now.labelCount !== sight.snapshot.labelCount) return undefined;
      const clock = await newestPlace(unit);
      const seen = sight.within(unit);
      const things = new LostThings(unit, storage, seen, renderer);
      for await (const { looked, left } of leftSince(unit, storage, seen, holder, moved)) {
        things.outcome.looked += looked;
        await things.take(left);
      }
      for (const { row, ids } of losses.recalls) {
        const [whole] = await unit.collection(Rows).getMany([row.id]);
        await things.followed(ids, whole, viewer.agency ?? "");
      }
      return { outcome: things.outcome, clock };
    });
    if (found === undefined) return false;
    const { outcome, clock } = found;
    const closed = holder.lanes.filter((lane) => !sight.admission.lanes.has(lane));
    const isNothing = outcome.looked === 0 && closed.length === 0 && losses.recalls.length === 0;
    if (isNothing && losses.clock - holder.followed < HOUR) return true;
    try {
      await this.#write(viewer, moment, outcome, {
        holder: account,
        rev: held?.rev,
        closed,
        settled: clock,
        followed: losses.clock,
      });
    } catch (error) {
      if (error instanceof Moved) return false;
      throw error;
    }
    return true;
  }

  async #serials(account: string, places: Gone["places"]): Promise<string[]> {
    const files = this.#parts.storage.collection(GivenFiles);
    const stretches = new Map(
      places.map(([lane, stamp]) => [`${lane}|${stretchOf(stamp)}`, [lane, stretchOf(stamp)] as const]),
    );
    const found = new Set<string>();
    for (const [lane, stretch] of stretches.values()) {
      const docs = await files.scan({ index: "account", prefixes: [[account, lane, stretch]], limit: 1000 });
      for (const { serial, runs } of docs)
        if (places.some(([at, stamp]) => at === lane && runs.some(([from, to]) => from <= stamp && stamp <= to)))
          found.add(serial);
    }
    return [...found].sort();
  }

  /** In pieces: recalls first, with what they are of; how far it came last, so that what is cut off in between is done again. */
  async #write(
    viewer: Viewer,
    moment: Moment,
    { over, onward, gone }: Outcome,
    reached: {
      readonly holder: string;
      readonly rev: number | undefined;
      readonly closed: readonly string[];
      readonly settled: number;
      readonly followed: number;
    },
  ): Promise<void> {
    const { storage } = this.#parts;
    const account = viewer.id;
    const all: Array<Omit<RecallDoc, "place">> = [];
    for (const { object, contributions, places } of [...gone.values()].sort((a, b) => (a.object < b.object ? -1 : 1)))
      all.push({
        ...{ id: uuid4(moment), account, agency: viewer.agency ?? "", at: moment.now, object },
        ...{ contributions: [...contributions].sort(), serials: await this.#serials(account, places) },
      });
    const changes = new Changes(account);
    for (const { doc, stamp, run } of over) changes.end(doc, stamp, run);
    for (const one of onward) changes.goOn(one);
    await storage.transaction(async (unit) => {
      const holders = unit.collection(Holders);
      const held = await holders.get(reached.holder);
      if (held?.rev !== reached.rev) throw new Moved();
      const newest = Math.max(moment.now * 1000 - 1, held?.newest ?? 0);
      for (let i = 0; i < all.length; i += TOGETHER)
        await unit
          .collection(Recalls)
          .insert(all.slice(i, i + TOGETHER).map((recall, n) => ({ ...recall, place: newest + 1 + i + n })));
      const lanes = new Set([...(held?.lanes ?? []), ...(await changes.apply(unit))]);
      for (const lane of reached.closed) if (!(await stillHas(unit, account, lane))) lanes.delete(lane);
      const doc = {
        ...{ id: account, lanes: [...lanes], settled: reached.settled, followed: reached.followed },
        newest: newest + all.length,
      };
      if (held === undefined) await holders.insert([doc]);
      else await holders.put({ ...doc, rev: held.rev });
    });
  }
}

const stillHas = async (unit: Unit, account: string, lane: string): Promise<boolean> => {
  for await (const { runs } of givenIn(unit, account, [[lane]])) if (runs.some((run) => !isGone(run))) return true;
  return false;
};

/** What is to be said of stamps, by document. */
class Changes {
  readonly #account: string;
  readonly #docs = new Map<
    string,
    {
      readonly agency: string;
      readonly lane: string;
      readonly stretch: number;
      readonly stamps: Map<number, Array<(was: Run | undefined) => Run | undefined>>;
    }
  >();

  constructor(account: string) {
    this.#account = account;
  }

  #put(agency: string, lane: string, stamp: number, become: (was: Run | undefined) => Run | undefined): void {
    const stretch = stretchOf(stamp);
    const id = givenId(this.#account, agency, lane, stretch);
    const held = this.#docs.get(id) ?? { agency, lane, stretch, stamps: new Map() };
    this.#docs.set(id, held);
    held.stamps.set(stamp, [...(held.stamps.get(stamp) ?? []), become]);
  }

  /** `run`: as it was looked at; if it was given again meanwhile, all is begun again. */
  end(doc: GivenDoc, stamp: number, run: Run): void {
    this.#put(doc.agency, doc.lane, stamp, (was) => {
      if (was === undefined || was[2] !== run[2] || was[4] !== run[4]) throw new Moved();
      return lost(was);
    });
  }

  goOn({ agency, lane, stamp, run: [, , first, day, how] }: Outcome["onward"][number]): void {
    this.#put(agency, lane, stamp, (was) => {
      if (was === undefined) return [0, 0, first, day, how];
      const known = isGone(was) ? was[4] & ~(GIVEN.gone | SHOWN) : was[4];
      // What is watched and given is given.
      const watched = was[4] & how & GIVEN.watched;
      return [0, 0, was[2], Math.max(was[3], day), ((known | how) & ~GIVEN.watched) | watched];
    });
  }

  /** Gives the lanes in which the account has something now. */
  async apply(unit: Unit): Promise<Set<string>> {
    const docs = unit.collection(Given);
    const held = new Map<string, Stored<GivenDoc>>(
      (await docs.getMany([...this.#docs.keys()])).map((doc) => [doc.id, doc]),
    );
    const lanes = new Set<string>();
    const made: GivenDoc[] = [];
    for (const [id, { agency, lane, stretch, stamps }] of this.#docs) {
      const was = held.get(id);
      let runs: GivenDoc["runs"] = was?.runs ?? [];
      for (const stamp of [...stamps.keys()].sort((a, b) => a - b))
        for (const become of stamps.get(stamp) ?? []) runs = changed(runs, [stamp], become);
      if ([...stamps.keys()].some((stamp) => !isGone(runAt(runs, stamp) ?? [0, 0, 0, 0, GIVEN.gone]))) lanes.add(lane);
      if (was === undefined) made.push({ id, account: this.#account, agency, lane, stretch, runs });
      else await docs.put({ ...was, runs });
    }
    if (made.length > 0) await docs.insert(made);
    return lanes;
  }
}
