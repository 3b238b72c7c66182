import { z } from "zod";
import { type DictionaryValues, declare } from "./facts.ts";
import type { Form } from "./forms/form.ts";
import { LANGUAGE_TAG } from "./forms/language-tag.ts";
import { KILL_CHAIN_NAME, PHASE_NAME } from "./forms/naming.ts";
import { URL_VALUE } from "./forms/network.ts";
import { idOf, ref } from "./identifier.ts";
import { Timestamp } from "./timestamp.ts";
import { EXTENSION_TYPES } from "./vocabulary.ts";

/** Parts that several types share (STIX 2.1 sections 2 and 3). Unknown properties are kept everywhere. */

/** A list has at least one member, or it is left out (section 2.12). */
export const list = <T extends z.ZodType>(item: T) => z.array(item).min(1);

const notEmpty = {
  message: "is empty; leave it out instead",
  params: { code: "stix.list_empty" },
};
const hasEntries = (value: object): boolean => Object.keys(value).length > 0;

/** A dictionary has at least one entry, or it is left out (section 2.3). `values` says more of what its values may be. */
export const dictionary = <T extends z.ZodType>(value: T, values?: DictionaryValues) =>
  declare(z.record(z.string(), value).refine(hasEntries, notEmpty).meta({ minProperties: 1 }), {
    kind: "dictionary",
    ...(values === undefined ? {} : { values }),
  });

/** One of a vocabulary or any other text: the members are what a sender should use (section 2.14). */
export const openVocab = (members: readonly string[]) =>
  declare(z.string().meta({ examples: [...members] }), { kind: "vocabulary", members: new Set(members) });

/** Text that has a form by a rule of the standard. */
export const formed = (form: Form) => declare(z.string(), { kind: "form", form });

/** At least one of its own properties has to be there, those named apart. */
export const notBare = <T extends z.ZodObject>(schema: T, besides: readonly string[] = []): T =>
  declare(schema, { kind: "least", besides });

/** An even number of lower-case hexadecimal digits (section 2.8). */
export const Hex = z.stringFormat("stix-hex", /^(?:[0-9a-f]{2})*$/, {
  error: "must be pairs of the digits 0-9 and a-f",
});
/** Base64 (section 2.1). Only the alphabet is checked: a payload can be large. */
export const Binary = z.stringFormat("stix-base64", /^[A-Za-z0-9+/]*={0,2}$/, { error: "must be base64" });

const digest = (digits: number) =>
  z.stringFormat(`stix-hash-${digits}`, new RegExp(`^[0-9a-fA-F]{${digits}}$`), {
    error: `must be ${digits} hexadecimal digits`,
  });
/** Digests by algorithm (section 2.7); another algorithm's value can be any text. */
export const Hashes = declare(
  z
    .object({
      MD5: digest(32).optional(),
      "SHA-1": digest(40).optional(),
      "SHA-256": digest(64).optional(),
      "SHA-512": digest(128).optional(),
      "SHA3-256": digest(64).optional(),
      "SHA3-512": digest(128).optional(),
      SSDEEP: z.string().optional(),
      TLSH: z.string().optional(),
    })
    .catchall(z.string())
    .refine(hasEntries, notEmpty)
    .meta({ id: "Hashes", minProperties: 1 }),
  { kind: "hashes" },
);
export type Hashes = z.infer<typeof Hashes>;

export const ExternalReference = declare(
  z
    .looseObject({
      source_name: z.string(),
      description: z.string().optional(),
      url: formed(URL_VALUE).optional(),
      hashes: Hashes.optional(),
      external_id: z.string().optional(),
    })
    .meta({ id: "ExternalReference" }),
  { kind: "external-reference" },
);
export type ExternalReference = z.infer<typeof ExternalReference>;

export const KillChainPhase = z
  .looseObject({ kill_chain_name: formed(KILL_CHAIN_NAME), phase_name: formed(PHASE_NAME) })
  .meta({ id: "KillChainPhase" });
