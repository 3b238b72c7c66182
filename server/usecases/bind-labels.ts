import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { labelId } from "../pipeline/lane.ts";
import type { Said, StixJson } from "../pipeline/steps.ts";
import { acquaintance } from "../policy/acquaintance.ts";
import { inheritFromReports } from "../policy/inherit-label.ts";
import {
  type Binding,
  type BindWorld,
  type BoundLabel,
  labelBinder,
  type OwnMarkings,
} from "../policy/label-request.ts";
import { labelText, normaliseLabel } from "../policy/label-text.ts";
import { applyOrders } from "../policy/standing-order.ts";
import { Fault, type Problem } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { Rows } from "../storage/collections.ts";
import type { AccountDoc, OrderDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import type { Candidate } from "./candidate.ts";
import { OrderBook, type Ordered } from "./order-book.ts";
import { granularOf, holdsRelease, type Marked, ownMarkings } from "./own-markings.ts";
import type { Secrets } from "./plan-rows.ts";
import { objectOf } from "./sight.ts";
import { labelEntry, type Snapshot } from "./snapshot.ts";

/** What a post says of labels: a request, or the name of one of the agency's presets. */
export interface LabelAsk {
  readonly request?: LabelRequest;
  readonly preset?: string;
  /** Markings of the same input that were refused. */
  readonly refusedMarkings?: ReadonlySet<string>;
  /** Accounts that the request may name, whoever they are: the label that it takes the place of names them. */
  readonly named?: readonly string[];
  /** What becomes of a label once it is bound and the standing orders are applied: an edit's takes the place of one that stands. */
  readonly settle?: (label: Label) => Label;
}

/** A label as it will be stored, with what the rows of a contribution are made from. */
export interface Bound {
  readonly stored: Label;
  /** `labelId` of the stored label. */
  readonly label: string;
  readonly cuts: readonly (readonly string[])[];
  readonly name: { readonly posted: string };
  readonly flags: readonly string[];
  readonly consumed: readonly string[];
  readonly warnings: readonly Problem[];
  /** What standing orders did. */
  readonly ordered: Ordered;
}

type Stored = Pick<Bound, "stored" | "label" | "cuts" | "name"> & Pick<Ordered, "uses">;
type Poster = AccountDoc & { readonly agency: string };

/** Markings that the batch's objects name and that the agency posted before. */
export async function knownMarkings(
  unit: Unit,
  candidates: readonly Pick<Candidate, "object">[],
  agency: string,
): Promise<Map<string, StixJson>> {
  const own = new Map(
    candidates
      .filter(({ object }) => object.type === "marking-definition")
      .map(({ object }) => [String(object.id), object]),
  );
  const named = new Set<string>();
  for (const { object } of candidates) {
    for (const id of namedMarkings(object)) if (!own.has(id)) named.add(id);
  }
  if (named.size === 0) return own;
  for (const row of await unit.collection(Rows).find({ index: "stix", values: [...named] })) {
    if (row.originator === agency && row.cut.length === 0) own.set(row.stixId, objectOf(row));
  }
  return own;
}

/** Whom a label may name, of those whom its poster may know by name (policy Q49): people, and clients of the own agency, since a grant is the sponsor's to give (policy 4). */
const NAMEABLE: ReadonlySet<string> = new Set(["analyst", "reviewer", "releaser", "client"]);

function mayName(poster: Viewer, id: string, snapshot: Snapshot): boolean {
  const other = snapshot.viewer(id);
  return (
    other !== undefined &&
    NAMEABLE.has(other.role) &&
    acquaintance(poster, other, snapshot.agreements, formatInstant(snapshot.at)) === "name"
  );
}

/** Accounts that a label names: whoever puts another in its place may name them again. */
export const namedIn = ({ recipients, clientGrants, embargoReaders = [] }: Label): string[] => [
  ...recipients,
  ...clientGrants,
  ...embargoReaders,
];

/** A label without its rows: what its source keeps to the agency that has it. */
function withoutRows({ label, text, flags, warnings }: BoundLabel): BoundLabel {
  if (label.releases.length === 0) return { label, text, flags, warnings };
  const kept = normaliseLabel({ ...label, releases: [] });
  return { label: kept, text: labelText(kept), flags, warnings };
}

/** The object's own markings, with what its source says beside it. */
export const withSaid = (marked: Marked, said: Said | undefined): Marked =>
  said?.tlps === undefined ? marked : { ...marked, tlps: [...new Set([...marked.tlps, ...said.tlps])] };

/** Every marking that an object names, whole or for a part. */
const namedMarkings = (object: StixJson): string[] => {
  const whole = Array.isArray(object.object_marking_refs) ? object.object_marking_refs : [];
  return [...whole, ...granularOf(object).map((one) => one.marking_ref)].filter(
    (id): id is string => typeof id === "string",
  );
};

const markingRefused = (id: string): Problem => ({
  code: "label.marking_refused",
  path: "object_marking_refs",
  message: `its marking ${id} was refused, so that nobody can tell who may read it`,
});

function requestOf(
  ask: LabelAsk,
  poster: Poster,
  snapshot: Snapshot,
): { request?: LabelRequest; preset?: LabelRequest } {
  const presets = snapshot.agencies.get(poster.agency)?.presets;
  // Its own names only: `constructor` is none.
  if (ask.preset !== undefined && !Object.hasOwn(presets ?? {}, ask.preset))
    throw new Fault(
      "unprocessable",
      `your agency has no preset ${ask.preset}; there are ${Object.keys(presets ?? {}).join(", ") || "none"}`,
      { code: "label.unknown_preset", path: "preset" },
    );
  const preset = ask.preset === undefined ? presets?.default : presets?.[ask.preset];
  return {
    ...(ask.request === undefined ? {} : { request: ask.request }),
    ...(preset === undefined ? {} : { preset }),
  };
}

/** Who posts, and what names mean. */
const bindWorld = (poster: Viewer, snapshot: Snapshot, { named }: LabelAsk): BindWorld => ({
  poster,
  agencies: snapshot.agencies,
  agreements: snapshot.agreements,
  agencyOf: (id) => snapshot.accounts.get(id)?.agency,
  quarantined: snapshot.quarantines
    .filter(({ agency, account }) => agency === poster.agency && (account ?? poster.id) === poster.id)
    .map(({ id }) => id),
  knowsAccount: (id) => named?.includes(id) === true || mayName(poster, id, snapshot),
});

/**
 * The label of each object of a batch: the request's and its own, met and normalised, standing orders applied. A request that no
 * object could bear refuses the batch: `Fault("unprocessable")`; trouble with one object's markings refuses that object.
 */
export async function bindBatch(
  unit: Unit,
  candidates: readonly Candidate[],
  ask: LabelAsk,
  poster: Poster,
  snapshot: Snapshot,
  secrets: Secrets,
): Promise<{ bound: Map<number, Bound>; refused: Map<number, Problem> }> {
  const viewer = snapshot.viewer(poster.id);
  if (viewer === undefined) throw new Fault("unauthorized", "this account is no more");
  const said = requestOf(ask, poster, snapshot);
  const world = bindWorld(viewer, snapshot, ask);
  const bind = labelBinder({ ...world, ...said });
  const originatorOnly = labelBinder({ ...world, request: { tlp: "AMBER+STRICT" } })({
    tlps: [],
    labels: [],
    rules: [],
    has: () => false,
  });
  // The request alone, before any object: what is wrong with it is wrong with all of them.
  const alone = bind({ tlps: [], labels: [], rules: [], has: () => true });
  if ("problems" in alone && (said.request ?? said.preset) !== undefined) {
    const [first] = alone.problems;
    if (first !== undefined) throw new Fault("unprocessable", first.message, { code: first.code, path: first.path });
  }
  const orders = await OrderBook.open(unit, poster, snapshot, secrets);
  // By the orders that cover an object, and by how many ceilings were reached; with none, its rows stay as they are.
  const memo = new Map<readonly OrderDoc[], { closings: number; byText: Map<string, Stored> }>();
  const NO_ORDERS: readonly OrderDoc[] = [];
  const store = (text: string, label: Label, by: readonly OrderDoc[]): Stored => {
    const known = memo.get(by);
    const { byText } = known?.closings === orders.closings ? known : { byText: new Map<string, Stored>() };
    if (byText !== known?.byText) memo.set(by, { closings: orders.closings, byText });
    const held = byText.get(text);
    if (held !== undefined) return held;
    const { label: released, uses } = orders.turnOn(label, by);
    const ordered = ask.settle?.(released) ?? released;
    const stored = ordered === label ? label : normaliseLabel(ordered);
    const id = labelId(secrets.digest, labelText(stored));
    const made = {
      stored,
      label: id,
      cuts: labelEntry(id, stored).cuts,
      name: { posted: labelId(secrets.digest, text) },
      uses,
    };
    byText.set(text, made);
    return made;
  };
  const bindOne = (text: string, label: Label, object: StixJson): Omit<Bound, "flags" | "consumed" | "warnings"> => {
    const { uses, ...made } = store(text, label, orders.covering(String(object.type)));
    const ordered = orders.settle(uses, object, made.name.posted);
    if (ordered.held === undefined) return { ...made, ordered };
    const { uses: _, ...waiting } = store(text, label, NO_ORDERS);
    return { ...waiting, ordered };
  };
  const markings = await knownMarkings(unit, candidates, poster.agency);
  const find = (id: string): StixJson | undefined => markings.get(id);
  const bound = new Map<number, Bound>();
  const refused = new Map<number, Problem>();
  const bindings = new Map<number, { binding: BoundLabel; marked: Marked }>();
  const listedBy = new Map<string, BoundLabel[]>();
  const saidOf = ({ item }: Candidate): Said | undefined => item.said;
  for (const candidate of candidates) {
    const { index, object } = candidate;
    const said = saidOf(candidate);
    const named =
      ask.refusedMarkings === undefined ? undefined : namedMarkings(object).find((id) => ask.refusedMarkings?.has(id));
    const own = named === undefined ? ownMarkings(object, find) : { problem: markingRefused(named) };
    const marked = "problem" in own ? undefined : withSaid(own.marked, said);
    const found: Binding =
      marked === undefined ? { problems: [] } : holdsRelease(object) ? originatorOnly : bind(marked);
    if (marked === undefined || "problems" in found) {
      const [problem] = "problem" in own ? [own.problem] : "problems" in found ? found.problems : [];
      refused.set(index, problem ?? { code: "label.refused", path: "", message: "the label can't be kept" });
      continue;
    }
    const binding = said?.ownAgency === true ? withoutRows(found) : found;
    bindings.set(index, { binding, marked });
    if (object.type !== "report" || binding.flags.includes("unmarked") || !Array.isArray(object.object_refs)) continue;
    for (const id of object.object_refs as string[]) listedBy.set(id, [...(listedBy.get(id) ?? []), binding]);
  }
  for (const candidate of candidates) {
    const { index, object } = candidate;
    const one = bindings.get(index);
    if (one === undefined) continue;
    const { binding, marked } = one;
    const reports = binding.flags.includes("unmarked") ? listedBy.get(String(object.id)) : undefined;
    const fromReports =
      reports === undefined
        ? undefined
        : inheritFromReports(
            binding.label,
            reports.map(({ label }) => label),
            marked.has,
            poster.role,
          );
    const inherited =
      fromReports !== undefined && saidOf(candidate)?.ownAgency === true
        ? withoutRows({ ...fromReports, warnings: [] })
        : fromReports;
    const { label, text, flags } = inherited ?? binding;
    bound.set(index, {
      ...bindOne(text, label, object),
      flags,
      consumed: marked.consumed,
      warnings: inherited === undefined ? binding.warnings : [],
    });
  }
  return { bound, refused };
}

const SAYS_NOTHING: OwnMarkings = { tlps: [], labels: [], rules: [], has: () => true };

/** A label request as it would be stored for a post of this account, met with what an object says itself (nothing); `Fault("unprocessable")` where it can't be. */
export function bindRequest(
  ask: LabelAsk,
  account: string,
  snapshot: Snapshot,
  own: OwnMarkings = SAYS_NOTHING,
): Pick<Bound, "flags" | "warnings"> & { readonly label: Label } {
  const [poster, viewer] = [snapshot.accounts.get(account), snapshot.viewer(account)];
  if (viewer === undefined || poster?.agency === undefined)
    throw new Fault("forbidden", "only an account of an agency can post", { code: "forbidden.no_agency" });
  const by = { ...poster, agency: poster.agency };
  const binding = labelBinder({ ...bindWorld(viewer, snapshot, ask), ...requestOf(ask, by, snapshot) })(own);
  if ("problems" in binding) {
    const [first] = binding.problems;
    throw new Fault("unprocessable", first?.message ?? "the label can't be kept", {
      code: first?.code ?? "label.refused",
      path: first?.path ?? "",
    });
  }
  const { label, flags, warnings } = binding;
  const ordered = applyOrders(label, snapshot.orders, by, formatInstant(snapshot.at));
  return { label: ordered === label ? label : normaliseLabel(ordered), flags, warnings };
}
