import type { QueueItem, ReviewReply } from "../../schemas/api/triage.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { readerReferences, referencedIds } from "../pipeline/references.ts";
import { isPerson } from "../policy/gates.ts";
import { wireLabel } from "../policy/wire-label.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { compareInstants, formatInstant } from "../shared/instant.ts";
import { Receipts, ReviewEntries, Reviews, Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { ReviewDoc, ReviewEntryDoc, ReviewEvent } from "../storage/review-documents.ts";
import { dueOf, escalatedTo } from "../triage/classes.ts";
import { type Facts, FactsSum, NOT_REVIEWED, ruleOfAll } from "../triage/facts.ts";
import { nameOf } from "../triage/item-name.ts";
import { isOpen, type QualityState, verbsFrom } from "../triage/quality.ts";
import { isEdge } from "./needed-ends.ts";
import { objectOf, type Row, type Sight } from "./sight.ts";

export const noReview = (): Fault => new Fault("not_found", "there is no such item");

/** A record of the review with those of its lanes that the viewer reads. */
export interface Part {
  readonly review: Stored<ReviewDoc>;
  readonly entries: readonly ReviewEntryDoc[];
}

/** One item of the queue as one viewer sees it: the parts that belong together and are in one state, and what their lanes say together. */
export interface SeenItem {
  readonly id: string;
  readonly parts: readonly Part[];
  /** The first of the parts: batch, agency, sender and time of receipt are the same of all. */
  readonly lead: ReviewDoc;
  readonly state: QualityState;
  readonly since: number;
  readonly facts: Facts;
}

/**
 * Whether it is this viewer's country's business at all: quality review is national work (policy Q45), and a machine sees the fate of its own
 * posts only.
 */
const concerns = (viewer: Viewer, review: ReviewDoc): boolean =>
  viewer.country === review.country && (isPerson(viewer.role) || viewer.id === review.account);

const statusOf = ({ state }: ReviewDoc): string => (isOpen(state) ? "open" : state);

function grouped<T>(list: Iterable<T>, key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const held = groups.get(key(one));
    if (held === undefined) groups.set(key(one), [one]);
    else held.push(one);
  }
  return groups;
}

function factsOfEntries(entries: readonly ReviewEntryDoc[], own: boolean): Facts | undefined {
  const sum = new FactsSum();
  for (const { facts, edges } of entries) {
    if (facts !== undefined) sum.add(facts as Facts);
    if (own && edges !== undefined) sum.add(edges as Facts);
  }
  return sum.facts;
}

function itemOfParts(id: string, parts: readonly Part[], own: boolean): SeenItem | undefined {
  const [first, ...rest] = [...parts].sort((a, b) => (a.review.id < b.review.id ? -1 : 1));
  const facts = factsOfEntries(
    parts.flatMap(({ entries }) => entries),
    own,
  );
  if (first === undefined || facts === undefined) return undefined;
  const reviews = [first, ...rest].map(({ review }) => review);
  const state = reviews.find((review) => review.state === "in-triage")?.state ?? first.review.state;
  return {
    id,
    parts: [first, ...rest],
    lead: first.review,
    state,
    since: Math.max(...reviews.map(({ since }) => since)),
    facts,
  };
}

/**
 * The items that a viewer sees of one batch. A report gathers for those who see the report; for others what it lists is among the rest, so that a report that is hidden
 * shows in nothing.
 */
function itemsOfBatch(sight: Sight, parts: readonly Part[]): SeenItem[] {
  const seen = parts
    .filter(({ review }) => concerns(sight.viewer, review))
    .map(({ review, entries }) => ({
      review,
      entries: entries.filter(
        ({ lane, facts }) => sight.admission.lanes.has(lane) && (facts !== undefined || sight.side === review.agency),
      ),
    }))
    .filter(({ entries }) => entries.length > 0);
  const reports = new Set(
    seen.flatMap(({ review, entries }) => (entries.some(({ holds }) => holds === true) ? [review.report] : [])),
  );
  const named = ({ review }: Part): string =>
    (reports.has(review.report) ? review.names[0] : review.names.at(-1)) ?? review.id;
  return [...grouped(seen, (part) => `${named(part)}|${statusOf(part.review)}`).values()].flatMap((list) => {
    const [first] = list;
    return first === undefined ? [] : (itemOfParts(named(first), list, sight.side === first.review.agency) ?? []);
  });
}

