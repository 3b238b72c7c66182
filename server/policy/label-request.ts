import type { FieldRule, Label, LabelRequest, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Caveat, Tlp } from "../../schemas/policy/vocabulary.ts";
import type { Problem } from "../shared/fault.ts";
import { decide } from "./decide.ts";
import { explain } from "./explain.ts";
import { isPerson } from "./gates.ts";
import { groupRules } from "./group-rules.ts";
import { labelText, normaliseLabel } from "./label-text.ts";
import { height, highestLevel, inAll, meetTopics, sharedRows, sortedSet, tightestTlp, tightness } from "./meet.ts";
import { type AskedRow, minuteUp, splitRow } from "./release-rows.ts";
import { rowNeedsSecondPerson } from "./release-rules.ts";
import { foreignAgreements, type RequestWorld, requestProblems, requestWarnings } from "./request-problems.ts";
import { tierProblem } from "./tiers.ts";

/** Who posts, under what, and what names mean: the same for a whole batch. */
export interface BindWorld extends Omit<RequestWorld, "originatorCountry"> {
  readonly poster: Viewer;
  /** Of which agency an account is that is named, where one is noted. */
  readonly agencyOf?: (account: string) => string | undefined;
  /** Quarantines that hold what this account posts. */
  readonly quarantined?: readonly string[];
  /** The label that the post asks for, and the agency's preset where it asks for none. */
  readonly request?: LabelRequest | undefined;
  readonly preset?: LabelRequest | undefined;
}

/** What one object says of its own label. */
export interface OwnMarkings {
  /** Of the TLP markings that it names. */
  readonly tlps: readonly Tlp[];
  /** Its release extensions, read as requests: their rows replace the post's. */
  readonly labels: readonly LabelRequest[];
  /** Its granular TLP markings. */
  readonly rules: readonly FieldRule[];
  /** Does the selector find something in it? */
  readonly has: (selector: string) => boolean;
}

export interface BoundLabel {
  readonly label: Label;
  /** Canonical text of the label: what is interned. */
  readonly text: string;
  /** `unmarked`, `two-tlps`, `disjoint`. */
  readonly flags: readonly string[];
  readonly warnings: readonly Problem[];
}
export type Binding = BoundLabel | { readonly problems: readonly Problem[] };

const problem = (code: string, path: string, message: string): Problem => ({ code, path, message });

/** Abroad NOATTRIB withholds a source; in a rule it withholds the rule's fields, which is a rule on countries. */
function withoutNoattrib(rule: FieldRule, home: string): FieldRule {
  if (rule.caveats?.includes("NOATTRIB") !== true) return rule;
  const countries = rule.countries === undefined ? [home] : rule.countries.filter((country) => country === home);
  return { ...rule, countries, caveats: rule.caveats.filter((caveat) => caveat !== "NOATTRIB") };
}

/** A looser rule than the object is ignored and reported (policy 5, P119). */
const looserRules = (rules: readonly FieldRule[], label: Label): Problem[] =>
  rules.flatMap((rule) => {
    const looser =
      (rule.tlp !== undefined && tightness(rule.tlp) < tightness(label.tlp)) ||
      (rule.classification !== undefined && height(rule.classification) < height(label.classification));
    const message = `the rule on ${rule.selectors.join(", ")} is looser than the object, and a rule can only tighten: write a tear-line to free it`;
    return looser ? [problem("label.looser_rule", "fieldRules", message)] : [];
  });

/** Nobody but the originating agency, although rows say otherwise. */
function nobodyElse(label: Label): boolean {
  if (label.tlp === "RED") return label.recipients.length === 0;
  return label.tlp === "AMBER+STRICT" && label.releases.every((row) => row.agencies === "*");
}

/** Any instant: what decides whether an author may read has no date in it. */
const ONCE = "2000-01-01T00:00:00.000Z";

/** A label that its own author could not read is refused (policy 3, settled readings). */
function authorProblem(label: Label, poster: Viewer): Problem | undefined {
  const { from: _, until: __, ...viewer } = poster;
  const decision = decide({ viewer: { ...viewer, active: true }, label, agreements: {}, at: ONCE });
  if (decision.verdict !== "hidden") return undefined;
  const red = label.tlp === "RED" && !isPerson(poster.role);
  const why = red ? `it is TLP:RED, which no ${poster.role} reads: a person has to post it` : explain(decision);
  return problem("label.author_cannot_read", red ? "tlp" : "", `you could not read it yourself: ${why}`);
}

