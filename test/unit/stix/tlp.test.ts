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
])("claimedTlp – %j – %s", (marking, level) => {
  expect(claimedTlp(marking)).toBe(level);
});
