import type { ConfirmationReply } from "../../schemas/api/mine.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { isPerson } from "../policy/gates.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Confirmations as ConfirmationsIn } from "../storage/collections.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { ConfirmationDoc } from "../storage/release-documents.ts";
import type { AuditStream } from "./append-audit.ts";
import type { Content } from "./content.ts";
import { rowsOfContribution } from "./relabel-rows.ts";
import type { Sight } from "./sight.ts";

/** A second person confirms within 24 hours (triage 3). */
const DAY = 24 * 3_600_000;
const PAGE = 200;
const MOST_SHOWN = 500;

const noConfirmation = (): Fault => new Fault("not_found", "there is no such confirmation");

/** What one person did at once waits for a second one; call it in the transaction that does it. Nothing is undone for want of it. */
export async function askToConfirm(
  unit: Unit,
  done: Pick<ConfirmationDoc, "what" | "agency" | "object" | "contributions" | "reason" | "by">,
  moment: Moment,
): Promise<ConfirmationDoc> {
  const confirmation: ConfirmationDoc = {
    id: uuid4(moment),
    ...done,
    contributions: [...new Set(done.contributions)].sort(),
    at: moment.now,
    until: moment.now + DAY,
    status: "open",
  };
  await unit.collection(ConfirmationsIn).insert([confirmation]);
  return confirmation;
}

/** `overdue`: a day has gone by and nobody confirmed; what was done stays done. */
export const confirmationState = (
  { status, until }: Pick<ConfirmationDoc, "status" | "until">,
  now: number,
): ConfirmationReply["state"] => (status === "confirmed" ? "confirmed" : now < until ? "open" : "overdue");

/** As it is shown: instants as text, contributions by their number. */
export const confirmationReply = (held: ConfirmationDoc, now: number): ConfirmationReply => ({
  confirmation: held.id,
  what: held.what,
  object: held.object,
  contributions: held.contributions.length,
  reason: held.reason,
  by: held.by,
  at: formatInstant(held.at),
  until: formatInstant(held.until),
  state: confirmationState(held, now),
  ...(held.confirmedBy === undefined ? {} : { confirmedBy: held.confirmedBy }),
  ...(held.confirmedAt === undefined ? {} : { confirmedAt: formatInstant(held.confirmedAt) }),
});

/** The second look at what one person narrowed or withdrew: by another person of the agency who may read it. */
export class Confirmations {
  readonly #parts: { readonly storage: Storage; readonly content: Content; readonly audit: AuditStream };

  constructor(parts: { readonly storage: Storage; readonly content: Content; readonly audit: AuditStream }) {
    this.#parts = parts;
  }

  /** Whether the viewer's side did it, and the viewer may read all that it was done to. */
  async #sees(unit: Unit, sight: Sight, held: ConfirmationDoc): Promise<boolean> {
    if (held.agency !== sight.side) return false;
    for (const contribution of held.contributions) {
      const rows = await rowsOfContribution(unit, contribution);
      if (!rows.some((row) => sight.admission.lanes.has(row.lane))) return false;
    }
    return true;
  }

  /** Those of one's agency, newest first; `open` has the overdue ones too. */
  async list(viewer: Viewer, moment: Moment, asked: ConfirmationReply["state"]): Promise<ConfirmationReply[]> {
    const { storage, content } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    if (sight.side === undefined) return [];
    const status = asked === "confirmed" ? asked : "open";
    const shown: ConfirmationReply[] = [];
    let last: ConfirmationDoc | undefined;
    do {
      const held: ConfirmationDoc[] = await storage.collection(ConfirmationsIn).scan({
        index: "agency",
        prefixes: [[sight.side, status]],
        reverse: true,
        limit: PAGE,
        ...(last === undefined ? {} : { after: { value: last.at, id: last.id } }),
      });
      for (const one of held) {
        const state = confirmationState(one, moment.now);
        if (asked !== "open" && state !== asked) continue;
        if (await this.#sees(storage, sight, one)) shown.push(confirmationReply(one, moment.now));
      }
      last = held.length < PAGE ? undefined : held.at(-1);
    } while (last !== undefined && shown.length < MOST_SHOWN);
    return shown.slice(0, MOST_SHOWN);
  }

  /** Confirms it: another verified human than the one who did it. Late is better than never; twice is a conflict. */
  async confirm(ask: {
    viewer: Viewer;
    account: string;
    moment: Moment;
    confirmation: string;
  }): Promise<ConfirmationReply> {
    const { storage, content, audit } = this.#parts;
    const sight = await content.sight(ask.viewer, ask.moment, "api");
    return storage.transaction(async (unit) => {
      const confirmations = unit.collection(ConfirmationsIn);
      const held = await confirmations.get(ask.confirmation);
      if (held === undefined || !(await this.#sees(unit, sight, held))) throw noConfirmation();
      const [doer, second] = [held.by, ask.account].map((id) => sight.snapshot.accounts.get(id));
      const service = doer !== undefined && !isPerson(doer.role);
      const known = second?.person !== undefined && isPerson(second.role);
      if (!known || held.by === ask.account || (!service && (doer?.person ?? second.person) === second.person))
        throw new Fault("forbidden", "a second person has to confirm it", { code: "confirm.same_person" });
      if (held.status === "confirmed")
        throw new Fault("conflict", "it is confirmed already", { code: "confirm.already", path: "state" });
      const confirmed = {
        ...held,
        status: "confirmed" as const,
        confirmedBy: ask.account,
        confirmedAt: ask.moment.now,
      };
      await confirmations.put(confirmed);
      await audit.append(unit, {
        actor: ask.account,
        revision: sight.snapshot.revision,
        at: sight.snapshot.at,
        what: `content.${held.what}.confirmed`,
        detail: { confirmation: held.id },
      });
      return confirmationReply(confirmed, ask.moment.now);
    });
  }
}
