import type { Role } from "../../schemas/policy/vocabulary.ts";

/** States of a release of one row (triage 1, second machine). `none` is before there is a proposal. */
export const RELEASE_STATES = [
  "proposed",
  "in-clearance",
  "released",
  "refused",
  "expired",
  "narrowed",
  "recalled",
] as const;
export type ReleaseState = (typeof RELEASE_STATES)[number];

/** A verb of the machine: where it starts, where it leads, whose it is at all (`release-rules.ts` says more), and its reasons. */
export interface ReleaseVerb {
  readonly from: readonly (ReleaseState | "none")[];
  readonly to: ReleaseState;
  readonly roles: readonly Role[];
  /** Reason codes; the first stands where none is given. None: the clock does it. */
  readonly codes: readonly string[];
  /** Does it bind to the digest of what was looked at? */
  readonly looks: boolean;
}

const PEOPLE = ["analyst", "reviewer", "releaser"] as const satisfies readonly Role[];
const DECIDERS = ["reviewer", "releaser"] as const satisfies readonly Role[];

/** The only transitions there are (triage 1): nobody jumps a step. */
export const RELEASE_VERBS = {
  propose: {
    from: ["none"],
    to: "proposed",
    roles: PEOPLE,
    codes: ["need-to-know", "asked-for", "joint-work", "public-warning"],
    looks: true,
  },
  clear: {
    from: ["proposed"],
    to: "in-clearance",
    roles: DECIDERS,
    codes: ["taken-up", "asks-originator", "asks-legal"],
    looks: true,
  },
  approve: {
    from: ["proposed", "in-clearance"],
    to: "released",
    roles: DECIDERS,
    codes: ["within-policy", "need-to-know", "consented"],
    looks: true,
  },
  refuse: {
    from: ["proposed", "in-clearance"],
    to: "refused",
    roles: DECIDERS,
    codes: ["not-releasable", "wrong-audience", "incomplete", "source-at-risk"],
    looks: true,
  },
  expire: { from: ["proposed", "in-clearance"], to: "expired", roles: [], codes: [], looks: false },
  narrow: {
    from: ["released", "narrowed"],
    to: "narrowed",
    roles: PEOPLE,
    codes: ["too-wide", "source-at-risk", "agreement", "mistake"],
    looks: true,
  },
  recall: {
    from: ["released", "narrowed"],
    to: "recalled",
    roles: PEOPLE,
    codes: ["mistake", "wrong-content", "source-at-risk", "agreement"],
    looks: true,
  },
} as const satisfies Record<string, ReleaseVerb>;
export type ReleaseVerbName = keyof typeof RELEASE_VERBS;

/** Why one person may release at once (triage 2, class P0): the reason codes of an emergency. */
export const EMERGENCY_CODES = ["funds-moving", "intrusion-in-progress", "consult-promptly"] as const;
export type EmergencyCode = (typeof EMERGENCY_CODES)[number];

/** The state that a verb leads to; undefined where it does not start there. */
export function after(verb: ReleaseVerbName, from: ReleaseState | "none"): ReleaseState | undefined {
  const rule: ReleaseVerb = RELEASE_VERBS[verb];
  return rule.from.includes(from) ? rule.to : undefined;
}

/** As stored, or `expired` once its time is over: no job has to run for it to end (triage 3). Instants in ms. */
export function stateAt(
  { status, expires }: { readonly status: ReleaseState; readonly expires?: number | undefined },
  now: number,
): ReleaseState {
  const open = status === "proposed" || status === "in-clearance";
  return open && expires !== undefined && now >= expires ? "expired" : status;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
/** How long a proposal waits, ms. An onward request has working days of its own (`ONWARD`). */
export const PROPOSAL_LASTS = 14 * DAY;
/** How long an emergency lasts without a second person, and how many one person may begin a UTC day (triage 3). */
export const EMERGENCY = { lasts: 60 * MINUTE, aDay: 3 } as const;
/** Working days at the originator's capital: no after 5, reminders at 1 and 3 (triage 3). */
export const ONWARD = { decide: 5, reminders: [1, 3] } as const;
