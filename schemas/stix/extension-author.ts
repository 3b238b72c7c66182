import { z } from "zod";
import type { ExtensionDefinition } from "./meta.ts";
import type { Identity } from "./sdo-actor.ts";

/** Our own extension definitions: who signs them, and how one is made from its schema (STIX 2.1 section 7.3). */

const SINCE = "2026-09-01T00:00:00.000Z";

export const EXTENSION_AUTHOR_ID = "identity--ed6e1c0f-a3c7-4371-a9ff-60e1185a3c4f";

/** Goes along with our extension definitions, so that a receiver can resolve their author. */
export const EXTENSION_AUTHOR: Identity = {
  type: "identity",
  spec_version: "2.1",
  id: EXTENSION_AUTHOR_ID,
  created: SINCE,
  modified: SINCE,
  name: "Tricord",
  description: "Author of the extension definitions of the Tricord intelligence-sharing exchange",
  identity_class: "system",
};

/** The JSON Schema (draft 2020-12) of an extension's content. */
export const extensionJsonSchema = (content: z.ZodType, id: string): Record<string, unknown> => ({
  ...z.toJSONSchema(content, { target: "draft-2020-12", reused: "inline" }),
  $id: `urn:${id.replace("extension-definition--", "uuid:")}`,
});

interface About {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly content: z.ZodType;
  /** Where it was added to since it was first published. */
  readonly revised?: { readonly version: string; readonly modified: string };
}

const definitionOf = (about: About, kind: ExtensionDefinition["extension_types"][number]): ExtensionDefinition => ({
  type: "extension-definition",
  spec_version: "2.1",
  id: about.id,
  created_by_ref: EXTENSION_AUTHOR_ID,
  created: SINCE,
  modified: about.revised?.modified ?? SINCE,
  name: about.name,
  description: about.description,
  schema: JSON.stringify(extensionJsonSchema(about.content, about.id)),
  version: about.revised?.version ?? "1.0.0",
  extension_types: [kind],
});

/** The definition of a property extension; `schema` holds the JSON Schema itself, so that nothing has to be fetched. */
export const propertyExtension = (about: About): ExtensionDefinition => definitionOf(about, "property-extension");

/** The same for a type of object of ours: the schema is that of the whole object. */
export const newTypeExtension = (about: About & { readonly kind: "new-sdo" | "new-sco" }): ExtensionDefinition =>
  definitionOf(about, about.kind);