/** What the parties to a label say of it, met. */
interface Met {
  readonly tlp: Tlp;
  readonly rows: readonly AskedRow[];
  readonly topics: readonly string[];
  readonly recipients: readonly string[];
  readonly flags: string[];
  readonly warnings: Problem[];
}

function meetOwn(own: OwnMarkings, said: LabelRequest): Met {
  const flags: string[] = [];
  const warnings: Problem[] = [];
  const ownTlps = sortedSet([...own.tlps, ...own.labels.flatMap((label) => label.tlp ?? [])]);
  const tlp = tightestTlp([...ownTlps, ...(said.tlp === undefined ? [] : [said.tlp])]);
  const several = ownTlps.length > 1;
  if (several) flags.push("two-tlps");
  const stated = own.labels.map((label): readonly AskedRow[] => label.releases ?? []);
  const asked: readonly (readonly AskedRow[])[] = stated.length > 0 ? stated : [said.releases ?? []];
  let rows = asked.slice(1).reduce((a, b) => sharedRows(a, b), asked[0] ?? []);
  let topics: string[] | undefined = [];
  for (const label of [said, ...own.labels]) topics = topics && meetTopics(topics, label.topics ?? []);
  const disjoint =
    topics === undefined || (asked.some((list) => list.length > 0) && asked.length > 1 && rows.length === 0);
  if (disjoint) {
    flags.push("disjoint");
    warnings.push(
      problem("label.nobody_else", "releases", "nobody else can read this: its markings have no audience in common"),
    );
    rows = [];
  }
  if (tlp === undefined) {
    flags.push("unmarked");
    if (rows.length > 0) {
      const message = "there is no TLP, so it is for the originating agency alone and the rows are left out";
      warnings.push(problem("label.unmarked", "releases", message));
    }
    rows = [];
  }
  const named = own.labels.length > 0 ? own.labels : [said];
  return {
    tlp: topics === undefined ? "RED" : (tlp ?? "AMBER+STRICT"),
    rows,
    topics: topics ?? [],
    // RED out of a quarrel of markings has no recipients (policy 6, Q34).
    recipients: several || topics === undefined ? [] : inAll(named.map((label) => label.recipients ?? [])),
    flags,
    warnings,
  };
}

/** Rows of one country each: on where no second person is needed, else off (design 4, triage 3). */
function storedRows(rows: readonly AskedRow[], label: Label, { poster, agencies }: BindWorld): ReleaseRow[] {
  const on = (row: ReleaseRow): ReleaseRow =>
    rowNeedsSecondPerson(row, label, poster.role) ? row : { ...row, status: "on" };
  return rows.flatMap((row) => splitRow(row, "off", agencies)).map(on);
}

/** An embargo lasts as long as the longest of those asked for; its readers are those whom each names. */
function embargoOf(parts: readonly LabelRequest[]): Pick<Label, "embargoUntil" | "embargoReaders"> {
  const under = parts.filter((part) => part.embargoUntil !== undefined);
  const until = sortedSet(under.flatMap((part) => minuteUp(part.embargoUntil ?? "") ?? [])).at(-1);
  const readers = inAll(under.map((part) => part.embargoReaders ?? []));
  return until === undefined ? {} : { embargoUntil: until, embargoReaders: readers };
}