/** The items that a viewer sees of these records and of all that came with them. */
async function itemsOfReviews(
  unit: Unit,
  sight: Sight,
  reviews: readonly Stored<ReviewDoc>[],
  known: readonly ReviewEntryDoc[] = [],
): Promise<SeenItem[]> {
  const many = [...new Set(reviews.filter((review) => review.many).map(({ batch }) => batch))];
  const others =
    many.length === 0
      ? []
      : await unit.collection(Reviews).find({ index: "names", values: many.map((batch) => nameOf(batch, undefined)) });
  const all = new Map([...reviews, ...others].map((review) => [review.id, review]));
  // A record that stands alone and was never parted has one lane for a viewer: what is known of it is all there is.
  const whole = new Map(known.filter(({ split }) => split !== true).map((entry) => [entry.review, entry]));
  const unread = [...all.values()].filter(({ id, many: beside }) => beside || !whole.has(id)).map(({ id }) => id);
  const read =
    unread.length === 0 ? [] : await unit.collection(ReviewEntries).find({ index: "review", values: unread });
  const asked = new Set(unread);
  const entries = grouped(
    [...read, ...[...whole.values()].filter(({ review }) => !asked.has(review))],
    ({ review }) => review,
  );
  const parts = [...all.values()].map((review) => ({ review, entries: entries.get(review.id) ?? [] }));
  return [...grouped(parts, ({ review }) => review.batch).values()].flatMap((list) => itemsOfBatch(sight, list));
}

/** The items that a viewer sees of what these entries are of. */
export async function itemsAt(unit: Unit, sight: Sight, entries: readonly ReviewEntryDoc[]): Promise<SeenItem[]> {
  const ids = [...new Set(entries.map(({ review }) => review))];
  return ids.length === 0 ? [] : itemsOfReviews(unit, sight, await unit.collection(Reviews).getMany(ids), entries);
}

/** All that a viewer sees of the batch of one record, in one order. */
export async function itemsBeside(unit: Unit, sight: Sight, review: Stored<ReviewDoc>): Promise<SeenItem[]> {
  return (await itemsOfReviews(unit, sight, [review])).sort((a, b) =>
    a.id < b.id ? -1 : a.id > b.id ? 1 : b.since - a.since,
  );
}

/**
 * The item of this name; undefined where the viewer may read nothing of it, as if it were not there. Where somebody who sees less has decided about a part of it, what is still
 * open is meant.
 */
export async function seenItem(unit: Unit, sight: Sight, id: string): Promise<SeenItem | undefined> {
  const reviews = await unit.collection(Reviews).find({ index: "names", values: [id] });
  if (reviews.length === 0) return undefined;
  const items = (await itemsOfReviews(unit, sight, reviews)).filter((item) => item.id === id);
  const rank = ({ state }: SeenItem): number => (isOpen(state) ? 0 : state === "needs-info" ? 1 : 2);
  return items.sort((a, b) => rank(a) - rank(b) || b.since - a.since)[0];
}

