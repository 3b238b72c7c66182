import { z } from "zod";
import { REGISTRY } from "../../../schemas/registry.ts";
import { Bundle } from "../../../schemas/stix/bundle.ts";
import { EXTENSION_AUTHOR, EXTENSION_AUTHOR_ID } from "../../../schemas/stix/extension-author.ts";
import { STIX_OBJECTS } from "../../../schemas/stix/objects.ts";
import { OWN_EXTENSION_DEFINITIONS, OWN_EXTENSIONS } from "../../../schemas/stix/own-extensions.ts";
import { REVENUE_OBJECTS } from "../../../schemas/stix/revenue/objects.ts";
import { META_TYPES, SCO_TYPES, SDO_TYPES, SRO_TYPES } from "../../../schemas/stix/types.ts";
import { validate } from "../../../server/pipeline/validate.ts";
import cases from "../../cases/stix-objects.json" with { type: "json" };

test("the schemas – against the list of types – one for each of the 42, for the wallet and for illicit revenue", () => {
  expect(Object.keys(STIX_OBJECTS).sort()).toEqual(
    [
      ...SDO_TYPES,
      ...SRO_TYPES,
      ...SCO_TYPES,
      ...META_TYPES,
      "cryptocurrency-wallet",
      ...Object.keys(REVENUE_OBJECTS),
    ].sort(),
  );
});

test.each(cases.filter(({ type }) => type === "bundle"))("Bundle – minimal and full – valid", ({ minimal, full }) => {
  expect(Bundle.safeParse(minimal).success).toBe(true);
  expect(Bundle.safeParse(full).success).toBe(true);
  expect(Bundle.safeParse({ ...full, objects: [] }).error?.issues[0]?.path).toEqual(["objects"]);
});

test("the registry – made – each name once, each schema in JSON Schema", () => {
  expect([...REGISTRY.keys()]).toEqual(
    expect.arrayContaining(["Indicator", "Bundle", "ReleaseLabel", "Viewer", "Label"]),
  );
  expect(new Set([...REGISTRY.values()]).size).toBe(REGISTRY.size);
  for (const schema of REGISTRY.values()) expect(Object.keys(z.toJSONSchema(schema)).length).toBeGreaterThan(1);
});

test.each([...OWN_EXTENSION_DEFINITIONS])(
  "our extension $name – its definition – is valid STIX and carries its JSON Schema",
  (definition) => {
    expect(validate(definition)).toEqual({ object: definition, errors: [], warnings: [] });
    expect(definition.created_by_ref).toBe(EXTENSION_AUTHOR_ID);
    const schema = JSON.parse(definition.schema) as Record<string, unknown>;
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(schema.$id).toBe(`urn:uuid:${definition.id.slice("extension-definition--".length)}`);
  },
);

test("our extensions – by id – the fixed ids", () => {
  expect(Object.keys(OWN_EXTENSIONS).sort()).toEqual([
    "extension-definition--125cd2c3-79ce-44ab-93db-0ebd3da8ddbd",
    "extension-definition--2da0e91f-e937-4050-8e31-3da03ec9b6d2",
    "extension-definition--65f80a51-72ea-4ec0-974f-c244ea112f8f",
    "extension-definition--6ac4d8e5-2743-4824-b706-2a8442aae4b2",
    "extension-definition--79189b80-0225-4412-a15a-956da84b8a0d",
    "extension-definition--7d5efa6b-7d4b-4555-85ce-9e74f860194f",
    "extension-definition--84420998-1252-4d63-aaf3-a664c23a3dda",
    "extension-definition--b7c3e1de-5c0b-4d0e-9d6a-6a0f5b6f3a21",
    "extension-definition--c2e41e60-d670-4d82-8ffc-551711ccd7ed",
  ]);
  expect(validate(EXTENSION_AUTHOR)).toEqual({ object: EXTENSION_AUTHOR, errors: [], warnings: [] });
});
