import type { IngestCounts, IngestReply, IngestResult } from "../../schemas/api/ingest.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Tlp } from "../../schemas/policy/vocabulary.ts";
import { keyOf } from "../pipeline/key.ts";
import { labelId } from "../pipeline/lane.ts";
import type { Item, StixJson } from "../pipeline/steps.ts";
import { validate } from "../pipeline/validate.ts";
import { labelText } from "../policy/label-text.ts";
import { tightness } from "../policy/meet.ts";
import { personalWarning } from "../policy/personal-data.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault, type Problem } from "../shared/fault.ts";
import { compareInstants } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Receipts, Rows } from "../storage/collections.ts";
import type { AccountDoc, RowDoc } from "../storage/documents.ts";
import type { Storage, Unit } from "../storage/port.ts";
import { admittedLanes } from "./admission.ts";
import type { AuditStream } from "./append-audit.ts";
import { withAllOn } from "./audience-view.ts";
import { type Bound, bindBatch, type LabelAsk } from "./bind-labels.ts";
import type { Candidate } from "./candidate.ts";
import type { CommitTogether } from "./commit-together.ts";
import { nameAgain, nameAside } from "./contribution-name.ts";
import { followPosted, haveGrants } from "./grant-rows.ts";
import { inForce } from "./in-force.ts";
import { internLabels } from "./intern-labels.ts";
import { keepRejected } from "./keep-rejected.ts";
import type { Meter } from "./meter.ts";
import { namesWithheld } from "./names-withheld.ts";
import { type Named, ObjectVersions } from "./object-versions.ts";
import { recordOrders } from "./order-book.ts";
import { placeInLanes } from "./place-in-lanes.ts";
import { planRows, type RowPlan, type Secrets } from "./plan-rows.ts";
import { readersUnder } from "./readers-under.ts";
import { type Brought, reviewBatch } from "./review-at-post.ts";
import { SaidAlready } from "./settle-label.ts";
import { objectOf } from "./sight.ts";
import { labelEntry, rememberJudged, type Snapshot, type Snapshots } from "./snapshot.ts";

export interface IngestParts {
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  readonly audit: AuditStream;
  readonly secrets: Secrets;
  /** The time, ms: read under the write lock, so that stamps follow the order of commits. */
  readonly clock: () => number;
  /** Where posts that wait at once are committed together; absent: each by itself. */
  readonly commits?: CommitTogether;
  readonly meter?: Meter;
  /** Throws where the store has no room for more content. */
  readonly room?: () => void;
}

export interface BatchAsk {
  readonly account: string;
  /** The agency that the account was of when the post came. */
  readonly agency?: string;
  readonly label: LabelAsk;
  readonly channel: string;
  readonly dryRun: boolean;
  /** `false`: what is refused is not kept in quarantine. */
  readonly keepRejected?: boolean;
  /** What else is done in the batch's transaction, once it is known which contributions are new. */
  readonly also?: (unit: Unit, stored: readonly string[]) => Promise<void>;
  /** Each result names the version of its object. */
  readonly versions?: boolean;
}

type Result = { -readonly [K in keyof IngestResult]: IngestResult[K] };

const whereFound = (item: Item): Partial<Result> => ({
  ...(item.given === undefined ? {} : { given: item.given }),
  ...(item.offset === undefined ? {} : { offset: item.offset }),
});
const rejected = (item: Item, problem: Problem, id?: unknown): Result => ({
  index: item.index,
  ...(typeof id === "string" && id.length <= 300 ? { id } : {}),
  outcome: "rejected",
  code: problem.code,
  path: problem.path,
  message: problem.message,
  ...whereFound(item),
});

