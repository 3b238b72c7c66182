import type { AskedReply } from "../../../schemas/api/deconfliction.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { DECONFLICTION, NO_CONTACT, QUESTION, withinConsent } from "../../policy/deconfliction.ts";
import { keyed } from "../../shared/digest.ts";
import { Fault } from "../../shared/fault.ts";
import { formatInstant } from "../../shared/instant.ts";
import type { Moment } from "../../shared/moment.ts";
import { DeconflictionAnswers, DeconflictionTickets } from "../../storage/collections.ts";
import type { DeconflictionAnswerDoc, DeconflictionTicketDoc } from "../../storage/deconfliction-documents.ts";
import type { Unit } from "../../storage/port.ts";
import type { Who } from "../release-parts.ts";
import type { Sight } from "../sight.ts";
import { underPolicy } from "../under-policy.ts";
import { contactOf, type DeconflictionParts, sideOf } from "./ask.ts";
import { holdingsOf, openAbout } from "./holdings.ts";

/** How long an ask stands in the list after its end, ms. */
const KEPT = 7 * 86_400_000;
const READ = 500;

const noAsk = (): Fault => new Fault("not_found", "there is no such ask");

/** An ask as one who is asked sees it, and what it is about. */
interface Asked {
  readonly reply: AskedReply;
  readonly ticket: DeconflictionTicketDoc;
  readonly answer: DeconflictionAnswerDoc | undefined;
}

/** Tickets that others are asked under, from this instant (ms) on, oldest first. */
async function* leadsSince(unit: Unit, from: number): AsyncGenerator<DeconflictionTicketDoc[]> {
  let after: { value: number; id: string } | undefined;
  for (;;) {
    const page = await unit.collection(DeconflictionTickets).scan({
      ...{ index: "at", prefixes: [[]], from, limit: READ },
      ...(after === undefined ? {} : { after }),
    });
    yield page.filter(({ lead }) => lead === undefined);
    const last = page.at(-1);
    if (last === undefined || page.length < READ) return;
    after = { value: last.at, id: last.id };
  }
}

/**
 * Deconfliction, the side that is asked (policy 8): the releasers of an agency are its points of contact. Each is asked about what he sees of his own agency's now, and
 * that was there when the ask was made, so that nobody tries values to find who asks about them.
 */
export class AskedContacts {
  readonly #parts: DeconflictionParts;

  constructor(parts: DeconflictionParts) {
    this.#parts = parts;
  }

  /** What the caller's agency is asked and was lately, oldest first. */
  async list(viewer: Viewer, moment: Moment): Promise<AskedReply[]> {
    const sight = await this.#parts.content.sight(viewer, moment, "api");
    return (await this.#asked(this.#parts.storage, sight)).map(({ reply }) => reply);
  }

  /** Whether the agency and its point of contact, the caller, are named to who asks, who is then named to them. Answered once, before its end: else 409. */
  answer(ask: Who & { readonly ask: string; readonly answer: "consent" | "decline" }): Promise<AskedReply> {
    return underPolicy(this.#parts, ask, "deconfliction", async (unit, sight) => {
      const { snapshot } = sight;
      const agency = sideOf(sight);
      const found = (await this.#asked(unit, sight)).find(({ reply }) => reply.ask === ask.ask);
      if (found === undefined) throw noAsk();
      if (found.answer !== undefined)
        throw new Fault("conflict", "your agency has answered it", { code: "deconfliction.answered", path: "ask" });
      if (snapshot.at >= found.ticket.ends)
        throw new Fault("conflict", "its time is over", { code: "deconfliction.over", path: "ask" });
      const answer: DeconflictionAnswerDoc = {
        ...{ id: ask.ask, ticket: found.ticket.id, agency, by: ask.account, answer: ask.answer, at: ask.moment.now },
      };
      await unit.collection(DeconflictionAnswers).insert([answer]);
      await this.#parts.audit.append(unit, {
        ...{ actor: ask.account, revision: snapshot.revision, at: snapshot.at },
        what: ask.answer === "consent" ? "deconfliction.consented" : "deconfliction.declined",
        detail: { ask: ask.ask },
      });
      return this.#replyOf(sight, found.ticket, answer, found.reply.objects);
    });
  }

  /** Of no use to who knows the ticket: two who are asked, or one of them and the asker, can't tell by it that it is the same. */
  #idOf(ticket: string, agency: string): string {
    return keyed(this.#parts.secrets.digest, `deconfliction-ask|${ticket}|${agency}`);
  }

  async #asked(unit: Unit, sight: Sight): Promise<Asked[]> {
    const { snapshot, viewer } = sight;
    const agency = sideOf(sight);
    const world = { agreements: snapshot.agreements, at: formatInstant(snapshot.at) };
    const asked: Asked[] = [];
    for await (const page of leadsSince(unit, snapshot.at - DECONFLICTION.lasts - KEPT)) {
      const tickets = page.filter((ticket) => ticket.agency !== agency);
      const ids = tickets.map(({ id }) => this.#idOf(id, agency));
      const answers = new Map(
        (await unit.collection(DeconflictionAnswers).getMany(ids)).map((one) => [one.ticket, one]),
      );
      const holdings = await holdingsOf(
        sight,
        tickets.map((ticket) => openAbout(this.#parts.cursorKey, ticket)),
      );
      for (const [n, ticket] of tickets.entries()) {
        const [holding, answer] = [holdings[n], answers.get(ticket.id)];
        const asker = snapshot.agencies.get(ticket.agency);
        if (holding === undefined || asker === undefined || asker.off !== undefined) continue;
        const held = holding.since > ticket.at ? [] : holding.held;
        const told = held.filter(({ label }) => withinConsent(label, asker.country, world));
        // Who answered still sees whom he is in touch with when what it was about is gone.
        if (told.length === 0 && answer?.by !== viewer.id) continue;
        const reply = this.#replyOf(sight, ticket, answer, holding.objectsOf(told));
        asked.push({ reply, ticket, answer });
      }
    }
    return asked;
  }

  #replyOf(
    sight: Sight,
    ticket: DeconflictionTicketDoc,
    answer: DeconflictionAnswerDoc | undefined,
    objects: string[],
  ): AskedReply {
    const { snapshot } = sight;
    const { id, agency, account, ends } = ticket;
    const open = snapshot.at < ends;
    const said = answer?.answer;
    const outcome = said === "consent" ? "contact" : !open ? NO_CONTACT : said === "decline" ? "declined" : "waiting";
    return {
      ...{ ask: this.#idOf(id, sideOf(sight)), question: QUESTION, objects, endsAt: formatInstant(ends), outcome },
      ...(said === "consent" ? { contact: contactOf(agency, account, snapshot) } : {}),
    };
  }
}
