import type { Label } from "../../schemas/policy/label.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { hasBegun, stillLasts } from "../policy/dated.ts";
import { isPerson } from "../policy/gates.ts";
import { height, tightness } from "../policy/meet.ts";
import { formatInstant } from "../shared/instant.ts";
import { ReviewEntries, Reviews } from "../storage/collections.ts";
import type { AccountDoc, OrderDoc, RowDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import type { ReviewDoc, ReviewEntryDoc, StoredFacts } from "../storage/review-documents.ts";
import { dueOf } from "../triage/classes.ts";
import { type Facts, FactsSum, NOT_REVIEWED, ruleOfAll, type Stated } from "../triage/facts.ts";
import { digestOf, nameOf } from "../triage/item-name.ts";
import { isOpen, STANDING_RULE } from "../triage/quality.ts";
import { isEdge } from "./needed-ends.ts";
import type { RowPlan } from "./plan-rows.ts";
import { objectOf } from "./sight.ts";

/** A contribution that a batch brought: its object, its rows (its own first), and the label they are under. */
export interface Brought {
  readonly object: StixJson;
  readonly rows: readonly RowPlan[];
  readonly label: Label;
}

export interface PostedBatch {
  readonly batch: string;
  readonly poster: AccountDoc & { readonly agency: string };
  readonly country: string;
  readonly channel: string;
  /** ms. */
  readonly received: number;
  /** The instant that gates are judged at, ms. */
  readonly at: number;
  readonly orders: readonly OrderDoc[];
}

/** Where an entry waits: what is open by class and kind of sender, all else by its state. */
export const placeOf = (
  { country, state, sender }: Pick<ReviewDoc, "country" | "state" | "sender">,
  of: ReviewEntryDoc["class"],
): string => (isOpen(state) ? `${country}|open|${of}|${sender}` : `${country}|${state}`);

/** Facts of a lane: of its edges apart, since whether an edge exists hangs on its ends and not on its label alone (design 3, edges). */
export interface LaneFacts {
  readonly facts?: Facts | undefined;
  readonly edges?: Facts | undefined;
}

const stored = ({ n, kinds, rules, title, usd, fresh, confidence, reliability, things }: Facts): StoredFacts => ({
  ...{ n, kinds: { ...kinds }, rules: { ...rules }, fresh: { ...fresh }, confidence, things: [...things] },
  ...(title === undefined ? {} : { title }),
  ...(usd === undefined ? {} : { usd }),
  ...(reliability === undefined ? {} : { reliability }),
});

/** The entry of a review in one lane, from the facts that the lane shows; undefined where it shows none. */
export function entryOf(
  review: Pick<ReviewDoc, "id" | "country" | "state" | "sender" | "clock" | "since">,
  lane: string,
  { facts, edges }: LaneFacts,
  stamps: ReviewEntryDoc["stamps"],
): ReviewEntryDoc | undefined {
  const both = new FactsSum();
  if (facts !== undefined) both.add(facts);
  if (edges !== undefined) both.add(edges);
  const all = both.facts;
  if (all === undefined) return undefined;
  const of = ruleOfAll(all).class;
  const due = dueOf(of, review.clock, review.country);
  return {
    id: `${review.id}|${lane}`,
    review: review.id,
    lane,
    place: placeOf(review, of),
    at: isOpen(review.state) ? due.decide : review.since,
    class: of,
    due,
    stamps,
    ...(facts === undefined ? {} : { facts: stored(facts) }),
    ...(edges === undefined ? {} : { edges: stored(edges) }),
  };
}

const NO_KINDS: readonly string[] = [];

function kindsOfValues(values: readonly string[] | undefined): readonly string[] {
  if (values === undefined) return NO_KINDS;
  const kinds: string[] = [];
  for (const value of values) {
    const kind = value.slice(0, value.indexOf(":"));
    if (!kinds.includes(kind)) kinds.push(kind);
  }
  return kinds;
}

/** A row as the facts are made from it: what its tier shows, and nothing that is cut there. */
export const statedBy = (
  row: Pick<RowDoc, "cut" | "bytes" | "kind" | "values" | "thing" | "fold">,
  object?: StixJson,
): Stated => ({
  object: object !== undefined && row.cut.length === 0 ? object : objectOf(row),
  kind: row.kind,
  valueKinds: kindsOfValues(row.values),
  thing: row.thing,
  shared: row.fold !== "alone",
});

/**
 * The standing order of the agency that lets this label of this account pass without a person: up to GREEN and class U, whatever it says (triage 3). It looks only at what every
 * reader of the label knows of it, since the state is shown to all of them.
 */
function passesByOrder({ poster, at, orders }: PostedBatch, label: Label): OrderDoc | undefined {
  const now = formatInstant(at);
  return orders.find(
    (order) =>
      order.agency === poster.agency &&
      order.accounts.includes(poster.id) &&
      hasBegun(now, order.from) &&
      stillLasts(now, order.until) &&
      tightness(label.tlp) <= Math.min(tightness(order.tlpUpTo), tightness("GREEN")) &&
      height(label.classification) <= height("U") &&
      !label.caveats.some((caveat) => caveat === "LES" || caveat === "FIU"),
  );
}

const GATHERS = new Set(["report", "grouping"]);

interface Part {
  readonly report?: string;
  readonly label: Label;
  readonly posted: string;
  readonly brought: Brought[];
}

/**
 * What belongs together: a person's report with what it lists, else the rest; each label apart. The first report that lists an object gathers it.
 */
function partsOf(brought: readonly Brought[], person: boolean): Part[] {
  const parts = new Map<string, Part>();
  const reportOf = new Map<string, string>();
  for (const { object } of person ? brought : []) {
    if (!GATHERS.has(String(object.type))) continue;
    const report = String(object.id);
    reportOf.set(report, report);
    for (const id of Array.isArray(object.object_refs) ? (object.object_refs as unknown[]) : [])
      if (!reportOf.has(String(id))) reportOf.set(String(id), report);
  }
  let last: Part | undefined;
  for (const one of brought) {
    if (NOT_REVIEWED.has(String(one.object.type))) continue;
    const posted = one.rows[0]?.posted ?? "";
    const report = reportOf.size === 0 ? undefined : reportOf.get(String(one.object.id));
    if (last === undefined || last.posted !== posted || last.report !== report) {
      const key = `${posted}|${report ?? ""}`;
      last = parts.get(key) ?? { ...(report === undefined ? {} : { report }), label: one.label, posted, brought: [] };
      parts.set(key, last);
    }
    last.brought.push(one);
  }
  return [...parts.values()];
}

function reviewOf(part: Part, batch: PostedBatch, many: boolean): ReviewDoc {
  const { poster, country, channel: _, received } = batch;
  const person = isPerson(poster.role);
  const order = person ? undefined : passesByOrder(batch, part.label);
  const { report } = part;
  const members = report === undefined ? {} : { report, members: part.brought.map(({ object }) => String(object.id)) };
  const names = [...new Set([nameOf(batch.batch, report), nameOf(batch.batch, undefined)])];
  const accepted = {
    ...{ verb: "accept" as const, from: "submitted" as const, to: "accepted" as const },
    ...{ by: order?.id ?? "", at: received, reason: STANDING_RULE },
  };
  return {
    id: digestOf(["review", batch.batch, part.posted, report ?? ""]),
    ...{ batch: batch.batch, posted: part.posted, ...members, names, many, country, agency: poster.agency },
    ...{
      sender: person ? ("person" as const) : ("feed" as const),
      account: poster.id,
      received,
      since: received,
      clock: received,
    },
    ...(order === undefined
      ? { state: "submitted" as const, events: [] }
      : { state: "accepted" as const, decided: received, acknowledged: received, events: [accepted] }),
  };
}

interface InLane {
  readonly lane: string;
  readonly sum: FactsSum;
  readonly edges: FactsSum;
  holds: boolean;
}

/**
 * Makes the records of the quality review for what a batch brought, in the batch's transaction: one a label, for each report of a person's post and for the rest.
 * `placed` are its rows where they stand. What people post is submitted; a feed's is P3, and accepted by rule where a standing order covers it (triage 2).
 */
export async function reviewBatch(
  unit: Unit,
  brought: readonly Brought[],
  batch: PostedBatch,
  placed: readonly RowDoc[],
): Promise<void> {
  const reviews: ReviewDoc[] = [];
  const entries: ReviewEntryDoc[] = [];
  // A batch's rows begin at one stamp in every lane, and none has more than there are.
  const first = placed[0]?.stamp ?? 0;
  const stamps: ReviewEntryDoc["stamps"] = [first, first + Math.max(0, placed.length - 1)];
  const parts = partsOf(brought, isPerson(batch.poster.role));
  for (const part of parts) {
    const review = reviewOf(part, batch, parts.length > 1);
    const { sender, received } = review;
    const lanes = new Map<string, InLane>();
    let last: InLane | undefined;
    for (const { object, rows } of part.brought) {
      for (const row of rows) {
        if (last?.lane !== row.lane) {
          last = lanes.get(row.lane) ?? { lane: row.lane, sum: new FactsSum(), edges: new FactsSum(), holds: false };
          lanes.set(row.lane, last);
        }
        (isEdge(row.kind) ? last.edges : last.sum).see(statedBy(row, object), sender, received);
        last.holds ||= row.stixId === review.report;
      }
    }
    reviews.push(review);
    for (const { lane, sum, edges, holds } of lanes.values()) {
      const entry = entryOf(review, lane, { facts: sum.facts, edges: edges.facts }, stamps);
      if (entry !== undefined) entries.push({ ...entry, ...(holds ? { holds: true } : {}) });
    }
  }
  if (reviews.length === 0) return;
  await unit.collection(Reviews).insert(reviews);
  await unit.collection(ReviewEntries).insert(entries);
}
