import type { z } from "zod";
import { isTypeName } from "../../schemas/stix/identifier.ts";
import { CustomObject, STIX_OBJECTS } from "../../schemas/stix/objects.ts";
import { OWN_EXTENSIONS } from "../../schemas/stix/own-extensions.ts";
import { META_TYPES, SDO_TYPES, SRO_TYPES } from "../../schemas/stix/types.ts";
import { OlderWallet } from "../../schemas/stix/wallet.ts";
import type { Problem } from "../shared/fault.ts";
import { pathText, show } from "./path-text.ts";
import { schemaProblem } from "./schema-problem.ts";
import type { StixJson, Validated } from "./steps.ts";
import { markingProblems, versionProblems } from "./stix-rules.ts";
import { MOST_PROBLEMS, structureProblems } from "./structure.ts";

const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(STIX_OBJECTS));
const VERSIONED: ReadonlySet<string> = new Set([...SDO_TYPES, ...SRO_TYPES, ...META_TYPES]);
const OWN: ReadonlyMap<string, z.ZodType> = new Map(
  Object.entries(OWN_EXTENSIONS).map(([id, { content }]) => [id, content]),
);
const NONE: readonly Problem[] = Object.freeze([]);

const refused = (...errors: readonly Problem[]): Validated => ({
  errors: errors.slice(0, MOST_PROBLEMS),
  warnings: NONE,
});
const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What the type alone says against the object, before its properties are looked at. */
function typeProblem(type: unknown): Problem | undefined {
  const problem = (code: string, message: string): Problem => ({ code, path: "type", message });
  if (type === undefined) return problem("stix.required", "is missing");
  if (typeof type !== "string") return problem("stix.type", `found ${show(type)}; must be text`);
  if (type === "bundle") return problem("stix.bundle", "a bundle carries objects and is none; send its objects");
  if (isTypeName(type)) return undefined;
  const allowed = "must be 3 to 250 lower-case letters, digits and single hyphens";
  return problem("stix.unknown_type_name", `found ${show(type)}; ${allowed}`);
}

const LIFTED = "and a bundle of STIX 2.0 is lifted when it is posted to /api/v1/ingest";

/** STIX 2.0 has no `spec_version` on objects; observables and types we do not know may leave it out in 2.1 as well. */
function versionProblem(object: StixJson, type: string): Problem | undefined {
  const version = object.spec_version;
  if (version === "2.1") return undefined;
  const problem = (code: string, message: string): Problem => ({ code, path: "spec_version", message });
  if (version === undefined) {
    if (!VERSIONED.has(type) && (SCHEMAS.has(type) || object.created === undefined)) return undefined;
    return problem("stix.version_2_0", `is missing, so this is STIX 2.0; objects of STIX 2.1 say "2.1", ${LIFTED}`);
  }
  if (version === "2.0") return problem("stix.version_2_0", `found "2.0"; must be "2.1", ${LIFTED}`);
  return problem("stix.spec_version", `found ${show(version)}; must be "2.1"`);
}

const isOlderWallet = (type: string, object: StixJson): boolean =>
  type === "cryptocurrency-wallet" && object.value === undefined && typeof object.address === "string";

function schemaProblems(type: string, object: StixJson): readonly Problem[] {
  const schema = isOlderWallet(type, object) ? OlderWallet : SCHEMAS.get(type);
  const result = (schema ?? CustomObject).safeParse(object);
  const errors = result.success
    ? []
    : result.error.issues.slice(0, MOST_PROBLEMS).map((issue) => schemaProblem(issue, object));
  if (schema === undefined && typeof object.id === "string" && !object.id.startsWith(`${type}--`))
    errors.push({ code: "stix.id", path: "id", message: `found ${show(object.id)}; must begin with ${type}--` });
  return errors;
}

/** What stands under the ids of our own extensions, on whatever type. */
function ownExtensionProblems(extensions: unknown): readonly Problem[] {
  if (!isObject(extensions)) return NONE;
  const errors: Problem[] = [];
  for (const id of Object.keys(extensions)) {
    const content = extensions[id];
    const issues = OWN.get(id)?.safeParse(content).error?.issues ?? [];
    for (const issue of issues.slice(0, MOST_PROBLEMS)) errors.push(schemaProblem(issue, content, ["extensions", id]));
  }
  return errors;
}

const UUID_4122 = /--[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Slips that do no harm: the object goes in, and its sender hears of them. */
function slips(object: StixJson, type: string): readonly Problem[] {
  const found: Problem[] = [];
  const slip = (code: string, path: string, message: string): void => void found.push({ code, path, message });
  if (!UUID_4122.test(String(object.id))) slip("stix.uuid", "id", "its UUID is of no version and variant of RFC 9562");
  if (VERSIONED.has(type)) {
    for (const name of ["created", "modified"]) {
      const text = object[name];
      // `2026-04-11T09:30:00.000Z` has 24 characters, and no shorter text has three digits of fraction.
      if (typeof text === "string" && text.length < 24)
        slip("stix.timestamp_precision", name, `found ${show(text)}; three digits of fraction are asked for`);
    }
  }
  if (isOlderWallet(type, object)) slip("stix.older_form", "address", "read as value, its name since 2025");
  if (isObject(object.extensions)) {
    for (const [id, content] of Object.entries(object.extensions))
      if (id.startsWith("extension-definition--") && isObject(content) && content.extension_type === undefined)
        slip("stix.extension_type", pathText(["extensions", id, "extension_type"]), "is missing");
  }
  return found.length === 0 ? NONE : found.slice(0, MOST_PROBLEMS);
}

/**
 * Whether a JSON value is an object of STIX 2.1 (with errata 01): its type's properties, lists, references, hashes and
 * dates, and that nothing in it is unsafe to handle. Gives the very object back where it is. Never throws, changes
 * nothing, and reports all errors up to fifty; a type that is not of the standard is checked for the common properties.
 */
export function validate(input: unknown): Validated {
  if (!isObject(input))
    return refused({
      code: "stix.not_object",
      path: "",
      message: `found ${show(input)}; a STIX object is a JSON object`,
    });
  const unsound = structureProblems(input);
  if (unsound.length > 0) return refused(...unsound);
  const wrongType = typeProblem(input.type);
  if (wrongType !== undefined) return refused(wrongType);
  const type = String(input.type);
  const wrongVersion = versionProblem(input, type);
  if (wrongVersion !== undefined) return refused(wrongVersion);
  const errors = [
    ...schemaProblems(type, input),
    ...versionProblems(input),
    ...(type === "marking-definition" ? markingProblems(input) : NONE),
    ...(input.extensions === undefined ? NONE : ownExtensionProblems(input.extensions)),
  ];
  return errors.length > 0 ? refused(...errors) : { object: input, errors: NONE, warnings: slips(input, type) };
}
