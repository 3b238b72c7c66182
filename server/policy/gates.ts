import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Ask, Because } from "../../schemas/policy/decision.ts";
import type { FieldRule, Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Caveat, Level, Role, Tlp } from "../../schemas/policy/vocabulary.ts";
import { hasBegun, isInstant, stillLasts } from "./dated.ts";
import { height, narrowsRows, tighterTlp } from "./meet.ts";

/** What a gate says: on to the next, or the end, for better or worse. */
export type Says = "pass" | "refuse" | "admit";

/**
 * A row of policy 3. With a rule the gate judges label ∧ rule; the two are read side by side, because making the
 * combined label for each rule and viewer would cost more than all gates together.
 */
export interface Gate {
  readonly id: Because;
  readonly says: (ask: Ask, rule?: FieldRule) => Says;
}

/** Roles that read by label at all (gate 4), and those behind which is a person. A new role does not compile until it is here. */
const ROLES = {
  analyst: { reads: true, person: true },
  reviewer: { reads: true, person: true },
  releaser: { reads: true, person: true },
  feed: { reads: true, person: false },
  client: { reads: true, person: false },
  liaison: { reads: false, person: true },
  admin: { reads: false, person: true },
  auditor: { reads: false, person: true },
  signer: { reads: false, person: true },
  public: { reads: false, person: true },
} as const satisfies Record<Role, { reads: boolean; person: boolean }>;

export const isPerson = (role: Role): boolean => ROLES[role]?.person === true;

/** Its feeds belong to the originating agency, its clients never do (policy 1.4). Who cannot be placed is outside. */
export const ofOriginator = (viewer: Viewer, label: Label): boolean =>
  viewer.agency === label.originator && viewer.country === label.originatorCountry && viewer.role !== "client";

/**
 * Is the viewer in a list of persons of the label, and still of the agency that it was of when it was put there? Who moved is named no more, until the originator
 * does it again (policy 6, Q44). A label from before that was noted names whoever it lists.
 */
export function isNamed({ id, agency }: Viewer, { namedAs }: Label, list: readonly string[] | undefined): boolean {
  if (list?.includes(id) !== true) return false;
  return namedAs === undefined || !Object.hasOwn(namedAs, id) || namedAs[id] === agency;
}

/** Under a sponsor's grant of another agency's content its client reads by the label's gates, and nobody else: others read under the content's own label (policy 4, AMBER). */
export const isGranted = (viewer: Viewer, label: Label): boolean =>
  label.grantedBy === undefined || (viewer.role === "client" && isNamed(viewer, label, label.clientGrants));

/** No topics on a label match everyone; `*` among a viewer's topics matches all. */
export function topicMatch(viewer: Viewer, label: Label): boolean {
  return (
    label.topics.length === 0 ||
    viewer.topics.includes("*") ||
    label.topics.some((topic) => viewer.topics.includes(topic))
  );
}

const rowLives = (row: ReleaseRow, at: string): boolean => row.status === "on" && stillLasts(at, row.until);

const agreementIn = ({ agreements }: Ask, id: string): Agreement | undefined =>
  Object.hasOwn(agreements, id) ? agreements[id] : undefined;

const agreementOn = (agreement: Agreement, at: string): boolean =>
  agreement.status === "in-force" && hasBegun(at, agreement.from) && stillLasts(at, agreement.until);

/** Is any agreement between two countries in force? PUBLIC is none: it is with nobody. */
export const inForceBetween = (one: string, other: string, agreements: Agreements, at: string): boolean =>
  Object.entries(agreements).some(
    ([id, agreement]) =>
      id !== "PUBLIC" &&
      agreement.parties.includes(one) &&
      agreement.parties.includes(other) &&
      agreementOn(agreement, at),
  );

/** PUBLIC needs no entry among the agreements; one that is there and suspended counts. Explicit agencies are no public. */
function publicRowLives(ask: Ask): boolean {
  for (const row of ask.label.releases) {
    if (row.agreement !== "PUBLIC" || row.agencies !== "*" || !rowLives(row, ask.at)) continue;
    const entry = agreementIn(ask, "PUBLIC");
    if (entry === undefined || agreementOn(entry, ask.at)) return true;
  }
  return false;
}

const onlyNoattrib = (caveats: readonly Caveat[] | undefined): boolean =>
  caveats === undefined || caveats.every((caveat) => caveat === "NOATTRIB");

function passesCaveat(caveat: Caveat, { role, country, categories }: Viewer, label: Label): boolean {
  switch (caveat) {
    case "NATL":
      return country === label.originatorCountry;
    case "LES":
      return role !== "client" && categories?.includes("LE") === true;
    case "FIU":
      return role !== "client" && categories?.includes("FIU") === true;
    case "NOATTRIB":
    case "NOEXPORT":
      return true;
    default:
      return false;
  }
}

const NO_CAVEATS: readonly Caveat[] = [];

function passesCaveats(caveats: readonly Caveat[], viewer: Viewer, label: Label): boolean {
  for (const caveat of caveats) if (!passesCaveat(caveat, viewer, label)) return false;
  return true;
}

