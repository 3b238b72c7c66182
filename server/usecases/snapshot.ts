import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { tiersOf } from "../policy/tiers.ts";
import { Fault } from "../shared/fault.ts";
import { Accounts, Agencies, AgreementsIn, Labels, Meta, Orders } from "../storage/collections.ts";
import type { AccountDoc, AgencyDoc, OrderDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { viewerOf } from "./viewer-of.ts";

/** A label as reads need it: with the cut sets of its tiers, in the order that names its lanes. */
export interface LabelEntry {
  readonly id: string;
  readonly label: Label;
  readonly cuts: readonly (readonly string[])[];
}

/** Who there is and what is agreed, as one policy revision has it. */
export interface Directory {
  readonly revision: number;
  readonly agencies: ReadonlyMap<string, AgencyDoc>;
  readonly accounts: ReadonlyMap<string, Stored<AccountDoc>>;
  readonly agreements: Agreements;
  readonly orders: readonly OrderDoc[];
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
  for (const doc of await unit.collection(AgreementsIn).all({ limit: Number.MAX_SAFE_INTEGER }))
    agreements[doc.id] = doc;
  const orders = await unit.collection(Orders).all({ limit: Number.MAX_SAFE_INTEGER });
  const viewers = new Map<string, Viewer>();
  const viewer = (id: string): Viewer | undefined => {
    const account = accounts.get(id);
    if (account === undefined) return undefined;
    const known =
      viewers.get(id) ?? viewerOf(account, account.agency === undefined ? undefined : agencies.get(account.agency));
    viewers.set(id, known);
    return known;
  };
  return { revision, agencies, accounts, agreements, orders, viewer };
}

/** The entry of a label: refuses one whose cut sets are over the limit, which posting has refused before. */
export function labelEntry(id: string, label: Label): LabelEntry {
  const tiers = tiersOf(label);
  if ("problem" in tiers) throw new Fault("internal", `a stored label has too many tiers: ${id}`);
  return { id, label, cuts: tiers.tiers.map((tier) => tier.cut) };
}

/**
 * Reads the policy revision and the number of labels with each request, and the rest only when one of them moved:
 * nothing that one process keeps outlives a change made by another (design 6).
 */
export class Snapshots {
  #directory: Directory | undefined;
  readonly #labels = new Map<string, LabelEntry>();
  readonly #list: LabelEntry[] = [];
  #judged = 0;

  /** The state of the store as `unit` sees it, judged at `now` or later. */
  async read(unit: Unit, now: number): Promise<Snapshot> {
    const counters = new Map(
      (await unit.collection(Meta).getMany(["policy", "labels", "judged"])).map((doc) => [doc.id, Number(doc.value)]),
    );
    const revision = counters.get("policy") ?? 0;
    if (this.#directory?.revision !== revision) this.#directory = await readDirectory(unit, revision);
    const known = counters.get("labels") ?? 0;
    while (this.#list.length < known) {
      const more = await unit
        .collection(Labels)
        .scan({ index: "n", prefixes: [[]], from: this.#list.length, limit: PAGE });
      if (more.length === 0) throw new Fault("internal", "labels are fewer than their counter says");
      for (const doc of more) {
        // Another request may have come this far while this one read: a label that stands twice would push the newest ones out of sight.
        if (doc.n < this.#list.length) continue;
        const entry = labelEntry(doc.id, doc.label);
        this.#labels.set(doc.id, entry);
        this.#list.push(entry);
      }
    }
    this.#judged = Math.max(this.#judged, counters.get("judged") ?? 0, now);
    return { ...this.#directory, labels: this.#labels, labelList: this.#list, labelCount: known, at: this.#judged };
  }
}

/** Remembers in the store, once a minute, how late gates have been judged, so that a clock that jumps back re-opens nothing. */
export async function rememberJudged(unit: Unit, at: number): Promise<void> {
  const minute = Math.floor(at / MINUTE) * MINUTE;
  const meta = unit.collection(Meta);
  const held = await meta.get("judged");
  if (held === undefined) await meta.insertNew([{ id: "judged", value: minute }]);
  else if (Number(held.value) < minute) await meta.put({ ...held, value: minute });
}
