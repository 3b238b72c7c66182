import type { FeedbackBody, FeedbackReply, GivenFeedback, ReceivedFeedback } from "../../schemas/api/feedback.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Feedback as FeedbackIn } from "../storage/collections.ts";
import type { Stored, Unit } from "../storage/port.ts";
import type { FeedbackDoc } from "../storage/post-documents.ts";
import { nextReceived, type ReceivedState, type ReceivedVerb } from "../triage/received.ts";
import type { AuditStream } from "./append-audit.ts";
import { ownRows } from "./own-rows.ts";
import { notThere, seenUnder } from "./read-one.ts";
import type { Row, Sight } from "./sight.ts";
import { type PolicyParts, underPolicy } from "./under-policy.ts";

const VERBS: Readonly<Record<FeedbackBody["verdict"], ReceivedVerb>> = {
  acknowledge: "acknowledge",
  useful: "useful",
  "not-useful": "not-useful",
  "not useful": "not-useful",
  conflicts: "conflicts",
  "action-taken": "action-taken",
  "action taken": "action-taken",
};

/** One of a receiving agency for one contribution. */
const idOf = (agency: string, contribution: string): string => sha256(`${agency}|${contribution}`).slice(0, 24);

/** Where a verdict leads: who judges has seen it, so that a judgement of what is new acknowledges it too; the same again only changes the words. */
function stateAfter(state: ReceivedState, verb: ReceivedVerb): ReceivedState | undefined {
  if (verb === state || (verb === "acknowledge" && state === "acknowledged")) return state;
  return nextReceived(state === "new" && verb !== "acknowledge" ? "acknowledged" : state, verb);
}

/** What the originator is told: the country, and the agency where it wanted that (triage 1). */
export const receivedView = ({ agency, country, named, state, note, at }: FeedbackDoc): ReceivedFeedback => ({
  country,
  ...(named ? { agency } : {}),
  state,
  ...(note === undefined ? {} : { note }),
  at: formatInstant(at),
});

const givenView = ({ state, note, named, by, at }: FeedbackDoc): GivenFeedback => ({
  state,
  ...(note === undefined ? {} : { note }),
  nameUnit: named,
  by,
  at: formatInstant(at),
});

/** What receivers said of these contributions, oldest first; it stays when what it is about is withdrawn or hidden from them. */
export async function feedbackOn(unit: Unit, contributions: readonly string[]): Promise<ReceivedFeedback[]> {
  const held = await unit.collection(FeedbackIn).find({ index: "contribution", values: contributions });
  return held
    .filter(({ state }) => state !== "new")
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .map(receivedView);
}

interface FeedbackParts extends PolicyParts {
  readonly audit: AuditStream;
}

/** What becomes of a report at those who received it, and back to who sent it. */
export class FeedbackFlow {
  readonly #parts: FeedbackParts;

  constructor(parts: FeedbackParts) {
    this.#parts = parts;
  }

  /**
   * Says what one's own agency makes of an object: of each contribution of others that the caller sees, and so to each of their agencies. 404 for what
   * is hidden or unknown, 403 for what is one's own alone, 409 for a step that there is not (triage 1).
   */
  async give(ask: {
    viewer: Viewer;
    account: string;
    moment: Moment;
    object: string;
    feedback: FeedbackBody;
  }): Promise<FeedbackReply> {
    const { verdict, note, nameUnit } = ask.feedback;
    await underPolicy(this.#parts, ask, "feedback", async (unit, sight) => {
      const received = (await this.#rows(sight, ask.object)).filter((row) => !sight.ownRow(row));
      const { agency, country } = sight.viewer;
      if (received.length === 0 || agency === undefined || country === undefined)
        throw new Fault("forbidden", "it is your own agency's: feedback is for those who receive it", {
          code: "feedback.own",
        });
      const collection = unit.collection(FeedbackIn);
      const ids = new Map(received.map((row) => [idOf(agency, row.contribution), row]));
      const held = new Map((await collection.getMany([...ids.keys()])).map((one) => [one.id, one]));
      let steps = 0;
      for (const [id, { contribution, originator }] of ids) {
        const before: Stored<FeedbackDoc> | undefined = held.get(id);
        const state = stateAfter(before?.state ?? "new", VERBS[verdict]);
        if (state === undefined) continue;
        steps += 1;
        const doc = {
          ...{ id, contribution, agency, country, originator, state },
          ...(note === undefined ? {} : { note }),
          ...{ named: nameUnit === true, by: ask.account, at: ask.moment.now },
        };
        if (before === undefined) await collection.insert([doc]);
        else await collection.put({ ...doc, rev: before.rev });
      }
      if (steps === 0)
        throw new Fault("conflict", `your agency has judged it already: ${verdict} comes before that`, {
          code: "feedback.transition",
          path: "verdict",
        });
      await this.#parts.audit.append(unit, {
        actor: ask.account,
        revision: sight.snapshot.revision,
        at: sight.snapshot.at,
        what: "feedback.given",
        detail: { verdict: VERBS[verdict], contributions: steps, named: nameUnit === true },
      });
    });
    return this.show(ask.viewer, ask.moment, ask.object);
  }

  /** What one's own agency said of an object, and what others said of its own contributions to it, older versions too. */
  async show(viewer: Viewer, moment: Moment, object: string): Promise<FeedbackReply> {
    const sight = await this.#parts.content.sight(viewer, moment, "api");
    return this.#view(sight, await this.#rows(sight, object));
  }

  async #rows(sight: Sight, object: string): Promise<readonly Row[]> {
    const seen = await seenUnder(sight, object);
    if (seen === undefined) throw notThere();
    return seen.rows;
  }

  async #view(sight: Sight, rows: readonly Row[]): Promise<FeedbackReply> {
    const { storage } = this.#parts;
    const side = sight.side;
    const own = (await ownRows(sight, { rows })).map((row) => row.contribution);
    const others = rows.filter((row) => !sight.ownRow(row)).map((row) => row.contribution);
    const given =
      side === undefined
        ? []
        : await storage.collection(FeedbackIn).getMany(others.map((contribution) => idOf(side, contribution)));
    const newest = given.reduce<FeedbackDoc | undefined>((a, b) => (a === undefined || b.at > a.at ? b : a), undefined);
    return {
      ...(newest === undefined ? {} : { given: givenView(newest) }),
      received: await feedbackOn(storage, own),
    };
  }
}
