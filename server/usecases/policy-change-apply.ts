import { stillLasts } from "../policy/dated.ts";
import { formatInstant } from "../shared/instant.ts";
import { Accounts, ApiKeys, PolicyChanges as ChangesIn, Orders, Promotions } from "../storage/collections.ts";
import type { AgencyDoc, PolicyChangeDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { inForce } from "./in-force.ts";
import type { Resolved } from "./policy-change-terms.ts";
import { insertPolicy, putPolicy } from "./policy-history.ts";
import { readRevision } from "./policy-revision.ts";
import { revokeSessionsOf } from "./sessions.ts";
import { stopOrder } from "./standing-orders.ts";

/** Ends what an account signs in with. */
async function signOut(unit: Unit, account: string, at: number, keys: boolean): Promise<void> {
  await revokeSessionsOf(unit, account, at);
  if (!keys) return;
  const held = await unit.collection(ApiKeys).find({ index: "account", values: [account] });
  await unit.collection(ApiKeys).remove(held.map(({ id }) => id));
}

/** The change that turned an agency off last. */
async function lastOff(unit: Unit, agency: string): Promise<PolicyChangeDoc | undefined> {
  const changes = unit.collection(ChangesIn);
  for (let after: { value: number; id: string } | undefined; ; ) {
    const page = await changes.scan({
      index: "of",
      prefixes: [["agency", agency]],
      reverse: true,
      limit: 100,
      ...(after === undefined ? {} : { after }),
    });
    const found = page.find(({ ended }) => ended !== undefined);
    const last = page.at(-1);
    if (found !== undefined || last === undefined) return found;
    after = { value: last.at, id: last.id };
  }
}

/** Accounts that ended with their agency and have not been changed since are as they were; sessions and keys stay gone. */
async function putBack(unit: Unit, agency: string, off: string, at: number): Promise<void> {
  for (const { id, until } of (await lastOff(unit, agency))?.ended ?? []) {
    const held = await unit.collection(Accounts).get(id);
    if (held === undefined || held.agency !== agency || held.until !== off) continue;
    const { until: _, ...rest } = held;
    await putPolicy(unit, { kind: "account", doc: { ...rest, ...(until === undefined ? {} : { until }) }, at });
  }
}

/** Does what was resolved, in the caller's transaction. Gives the revision that the policy has then. */
export async function applyChange(unit: Unit, now: Resolved, at: number): Promise<number> {
  switch (now.kind) {
    case "agreement":
      return putPolicy(unit, { kind: "agreement", doc: now.after, at });
    case "agency": {
      if (now.before === undefined) return insertPolicy(unit, { kind: "agency", doc: now.after, at });
      const { off } = now.before;
      if (off !== undefined && now.after.off === undefined) await putBack(unit, now.after.id, off, at);
      return putPolicy(unit, { kind: "agency", doc: { ...now.after, rev: now.before.rev }, at });
    }
    case "quarantine":
      return putPolicy(unit, { kind: "quarantine", doc: { ...now.before, lifted: at, swept: false }, at });
    case "account": {
      if (now.after.agency !== now.before.agency) {
        await signOut(unit, now.after.id, at, false);
        await unit.collection(Promotions).remove([now.after.id]);
      }
      return putPolicy(unit, { kind: "account", doc: now.after, at });
    }
  }
}

/**
 * An agency that may be compromised, off in one request: its accounts end at this instant, their sessions and keys for good, its standing orders stop. Gives whom it ended, so
 * that they can be put back. In the caller's transaction.
 */
export async function turnOff(
  unit: Unit,
  agency: Stored<AgencyDoc>,
  ask: { readonly by: string; readonly at: number },
): Promise<{ readonly revision: number; readonly ended: NonNullable<PolicyChangeDoc["ended"]> }> {
  const { by, at } = ask;
  const off = formatInstant(at);
  const ended: NonNullable<PolicyChangeDoc["ended"]> = [];
  for (const account of await unit.collection(Accounts).find({ index: "agency", values: [agency.id] })) {
    await signOut(unit, account.id, at, true);
    const { from: _, ...ends } = account;
    if (!inForce(ends, at)) continue;
    ended.push({ id: account.id, ...(account.until === undefined ? {} : { until: account.until }) });
    await putPolicy(unit, { kind: "account", doc: { ...account, until: off }, at });
  }
  for (const order of await unit.collection(Orders).find({ index: "agency", values: [agency.id] }))
    if (order.stopped === undefined && (order.status === "proposed" || stillLasts(off, order.until)))
      await stopOrder(unit, order, by, "the agency is off", at);
  await putPolicy(unit, { kind: "agency", doc: { ...agency, off }, at });
  ended.sort((a, b) => (a.id < b.id ? -1 : 1));
  return { ended, revision: await readRevision(unit) };
}
