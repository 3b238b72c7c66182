import fc from "fast-check";
import { TLP_2_MARKINGS } from "../../../schemas/stix/tlp.ts";
import { structureProblems } from "../../../schemas/stix/validate/structure.ts";
import { validate } from "../../../server/pipeline/validate.ts";
import cases from "../../cases/stix-objects.json" with { type: "json" };

type Json = Record<string, unknown>;
const objects: readonly { type: string; required: string[]; minimal: Json; full: Json }[] = cases.filter(
  ({ type }) => type !== "bundle",
);
const UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

const indicator = (more: Json = {}): Json => ({
  type: "indicator",
  spec_version: "2.1",
  id: `indicator--${UUID}`,
  created: "2026-04-11T09:30:00.123Z",
  modified: "2026-04-11T09:30:00.123Z",
  pattern: "[ipv4-addr:value = '192.0.2.7']",
  pattern_type: "stix",
  valid_from: "2026-04-11T09:30:00Z",
  ...more,
});
const file = (more: Json = {}): Json => ({
  type: "file",
  id: "file--e26c2c95-5ba8-5b6f-9a0a-0b6ef6d2a8e9",
  name: "a.exe",
  ...more,
});
/** Code and path of each error. */
const errors = (input: unknown): string[] => validate(input).errors.map(({ code, path }) => `${code} ${path}`);
const warnings = (input: unknown): string[] => validate(input).warnings.map(({ code, path }) => `${code} ${path}`);
const from = (text: string): unknown => JSON.parse(text);

test("the case file – read from disk – has a case for each of the 42 object types and the wallet", () => {
  expect(new Set(objects.map(({ type }) => type)).size).toBe(43);
});

describe.each(objects)("validate – $type", ({ required, minimal, full }) => {
  test.each([
    ["minimal", minimal],
    ["full", full],
  ])("%s object – valid, the very object comes back, nothing is remarked", (_size, object) => {
    const result = validate(object);
    expect(result).toEqual({ object, errors: [], warnings: [] });
    expect(result.object).toBe(object);
  });

  test.each(required)("%s is missing – refused at that path", (name) => {
    const { [name]: _gone, ...rest } = minimal;
    const code = name === "spec_version" ? "stix.version_2_0" : "stix.required";
    expect(errors(rest)).toContain(`${code} ${name}`);
  });

  // 3.5 is no text, list, object, truth value or whole number.
  const checked = Object.keys(full).filter((name) => !["latitude", "longitude", "precision"].includes(name));
  test.each(checked)("%s is a fraction – refused at that path", (name) => {
    const found = errors({ ...full, [name]: 3.5 });
    expect(found.filter((line) => line.endsWith(` ${name}`))).toHaveLength(1);
  });

  test("a list that is empty – left out with a warning, or refused where it must be there", () => {
    for (const name of Object.keys(full).filter((one) => Array.isArray(full[one]))) {
      const { object, errors: refusals, warnings: told } = validate({ ...full, [name]: [] });
      if (required.includes(name)) expect(refusals.map(({ code }) => code)).toContain("stix.required");
      else {
        expect(told).toContainEqual({ code: "stix.repaired", path: name, message: "found a list, which was left out" });
        expect(Object.keys(object ?? {})).toEqual(Object.keys(full).filter((one) => one !== name));
      }
    }
  });

  test("id of another type – refused", () => {
    expect(errors({ ...minimal, id: `x-other--${UUID}` })).toContain("stix.id id");
  });

  test("unknown properties – kept", () => {
    const object = { ...minimal, x_rank: { deep: [null, 1] } };
    expect(validate(object).object).toBe(object);
  });
});

