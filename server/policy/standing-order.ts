import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Level, Tlp } from "../../schemas/policy/vocabulary.ts";
import { hasBegun, isInstant, stillLasts } from "./dated.ts";
import { height, tightness } from "./meet.ts";
import { needsCustodian } from "./release-rules.ts";

/** A standing release order as far as it decides about rows; two persons have signed it (triage 3). */
export interface StandingOrder {
  readonly agency: string;
  readonly accounts: readonly string[];
  readonly tlpUpTo: Tlp;
  readonly classificationUpTo: Level;
  readonly agreements: readonly string[];
  readonly from: string;
  readonly until: string;
}

/** No order reaches further, whatever it says: TLP up to GREEN, class U (triage 3). */
const HIGHEST_TLP = tightness("GREEN");
const HIGHEST_LEVEL = height("U");

const inForce = (order: StandingOrder, account: { readonly id: string }, at: string): boolean =>
  isInstant(at) && order.accounts.includes(account.id) && hasBegun(at, order.from) && stillLasts(at, order.until);

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

/**
 * The label of a post by this account with those rows on that a standing order releases (triage 3). PUBLIC only where
 * an order lists it; never where a custodian has to look (RED, class S, FIU, LES, PII). The very label if nothing changes.
 */
export function applyOrders(
  label: Label,
  orders: readonly StandingOrder[],
  account: { readonly id: string },
  at: string,
): Label {
  const now = orders.filter((order) => inForce(order, account, at));
  if (now.length === 0 || needsCustodian(label)) return label;
  const releases = label.releases.map((row) =>
    row.status === "off" && now.some((order) => reaches(order, label, row)) ? { ...row, status: "on" as const } : row,
  );
  return releases.some((row, i) => row !== label.releases[i]) ? { ...label, releases } : label;
}
