import type { IngestResult } from "../../schemas/api/ingest.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Item, Said, StixJson } from "../pipeline/steps.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { keyed, sha256 } from "../shared/digest.ts";
import { Fault, type Problem } from "../shared/fault.ts";
import { Quarantined, QuarantineTallies } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { QuarantinedDoc } from "../storage/post-documents.ts";
import { bindRequest, knownMarkings, type LabelAsk, withSaid } from "./bind-labels.ts";
import { type Marked, ownMarkings } from "./own-markings.ts";
import type { Secrets } from "./plan-rows.ts";
import type { Snapshot } from "./snapshot.ts";

/** What an account may have in quarantine at most; the oldest make room. By account, so that nobody's feed pushes out what a colleague sent. */
export const MOST_KEPT = 1000;
/** Bytes that are kept of one object. */
export const MOST_TEXT = 32_768;
/** How long an entry is kept after it came last, ms. */
export const KEPT_FOR = 30 * 86_400_000;
/** Entries past their time that go with one batch. */
const PURGED_AT_ONCE = 500;

export interface Refused {
  readonly item: Item;
  readonly result: IngestResult;
}

export interface Rejecting {
  readonly account: string;
  readonly agency: string;
  readonly batch: string;
  readonly channel: string;
  readonly ask: LabelAsk;
  /** ms. */
  readonly now: number;
}

/** JSON of an object that was refused; what can't be written (nested too deep for that) is nothing. */
function textOf(item: Item): string {
  if (!("object" in item)) return "";
  try {
    return JSON.stringify(item.object) ?? "";
  } catch {
    return "";
  }
}

/** Its first bytes, and no half of a character. */
function clipped(text: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= MOST_TEXT) return bytes;
  let end = MOST_TEXT;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return Uint8Array.from(bytes.subarray(0, end));
}

/** For sender and custodian alone: what it was meant to be can't be told (as policy 6, Q34). */
const closed = (account: string, agency: string, country: string): Label => ({
  ...{ tlp: "RED", classification: "U", caveats: [], topics: [], originator: agency, originatorCountry: country },
  ...{ author: account, state: "released", releases: [], recipients: [], clientGrants: [], fieldRules: [] },
});

const UNMARKED: { marked: Marked } = { marked: { tlps: [], labels: [], rules: [], has: () => false, consumed: [] } };

/** Who may read what was refused: its markings met with what the post said, as for what is stored, and without any row. Equal markings are met once. */
function labeller(
  find: (id: string) => StixJson | undefined,
  by: Rejecting,
  snapshot: Snapshot,
): (item: Item) => Label {
  const shut = closed(by.account, by.agency, snapshot.agencies.get(by.agency)?.country ?? "");
  const met = new Map<string, Label>();
  return (item) => {
    try {
      const own = "object" in item ? ownMarkings(item.object, find) : UNMARKED;
      if ("problem" in own) return shut;
      // Every rule counts, whether or not what it cuts is there: who is shown all of it is shown nothing else.
      const marked = { ...withSaid(own.marked, item.said), has: () => true };
      const key = JSON.stringify([marked.tlps, marked.labels, marked.rules]);
      const held = met.get(key);
      if (held !== undefined) return held;
      const { label } = bindRequest(by.ask, by.account, snapshot, marked);
      const made = normaliseLabel({ ...label, releases: [], author: by.account });
      met.set(key, made);
      return made;
    } catch (error) {
      // A request that fits no post is refused before; markings of a shape that nobody can read, and a label that can't be, are these.
      if (error instanceof Fault || error instanceof TypeError) return shut;
      throw error;
    }
  };
}

/** What an object says it is, where that can be told. */
function saysItIs(item: Item): { object?: string; type?: string } {
  if (!("object" in item)) return {};
  const { id, type } = item.object;
  const short = (value: unknown): value is string => typeof value === "string" && value.length <= 300;
  return { ...(short(id) ? { object: id } : {}), ...(short(type) ? { type } : {}) };
}

const remarks = ({ warnings }: IngestResult): readonly Problem[] => warnings ?? [];

const keptSaid = ({ tlps, ownAgency }: Said): NonNullable<QuarantinedDoc["said"]> => ({
  ...(tlps === undefined ? {} : { tlps: [...tlps] }),
  ...(ownAgency === undefined ? {} : { ownAgency }),
});

