import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { isPerson } from "../../policy/gates.ts";
import { Fault } from "../../shared/fault.ts";
import { Budgets } from "../../storage/collections.ts";
import type { BudgetDoc } from "../../storage/given-documents.ts";
import type { Unit } from "../../storage/port.ts";
import { DAY_MS, dayOfMs } from "./note-given.ts";

/** Objects that an account may be given in a UTC day. */
export interface DailyBudget {
  readonly people: number;
  readonly machines: number;
}

/** Who is charged, how much may be given in all, and when (ms). */
export interface Account {
  readonly id: string;
  readonly limit: number;
  readonly now: number;
}

/** What a viewer is charged by: the limit of persons, or that of machines. */
export const accountOf = (viewer: Viewer, { people, machines }: DailyBudget, now: number): Account => ({
  id: viewer.id,
  limit: isPerson(viewer.role) ? people : machines,
  now,
});

/** Of this share of the budget on the auditor is told. */
const WARNED_AT = 0.8;
/** Stretches of an account's order that are remembered; what is not is charged again. */
const MOST_STRETCHES = 100;

const spent = ({ limit, now }: Account): Fault =>
  new Fault("too_many_requests", `an account may be given ${limit} objects a day; the next day begins at 00:00 UTC`, {
    code: "limit.disclosures",
    retryAfter: ((dayOfMs(now) + 1) * DAY_MS - now) / 1000,
  });

/** A page of a TAXII collection: places of its objects in the account's own order, ascending. */
export interface Followed {
  readonly collection: string;
  readonly places: readonly number[];
  /** Every object between the first and the last of them is on it: a page without filters. */
  readonly whole: boolean;
  /** It shows what such a page would show, and no other versions. */
  readonly plain: boolean;
}

type Stretches = BudgetDoc["followed"][string];

const within = (stretches: Stretches, place: number): boolean =>
  stretches.some(([from, to]) => from <= place && place <= to);

function joined(stretches: Stretches, [from, to]: Stretches[number]): Stretches {
  const apart = stretches.filter((one) => one[1] < from || one[0] > to);
  const together = stretches.filter((one) => one[1] >= from && one[0] <= to);
  const all = [...together, [from, to] as const];
  const made: Stretches[number] = [Math.min(...all.map((one) => one[0])), Math.max(...all.map((one) => one[1]))];
  return [...apart, made].sort((a, b) => b[1] - b[0] - (a[1] - a[0])).slice(0, MOST_STRETCHES);
}

/**
 * Charges what is about to be given: `fresh` objects, or those of a TAXII page that were not followed that day yet. In the transaction that records the disclosure;
 * nothing is charged where it gives the fault. `warned`: with this the share is reached that the auditor is told of, the first time that day.
 */
export async function charge(
  unit: Unit,
  account: Account,
  what: { readonly fresh: number } | Followed,
): Promise<{ readonly fault?: Fault; readonly warned?: true }> {
  const budgets = unit.collection(Budgets);
  const day = dayOfMs(account.now);
  const held = await budgets.get(account.id);
  const today = held?.day === day ? held : undefined;
  const stretches = "fresh" in what ? [] : (today?.followed[what.collection] ?? []);
  const fresh =
    "fresh" in what
      ? what.fresh
      : what.plain
        ? what.places.filter((place) => !within(stretches, place)).length
        : what.places.length;
  const used = (today?.used ?? 0) + fresh;
  if (fresh > 0 && used > account.limit) return { fault: spent(account) };
  const warned = used >= account.limit * WARNED_AT;
  const followed = { ...today?.followed };
  if (!("fresh" in what) && what.whole) {
    const [first, last] = [what.places[0], what.places.at(-1)];
    if (first !== undefined && last !== undefined) followed[what.collection] = joined(stretches, [first, last]);
  }
  const doc = { id: account.id, day, used, ...(warned ? { warned: true as const } : {}), followed };
  if (held === undefined) await budgets.insert([doc]);
  else if (fresh > 0 || today === undefined || !("fresh" in what)) await budgets.put({ ...doc, rev: held.rev });
  return warned && today?.warned !== true ? { warned: true } : {};
}
