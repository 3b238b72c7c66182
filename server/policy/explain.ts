import type { Because, Decision } from "../../schemas/policy/decision.ts";

/** Why somebody could not read it: for people of the originator's side alone (policy 3, settled readings). */
const REFUSED = {
  account: "the account was not in force at that time",
  state: "it is not released, or withdrawn, and the reader is not a person of the originating agency",
  embargo: "it is under embargo, and the reader is neither of the originating agency nor an embargo reader",
  public: "it is not public",
  role: "the reader's role reads public content only",
  clearance: "the reader's clearance is below its classification",
  caveat: "a caveat keeps it from the reader",
  originator: "within the originating agency it is for those named, or with the topic, only",
  release: "no release row in force admits the reader",
  "field-rule": "field rules cut what the reader may not see",
  "essential-field-cut": "a field rule cuts a field without which nothing is left",
  channel: "it may be read, but not over this channel",
} as const satisfies Record<Because, string>;

const ADMITTED: Partial<Record<Because, string>> = {
  public: "it is public",
  originator: "the reader is of the originating agency",
  release: "a release row in force admits the reader",
};

/** One English clause for a decision. Never shown to a reader of another side: it tells what the label holds. */
export function explain({ verdict, without, because }: Decision): string {
  if (verdict === "full") return ADMITTED[because] ?? REFUSED[because];
  return verdict === "redacted" ? `${REFUSED[because]}: ${(without ?? []).join(", ")}` : REFUSED[because];
}
