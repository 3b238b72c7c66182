import { afterWorkingDays } from "./calendar.ts";

/** Classes of the queue, most urgent first (triage 2). */
export const CLASSES = ["P0", "P1", "P2", "P3"] as const;
export type Class = (typeof CLASSES)[number];

/** A term of service: minutes and hours run around the clock, working days end with the day at the capital. */
type Term = { readonly minutes: number } | { readonly workingDays: number };

export interface Terms {
  /** None where nobody has to acknowledge. */
  readonly acknowledge?: Term;
  readonly decide: Term;
  /** Whom a breach of the first and of the second stage is brought before; the last one stays. */
  readonly escalate: readonly string[];
}

/** The table of triage 2. */
export const TERMS = {
  P0: { acknowledge: { minutes: 15 }, decide: { minutes: 60 }, escalate: ["duty officer", "head of delegation"] },
  P1: { acknowledge: { minutes: 120 }, decide: { minutes: 480 }, escalate: ["shift lead"] },
  P2: { acknowledge: { workingDays: 1 }, decide: { workingDays: 2 }, escalate: [] },
  P3: { decide: { workingDays: 5 }, escalate: [] },
} as const satisfies Record<Class, Terms>;

const end = (from: number, term: Term, country: string): number =>
  "minutes" in term ? from + term.minutes * 60_000 : afterWorkingDays(from, term.workingDays, country);

export interface Due {
  readonly acknowledge?: number;
  readonly decide: number;
}

/** When what came in at `from` (ms) has to be acknowledged and decided in this country, ms. */
export function dueOf(of: Class, from: number, country: string): Due {
  const { acknowledge, decide }: Terms = TERMS[of];
  return {
    ...(acknowledge === undefined ? {} : { acknowledge: end(from, acknowledge, country) }),
    decide: end(from, decide, country),
  };
}

/** Before whom a breach is brought: the first for one of the first stage, the last for one of the second; undefined where nobody is named. */
export function escalatedTo(
  of: Class,
  late: { readonly acknowledge: boolean; readonly decide: boolean },
): string | undefined {
  const { escalate }: Terms = TERMS[of];
  if (late.decide) return escalate.at(-1);
  return late.acknowledge ? escalate[0] : undefined;
}

export interface ClassRule {
  readonly id: string;
  readonly class: Class;
  /** Whose posts it is for; both where it says nothing. */
  readonly sender?: "person" | "feed";
  /** Any of these makes it apply: words among `labels` and `report_types`, an extension, a STIX type. None of them: it always applies. */
  readonly words?: readonly string[];
  readonly extension?: string;
  readonly kinds?: readonly string[];
  /** A relationship of this type to an identity: somebody who is named. */
  readonly victim?: true;
  /** All dates of the content are longer ago than this, days. */
  readonly olderThan?: number;
}

/** Our extension on a freeze request (design 3). */
export const FREEZE_EXTENSION = "extension-definition--c2e41e60-d670-4d82-8ffc-551711ccd7ed";

const STATED = [
  ...["indicator", "observed-data", "sighting", "artifact", "autonomous-system", "cryptocurrency-transaction"],
  ...["cryptocurrency-wallet", "domain-name", "email-addr", "email-message", "file", "ipv4-addr", "ipv6-addr"],
  ...["mac-addr", "network-traffic", "process", "software", "url", "user-account", "windows-registry-key"],
  ...["x509-certificate", "bank-account", "payment-card", "phone-number"],
];

/** What puts content into a class (triage 2), in order: the first that applies to an object is the object's, and the most urgent of its objects the item's. */
export const CLASS_RULES: readonly ClassRule[] = [
  { id: "feed", class: "P3", sender: "feed" },
  { id: "funds-moving", class: "P0", words: ["funds-moving", "funds-moving-now"] },
  { id: "intrusion-in-progress", class: "P0", words: ["intrusion-in-progress", "active-intrusion"] },
  { id: "consult-promptly", class: "P0", words: ["consult-promptly"] },
  { id: "request-for-information", class: "P1", words: ["rfi", "request-for-information"] },
  { id: "freeze-follow-up", class: "P1", words: ["freeze-request", "freeze-follow-up"], extension: FREEZE_EXTENSION },
  { id: "early-warning", class: "P1", words: ["early-warning"] },
  { id: "named-victim", class: "P1", words: ["named-victim", "victim-notification"], victim: true },
  { id: "history", class: "P3", olderThan: 365 },
  { id: "indicators", class: "P2", kinds: STATED },
  { id: "context", class: "P3" },
];

/** The class rule of this id; throws for one that there is not. */
export const ruleNamed = (id: string): ClassRule => {
  const found = CLASS_RULES.find((rule) => rule.id === id);
  if (found === undefined) throw new Error(`no class rule ${id}`);
  return found;
};

/** Negative when the first is more urgent. */
export const compareClass = (a: Class, b: Class): number => CLASSES.indexOf(a) - CLASSES.indexOf(b);
