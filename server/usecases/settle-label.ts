import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { isBare, wordsOf } from "../pipeline/words.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { sharedRows } from "../policy/meet.ts";
import { rowWithin } from "../policy/narrow.ts";
import { needsCustodian } from "../policy/release-rules.ts";
import type { Problem } from "../shared/fault.ts";
import { Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import { type AdmittedLane, admittedLanes } from "./admission.ts";
import { isHeld, isUnderWay, labelMeant } from "./held-sources.ts";
import { gainsBeyond } from "./others-words.ts";
import type { RowPlan } from "./plan-rows.ts";
import { objectOf } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

type Said = Pick<
  RowPlan,
  "stixId" | "thing" | "fold" | "originator" | "hash" | "bytes" | "label" | "received" | "receivedFrom"
>;

/** A label that a post gets in place of the one it asks for, and what its sender is told. */
export interface Settled {
  readonly label: Label;
  readonly warning: Problem;
}

const STANDS_NARROWER: Problem = {
  code: "label.widens",
  path: "",
  message:
    "your agency has said this already, for fewer: by one person's word it is for nobody else. Rows that don't stand on there wait for a second person (POST /api/v1/objects/{id}/releases); for a looser label propose it (POST /api/v1/mine/{post}/relabel)",
};
const OTHERS_WORDS: Problem = {
  code: "originator-control",
  path: "releases",
  message:
    "another agency said this before: your rows by which others would read its words are off. Ask the originating agency (POST /api/v1/releases/onward)",
};

const off = (row: ReleaseRow): ReleaseRow => ({ ...row, status: "off" });
const isOn = ({ status }: ReleaseRow): boolean => status === "on";

/** A row that is on, as far as rows that stand on say so; the rest of it is off. */
function asStands(row: ReleaseRow, held: readonly ReleaseRow[]): ReleaseRow[] {
  if (held.some((one) => rowWithin(row, one))) return [row];
  const on = sharedRows([row], held);
  const { agencies } = row;
  if (agencies === "*") return [...on, off(row)];
  const stands = (agency: string): boolean => held.some((one) => rowWithin({ ...row, agencies: [agency] }, one));
  const left = agencies.filter((agency) => !stands(agency));
  return left.length === 0 ? on : [...on, { ...off(row), agencies: left }];
}

/** What a poster sees that was said already of what it posts: its agency's own posts, and others' before them. Nothing else has a part in the answer (policy 7). */
export class SaidAlready {
  readonly #poster: Viewer;
  readonly #snapshot: Snapshot;
  readonly #lanes: ReadonlyMap<string, AdmittedLane>;
  /** By label: each is admitted in one tier. */
  readonly #lanesOf: ReadonlyMap<string, AdmittedLane>;
  /** By label: whether a quarantine under way hides it. */
  readonly #hides = new Map<string, boolean>();
  readonly #byKey = new Map<string, Said[]>();
  readonly #words = new Map<Said, string>();
  readonly #known = new Map<string, Settled | undefined>();
  /** Labels that this batch brings. */
  readonly #brought = new Map<string, Label>();

  private constructor(rows: readonly RowDoc[], poster: Viewer, snapshot: Snapshot) {
    this.#poster = poster;
    this.#snapshot = snapshot;
    const labels = [...new Set(rows.map(({ label }) => label))].flatMap((id) => snapshot.labels.get(id) ?? []);
    this.#lanes = new Map(admittedLanes(poster, labels, snapshot, "api").map((lane) => [lane.lane, lane]));
    this.#lanesOf = new Map([...this.#lanes.values()].map((lane) => [lane.entry.id, lane]));
    for (const row of rows) {
      // As the poster sees it, and its own posts as it wrote them.
      const seen = this.#lanesOf.get(row.label);
      if (seen === undefined || this.#hidden(row, seen)) continue;
      const written = row.receivedFrom === poster.id && row.id === row.contribution;
      if (written || this.#lanes.has(row.lane)) this.#keep(row);
    }
  }

  /** Whether a quarantine under way hides it: all of another agency's, and of one's own what is meant. */
  #hidden(row: RowDoc, lane: AdmittedLane): boolean {
    const { label } = lane.entry;
    if (row.originator === this.#poster.agency && labelMeant(label, row, this.#snapshot.quarantines) === label)
      return false;
    let hidden = this.#hides.get(row.label);
    if (hidden === undefined) {
      hidden = isHeld(lane, this.#poster, this.#snapshot, "api");
      this.#hides.set(row.label, hidden);
    }
    return hidden;
  }

  /** `held`: rows under the ids of these plans, as the store has them. */
  static async read(
    unit: Unit,
    plans: readonly RowPlan[],
    held: readonly RowDoc[],
    poster: Viewer | undefined,
    snapshot: Snapshot,
  ): Promise<SaidAlready | undefined> {
    if (poster === undefined) return undefined;
    // The same pattern or value under another sender's id. A value under the standard's id is found by that.
    const things = new Set(
      plans
        .filter(
          ({ fold, kind, thing, stixId }) => fold === "pattern" || (fold === "value" && stixId !== `${kind}--${thing}`),
        )
        .map(({ thing }) => thing),
    );
    const values = [...things];
    const rows = unit.collection(Rows);
    const there = await rows.tally({ index: "thing", prefixes: values.map((thing) => [thing]), most: 1 });
    const known = values.filter((_, i) => there[i] !== 0);
    const others = known.length === 0 ? [] : await rows.find({ index: "thing", values: known });
    const all = new Map([...held, ...others].map((row) => [row.id, row]));
    return new SaidAlready([...all.values()], poster, snapshot);
  }

  #keep(row: Said): void {
    for (const key of row.fold === "alone" ? [row.stixId] : [row.stixId, row.thing]) {
      const kept = this.#byKey.get(key);
      if (kept === undefined) this.#byKey.set(key, [row]);
      else kept.push(row);
    }
  }

  /** What comes later in the batch finds this said. */
  add(row: RowPlan, label: Label): void {
    this.#brought.set(row.label, label);
    this.#keep(row);
  }

  #labelOf(row: Said): Label | undefined {
    const stands = this.#brought.get(row.label) ?? this.#snapshot.labels.get(row.label)?.label;
    const label = stands === undefined ? undefined : labelMeant(stands, row, this.#snapshot.quarantines);
    // What was taken back was for those whom its label names: to say it again is to say it to them.
    return label?.state === "withdrawn" ? { ...label, state: "released" } : label;
  }

  /** Whether a quarantine under way has yet to take it. */
  #isMeant(row: Said): boolean {
    const { labels, quarantines } = this.#snapshot;
    if (!quarantines.some(isUnderWay)) return false;
    const label = this.#brought.get(row.label) ?? labels.get(row.label)?.label;
    return label !== undefined && labelMeant(label, row, quarantines) !== label;
  }

  #saying(row: Said, words: () => string): boolean {
    const held = this.#words.get(row) ?? wordsOf(objectOf(row));
    this.#words.set(row, held);
    return held === words();
  }

  /**
   * The label under which a post is kept if it says what was said already (policy 1.6; 6, Q40). What its agency said already, and the poster sees, is by this post for nobody who
   * had it by none of those: rows that don't stand on there are off, and where its other parts are looser they are as there. What another agency
   * said is by no row for anybody who, as far as the poster may know, had it not. Undefined: as it is asked for. A bare value is nobody's words, but where what stands of it is a custodian's to release.
   */
  settle(plan: RowPlan, object: StixJson, asked: Label): Settled | undefined {
    const beside = [
      ...new Set([
        ...(this.#byKey.get(plan.stixId) ?? []),
        ...(plan.fold === "alone" ? [] : (this.#byKey.get(plan.thing) ?? [])),
      ]),
    ];
    if (beside.length === 0) return undefined;
    const bare = isBare(object);
    const isOwn = ({ originator }: Said): boolean => originator === plan.originator;
    const near = bare ? beside.filter((row) => isOwn(row) && this.#closed(row)) : beside;
    const alike = (row: Said): boolean =>
      isOwn(row) && row.label === plan.label && this.#isMeant(row) === this.#isMeant(plan);
    if (near.every(alike)) return undefined;
    let text: string | undefined;
    const words = (): string => {
      text ??= wordsOf(object);
      return text;
    };
    const same = (bare ? beside.filter(isOwn) : beside).filter(
      (row) => row.hash === plan.hash || this.#saying(row, words),
    );
    const ofOwn = same.filter(isOwn);
    if (same.length === 0 || ofOwn.some(alike)) return undefined;
    if (bare && !ofOwn.some((row) => this.#closed(row))) return undefined;
    const own = ofOwn.flatMap((row) => this.#labelOf(row) ?? []);
    // Of what was said already nobody's word but one's own agency's counts: it stands as far as it stands.
    const theirs = ofOwn.length > 0 ? [] : same.flatMap(({ label }) => this.#lanesOf.get(label) ?? []);
    if (own.length === 0 && theirs.length === 0) return undefined;
    const key = JSON.stringify([plan.label, same.map((row) => [row.originator, row.label, this.#isMeant(row)]).sort()]);
    if (!this.#known.has(key)) this.#known.set(key, this.#judge(asked, own, theirs));
    return this.#known.get(key);
  }

  /** Whether what stands is a custodian's to release. */
  #closed(row: Said): boolean {
    const label = this.#labelOf(row);
    return label !== undefined && needsCustodian(label);
  }

  #judge(asked: Label, own: readonly Label[], theirs: readonly AdmittedLane[]): Settled | undefined {
    const gains = (before: readonly Label[], after: Label): boolean =>
      gainsBeyond(before, theirs, normaliseLabel(after), this.#poster, this.#snapshot);
    const standing = own.at(-1);
    if (standing !== undefined) {
      if (!gains(own, asked)) return undefined;
      const held = own.flatMap(({ releases }) => releases.filter(isOn));
      const fewer = { ...asked, releases: asked.releases.flatMap((row) => (isOn(row) ? asStands(row, held) : [row])) };
      const quarantined = [...(standing.quarantined ?? []), ...(asked.quarantined ?? [])];
      const label = gains(own, fewer) ? { ...standing, quarantined, releases: asked.releases.map(off) } : fewer;
      return { label: normaliseLabel(label), warning: STANDS_NARROWER };
    }
    const alone = { ...asked, releases: asked.releases.map(off) };
    const releases = asked.releases.map((row) =>
      isOn(row) && gains([alone], { ...alone, releases: [row] }) ? off(row) : row,
    );
    const label = normaliseLabel({ ...asked, releases });
    return releases.every((row, i) => row === asked.releases[i]) ? undefined : { label, warning: OTHERS_WORDS };
  }
}