test.each<[string, unknown, string[]]>([
  ["null", null, ["stix.not_object "]],
  ["a list", [indicator()], ["stix.not_object "]],
  ["text", "indicator", ["stix.not_object "]],
  ["an empty object", {}, ["stix.required type"]],
  ["a type that is a number", { type: 7 }, ["stix.type type"]],
  ["a type in capitals", { type: "Indicator" }, ["stix.unknown_type_name type"]],
  ["a type with two hyphens in a row", { type: "x--a" }, ["stix.unknown_type_name type"]],
  ["a type named like a property of every object", { type: "constructor" }, ["stix.required id"]],
  ["a bundle", { type: "bundle", id: `bundle--${UUID}` }, ["stix.bundle type"]],
  ["STIX 2.0 by name", indicator({ spec_version: "2.0" }), ["stix.version_2_0 spec_version"]],
  ["STIX 2.0 by silence", indicator({ spec_version: undefined }), ["stix.version_2_0 spec_version"]],
  ["a custom object of STIX 2.0", { type: "x-a", id: "x-a--1", created: "?" }, ["stix.version_2_0 spec_version"]],
  ["a version that does not exist", indicator({ spec_version: "2.2" }), ["stix.spec_version spec_version"]],
  ["an id of another type", indicator({ id: `malware--${UUID}` }), ["stix.id id"]],
  ["an id that is no UUID", indicator({ id: "indicator--7" }), ["stix.id id"]],
  ["an id of ten thousand characters", indicator({ id: `indicator--${"a".repeat(10_000)}` }), ["stix.id id"]],
  ["a UUID in capitals", indicator({ id: `indicator--${UUID.toUpperCase()}` }), ["stix.id id"]],
  ["a custom id of another type", { type: "x-a", id: `x-b--${UUID}` }, ["stix.id id"]],
  ["an author that is no identity", indicator({ created_by_ref: `malware--${UUID}` }), ["stix.ref created_by_ref"]],
  ["30 February", indicator({ valid_from: "2026-02-30T00:00:00Z" }), ["stix.timestamp valid_from"]],
  ["another time zone", indicator({ valid_from: "2026-02-03T00:00:00+09:00" }), ["stix.timestamp valid_from"]],
  ["modified before created", indicator({ modified: "2026-04-11T09:30:00.1229Z" }), ["stix.version_order modified"]],
  ["a confidence of 101", indicator({ confidence: 101 }), ["stix.range confidence"]],
  ["a confidence of 50.5", indicator({ confidence: 50.5 }), ["stix.type confidence"]],
  ["an MD5 of 31 digits", file({ hashes: { MD5: "a".repeat(31) } }), ["stix.hash hashes.MD5"]],
  ["a SHA-256 of 63 digits", file({ hashes: { "SHA-256": "a".repeat(63) } }), ["stix.hash hashes.SHA-256"]],
  ["a SHA-1 with a letter g", file({ hashes: { "SHA-1": "g".repeat(40) } }), ["stix.hash hashes.SHA-1"]],
  ["a SHA3-512 of 64 digits", file({ hashes: { "SHA3-512": "a".repeat(64) } }), ["stix.hash hashes.SHA3-512"]],
  ["an empty list that must be there", indicator({ pattern: [] }), ["stix.type pattern"]],
  ["a hash that is a number", file({ hashes: { "x-hash": 1 } }), ["stix.type hashes.x-hash"]],
  [
    "a reference without a source",
    indicator({ external_references: [{ url: "https://example.com" }] }),
    ["stix.required external_references[0].source_name"],
  ],
  [
    "a value of no enumeration, inside a predefined extension",
    {
      type: "network-traffic",
      id: `network-traffic--${UUID}`,
      protocols: ["tcp"],
      extensions: { "socket-ext": { address_family: "AF_X" } },
    },
    ["stix.enum extensions.socket-ext.address_family"],
  ],
  [
    "a granular marking with both a language and a marking",
    indicator({
      granular_markings: [{ selectors: ["pattern"], lang: "en", marking_ref: `marking-definition--${UUID}` }],
    }),
    ["stix.granular_marking granular_markings[0]"],
  ],
  [
    "a relationship to a relationship",
    {
      ...indicator(),
      type: "relationship",
      id: `relationship--${UUID}`,
      relationship_type: "related-to",
      source_ref: `relationship--${UUID}`,
      target_ref: `x-custom--${UUID}`,
    },
    ["stix.ref source_ref"],
  ],
  [
    "several errors at once",
    indicator({ pattern: 1, labels: [7], valid_from: undefined }),
    ["stix.type labels[0]", "stix.type pattern", "stix.required valid_from"],
  ],
  ["__proto__ as a key", from('{"type":"x-a","a":{"__proto__":{"b":1}}}'), ["stix.forbidden_key a.__proto__"]],
  ["constructor as a key", from('{"type":"x-a","a":[{"constructor":1}]}'), ["stix.forbidden_key a[0].constructor"]],
  ["prototype as a key", from('{"type":"x-a","prototype":1}'), ["stix.forbidden_key prototype"]],
  ["half a surrogate pair in a value", indicator({ name: "a\ud800" }), ["stix.text name"]],
  ["half a surrogate pair in a key", indicator({ x_a: { "\udc00": 1 } }), ["stix.text x_a"]],
  ["a number beyond what can be held", from('{"type":"x-a","a":1e999}'), ["stix.number a"]],
  [
    "a whole number beyond what is held to the digit",
    from(`{"type":"x-a","a":[9007199254740992,9007199254740991,1.5e3]}`),
    ["stix.number a[0]"],
  ],
])("validate – %s – refused", (_what, input, expected) => {
  expect(errors(input).sort()).toEqual([...expected].sort());
  expect(validate(input).object).toBeUndefined();
});

