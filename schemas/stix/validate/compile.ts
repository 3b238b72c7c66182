import type { z } from "zod";
import { type Fact, factOf } from "../facts.ts";
import type { Form } from "../forms/form.ts";
import { LONGEST_ID, typeOfId } from "../identifier.ts";
import { checkContent, checkCustomProperty, checkEntries, checkVocabulary, isObject } from "./content.ts";
import { DICTIONARY_VALUES } from "./dictionary-values.ts";
import { checkExtensions } from "./extensions.ts";
import { checkHashes } from "./hashes.ts";
import { type PathPart, show } from "./path-text.ts";
import { FORMAT_CODES, schemaProblem } from "./schema-problem.ts";
import type { Check, CheckMembers, Walk } from "./walk.ts";

/**
 * Makes a checker from a declared schema and the facts beside it: the same declaration that OpenAPI is made from, some twenty
 * times as fast as parsing with it, with every finding told. What it does not know to make is given to the schema itself.
 */

const wrongType = (value: unknown, walk: Walk, key: PathPart, words: string): void =>
  walk.add("stix.type", `found ${show(value)}; must be ${words}`, key);

const within = (walk: Walk, key: PathPart, look: () => void): void => {
  walk.path.push(key);
  look();
  walk.path.pop();
};

/** By the schema itself: for what is declared with refinements, unions and the like. */
export const bySchema =
  (schema: z.ZodType): Check =>
  (value, walk, key) => {
    const issues = schema.safeParse(value).error?.issues ?? [];
    for (const issue of issues) {
      const { code, message } = schemaProblem(issue, value);
      walk.add(code, message, key, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part)));
    }
  };

function judgeForm(form: Form, text: string, walk: Walk, key: PathPart): void {
  if (form.unlessDefanged === true && walk.defanged) return;
  const judged = form.judge(text);
  if (judged === "good") return;
  if (judged === "bad") walk.add(form.code, `found ${show(text)}; ${form.allowed}`, key);
  else walk.remark(form.code, `found ${show(text)}; ${judged.odd}`, key);
}

const text: Check = (value, walk, key) => {
  if (typeof value !== "string") wrongType(value, walk, key, "text");
};

/** Of a UUID at the end of an id: RFC 4122 is of one variant; it knows versions 1 to 5, and RFC 9562 those up to 8. */
export function checkUuid(id: string, walk: Walk, key: PathPart): void {
  const version = id[id.length - 22] ?? "";
  const variant = id[id.length - 17] ?? "";
  if (variant !== "8" && variant !== "9" && variant !== "a" && variant !== "b")
    walk.add("stix.uuid", `found ${show(id)}; its UUID is not of RFC 4122's variant`, key);
  else if (version < "1" || version > "8")
    walk.remark("stix.uuid", `found ${show(id)}; its UUID is of no version that RFC 4122 or RFC 9562 has`, key);
}

const reference =
  ({ allows, words }: Extract<Fact, { kind: "reference" }>): Check =>
  (value, walk, key) => {
    if (typeof value !== "string") return wrongType(value, walk, key, "text");
    if (walk.container !== undefined) return local(value, walk, key, allows, words);
    const type = typeOfId(value);
    if (type === undefined || !allows(type)) {
      const allowed = `must be ${words}, two hyphens and a UUID in lower case, ${LONGEST_ID} characters at most`;
      walk.add("stix.ref", `found ${show(value)}; ${allowed}`, key);
    } else checkUuid(value, walk, key);
  };

/** In an observation's container a reference is the key of another of its members, or the id that one has (section 2.13). */
function local(value: string, walk: Walk, key: PathPart, allows: (type: string) => boolean, words: string): void {
  const member = walk.container?.get(value);
  if (member === undefined)
    walk.add(
      "stix.container",
      `found ${show(value)}, which is neither key nor id of a member of the same container`,
      key,
    );
  else if (typeof member.type === "string" && !allows(member.type))
    walk.add("stix.container", `refers to an object of type ${show(member.type)}; must be ${words}`, key);
}

