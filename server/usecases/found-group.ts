import { z } from "zod";
import { LONGEST_ORDER } from "../policy/standing-order.ts";
import { Fault } from "../shared/fault.ts";
import { parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Agencies, AgreementsIn, Orders } from "../storage/collections.ts";
import { AgencyDoc, AgreementDoc, OrderDoc } from "../storage/documents.ts";
import type { Storage } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import { insertPolicies } from "./policy-history.ts";

/** Two persons have signed what a group begins with (triage 3): an order that waits for its second is proposed over HTTP. */
const FoundingOrder = OrderDoc.extend({ approvedBy: z.string(), status: z.literal("signed").optional() })
  .omit({ stopped: true, stoppedBy: true, stopReason: true })
  .strict();

/** The agencies, agreements and standing orders that a working group begins with. */
export const GroupFile = z.strictObject({
  agencies: z.array(AgencyDoc.strict()).default([]),
  agreements: z.array(AgreementDoc.strict()).default([]),
  orders: z.array(FoundingOrder).default([]),
});
export type GroupFile = z.infer<typeof GroupFile>;

const DAY = 86_400_000;
const unknown = (what: string, id: string, path: string): Fault =>
  new Fault("unprocessable", `there is no ${what} ${id}`, { code: `group.unknown_${what}`, path });

/**
 * Adds what is new, all of it or nothing. What is there already is not changed: agreements change under the signatures of triage 3, not from a
 * file. Faults: `conflict` for an id that is taken, `unprocessable` for an order of an agency or agreement that nobody knows.
 */
export async function foundGroup(
  { storage, audit }: { readonly storage: Storage; readonly audit: AuditStream },
  group: GroupFile,
  moment: Moment,
): Promise<void> {
  await storage.transaction(async (unit) => {
    const agencies = new Set(
      [...group.agencies, ...(await unit.collection(Agencies).all({ limit: 10_000 }))].map(({ id }) => id),
    );
    const agreements = new Set([
      "PUBLIC",
      ...[...group.agreements, ...(await unit.collection(AgreementsIn).all({ limit: 10_000 }))].map(({ id }) => id),
    ]);
    for (const [i, order] of group.orders.entries()) {
      if (!agencies.has(order.agency)) throw unknown("agency", order.agency, `orders[${i}].agency`);
      if (order.proposedBy === order.approvedBy)
        throw new Fault("unprocessable", "an order is signed by two persons", {
          code: "group.same_person",
          path: `orders[${i}].approvedBy`,
        });
      const lasts = (parseInstant(order.until)?.ms ?? 0) - (parseInstant(order.from)?.ms ?? 0);
      if (!(lasts > 0 && lasts <= LONGEST_ORDER * DAY))
        throw new Fault("unprocessable", `an order is good for ${LONGEST_ORDER} days at most`, {
          code: "group.order_days",
          path: `orders[${i}].until`,
        });
      const agreement = order.agreements.find((id) => !agreements.has(id));
      if (agreement !== undefined) throw unknown("agreement", agreement, `orders[${i}].agreements`);
    }
    const taken = [
      ...(await unit.collection(Agencies).getMany(group.agencies.map(({ id }) => id))),
      ...(await unit.collection(AgreementsIn).getMany(group.agreements.map(({ id }) => id))),
      ...(await unit.collection(Orders).getMany(group.orders.map(({ id }) => id))),
    ][0];
    if (taken !== undefined)
      throw new Fault("conflict", `${taken.id} is there already, and a file changes nothing that is`, {
        code: "group.exists",
      });
    const at = moment.now;
    const revision = await insertPolicies(unit, [
      ...group.agencies.map((doc) => ({ kind: "agency" as const, doc, at })),
      ...group.agreements.map((doc) => ({ kind: "agreement" as const, doc, at })),
      ...group.orders.map((doc) => ({ kind: "order" as const, doc, at })),
    ]);
    const detail = {
      agencies: group.agencies.length,
      agreements: group.agreements.length,
      orders: group.orders.length,
    };
    await audit.append(unit, { actor: "operator", revision, at: moment.now, what: "group.founded", detail });
  });
}
