import type { TicketReply } from "../../../schemas/api/deconfliction.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { recognise } from "../../pipeline/canonicalise/value.ts";
import { keyedValue } from "../../pipeline/index-terms.ts";
import { thingsOfValue } from "../../pipeline/key.ts";
import { valueTerm } from "../../pipeline/steps.ts";
import { DECONFLICTION, NO_CONTACT } from "../../policy/deconfliction.ts";
import { keyed, sha256 } from "../../shared/digest.ts";
import { Fault } from "../../shared/fault.ts";
import { formatInstant } from "../../shared/instant.ts";
import { type Moment, uuid4 } from "../../shared/moment.ts";
import { DeconflictionAnswers, DeconflictionTickets } from "../../storage/collections.ts";
import type { DeconflictionAnswerDoc, DeconflictionTicketDoc } from "../../storage/deconfliction-documents.ts";
import type { Unit } from "../../storage/port.ts";
import { openPlace, type Place, sealPlace } from "../release-own.ts";
import type { ReleaseParts, Who } from "../release-parts.ts";
import type { Sight } from "../sight.ts";
import type { Snapshot } from "../snapshot.ts";
import { underPolicy } from "../under-policy.ts";
import { type Held, holdingsOf, openAbout, sealAbout, type Where } from "./holdings.ts";

export type DeconflictionParts = Pick<
  ReleaseParts,
  "storage" | "content" | "snapshots" | "audit" | "secrets" | "cursorKey"
>;

const DAY = 86_400_000;
/** Tickets read in one go. */
const READ = 100;

const wrong = (code: string, path: string, message: string): Fault =>
  new Fault("unprocessable", message, { code: `deconfliction.${code}`, path });
const noTicket = (): Fault => new Fault("not_found", "there is no such ticket");

/** The agency whose side the viewer is on; `Fault("forbidden")` for whom none is. */
export function sideOf({ side }: Sight): string {
  if (side === undefined)
    throw new Fault("forbidden", "only an account of an agency asks and is asked", { code: "forbidden.no_agency" });
  return side;
}

/** Whom the other side is told to talk to. */
export const contactOf = (
  agency: string,
  account: string,
  { accounts }: Snapshot,
): { agency: string; name: string } => ({
  agency,
  name: accounts.get(account)?.name ?? account,
});

/**
 * Deconfliction, the asker's side (policy 8). Asking matches nothing: it looks at what the asker's own agency holds and writes a ticket. Whether anybody else holds
 * the value is found when that one looks, so that the same is done and said whether or not somebody does.
 */
export class Deconfliction {
  readonly #parts: DeconflictionParts;

  constructor(parts: DeconflictionParts) {
    this.#parts = parts;
  }

  /**
   * A ticket that ends at a fixed time. 422 for what the caller's own side tells: no value, a topic that is not the caller's, a value that its agency has said
   * nothing of as far as the caller sees. 429 past the agency's asks of the day. The same again while one's ticket is open is that ticket.
   */
  ask(ask: Who & { readonly value: string; readonly topic: string }): Promise<TicketReply> {
    const { audit } = this.#parts;
    return underPolicy(this.#parts, ask, "deconfliction", async (unit, sight) => {
      const { viewer, snapshot } = sight;
      const agency = sideOf(sight);
      if (!viewer.topics.includes("*") && !viewer.topics.includes(ask.topic))
        throw wrong("topic", "topic", `${ask.topic} is none of your topics`);
      const { asks, where, held } = await this.#held(sight, agency, ask.value);
      const tickets = unit.collection(DeconflictionTickets);
      const before = await tickets.scan({
        index: "asks",
        prefixes: [[asks]],
        from: ask.moment.now - DECONFLICTION.again,
        reverse: true,
        limit: 1000,
      });
      const open = before.find(({ account, ends }) => account === ask.account && snapshot.at < ends);
      const lead = before.find((one) => one.lead === undefined);
      const id = uuid4(ask.moment);
      const ticket: DeconflictionTicketDoc = open ?? {
        ...{ id, agency, account: ask.account, topic: ask.topic, asks },
        ...{ at: ask.moment.now, ends: ask.moment.now + DECONFLICTION.lasts },
        ...(lead === undefined ? {} : { lead: lead.id }),
        about: sealAbout(this.#parts.cursorKey, id, where, held),
      };
      if (open === undefined) {
        await this.#bounded(unit, agency, ask.moment.now);
        await tickets.insert([ticket]);
      }
      const detail = { ticket: ticket.id, topic: ask.topic };
      const { revision, at } = snapshot;
      await audit.append(unit, { actor: ask.account, revision, at, what: "deconfliction.asked", detail });
      const [view] = await this.#views(unit, sight, [ticket]);
      if (view === undefined) throw noTicket();
      return view;
    });
  }

