import type { ReplayReply } from "../../schemas/api/replay.ts";
import type { Because, Decision } from "../../schemas/policy/decision.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { acquaintance } from "../policy/acquaintance.ts";
import { decide } from "../policy/decide.ts";
import { explain } from "../policy/explain.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Disclosures, Labels, Rows } from "../storage/collections.ts";
import type { AuditDoc, RowDoc } from "../storage/documents.ts";
import type { Storage, Stored, Unit } from "../storage/port.ts";
import type { Content } from "./content.ts";
import { labelHeld } from "./held-sources.ts";
import { ownRows } from "./own-rows.ts";
import { type MachinesThen, machinesThen, type PolicyThen, policyThen, type Used } from "./policy-then.ts";
import { notThere, seenUnder } from "./read-one.ts";
import type { Received } from "./recall/received.ts";
import { rowsOfContribution } from "./relabel-rows.ts";
import { type Row, type Sight, uuidOf } from "./sight.ts";

export interface ReplayParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly received: Received;
}

export interface ReplayAsk {
  readonly account: string;
  readonly object: string;
  /** ms. */
  readonly at: number;
  readonly channel: Channel;
}

/** Asked of an agency's feeds and clients as one. */
export type MachinesAsk = Omit<ReplayAsk, "account"> & { readonly agency: string };

type Post = ReplayReply["posts"][number];

/** What the command line answers: all inputs by number, revision and digest, beside what was decided. */
export interface ReplayRecord extends Omit<ReplayReply, "posts"> {
  readonly revision: number;
  readonly posts: readonly (Post & {
    readonly originator: string;
    readonly inputs: { readonly label: string; readonly digest: string };
  })[];
  readonly inputs: readonly Used[];
}

const MICROS = 1000;
const PAGE = 500;
/** What an account is, is its own agency's to know: of another's these are told as one. */
const OWN_AFFAIR: ReadonlySet<Because> = new Set(["account", "role", "clearance"]);
const READER = "the account was not in force, or its role or clearance does not reach";
const MACHINES = "no feed or client of the agency was in force that may read so much";

/**
 * The lane that a contribution stood in at an instant (ms); undefined before it came. A row keeps the lanes it left and the places (µs) that it left them at; lanes are named
 * after their labels.
 */
export function laneThen(
  { received, lane, stages = [] }: Pick<RowDoc, "received" | "lane" | "stages">,
  at: number,
): string | undefined {
  if (received > at) return undefined;
  const end = at * MICROS + (MICROS - 1);
  return stages.find(({ left }) => end < left)?.lane ?? lane;
}

/** Milliseconds of a date as it was asked for. Fault `unprocessable` where there is no such date. */
export function instantOf(text: string): number {
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new Fault("unprocessable", "there is no such date", { code: "replay.date", path: "at" });
  return instant.ms;
}

interface Then {
  readonly row: Stored<RowDoc>;
  readonly lane: string;
  readonly id: string;
  readonly label: Label;
}

/** Of each contribution, which label it had then; those that had not come are left out. Oldest first. */
async function labelsThen(unit: Unit, rows: readonly Stored<RowDoc>[], at: number): Promise<Then[]> {
  const placed = rows.flatMap((row) => {
    const lane = laneThen(row, at);
    return lane === undefined ? [] : [{ row, lane, id: lane.slice(0, -1) }];
  });
  const labels = new Map(
    (await unit.collection(Labels).getMany([...new Set(placed.map(({ id }) => id))])).map((doc) => [doc.id, doc.label]),
  );
  return placed
    .flatMap((one) => {
      const label = labels.get(one.id);
      return label === undefined ? [] : [{ ...one, label }];
    })
    .sort((a, b) => a.row.received - b.row.received || (a.row.id < b.row.id ? -1 : 1));
}

/** `decide` with what was stored then. An account that there was not yet could read nothing. */
function decidedThen(
  { viewer, agreements, quarantines }: Pick<PolicyThen, "viewer" | "agreements" | "quarantines">,
  label: Label,
  { at, channel }: Pick<ReplayAsk, "at" | "channel">,
): Decision {
  if (viewer === undefined) return { verdict: "hidden", because: "account" };
  const held = labelHeld(label, quarantines);
  return decide({ viewer, label: held, agreements, at: formatInstant(at), channel });
}

/** How much is left out; more than any cut where all is. */
const withheld = ({ verdict, without = [] }: Decision): number =>
  verdict === "hidden" ? Number.POSITIVE_INFINITY : without.length;

/**
 * What the one of an agency's machines could read that could read most. Where none could, what would have kept any from it; what kept just those, that there were none or that they were cleared for less,
 * is their agency's affair.
 */