/** Gate 7 within the agency. Naming somebody replaces the topic; a feed never reads RED, its own included. */
function passesInside(viewer: Viewer, label: Label, tlp: Tlp): boolean {
  switch (tlp) {
    case "CLEAR":
    case "GREEN":
      return true;
    case "AMBER":
    case "AMBER+STRICT":
      return viewer.id === label.author || topicMatch(viewer, label);
    case "RED":
      return (
        isPerson(viewer.role) &&
        (viewer.id === label.author || viewer.role === "releaser" || isNamed(viewer, label, label.recipients))
      );
    default:
      return false;
  }
}

/** Gate 8, the part that depends on TLP. `explicit`: the row, as the rule leaves it, lists its agencies. */
function passesBoundary(viewer: Viewer, label: Label, tlp: Tlp, explicit: boolean): boolean {
  switch (tlp) {
    case "CLEAR":
    case "GREEN":
      return true;
    case "AMBER":
      return topicMatch(viewer, label) && (viewer.role !== "client" || isNamed(viewer, label, label.clientGrants));
    case "AMBER+STRICT":
      return explicit && viewer.role !== "client" && topicMatch(viewer, label);
    case "RED":
      return isPerson(viewer.role) && isNamed(viewer, label, label.recipients);
    default:
      return false;
  }
}

/** Same-country agencies need a row too, but no agreement. */
function agreementAllows(ask: Ask, row: ReleaseRow, country: string, classification: Level): boolean {
  const { label, at } = ask;
  if (country === label.originatorCountry) return true;
  const agreement = agreementIn(ask, row.agreement);
  return (
    agreement !== undefined &&
    agreementOn(agreement, at) &&
    agreement.parties.includes(country) &&
    agreement.parties.includes(label.originatorCountry) &&
    height(classification) <= height(agreement.ceiling)
  );
}

const levelOf = (label: Label, rule: FieldRule | undefined): Level =>
  rule?.classification !== undefined && !(height(rule.classification) <= height(label.classification))
    ? rule.classification
    : label.classification;

/** Does the row admit the viewer? A PUBLIC row admits at gate 3 or not at all. */
function rowAdmits(ask: Ask, row: ReleaseRow, rule: FieldRule | undefined): boolean {
  const { viewer, label, at } = ask;
  const { country, agency } = viewer;
  if (row.agreement === "PUBLIC" || country === undefined || agency === undefined) return false;
  if (!row.countries.includes(country) || !rowLives(row, at)) return false;
  if (rule?.countries !== undefined && !rule.countries.includes(country)) return false;
  const ruled = rule?.agencies ?? "*";
  if (row.agencies !== "*" && !row.agencies.includes(agency)) return false;
  if (ruled !== "*" && !ruled.includes(agency)) return false;
  if (!agreementAllows(ask, row, country, levelOf(label, rule))) return false;
  return passesBoundary(viewer, label, tighterTlp(label.tlp, rule?.tlp), row.agencies !== "*" || ruled !== "*");
}

/**
 * Policy 3, gates 0 to 8, in order. The first that does not say "pass" decides; the last one always does. What cannot
 * be evaluated (an unknown agreement, a date that is none, a viewer without country) refuses.
 */
export const gates = [
  {
    id: "account",
    says: ({ viewer, at }) =>
      viewer.active === true && isInstant(at) && hasBegun(at, viewer.from) && stillLasts(at, viewer.until)
        ? "pass"
        : "refuse",
  },
  {
    id: "state",
    says: ({ viewer, label }) =>
      (label.state === "released" && label.quarantined === undefined) ||
      (ofOriginator(viewer, label) && isPerson(viewer.role))
        ? "pass"
        : "refuse",
  },
  {
    id: "embargo",
    says: ({ viewer, label, at }) =>
      hasBegun(at, label.embargoUntil) || ofOriginator(viewer, label) || isNamed(viewer, label, label.embargoReaders)
        ? "pass"
        : "refuse",
  },
  {
    id: "public",
    says: (ask, rule) => {
      const { label } = ask;
      if (label.tlp !== "CLEAR" || label.state !== "released" || label.classification !== "U") return "pass";
      if (rule !== undefined) {
        if ((rule.tlp ?? "CLEAR") !== "CLEAR" || (rule.classification ?? "U") !== "U") return "pass";
        if (!onlyNoattrib(rule.caveats) || narrowsRows(rule)) return "pass";
      }
      return onlyNoattrib(label.caveats) && publicRowLives(ask) ? "admit" : "pass";
    },
  },
  { id: "role", says: ({ viewer }) => (ROLES[viewer.role]?.reads === true ? "pass" : "refuse") },
  {
    id: "clearance",
    says: ({ viewer, label }, rule) => (height(viewer.clearance) >= height(levelOf(label, rule)) ? "pass" : "refuse"),
  },
  {
    id: "caveat",
    says: ({ viewer, label }, rule) =>
      passesCaveats(label.caveats, viewer, label) && passesCaveats(rule?.caveats ?? NO_CAVEATS, viewer, label)
        ? "pass"
        : "refuse",
  },
  {
    id: "originator",
    says: ({ viewer, label }, rule) => {
      if (!ofOriginator(viewer, label)) return "pass";
      return passesInside(viewer, label, tighterTlp(label.tlp, rule?.tlp)) ? "admit" : "refuse";
    },
  },
  {
    id: "release",
    says: (ask, rule) => {
      for (const row of ask.label.releases) if (rowAdmits(ask, row, rule)) return "admit";
      return "refuse";
    },
  },
] as const satisfies readonly Gate[];