/** Validated and keyed: the pure first half of the line. What is wrong with one object is its own result. */
function prepare(
  items: readonly Item[],
  originator: string,
): { candidates: Candidate[]; results: Map<number, Result> } {
  const results = new Map<number, Result>();
  const candidates: Candidate[] = [];
  for (const item of items) {
    if ("problem" in item) {
      results.set(item.index, rejected(item, { ...item.problem, path: item.problem.path || (item.place ?? "") }));
      continue;
    }
    const { object, errors, warnings } = validate(item.object);
    const [first, ...more] = errors;
    if (object === undefined || first !== undefined) {
      results.set(item.index, {
        ...rejected(item, first ?? { code: "stix.invalid", path: "", message: "not a valid object" }, item.object.id),
        ...(more.length > 0 ? { warnings: more } : {}),
      });
      continue;
    }
    const keyed = keyOf(object, originator);
    if ("problems" in keyed) {
      const [problem, ...others] = keyed.problems;
      results.set(item.index, {
        ...rejected(item, problem ?? { code: "value.invalid", path: "", message: "no canonical form" }, object.id),
        ...(others.length > 0 ? { warnings: others } : {}),
      });
      continue;
    }
    candidates.push({
      index: item.index,
      object,
      key: keyed.key,
      item,
      warnings: [...(item.warnings ?? []), ...warnings, ...(keyed.warnings ?? [])],
    });
  }
  return { candidates, results };
}

/** Marking definitions of the input that did not get in: what names one can't be labelled. */
const refusedMarkings = (items: readonly Item[], results: ReadonlyMap<number, Result>): ReadonlySet<string> =>
  new Set(
    items.flatMap((item) =>
      "object" in item && item.object.type === "marking-definition" && results.has(item.index)
        ? [String(item.object.id)]
        : [],
    ),
  );

interface Held {
  readonly version: string;
  readonly hash: string;
  readonly posted: string;
  readonly object: () => StixJson;
}

/** What an agency is known to have said under one id. */
interface Chain {
  readonly ids: Set<string>;
  readonly versions: Held[];
  readonly said: { readonly hash: string; readonly posted: string; readonly label: string; readonly tlp: Tlp }[];
}

function addTo(chains: Map<string, Chain>, row: RowPlan, object: () => StixJson, tlp: Tlp): void {
  const { id, version, hash, posted, label } = row;
  const chain = chains.get(row.stixId) ?? { ids: new Set(), versions: [], said: [] };
  chain.ids.add(id);
  chain.said.push({ hash, posted, label, tlp });
  // What has no version has no conflict either: only its bytes count.
  if (version !== undefined) chain.versions.push({ version, hash, posted, object });
  chains.set(row.stixId, chain);
}

const sameContent = (a: StixJson, b: StixJson): boolean => canonicalJson(a) === canonicalJson(b);

/** What the contribution is to what its agency is known to have said under the id: only what the account may see counts. */
function fateOf(
  plan: RowPlan,
  object: StixJson,
  held: Chain | undefined,
  aside: () => string,
): { outcome: "created" | "unchanged" | "updated"; stored: boolean } | { problem: Problem } {
  if (held === undefined) return { outcome: "created", stored: true };
  if (held.ids.has(plan.id) || held.ids.has(aside())) return { outcome: "unchanged", stored: false };
  // Over another channel it is one more source of the same (dedup 3), and nobody gains or loses by it.
  const { hash, posted, label } = plan;
  if (held.said.some((one) => one.hash === hash && one.posted === posted && one.label === label))
    return { outcome: "unchanged", stored: true };
  const version = plan.version;
  if (version === undefined) return { outcome: "updated", stored: true };
  for (const other of held.versions.filter((one) => compareInstants(one.version, version) === 0)) {
    if (other.hash === plan.hash) continue;
    if (!sameContent(other.object(), object)) {
      const message = `your agency has said something else under this id with modified ${version}: a change needs a later modified`;
      return { problem: { code: "version.conflict", path: "modified", message } };
    }
    // Members in another order say the same.
    if (other.posted === plan.posted) return { outcome: "unchanged", stored: false };
  }
  return { outcome: "updated", stored: true };
}

/** A post adds readers and takes none away: what the agency holds under the id stays as it is labelled (policy 1.2). */
function standsBeside(plan: RowPlan, tlp: Tlp, held: Chain | undefined): Problem[] {
  const beside = held?.said.some((one) => one.hash === plan.hash || tightness(tlp) > tightness(one.tlp)) === true;
  const message =
    "what your agency posted under this id before stays as it is labelled: to narrow it, edit your post (POST /api/v1/mine/{post}/edit) or withdraw it";
  return beside ? [{ code: "label.stands_beside", path: "", message }] : [];
}