function mostRead(then: MachinesThen, label: Label, ask: MachinesAsk): Decision {
  const decided = then.viewers.map((viewer) => decidedThen({ ...then, viewer }, label, ask));
  const [most] = decided.sort((a, b) => withheld(a) - withheld(b));
  if (most !== undefined && most.verdict !== "hidden") return most;
  const any = decidedThen({ ...then, viewer: then.any }, label, ask);
  return any.verdict === "hidden" ? any : { verdict: "hidden", because: "account" };
}

function postOf({ row, label }: Then, decision: Decision, own: boolean, reader = READER): Post {
  const { verdict, without, because } = decision;
  const told = own || !OWN_AFFAIR.has(because);
  return {
    id: row.stixId,
    ...(row.version === undefined ? {} : { version: row.version }),
    received: formatInstant(row.received),
    label,
    verdict,
    ...(without === undefined ? {} : { without: [...without] }),
    because: told ? because : "reader",
    why: told ? explain(decision) : reader,
  };
}

const MACHINE: ReadonlySet<string> = new Set(["feed", "client"]);

/** A recall tells of an object and shows none of it. */
const RECALLS = "taxii.recalls";

/** Whether a record of what an account was shown covers a place of one of the rows. A page is recorded by lane, from its first place to its last. */
function covers({ what, detail }: AuditDoc, places: ReadonlyMap<string, readonly number[]>): boolean {
  if (what === RECALLS) return false;
  const lanes = (detail?.lanes ?? {}) as Readonly<Record<string, readonly [number, number]>>;
  return Object.entries(lanes).some(([lane, [from, to]]) =>
    places.get(lane)?.some((stamp) => from <= stamp && stamp <= to),
  );
}

/** When an account was shown pages that these rows stand on, until an instant (ms, inclusive): the first and the last. */
async function shownTo(
  storage: Storage,
  account: string,
  rows: readonly Stored<RowDoc>[],
  until: number,
): Promise<{ first: string; last: string } | undefined> {
  const places = new Map<string, number[]>();
  for (const { contribution } of rows)
    for (const { lane, stamp, stages = [] } of await rowsOfContribution(storage, contribution)) {
      // For a reader to whom nothing changed it stands in its lane at the place that it had before.
      const stamps = [stamp, ...stages.map((stage) => stage.stamp)];
      for (const one of [lane, ...stages.map((stage) => stage.lane)])
        places.set(one, [...(places.get(one) ?? []), ...stamps]);
    }
  // Nobody was shown it before it came.
  const from = Math.min(...rows.map(({ received }) => received));
  if (from > until) return undefined;
  let [first, last]: [number | undefined, number | undefined] = [undefined, undefined];
  for (let after: { value: number; id: string } | undefined; ; ) {
    const page: Stored<AuditDoc>[] = await storage.collection(Disclosures).scan({
      index: "actor",
      prefixes: [[account]],
      ...{ from, to: until + 1, limit: PAGE },
      ...(after === undefined ? {} : { after }),
    });
    for (const record of page) {
      if (!covers(record, places)) continue;
      first ??= record.at;
      last = record.at;
    }
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE) break;
    after = { value: end.at, id: end.id };
  }
  return first === undefined || last === undefined
    ? undefined
    : { first: formatInstant(first), last: formatInstant(last) };
}

/**
 * Why an account could read, or not read, an object at a past instant: the same `decide`, asked with the versions of account, agency and agreements that held then and the label that the
 * contribution had then (policy 3). Dated gates are judged at that instant.
 */
export class Replays {
  readonly #parts: ReplayParts;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  /**
   * For the originator's side, of what it said itself and the caller sees whole. 404 for anything else, and for an account that the caller may not know by name (policy 6, Q49); 422 for
   * an instant ahead, or before the history.
   */
  async asOriginator(viewer: Viewer, moment: Moment, ask: ReplayAsk): Promise<ReplayReply> {
    const { storage } = this.#parts;
    const { sight, rows, looker } = await this.#own(viewer, moment, ask.object);
    const { snapshot } = sight;
    const other = snapshot.viewer(ask.account);
    const known =
      other !== undefined && acquaintance(looker, other, snapshot.agreements, formatInstant(snapshot.at)) === "name";
    if (rows.length === 0 || !known) throw notThere();
    this.#mustBePast(ask, snapshot.at);
    const then = await policyThen(storage, ask.account, ask.at);
    const own = other.agency !== undefined && other.agency === looker.agency;
    // A label that the caller is not admitted to is none of its business, though it stood on its agency's own content.
    const posts = (await labelsThen(storage, rows, ask.at)).filter(({ lane }) => sight.admission.lanes.has(lane));
    const delivered = own
      ? await shownTo(storage, ask.account, rows, ask.at)
      : await this.#receivedBy(other.agency, viewer, moment, ask);
    return {
      ...head(ask, own ? then.viewer : other),
      posts: posts.map((one) => postOf(one, decidedThen(then, one.label, ask), own)),
      ...(delivered === undefined ? {} : { delivered: deliveredOf(delivered) }),
    };
  }

