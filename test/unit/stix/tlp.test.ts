import { TLP } from "../../../schemas/policy/vocabulary.ts";
import { claimedTlp, TLP_1_IDS, TLP_2_MARKINGS, tlpMarkingId, tlpOfMarking } from "../../../schemas/stix/tlp.ts";
import { validate } from "../../../server/pipeline/validate.ts";

test.each([...TLP])("TLP 2.0 – %s – its id leads back to it", (level) => {
  expect(tlpOfMarking(tlpMarkingId(level))).toBe(level);
});

test("the five TLP 2.0 markings – made – valid, loosest first, and say what their id stands for", () => {
  expect(TLP_2_MARKINGS.map(({ id }) => tlpOfMarking(id))).toEqual([...TLP]);
  expect(TLP_2_MARKINGS.map(claimedTlp)).toEqual(["clear", "green", "amber", "amber+strict", "red"]);
  for (const marking of TLP_2_MARKINGS)
    expect(validate(marking)).toEqual({ object: marking, errors: [], warnings: [] });
});

test("TLP 1 – by its ids – white is clear, the others keep their colour", () => {
  expect(Object.values(TLP_1_IDS).map(tlpOfMarking)).toEqual(["CLEAR", "GREEN", "AMBER", "RED"]);
});

test("tlpOfMarking – another marking – none", () => {
  expect(tlpOfMarking("marking-definition--00000000-0000-4000-8000-000000000000")).toBeUndefined();
  expect(tlpOfMarking("constructor")).toBeUndefined();
});

test.each([
  [{ definition_type: "tlp", definition: { tlp: "RED" } }, "red"],
  [{ definition_type: "statement", definition: { tlp: "red" } }, undefined],
  [{ definition_type: "tlp", definition: "red" }, undefined],
  [{ definition_type: "tlp", definition: null, extensions: null }, undefined],
  [
    {
      definition_type: "statement",
      definition: { statement: "custom" },
      x_opencti_definition_type: "TLP",
      x_opencti_definition: "TLP:AMBER+STRICT",
    },
    "amber+strict",
  ],
  [{ definition_type: "TLP", definition: { TLP: "TLP:RED" } }, "red"],
  [{ definition_type: "statement", definition: { statement: "a" }, x_opencti_definition: "PAP:RED" }, undefined],
])("claimedTlp – %j – %s", (marking, level) => {
  expect(claimedTlp(marking)).toBe(level);
});

const OPENCTI = {
  type: "marking-definition",
  spec_version: "2.1",
  id: "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37",
  created: "2022-10-01T00:00:00.000Z",
};

test("AMBER+STRICT of OpenCTI – by its id, as a statement, in the manner of TLP 1 – read as the level, and taken in", () => {
  const statement = {
    ...OPENCTI,
    definition_type: "statement",
    definition: { statement: "custom" },
    x_opencti_definition: "TLP:AMBER+STRICT",
  };
  const first = { ...OPENCTI, name: "TLP:AMBER+STRICT", definition_type: "tlp", definition: { tlp: "amber+strict" } };
  expect(tlpOfMarking(OPENCTI.id)).toBe("AMBER+STRICT");
  expect(validate(statement)).toEqual({ object: statement, errors: [], warnings: [] });
  expect(validate(first)).toMatchObject({ object: first, errors: [], warnings: [{ code: "stix.tlp", path: "id" }] });
  expect(validate({ ...first, definition: { tlp: "clear" } }).errors.map(({ code }) => code)).toEqual(["stix.tlp"]);
});
