import { Disclosures } from "../../storage/collections.ts";
import type { AuditDoc } from "../../storage/documents.ts";
import type { Storage, Stored } from "../../storage/port.ts";

/** What a page leaves in its disclosure: how far the account had come with it, and the newest place that there was when the page was read. */
export interface Reach {
  readonly upTo: number;
  readonly clock: number;
}

const PAGE = 100;
/** Pages of one account that may be under way at once and be recorded in any order. */
const AT_ONCE = 10;
/** A page may be recorded this much later than a loss that it did not see yet, ms: both wait for locks, and clocks differ. */
const SLACK = 60_000;
/** Losses of one second are looked up together, microseconds. */
const SECOND = 1_000_000;

const reachOf = ({ detail }: AuditDoc): Reach | undefined =>
  typeof detail?.upTo === "number" && typeof detail.clock === "number"
    ? { upTo: detail.upTo, clock: detail.clock }
    : undefined;

/** How far accounts had come in their order of objects, by the record of what they were shown: the ledger of recalls (design 6, audit). */
export class Given {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Pages of an account, newest first, before an instant (ms, exclusive). Between them stand records of what it did elsewhere. */
  async *#pages(account: string, before?: number, limit = PAGE): AsyncGenerator<Reach[]> {
    for (let after: { value: number; id: string } | undefined; ; ) {
      const found: Stored<AuditDoc>[] = await this.#storage.collection(Disclosures).scan({
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
    }
  }

  /** The newest place that an account has come to. Pages that were read at one time may be recorded in any order. */
  async upTo(account: string): Promise<number> {
    for await (const pages of this.#pages(account, undefined, AT_ONCE))
      return Math.max(...pages.map(({ upTo }) => upTo));
    return 0;
  }

  /**
   * Tells whether an account had been given what stood at `before` when it was lost `at` a later place: by pages that were read when that place was not
   * taken yet. Their dates would not do: a page may be recorded after the loss that it did not see.
   */
  ledger(account: string): (loss: { readonly at: number; readonly before: number }) => Promise<boolean> {
    const seconds = new Map<number, Reach[]>();
    return async ({ at, before }) => {
      const second = Math.floor(at / SECOND);
      const known = seconds.get(second) ?? (await this.#since(account, second));
      seconds.set(second, known);
      return known.some(({ upTo, clock }) => clock < at && before <= upTo);
    };
  }

  /** Pages from the last one before a second on. */
  async #since(account: string, second: number): Promise<Reach[]> {
    const found: Reach[] = [];
    for await (const pages of this.#pages(account, (second + 1) * (SECOND / 1000) + SLACK)) {
      found.push(...pages);
      if (pages.some(({ clock }) => clock < second * SECOND)) break;
    }
    return found;
  }
}
