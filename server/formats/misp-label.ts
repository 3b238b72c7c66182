import { TLP, type Tlp } from "../../schemas/policy/vocabulary.ts";
import type { Said } from "../pipeline/steps.ts";
import type { Problem } from "../shared/fault.ts";
import { isSet, type Json, listOf, member, textOf } from "./misp-event.ts";

/** What tags and distribution say of who may read. Rows are only ever taken away by it: MISP's communities are not ours. */

const LEVELS: ReadonlyMap<string, Tlp> = new Map([
  ["white", "CLEAR"],
  ...TLP.map((level) => [level.toLowerCase(), level] as const),
]);
/** Says how a text may be quoted, not who may read it. */
const NO_LEVEL: ReadonlySet<string> = new Set(["ex:chr"]);

export interface Tags {
  readonly tlps: readonly Tlp[];
  /** A TLP tag of no level that is known. */
  readonly unreadable?: string;
  /** Other tags, as they are written. */
  readonly labels: readonly string[];
  /** `misp-galaxy:threat-actor="…"`. */
  readonly clusters: readonly string[];
  /** 0 to 100, of `misp:confidence-level`. */
  readonly confidence?: number;
  /** Tags that may not leave the instance they were put on in. */
  readonly local: number;
}

const CONFIDENCE: ReadonlyMap<string, number> = new Map(
  Object.entries({
    "completely-confident": 100,
    "usually-confident": 75,
    "fairly-confident": 50,
    "rarely-confident": 25,
    unconfident: 0,
  }),
);

/** The tags of an event or attribute. A local tag still tightens, but is handed to nobody. */
export function tagsOf(json: Json): Tags {
  const tlps = new Set<Tlp>();
  const [labels, clusters]: [Set<string>, Set<string>] = [new Set(), new Set()];
  let unreadable: string | undefined;
  let confidence: number | undefined;
  let local = 0;
  for (const tag of listOf(json, "Tag")) {
    const name = textOf(tag, "name");
    if (name === undefined) continue;
    const tlp = /^tlp\s{0,5}:\s{0,5}"?(.{1,40}?)"?$/i.exec(name.slice(0, 60))?.[1]?.toLowerCase();
    if (tlp !== undefined && !NO_LEVEL.has(tlp)) {
      const level = LEVELS.get(tlp);
      if (level === undefined) unreadable = name;
      else tlps.add(level);
      continue;
    }
    if (isSet(tag, "local")) local++;
    else if (name.startsWith("misp-galaxy:")) clusters.add(name);
    else {
      const level = /^misp:confidence-level="([a-z-]{1,40})"$/.exec(name)?.[1];
      const held = level === undefined ? undefined : CONFIDENCE.get(level);
      if (held === undefined) labels.add(name);
      else confidence = Math.min(confidence ?? 100, held);
    }
  }
  return {
    tlps: [...tlps],
    ...(unreadable === undefined ? {} : { unreadable }),
    labels: [...labels],
    clusters: [...clusters],
    ...(confidence === undefined ? {} : { confidence }),
    local,
  };
}

/** The label of one thing within an event, with what is to be said of it. */
export interface Standing {
  readonly said: Said;
  readonly warnings: readonly Problem[];
}

/** Before anything is said. A feed's file has no distribution: then the post alone decides. */
export const OPEN: Standing = { said: {}, warnings: [] };

type Reach = "own" | "group" | "shared" | "unknown";

/** 0 your organisation only, 1 this community, 2 connected communities, 3 all, 4 a sharing group, 5 (not of an event) as what it is in. */
function reachOf(json: Json, within: boolean): Reach {
  const value = member(json, "distribution");
  const text = typeof value === "number" ? String(value) : value;
  if (value === undefined || value === null || value === "" || (within && text === "5")) return "shared";
  if (text === "1" || text === "2" || text === "3") return "shared";
  return text === "0" ? "own" : text === "4" ? "group" : "unknown";
}

const WORDS: Readonly<Record<Exclude<Reach, "shared">, readonly [code: string, words: string]>> = {
  own: [
    "misp.distribution",
    "its distribution is 0, your organisation only: it stays in your agency, without release rows",
  ],
  group: ["misp.sharing_group", "its sharing group is not known here: it stays in your agency, without release rows"],
  unknown: ["misp.distribution", "its distribution is none of 0 to 5: it stays in your agency, without release rows"],
};

const tightest = (a: readonly Tlp[], b: readonly Tlp[]): readonly Tlp[] => {
  const [x, y] = [a[0], b[0]];
  if (x === undefined || y === undefined) return x === undefined ? b : a;
  // Several on one thing are a quarrel, and who labels settles it.
  if (a.length > 1 || b.length > 1) return [...new Set([...a, ...b])].sort();
  return TLP.indexOf(x) >= TLP.indexOf(y) ? a : b;
};

/**
 * Who may read something, given what it is within: the tightest TLP of both (MISP's event tags hold for all in it), and no rows as soon as
 * either's distribution allows none. A request or preset decides which rows there are; nothing here adds one.
 */
export function standingOf(json: Json, tags: Tags, within: Standing, path: string): Standing {
  const reach = reachOf(json, within !== OPEN);
  const own = WORDS[reach as keyof typeof WORDS];
  const tlps = tightest(within.said.tlps ?? [], tags.tlps);
  const warnings: Problem[] = [];
  if (own !== undefined) warnings.push({ code: own[0], path, message: own[1] });
  if (tags.unreadable !== undefined)
    warnings.push({
      code: "misp.tlp",
      path,
      message: `its tag "${tags.unreadable.slice(0, 60)}" is no TLP level that is known: it stays in your agency, without release rows`,
    });
  if (tags.local > 0)
    warnings.push({
      code: "misp.local",
      path,
      message: `${tags.local} local tags were left out: they stay where they were put on`,
    });
  const kept = warnings.some(({ code }) => code !== "misp.local") || within.said.ownAgency === true;
  return {
    said: { ...(tlps.length === 0 ? {} : { tlps }), ...(kept ? { ownAgency: true } : {}) },
    warnings,
  };
}

export const NO_TAGS: Tags = { tlps: [], labels: [], clusters: [], local: 0 };

export const sameSaid = (a: Said, b: Said): boolean =>
  a.ownAgency === b.ownAgency && (a.tlps ?? []).join() === (b.tlps ?? []).join();
