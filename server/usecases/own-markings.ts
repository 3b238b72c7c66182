import { LabelRequest } from "../../schemas/policy/label.ts";
import { Tlp } from "../../schemas/policy/vocabulary.ts";
import { RELEASE_LABEL_EXTENSION, ReleaseLabel } from "../../schemas/stix/release-label.ts";
import { claimedTlp, tlpOfMarking } from "../../schemas/stix/tlp.ts";
import { selects } from "../pipeline/selector.ts";
import type { StixJson } from "../pipeline/steps.ts";
import type { OwnMarkings } from "../policy/label-request.ts";
import type { Problem } from "../shared/fault.ts";

/** Finds a marking definition by its id: of the batch, or one the account's agency posted before. */
export type FindMarking = (id: string) => StixJson | undefined;

export interface Marked extends OwnMarkings {
  /** Ids of markings that were read as the label and go to nobody else. */
  readonly consumed: readonly string[];
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

/** The granular markings of an object, as far as they are any: a draft is not validated. */
export const granularOf = ({ granular_markings: value }: StixJson): StixJson[] =>
  Array.isArray(value) ? value.filter((one): one is StixJson => typeof one === "object" && one !== null) : [];

/** The TLP level of a marking: by its standard id, or by what its definition claims; WHITE is CLEAR (policy 4). */
function levelOf(id: string, find: FindMarking): Tlp | undefined {
  const standard = tlpOfMarking(id);
  if (standard !== undefined) return standard;
  const definition = find(id);
  const claimed = definition === undefined ? undefined : claimedTlp(definition);
  const level = Tlp.safeParse(claimed === "white" ? "CLEAR" : claimed?.toUpperCase());
  return level.success ? level.data : undefined;
}

/** Our release extension on a marking definition, as a request; undefined if it has none. */
function releaseOf(definition: StixJson | undefined): { request: LabelRequest } | { problem: Problem } | undefined {
  const extension = (definition?.extensions as StixJson | undefined)?.[RELEASE_LABEL_EXTENSION];
  if (extension === undefined) return undefined;
  const read = ReleaseLabel.safeParse(extension);
  const unreadable = (message: string): { problem: Problem } => ({
    problem: {
      code: "label.release_extension",
      path: "object_marking_refs",
      message: `the release label of ${String(definition?.id)} can't be read: ${message}`,
    },
  });
  if (!read.success) return unreadable(read.error.issues[0]?.message ?? "wrong shape");
  const {
    tlp,
    classification,
    caveats,
    topics,
    releases,
    recipients,
    field_rules: fieldRules,
    count_shareable: countShareable,
  } = read.data;
  const request = LabelRequest.safeParse({
    ...{ tlp, classification, caveats, releases },
    ...(topics === undefined ? {} : { topics }),
    ...(recipients === undefined ? {} : { recipients }),
    ...(fieldRules === undefined ? {} : { fieldRules }),
    ...(countShareable === undefined ? {} : { countShareable }),
  });
  return request.success ? { request: request.data } : unreadable(request.error.issues[0]?.message ?? "wrong shape");
}

/** What an object says of its own label: TLP markings, release extensions, granular TLP markings (design 3, coming in). */
export function ownMarkings(object: StixJson, find: FindMarking): { marked: Marked } | { problem: Problem } {
  const refs = textsOf(object.object_marking_refs);
  const has = (selector: string): boolean => selects(object, selector);
  if (refs.length === 0 && object.granular_markings === undefined)
    return { marked: { tlps: [], labels: [], rules: [], has, consumed: [] } };
  const tlps: Tlp[] = [];
  const labels: LabelRequest[] = [];
  const consumed: string[] = [];
  for (const id of refs) {
    const level = levelOf(id, find);
    if (level !== undefined) {
      tlps.push(level);
      if (tlpOfMarking(id) === undefined) consumed.push(id);
      continue;
    }
    const release = releaseOf(find(id));
    if (release === undefined) continue;
    if ("problem" in release) return release;
    labels.push(release.request);
    consumed.push(id);
  }
  const rules = granularOf(object).flatMap(({ marking_ref: ref, selectors }) => {
    const tlp = typeof ref === "string" ? levelOf(ref, find) : undefined;
    return tlp === undefined ? [] : [{ selectors: textsOf(selectors), tlp }];
  });
  return { marked: { tlps, labels, rules, has, consumed } };
}

/** Whether a marking definition holds our release extension: it names rows of others, so it stays with its agency. */
export const holdsRelease = (object: StixJson): boolean =>
  object.type === "marking-definition" &&
  (object.extensions as StixJson | undefined)?.[RELEASE_LABEL_EXTENSION] !== undefined;
