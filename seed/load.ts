import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IngestCounts, IngestReply } from "../schemas/api/ingest.ts";
import type { LabelRequest } from "../schemas/policy/label.ts";
import type { Format } from "../server/pipeline/steps.ts";
import { Fault } from "../server/shared/fault.ts";
import { formatInstant } from "../server/shared/instant.ts";
import type { Moment } from "../server/shared/moment.ts";
import { Accounts, ApiKeys, Meta } from "../server/storage/collections.ts";
import type { OrderDoc } from "../server/storage/documents.ts";
import type { Storage, Unit } from "../server/storage/port.ts";
import type { AuditStream } from "../server/usecases/append-audit.ts";
import { insertPolicies } from "../server/usecases/policy-history.ts";
import { CollectionIds } from "../server/usecases/taxii/collection-ids.ts";
import { type MadePeople, makePeople } from "./people.ts";
import { readSeed, type SeedEntry, type SeedFiles, type SeedOrder } from "./shapes.ts";

const DAY = 86_400_000;
/** How far the demonstration is loaded: `people`, then `done`. Kept in `meta`, so that a load that was cut off is taken up again. */
const STATE = "seed";
/** When it was begun, ms: dates of its labels count from there, so that a load that is taken up posts the same again. */
const BEGUN = "seed:begun";
const DEMO_ACCOUNTS = "demo-accounts.json";

/** One post of the seed, as the account would make it over HTTP. */
export interface SeedPost {
  readonly account: string;
  readonly format: Format;
  readonly bytes: Uint8Array;
  readonly label: LabelRequest;
}
export type SeedIngest = (post: SeedPost) => Promise<Pick<IngestReply, "counts" | "results">>;

/** Two persons turn on the rows of what was posted, as the release workflow has it (triage 3). */
export interface SeedRelease {
  readonly ids: readonly string[];
  readonly proposedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
}

export interface SeedParts {
  readonly storage: Storage;
  readonly audit: AuditStream;
  readonly moment: Moment;
  readonly hashPassword: (password: string, moment: Moment) => Promise<string>;
  readonly ingest: SeedIngest;
  /** Without it, posts that ask for a release stay with their agency. */
  readonly release?: (ask: SeedRelease) => Promise<void>;
  /** The project's folder: the seed's files are read from `seed/` in it. */
  readonly root: string;
  readonly dataDir: string;
  /** Where others reach this server, without a slash at the end. */
  readonly publicUrl: string;
  /** The working group's name in addresses. */
  readonly group: string;
  /** In the transaction that makes the people: that no other process loads the demonstration, too. */
  readonly fence?: (unit: Unit) => Promise<void>;
}

export interface SeedTotals extends IngestCounts {
  readonly accounts: number;
  readonly posts: number;
  /** Objects whose rows two persons turned on. */
  readonly released: number;
  readonly rejections: readonly { readonly file: string; readonly code: string; readonly message: string }[];
  /** The file with the accounts. */
  readonly accountsFile: string;
}

/** Whether the demonstration is in the store, whole. */
export const isSeeded = async (unit: Unit): Promise<boolean> =>
  (await unit.collection(Meta).get(STATE))?.value === "done";

async function refuseIfUsed(storage: Storage): Promise<"people" | undefined> {
  const state = (await storage.collection(Meta).get(STATE))?.value;
  if (state === "people") return state;
  const used = state === "done" || (await storage.collection(Accounts).all({ limit: 1 })).length > 0;
  if (!used) return undefined;
  const message =
    state === "done"
      ? "the demonstration group is in this store already"
      : "this store has accounts of its own; the demonstration group goes into an empty store only";
  throw new Fault("conflict", message, { code: state === "done" ? "seed.done" : "seed.store_in_use" });
}

const orderOf = ({ days, ...order }: SeedOrder, now: number): OrderDoc => ({
  ...order,
  from: formatInstant(now),
  until: formatInstant(now + days * DAY),
});

/** Written whole under its name or not at all, readable by the owner alone. */
function writePrivate(path: string, value: unknown): void {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: "wx" });
  chmodSync(fresh, 0o600);
  renameSync(fresh, path);
}