/** What of a refused object fits into a document: hostile input is cut, and says so by its length. */
function entryOf({ item, result }: Refused, label: Label, by: Rejecting, secrets: Secrets): QuarantinedDoc {
  const text = textOf(item);
  const clip = (words: string | undefined): string => (words ?? "").slice(0, 1000);
  const place = item.place === undefined ? {} : { place: clip(item.place) };
  const given = item.given === undefined ? {} : { given: clip(item.given) };
  const [code, path] = [result.code ?? "rejected", clip(result.path)];
  const what = [
    by.account,
    code,
    path,
    place,
    given,
    sha256(text),
    by.ask.request ?? null,
    by.ask.preset ?? null,
    item.said ?? null,
  ];
  const more = remarks(result).slice(0, 20);
  return {
    // A letter first: what begins with a hyphen is an option on a command line.
    id: `q${keyed(secrets.digest, `quarantine|${JSON.stringify(what)}`).slice(0, 23)}`,
    ...{ agency: by.agency, account: by.account, batch: by.batch, index: result.index, at: by.now, times: 1 },
    ...{ code, path, message: clip(result.message) },
    ...(more.length === 0
      ? {}
      : { more: more.map((one) => ({ ...one, path: clip(one.path), message: clip(one.message) })) }),
    ...place,
    ...given,
    ...saysItIs(item),
    channel: by.channel,
    ...(by.ask.request === undefined ? {} : { request: by.ask.request }),
    ...(by.ask.preset === undefined ? {} : { preset: by.ask.preset }),
    ...(item.said === undefined ? {} : { said: keptSaid(item.said) }),
    label,
    text: clipped(text),
    length: Buffer.byteLength(text, "utf8"),
  };
}

/** Makes room for `fresh` entries of an account by those that came longest ago; gives how many went. */
async function makeRoom(unit: Unit, account: string, fresh: number): Promise<number> {
  const entries = unit.collection(Quarantined);
  const held = await entries.count({ index: "account", prefixes: [[account]] });
  const over = held + fresh - MOST_KEPT;
  if (over <= 0) return 0;
  const oldest = await entries.scan({ index: "account", prefixes: [[account]], limit: over });
  await entries.remove(oldest.map(({ id }) => id));
  return oldest.length;
}

async function countLost(unit: Unit, account: string, lost: number): Promise<void> {
  if (lost === 0) return;
  const tallies = unit.collection(QuarantineTallies);
  const held = await tallies.get(account);
  if (held === undefined) await tallies.insert([{ id: account, lost }]);
  else await tallies.put({ ...held, lost: held.lost + lost });
}

/**
 * Keeps what a batch refused for its sender, in the batch's transaction: with code, path and words, thirty days, the newest 1,000 of an account. What does not fit is counted.
 * The same text refused for the same reason is one entry. Gives how many entries this batch has, and how many were lost to the limit.
 */
export async function keepRejected(
  unit: Unit,
  refused: readonly Refused[],
  by: Rejecting,
  snapshot: Snapshot,
  secrets: Secrets,
): Promise<{ kept: number; lost: number }> {
  const entries = unit.collection(Quarantined);
  const past = await entries.scan({ index: "age", prefixes: [[]], to: by.now - KEPT_FOR, limit: PURGED_AT_ONCE });
  if (past.length > 0) await entries.remove(past.map(({ id }) => id));
  const objects = refused.flatMap(({ item }) => ("object" in item ? [item.object] : []));
  const markings = await definitionsNamed(unit, objects, by.agency);
  const labelOf = labeller((id) => markings.get(id), by, snapshot);
  const made = new Map<string, QuarantinedDoc>();
  let over = 0;
  for (const one of refused) {
    const entry = entryOf(one, labelOf(one.item), by, secrets);
    if (made.has(entry.id)) continue;
    if (made.size < MOST_KEPT) made.set(entry.id, entry);
    else over += 1;
  }
  const held = new Map((await entries.getMany([...made.keys()])).map((one) => [one.id, one]));
  const fresh = [...made.values()].filter(({ id }) => !held.has(id));
  for (const { id, times, rev } of held.values()) {
    const entry = made.get(id);
    if (entry !== undefined) await entries.put({ ...entry, times: times + 1, rev });
  }
  const lost = over + (await makeRoom(unit, by.account, fresh.length));
  await entries.insert(fresh);
  await countLost(unit, by.account, lost);
  return { kept: made.size, lost };
}

const MARKING = /^marking-definition--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Markings looked up for what one batch refused. */
const MOST_MARKINGS = 1000;

/** Definitions of the markings that the objects name, with what is there of them: nothing of a refused object is what it should be. */
async function definitionsNamed(
  unit: Unit,
  objects: readonly StixJson[],
  agency: string,
): Promise<ReadonlyMap<string, StixJson>> {
  const named = new Set<string>();
  const note = (id: unknown): void => {
    if (named.size < MOST_MARKINGS && typeof id === "string" && MARKING.test(id)) named.add(id);
  };
  for (const { object_marking_refs: whole, granular_markings: parts } of objects) {
    for (const id of Array.isArray(whole) ? whole : []) note(id);
    for (const part of Array.isArray(parts) ? parts : []) note((part as StixJson | null)?.marking_ref);
  }
  return knownMarkings(unit, [{ object: { object_marking_refs: [...named] } }], agency);
}
