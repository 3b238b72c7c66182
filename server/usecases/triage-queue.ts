import type { QueueItem, QueuePage, QueueQuery } from "../../schemas/api/triage.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { seal, unseal } from "../shared/seal.ts";
import { ReviewEntries, Reviews } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { ReviewDoc, ReviewEntryDoc } from "../storage/review-documents.ts";
import { CLASSES, type Class, compareClass, dueOf } from "../triage/classes.ts";
import { ruleOfAll } from "../triage/facts.ts";
import { comparePlaces, inQueueOrder, type Place } from "../triage/order.ts";
import { isOpen } from "../triage/quality.ts";
import { type Score, scoreOf } from "../triage/score.ts";
import type { Sight } from "./sight.ts";
import { itemOf, itemsAt, type SeenItem } from "./triage-view.ts";

/** Of each class, agency and kind of sender this many that are due next are put in order at a time; what comes after them follows. */
const WINDOW = 100;
const MOST_ITEMS = 200;

/** An item with what it needs to be put in order. */
interface Candidate {
  readonly seen: SeenItem;
  readonly id: string;
  readonly class: Class;
  readonly due: number;
  readonly score: number;
  readonly turn: string;
  readonly parts: Score;
}

/** A place in the order of one question: what was ordered when, which window, and the last that was given. */
interface Cursor {
  readonly asked: string;
  readonly at: number;
  readonly window: number;
  readonly last: readonly [standing: string, round: number, due: number, score: number, id: string] | null;
}

function openCursor(key: Uint8Array, asked: string, next: string | undefined): Cursor | undefined {
  if (next === undefined) return undefined;
  const opened = unseal(key, "triage", next) as Cursor | undefined;
  if (opened?.asked === asked) return opened;
  throw new Fault("bad_request", "next is not a cursor of this question: send it with the same filters and account", {
    code: "cursor.invalid",
    path: "next",
  });
}

/** The lanes that this viewer reads of each agency of its country. */
export function homeLanes(sight: Sight): Map<string, string[]> {
  const lanes = new Map<string, string[]>();
  for (const { lane, entry } of sight.admission.lanes.values()) {
    const { originator, originatorCountry } = entry.label;
    if (originatorCountry !== sight.viewer.country) continue;
    const held = lanes.get(originator);
    if (held === undefined) lanes.set(originator, [lane]);
    else held.push(lane);
  }
  return lanes;
}

/** One window of entries under each of these places; tells whether there may be more. */
async function windowOf(
  unit: Unit,
  sight: Sight,
  places: readonly string[],
  { originator, window, reverse }: { originator: string | undefined; window: number; reverse: boolean },
): Promise<{ entries: ReviewEntryDoc[]; more: boolean }> {
  const entries: ReviewEntryDoc[] = [];
  let more = false;
  for (const [agency, lanes] of homeLanes(sight)) {
    if (originator !== undefined && originator !== agency) continue;
    for (const place of places) {
      const prefixes = lanes.map((lane) => [place, lane]);
      const limit = WINDOW * (window + 1);
      const found = await unit.collection(ReviewEntries).scan({ index: "place", prefixes, limit, reverse });
      entries.push(...found.slice(WINDOW * window));
      more ||= found.length === limit;
    }
  }
  return { entries, more };
}

/** The items of these entries, each met once: at the most urgent of its entries, wherever that is. */
export async function itemsHere(unit: Unit, sight: Sight, entries: readonly ReviewEntryDoc[]): Promise<SeenItem[]> {
  const here = new Set(entries.map(({ id }) => id));
  return (await itemsAt(unit, sight, entries)).filter(({ parts }) => {
    const [first] = parts
      .flatMap((part) => part.entries)
      .sort((a, b) => compareClass(a.class, b.class) || a.at - b.at || (a.id < b.id ? -1 : 1));
    return first !== undefined && here.has(first.id);
  });
}

/** Of the things of these items those that the viewer's side could see before each came (triage 2, novelty): over the visible set only. */
async function noveltyOf(sight: Sight, items: readonly SeenItem[]): Promise<Map<SeenItem, number>> {
  const things = items.flatMap(({ facts }) => facts.things.map(({ is }) => is));
  const rows = new Map<string, { batch: string; received: number }[]>();
  for (const { thing, batch, received } of await sight.rowsOfThings(things)) {
    const held = rows.get(thing);
    if (held === undefined) rows.set(thing, [{ batch, received }]);
    else held.push({ batch, received });
  }
  const known = (thing: string, { batch, received }: ReviewDoc): boolean =>
    rows.get(thing)?.some((row) => row.batch !== batch && row.received <= received) === true;
  return new Map(
    items.map((item) => {
      const { things: stated } = item.facts;
      const fresh = stated.filter(({ is }) => !known(is, item.lead)).length;
      return [item, stated.length === 0 ? 0 : fresh / stated.length];
    }),
  );
}

/** What the label adds to the score: rows that wait and topics are its own agency's to know. */
function labelSays(sight: Sight, { parts, lead }: SeenItem): { countries: number; topic: boolean } {
  if (sight.side !== lead.agency) return { countries: 0, topic: false };
  const countries = new Set<string>();
  let topic = false;
  for (const { lane } of parts.flatMap(({ entries }) => entries)) {
    const label = sight.admission.lanes.get(lane)?.entry.label;
    if (label === undefined) continue;
    for (const row of label.releases)
      if (row.status === "off") for (const one of row.countries) if (one !== lead.country) countries.add(one);
    topic ||= label.topics.some((one) => sight.viewer.topics.includes(one) || sight.viewer.topics.includes("*"));
  }
  return { countries: countries.size, topic };
}