const marking = (more: Json): Json => ({
  type: "marking-definition",
  spec_version: "2.1",
  id: `marking-definition--${UUID}`,
  created: "2026-04-11T09:30:00.123Z",
  ...more,
});
const TLP_2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";
const LABEL = "extension-definition--6ac4d8e5-2743-4824-b706-2a8442aae4b2";
const label = { extension_type: "property-extension", tlp: "GREEN", classification: "U", caveats: [], releases: [] };

test.each<[string, Json, string[]]>([
  ["with nothing in it", {}, ["stix.required definition_type", "stix.required definition"]],
  ["without a definition", { definition_type: "statement" }, ["stix.required definition"]],
  [
    "a statement that states nothing",
    { definition_type: "statement", definition: { a: 1 } },
    ["stix.required definition.statement"],
  ],
  ["a level that TLP does not have", { definition_type: "tlp", definition: { tlp: "purple" } }, ["stix.tlp id"]],
  [
    "TLP 2.0 clear under the id of red",
    {
      id: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
      extensions: { [TLP_2]: { extension_type: "property-extension", tlp_2_0: "clear" } },
    },
    ["stix.tlp id"],
  ],
  [
    "our label with a key that nobody knows",
    { extensions: { [LABEL]: { ...label, embargo: "2027" } } },
    [`stix.unknown_key extensions.${LABEL}`],
  ],
  [
    "our label without a TLP",
    { extensions: { [LABEL]: { ...label, tlp: undefined } } },
    [`stix.required extensions.${LABEL}.tlp`],
  ],
  ["our label", { extensions: { [LABEL]: label } }, []],
  ["a marking of others", { definition_type: "x-iep", definition: { a: 1 } }, []],
  [
    "TLP 1 white under its own id",
    {
      id: "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
      definition_type: "tlp",
      definition: { tlp: "white" },
    },
    [],
  ],
])("validate – a marking definition: %s – as the standard says", (_what, more, expected) => {
  expect(errors(marking(more))).toEqual(expected);
});

