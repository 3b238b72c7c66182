import { PERSONA_EXTENSION } from "../../../schemas/stix/revenue/persona.ts";
import { THEFT_EXTENSION } from "../../../schemas/stix/revenue/theft.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { queryTerms, termsOf } from "../../../server/pipeline/terms.ts";
import { aTurn, LINEAR } from "../../support/linear.ts";

/** Whether a search for these words finds the object. */
const finds = (object: StixJson, text: string): boolean => {
  const terms = new Set(termsOf(object));
  return queryTerms(text).every((term) => terms.has(term));
};

test.each<[string, StixJson, string]>([
  ["a Korean name by the North's spelling", { type: "threat-actor", name: "박진혁" }, "Pak Jin Hyok"],
  ["a Korean name by the South's spelling", { type: "threat-actor", name: "박진혁" }, "park jin-hyuk"],
  ["a name in Latin letters by another system", { type: "identity", name: "Ri Yong Ho" }, "Rhee Yeong Ho"],
  ["an alias in kana", { type: "intrusion-set", name: "x", aliases: ["ラザルス"] }, "razarusu"],
  ["a mark on a letter left out", { type: "identity", name: "Chŏng Kyŏng" }, "chong kyong"],
  [
    "a translation by its name in Korean",
    { type: "language-content", contents: { ko: { name: "라자루스 그룹" } } },
    "라자루스",
  ],
  [
    "a translation by what its aliases sound like",
    { type: "language-content", contents: { ko: { aliases: ["김수키"] } } },
    "kimsuki",
  ],
  [
    "a persona by a name of its",
    {
      type: "identity",
      name: "Persona 7",
      extensions: { [PERSONA_EXTENSION]: { names: [{ name: "이철", lang: "ko" }] } },
    },
    "Rhee Chul",
  ],
  [
    "a theft by its victim",
    { type: "incident", name: "x", extensions: { [THEFT_EXTENSION]: { victim: "DMM Bitcoin" } } },
    "dmm",
  ],
  ["an account by its IBAN", { type: "bank-account", iban: "GB29NWBK60161331926819" }, "gb29nwbk60161331926819"],
])("termsOf – %s – found", (_, object, text) => {
  expect(finds(object, text)).toBe(true);
});

test.each<[string, StixJson, string]>([
  ["a name of malware", { type: "malware", name: "Lee Chul" }, "rhee"],
  [
    "a reference in an extension",
    { type: "incident", extensions: { [THEFT_EXTENSION]: { victim_ref: "identity--abc" } } },
    "abc",
  ],
  ["somebody else's extension", { type: "incident", extensions: { other: { victim: "DMM" } } }, "dmm"],
])("termsOf – %s – no words of it", (_, object, text) => {
  expect(finds(object, text)).toBe(false);
});

test("termsOf – an object cut for its reader – nothing of what was cut", () => {
  expect(termsOf({ type: "identity", name: "Persona 7" })).toEqual(["persona", "7"]);
});

test(
  "termsOf – ten thousand names in Hangul – forty of them in other spellings",
  async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `김${String.fromCharCode(0xac00 + i)}`);
    const words = termsOf({ type: "identity", name: "x", aliases: names }).filter((word) => /^[a-z]/.test(word));
    expect(words.length).toBeLessThan(40 * 10);
    await aTurn();
  },
  LINEAR,
);
