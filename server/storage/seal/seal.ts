import { createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import { Fault } from "../../shared/fault.ts";
import { withByteHeader, withoutByteHeader } from "../byte-header.ts";
import type { SealKeyDoc } from "../documents.ts";
import type { KeyWrap } from "./key-wrap.ts";
import { isSealed, keyNumber, openBytes, placeOf, sealBytes } from "./sealed-bytes.ts";

/** How a collection says which data key its documents are sealed with: the fields of agency (the group's own key without) and instant (ms). */
export interface SealedBy {
  readonly agency?: string;
  readonly at: string;
}

/** What the seal needs to know of a collection. */
export interface Sealable {
  readonly name: string;
  readonly sealedBy?: SealedBy | undefined;
}

/** Where an adapter keeps wrapped data keys: apart from any transaction that is open. */
export interface SealKeyStore {
  all(): Promise<readonly SealKeyDoc[]>;
  /** Whether it was inserted: false where its number, or its turn in the month, is taken. */
  insertNew(doc: SealKeyDoc): Promise<boolean>;
}

export interface SealOptions {
  /** Wraps new data keys; absent: nothing is sealed. */
  readonly wrap?: KeyWrap;
  /** Opens what was wrapped before a rotation. */
  readonly old?: KeyWrap;
}

/** A data key is not known here: made by another process since keys were read. Read keys, then do it again. */
export class MissingKey extends Error {
  readonly n: number;
  constructor(n: number) {
    super(`data key ${n} is not known yet`);
    this.n = n;
  }
}

interface DataKey {
  readonly n: number;
  readonly key: KeyObject;
  readonly turn: number;
}

/** The agency of what belongs to the group. */
const GROUP = "";
/** `2026-11`. */
const MONTH = 7;
const nameOf = (agency: string, month: string): string => `${month}${agency}`;
const KEY_BYTES = 32;
/** After so long keys are read again before something is sealed, so that a renewal on another process is in force here (ms). */
const STALE = 60_000;
/** Tries to make a key while other processes make keys. */
const MOST_TRIES = 100;
/** Keys unwrapped at once. */
const AT_ONCE = 8;

/** What a data key is for, wrapped with it: a wrapped key that was put in another's place is noticed. */
const bindingOf = ({ n, agency, month, turn }: Omit<SealKeyDoc, "wrapped" | "wrap" | "id">): Buffer =>
  hash("sha256", `${n}|${agency}|${month}|${turn}`, "buffer").subarray(0, 16);

/** Wraps a data key for its place. */
async function wrapKey(
  wrap: KeyWrap,
  place: Omit<SealKeyDoc, "wrapped" | "wrap" | "id">,
  key: Uint8Array,
): Promise<Pick<SealKeyDoc, "wrap" | "wrapped">> {
  const wrapped = await wrap.wrap(Buffer.concat([key, bindingOf(place)]));
  return { wrap: wrap.id, wrapped: Buffer.from(wrapped).toString("base64") };
}

const keyWrong = (message: string, cause?: unknown): Fault =>
  new Fault("unavailable", message, { code: "seal.key_wrong", cause });

/** Opens a wrapped data key with the one of these that wrapped it. `Fault("unavailable")`, `seal.key_missing` or `seal.key_wrong`, each one line. */
async function unwrapKey(doc: SealKeyDoc, wraps: readonly KeyWrap[]): Promise<Uint8Array> {
  const [first] = wraps;
  if (first === undefined)
    throw new Fault(
      "unavailable",
      `The store is sealed: set SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND to the key that its data keys are wrapped by (${doc.wrap}).`,
      { code: "seal.key_missing" },
    );
  const wrap = wraps.find(({ id }) => id === doc.wrap);
  if (wrap === undefined)
    throw keyWrong(
      `${first.setting}: the key given is ${first.id}, and data key ${doc.n} is wrapped by ${doc.wrap}. Give that one; while a rotation is under way, as SEAL_KEY_OLD_FILE, SEAL_KEY_OLD or SEAL_KEY_OLD_COMMAND beside the new one.`,
    );
  let plain: Uint8Array;
  try {
    plain = await wrap.unwrap(Buffer.from(doc.wrapped, "base64"));
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw keyWrong(`${wrap.setting}: it does not open data key ${doc.n} of the store.`, cause);
  }
  const binding = bindingOf(doc);
  if (plain.length !== KEY_BYTES + binding.length || !timingSafeEqual(plain.subarray(KEY_BYTES), binding))
    throw keyWrong(`Data key ${doc.n} of the store was made for another agency or month: the store was tampered with.`);
  return plain.subarray(0, KEY_BYTES);
}

async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/**
 * Encryption at rest (design 5): seals what collections declare with data keys of AES-256-GCM, one an agency and month, and opens it again. Given to an
 * adapter when it opens a store. Without a wrapping key nothing is sealed, and a store that has data keys is refused.
 */
export class Seal {
  readonly #wraps: readonly KeyWrap[];
  readonly #wrap: KeyWrap | undefined;
  #store: SealKeyStore | undefined;
  readonly #byNumber = new Map<number, KeyObject>();
  /** By agency and month, the newest. */
  readonly #current = new Map<string, DataKey>();
  #loading: Promise<void> | undefined;
  #loaded = 0;
  #last = 0;
  #span: { readonly from: number; readonly to: number; readonly month: string } | undefined;

  constructor({ wrap, old }: SealOptions = {}) {
    this.#wrap = wrap;
    this.#wraps = [wrap, old].filter((one) => one !== undefined);
  }

  /** Whether what is written from now on is sealed. */
  get on(): boolean {
    return this.#wrap !== undefined;
  }

  /** Names the key that wraps new data keys. */
  get wrappedBy(): string | undefined {
    return this.#wrap?.id;
  }

  /** Whether anything that is read may be sealed. */
  get any(): boolean {
    return this.on || this.#byNumber.size > 0;
  }

  /** Reads the keys of a store. Faults as `unwrapKey`. */
  async attach(store: SealKeyStore): Promise<void> {
    this.#store = store;
    await this.load();
  }

  /** Reads keys that were made since; several calls at once are one. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    const docs = (await this.#store?.all()) ?? [];
    const fresh = docs.filter(({ n }) => !this.#byNumber.has(n));
    await eachAtOnce(fresh, async (doc) => this.#add(doc, await unwrapKey(doc, this.#wraps)));
    this.#loaded = performance.now();
  }

  #add({ n, agency, month, turn }: SealKeyDoc, plain: Uint8Array): void {
    const key = createSecretKey(plain);
    this.#byNumber.set(n, key);
    this.#last = Math.max(this.#last, n);
    const held = this.#current.get(nameOf(agency, month));
    if (held === undefined || held.turn < turn) this.#current.set(nameOf(agency, month), { n, key, turn });
  }

  /** `2026-11` of an instant in ms. */
  #monthOf(at: number): string {
    if (this.#span !== undefined && at >= this.#span.from && at < this.#span.to) return this.#span.month;
    const date = new Date(at);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    // Not an instant of our time: then all of these share a key.
    if (!(year >= 1970 && year <= 9999)) return "0000-00";
    const name = date.toISOString().slice(0, MONTH);
    this.#span = { from: Date.UTC(year, month), to: Date.UTC(year, month + 1), month: name };
    return name;
  }

  /** Whose key a document is sealed with, and of which month: as one text, the month first. */
  #nameOf({ agency, at }: SealedBy, doc: object): string {
    const fields = doc as Readonly<Record<string, unknown>>;
    const who = agency === undefined ? GROUP : fields[agency];
    const when = fields[at];
    return nameOf(typeof who === "string" ? who : GROUP, this.#monthOf(typeof when === "number" ? when : 0));
  }

  /** Sees to it that there are keys for these documents: before a step that writes them. */
  async ready({ sealedBy }: Sealable, docs: readonly object[]): Promise<void> {
    if (!this.on || sealedBy === undefined || docs.length === 0) return;
    if (performance.now() - this.#loaded > STALE) await this.load();
    for (const doc of docs) {
      const name = this.#nameOf(sealedBy, doc);
      if (this.#current.has(name)) continue;
      await this.#make(name.slice(MONTH), name.slice(0, MONTH), 0);
    }
  }

  /** Makes a key for an agency and month, unless another process has made that turn's. */
  async #make(agency: string, month: string, turn: number): Promise<void> {
    const [store, wrap] = [this.#store, this.#wrap];
    if (store === undefined || wrap === undefined) throw new Error("a seal without a store or key makes no keys");
    for (let tries = 0; ; tries++) {
      await this.load();
      if ((this.#current.get(nameOf(agency, month))?.turn ?? -1) >= turn) return;
      const place = { n: this.#last + 1, agency, month, turn };
      const plain = randomBytes(KEY_BYTES);
      const doc = { id: String(place.n), ...place, ...(await wrapKey(wrap, place, plain)) };
      if (await store.insertNew(doc)) this.#add(doc, plain);
      else if (tries >= MOST_TRIES)
        throw new Fault("unavailable", "No data key can be made: others make keys at once, or this store keeps none.", {
          code: "seal.no_key",
          retryAfter: 1,
        });
    }
  }

  /** Begins a new data key of an agency (`""`: the group) in the month of this instant; gives its number. What is stored keeps the one it has. */
  async renew(agency: string, now: number): Promise<number> {
    const month = this.#monthOf(now);
    await this.load();
    const turn = (this.#current.get(nameOf(agency, month))?.turn ?? -1) + 1;
    await this.#make(agency, month, turn);
    return this.#current.get(nameOf(agency, month))?.n ?? 0;
  }

  /** A data key wrapped by the key in force, where another wrapped it; undefined where nothing is to be done. Faults as `unwrapKey`. */
  async rewrapped<D extends SealKeyDoc>(doc: D): Promise<D | undefined> {
    if (this.#wrap === undefined || doc.wrap === this.#wrap.id) return undefined;
    return { ...doc, ...(await wrapKey(this.#wrap, doc, await unwrapKey(doc, this.#wraps))) };
  }

  /** The key that a document is sealed with; undefined: it is stored plain. After `ready`. */
  keyOf({ sealedBy }: Sealable, doc: object): Pick<DataKey, "n" | "key"> | undefined {
    if (!this.on || sealedBy === undefined) return undefined;
    const key = this.#current.get(this.#nameOf(sealedBy, doc));
    if (key === undefined) throw new Error("a document is to be sealed before its key is made");
    return key;
  }

  /** A payload as it is stored, under the document's key. */
  close(
    key: Pick<DataKey, "n" | "key"> | undefined,
    collection: string,
    id: string,
    field: string,
    payload: Uint8Array | string,
  ): Buffer {
    if (key === undefined) return withByteHeader(typeof payload === "string" ? Buffer.from(payload, "utf8") : payload);
    return sealBytes(key.n, key.key, placeOf(collection, id, field), payload);
  }

  /** Another payload in the place of sealed bytes, under the key that they have. */
  again(stored: Uint8Array, collection: string, id: string, field: string, payload: string): Buffer {
    const n = keyNumber(stored);
    const key = this.#byNumber.get(n);
    if (key === undefined) throw new MissingKey(n);
    return sealBytes(n, key, placeOf(collection, id, field), payload);
  }

  /**
   * The payload of stored bytes, sealed or plain. `MissingKey` where its key is not known; `Fault("unavailable")`, `seal.broken`, where bytes were changed or
   * moved from another document.
   */
  open(collection: string, id: string, field: string, stored: Uint8Array): Uint8Array {
    if (!isSealed(stored)) return withoutByteHeader(stored);
    const n = keyNumber(stored);
    const key = this.#byNumber.get(n);
    if (key === undefined) throw new MissingKey(n);
    const payload = openBytes(key, placeOf(collection, id, field), stored);
    if (payload === undefined)
      throw new Fault("unavailable", `Sealed bytes of ${collection} do not open: they were changed, or moved there.`, {
        code: "seal.broken",
      });
    return payload;
  }

  /**
   * Does what reads, again where it meets keys of another process. `step` gives what it threw if that is a `MissingKey`, so that a transaction goes on.
   */
  async reading<R>(step: () => Promise<R | MissingKey>): Promise<R> {
    let missed: number | undefined;
    for (;;) {
      const done = await step();
      if (!(done instanceof MissingKey)) return done;
      if (done.n === missed)
        throw new Fault("unavailable", `Data key ${done.n} of the store is not in its list of keys.`, {
          code: "seal.key_lost",
        });
      missed = done.n;
      await this.load();
    }
  }
}

/** Runs what opens stored bytes; gives a `MissingKey` instead of throwing it. */
export function orMissing<R>(run: () => R): R | MissingKey {
  try {
    return run();
  } catch (error) {
    if (error instanceof MissingKey) return error;
    throw error;
  }
}