function textCheck(
  def: z.core.$ZodStringDef & { readonly fn?: (value: string) => unknown },
  fact: Fact | undefined,
): Check | undefined {
  if (fact?.kind === "reference") return reference(fact);
  const format = (def as { readonly format?: string }).format;
  if (format !== undefined) {
    const { fn } = def;
    // Our formats say their error whatever the issue is: nothing else of one is looked at, and Zod types what it is given as never.
    const error = def.error?.({ code: "invalid_format" } as never);
    if (fn === undefined || typeof error !== "string") return undefined;
    const code = FORMAT_CODES[format] ?? "stix.format";
    const form = fact?.kind === "form" ? fact.form : undefined;
    return (value, walk, key) => {
      if (typeof value !== "string") return wrongType(value, walk, key, "text");
      if (fn(value) !== true) walk.add(code, `found ${show(value)}; ${error}`, key);
      else if (form !== undefined) judgeForm(form, value, walk, key);
      else if (format === "stix-base64" && value.length % 4 !== 0)
        walk.add("stix.binary_padding", "has not the padding of base64: its length is no multiple of 4", key);
    };
  }
  if ((def.checks ?? []).length > 0) return undefined;
  if (fact?.kind === "vocabulary") {
    const { members } = fact;
    return (value, walk, key) => {
      if (typeof value !== "string") wrongType(value, walk, key, "text");
      else checkVocabulary(value, members, walk, key);
    };
  }
  if (fact?.kind === "form") {
    const { form } = fact;
    return (value, walk, key) => {
      if (typeof value !== "string") wrongType(value, walk, key, "text");
      else judgeForm(form, value, walk, key);
    };
  }
  return text;
}

interface Bound {
  readonly check?: string;
  readonly value?: unknown;
  readonly inclusive?: boolean;
}

function numberCheck(def: z.core.$ZodNumberDef): Check | undefined {
  const whole = (def as { readonly format?: string }).format;
  if (whole !== undefined && whole !== "safeint") return undefined;
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const check of def.checks ?? []) {
    const { check: name, value, inclusive } = check._zod.def as Bound;
    if (typeof value !== "number" || inclusive !== true) return undefined;
    if (name === "greater_than") least = value;
    else if (name === "less_than") most = value;
    else return undefined;
  }
  return (value, walk, key) => {
    if (typeof value !== "number" || (whole !== undefined && !Number.isSafeInteger(value)))
      return wrongType(value, walk, key, whole === undefined ? "a number" : "a whole number");
    if (value < least) walk.add("stix.range", `found ${value}; must be ${least} or more`, key);
    else if (value > most) walk.add("stix.range", `found ${value}; must be ${most} or less`, key);
  };
}

function oneOf(values: readonly unknown[]): Check {
  const members = new Set(values);
  const words = values.map(show).join(" or ");
  return (value, walk, key) => {
    if (!members.has(value)) walk.add("stix.enum", `found ${show(value)}; must be ${words}`, key);
  };
}

function listCheck(def: z.core.$ZodArrayDef): Check | undefined {
  const bounds = (def.checks ?? []).map(
    (check) => check._zod.def as { readonly check?: string; readonly minimum?: unknown },
  );
  if (bounds.some(({ check, minimum }) => check !== "min_length" || minimum !== 1)) return undefined;
  const item = compile(def.element as z.ZodType);
  const mayBeEmpty = bounds.length === 0;
  return (value, walk, key) => {
    if (!Array.isArray(value)) return wrongType(value, walk, key, "a list");
    if (value.length === 0 && !mayBeEmpty) walk.add("stix.list_empty", "is an empty list; leave it out instead", key);
    walk.path.push(key);
    for (let at = 0; at < value.length; at++) {
      const one: unknown = value[at];
      if (one === null) walk.add("stix.null", "found null; leave it out instead", at);
      else item(one, walk, at);
    }
    walk.path.pop();
  };
}

type Unknown = (name: string, value: unknown, walk: Walk) => void;
const keptUnknown: Unknown = (name, value, walk) => checkCustomProperty(name, value, walk, true);
const refusedUnknown: Unknown = (name, _value, walk) => walk.add("stix.unknown_key", `does not know ${show(name)}`);

/** The members of an object: each that is declared by its own check, those that must be there, and the rest by `unknown`. */
export function compileMembers(schema: z.ZodType, unknown: Unknown = keptUnknown): CheckMembers {
  const { shape } = schema as z.ZodObject;
  const members = new Map<string, Check>();
  const required: string[] = [];
  for (const [name, member] of Object.entries<z.ZodType>(shape)) {
    members.set(name, compile(member));
    if (member._zod.optin !== "optional") required.push(name);
  }
  return (object, walk) => {
    for (const name in object) {
      const value = object[name];
      const check = members.get(name);
      if (value === undefined) continue;
      if (check === undefined) unknown(name, value, walk);
      else if (value === null) walk.add("stix.null", "found null; leave it out instead", name);
      else check(value, walk, name);
    }
    for (const name of required)
      if (object[name] === undefined && (name !== "id" || walk.container === undefined))
        walk.add("stix.required", "is missing", name);
  };
}