  /**
   * The same of the feeds and clients of another agency, as one: the directory tells of them as somebody of that agency (policy 6, Q49). 404 for an agency of which the caller may know nobody, and for
   * its own: those it knows by name.
   */
  async ofMachines(viewer: Viewer, moment: Moment, ask: MachinesAsk): Promise<ReplayReply> {
    const { sight, rows, looker } = await this.#own(viewer, moment, ask.object);
    const { agencies, accounts, agreements, at } = sight.snapshot;
    const home = agencies.get(ask.agency);
    const one = { id: "", role: "feed" as const, agency: ask.agency, ...(home && { country: home.country }) };
    const known = home !== undefined && acquaintance(looker, one, agreements, formatInstant(at)) === "agency";
    if (rows.length === 0 || !known) throw notThere();
    this.#mustBePast(ask, at);
    const machines = [...accounts.values()].filter(({ agency, role }) => agency === ask.agency && MACHINE.has(role));
    const of = { agency: ask.agency, machines: machines.map(({ id }) => id) };
    const then = await machinesThen(this.#parts.storage, of, ask.at);
    const posts = (await labelsThen(this.#parts.storage, rows, ask.at)).filter(({ lane }) =>
      sight.admission.lanes.has(lane),
    );
    const delivered = await this.#receivedBy(ask.agency, viewer, moment, ask);
    return {
      ...{ object: ask.object, agency: ask.agency, at: formatInstant(ask.at), channel: ask.channel },
      posts: posts.map((post) => postOf(post, mostRead(then, post.label, ask), false, MACHINES)),
      ...(delivered === undefined ? {} : { delivered: deliveredOf(delivered) }),
    };
  }

  /** The caller's own agency's contributions to an object, as far as it sees them whole. */
  async #own(
    viewer: Viewer,
    moment: Moment,
    object: string,
  ): Promise<{ readonly sight: Sight; readonly rows: readonly Row[]; readonly looker: Viewer }> {
    const sight = await this.#parts.content.sight(viewer, moment, "api");
    const seen = await seenUnder(sight, object);
    const rows = seen === undefined ? [] : (await ownRows(sight, seen)).filter(({ cut }) => cut.length === 0);
    return { sight, rows, looker: sight.snapshot.viewer(viewer.id) ?? viewer };
  }

  /** Since when another agency has it, and by which ways, where it had by the instant that is asked of. */
  async #receivedBy(
    by: string | undefined,
    viewer: Viewer,
    moment: Moment,
    { object, at }: Omit<ReplayAsk, "account">,
  ) {
    const [told] = (await this.#parts.received.object(viewer, moment, object)).disclosures;
    return told?.received.find(({ agency, first }) => agency === by && Date.parse(first) <= at);
  }

  /** For the auditor and the operator, of anybody's. 404 for an object or account that never was. */
  async asAuditor(now: number, ask: ReplayAsk): Promise<ReplayRecord> {
    const { storage } = this.#parts;
    const all = storage.collection(Rows);
    const found = [
      ...(await all.find({ index: "stix", values: [ask.object] })),
      ...(await all.find({ index: "thing", values: [uuidOf(ask.object)] })),
    ];
    const rows = [...new Map(found.map((row) => [row.id, row])).values()].filter((row) => row.id === row.contribution);
    if (rows.length === 0) throw notThere();
    this.#mustBePast(ask, now);
    const then = await policyThen(storage, ask.account, ask.at);
    const posts = await labelsThen(storage, rows, ask.at);
    const delivered = await shownTo(storage, ask.account, rows, ask.at);
    return {
      ...head(ask, then.viewer),
      revision: then.revision,
      posts: posts.map((one) => ({
        ...postOf(one, decidedThen(then, one.label, ask), true),
        originator: one.row.originator,
        inputs: { label: one.id, digest: sha256(JSON.stringify(one.label)) },
      })),
      ...(delivered === undefined ? {} : { delivered }),
      inputs: then.used,
    };
  }

  #mustBePast({ at }: Pick<ReplayAsk, "at">, now: number): void {
    if (at > now)
      throw new Fault("unprocessable", "what was decided is asked of an instant that is past", {
        code: "replay.ahead",
        path: "at",
      });
  }
}

const head = ({ account, object, at, channel }: ReplayAsk, viewer: Viewer | undefined): Omit<ReplayReply, "posts"> => ({
  ...{ object, account },
  ...(viewer?.agency === undefined ? {} : { agency: viewer.agency }),
  ...{ at: formatInstant(at), channel },
});

const deliveredOf = (said: {
  readonly first: string;
  readonly last?: string;
  readonly channels?: readonly string[];
}): NonNullable<ReplayReply["delivered"]> => ({
  first: said.first,
  ...(said.last === undefined ? {} : { last: said.last }),
  ...(said.channels === undefined ? {} : { channels: [...said.channels] }),
});