/** Agencies, accounts, keys, agreements and orders in one transaction; the file with the passwords is there before they are good. */
async function loadPeople(parts: SeedParts, files: SeedFiles, people: MadePeople): Promise<void> {
  const { storage, moment, dataDir, publicUrl, group, audit } = parts;
  const collections = await new CollectionIds(storage).read(moment);
  const taxii = { discovery: `${publicUrl}/taxii2/`, apiRoot: `${publicUrl}/taxii2/${group}/`, collections };
  mkdirSync(dataDir, { recursive: true });
  await parts.fence?.(storage);
  writePrivate(join(dataDir, DEMO_ACCOUNTS), { accounts: people.demo, taxii });
  await storage.transaction(async (unit) => {
    await parts.fence?.(unit);
    const at = moment.now;
    const revision = await insertPolicies(unit, [
      ...files.agencies.map((doc) => ({ kind: "agency" as const, doc, at })),
      ...people.accounts.map((doc) => ({ kind: "account" as const, doc, at })),
      ...files.agreements.map((doc) => ({ kind: "agreement" as const, doc, at })),
      ...files.orders.map((order) => ({ kind: "order" as const, doc: orderOf(order, at), at })),
    ]);
    await unit.collection(ApiKeys).insert(people.keys);
    await unit.collection(Meta).insert([
      { id: STATE, value: "people" },
      { id: BEGUN, value: moment.now },
    ]);
    const detail = { accounts: people.accounts.length, agencies: files.agencies.length };
    await audit.append(unit, { actor: "operator", revision, at: moment.now, what: "seed.people", detail });
  });
}

/** The label that an entry posts with: its agency's preset, then its own words, then dates from now. */
export function labelOf(entry: SeedEntry, files: SeedFiles, now: number): LabelRequest {
  const agency = files.accounts.find(({ id }) => id === entry.as)?.agency;
  const presets = files.agencies.find(({ id }) => id === agency)?.presets;
  const embargoUntil = entry.embargoDays !== undefined && formatInstant(now + entry.embargoDays * DAY);
  return {
    ...(entry.preset === undefined ? {} : presets?.[entry.preset]),
    ...entry.label,
    ...(embargoUntil !== false && { embargoUntil }),
  };
}

const sum = (a: IngestCounts, b: IngestCounts): IngestCounts => ({
  received: a.received + b.received,
  created: a.created + b.created,
  unchanged: a.unchanged + b.unchanged,
  updated: a.updated + b.updated,
  rejected: a.rejected + b.rejected,
});

async function loadContent(parts: SeedParts, files: SeedFiles): Promise<Omit<SeedTotals, "accounts" | "accountsFile">> {
  let counts: IngestCounts = { received: 0, created: 0, unchanged: 0, updated: 0, rejected: 0 };
  let released = 0;
  const begun = Number((await parts.storage.collection(Meta).get(BEGUN))?.value ?? parts.moment.now);
  const rejections: { file: string; code: string; message: string }[] = [];
  for (const entry of files.entries) {
    const { file, as: account, format, release } = entry;
    const bytes = readFileSync(join(parts.root, "seed", "content", file));
    const label = labelOf(entry, files, begun);
    const reply = await parts.ingest({ account, format, bytes, label });
    counts = sum(counts, reply.counts);
    for (const { outcome, code, message } of reply.results)
      if (outcome === "rejected") rejections.push({ file, code: code ?? "", message: message ?? "" });
    // What a load that was cut off had posted is `unchanged` now and may still wait for its release.
    const ids = reply.results.flatMap(({ id, outcome }) => (id === undefined || outcome === "rejected" ? [] : [id]));
    if (release === undefined || parts.release === undefined || ids.length === 0) continue;
    await parts.release({ ids, ...release });
    released += ids.length;
  }
  return { ...counts, posts: files.entries.length, released, rejections };
}

/**
 * Loads the demonstration group and its content into an empty store, and writes `demo-accounts.json` (mode 0600) to the data folder. A load that was
 * cut off goes on where it stopped: content sent twice changes nothing. Faults: `conflict` (`seed.done`, `seed.store_in_use`).
 */
export async function loadSeed(parts: SeedParts): Promise<SeedTotals> {
  const { storage, moment, root, dataDir, hashPassword } = parts;
  const state = await refuseIfUsed(storage);
  const files = readSeed(join(root, "seed"));
  if (state === undefined) {
    const { accounts, agencies } = files;
    await loadPeople(parts, files, await makePeople({ accounts, agencies, moment, hashPassword }));
  }
  const totals = await loadContent(parts, files);
  await storage.transaction(async (unit) => {
    const held = await unit.collection(Meta).get(STATE);
    if (held !== undefined) await unit.collection(Meta).put({ ...held, value: "done" });
  });
  return { accounts: files.accounts.length, ...totals, accountsFile: join(dataDir, DEMO_ACCOUNTS) };
}
