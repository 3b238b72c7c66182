import { holdsReferences, isReferenceName } from "./references.ts";
import type { StixJson } from "./steps.ts";

/** What a fold of a shared kind sets itself: it comes first, so that the rest can be sent as it is stored. */
const HEAD = [
  "type",
  "spec_version",
  "id",
  "created_by_ref",
  "created",
  "modified",
  "revoked",
  "defanged",
  "granular_markings",
] as const;
const MARKS = "object_marking_refs";
/** What a fold sets from its sources together. */
const VALID = ["valid_from", "valid_until"] as const;
const PLACED: ReadonlySet<string> = new Set([...HEAD, MARKS]);

/** An object as it is stored, with what a reader's copy is spliced at. */
export interface Arranged {
  readonly text: string;
  /** UTF-8 offsets: where the markings begin (at their comma) and end; equal where there are none. */
  readonly marksAt: readonly [from: number, to: number];
  /** What it refers to: nothing, single objects at its top level only, or objects in lists or in its extensions too. */
  readonly refers: "nothing" | "singly" | "in lists";
}

const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8");

/**
 * JSON text of an object: its names and dates first, then its markings, then its validity, then `first`, then everything else in its own order. A reader's
 * copy is this text with other markings, and for a fold of one source with another head; neither has to be parsed (order, consolidated). What is folded
 * or parsed for other reasons is written so too: the text of an object must not tell which way it came.
 */
export function arrange(object: StixJson, first: readonly string[] = []): Arranged {
  let head = "{";
  for (const name of HEAD) {
    if (!Object.hasOwn(object, name)) continue;
    head += `${head.length > 1 ? "," : ""}"${name}":${JSON.stringify(object[name])}`;
  }
  const marks = Object.hasOwn(object, MARKS) ? `,"${MARKS}":${JSON.stringify(object[MARKS])}` : "";
  let rest = "";
  let refers: Arranged["refers"] = "nothing";
  const early = [...VALID, ...first].filter((name) => Object.hasOwn(object, name));
  const names = Object.keys(object);
  for (const name of early.length === 0 ? names : [...early, ...names.filter((one) => !early.includes(one))]) {
    if (PLACED.has(name)) continue;
    const value = object[name];
    const text = JSON.stringify(value);
    if (text === undefined) continue;
    rest += `,${JSON.stringify(name)}:${text}`;
    const kind = isReferenceName(name);
    if (kind === "list") refers = "in lists";
    else if (kind === "single" && refers === "nothing") refers = "singly";
    // What refers to others from within can't be sent as it is stored either.
    else if (kind === undefined && holdsReferences(name, value)) refers = "in lists";
  }
  const from = bytesOf(head);
  return { text: `${head}${marks}${rest}}`, marksAt: [from, from + bytesOf(marks)], refers };
}