  /** What of the text's meanings the caller's agency holds, and the hash that bounds its asks. */
  async #held(sight: Sight, agency: string, value: string): Promise<{ asks: string; where: Where; held: Held[] }> {
    const { namespace, index, digest } = this.#parts.secrets;
    const meanings = recognise(value).map((meaning) => ({
      term: valueTerm(meaning),
      where: { things: thingsOfValue(meaning, namespace), terms: [keyedValue(index, valueTerm(meaning))] },
    }));
    if (meanings.length === 0) throw wrong("value", "value", "that is no value of a kind that is known here");
    const holdings = await holdingsOf(
      sight,
      meanings.map(({ where }) => where),
    );
    const known = meanings.filter((_, n) => (holdings[n]?.held.length ?? 0) > 0);
    if (known.length === 0)
      throw wrong("not_held", "value", "only who holds a contribution of it asks: your agency has none that you see");
    const terms = known.map(({ term }) => term).sort();
    return {
      asks: keyed(digest, `deconfliction|${JSON.stringify([agency, terms])}`),
      where: {
        things: known.flatMap(({ where }) => where.things),
        terms: known.flatMap(({ where }) => where.terms),
      },
      held: holdings.flatMap(({ held }) => held),
    };
  }

  /** Judged by the agency's own asks alone. */
  async #bounded(unit: Unit, agency: string, now: number): Promise<void> {
    const today = Math.floor(now / DAY) * DAY;
    const asked = await unit
      .collection(DeconflictionTickets)
      .count({ index: "agency", prefixes: [[agency]], from: today });
    if (asked >= DECONFLICTION.aDay)
      throw new Fault("too_many_requests", `an agency asks ${DECONFLICTION.aDay} times a day at most`, {
        code: "deconfliction.day",
        retryAfter: Math.ceil((today + DAY - now) / 1000),
      });
  }

  /**
   * Tickets as the viewer may see them: one's own, and a colleague's where one sees what the agency holds now and is admitted to all that the colleague held
   * when asking: else it would tell of that (policy 7, "the tightest label of the evidence").
   */
  async #views(unit: Unit, sight: Sight, tickets: readonly DeconflictionTicketDoc[]): Promise<TicketReply[]> {
    const { viewer, snapshot, side } = sight;
    const mine = tickets
      .filter(({ agency }) => agency === side)
      .map((ticket) => ({ ticket, about: openAbout(this.#parts.cursorKey, ticket) }));
    const answers = await unit
      .collection(DeconflictionAnswers)
      .find({ index: "ticket", values: [...new Set(mine.map(({ ticket: { id, lead } }) => lead ?? id))] });
    const holdings = await holdingsOf(
      sight,
      mine.map(({ about }) => about),
    );
    const admitted = new Set([...sight.admission.lanes.values()].map(({ entry }) => entry.id));
    return mine.flatMap(({ ticket, about: { labels } }, n) => {
      const holding = holdings[n];
      if (holding === undefined) return [];
      const shared = holding.held.length > 0 && labels?.every((label) => admitted.has(label)) === true;
      if (ticket.account !== viewer.id && !shared) return [];
      const agreed = answers.filter((one) => one.ticket === (ticket.lead ?? ticket.id) && one.answer === "consent");
      return replyOf(ticket, agreed, holding.objectsOf(holding.held), snapshot);
    });
  }

  /** A page of the agency's tickets, newest first; `limit` is of what is shown. */
  async list(
    viewer: Viewer,
    moment: Moment,
    { limit, next }: { readonly limit: number; readonly next?: string | undefined },
  ): Promise<{ tickets: TicketReply[]; next?: string }> {
    const { storage, content, cursorKey } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const agency = sideOf(sight);
    const asked = sha256(JSON.stringify(["deconfliction", viewer.id, agency]));
    const shown: TicketReply[] = [];
    let after = openPlace(cursorKey, asked, next);
    let last: Place | undefined;
    for (;;) {
      const held = await storage.collection(DeconflictionTickets).scan({
        ...{ index: "agency", prefixes: [[agency]], reverse: true, limit: READ },
        ...(after === undefined ? {} : { after }),
      });
      const views = new Map((await this.#views(storage, sight, held)).map((view) => [view.ticket, view]));
      for (const { id, at } of held) {
        after = { value: at, id };
        const view = views.get(id);
        if (view === undefined) continue;
        if (shown.length === limit && last !== undefined)
          return { tickets: shown, next: sealPlace(cursorKey, asked, last) };
        shown.push(view);
        last = after;
      }
      if (held.length < READ) return { tickets: shown };
    }
  }

  /** One ticket of the agency; 404 for what is hidden or unknown. */
  async show(viewer: Viewer, moment: Moment, id: string): Promise<TicketReply> {
    const { storage, content } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const held = await storage.collection(DeconflictionTickets).get(id);
    const [view] = held === undefined ? [] : await this.#views(storage, sight, [held]);
    if (view === undefined) throw noTicket();
    return view;
  }
}

function replyOf(
  { id, topic, account, at, ends }: DeconflictionTicketDoc,
  agreed: readonly DeconflictionAnswerDoc[],
  objects: string[],
  snapshot: Snapshot,
): TicketReply {
  const contacts = agreed
    .map(({ agency, by }) => contactOf(agency, by, snapshot))
    .sort((a, b) => (a.agency < b.agency ? -1 : 1));
  return {
    ...{ ticket: id, topic, objects, askedBy: account, askedAt: formatInstant(at), endsAt: formatInstant(ends) },
    outcome: contacts.length > 0 ? "contact" : snapshot.at < ends ? "waiting" : NO_CONTACT,
    ...(contacts.length > 0 ? { contacts } : {}),
  };
}
