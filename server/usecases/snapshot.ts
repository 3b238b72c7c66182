import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { type Alike, alikeOf } from "../policy/alike.ts";
import { tiersOf } from "../policy/tiers.ts";
import { Fault } from "../shared/fault.ts";
import { Accounts, Agencies, AgreementsIn, Labels, Meta, Orders, SourceQuarantines } from "../storage/collections.ts";
import type { AccountDoc, AgencyDoc, LabelDoc, OrderDoc, SourceQuarantineDoc } from "../storage/documents.ts";
import type { Storage, Stored, Unit } from "../storage/port.ts";
import { viewerOf } from "./viewer-of.ts";

/** A label as reads need it: with the cut sets of its tiers, in the order that names its lanes. */
export interface LabelEntry {
  readonly id: string;
  readonly label: Label;
  readonly cuts: readonly (readonly string[])[];
  /** What it is decided like. */
  readonly alike?: Alike | undefined;
}

/** Who there is and what is agreed, as one policy revision has it. */
export interface Directory {
  readonly revision: number;
  readonly agencies: ReadonlyMap<string, AgencyDoc>;
  readonly accounts: ReadonlyMap<string, Stored<AccountDoc>>;
  readonly agreements: Agreements;
  readonly orders: readonly OrderDoc[];
  /** Quarantines of sources that are in force. */
  readonly quarantines: readonly SourceQuarantineDoc[];
  /** `undefined` for an unknown account. */
  viewer(account: string): Viewer | undefined;
}

/** What a request judges by: the directory and every label in the store. */
export interface Snapshot extends Directory {
  readonly labels: ReadonlyMap<string, LabelEntry>;
  /** Labels in order of arrival: those past a known length are new. It grows and never changes otherwise. */
  readonly labelList: readonly LabelEntry[];
  /** How many labels there were: the list may have grown since. */
  readonly labelCount: number;
  /** The instant that dated gates are judged at, ms: never earlier than one judged before (design 6). */
  readonly at: number;
  /** Whether the store knows the minute of that instant: see `Snapshots.keep`. */
  readonly kept: boolean;
  /** Labels in it may yet be undone: nothing that is made of it may be kept. */
  readonly uncommitted?: true;
}

const PAGE = 1000;
const MINUTE = 60_000;