function objectCheck(schema: z.ZodType, def: z.core.$ZodObjectDef, fact: Fact | undefined): Check | undefined {
  const refined = (def.checks ?? []).length > 0;
  if (fact?.kind === "hashes") return dictionaryOf(checkHashes);
  if (fact?.kind === "extensions") return extensionsCheck(fact.predefined);
  if (refined && fact === undefined) return undefined;
  const rest = def.catchall?._zod.def.type;
  if (rest !== undefined && rest !== "unknown" && rest !== "never") return undefined;
  const members = compileMembers(schema, rest === "never" ? refusedUnknown : keptUnknown);
  const besides =
    fact?.kind === "least"
      ? leastCheck(schema, fact)
      : fact?.kind === "external-reference"
        ? externalReference
        : undefined;
  return (value, walk, key) => {
    if (!isObject(value)) return wrongType(value, walk, key, "an object");
    walk.path.push(key);
    members(value, walk);
    besides?.(value, walk);
    walk.path.pop();
  };
}

/** A reference says where or what, and of what is elsewhere, how it can be known again (section 2.5). */
const externalReference: CheckMembers = (reference, walk) => {
  const { description, url, external_id: id, hashes } = reference;
  if (description === undefined && url === undefined && id === undefined)
    walk.add("stix.external_reference", "must have at least one of description, url and external_id");
  if (url !== undefined && hashes === undefined)
    walk.add("stix.url_hashes", "is missing; hashes of what the url leads to should be there", "hashes");
};

/** Whether it says anything at all: at least one of its own properties, besides those that any may have. */
export function leastCheck(schema: z.ZodType, { besides }: Extract<Fact, { kind: "least" }>): CheckMembers {
  const own = Object.keys((schema as z.ZodObject).shape).filter((name) => !besides.includes(name));
  const words = own.length > 6 ? `${own.slice(0, 6).join(", ")} …` : own.join(", ");
  return (object, walk) => {
    for (const name of own) if (object[name] !== undefined) return;
    walk.add("stix.nothing_said", `has none of its own properties; must have at least one of ${words}`);
  };
}

const dictionaryOf =
  (look: (value: Readonly<Record<string, unknown>>, walk: Walk) => void): Check =>
  (value, walk, key) => {
    if (!isObject(value)) return wrongType(value, walk, key, "an object");
    walk.path.push(key);
    look(value, walk);
    walk.path.pop();
  };

function extensionsCheck(predefined: Readonly<Record<string, z.ZodType>>): Check {
  const known = new Map(Object.entries(predefined).map(([name, schema]) => [name, compile(schema)] as const));
  return dictionaryOf((value, walk) => checkExtensions(value, walk, known));
}

function recordCheck(def: z.core.$ZodRecordDef, fact: Fact | undefined): Check | undefined {
  if (fact?.kind === "extensions") return extensionsCheck(fact.predefined);
  if (fact?.kind !== "dictionary") return undefined;
  const inner =
    (def.valueType as z.ZodType)._zod.def.type === "unknown" ? undefined : compile(def.valueType as z.ZodType);
  const values = fact.values === undefined ? undefined : DICTIONARY_VALUES[fact.values];
  return dictionaryOf((value, walk) => {
    let empty = true;
    for (const _key in value) {
      empty = false;
      break;
    }
    if (empty) return walk.add("stix.list_empty", "is empty; leave it out instead");
    checkEntries(value, walk);
    for (const key in value) {
      inner?.(value[key], walk, key);
      if (values !== undefined && walk.container === undefined && !values.test(value[key]))
        walk.add("stix.dictionary_value", `found ${show(value[key])}; must be ${values.words}`, key);
      if (values?.keys !== undefined && walk.container === undefined && !values.keys.form.test(key))
        walk.add("stix.dictionary_value", `stands under ${show(key)}; must be ${values.keys.words}`, key);
    }
  });
}

/** As one of the union of all classes, so that `type` tells them apart. */
const classed = (schema: z.core.$ZodType): z.core.$ZodTypes => schema as z.core.$ZodTypes;

function make(schema: z.ZodType): Check | undefined {
  const fact = factOf(schema);
  const { def } = classed(schema)._zod;
  switch (def.type) {
    case "optional":
      return compile(def.innerType as z.ZodType);
    case "string":
      return textCheck(def, fact);
    case "number":
      return numberCheck(def);
    case "boolean":
      return (value, walk, key) => {
        if (typeof value !== "boolean") wrongType(value, walk, key, "true or false");
      };
    case "literal":
      return oneOf(def.values);
    case "enum":
      return oneOf(Object.values(def.entries));
    case "array":
      return listCheck(def);
    case "object":
      return objectCheck(schema, def, fact);
    case "record":
      return recordCheck(def, fact);
    case "unknown":
      return (value, walk, key) => {
        if (typeof value === "object") within(walk, key, () => checkContent(value, walk));
      };
    default:
      return undefined;
  }
}

const made = new WeakMap<z.ZodType, Check>();

/** The check of a schema, made once. */
export function compile(schema: z.ZodType): Check {
  const held = made.get(schema);
  if (held !== undefined) return held;
  const check = make(schema) ?? bySchema(schema);
  made.set(schema, check);
  return check;
}
