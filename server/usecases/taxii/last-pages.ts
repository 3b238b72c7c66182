import { LastPages } from "../../storage/collections.ts";
import type { Storage } from "../../storage/port.ts";

const MINUTE = 60_000;
/** Idle readers are looked after all at once: no account has this id. */
const EVERYBODY = "*";
/** Accounts whose minute a process remembers. */
const MOST = 50_000;

/**
 * In which minute an account read its last page, empty ones too. Dates on labels are whole minutes (policy 3), so that the minute says of each of them
 * whether it had passed when the account looked. Kept apart from content: a page never waits for an ingest, and it is noted once a minute.
 */
export class PageMinutes {
  readonly #storage: Storage;
  readonly #noted = new Map<string, number>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Notes that an account reads at an instant (ms), before the page leaves. */
  async note(account: string, at: number): Promise<void> {
    const minute = Math.floor(at / MINUTE);
    if ((this.#noted.get(account) ?? 0) >= minute) return;
    await noteMinute(this.#storage, account, minute);
    if (this.#noted.size >= MOST) this.#noted.clear();
    this.#noted.set(account, minute);
  }
}

async function noteMinute(storage: Storage, id: string, minute: number): Promise<void> {
  await storage.transaction(async (unit) => {
    const pages = unit.collection(LastPages);
    const held = await pages.get(id);
    if (held === undefined) await pages.insert([{ id, minute }]);
    else if (held.minute < minute) await pages.put({ ...held, minute });
  });
}

/** Notes that every reader was looked after, as if each had read a page at that instant (ms). */
export const noteEverybody = (storage: Storage, at: number): Promise<void> =>
  noteMinute(storage, EVERYBODY, Math.floor(at / MINUTE));

/** When an account read its last page or was looked after, ms, in whole minutes; 0 if never. */
export async function lastPageOf(storage: Storage, account: string): Promise<number> {
  const held = await storage.collection(LastPages).getMany([account, EVERYBODY]);
  return Math.max(0, ...held.map(({ minute }) => minute)) * MINUTE;
}