test.each<[string, Json, string[]]>([
  [
    "a UUID of no known version",
    indicator({ id: "indicator--00000000-0000-0000-0000-000000000000" }),
    ["stix.uuid id"],
  ],
  [
    "a selector of nothing",
    indicator({ granular_markings: [{ selectors: ["name"], lang: "ko" }] }),
    ["stix.selector_target granular_markings[0].selectors[0]"],
  ],
  [
    "an observable whose id is of another value",
    file({ id: "file--5a27d487-c542-5f97-a131-a8866b477b46" }),
    ["stix.sco_id id"],
  ],
  [
    "TLP 1 red under an id of its own",
    marking({ definition_type: "tlp", definition: { tlp: "red" } }),
    ["stix.tlp id"],
  ],
  [
    "TLP 2.0 red under an id of its own",
    marking({ extensions: { [TLP_2]: { extension_type: "property-extension", tlp_2_0: "red" } } }),
    ["stix.tlp id"],
  ],
  [
    "a wallet in its older form",
    { type: "cryptocurrency-wallet", id: `cryptocurrency-wallet--${UUID}`, address: "T" },
    ["stix.older_form address"],
  ],
  [
    "an extension that does not say what it is",
    indicator({ extensions: { [`extension-definition--${UUID}`]: { rank: 1 } } }),
    [`stix.extension_type extensions.extension-definition--${UUID}.extension_type`],
  ],
])("validate – %s – goes in with a warning", (_what, input, expected) => {
  expect(validate(input).object).toBe(input);
  expect(warnings(input)).toEqual(expected);
});

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

test("validate – nested to the 64th level – goes in; one level more is refused", () => {
  expect(errors(indicator({ x_a: nested(63) }))).toEqual([]);
  expect(validate(indicator({ x_a: nested(64) })).errors.map(({ code }) => code)).toEqual(["stix.depth"]);
  expect(validate(indicator({ x_a: nested(5000) })).errors.map(({ code }) => code)).toEqual(["stix.depth"]);
});

test("validate – a hundred errors – the first fifty are reported", () => {
  expect(errors(indicator({ labels: new Array(100).fill(1) }))).toHaveLength(50);
  expect(errors(from(`{"type":"x-a","a":[${new Array(100).fill('{"__proto__":1}').join(",")}]}`))).toHaveLength(50);
});

test("structureProblems – a hundred forbidden keys – fifty are looked for, no more", () => {
  const object = from(`{"a":[${new Array(100).fill('{"constructor":1}').join(",")}]}`) as Json;
  expect(structureProblems(object)).toHaveLength(50);
});

test("validate – more values than any real object has – refused by their number alone", () => {
  expect(errors(indicator({ labels: new Array(200_001).fill(1) }))).toEqual(["stix.too_large "]);
});

test("validate – hostile text in a path or value – is cut short in the words", () => {
  const [problem] = validate(indicator({ pattern: 1, [`x_${"k".repeat(9000)}`]: "\ud800" })).errors;
  expect(problem?.path).toBe(`x_${"k".repeat(78)}…`);
  const [other] = validate(indicator({ valid_from: "9".repeat(9000) })).errors;
  expect(other?.message).toBe(
    `found "${"9".repeat(80)}…"; must be a date that exists, in UTC, such as 2026-04-11T09:30:00.000Z`,
  );
});

const types = objects.map(({ type }) => type);
const anyObject = fc
  .tuple(fc.constantFrom(...types, "x-custom"), fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...objects))
  .chain(([type, noise, seed]) =>
    fc
      .record(
        Object.fromEntries(
          [
            "id",
            "spec_version",
            "created",
            "modified",
            "labels",
            "extensions",
            "hashes",
            "value",
            "object_refs",
            "definition",
            ...Object.keys(seed.full),
          ].map((name) => [name, fc.oneof(fc.constant(noise), fc.constant(seed.full[name]), fc.jsonValue())]),
        ),
        { requiredKeys: [] },
      )
      .map((rest): Json => ({ ...rest, type })),
  );

test("validate – any JSON at all – never throws, never changes its input, and says valid or why not", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), anyObject), (input) => {
      const before = JSON.stringify(input);
      const { object, errors: found, warnings: told } = validate(input);
      expect(JSON.stringify(input)).toBe(before);
      expect(object === undefined).toBe(found.length > 0);
      if (object !== undefined && !told.some(({ code }) => code === "stix.repaired")) expect(object).toBe(input);
    }),
    { numRuns: 1500 },
  );
});

