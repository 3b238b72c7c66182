import type { StixJson } from "./steps.ts";

/** References between objects: which there are, and what a reader who does not see an end is shown (design 3, edges). */

/** Lists that STIX requires: when no member is left the group's identity stands in, so that the object stays valid (policy Q10). */
const REQUIRED_LISTS = new Set(["object_refs"]);

const isReference = (name: string): boolean => name.endsWith("_ref") && name !== "created_by_ref";
const isReferenceList = (name: string): boolean => name.endsWith("_refs") && name !== "object_marking_refs";

/** Whether a property of this name refers to one object, or to several in a list; its author and its markings apart. */
export const isReferenceName = (name: string): "single" | "list" | undefined =>
  isReference(name) ? "single" : isReferenceList(name) ? "list" : undefined;

/** The ids without which an edge does not exist: both ends of a relationship, the target of a sighting, what a translation is of. */
function requiredEnds(object: StixJson): string[] {
  const ends =
    object.type === "relationship"
      ? [object.source_ref, object.target_ref]
      : object.type === "sighting"
        ? [object.sighting_of_ref]
        : object.type === "language-content"
          ? [object.object_ref]
          : [];
  return ends.filter((id): id is string => typeof id === "string");
}

/** The ids under which an edge is found: its ends and, for a sighting, who saw it. */
export function edgeEnds(object: StixJson): string[] {
  const seen =
    object.type === "sighting" && Array.isArray(object.where_sighted_refs)
      ? (object.where_sighted_refs as unknown[])
      : [];
  return [...new Set([...requiredEnds(object), ...seen.filter((id): id is string => typeof id === "string")])];
}

/** Properties that hold parts with references of their own: extensions, the sides of a transaction, the parts of a message. */
const NESTING = new Set(["extensions", "input", "output", "body_multipart"]);
/** Steps that are gone into below such a property. */
const DEEPEST = 8;

const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a property's value has references inside it. */
export const holdsReferences = (name: string, value: unknown): boolean =>
  NESTING.has(name) && idsWithin(value, DEEPEST).length > 0;

function idsWithin(value: unknown, depth: number): string[] {
  if (depth === 0) return [];
  if (Array.isArray(value)) return value.flatMap((item) => idsWithin(item, depth - 1));
  return isObject(value) ? idsOf(value, (_, inner) => idsWithin(inner, depth - 1)) : [];
}

function idsOf(object: StixJson, inside: (name: string, value: unknown) => readonly string[]): string[] {
  const ids: string[] = [];
  for (const name in object) {
    const value = object[name];
    if (typeof value === "string") {
      if (isReference(name)) ids.push(value);
    } else if (typeof value === "object" && value !== null) {
      if (isReferenceList(name) && Array.isArray(value)) {
        for (const id of value) if (typeof id === "string") ids.push(id);
      } else ids.push(...inside(name, value));
    }
  }
  return ids;
}

/** Every id that the object refers to, at its top level and in its extensions (not its author, not its markings). */
export const referencedIds = (object: StixJson): string[] =>
  idsOf(object, (name, value) => (NESTING.has(name) ? idsWithin(value, DEEPEST) : []));

/** What stands inside a property, with its references as the reader may have them; the very value where nothing changes. */
function within(
  value: unknown,
  shownAs: (id: string) => string | undefined,
  keepHidden: boolean,
  depth: number,
): unknown {
  if (depth === 0) return value;
  if (Array.isArray(value)) {
    const list = value.map((item) => within(item, shownAs, keepHidden, depth - 1));
    return list.every((item, i) => item === value[i]) ? value : list;
  }
  if (!isObject(value)) return value;
  return pointed(value, shownAs, keepHidden, undefined, (_, inner) => within(inner, shownAs, keepHidden, depth - 1));
}

/**
 * The object with its references as one reader may have them, those in its extensions too: `shownAs` gives the id under which the reader sees what an id
 * means, or undefined where nothing visible has that id. Members of lists that are not visible go; single references stay as written, since what
 * they say is the visible object's own content. A sighting that loses a place loses its count too, unless its label shares that (`keepCount`;
 * policy 6, Q06). Changes only a copy.
 */
export function readerReferences(
  object: StixJson,
  shownAs: (id: string) => string | undefined,
  keepHidden: boolean,
  stand: string,
  keepCount = false,
): StixJson {
  const shown = pointed(object, shownAs, keepHidden, stand, (name, value) =>
    NESTING.has(name) ? within(value, shownAs, keepHidden, DEEPEST) : value,
  );
  return keepHidden || keepCount || !losesPlace(object, shownAs) ? shown : withoutCount(shown);
}

/** Whether a sighting names a place that the reader does not see: how much was seen there is of that place. */
function losesPlace(object: StixJson, shownAs: (id: string) => string | undefined): boolean {
  const places = object.where_sighted_refs;
  if (object.type !== "sighting" || object.count === undefined || !Array.isArray(places)) return false;
  return (places as unknown[]).some((id) => typeof id === "string" && shownAs(id) === undefined);
}

function withoutCount({ count: _, ...rest }: StixJson): StixJson {
  return rest;
}

function pointed(
  object: StixJson,
  shownAs: (id: string) => string | undefined,
  keepHidden: boolean,
  stand: string | undefined,
  inside: (name: string, value: unknown) => unknown,
): StixJson {
  let copy: StixJson | undefined;
  for (const [name, value] of Object.entries(object)) {
    if (isReference(name) && typeof value === "string") {
      const shown = shownAs(value) ?? value;
      if (shown !== value) copy = { ...(copy ?? object), [name]: shown };
    } else if (isReferenceList(name) && Array.isArray(value)) {
      const list = [
        ...new Set(
          value.flatMap((id: unknown) => (typeof id === "string" ? (shownAs(id) ?? (keepHidden ? id : [])) : [])),
        ),
      ];
      if (list.length === value.length && list.every((id, i) => id === value[i])) continue;
      copy = { ...(copy ?? object) };
      if (list.length > 0) copy[name] = list;
      else if (REQUIRED_LISTS.has(name) && stand !== undefined) copy[name] = [stand];
      else delete copy[name];
    } else if (typeof value === "object" && value !== null) {
      const shown = inside(name, value);
      if (shown !== value) copy = { ...(copy ?? object), [name]: shown };
    }
  }
  return copy ?? object;
}
