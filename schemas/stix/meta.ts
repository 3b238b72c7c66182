import { z } from "zod";
import { dictionary, formed, list, unversioned, versioned } from "./common.ts";
import { ADDED_PROPERTY, VERSION } from "./forms/naming.ts";
import { anyRef } from "./identifier.ts";
import { Timestamp } from "./timestamp.ts";
import { EXTENSION_TYPES } from "./vocabulary.ts";

/** Meta objects (STIX 2.1 section 7). */

/** Other people's markings pass through: besides TLP and statements any `definition` or extension will do. */
export const MarkingDefinition = z
  .looseObject({
    ...unversioned("marking-definition"),
    name: z.string().optional(),
    definition_type: z.string().optional(),
    definition: dictionary(z.unknown()).optional(),
  })
  .meta({ id: "MarkingDefinition" });
export type MarkingDefinition = z.infer<typeof MarkingDefinition>;

/** `contents`: language code → property name → the value in that language. */
export const LanguageContent = z
  .looseObject({
    ...versioned("language-content"),
    object_ref: anyRef(),
    object_modified: Timestamp.optional(),
    contents: dictionary(dictionary(z.unknown())),
  })
  .meta({ id: "LanguageContent" });
export type LanguageContent = z.infer<typeof LanguageContent>;

export const ExtensionDefinition = z
  .looseObject({
    ...versioned("extension-definition"),
    created_by_ref: versioned("extension-definition").created_by_ref.unwrap(),
    name: z.string(),
    description: z.string().optional(),
    schema: z.string(),
    version: formed(VERSION),
    extension_types: list(z.enum(EXTENSION_TYPES)),
    extension_properties: list(formed(ADDED_PROPERTY)).optional(),
  })
  .meta({ id: "ExtensionDefinition" });
export type ExtensionDefinition = z.infer<typeof ExtensionDefinition>;
