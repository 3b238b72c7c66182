import { codeOf, sectionOf } from "./codes.ts";
import { type PathPart, pathText } from "./path-text.ts";

/** One thing that is wrong with an object, or should be otherwise. */
export interface Finding {
  /** Stable and dotted: `stix.required`. */
  readonly code: string;
  /** `external_references[0].source_name`; empty for the object itself. */
  readonly path: string;
  /** What was found and what is allowed. */
  readonly message: string;
  /** The section of STIX 2.1 with errata 01: `3.2`. */
  readonly rule: string;
}

/** Findings of one level that are reported of one object. */
export const MOST_PROBLEMS = 50;

/** Looks at a value, and tells the walk what is wrong with it. `key` is its place in what the walk stands at. */
export type Check = (value: unknown, walk: Walk, key: PathPart) => void;
/** Looks at an object that the walk stands at. */
export type CheckMembers = (object: Readonly<Record<string, unknown>>, walk: Walk) => void;

/** The way of one check through one object: where it is, and what it found. */
export class Walk {
  readonly errors: Finding[] = [];
  readonly warnings: Finding[] = [];
  /** Where each error is, step by step. */
  readonly places: (readonly PathPart[])[] = [];
  /** Where the value stands that is being looked at. */
  readonly path: PathPart[] = [];
  /** Type of the object, for the section of a finding. */
  type = "";
  /** Whether the object is an observable. */
  observable = false;
  /** Whether properties of no type are at home here: a type of somebody's own, or an extension that adds them. */
  extended = false;
  /** What is registered for the extension of an id looks at its content, the walk standing at the dictionary. */
  extensionContent: ((id: string, content: Readonly<Record<string, unknown>>, walk: Walk) => void) | undefined;
  /** The members of an observation's container by key and by id, which is how they refer to each other (section 2.13). */
  container: ReadonlyMap<unknown, Readonly<Record<string, unknown>>> | undefined;
  /** What the object holds is written so that it does no harm, so that its forms are not those of live values (section 3.2). */
  defanged = false;

  /** A finding at a place below the present one. */
  add(code: string, message: string, ...below: readonly PathPart[]): void {
    const list = codeOf(code).level === "must" ? this.errors : this.warnings;
    if (list.length >= MOST_PROBLEMS) return;
    const path = [...this.path, ...below];
    list.push({ code, path: pathText(path), message, rule: sectionOf(code, this.type, path[0]) });
    if (list === this.errors) this.places.push(path);
  }

  /** The same of a code that the check of somebody else gave, at a level of its own. */
  take(
    level: "must" | "should",
    finding: Omit<Finding, "path" | "rule"> & { readonly rule?: string },
    path: readonly PathPart[],
  ): void {
    const list = level === "must" ? this.errors : this.warnings;
    if (list.length >= MOST_PROBLEMS) return;
    const { code, message, rule } = finding;
    if (list === this.errors) this.places.push(path);
    list.push({ code, path: pathText(path), message, rule: rule ?? sectionOf(code, this.type, path[0]) });
  }

  /** What may be otherwise than it should, of a code that stands for a MUST. */
  remark(code: string, message: string, ...below: readonly PathPart[]): void {
    this.take("should", { code, message }, [...this.path, ...below]);
  }
}