async function candidatesOf(sight: Sight, items: readonly SeenItem[], at: number): Promise<Candidate[]> {
  const novelty = await noveltyOf(sight, items);
  return items.map((seen) => {
    const { lead, facts, parts } = seen;
    const score = scoreOf(facts, {
      ...{ now: at, received: lead.received, novelty: novelty.get(seen) ?? 0 },
      ...labelSays(sight, seen),
    });
    return {
      ...{ seen, id: seen.id, class: ruleOfAll(facts).class, parts: score, score: score.total },
      turn: lead.account,
      due: dueOf(ruleOfAll(facts).class, Math.min(...parts.map(({ review }) => review.clock)), lead.country).decide,
    };
  });
}

const keyOf = ({ standing, round, item }: Place<Candidate>): NonNullable<Cursor["last"]> => [
  ...([standing, round, item.due, item.score, item.id] as const),
];

function isAfter(place: Place<Candidate>, last: Cursor["last"]): boolean {
  if (last === null) return true;
  const [standing, round, due, score, id] = last;
  const held = { standing: standing as Candidate["class"], round, due, score, id };
  const byClass = CLASSES.indexOf(place.standing) - CLASSES.indexOf(held.standing);
  if (byClass !== 0) return byClass > 0;
  if (place.round !== held.round) return place.round > held.round;
  if (place.item.due !== held.due) return place.item.due > held.due;
  if (place.item.score !== held.score) return place.item.score < held.score;
  return place.item.id > held.id;
}

/** Whether an item passes the filters that are not in the index. */
const passes = ({ seen }: Candidate, query: QueueQuery): boolean =>
  (query.class === undefined || ruleOfAll(seen.facts).class === query.class) &&
  (query.state === undefined || seen.state === query.state) &&
  (query.originator === undefined || seen.lead.agency === query.originator) &&
  (query.type === undefined || Object.hasOwn(seen.facts.kinds, query.type));

const shownItem = (sight: Sight, { item, standing }: Place<Candidate>, now: number): QueueItem => ({
  ...itemOf(sight, item.seen, now),
  ...(isOpen(item.seen.state) ? { standing, score: { total: item.parts.total, parts: { ...item.parts.parts } } } : {}),
});

/** What does not wait for a reviewer: the latest change first. */
const byTime = (candidates: readonly Candidate[]): Place<Candidate>[] =>
  candidates
    .map((item): Place<Candidate> => {
      const settled = { ...item, due: -item.seen.since, score: 0 };
      return { item: settled, standing: "P3", round: 0 };
    })
    .sort(comparePlaces);

export interface QueueParts {
  readonly unit: Unit;
  readonly sight: Sight;
  readonly cursorKey: Uint8Array;
  readonly now: number;
}

/** What the viewer holds a live lease of: few, and found by who holds it. */
async function heldBy({ unit, sight, now }: QueueParts): Promise<ReviewEntryDoc[]> {
  const held = await unit.collection(Reviews).find({ index: "holder", values: [sight.viewer.id] });
  const mine = held.filter(({ claim }) => claim !== undefined && claim.until > now).map(({ id }) => id);
  return mine.length === 0 ? [] : unit.collection(ReviewEntries).find({ index: "review", values: mine });
}

/**
 * The queue of the viewer's country, as far as the viewer may read what waits (triage 2): what is open in the order of the queue, or what is in another state, the latest
 * change first. A cursor goes on in the order of the instant at which the first page was made: what has been decided since is left out.
 */
export async function readQueue(
  parts: QueueParts,
  query: QueueQuery,
): Promise<{ page: QueuePage; seen: readonly SeenItem[] }> {
  const { unit, sight, cursorKey, now } = parts;
  const { limit: asText, next, ...filters } = query;
  const limit = Math.min(Number(asText ?? "50"), MOST_ITEMS);
  const asked = sha256(JSON.stringify(["queue", sight.viewer.id, filters]));
  const cursor = openCursor(cursorKey, asked, next);
  const at = cursor?.at ?? now;
  const country = sight.viewer.country ?? "";
  const open = query.state === undefined || isOpen(query.state);
  const places = open
    ? CLASSES.flatMap((of) => ["person", "feed"].map((sender) => `${country}|open|${of}|${sender}`))
    : [`${country}|${query.state}`];
  const found: { readonly place: Place<Candidate>; readonly window: number }[] = [];
  // What came after the order was made has no place in it.
  const here = async (entries: readonly ReviewEntryDoc[]): Promise<SeenItem[]> =>
    (await itemsHere(unit, sight, entries)).filter(({ lead }) => lead.received <= at);
  let last = cursor?.last ?? null;
  let window = cursor?.window ?? 0;
  for (let more = true; more && found.length <= limit; window++) {
    const { originator } = query;
    const part =
      query.mine === undefined
        ? await windowOf(unit, sight, places, { originator, window, reverse: !open })
        : { entries: await heldBy(parts), more: false };
    const candidates = await candidatesOf(sight, await here(part.entries), at);
    for (const place of open ? inQueueOrder(candidates, at) : byTime(candidates))
      if (isAfter(place, last) && passes(place.item, query)) found.push({ place, window });
    more = part.more;
    last = null;
  }
  const shown = found.slice(0, limit);
  const end = shown.at(-1);
  const items = shown.map(({ place }) => shownItem(sight, place, now));
  const seen = shown.map(({ place }) => place.item.seen);
  if (found.length <= limit || end === undefined) return { page: { items }, seen };
  const position: Cursor = { asked, at, window: end.window, last: keyOf(end.place) };
  return { page: { items, next: seal(cursorKey, "triage", position) }, seen };
}
