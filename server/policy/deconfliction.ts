import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import { inForceBetween } from "./gates.ts";
import { height, highestLevel } from "./meet.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Of a ticket (policy 8). `lasts`: to its end, the same for all, ms. `again`: one value of one agency is put to others once in this time, ms. `aDay`: tickets of an agency a UTC day. */
export const DECONFLICTION = { lasts: 72 * HOUR, again: 7 * DAY, aDay: 20 } as const;

/** How a ticket ends for which nobody agreed, on either side, whether or not anybody was asked. */
export const NO_CONTACT = "no contact offered";

/** What the other side's point of contact is asked. */
export const QUESTION =
  "an agency of a member country has an operational interest in something you hold; disclose your contact?";

/**
 * May the holder's own word let an agency of that country know that it holds this (policy 8)? At home always. Abroad not under NATL, which is the
 * country's and not the agency's to lift, and only under an agreement in force between both whose ceiling is not below what is held. TLP, recipients, embargoes,
 * rows and the other caveats are the originator's own and keep nobody from being asked. The tightest of label and field rules counts.
 */
export function withinConsent(
  label: Pick<Label, "originatorCountry" | "classification" | "caveats" | "fieldRules">,
  country: string,
  { agreements, at }: { readonly agreements: Agreements; readonly at: string },
): boolean {
  const home = label.originatorCountry;
  if (country === home) return true;
  const parts = [label, ...label.fieldRules];
  if (parts.some(({ caveats }) => caveats?.includes("NATL") === true)) return false;
  const level = highestLevel(parts.flatMap(({ classification }) => classification ?? []));
  const high = Object.entries(agreements).filter(([, { ceiling }]) => height(level) <= height(ceiling));
  return inForceBetween(home, country, Object.fromEntries(high), at);
}
