import type { Label } from "../../schemas/policy/label.ts";
import { isPerson } from "../policy/gates.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { Reviews } from "../storage/collections.ts";
import type { AccountDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { ReviewDoc, ReviewEvent } from "../storage/review-documents.ts";
import {
  isOpen,
  nextQuality,
  type QualityState,
  type QualityVerb,
  transitionOf,
  transitionProblem,
} from "../triage/quality.ts";
import { placeEntries } from "./move-review.ts";
import { seenUnder } from "./read-one.ts";
import type { Sight } from "./sight.ts";
import { type Contents, claimOf, contentsOf, noReview, type SeenItem, seenItem } from "./triage-view.ts";

/** A lease on an item: renewed by whatever its holder does with it (triage 2). */
export const LEASE = 15 * 60_000;

export interface Act {
  readonly review: string;
  readonly verb: QualityVerb;
  readonly reason?: string;
  readonly words?: string;
  readonly hash?: string;
  /** The object that it is a duplicate of, or the item that replaces it. */
  readonly link?: string;
}

const samePerson = (a: Pick<AccountDoc, "id" | "person">, b: Pick<AccountDoc, "id" | "person">): boolean =>
  a.id === b.id || (a.person !== undefined && a.person === b.person);

const crossesBorder = ({ releases, originatorCountry }: Label): boolean =>
  releases.some(
    ({ agreement, countries }) => agreement === "PUBLIC" || countries.some((one) => one !== originatorCountry),
  );

/** For rows that go over a border the author does not review (triage 1, Rules). */
function refuseAuthor(sight: Sight, { lead, parts }: SeenItem): void {
  const [me, author] = [sight.viewer.id, lead.account].map((id) => sight.snapshot.accounts.get(id));
  if (me === undefined || author === undefined || !samePerson(me, author)) return;
  const lanes = parts.flatMap(({ entries }) => entries.map(({ lane }) => lane));
  const labels = lanes.flatMap((lane) => sight.admission.lanes.get(lane)?.entry.label ?? []);
  if (!labels.some(crossesBorder)) return;
  throw new Fault("forbidden", "what goes to another country is reviewed by somebody other than its author", {
    code: "triage.own_post",
  });
}

/** A poster's verbs are for persons of the agency that posted, and for the account itself. */
function refuseStranger(sight: Sight, { lead }: SeenItem): void {
  if (sight.viewer.id === lead.account || (sight.side === lead.agency && isPerson(sight.viewer.role))) return;
  throw new Fault("forbidden", `only ${lead.agency}, which posted it, can do that`, { code: "triage.not_poster" });
}

const taken = ({ account, until }: NonNullable<ReviewDoc["claim"]>): Fault =>
  new Fault("conflict", `taken by ${account} until ${formatInstant(until)}`, { code: "triage.taken" });

const stale = (): Fault =>
  new Fault("conflict", "it has changed since you opened it: read it again", { code: "triage.stale", path: "hash" });

/** What is named has to be there for the reviewer, and be another one. */
async function checkLink(sight: Sight, seen: SeenItem, contents: Contents, { verb, link }: Act): Promise<void> {
  if (link === undefined) return;
  const refuse = (message: string): Fault =>
    new Fault("unprocessable", message, { code: "triage.link", path: verb === "duplicate" ? "of" : "by" });
  if (verb === "duplicate") {
    const other = await seenUnder(sight, link);
    if (other === undefined) throw refuse("there is no such object");
    const own = new Set(contents.rows.map(({ id }) => id));
    if (other.rows.every(({ id }) => own.has(id))) throw refuse("that object is a part of the item itself");
    return;
  }
  if (link === seen.id) throw refuse("an item can't replace itself");
}

/** What one verb does to each part of an item. */
export interface Acted {
  readonly item: string;
  readonly to: QualityState;
  readonly changes: readonly { readonly review: Stored<ReviewDoc>; readonly event: ReviewEvent }[];
}

/**
 * Finds out what one verb does to one item, or why it can't (triage 1): hidden is 404; who may not, 403; what leads nowhere from its state, what somebody else has taken and what has
 * changed since it was opened, 409; a reason or words that don't fit, 400. Reads through `unit`, inside the transaction that applies it.
 */
export async function act(unit: Unit, sight: Sight, ask: Act, now: number): Promise<Acted> {
  const seen = await seenItem(unit, sight, ask.review);
  if (seen === undefined) throw noReview();
  const { actor, decides, hash } = transitionOf(ask.verb);
  if (actor !== "reviewer") refuseStranger(sight, seen);
  const problem = transitionProblem(seen.state, ask.verb, ask);
  if (problem !== undefined) throw new Fault(problem.kind, problem.message, { code: problem.code, path: problem.path });
  if (decides) refuseAuthor(sight, seen);
  const claim = claimOf(seen, sight.viewer.id, now);
  if (actor === "reviewer" && claim !== undefined && claim.account !== sight.viewer.id) throw taken(claim);
  if (hash || ask.link !== undefined) {
    const contents = await contentsOf(unit, sight, seen);
    if (hash && contents.hash !== ask.hash) throw stale();
    await checkLink(sight, seen, contents, ask);
    if (ask.verb === "supersede" && ask.link !== undefined && (await seenItem(unit, sight, ask.link)) === undefined)
      throw new Fault("unprocessable", "there is no such item", { code: "triage.link", path: "by" });
  }
  const changes = seen.parts.flatMap(({ review }) => {
    const to = nextQuality(review.state, ask.verb);
    return to === undefined ? [] : [{ review, event: eventOf(review, ask, to, sight.viewer.id, now) }];
  });
  return { item: seen.id, to: transitionOf(ask.verb).to, changes };
}

const eventOf = (
  review: ReviewDoc,
  { verb, reason, words, hash, link }: Act,
  to: ReviewEvent["to"],
  by: string,
  at: number,
): ReviewEvent => ({
  ...{ verb, from: review.state, to, by, at },
  ...(reason === undefined ? {} : { reason }),
  ...(words === undefined ? {} : { words }),
  ...(hash === undefined ? {} : { hash }),
  ...(link === undefined ? {} : { link }),
});

/** Writes what a verb brought about: compare and set, so that of two at once one wins and the other is told. */
export async function apply(unit: Unit, { changes }: Acted): Promise<void> {
  for (const { review, event } of changes) {
    const { claim, holder, ...rest } = review;
    const { verb, to, at, by } = event;
    const { actor, decides } = transitionOf(verb);
    const again = verb === "claim" && claim?.account === by;
    const keeps = isOpen(to) && actor === "reviewer";
    const next: Stored<ReviewDoc> = {
      ...rest,
      state: to,
      since: to === review.state ? review.since : at,
      clock: verb === "answer" ? at : review.clock,
      ...(actor === "reviewer" ? { acknowledged: review.acknowledged ?? at } : {}),
      ...(decides ? { decided: at } : {}),
      ...(keeps ? { claim: { account: by, until: at + LEASE }, holder: by } : {}),
      // A lease that is renewed is no event.
      events: again ? review.events : [...review.events, event],
    };
    await unit.collection(Reviews).put(next);
    if (next.state !== review.state || next.clock !== review.clock) await placeEntries(unit, next);
  }
}

/** How much of a lease is gone before it is written anew: one write a minute at most, however often its holder looks. */
const WORN = 60_000;

/** Whether this account has the item taken, and its lease is worn. */
export const toRenew = ({ parts }: Pick<SeenItem, "parts">, account: string, now: number): boolean =>
  parts.some(
    ({ review: { claim } }) => claim?.account === account && claim.until > now && claim.until <= now + LEASE - WORN,
  );

/** Renews the lease of who is at work on an item; no step of the review, so that nothing else of it changes (triage 2). */
export async function renew(unit: Unit, sight: Sight, id: string, now: number): Promise<void> {
  const seen = await seenItem(unit, sight, id);
  if (seen === undefined || !toRenew(seen, sight.viewer.id, now)) return;
  for (const { review } of seen.parts)
    if (review.claim?.account === sight.viewer.id && review.claim.until > now)
      await unit.collection(Reviews).put({ ...review, claim: { account: sight.viewer.id, until: now + LEASE } });
}

/** Gives an item back: its holder only. Nothing happens where nobody holds it. */
export async function giveBack(unit: Unit, sight: Sight, id: string, now: number): Promise<void> {
  const seen = await seenItem(unit, sight, id);
  if (seen === undefined) throw noReview();
  const claim = claimOf(seen, sight.viewer.id, now);
  if (claim !== undefined && claim.account !== sight.viewer.id) throw taken(claim);
  for (const { review } of seen.parts) {
    const { claim: held, holder: _, ...rest } = review;
    if (held !== undefined) await unit.collection(Reviews).put(rest);
  }
}