export type KillChainPhase = z.infer<typeof KillChainPhase>;

/** Marks parts of an object: `selectors`, and either a language or a marking (section 7.2.3). */
export const GranularMarking = declare(
  z
    .looseObject({
      lang: formed(LANGUAGE_TAG).optional(),
      marking_ref: ref("marking-definition").optional(),
      selectors: list(z.string()),
    })
    .refine((marking) => (marking.lang === undefined) !== (marking.marking_ref === undefined), {
      message: "needs exactly one of lang and marking_ref",
      params: { code: "stix.granular_marking" },
    })
    .meta({ id: "GranularMarking" }),
  { kind: "granular-marking" },
);
export type GranularMarking = z.infer<typeof GranularMarking>;

/** What stands under one key of `extensions` (section 7.3). Predefined extensions carry no `extension_type`. */
export const Extension = z
  .looseObject({ extension_type: z.enum(EXTENSION_TYPES).optional() })
  .meta({ id: "Extension" });
export type Extension = z.infer<typeof Extension>;
export const Extensions = declare(
  z.record(z.string(), Extension).refine(hasEntries, notEmpty).meta({ minProperties: 1 }),
  { kind: "extensions", predefined: {} },
);
export type Extensions = z.infer<typeof Extensions>;
/** The same where the standard itself defines extensions under names of their own. */
export const extensionsWith = <T extends Readonly<Record<string, z.ZodType>>>(predefined: T) =>
  declare(z.object(predefined).catchall(Extension).refine(hasEntries, notEmpty).meta({ minProperties: 1 }), {
    kind: "extensions",
    predefined,
  });

const markings = {
  object_marking_refs: list(ref("marking-definition")).optional(),
  granular_markings: list(GranularMarking).optional(),
};

const described = {
  created_by_ref: ref("identity").optional(),
  revoked: z.boolean().optional(),
  labels: list(z.string()).optional(),
  confidence: z.int().min(0).max(100).optional(),
  lang: formed(LANGUAGE_TAG).optional(),
  external_references: list(ExternalReference).optional(),
  ...markings,
};

/** Common properties of domain, relationship and meta objects (section 3.2). */
export const versioned = <T extends string>(type: T) => ({
  type: z.literal(type),
  spec_version: z.literal("2.1"),
  id: idOf(type),
  created: Timestamp,
  modified: Timestamp,
  ...described,
  extensions: Extensions.optional(),
});

/**
 * Common properties of observables (section 3.2). The ones for versioning are no part of the standard's set for them,
 * but a versioned observable may carry them, so where they are there they are checked.
 */
export const observable = <T extends string>(type: T) => ({
  type: z.literal(type),
  spec_version: z.literal("2.1").optional(),
  id: idOf(type),
  created: Timestamp.optional(),
  modified: Timestamp.optional(),
  ...described,
  defanged: z.boolean().optional(),
  extensions: Extensions.optional(),
});

/** Common properties of a type that is not of the standard: what kind it is can't be told, so only the id is required. */
export const custom = {
  type: z.string(),
  spec_version: z.literal("2.1").optional(),
  created: Timestamp.optional(),
  modified: Timestamp.optional(),
  ...described,
  extensions: Extensions.optional(),
};

/** Common properties of a marking definition, which has no versions (section 7.2.1). */
export const unversioned = <T extends string>(type: T) => ({
  type: z.literal(type),
  spec_version: z.literal("2.1"),
  id: idOf(type),
  created: Timestamp,
  created_by_ref: described.created_by_ref,
  external_references: described.external_references,
  ...markings,
  extensions: Extensions.optional(),
});

/** What any observable may have, and says nothing of what it is; extensions count as its own where the type has some. */
export const OBSERVABLE_BESIDES = Object.keys(observable("file")).filter((name) => name !== "extensions");