/** Rows in store order: the object's own first, then its cut copies. */
interface Accepted {
  readonly candidate: Candidate;
  readonly bound: Bound;
  readonly plans: readonly RowPlan[];
}

/** A label in place of the one that was bound. What standing orders turned on counts where a row of it is on still. */
function rebound(bound: Bound, label: Label, { digest }: Secrets): Bound {
  const id = labelId(digest, labelText(label));
  const ordered = label.releases.some(({ status }) => status === "on") ? bound.ordered : { ...bound.ordered, uses: [] };
  return { ...bound, stored: label, label: id, cuts: labelEntry(id, label).cuts, ordered };
}

/**
 * What the agency is known to this account to have said under these ids: as it sees it, and its own posts as it wrote them. What is withdrawn is
 * said no more; its contributions are named apart.
 */
async function heldChains(
  unit: Unit,
  ids: readonly string[],
  poster: string,
  agency: string,
  snapshot: Snapshot,
): Promise<{
  chains: Map<string, Chain>;
  withdrawn: ReadonlySet<string>;
  heldIds: ReadonlySet<string>;
  found: RowDoc[];
}> {
  const viewer = snapshot.viewer(poster);
  const chains = new Map<string, Chain>();
  const withdrawn = new Set<string>();
  const found = await unit.collection(Rows).find({ index: "stix", values: ids });
  const heldIds = new Set(found.map((row) => row.stixId));
  const rows = found.filter((row) => row.originator === agency);
  const entries = [...new Set(rows.map((row) => row.label))].flatMap((id) => snapshot.labels.get(id) ?? []);
  const lanes = viewer === undefined ? [] : admittedLanes(viewer, entries, snapshot, "api");
  const tiers = new Map(lanes.map(({ entry, lane }) => [entry.id, lane]));
  for (const row of rows) {
    const label = snapshot.labels.get(row.label)?.label;
    if (label?.state === "withdrawn") withdrawn.add(row.contribution);
    if (label === undefined || label.state === "withdrawn") continue;
    const written = row.receivedFrom === poster && tiers.has(row.label);
    if (written ? row.id !== row.contribution : tiers.get(row.label) !== row.lane) continue;
    addTo(chains, row, () => objectOf(row), label.tlp);
  }
  return { chains, withdrawn, heldIds, found };
}

/** What was withdrawn and is posted again is a new contribution, with a name that none of those had (TAXII T-104). */
function namedAnew(
  plans: readonly RowPlan[],
  withdrawn: ReadonlySet<string>,
  poster: string,
  secrets: Secrets,
): readonly RowPlan[] {
  const first = plans[0]?.contribution ?? "";
  let contribution = first;
  const was = (name: string): boolean => withdrawn.has(name) || withdrawn.has(nameAside(name, poster, secrets));
  for (let times = 1; withdrawn.size > 0 && was(contribution); times++) contribution = nameAgain(first, times, secrets);
  if (contribution === first) return plans;
  return plans.map((plan) => ({ ...plan, contribution, id: `${contribution}${plan.id.slice(first.length)}` }));
}

/** Stores rows; what stands in the way and is hidden from the account, whole or in part, stays as it is and does not show: theirs gets a name of its own. Gives them as they stand. */
async function insertRows(
  unit: Unit,
  rows: readonly RowDoc[],
  poster: string,
  secrets: Secrets,
): Promise<readonly RowDoc[]> {
  const inserted = await unit.collection(Rows).insertNew(rows);
  const taken = new Set(rows.filter(({ id }) => !inserted.has(id)).map(({ contribution }) => contribution));
  if (taken.size === 0) return rows;
  const aside = rows
    .filter(({ contribution }) => taken.has(contribution))
    .map((row) => {
      const contribution = nameAside(row.contribution, poster, secrets);
      return { ...row, contribution, id: `${contribution}${row.id.slice(row.contribution.length)}` };
    });
  await unit.collection(Rows).insertNew(aside);
  return [...rows.filter(({ contribution }) => !taken.has(contribution)), ...aside];
}

