import type { QueueItem, ReviewReply } from "../../schemas/api/triage.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { isPerson } from "../policy/gates.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { compareInstants, formatInstant } from "../shared/instant.ts";
import { Receipts, ReviewEntries, Reviews, Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { ReviewDoc, ReviewEntryDoc } from "../storage/review-documents.ts";
import { dueOf, escalatedTo, ruleNamed } from "../triage/classes.ts";
import { type Facts, FactsSum, NOT_REVIEWED } from "../triage/facts.ts";
import { isOpen, verbsFrom } from "../triage/quality.ts";
import { objectOf, type Row, type Sight } from "./sight.ts";

export const noReview = (): Fault => new Fault("not_found", "there is no such item");

/** A review as one viewer sees it: its facts are those of the lanes that this viewer reads. */
export interface SeenReview {
  readonly review: Stored<ReviewDoc>;
  readonly facts: Facts;
  readonly entries: readonly ReviewEntryDoc[];
}

/** What the lanes of a review that the viewer reads say together; undefined where it reads none. */
export function factsSeen(sight: Sight, entries: readonly ReviewEntryDoc[]): Facts | undefined {
  const sum = new FactsSum();
  for (const { lane, facts } of [...entries].sort((a, b) => a.stamps[0] - b.stamps[0] || (a.lane < b.lane ? -1 : 1)))
    if (sight.admission.lanes.has(lane)) sum.add(facts as Facts);
  return sum.facts;
}

/**
 * Whether it is this viewer's country's business at all: quality review is national work (policy Q45), and a machine sees the fate of its own
 * posts only.
 */
const concerns = (viewer: Viewer, review: ReviewDoc): boolean =>
  viewer.country === review.country && (isPerson(viewer.role) || viewer.id === review.account);

/** A review by its id; undefined where the viewer may read nothing of it, as if it were not there. */
export async function seenReview(unit: Unit, sight: Sight, id: string): Promise<SeenReview | undefined> {
  const review = await unit.collection(Reviews).get(id);
  if (review === undefined || !concerns(sight.viewer, review)) return undefined;
  const entries = (await unit.collection(ReviewEntries).find({ index: "review", values: [id] })).filter(({ lane }) =>
    sight.admission.lanes.has(lane),
  );
  const facts = factsSeen(sight, entries);
  return facts === undefined ? undefined : { review, facts, entries };
}

/** STIX ids of what belongs to a review: the report's, or what the batch's receipt names. */
async function memberIds(unit: Unit, review: ReviewDoc): Promise<string[]> {
  if (review.members !== undefined) return review.members;
  const receipt = await unit.collection(Receipts).get(review.batch);
  if (receipt === undefined) return [];
  const results = JSON.parse(Buffer.from(receipt.results).toString("utf8")) as { id?: string; outcome: string }[];
  const others = (await unit.collection(Reviews).find({ index: "batch", values: [review.batch] })).filter(
    ({ posted, members }) => posted === review.posted && members !== undefined,
  );
  const gathered = new Set(others.flatMap(({ members }) => members ?? []));
  return [
    ...new Set(
      results.flatMap(({ id, outcome }) =>
        id === undefined || outcome === "rejected" || outcome === "unchanged" || gathered.has(id) ? [] : [id],
      ),
    ),
  ];
}

export interface Contents {
  /** The contributions of the review that the viewer sees, as it sees them, in the order of their ids. */
  readonly rows: readonly Row[];
  /** Ids of which a later version has come since. */
  readonly replaced: ReadonlySet<string>;
  /** What a decision binds to: content and labels as this viewer may know them, later versions, and the state (triage 1, Rules). */
  readonly hash: string;
}

const labelKnown = (sight: Sight, row: RowDoc, label: Label, cut: readonly string[]): string =>
  sight.ownRow(row) ? row.label : JSON.stringify(wireLabel(label, sight.viewer, cut));

/** The contributions of a review, read where `unit` reads: inside a transaction they are those that a decision is about. */
export async function contentsOf(unit: Unit, sight: Sight, review: ReviewDoc): Promise<Contents> {
  const ids = await memberIds(unit, review);
  const visible = (await unit.collection(Rows).find({ index: "stix", values: ids })).filter(
    (row) => row.originator === review.agency && sight.admission.lanes.has(row.lane) && !NOT_REVIEWED.has(row.kind),
  );
  const rows = visible
    .filter((row) => row.batch === review.batch && row.posted === review.posted)
    .sort((a, b) => (a.stixId < b.stixId ? -1 : a.stixId > b.stixId ? 1 : a.id < b.id ? -1 : 1));
  const versions = new Map(rows.flatMap(({ stixId, version }) => (version === undefined ? [] : [[stixId, version]])));
  const later = visible.filter((row) => {
    const version = versions.get(row.stixId);
    return version !== undefined && row.version !== undefined && compareInstants(row.version, version) > 0;
  });
  const known = [...rows, ...later].map((row) => {
    const lane = sight.admission.lanes.get(row.lane);
    return [row.hash, lane === undefined ? "" : labelKnown(sight, row, lane.entry.label, lane.cut)];
  });
  // To take it up changes nothing that is decided about.
  const state = isOpen(review.state) ? ["open", review.clock] : [review.state, review.since];
  const text = JSON.stringify([review.id, ...state, known.map((one) => JSON.stringify(one)).sort()]);
  return { rows, replaced: new Set(later.map(({ stixId }) => stixId)), hash: sha256(text) };
}

export interface Clocks {
  readonly due: { readonly acknowledge?: number; readonly decide?: number };
  readonly late: { readonly acknowledge: boolean; readonly decide: boolean };
  readonly escalatedTo?: string;
}

/** Where the clocks of a review stand: while the poster is asked, and once it is decided, none runs. */
export function clocksOf({ review, facts }: Pick<SeenReview, "review" | "facts">, now: number): Clocks {
  const { class: of } = ruleNamed(facts.rule.is);
  const { acknowledge, decide } = dueOf(of, review.clock, review.country);
  const answered = review.clock !== review.received;
  const first = acknowledge === undefined || answered ? undefined : acknowledge;
  const waiting = isOpen(review.state);
  const late = {
    acknowledge: first !== undefined && (review.acknowledged ?? (waiting ? now : review.since)) > first,
    decide: (review.decided ?? (waiting ? now : Number.NEGATIVE_INFINITY)) > decide,
  };
  const to = waiting ? escalatedTo(of, late) : undefined;
  return {
    due: waiting
      ? { ...(first === undefined || review.acknowledged !== undefined ? {} : { acknowledge: first }), decide }
      : {},
    late,
    ...(to === undefined ? {} : { escalatedTo: to }),
  };
}

/** The live lease, if there is one. */
export const claimOf = ({ claim }: ReviewDoc, now: number): ReviewDoc["claim"] =>
  claim !== undefined && claim.until > now ? claim : undefined;

/** What lists and the page of one item share. */
export function itemOf(sight: Sight, seen: SeenReview, now: number): Omit<QueueItem, "score" | "standing"> {
  const { review, facts } = seen;
  const { due, late, escalatedTo: to } = clocksOf(seen, now);
  const claim = claimOf(review, now);
  const own = sight.side === review.agency;
  return {
    review: review.id,
    state: review.state,
    since: formatInstant(review.since),
    class: ruleNamed(facts.rule.is).class,
    rule: facts.rule.is,
    ...(facts.title === undefined ? {} : { title: facts.title.is }),
    kinds: { ...facts.kinds },
    objects: facts.n,
    originator: review.agency,
    sender: review.sender,
    ...(own ? { by: review.account } : {}),
    received: formatInstant(review.received),
    due: {
      ...(due.acknowledge === undefined ? {} : { acknowledge: formatInstant(due.acknowledge) }),
      ...(due.decide === undefined ? {} : { decide: formatInstant(due.decide) }),
    },
    late,
    ...(to === undefined ? {} : { escalatedTo: to }),
    ...(claim === undefined ? {} : { claim: { by: claim.account, until: formatInstant(claim.until) } }),
  };
}

/** Contributions that the page of an item names. */
const MOST_SHOWN = 200;

/** The page of one item. Whom the viewer's agency may not know by name is the poster, or a rule (policy Q49). */
export function replyOf(sight: Sight, seen: SeenReview, contents: Contents, now: number): ReviewReply {
  const { review } = seen;
  const own = sight.side === review.agency;
  const nameOf = (by: string): string => {
    const account = sight.snapshot.accounts.get(by);
    if (account === undefined) return by === review.agency ? by : "standing rule";
    return own || account.agency !== review.agency ? by : account.agency;
  };
  return {
    ...itemOf(sight, seen, now),
    hash: contents.hash,
    contents: contents.rows.slice(0, MOST_SHOWN).map((row) => {
      const { name, value } = objectOf(row);
      const shown = [name, value].find((one): one is string => typeof one === "string");
      return {
        id: row.stixId,
        type: row.kind,
        ...(row.version === undefined ? {} : { version: row.version }),
        ...(shown === undefined ? {} : { name: shown }),
        tlp: sight.admission.lanes.get(row.lane)?.entry.label.tlp ?? "RED",
        ...(contents.replaced.has(row.stixId) ? { replaced: true } : {}),
      };
    }),
    verbs: verbsFrom(review.state),
    history: review.events.map(({ verb, from, to, by, at, reason, words, link }) => ({
      ...{ verb, from, to, by: nameOf(by), at: formatInstant(at) },
      ...(reason === undefined ? {} : { reason }),
      ...(words === undefined ? {} : { words }),
      ...(link === undefined ? {} : { link }),
    })),
  };
}
