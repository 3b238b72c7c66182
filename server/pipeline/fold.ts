import { compareInstants, formatInstant } from "../shared/instant.ts";
import { keyOf } from "./key.ts";
import type { StixJson } from "./steps.ts";

/** One visible contribution as a fold reads it: an object as the viewer's tier shows it, and where it stands. */
export interface Source {
  readonly object: StixJson;
  readonly originator: string;
  /** Microseconds; the order of the lane it is visible in. */
  readonly stamp: number;
  readonly id: string;
}

/** Whether `a` comes after `b` in the reader's order (stamp, then row id). */
export const later = (a: Pick<Source, "stamp" | "id">, b: Pick<Source, "stamp" | "id">): boolean =>
  a.stamp !== b.stamp ? a.stamp > b.stamp : a.id > b.id;

/** Best first (dedup 3): the sender's confidence, then the most recent. */
const preferred = (sources: readonly Source[]): Source[] =>
  [...sources].sort((a, b) => {
    const [x, y] = [Number(a.object.confidence ?? -1), Number(b.object.confidence ?? -1)];
    return x !== y ? y - x : later(a, b) ? -1 : 1;
  });

const isPlain = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lists and dictionaries that a fold has begun to join: its own to grow, each list with the texts of its members. */
class Joined {
  readonly #texts = new WeakMap<object, Set<string>>();
  readonly #own = new WeakSet<object>();

  /** Union of what several sources say of one property: lists and dictionaries join, of scalars the preferred one stands. */
  of(held: unknown, more: unknown): unknown {
    if (Array.isArray(held) && Array.isArray(more)) return this.#lists(held, more);
    if (!isPlain(held) || !isPlain(more)) return held;
    const into: StixJson = this.#own.has(held) ? held : { ...held };
    this.#own.add(into);
    for (const [name, value] of Object.entries(more))
      into[name] = Object.hasOwn(into, name) ? this.of(into[name], value) : value;
    return into;
  }

  /** Grows one list, since a new one for each source would cost the square of what they say: anybody can post many versions of one value. */
  #lists(held: unknown[], more: readonly unknown[]): unknown[] {
    const known = this.#texts.get(held);
    const into = known === undefined ? [...held] : held;
    const texts = known ?? new Set(held.map((item) => JSON.stringify(item)));
    this.#texts.set(into, texts);
    const fresh = more.filter((item) => !texts.has(JSON.stringify(item)));
    for (const item of fresh) {
      into.push(item);
      texts.add(JSON.stringify(item));
    }
    return into;
  }
}

/** Properties that the fold sets itself. */
const OWN = new Set([
  "type",
  "spec_version",
  "id",
  "created_by_ref",
  "created",
  "modified",
  "object_marking_refs",
  "granular_markings",
  "revoked",
  "defanged",
  "valid_from",
  "valid_until",
]);

function joined(sources: readonly Source[], into: StixJson): StixJson {
  const union = new Joined();
  for (const { object } of preferred(sources)) {
    for (const [name, value] of Object.entries(object)) {
      if (OWN.has(name)) continue;
      into[name] = Object.hasOwn(into, name) ? union.of(into[name], value) : value;
    }
  }
  return into;
}

/** An observable that several sources state: the standard's id over the key, canonical values, and the union of the rest (design 4). */
export function foldValue(sources: readonly Source[], thing: string): StixJson {
  const first = sources[0];
  const type = String(first?.object.type);
  const canonical: StixJson = {};
  const canonicalSources = sources.map((source) => {
    const keyed = keyOf(source.object, source.originator);
    return "key" in keyed && keyed.key.canonical !== undefined
      ? { ...source, object: { ...source.object, ...keyed.key.canonical } }
      : source;
  });
  return joined(canonicalSources, Object.assign(canonical, { type, spec_version: "2.1", id: `${type}--${thing}` }));
}

/** What the fold of a shared kind needs to know of the group. */
export interface FoldFrame {
  /** Author of shared objects. */
  readonly groupIdentity: string;
  /** `created` of every shared object: one constant, so that no older source can move it (order, consolidated). */
  readonly created: string;
}

/** By instant; of two spellings of one, by the text: the order that a store gives sources in is no part of a fold. */
const isBefore = (a: string, b: string): boolean => (compareInstants(a, b) || (a < b ? -1 : 1)) < 0;
const earliest = (texts: readonly string[]): string | undefined =>
  texts.reduce<string | undefined>((a, b) => (a === undefined || isBefore(b, a) ? b : a), undefined);
const latest = (texts: readonly string[]): string | undefined =>
  texts.reduce<string | undefined>((a, b) => (a === undefined || isBefore(a, b) ? b : a), undefined);
const textsOf = (sources: readonly Source[], name: string): string[] =>
  sources.flatMap(({ object }) => (typeof object[name] === "string" ? [object[name]] : []));

/** Position in microseconds as `modified`: rounded up to the millisecond. */
export const positionInstant = (stamp: number): string => formatInstant(Math.ceil(stamp / 1000));

/** A shared kind (an indicator): authored by the group, valid while any source says so, revoked once all have (dedup 3). */
export function foldShared(sources: readonly Source[], thing: string, frame: FoldFrame): StixJson {
  const type = String(sources[0]?.object.type);
  const live = sources.filter(({ object }) => object.revoked !== true);
  const speaking = live.length > 0 ? live : sources;
  const newest = sources.reduce((a, b) => (later(b, a) ? b : a));
  const modified = positionInstant(newest.stamp);
  const folded: StixJson = {
    type,
    spec_version: "2.1",
    id: `${type}--${thing}`,
    created_by_ref: frame.groupIdentity,
    created: frame.created,
    modified,
  };
  joined(speaking, folded);
  const from = earliest(textsOf(speaking, "valid_from"));
  if (from !== undefined) folded.valid_from = from;
  const untils = textsOf(speaking, "valid_until");
  const until = untils.length === speaking.length ? latest(untils) : undefined;
  if (until !== undefined && (from === undefined || compareInstants(until, from) > 0)) folded.valid_until = until;
  if (live.length === 0) folded.revoked = true;
  return folded;
}