async function everything<T extends { id: string }>(read: (after: string | undefined) => Promise<T[]>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const page = await read(all.at(-1)?.id);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

async function readDirectory(unit: Unit, revision: number): Promise<Directory> {
  const agencies = new Map(
    (await unit.collection(Agencies).all({ limit: Number.MAX_SAFE_INTEGER })).map((doc) => [doc.id, doc]),
  );
  const accounts = new Map(
    (
      await everything((after) =>
        unit.collection(Accounts).all({ limit: PAGE, ...(after === undefined ? {} : { after }) }),
      )
    ).map((doc) => [doc.id, doc]),
  );
  const agreements: Record<string, Agreement> = {};
  // How often a store wrote it is no part of what is agreed: digests are made of these.
  for (const { rev: _, ...doc } of await unit.collection(AgreementsIn).all({ limit: Number.MAX_SAFE_INTEGER }))
    agreements[doc.id] = doc;
  const orders = await unit.collection(Orders).all({ limit: Number.MAX_SAFE_INTEGER });
  const quarantines = (await unit.collection(SourceQuarantines).all({ limit: Number.MAX_SAFE_INTEGER })).filter(
    ({ lifted }) => lifted === undefined,
  );
  const viewers = new Map<string, Viewer>();
  const viewer = (id: string): Viewer | undefined => {
    const account = accounts.get(id);
    if (account === undefined) return undefined;
    const known =
      viewers.get(id) ?? viewerOf(account, account.agency === undefined ? undefined : agencies.get(account.agency));
    viewers.set(id, known);
    return known;
  };
  return { revision, agencies, accounts, agreements, orders, quarantines, viewer };
}

/** The entry of a label: refuses one whose cut sets are over the limit, which posting has refused before. */
export function labelEntry(id: string, label: Label): LabelEntry {
  const tiers = tiersOf(label);
  if ("problem" in tiers) throw new Fault("internal", `a stored label has too many tiers: ${id}`);
  return { id, label, cuts: tiers.tiers.map((tier) => tier.cut), alike: held(alikeOf(label)) };
}

/** Texts that many labels share are kept once: there are fewer of them than labels, which are never removed. */
const texts = new Map<string, string>();

function held(alike: Alike | undefined): Alike | undefined {
  if (alike === undefined) return undefined;
  const known = texts.get(alike.text);
  if (known !== undefined) return { ...alike, text: known };
  texts.set(alike.text, alike.text);
  return alike;
}

interface Counters {
  readonly revision: number;
  readonly labels: number;
  /** How late gates have been judged by any process, ms, in whole minutes. */
  readonly judged: number;
}

async function countersOf(unit: Unit): Promise<Counters> {
  const held = new Map(
    (await unit.collection(Meta).getMany(["policy", "labels", "judged"])).map((doc) => [doc.id, Number(doc.value)]),
  );
  return { revision: held.get("policy") ?? 0, labels: held.get("labels") ?? 0, judged: held.get("judged") ?? 0 };
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE) * MINUTE;

/** Labels `from` on, in order of arrival, until there are `to`. */
async function readLabels(unit: Unit, from: number, to: number): Promise<LabelDoc[]> {
  const found: LabelDoc[] = [];
  for (let n = from; n < to; n = (found.at(-1)?.n ?? n) + 1) {
    const more = await unit.collection(Labels).scan({ index: "n", prefixes: [[]], from: n, limit: PAGE });
    if (more.length === 0) throw new Fault("internal", "labels are fewer than their counter says");
    found.push(...more);
  }
  return found;
}

/**
 * Reads the policy revision and the number of labels with each request, and the rest only when one of them moved:
 * nothing that one process keeps outlives a change made by another (design 6). Only what is committed is kept: what a transaction made itself, and
 * may yet be undone, is read for that transaction alone.
 */
export class Snapshots {
  readonly #storage: Storage;
  #directory: Directory | undefined;
  readonly #labels = new Map<string, LabelEntry>();
  readonly #list: LabelEntry[] = [];
  #judged = 0;
  #keeping: { readonly minute: number; readonly kept: Promise<void> } | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The state of the store as `unit` sees it, judged at `now` or later. */
  async read(unit: Unit, now: number): Promise<Snapshot> {
    const { revision, labels, judged } = await countersOf(unit);
    if (this.#directory?.revision !== revision || this.#list.length < labels) await this.#catchUp();
    const held = this.#directory;
    const directory = held?.revision === revision ? held : await readDirectory(unit, revision);
    this.#judged = Math.max(this.#judged, judged, now);
    const at = this.#judged;
    const told = { ...directory, labelCount: labels, at, kept: minuteOf(at) <= judged };
    if (labels <= this.#list.length) return { ...told, labels: this.#labels, labelList: this.#list };
    const own = (await readLabels(unit, this.#list.length, labels)).map(({ id, label }) => labelEntry(id, label));
    return {
      ...told,
      labels: new Map([...this.#labels, ...own.map((entry) => [entry.id, entry] as const)]),
      labelList: [...this.#list, ...own],
      uncommitted: true,
    };
  }

  /** What is committed by now. Of two that come back with it the later state stays, whichever was asked for first. */
  async #catchUp(): Promise<void> {
    const { revision, labels } = await countersOf(this.#storage);
    if ((this.#directory?.revision ?? -1) < revision) {
      const read = await readDirectory(this.#storage, revision);
      if ((this.#directory?.revision ?? -1) < revision) this.#directory = read;
    }
    for (const { id, n, label } of await readLabels(this.#storage, this.#list.length, labels)) {
      // Another request may have come this far while this one read: a label that stands twice would push the newest ones out of sight.
      if (n < this.#list.length) continue;
      const entry = labelEntry(id, label);
      this.#labels.set(id, entry);
      this.#list.push(entry);
    }
  }

  /**
   * Before anything that was judged at a new minute leaves: the store knows the minute, so that no process judges at an earlier one from then on, whatever its clock
   * says (design 6). Once a minute somebody waits for a commit; where the store can't take it, reading goes on without.
   */
  async keep({ at, kept }: Pick<Snapshot, "at" | "kept">): Promise<void> {
    if (kept) return;
    const minute = minuteOf(at);
    if (this.#keeping === undefined || this.#keeping.minute < minute)
      this.#keeping = {
        minute,
        kept: this.#storage.transaction((unit) => rememberJudged(unit, at)).catch(() => undefined),
      };
    await this.#keeping.kept;
  }
}

/** Remembers in the store, once a minute, how late gates have been judged, so that a clock that jumps back re-opens nothing. */
export async function rememberJudged(unit: Unit, at: number): Promise<void> {
  const minute = minuteOf(at);
  const meta = unit.collection(Meta);
  const held = await meta.get("judged");
  if (held === undefined) await meta.insertNew([{ id: "judged", value: minute }]);
  else if (Number(held.value) < minute) await meta.put({ ...held, value: minute });
}