/** What every store holds as one document, less room for the rest of it. */
const MOST_BYTES = 14 * 1_048_576;
const SURELY_SMALL = 1_048_576;

/** Words are counted where they can matter: in two-character pieces they take three times the text. */
const isTooLarge = ({ bytes, terms = [] }: RowPlan): boolean =>
  bytes.length > SURELY_SMALL && terms.reduce((sum, term) => sum + Buffer.byteLength(term), bytes.length) > MOST_BYTES;

const countsOf = (received: number, results: Iterable<Result>): IngestCounts => {
  const counts: IngestCounts = { received, created: 0, unchanged: 0, updated: 0, rejected: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
};

/** Thrown inside the transaction when the policy moved since the labels were bound: bind again. */
class Moved extends Error {}

/** Thrown inside a transaction of several posts by one that brings a label after all. */
class Alone extends Error {}

/**
 * One batch, whole or not at all: validated, keyed, labelled, and applied in one transaction with its receipt and its audit row
 * (design 1, 2.3 and 2.8). `Fault("unprocessable")` for a label request that can't be; every other trouble is a result.
 */
export async function ingestBatch(
  parts: IngestParts,
  items: readonly Item[],
  ask: BatchAsk,
  moment: Moment,
): Promise<IngestReply> {
  const began = performance.now();
  if (!ask.dryRun) parts.room?.();
  for (let tries = 0; ; tries++) {
    const snapshot = await parts.snapshots.read(parts.storage, moment.now);
    try {
      const made = await attempt(parts, items, ask, moment, snapshot);
      if (!ask.dryRun) parts.meter?.({ kind: "batch", counts: made.counts, ms: performance.now() - began });
      return made;
    } catch (error) {
      if (!(error instanceof Moved)) throw error;
      if (tries >= 5)
        throw new Fault("unavailable", "the policy is changing; send it again", {
          code: "ingest.policy_moves",
          retryAfter: 1,
        });
    }
  }
}

function posterOf(snapshot: Snapshot, { account: id, agency }: BatchAsk): AccountDoc & { agency: string } {
  const account = snapshot.accounts.get(id);
  if (account?.agency === undefined)
    throw new Fault("forbidden", "only an account of an agency can post", { code: "forbidden.no_agency" });
  // A post that waited as a job is its account's still when its turn comes.
  if (!inForce(account, snapshot.at))
    throw new Fault("forbidden", "this account is not in force any more", { code: "forbidden.account_ended" });
  // What was posted as one agency's word is not another's.
  if (agency !== undefined && agency !== account.agency)
    throw new Fault("forbidden", "this account is of another agency now than when it was posted", {
      code: "forbidden.account_moved",
    });
  return { ...account, agency: account.agency };
}

async function attempt(
  parts: IngestParts,
  items: readonly Item[],
  ask: BatchAsk,
  moment: Moment,
  snapshot: Snapshot,
): Promise<IngestReply> {
  const poster = posterOf(snapshot, ask);
  const { candidates, results } = prepare(items, poster.agency);
  const { bound, refused } = await bindBatch(
    parts.storage,
    candidates,
    { ...ask.label, refusedMarkings: refusedMarkings(items, results) },
    poster,
    snapshot,
    parts.secrets,
  );
  const byIndex = new Map(candidates.map((one) => [one.index, one]));
  for (const [index, problem] of refused) {
    const candidate = byIndex.get(index);
    if (candidate !== undefined) results.set(index, rejected(candidate.item, problem, candidate.object.id));
  }
  const batch = uuid4(moment);
  const origin = {
    originator: poster.agency,
    receivedFrom: poster.id,
    channel: ask.channel,
    batch,
    received: moment.now,
  };
  const plansOf = ({ object, key, item: { given } }: Candidate, label: Bound): RowPlan[] =>
    planRows({ object, key, ...label, ...(given === undefined ? {} : { given }) }, origin, parts.secrets);
  const planned: Accepted[] = candidates.flatMap((candidate) => {
    const label = bound.get(candidate.index);
    if (label === undefined) return [];
    const plans = plansOf(candidate, label);
    if (plans.some(isTooLarge)) {
      const message = `an object with its words may take ${MOST_BYTES} bytes: send what is large in it apart`;
      results.set(
        candidate.index,
        rejected(candidate.item, { code: "object.too_large", path: "", message }, candidate.object.id),
      );
      return [];
    }
    return [{ candidate, bound: label, plans }];
  });
  const withheld = await namesWithheld(
    parts.storage,
    planned.map(({ candidate: { index, object }, bound: { stored } }) => ({ index, object, stored })),
    poster,
    snapshot,
  );
  const versions = ask.versions === true ? new ObjectVersions(items) : undefined;
  const named = new Map<number, Named>();
  const nameTimeless = async (unit: Unit, stored: ReadonlyMap<string, Label>): Promise<void> => {
    await versions?.nameTimeless(unit, [...named.values()], poster.id, snapshot, (id) => {
      const label = stored.get(id);
      return snapshot.labels.get(id) ?? (label === undefined ? undefined : labelEntry(id, label));
    });
  };
  const reply = (): IngestReply => {
    const list = [...results.values()].sort((a, b) => a.index - b.index);
    for (const result of list) {
      const version = versions?.get(result.index);
      if (version !== undefined) result.version = version;
    }
    return { batch, counts: countsOf(items.length, list), results: list };
  };
  const quarantine = async (unit: Unit, made: IngestReply): Promise<IngestReply["quarantined"]> => {
    if (made.counts.rejected === 0 || ask.keepRejected === false) return undefined;
    const byPlace = new Map(items.map((item) => [item.index, item]));
    const refused = made.results.flatMap((result) => {
      const item = byPlace.get(result.index);
      return result.outcome === "rejected" && item !== undefined ? [{ item, result }] : [];
    });
    const { account, label, channel } = ask;
    const by = { account, agency: poster.agency, batch, channel, ask: label, now: moment.now };
    return keepRejected(unit, refused, by, snapshot, parts.secrets);
  };
  /** Labels that objects got in place of those that they were bound with. */
  const settledAs = new Map<number, readonly [id: string, label: Label]>();
  const settle = async (unit: Unit, store: boolean, together = false): Promise<IngestReply> => {
    for (const { candidate } of planned) results.delete(candidate.index);
    settledAs.clear();
    const ids = [...new Set(planned.map(({ plans }) => plans[0]?.stixId ?? ""))];
    const { chains, withdrawn, heldIds, found } = await heldChains(unit, ids, poster.id, poster.agency, snapshot);
    const firsts = planned.flatMap(({ plans: [own] }) => own ?? []);
    const already = await SaidAlready.read(unit, firsts, found, snapshot.viewer(poster.id), snapshot);
    const stored = new Map(planned.map(({ bound: label }) => [label.label, label.stored]));
    const fresh: RowPlan[] = [];
    const brought: Brought[] = [];
    const orders: Parameters<typeof recordOrders>[1][number][] = [];
    for (const { candidate, bound: asked, plans: first } of planned) {
      const kept = first[0] === undefined ? undefined : already?.settle(first[0], candidate.object, asked.stored);
      const label = kept === undefined ? asked : rebound(asked, kept.label, parts.secrets);
      if (kept !== undefined) {
        stored.set(label.label, label.stored);
        settledAs.set(candidate.index, [label.label, label.stored]);
      }
      const bare = kept === undefined ? first : plansOf(candidate, label);
      const plans = namedAnew(bare, withdrawn, poster.id, parts.secrets);
      const [own] = plans;
      if (own === undefined) continue;
      const aside = (): string => nameAside(own.id, poster.id, parts.secrets);
      // What stands under the plain name may be hidden from the poster, whose own then stands aside.
      const names = (): string[] => [aside(), own.id];
      named.set(candidate.index, { index: candidate.index, stixId: own.stixId, names });
      const fate = fateOf(own, candidate.object, chains.get(own.stixId), aside);
      if ("problem" in fate) {
        results.set(candidate.index, rejected(candidate.item, fate.problem, own.stixId));
        continue;
      }
      const { tlp } = label.stored;
      const beside = fate.outcome === "updated" ? standsBeside(own, tlp, chains.get(own.stixId)) : [];
      const personal = personalWarning(candidate.object, label.stored);
      const lists = withheld.get(candidate.index);
      const settled = kept !== undefined && fate.stored ? [kept.warning] : [];
      const more = [...personal, ...beside, ...(lists ? [lists] : []), ...settled];
      const warnings = [...candidate.warnings, ...label.warnings, ...more];
      results.set(candidate.index, {
        index: candidate.index,
        id: own.stixId,
        outcome: fate.outcome,
        ...(warnings.length > 0 ? { warnings } : {}),
        ...whereFound(candidate.item),
      });
      if (!fate.stored) continue;
      addTo(chains, own, () => candidate.object, tlp);
      already?.add(own, label.stored);
      fresh.push(...plans);
      brought.push({ object: candidate.object, rows: plans, label: label.stored });
      const { stixId: object, kind, originator: agency } = own;
      if (label.ordered.held !== undefined || label.ordered.uses.length > 0)
        orders.push({ ...label.ordered, sample: { id: own.contribution, object, kind, agency } });
    }
    if (!store) return reply();
    if (!(await recordOrders(unit, orders, snapshot, moment.now))) throw new Moved();
    const brings = [...stored.keys()].some((id) => !snapshot.labels.has(id));
    // What clients read by grant brings labels of its own.
    if (together && (brings || (await haveGrants(unit, fresh)))) throw new Alone();
    await internLabels(unit, stored);
    const rows: RowDoc[] = await placeInLanes(unit, fresh, Math.max(moment.now, parts.clock()), heldIds);
    const inserted = await insertRows(unit, rows, poster.id, parts.secrets);
    await followPosted(unit, inserted, stored, parts.secrets, Math.max(moment.now, parts.clock()));
    await reviewBatch(
      unit,
      brought,
      {
        ...{ batch, poster, channel: ask.channel, received: moment.now, at: snapshot.at, orders: snapshot.orders },
        country: snapshot.agencies.get(poster.agency)?.country ?? "",
      },
      rows,
    );
    await ask.also?.(unit, [...new Set(fresh.map(({ contribution }) => contribution))]);
    await nameTimeless(unit, stored);
    await rememberJudged(unit, snapshot.at);
    const made = reply();
    const kept = await quarantine(unit, made);
    const text = JSON.stringify(made.results);
    // What the sender keeps says nothing of other batches, as a place in the chain would: the audit row holds the same digest.
    const receipt = sha256(`${batch}|${poster.id}|${text}`);
    const audit = await parts.audit.append(unit, {
      actor: poster.id,
      revision: snapshot.revision,
      at: snapshot.at,
      what: "batch.applied",
      detail: { batch, counts: made.counts, receipt },
    });
    await unit.collection(Receipts).insert([
      {
        id: batch,
        account: poster.id,
        agency: poster.agency,
        at: moment.now,
        counts: made.counts,
        results: Buffer.from(text),
        audit,
      },
    ]);
    return { ...made, ...(kept === undefined ? {} : { quarantined: kept }), receipt };
  };
  if (ask.dryRun) {
    const made = await settle(parts.storage, false);
    const labels = [
      ...new Map([...bound].map(([i, { label, stored }]) => settledAs.get(i) ?? [label, stored])).values(),
    ];
    const looker = snapshot.viewer(ask.account);
    const agencies = (under: readonly Label[]): string[] =>
      looker === undefined ? [] : readersUnder(under, snapshot, looker).agencies;
    const readers = { now: agencies(labels), released: agencies(labels.map(withAllOn)) };
    return { ...made, readers };
  }
  const apply =
    (together: boolean) =>
    async (unit: Unit): Promise<IngestReply> => {
      const current = await parts.snapshots.read(unit, moment.now);
      if (current.revision !== snapshot.revision) throw new Moved();
      return settle(unit, true, together);
    };
  // A label that is new is known to others once it is committed: what would have to be unlearnt if a post beside it failed goes by itself.
  if (parts.commits !== undefined && planned.every(({ bound: { label } }) => snapshot.labels.has(label)))
    try {
      return await parts.commits.run(planned.length, apply(true));
    } catch (error) {
      if (!(error instanceof Alone)) throw error;
    }
  return parts.storage.transaction(apply(false));
}
