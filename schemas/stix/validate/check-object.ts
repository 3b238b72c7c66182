import type { z } from "zod";
import { factOf } from "../facts.ts";
import { idContributing } from "../id-contributing.ts";
import { isTypeName } from "../identifier.ts";
import { CustomObject, STIX_OBJECTS } from "../objects.ts";
import { OLDER_FORMS, type OlderForm, olderForm } from "../revenue/older.ts";
import { isStandardType, META_TYPES, PUBLISHED_SCO_TYPES, SCO_TYPES, SDO_TYPES, SRO_TYPES } from "../types.ts";
import { checkUuid, compileMembers, leastCheck } from "./compile.ts";
import { checkContainer } from "./container.ts";
import { checkCustomProperty, isObject } from "./content.ts";
import {
  addsTopLevel,
  checkApplicable,
  checkCustomType,
  checkNotRedefined,
  type Kind,
  kindOfCustom,
} from "./kind-rules.ts";
import { checkContents } from "./language-rules.ts";
import { checkGranularMarkings, checkMarkingDefinition } from "./marking-rules.ts";
import { type PathPart, show } from "./path-text.ts";
import { checkScoId, SCO_RULES } from "./sco-rules.ts";
import { checkLabels, SDO_RULES } from "./sdo-rules.ts";
import { structureProblems } from "./structure.ts";
import { checkTimes, checkVersionTimes } from "./time-rules.ts";
import { type CheckMembers, type Finding, Walk } from "./walk.ts";

/** What is known besides the standard: how patterns of a language are judged, and what stands in registered extensions. */
export interface Beyond {
  /** By pattern type: what is wrong with a pattern. */
  readonly patterns?: ReadonlyMap<string, PatternCheck>;
  /** By id of the extension definition. */
  readonly extensions?: ReadonlyMap<string, ExtensionCheck>;
}
/** Of a pattern, and the indicator that it stands in. */
export type PatternCheck = (pattern: string, indicator: Readonly<Record<string, unknown>>) => readonly PatternFinding[];
export interface PatternFinding {
  readonly code: string;
  readonly message: string;
  readonly rule?: string;
  /** Legal, and should be otherwise. */
  readonly warning?: boolean;
}
/** Looks at the content under the extension's id, or at the whole object where it defines a type or properties at the top. */
export interface ExtensionCheck {
  readonly of: "content" | "object";
  readonly check: (value: Readonly<Record<string, unknown>>, walk: Walk) => void;
}

export interface Checked {
  readonly errors: Finding[];
  readonly warnings: Finding[];
  /** Where each error is, step by step. */
  readonly places: readonly (readonly PathPart[])[];
}

type Json = Record<string, unknown>;

interface TypeRules {
  readonly kind: Kind;
  readonly members: CheckMembers;
  /** Whether it may lack all that its id would be made of. */
  readonly mayBeBare: boolean;
  /** The rules that join properties of this type. */
  readonly own: readonly CheckMembers[];
}

const customMember = (name: string, value: unknown, walk: Walk): void =>
  checkCustomProperty(name, value, walk, walk.extended || walk.container !== undefined);

const SCOS: ReadonlySet<string> = new Set([...SCO_TYPES, ...PUBLISHED_SCO_TYPES]);
const kindOf = (type: string): Kind =>
  (SDO_TYPES as readonly string[]).includes(type)
    ? "sdo"
    : (SRO_TYPES as readonly string[]).includes(type)
      ? "sro"
      : SCOS.has(type)
        ? "sco"
        : (META_TYPES as readonly string[]).includes(type)
          ? (type as Kind)
          : "custom";

const rulesOf = (type: string, schema: z.ZodType): TypeRules => {
  const fact = factOf(schema);
  const own = [
    SDO_RULES.get(type),
    SCO_RULES.get(type),
    fact?.kind === "least" ? leastCheck(schema, fact) : undefined,
    type === "marking-definition" ? checkMarkingDefinition : undefined,
    type === "language-content" ? checkContents : undefined,
  ].filter((rule) => rule !== undefined);
  const { shape } = schema as z.ZodObject;
  const mayBeBare = idContributing(type).every((name) => shape[name]?._zod.optin === "optional");
  return { kind: kindOf(type), members: compileMembers(schema, customMember), mayBeBare, own };
};

const RULES: ReadonlyMap<string, TypeRules> = new Map(
  Object.entries<z.ZodType>(STIX_OBJECTS).map(([type, schema]) => [type, rulesOf(type, schema)] as const),
);
const CUSTOM: TypeRules = {
  ...{ kind: "custom", members: compileMembers(CustomObject, customMember), mayBeBare: true, own: [] },
};
const OLDER: ReadonlyMap<OlderForm, TypeRules> = new Map(
  [...OLDER_FORMS.values()].map((form) => [
    form,
    { kind: "sco", members: compileMembers(form.schema, customMember), mayBeBare: true, own: [] },
  ]),
);

/** What the type alone says against the object, before its properties are looked at. */
function checkType(type: unknown, walk: Walk): boolean {
  if (type === undefined) walk.add("stix.required", "is missing", "type");
  else if (typeof type !== "string") walk.add("stix.type", `found ${show(type)}; must be text`, "type");
  else if (type === "bundle") walk.add("stix.bundle", "a bundle carries objects and is none; send its objects", "type");
  else if (isTypeName(type)) return true;
  else {
    const allowed = "must be 3 to 250 lower-case letters, digits and single hyphens, a letter first";
    walk.add("stix.unknown_type_name", `found ${show(type)}; ${allowed}`, "type");
  }
  return false;
}

