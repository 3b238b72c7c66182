import { PERSONA_EXTENSION } from "../../../schemas/stix/revenue/persona.ts";
import { personalWarning } from "../../../server/policy/personal-data.ts";

const UNDER = `extensions.${PERSONA_EXTENSION}`;
const persona = {
  type: "identity",
  extensions: { [PERSONA_EXTENSION]: { names: [{ name: "A" }], date_of_birth: "1990", skills: ["react"] } },
};
const rule = (selectors: string[], pii?: true) => ({ selectors, ...(pii === undefined ? {} : { pii }) });

test.each([
  ["no rule", []],
  ["a rule that is not for personal data", [rule([UNDER])]],
  ["a rule over another part", [rule([`${UNDER}.skills`], true)]],
])("personalWarning – a persona under %s – names the first field and the rule that would cover it", (_, fieldRules) => {
  expect(personalWarning(persona, { fieldRules })).toEqual([
    {
      code: "label.personal_data",
      path: `${UNDER}.names`,
      message: expect.stringContaining(`{"selectors": ["${UNDER}.names"], "pii": true}`),
    },
  ]);
});

test.each([
  ["the whole extension", [rule([UNDER], true)]],
  ["each field", [rule([`${UNDER}.names`], true), rule([`${UNDER}.date_of_birth`], true)]],
])("personalWarning – a persona with a rule over %s – nothing", (_, fieldRules) => {
  expect(personalWarning(persona, { fieldRules })).toEqual([]);
});

test("personalWarning – a telephone number, whose value is the object – nothing", () => {
  expect(personalWarning({ type: "phone-number", value: "+821000000000" }, { fieldRules: [] })).toEqual([]);
});
