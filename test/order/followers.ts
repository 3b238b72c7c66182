import type { StixJson } from "../../server/pipeline/steps.ts";
import type {
  CollectionName,
  CollectionPage,
  Entry,
  VersionMatch,
} from "../../server/usecases/taxii/collection-page.ts";
import type { OrderWorld } from "./order-world.ts";
import { idOf, type PlainReader, thingOf, versionOf } from "./plain-model.ts";

/** What a client did not get, got twice, or should not have got. */
export class BrokenPromise extends Error {}

const isMarking = ({ id }: Entry): boolean => id.startsWith("marking-definition--");
const TLP = new Set([
  "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
  "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
  "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
  "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
  "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
]);
const SET_BY_SERVER = new Set([
  "id",
  "object_marking_refs",
  "created",
  "modified",
  "created_by_ref",
  "source_ref",
  "target_ref",
  "sighting_of_ref",
]);

/** The words of an object: what no fold, marking or reference changes. */
const wordsOf = (object: StixJson): string =>
  JSON.stringify(
    Object.entries(object)
      .filter(([name]) => !SET_BY_SERVER.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
/** Contributions say which they are in `x_said`; a fold joins them. */
const saidBy = (objects: readonly StixJson[]): string =>
  [...new Set(objects.flatMap(({ x_said: said }) => (Array.isArray(said) ? said.map(String) : [])))].sort().join();

export interface Following {
  readonly account: string;
  readonly collection: CollectionName;
  /** `next`: page by page with one cursor. `after`: with nothing but the last date, but where a tie is longer than a page. */
  readonly by: "next" | "after";
  readonly versions?: VersionMatch;
  readonly types?: readonly string[];
  readonly ids?: readonly string[];
  readonly limit: number;
}

/** What was given to an account, whoever of its clients asked. */
export interface Given {
  /** How often. */
  readonly ids: Map<string, number>;
  /** Ids that a page may have come past without naming them: older versions where the newest alone was asked for, and what a filter left out (decision record 0011, consequences). */
  readonly passed: Set<string>;
  /** A tie was split: what stands behind it counts as given with it. */
  fuzzy: boolean;
}

export const give = ({ ids }: Given, id: string): void => void ids.set(id, (ids.get(id) ?? 0) + 1);

/** One client of one account that follows a collection, and checks what it gets against the plain list. */
export class Follower {
  readonly how: Following;
  readonly #given: Given;
  #next: string | undefined;
  #after: number | undefined;
  #last = -1;
  #page: readonly Entry[] = [];
  #readAt = 0;
  /** What it got, and what the item was then. */
  readonly #got = new Map<string, string>();
  /** What it has since that came last. */
  readonly has = new Set<string>();
  readonly #replica = new Map<string, StixJson>();
  readonly #markings = new Set<string>();
  /** Markings that have to come before it has everything, by what named them. */
  readonly #awaited = new Map<string, string>();
  readonly recalled = new Set<string>();
  /** How often what it was told to be gone had been given by then: what came back and was not given again need not be recalled again. */
  readonly #told = new Map<string, number>();
  repeats = 0;
  delivered = 0;
  #turns = 0;

  constructor(how: Following, given: Given) {
    this.how = how;
    this.#given = given;
  }

  fail(words: string): never {
    throw new BrokenPromise(`${JSON.stringify(this.how)}: ${words}`);
  }

  /** What came anew has to be given again; what was recalled and is there again may be recalled again. */
  observed(reader: PlainReader): void {
    const { versions, things } = reader.came;
    for (const key of this.how.collection === "consolidated" ? things : versions) this.has.delete(key);
    for (const { object } of reader.versions.values()) this.recalled.delete(idOf(object));
    // A fold has an id of the collection's own: what came anew of its type may be it.
    const types = new Set([...things].map((key) => String(reader.things.get(key)?.object.type)));
    for (const id of this.recalled)
      if (!this.sent.has(id) && types.has(id.slice(0, id.indexOf("--")))) this.recalled.delete(id);
  }

  /** One page; whether it was the last for now. `observe` says what the account sees at this moment. */
  async turn(world: OrderWorld, reader: PlainReader): Promise<boolean> {
    const { account, by, ...question } = this.how;
    const { collection, versions, limit } = question;
    const after = this.#after;
    const ask = {
      ...question,
      ...(after === undefined ? {} : { after }),
      ...(this.#next === undefined ? {} : { next: this.#next }),
    };
    const { entries, next } = await world.page(account, { ...ask, bodies: true });
    if (this.#turns++ % 4 === 0) this.#sameAs(entries, await world.page(account, { ...ask, bodies: false }), next);
    if (entries.length > limit) this.fail(`${entries.length} entries where ${limit} were asked for`);
    this.#ascends(entries, world.steer.now);
    for (const entry of entries) this.#take(entry, reader);
    if (entries.length > 0 && collection === "originals" && versions === undefined) this.#passOlder(reader);
    if (entries.length > 0 && this.#isFiltered) this.#passOthers(reader);
    const newest = entries.at(-1)?.added;
    if (next === undefined) {
      this.#next = undefined;
      // The rest of a poll may be gone by the time it is asked for: it has come as far as its last page.
      if (this.#last >= 0) this.#after = this.#last;
      await this.#hasMarkings(world);
      return true;
    }
    if (entries.length === 0) this.fail("an empty page that says there is more");
    const tied = entries.every(({ added }) => added === newest);
    if (tied) this.#given.fuzzy = true;
    if (by === "next" || tied) this.#next = next;
    else {
      this.#next = undefined;
      if (newest !== undefined) this.#after = newest;
    }
    return false;
  }

  /** A manifest is asked with the same question and without the bodies: it names the same. */
  #sameAs(entries: readonly Entry[], manifest: CollectionPage, next: string | undefined): void {
    const named = ({ id, version, added }: Entry): string => `${id} ${version} ${added}`;
    const [have, want] = [manifest.entries.map(named), entries.map(named)];
    if (JSON.stringify(have) !== JSON.stringify(want) || (next === undefined) !== (manifest.next === undefined))
      this.fail(`the manifest says ${have.join()}, the objects are ${want.join()}`);
    for (const { id, version, text } of entries) {
      const { modified, created } = JSON.parse(text) as StixJson;
      const said = modified ?? created;
      if (said !== undefined && said !== version) this.fail(`${id} is of ${String(said)}, and named as of ${version}`);
    }
  }

  /** What was named before it came has come, unless it is named no more. */
  async #hasMarkings(world: OrderWorld): Promise<void> {
    for (const [marking, id] of this.#awaited) {
      this.#awaited.delete(marking);
      if (this.#markings.has(marking)) continue;
      const { account, collection } = this.how;
      const entries = await world.all(account, { collection, ids: [id], versions: { all: true } });
      if (entries.some(({ text }) => text.includes(marking))) this.fail(`${marking} of ${id} is missing`);
    }
  }

  get #getsMarkings(): boolean {
    return this.how.ids === undefined && this.how.types?.includes("marking-definition") !== false;
  }

  get #isFiltered(): boolean {
    return this.how.types !== undefined || this.how.ids !== undefined;
  }

  #asksFor(object: StixJson): boolean {
    const { types, ids } = this.how;
    return types?.includes(String(object.type)) !== false && ids?.includes(idOf(object)) !== false;
  }

  #ascends(entries: readonly Entry[], now: number): void {
    // What was lost between two pages may have left something in the middle of a tie.
    const before = now - this.#readAt <= 100 ? this.#page : [];
    this.#readAt = now;
    for (const { added, id } of entries) {
      if (added < this.#last) this.fail(`${id} stands at ${added}, before ${this.#last}`);
      if (this.#after !== undefined && added <= this.#after && this.#next === undefined)
        this.fail(`${id} stands at ${added}, not after ${this.#after}`);
      this.#last = added;
    }
    const [first] = entries;
    if (
      first !== undefined &&
      before.at(-1)?.added === first.added &&
      before.some(({ added }) => added !== first.added)
    )
      this.fail(`the tie at ${first.added} is split, and there was room before it`);
    if (first !== undefined && before.at(-1)?.added === first.added) this.#given.fuzzy = true;
    this.#page = entries;
  }

  #take(entry: Entry, reader: PlainReader): void {
    this.delivered++;
    const object = JSON.parse(entry.text) as StixJson;
    if (object.id !== entry.id) this.fail(`${entry.id} holds ${String(object.id)}`);
    if (this.how.collection === "recalls") {
      this.#recall(object, reader);
      return;
    }
    if (isMarking(entry) && this.#getsMarkings) {
      this.#markings.add(entry.id);
      return;
    }
    if (!this.#asksFor(object)) this.fail(`${entry.id} was not asked for`);
    const consolidated = this.how.collection === "consolidated";
    const key = consolidated ? thingOf(object) : versionOf(object);
    const item = (consolidated ? reader.things : reader.versions).get(key);
    if (item === undefined) this.fail(`${key} is given, and not visible: ${entry.text}`);
    for (const marking of this.#getsMarkings ? ((object.object_marking_refs as string[] | undefined) ?? []) : []) {
      if (TLP.has(marking) || this.#markings.has(marking)) continue;
      // The marking of a second source of the same words stands where that source does.
      if (!consolidated && item.sources.length > 1) this.#awaited.set(marking, entry.id);
      else
        this.fail(
          `${entry.id} at ${entry.added} names ${marking}, which did not come before it: ${this.#page.map(({ id, added }) => `${id} ${added}`).join(", ")}`,
        );
    }
    if (consolidated) {
      if (object.type === "indicator" && Date.parse(String(object.modified)) !== Math.ceil(entry.added / 1000))
        if (Date.parse(String(object.modified)) < entry.added / 1000)
          this.fail(`${key} is modified before it was added`);
    } else if (wordsOf(object) !== wordsOf(item.object))
      this.fail(`${key} reads ${wordsOf(object)}, not ${wordsOf(item.object)}`);
    // Who asks for the newest alone is given the one before again when that is lost.
    const last = !consolidated && this.how.versions === undefined;
    const tag = last ? `${item.tag} after ${reader.losses(item.object)}` : item.tag;
    if (this.#got.get(key) === tag)
      this.fail(`${key} is given twice at ${entry.added}, though nothing changed: ${item.tag}`);
    if (this.#got.has(key)) this.repeats++;
    this.#got.set(key, tag);
    this.has.add(key);
    this.#replica.set(key, object);
    for (const id of new Set([entry.id, ...item.sources.map(idOf)])) give(this.#given, id);
  }

  #passOlder(reader: PlainReader): void {
    for (const [key, { object }] of reader.versions)
      if (reader.newest.get(idOf(object)) !== key) this.#given.passed.add(idOf(object));
  }

  #passOthers(reader: PlainReader): void {
    for (const { object } of reader.versions.values()) if (!this.#asksFor(object)) this.#given.passed.add(idOf(object));
  }

  #recall(note: StixJson, reader: PlainReader): void {
    for (const id of note.object_refs as string[]) {
      if (this.recalled.has(id)) this.fail(`${id} is recalled twice`);
      this.recalled.add(id);
      this.#told.set(id, this.#given.ids.get(id) ?? 0);
      const { ids, passed, fuzzy } = this.#given;
      if (!fuzzy && this.sent.has(id) && !ids.has(id) && !passed.has(id))
        this.fail(`${id} is recalled, and was never given`);
      if ([...reader.versions.values()].some(({ object }) => idOf(object) === id))
        this.fail(`${id} is recalled, and is still there`);
    }
  }

  /** Having read to the end it has everything. */
  complete(reader: PlainReader): void {
    const { collection, versions } = this.how;
    if (collection === "recalls") {
      const there = new Set([...reader.versions.values()].map(({ object }) => idOf(object)));
      for (const [id, times] of this.#given.ids)
        if (this.sent.has(id) && !there.has(id) && this.#told.get(id) !== times && !this.untold.has(id))
          this.fail(`${id} was given, is gone, and was not recalled`);
      return;
    }
    if (collection === "consolidated") {
      for (const [key, item] of reader.things) {
        if (!this.#asksFor(item.object)) continue;
        const held = this.#replica.get(key);
        if (held === undefined || !this.has.has(key)) this.fail(`${key} is missing`);
        if (
          item.object.type !== "tool" &&
          item.object.type !== "relationship" &&
          saidBy([held]) !== saidBy(item.sources)
        )
          this.fail(`${key} is held as of ${saidBy([held])}, and is of ${saidBy(item.sources)}`);
        if (
          (item.object.type === "tool" || item.object.type === "relationship") &&
          wordsOf(held) !== wordsOf(item.object)
        )
          this.fail(`${key} is held as ${wordsOf(held)}, and reads ${wordsOf(item.object)}`);
      }
      return;
    }
    const all = versions !== undefined && "all" in versions;
    for (const key of all ? reader.versions.keys() : reader.newest.values()) {
      const object = reader.versions.get(key)?.object;
      if (object !== undefined && this.#asksFor(object) && !this.has.has(key)) this.fail(`${key} is missing`);
    }
  }

  /** Sender's ids that there are in this history: a fold's own ids are told by their folds. */
  sent: ReadonlySet<string> = new Set();
  /** Of these nobody promises a recall. */
  untold: ReadonlySet<string> = new Set();
}