const LIFTED = "and a bundle of STIX 2.0 is lifted when it is posted to /api/v1/ingest";

/** STIX 2.0 has no `spec_version` on objects; observables and types we do not know may leave it out in 2.1 as well. */
function checkVersion(object: Json, type: string, walk: Walk): boolean {
  const version = object.spec_version;
  if (version === "2.1") return true;
  if (version === undefined) {
    if (SCOS.has(type) || (!RULES.has(type) && object.created === undefined)) return true;
    walk.add(
      "stix.version_2_0",
      `is missing, so this is STIX 2.0; objects of STIX 2.1 say "2.1", ${LIFTED}`,
      "spec_version",
    );
  } else if (version === "2.0") walk.add("stix.version_2_0", `found "2.0"; must be "2.1", ${LIFTED}`, "spec_version");
  else walk.add("stix.spec_version", `found ${show(version)}; must be "2.1"`, "spec_version");
  return false;
}

function checkId(type: string, object: Json, kind: Kind, walk: Walk, mayBeBare: boolean): void {
  const { id } = object;
  if (typeof id !== "string" || walk.errors.some(({ code, path }) => path === "id" && code === "stix.id")) return;
  if (!id.startsWith(`${type}--`) || id.length !== type.length + 38) {
    walk.add("stix.id", `found ${show(id)}; must be ${type}--, and a UUID`, "id");
    return;
  }
  const before = walk.errors.length;
  checkUuid(id, walk, "id");
  if (walk.errors.length > before) return;
  const version = id[id.length - 22] ?? "";
  if (kind === "sco") checkScoId(type, object, walk, mayBeBare);
  else if (version !== "4" && kind !== "custom")
    walk.add("stix.uuid_version", `its UUID is of version ${version}; should be of version 4`, "id");
}

/** Encodings stand beside what they are the encodings of (section 3.1). */
function checkEncodings(object: Json, walk: Walk): void {
  for (const name in object)
    if (name.endsWith("_enc") && object[name] !== undefined && object[name.slice(0, -4)] === undefined)
      walk.add("stix.encoding_alone", `must stand beside ${show(name.slice(0, -4))}, whose encoding it is`, name);
}

function checkPattern(object: Json, beyond: Beyond, walk: Walk): void {
  const { pattern, pattern_type: language } = object;
  if (typeof pattern !== "string" || typeof language !== "string") return;
  const judge = beyond.patterns?.get(language);
  if (judge === undefined) return;
  for (const { warning, ...found } of judge(pattern, object))
    walk.take(warning === true ? "should" : "must", { rule: "9", ...found }, ["pattern"]);
}

function checkRegistered(object: Json, beyond: Beyond, walk: Walk): void {
  if (beyond.extensions === undefined || !isObject(object.extensions)) return;
  for (const id of Object.keys(object.extensions)) {
    const registered = beyond.extensions.get(id);
    if (registered?.of === "object") registered.check(object, walk);
  }
}

/**
 * Looks at one value as an object of STIX 2.1 with errata 01, by all rules that one object can break. Never throws, changes
 * nothing, and tells of all errors and all warnings, up to fifty each.
 */
export function checkObject(sent: unknown, beyond: Beyond = {}): Checked {
  const walk = new Walk();
  if (!isObject(sent)) {
    walk.add("stix.not_object", `found ${show(sent)}; a STIX object is a JSON object`);
    return walk;
  }
  const unsound = structureProblems(sent);
  if (unsound.length > 0) return { errors: [...unsound], warnings: [], places: [] };
  const { type } = sent;
  if (!checkType(type, walk) || typeof type !== "string") return walk;
  // A wrong version is told of once; all else is judged as what it has to be.
  const input = checkVersion(sent, type, walk) ? sent : { ...sent, spec_version: "2.1" };
  const older = olderForm(type, input);
  const rules = (older === undefined ? undefined : OLDER.get(older)) ?? RULES.get(type) ?? CUSTOM;
  const kind = rules.kind === "custom" ? kindOfCustom(input) : rules.kind;
  walk.type = type;
  walk.observable = kind === "sco";
  walk.defanged = input.defanged === true;
  walk.extended = rules === CUSTOM || addsTopLevel(input);
  const contents = beyond.extensions;
  if (contents !== undefined)
    walk.extensionContent = (id, content, at) => {
      const registered = contents.get(id);
      if (registered?.of !== "content") return;
      at.path.push(id);
      registered.check(content, at);
      at.path.pop();
    };
  rules.members(input, walk);
  checkId(type, input, kind, walk, rules.mayBeBare);
  checkApplicable(kind, input, walk);
  if (kind !== "sco" || input.created !== undefined) checkVersionTimes(input, walk);
  checkTimes(type, input, walk);
  checkLabels(type, input, walk);
  checkGranularMarkings(input, walk);
  checkEncodings(input, walk);
  if (isStandardType(type)) checkNotRedefined(input, walk);
  else if (rules === CUSTOM) checkCustomType(type, input, kind, walk);
  if (older !== undefined) walk.add("stix.older_form", `read as ${older.now}, its name since 2025`, older.property);
  for (const rule of rules.own) rule(input, walk);
  if (type === "indicator") checkPattern(input, beyond, walk);
  if (type === "observed-data" && input.objects !== undefined)
    checkContainer(input.objects, walk, (name) => (SCOS.has(name) ? RULES.get(name)?.members : undefined));
  checkRegistered(input, beyond, walk);
  return walk;
}