/** Of which agency those are who are named: who moves to another one is named no more (policy 6, Q44). */
function namedAs({ agencyOf }: BindWorld, { recipients, clientGrants, embargoReaders = [] }: Label): Label["namedAs"] {
  const named = sortedSet([...recipients, ...clientGrants, ...embargoReaders]).flatMap((id) => {
    const agency = agencyOf?.(id);
    return agency === undefined ? [] : [[id, agency] as const];
  });
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

function bind(world: BindWorld, own: OwnMarkings): Binding {
  const { poster } = world;
  const { agency, country } = poster;
  if (agency === undefined || country === undefined) {
    return { problems: [problem("label.no_agency", "", "this account has no agency to post for")] };
  }
  const said = world.request ?? world.preset ?? {};
  const names: RequestWorld = { ...world, originatorCountry: country };
  const problems = [
    ...requestProblems(said, names),
    ...own.labels.flatMap((label) => requestProblems(label, names, "object_marking_refs: ")),
    ...own.labels.flatMap((label) => foreignAgreements(label, names, "object_marking_refs: ")),
  ];
  const met = meetOwn(own, said);
  if (met.flags.includes("two-tlps") && isPerson(poster.role)) {
    const message = `the object has several TLP markings (${sortedSet([...own.tlps, ...own.labels.flatMap((l) => l.tlp ?? [])]).join(", ")}): say one`;
    problems.push(problem("label.two_tlps", "object_marking_refs", message));
  }
  if (problems.length > 0) return { problems };
  const parts = [said, ...own.labels];
  const named = own.labels.length > 0 ? own.labels : [said];
  const rules = [...own.rules, ...parts.flatMap((part) => part.fieldRules ?? [])]
    .map((rule) => ({ ...withoutNoattrib(rule, country), selectors: rule.selectors.filter(own.has) }))
    .filter((rule) => rule.selectors.length > 0);
  const plain: Label = {
    tlp: met.tlp,
    classification: highestLevel(parts.flatMap((part) => part.classification ?? [])),
    caveats: sortedSet<Caveat>(parts.flatMap((part) => part.caveats ?? [])),
    topics: [...met.topics],
    originator: agency,
    originatorCountry: country,
    author: poster.id,
    state: "released",
    releases: [],
    recipients: [...met.recipients],
    clientGrants: [...(said.clientGrants ?? [])],
    ...embargoOf(parts),
    fieldRules: rules,
    ...(named.every((part) => part.countShareable === true) ? { countShareable: true } : {}),
  };
  const places = namedAs(world, plain);
  const releases = storedRows(met.rows, plain, world);
  const asked = normaliseLabel({ ...plain, releases, ...(places === undefined ? {} : { namedAs: places }) });
  const label = isPerson(poster.role) ? asked : groupRules(asked);
  const tiers = tierProblem(label);
  if (tiers !== undefined) return { problems: [tiers] };
  const quarrel = met.flags.length > 0 && label.tlp === "RED";
  const unreadable = quarrel ? undefined : authorProblem(label, poster);
  if (unreadable !== undefined) return { problems: [unreadable] };
  // After what the author has to be able to read: a quarantine hides a machine's posts from itself.
  const held =
    world.quarantined === undefined || world.quarantined.length === 0
      ? label
      : normaliseLabel({ ...label, quarantined: [...world.quarantined] });
  return {
    label: held,
    text: labelText(held),
    flags: met.flags,
    warnings: [...met.warnings, ...warn(world, said, names, rules, label)],
  };
}

function warn(
  { request }: BindWorld,
  said: LabelRequest,
  names: RequestWorld,
  rules: readonly FieldRule[],
  label: Label,
): Problem[] {
  const warnings = [...requestWarnings(said, names), ...looserRules(rules, label)];
  if (label.releases.length > 0 && nobodyElse(label)) {
    const message = `nobody else can read this: ${label.tlp} needs ${label.tlp === "RED" ? "recipients" : "agencies listed by name"}`;
    warnings.push(problem("label.nobody_else", "releases", message));
  }
  const isPublic = label.releases.some((row) => row.agreement === "PUBLIC");
  if (label.tlp === "CLEAR" && label.releases.length > 0 && !isPublic && request !== undefined) {
    const message = "CLEAR, but without a PUBLIC row it stays with those whom its rows name";
    warnings.push(problem("label.clear_not_public", "releases", message));
  }
  if (label.tlp !== "CLEAR" && isPublic) {
    warnings.push(problem("label.public_row_dead", "releases", `a PUBLIC row does nothing for ${label.tlp}`));
  }
  return warnings;
}

const MOST_REMEMBERED = 500;

/**
 * Turns what a post and its objects say into labels to store (design 3 and 4; policy 4 and 5): the object's own TLP and
 * the request's meet, the object's own rows replace the request's, with neither AMBER+STRICT to the originator, flagged
 * `unmarked`. A problem refuses that object (422 of it). Objects that say the same get the same answer, worked out once.
 */
export function labelBinder(world: BindWorld): (own: OwnMarkings) => Binding {
  const said = world.request ?? world.preset;
  const remembered = new Map<string, Binding>();
  return (own) => {
    const rules = [...own.rules, ...own.labels.flatMap((l) => l.fieldRules ?? []), ...(said?.fieldRules ?? [])];
    const found = rules.map((rule) => rule.selectors.map((selector) => (own.has(selector) ? 1 : 0)));
    const key = JSON.stringify([own.tlps, own.labels, own.rules, found]);
    const held = remembered.get(key) ?? bind(world, own);
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(key, held);
    return held;
  };
}

/** One object's label: `labelBinder` for a single object. */
export const bindLabel = (world: BindWorld, own: OwnMarkings): Binding => bind(world, own);
