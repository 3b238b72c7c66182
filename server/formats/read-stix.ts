import type { Item, StixJson } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import { areStix20, liftStix20 } from "./lift-stix20.ts";
import { eventsOf } from "./misp-event.ts";

export const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const has = (object: StixJson, name: string): boolean => Object.hasOwn(object, name);
export const isTyped = (value: unknown): boolean =>
  isObject(value) && typeof value.type === "string" && !has(value, "$schema");

export const notStix = (found: string): Fault =>
  new Fault(
    "bad_request",
    `${found}; a STIX object, a bundle, a list of STIX objects or an envelope { "objects": [ … ] } was expected`,
    { code: "input.not_stix" },
  );

export const notMisp = (): Fault =>
  new Fault(
    "bad_request",
    'the input is no MISP event: { "Event": … }, a list of events or { "response": [ … ] } was expected',
    {
      code: "input.not_misp",
    },
  );

/** One member of a list of objects. What is no JSON object is a problem of its own; the rest is for `validate` to judge. */
export function stixItem(member: unknown, index: number): Item {
  const place = `objects[${index}]`;
  if (isObject(member)) return { index, object: member, place };
  const found = member === null ? "null" : Array.isArray(member) ? "a list" : `a ${typeof member}`;
  return {
    index,
    place,
    problem: { code: "object.not_an_object", path: place, message: `${place} is ${found}; a JSON object was expected` },
  };
}

/** Events of MISP, strings to be read as values, or objects of STIX; `lifts` tells that they are of STIX 2.0. */
export type Unwrapped =
  | { readonly events: readonly unknown[] }
  | { readonly strings: readonly string[] }
  | { readonly objects: readonly unknown[]; readonly lifts: boolean };

/** What a bundle or envelope says of its version: undefined where it says none and its objects decide. */
export const saysStix20 = (wrapper: unknown): boolean | undefined =>
  isObject(wrapper) && typeof wrapper.spec_version === "string" ? wrapper.spec_version === "2.0" : undefined;

const stix = (objects: readonly unknown[], wrapper?: unknown): Unwrapped => ({
  objects,
  lifts: saysStix20(wrapper) ?? areStix20(objects),
});

/** A list whose members are taken as objects, whatever they say they are. Fault `input.not_stix` where it is no list. */
export function objectsOf(json: unknown): Unwrapped {
  if (!Array.isArray(json)) throw notStix("the input is no JSON list");
  return stix(json);
}

/** What a parsed JSON input is: events of MISP, the list of its objects, or strings to be read as values. Fault `input.not_stix`. */
export function unwrapJson(json: unknown): Unwrapped {
  const events = eventsOf(json);
  if (events !== undefined) return { events };
  if (Array.isArray(json)) {
    if (json.length === 0) return stix([]);
    if (json.every((member): member is string => typeof member === "string")) return { strings: json };
    if (!json.some(isTyped)) throw notStix("the input is a JSON list in which no member is a STIX object");
    return stix(json);
  }
  if (!isObject(json)) throw notStix(`the input is JSON but only ${json === null ? "null" : `a ${typeof json}`}`);
  const bundle = json.type === "bundle";
  if (!bundle && !has(json, "objects")) {
    // Other formats have a member "type", too: a MISP galaxy, a JSON schema.
    if (!isTyped(json) || !(has(json, "id") || has(json, "spec_version")))
      throw notStix("the input is one JSON object without the type and id of a STIX object");
    return stix([json]);
  }
  const objects = json.objects ?? [];
  if (!Array.isArray(objects)) throw notStix('the member "objects" is not a list');
  if (!bundle && objects.length > 0 && !objects.some(isTyped)) throw notStix('no member of "objects" is a STIX object');
  return stix(objects, json);
}

/**
 * Members of a bundle, envelope or list, group after group, as items with place `objects[i]`: those of STIX 2.1 untouched, those of STIX 2.0
 * lifted where `lifts` (an observation then gives several items). An object that is none is a problem of its own; the rest is for `validate`.
 */
export class StixReader {
  private index = 0;
  private member = 0;
  private readonly lifts: boolean;
  constructor(lifts: boolean) {
    this.lifts = lifts;
  }

  read(members: readonly unknown[]): Item[] {
    return members.flatMap((member) => this.one(member));
  }

  private one(member: unknown): Item[] {
    const at = this.member++;
    if (!this.lifts || !isObject(member)) return [{ ...stixItem(member, at), index: this.index++ }];
    const place = `objects[${at}]`;
    const lifted = liftStix20(member);
    if ("problem" in lifted) {
      const { path } = lifted.problem;
      return [{ index: this.index++, problem: { ...lifted.problem, path: `${place}.${path}` }, place }];
    }
    return lifted.objects.map(({ object, place: within, warnings }): Item => {
      const item = { index: this.index++, object, place: within === "" ? place : `${place}.${within}` };
      return warnings.length === 0 ? item : { ...item, warnings };
    });
  }
}

/** All members at once, as {@link StixReader}. */
export const readStix = (objects: readonly unknown[], lifts: boolean): Item[] => new StixReader(lifts).read(objects);
