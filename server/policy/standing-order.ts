import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Level, Tlp } from "../../schemas/policy/vocabulary.ts";
import { sha256 } from "../shared/digest.ts";
import { hasBegun, isInstant, stillLasts } from "./dated.ts";
import { height, tightness } from "./meet.ts";
import { needsCustodian } from "./release-rules.ts";

/** A standing release order as far as it decides about rows; two persons have signed it (triage 3). */
export interface StandingOrder {
  readonly id: string;
  readonly agency: string;
  readonly accounts: readonly string[];
  /** STIX types; all where there is none. */
  readonly kinds?: readonly string[] | undefined;
  readonly tlpUpTo: Tlp;
  readonly classificationUpTo: Level;
  readonly agreements: readonly string[];
  readonly from: string;
  readonly until: string;
  readonly status?: "proposed" | "signed" | "refused" | undefined;
  readonly stopped?: string | undefined;
  readonly approvedBy?: string | undefined;
  /** Per cent. */
  readonly sample?: number | undefined;
}

/** No order reaches further, whatever it says: TLP up to GREEN, class U (triage 3). */
const HIGHEST_TLP = tightness("GREEN");
const HIGHEST_LEVEL = height("U");
/** How much of what an order would release waits for a human, per cent; how many of these may fail; how long an order is good, days (triage 3). */
export const SAMPLED = 2;
export const FAILURES_THAT_STOP = 3;
export const LONGEST_ORDER = 90;

/** Does the order hold for this account at this instant: signed by two, begun, neither over nor stopped? */
export const orderInForce = (order: StandingOrder, account: { readonly id: string }, at: string): boolean =>
  (order.status ?? "signed") === "signed" &&
  order.approvedBy !== undefined &&
  order.stopped === undefined &&
  isInstant(at) &&
  order.accounts.includes(account.id) &&
  hasBegun(at, order.from) &&
  stillLasts(at, order.until);

/** Is an object of this type in its scope? */
export const orderCovers = ({ kinds }: StandingOrder, type: string): boolean =>
  kinds === undefined || kinds.includes(type);

/** A row that is on lets those who pass a rule have its fields too, so each rule has to be within reach like the label itself. */
const reaches = (order: StandingOrder, label: Label, row: ReleaseRow): boolean =>
  order.agency === label.originator &&
  order.agreements.includes(row.agreement) &&
  [label, ...label.fieldRules].every(
    ({ tlp, classification }) =>
      (tlp === undefined || tightness(tlp) <= Math.min(tightness(order.tlpUpTo), HIGHEST_TLP)) &&
      (classification === undefined ||
        height(classification) <= Math.min(height(order.classificationUpTo), HIGHEST_LEVEL)),
  );

/** That an order turned on a row for a country; of PUBLIC rows the country is `*`. */
export interface OrderUse {
  readonly order: string;
  readonly country: string;
}
export const useKey = ({ order, country }: OrderUse): string => `${order}|${country}`;

/**
 * The label with those rows on that one of these orders, which are in force and cover the object, releases; and by which (triage 3). PUBLIC only where
 * an order lists it; never where a custodian has to look (RED, class S, FIU, LES, PII). `closed`: uses that are exhausted for the day. The
 * very label if nothing changes.
 */
export function turnOn(
  label: Label,
  orders: readonly StandingOrder[],
  closed: ReadonlySet<string> = new Set(),
): { readonly label: Label; readonly uses: readonly OrderUse[] } {
  if (orders.length === 0 || needsCustodian(label)) return { label, uses: [] };
  const uses = new Map<string, OrderUse>();
  const releases = label.releases.map((row) => {
    if (row.status === "on") return row;
    const country = row.countries[0] ?? "*";
    const by = orders.find((order) => !closed.has(useKey({ order: order.id, country })) && reaches(order, label, row));
    if (by === undefined) return row;
    const use = { order: by.id, country };
    uses.set(useKey(use), use);
    return { ...row, status: "on" as const };
  });
  return uses.size === 0 ? { label, uses: [] } : { label: { ...label, releases }, uses: [...uses.values()] };
}

/** The label of a post by this account under the orders that hold for it, whatever the object is: those for some kinds only are left out. */
export const applyOrders = (
  label: Label,
  orders: readonly StandingOrder[],
  account: { readonly id: string },
  at: string,
): Label =>
  turnOn(
    label,
    orders.filter((order) => order.kinds === undefined && orderInForce(order, account, at)),
  ).label;

const SPAN = 2 ** 32;

/**
 * Is this one of those that wait for a human (triage 3)? Chosen by a digest under the group's secret, so that no sender can tell which will be, and the
 * same post is chosen each time it is sent.
 */
export function isSampled(secret: string, contribution: readonly (string | undefined)[], percent: number): boolean {
  if (percent <= 0) return false;
  const drawn = Buffer.from(sha256(JSON.stringify(["sample", secret, ...contribution])), "base64url").readUInt32BE(0);
  return drawn < (percent / 100) * SPAN;
}
