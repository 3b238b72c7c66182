import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import { gainers } from "../policy/gains.ts";
import { isPerson } from "../policy/gates.ts";
import { tierProblem } from "../policy/tiers.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { Fault, type Problem } from "../shared/fault.ts";
import { compareInstants } from "../shared/instant.ts";
import { Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import { admittedLanes } from "./admission.ts";
import { labelOfRow } from "./own-rows.ts";
import { audienceOf } from "./readers-under.ts";
import type { Row, Sight } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

/** 409: somebody was faster. */
export const staleContent = (): Fault =>
  new Fault("conflict", "it has changed since you opened it: read it again", { code: "content.stale", path: "hash" });

/** Whose post it is for the gates: on a label that does not need an author none is written. */
export const authorOf = (label: Label, row: Row): string => label.author ?? row.receivedFrom;

/** Whether somebody gave the post another version meanwhile, as far as its editor may see: two edits of one version must not both stand. */
export async function isFollowed(
  unit: Unit,
  { viewer }: Sight,
  snapshot: Snapshot,
  { stixId, originator, version }: Row,
  own: readonly string[],
): Promise<boolean> {
  if (version === undefined) return false;
  const later = (await unit.collection(Rows).find({ index: "stix", values: [stixId] })).filter(
    (other) =>
      other.originator === originator &&
      !own.includes(other.contribution) &&
      compareInstants(other.version ?? "", version) > 0,
  );
  const labels = [...new Set(later.map(({ label }) => label))].flatMap((id) => snapshot.labels.get(id) ?? []);
  const standing = labels.filter(({ label }) => label.state !== "withdrawn");
  const lanes = new Set(admittedLanes(viewer, standing, snapshot, "api").map(({ lane }) => lane));
  return later.some(({ lane }) => lanes.has(lane));
}

/** 422: what a post under that label would be told. */
export const refusedAs = (problem: Problem | undefined): Fault =>
  new Fault("unprocessable", problem?.message ?? "the label can't be kept", {
    code: problem?.code ?? "label.refused",
    path: problem?.path ?? "label",
  });

/** More tiers than a label may have: 422. */
export function mustFit(label: Label): void {
  const many = tierProblem(label);
  if (many !== undefined) throw new Fault("unprocessable", many.message, { code: many.code, path: many.path });
}

/** Anybody added is widening, whatever the labels say (policy 1.6, Q39): it takes two persons. Named are those whom the editor may know (Q49). */
export function mustNotWiden(
  before: Label,
  after: readonly Label[],
  { snapshot, viewer }: Pick<Sight, "snapshot" | "viewer">,
): void {
  const audience = audienceOf(snapshot, viewer);
  const gained = [...new Set(after.flatMap((label) => gainers(before, label, audience)))].sort();
  if (gained.length === 0) return;
  const message = `${gained.join(", ")} could read what ${gained.length === 1 ? "it" : "they"} can't now, and an edit by one person never adds a reader: propose the label (POST /api/v1/mine/{post}/relabel), or a release (POST /api/v1/objects/{id}/releases)`;
  throw new Fault("conflict", message, { code: "label.widens", path: "label" });
}

/** All of a post's versions that its agency still says and the viewer sees; of what has no versions the post alone. A service's are those that it posted itself. */
export async function standingVersions(sight: Sight, row: Row): Promise<Row[]> {
  if (row.version === undefined) return [row];
  const person = isPerson(sight.viewer.role);
  return (await sight.rowsOfIds([row.stixId])).filter(
    (other) =>
      sight.ownRow(other) &&
      other.version !== undefined &&
      labelOfRow(sight, other)?.state !== "withdrawn" &&
      (person || other.receivedFrom === row.receivedFrom),
  );
}

/** Equal but for whether they are on. */
export const sameRow = (a: ReleaseRow, b: ReleaseRow): boolean =>
  canonicalJson([a.agreement, a.countries, a.agencies, a.until]) ===
  canonicalJson([b.agreement, b.countries, b.agencies, b.until]);

/** Rows that were on wait again. */
export const releaseAgain: Problem = {
  code: "edit.release_again",
  path: "releases",
  message:
    "what is new has not been released yet: the rows listed wait for a second person (POST /api/v1/objects/{id}/releases); until then their readers keep the version before",
};

/** Policy 6, Q36. */
export function nobodyLeft(before: readonly string[], after: readonly string[], own: string | undefined): Problem[] {
  const others = (agencies: readonly string[]): boolean => agencies.some((agency) => agency !== own);
  if (after.length === 0) return [{ code: "label.nobody", path: "label", message: "nobody can read this any more" }];
  if (others(after) || !others(before)) return [];
  return [{ code: "label.nobody_else", path: "label", message: "nobody else can read this any more" }];
}
