import { Disclosures } from "../../storage/collections.ts";
import type { AuditDoc } from "../../storage/documents.ts";
import type { Storage, Stored } from "../../storage/port.ts";

/** What a page leaves in its disclosure: how far the account had come with it in its order of objects, and the newest place that there was when the page was read. */
interface Reach {
  readonly upTo: number;
  readonly clock: number;
  readonly objects: boolean;
}

/** Records are looked up in pieces: first as many as one account may have under way at once, which may be recorded in any order; then more. */
const [FIRST, NEXT] = [10, 100];
/** A page may be recorded this much later than a loss that it did not see yet, ms: both wait for locks, and clocks differ. */
const SLACK = 60_000;
/** Losses of one second are looked up together, microseconds. */
const SECOND = 1_000_000;

const reachOf = ({ what, detail }: AuditDoc): Reach | undefined =>
  typeof detail?.upTo === "number" && typeof detail.clock === "number"
    ? { upTo: detail.upTo, clock: detail.clock, objects: what !== "taxii.recalls" }
    : undefined;

/** Pages of an account, newest first, before an instant (ms, exclusive). Between them stand records of what it did elsewhere. */
async function* pagesOf(storage: Storage, account: string, before?: number): AsyncGenerator<Reach[]> {
  let limit = FIRST;
  for (let after: { value: number; id: string } | undefined; ; ) {
    const found: Stored<AuditDoc>[] = await storage.collection(Disclosures).scan({
      index: "actor",
      prefixes: [[account]],
      ...(before === undefined ? {} : { to: before }),
      ...(after === undefined ? {} : { after }),
      reverse: true,
      limit,
    });
    const pages = found.flatMap((doc) => reachOf(doc) ?? []);
    if (pages.length > 0) yield pages;
    const last = found.at(-1);
    if (last === undefined || found.length < limit) return;
    after = { value: last.at, id: last.id };
    limit = NEXT;
  }
}

/** What one account had read when something was lost: by pages that were read when the place of the loss was not taken yet. For one request. */
export class Ledger {
  readonly #storage: Storage;
  readonly #account: string;
  readonly #seconds = new Map<number, readonly Reach[]>();

  constructor(storage: Storage, account: string) {
    this.#storage = storage;
    this.#account = account;
  }

  /** Whether what stood at `before` had been given when it was lost `at` a later place. */
  async had({ at, before }: { readonly at: number; readonly before: number }): Promise<boolean> {
    return (await this.#until(at)).some(({ upTo, clock }) => clock < at && before <= upTo);
  }

  /**
   * Whether a page of objects was read while something stood that did so from `begin` to `end`: then it may have been given, or have kept something
   * else from being given where that stood.
   */
  async saw({ begin, end }: { readonly begin: number; readonly end: number }): Promise<boolean> {
    return (await this.#until(end)).some(({ clock, objects }) => objects && begin <= clock && clock < end);
  }

  /** Whether any page was read meanwhile, of recalls too: what was lost before may have been passed over, since it was there again. */
  async looked({ begin, end }: { readonly begin: number; readonly end: number }): Promise<boolean> {
    return (await this.#until(end)).some(({ clock }) => begin <= clock && clock < end);
  }

  /**
   * Pages from the last one of objects that was read before the second of a place on, as far as they may have been read before that place. Their dates alone would
   * not do: a page may be recorded after the loss that it did not see.
   */
  async #until(at: number): Promise<readonly Reach[]> {
    const second = Math.floor(at / SECOND);
    const held = this.#seconds.get(second);
    if (held !== undefined) return held;
    const found: Reach[] = [];
    for await (const pages of pagesOf(this.#storage, this.#account, (second + 1) * (SECOND / 1000) + SLACK)) {
      found.push(...pages);
      if (pages.some(({ clock, objects }) => objects && clock < second * SECOND)) break;
    }
    this.#seconds.set(second, found);
    return found;
  }
}

/** The newest place that an account has come to in its order of objects, by the record of what it was shown (design 6, audit). */
export async function reachedBy(storage: Storage, account: string): Promise<number> {
  for await (const pages of pagesOf(storage, account)) return Math.max(...pages.map(({ upTo }) => upTo));
  return 0;
}

const MINUTE = 60_000;

/** The minute (ms) in which an account had come as far as a place in its order of objects; undefined where it has not. */
export async function reachedAt(
  storage: Storage,
  account: string,
  place: number,
  now: number,
): Promise<number | undefined> {
  const before = async (at: number): Promise<boolean> => {
    for await (const pages of pagesOf(storage, account, at)) return pages.some(({ upTo }) => upTo >= place);
    return false;
  };
  let [low, high] = [Math.floor(place / 1000 / MINUTE) - 1, Math.floor(now / MINUTE) + 1];
  if (!(await before(high * MINUTE))) return undefined;
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    if (await before(middle * MINUTE)) high = middle;
    else low = middle;
  }
  return low * MINUTE;
}
