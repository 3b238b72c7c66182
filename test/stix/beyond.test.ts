import { RELEASE_LABEL_EXTENSION } from "../../schemas/stix/release-label.ts";
import { extensionByJsonSchema, knowing } from "../../schemas/stix/validate/beyond.ts";
import { validateStix } from "../../schemas/stix/validate/validate-stix.ts";
import { changed, type Json } from "./case-objects.ts";

const RANK = "extension-definition--5f3c1b52-9f1d-4c0e-8a3e-6b7a1f1a2b3c";
const THING = "extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";

const known = knowing({
  patterns: new Map([
    ["x-words", (pattern) => (pattern.includes("?") ? [{ code: "words.question", message: "asks" }] : [])],
  ]),
  extensions: new Map([
    [
      RANK,
      extensionByJsonSchema({
        type: "object",
        properties: { rank: { type: "integer", minimum: 1 } },
        required: ["rank"],
      }),
    ],
    [
      THING,
      extensionByJsonSchema({ type: "object", properties: { size: { type: "string" } }, required: ["size"] }, "object"),
    ],
  ]),
});

const found = (object: Json, beyond = known): string[] =>
  validateStix(object, beyond).errors.map(({ code, path, rule }) => `${code} ${path} ${rule}`);
const identity = (extensions: Json, more: Json = {}): Json =>
  changed("identity", "minimal", { set: { extensions, ...more } });

test.each<[string, Json, string[]]>([
  ["what it allows", identity({ [RANK]: { extension_type: "property-extension", rank: 1 } }), []],
  [
    "a value out of its range",
    identity({ [RANK]: { extension_type: "property-extension", rank: 0 } }),
    [`stix.extension_content extensions.${RANK}.rank 7.3`],
  ],
  [
    "what it requires",
    identity({ [RANK]: { extension_type: "property-extension" } }),
    [`stix.extension_content extensions.${RANK}.rank 7.3`],
  ],
  [
    "a property at the top",
    identity({ [THING]: { extension_type: "toplevel-property-extension" } }, { size: "L" }),
    [],
  ],
  [
    "a property at the top that is missing",
    identity({ [THING]: { extension_type: "toplevel-property-extension" } }),
    ["stix.extension_content size 7.3"],
  ],
  [
    "an extension that nobody registered",
    identity({ [RANK.replace("5", "6")]: { extension_type: "property-extension", rank: 0 } }),
    [],
  ],
])("an extension with a registered JSON Schema – %s – as it says", (_what, object, expected) => {
  expect(found(object)).toEqual(expected);
});

test("our own extensions – without registering anything – are looked at", () => {
  const marking = changed("marking-definition", "minimal", {
    set: { extensions: { [RELEASE_LABEL_EXTENSION]: { extension_type: "property-extension", tlp: "PURPLE" } } },
  });
  expect(validateStix(marking).errors.map(({ path }) => path)).toContain(`extensions.${RELEASE_LABEL_EXTENSION}.tlp`);
});

test("a language of patterns – registered – is judged; others are nobody's to judge", () => {
  const indicator = (type: string): Json =>
    changed("indicator", "minimal", { set: { pattern: "what?", pattern_type: type } });
  expect(found(indicator("x-words"))).toEqual(["words.question pattern 9"]);
  expect(found(indicator("x-other"))).toEqual([]);
});