test("validate – a frozen object – is read only", () => {
  const frozen = Object.freeze(indicator({ labels: Object.freeze(["a"]) }));
  expect(validate(frozen).object).toBe(frozen);
});

/** What a fault of a producer is taken as, and the path of the warning. */
test.each<[string, Json, Json, string[]]>([
  [
    "UTC in another spelling",
    indicator({ valid_from: "2026-04-11 09:30:00+00:00" }),
    indicator({ valid_from: "2026-04-11T09:30:00Z" }),
    ["valid_from"],
  ],
  ["null where there is nothing to say", indicator({ description: null }), indicator(), ["description"]],
  [
    "null and empty lists in a list of references",
    indicator({ external_references: [null, { source_name: "a", url: null, description: "b" }, null] }),
    indicator({ external_references: [{ source_name: "a", description: "b" }] }),
    ["external_references[0]", "external_references[1].url", "external_references[2]"],
  ],
  ["a list of nulls alone", indicator({ labels: [null, null] }), indicator(), ["labels[0]", "labels[1]"]],
  ["truth as text", indicator({ revoked: "True" }), indicator({ revoked: true }), ["revoked"]],
  ["a number as text", indicator({ confidence: "85" }), indicator({ confidence: 85 }), ["confidence"]],
  ["bytes in capitals", file({ magic_number_hex: "4D5A" }), file({ magic_number_hex: "4d5a" }), ["magic_number_hex"]],
  [
    "a MAC address with hyphens",
    { type: "mac-addr", id: "mac-addr--65cfcf98-8a6e-5a1b-8f61-379ac4f92d00", value: "00-B0-D0-63-C2-26" },
    { type: "mac-addr", id: "mac-addr--65cfcf98-8a6e-5a1b-8f61-379ac4f92d00", value: "00:b0:d0:63:c2:26" },
    ["value"],
  ],
  [
    "header fields that are no lists",
    {
      type: "email-message",
      id: `email-message--${UUID}`,
      is_multipart: false,
      additional_header_fields: { "Reply-To": "a@b.example" },
    },
    {
      type: "email-message",
      id: `email-message--${UUID}`,
      is_multipart: false,
      additional_header_fields: { "Reply-To": ["a@b.example"] },
    },
    ["additional_header_fields.Reply-To"],
  ],
  [
    "TLP 2.0 in the manner of TLP 1, under its own id",
    marking({
      id: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
      definition_type: "tlp",
      definition: { tlp: "amber+strict" },
    }),
    { ...TLP_2_MARKINGS[3] },
    ["definition"],
  ],
])("validate – %s – taken as what was meant, with a warning", (_what, input, meant, paths) => {
  const before = JSON.stringify(input);
  const { object, errors: refusals, warnings: told } = validate(input);
  expect(refusals).toEqual([]);
  expect(object).toEqual(meant);
  expect(told.filter(({ code }) => code === "stix.repaired").map(({ path }) => path)).toEqual(paths);
  expect(JSON.stringify(input)).toBe(before);
});

test("validate – dates of a version without a fraction – kept as its sender names the version, with a warning", () => {
  const one = indicator({ created: "2026-04-11T09:30:00Z", modified: "2026-04-11T09:30:00.5Z" });
  const { object, warnings: told } = validate(one);
  expect(object).toBe(one);
  expect(told.map(({ code, path }) => `${code} ${path}`)).toEqual([
    "stix.timestamp_precision created",
    "stix.timestamp_precision modified",
  ]);
});

test("validate – faults that can mean several things – refused", () => {
  expect(errors(indicator({ valid_from: "2026-04-11T09:30:00" }))).toEqual(["stix.timestamp valid_from"]);
  expect(errors(indicator({ confidence: "high" }))).toEqual(["stix.type confidence"]);
  expect(errors(indicator({ pattern: null }))).toEqual(["stix.required pattern"]);
  expect(errors(indicator({ revoked: 1 }))).toEqual(["stix.type revoked"]);
});
