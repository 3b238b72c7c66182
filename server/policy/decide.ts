import type { Ask, Because, Decision } from "../../schemas/policy/decision.ts";
import type { FieldRule, Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import { type Gate, isGranted, gates as table } from "./gates.ts";
import { byText } from "./meet.ts";

const gates: readonly Gate[] = table;

/** Without these an object says nothing: a cut of one hides it (policy 3, gate 9). What else STIX requires is settled at posting. */
const ESSENTIAL: ReadonlySet<string> = new Set(["pattern", "value", "name"]);
export const isEssential = (selector: string): boolean => ESSENTIAL.has(selector);

/** What NOATTRIB cuts outside the originator's country. */
export const ATTRIBUTION = ["created_by_ref", "external_references"] as const;

/** Every name that `because` can have: gates 0 to 8 in order, then the fields, then the channel. */
export const DECIDERS: readonly Because[] = [
  ...gates.map((gate) => gate.id),
  "field-rule",
  "essential-field-cut",
  "channel",
];

type Plain = Readonly<Record<string, Decision>>;
const all = (verdict: "full" | "hidden"): Plain =>
  Object.fromEntries(DECIDERS.map((because) => [because, Object.freeze({ verdict, because })]));
/** One decision of each kind, made once and frozen: most answers are one of these. */
const HIDDEN = all("hidden");
const FULL = all("full");
const hidden = (because: Because): Decision => HIDDEN[because] ?? { verdict: "hidden", because };
const full = (because: Because): Decision => FULL[because] ?? { verdict: "full", because };

const isFile = (channel: Channel): boolean => channel === "export" || channel === "mail" || channel === "webhook";
const isLooking = (channel: Channel): boolean => channel === "page" || channel === "api";

/** NOEXPORT hides on export, mail and webhook; RED, withdrawn and quarantined content on every channel but page and api. */
const carriesLabel = ({ tlp, caveats, state, quarantined }: Label, channel: Channel): boolean =>
  isLooking(channel) ||
  (tlp !== "RED" &&
    state !== "withdrawn" &&
    quarantined === undefined &&
    !(isFile(channel) && caveats.includes("NOEXPORT")));

const carriesRule = ({ tlp, caveats }: FieldRule, channel: Channel): boolean =>
  isLooking(channel) || (tlp !== "RED" && !(isFile(channel) && caveats?.includes("NOEXPORT") === true));

interface Judgement {
  readonly by: Because;
  readonly admits: boolean;
}
const judged = gates.map((gate) => ({
  gate,
  admitted: { by: gate.id, admits: true },
  refused: { by: gate.id, admits: false },
}));
const NO_MATCH: Judgement = { by: "release", admits: false };

/** The first gate that does not pass the question on decides. No match is a refusal. */
function judge(ask: Ask, rule?: FieldRule): Judgement {
  if (!isGranted(ask.viewer, ask.label)) return NO_MATCH;
  for (const { gate, admitted, refused } of judged) {
    const says = gate.says(ask, rule);
    if (says !== "pass") return says === "admit" ? admitted : refused;
  }
  return NO_MATCH;
}

/** A channel that does not carry the label cuts nothing: it hides the whole, after the fields. */
const cuts = (ask: Ask, rule: FieldRule, channel: Channel): boolean =>
  (rule.pii === true && !ask.viewer.pii) ||
  (!carriesRule(rule, channel) && carriesLabel(ask.label, channel)) ||
  !judge(ask, rule).admits;

const cutsAttribution = (viewer: Viewer, label: Label): boolean =>
  label.caveats.includes("NOATTRIB") && viewer.country !== label.originatorCountry;

const NOTHING: readonly string[] = [];

function cutFields(ask: Ask, channel: Channel): readonly string[] {
  const { viewer, label } = ask;
  let cut: Set<string> | undefined;
  for (const rule of label.fieldRules) {
    if (!cuts(ask, rule, channel)) continue;
    cut ??= new Set();
    for (const selector of rule.selectors) cut.add(selector);
  }
  if (cutsAttribution(viewer, label)) {
    cut ??= new Set();
    for (const selector of ATTRIBUTION) cut.add(selector);
  }
  return cut === undefined ? NOTHING : [...cut].sort(byText);
}

/**
 * May this viewer read content under this label at this instant, over this channel (default: page)? The one function
 * that decides (policy 1.1): pure, refuses by default, names the gate that decided. `without` (sorted) only when redacted.
 * The channel comes last, so that `because: channel` says that the viewer may otherwise read it (policy 6, Q25).
 */
export function decide(ask: Ask): Decision {
  const channel = ask.channel ?? "page";
  const { label } = ask;
  const { by, admits } = judge(ask);
  if (!admits) return hidden(by);
  const without = cutFields(ask, channel);
  if (without.some(isEssential)) return hidden("essential-field-cut");
  if (!carriesLabel(label, channel)) return hidden("channel");
  return without.length > 0 ? { verdict: "redacted", without: [...without], because: "field-rule" } : full(by);
}