/** STIX ids of what belongs to a review: the report's, or what the batch's receipt names. */
async function memberIds(unit: Unit, review: ReviewDoc): Promise<string[]> {
  if (review.members !== undefined) return review.members;
  const receipt = await unit.collection(Receipts).get(review.batch);
  if (receipt === undefined) return [];
  const results = JSON.parse(Buffer.from(receipt.results).toString("utf8")) as { id?: string; outcome: string }[];
  const others = (
    await unit.collection(Reviews).find({ index: "names", values: [nameOf(review.batch, undefined)] })
  ).filter(({ posted, members }) => posted === review.posted && members !== undefined);
  const gathered = new Set(others.flatMap(({ members }) => members ?? []));
  return [
    ...new Set(
      results.flatMap(({ id, outcome }) =>
        id === undefined || outcome === "rejected" || gathered.has(id) ? [] : [id],
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

/** What each row says to this viewer: what it names and is hidden counts for its own agency only. */
async function wordsShown(sight: Sight, rows: readonly Row[]): Promise<(row: Row) => string> {
  const others = rows.filter((row) => !sight.ownRow(row));
  if (others.length === 0) return ({ hash }) => hash;
  const objects = new Map(others.map((row) => [row.id, objectOf(row)]));
  await sight.resolve([...objects.values()].flatMap(referencedIds));
  return (row) => {
    const object = objects.get(row.id);
    if (object === undefined) return row.hash;
    const sharesCount = sight.admission.lanes.get(row.lane)?.entry.label.countShareable === true;
    return sha256(JSON.stringify(readerReferences(object, (id) => sight.shownAs(id), false, "", sharesCount)));
  };
}

/** The contributions of an item, read where `unit` reads: inside a transaction they are those that a decision is about. */
export async function contentsOf(unit: Unit, sight: Sight, item: SeenItem): Promise<Contents> {
  const ids = new Set<string>();
  for (const { review } of item.parts) for (const id of await memberIds(unit, review)) ids.add(id);
  const { agency, batch, clock } = item.lead;
  const posted = new Set(item.parts.map(({ review }) => review.posted));
  const own = sight.side === agency;
  const visible = (await unit.collection(Rows).find({ index: "stix", values: [...ids] })).filter(
    (row) =>
      row.originator === agency &&
      sight.admission.lanes.has(row.lane) &&
      !NOT_REVIEWED.has(row.kind) &&
      (own || !isEdge(row.kind)),
  );
  const rows = visible
    .filter((row) => row.batch === batch && posted.has(row.posted))
    .sort((a, b) => (a.stixId < b.stixId ? -1 : a.stixId > b.stixId ? 1 : a.id < b.id ? -1 : 1));
  const versions = new Map(rows.flatMap(({ stixId, version }) => (version === undefined ? [] : [[stixId, version]])));
  const later = visible.filter((row) => {
    const version = versions.get(row.stixId);
    return version !== undefined && row.version !== undefined && compareInstants(row.version, version) > 0;
  });
  const shown = await wordsShown(sight, [...rows, ...later]);
  const known = [...rows, ...later].map((row) => {
    const lane = sight.admission.lanes.get(row.lane);
    return [shown(row), lane === undefined ? "" : labelKnown(sight, row, lane.entry.label, lane.cut)];
  });
  // To take it up changes nothing that is decided about.
  const state = isOpen(item.state) ? ["open", clock] : [item.state, item.since];
  const text = JSON.stringify([item.id, ...state, known.map((one) => JSON.stringify(one)).sort()]);
  return { rows, replaced: new Set(later.map(({ stixId }) => stixId)), hash: sha256(text) };
}

export interface Clocks {
  readonly due: { readonly acknowledge?: number; readonly decide?: number };
  readonly late: { readonly acknowledge: boolean; readonly decide: boolean };
  readonly escalatedTo?: string;
}

/** Where the clocks of an item stand: while the poster is asked, and once it is decided, none runs. */
export function clocksOf({ parts, lead, facts, state, since }: SeenItem, now: number): Clocks {
  const { class: of } = ruleOfAll(facts);
  const reviews = parts.map(({ review }) => review);
  const clock = Math.min(...reviews.map((review) => review.clock));
  const { acknowledge, decide } = dueOf(of, clock, lead.country);
  const waiting = isOpen(state);
  const takenUp = reviews.map(({ acknowledged }) => acknowledged ?? (waiting ? Number.POSITIVE_INFINITY : since));
  const acknowledged = Math.max(...takenUp);
  const first = acknowledge === undefined || clock !== lead.received ? undefined : acknowledge;
  const decided = Math.max(...reviews.map((review) => review.decided ?? Number.NEGATIVE_INFINITY));
  const late = {
    acknowledge: first !== undefined && Math.min(acknowledged, Math.max(now, since)) > first,
    decide: (waiting ? now : decided) > decide,
  };
  const to = waiting ? escalatedTo(of, late) : undefined;
  return {
    due: waiting
      ? { ...(first === undefined || acknowledged !== Number.POSITIVE_INFINITY ? {} : { acknowledge: first }), decide }
      : {},
    late,
    ...(to === undefined ? {} : { escalatedTo: to }),
  };
}

const live = ({ claim }: ReviewDoc, now: number): ReviewDoc["claim"] =>
  claim !== undefined && claim.until > now ? claim : undefined;

/** The live lease on any part of an item: somebody else's first. */
export function claimOf({ parts }: Pick<SeenItem, "parts">, viewer: string, now: number): ReviewDoc["claim"] {
  const claims = parts.flatMap(({ review }) => live(review, now) ?? []);
  return claims.find(({ account }) => account !== viewer) ?? claims[0];
}

/** What lists and the page of one item share. */
export function itemOf(sight: Sight, seen: SeenItem, now: number): Omit<QueueItem, "score" | "standing"> {
  const { lead, facts } = seen;
  const { due, late, escalatedTo: to } = clocksOf(seen, now);
  const claim = claimOf(seen, sight.viewer.id, now);
  const own = sight.side === lead.agency;
  return {
    review: seen.id,
    state: seen.state,
    since: formatInstant(seen.since),
    class: ruleOfAll(facts).class,
    rule: ruleOfAll(facts).id,
    ...(facts.title === undefined ? {} : { title: facts.title.is }),
    kinds: Object.fromEntries(Object.entries(facts.kinds).sort(([a], [b]) => (a < b ? -1 : 1))),
    objects: facts.n,
    originator: lead.agency,
    sender: lead.sender,
    ...(own ? { by: lead.account } : {}),
    received: formatInstant(lead.received),
    due: {
      ...(due.acknowledge === undefined ? {} : { acknowledge: formatInstant(due.acknowledge) }),
      ...(due.decide === undefined ? {} : { decide: formatInstant(due.decide) }),
    },
    late,
    ...(to === undefined ? {} : { escalatedTo: to }),
    ...(claim === undefined ? {} : { claim: { by: claim.account, until: formatInstant(claim.until) } }),
  };
}

/** What was done with the parts of an item, each thing once, in time. */
function eventsOf({ parts }: SeenItem): ReviewEvent[] {
  const events = new Map<string, ReviewEvent>();
  for (const { review } of parts)
    for (const event of review.events) events.set(JSON.stringify([event.verb, event.by, event.at]), event);
  return [...events.values()].sort((a, b) => a.at - b.at);
}

/** Contributions that the page of an item names. */
const MOST_SHOWN = 200;

/** The page of one item. Whom the viewer's agency may not know by name is the poster, or a rule (policy Q49). */
export function replyOf(sight: Sight, seen: SeenItem, contents: Contents, now: number): ReviewReply {
  const { agency } = seen.lead;
  const own = sight.side === agency;
  const nameOf = (by: string): string => {
    const account = sight.snapshot.accounts.get(by);
    if (account === undefined) return by === agency ? by : "standing rule";
    return own || account.agency !== agency ? by : account.agency;
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
    verbs: verbsFrom(seen.state),
    history: eventsOf(seen).map(({ verb, from, to, by, at, reason, words, link }) => ({
      ...{ verb, from, to, by: nameOf(by), at: formatInstant(at) },
      ...(reason === undefined ? {} : { reason }),
      ...(words === undefined ? {} : { words }),
      ...(link === undefined ? {} : { link }),
    })),
  };
}
