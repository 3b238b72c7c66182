import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { ID_CONTRIBUTING } from "../../../../../schemas/stix/id-contributing.ts";
import { OWN_EXTENSIONS } from "../../../../../schemas/stix/own-extensions.ts";
import { REVENUE_EXTENSIONS } from "../../../../../schemas/stix/revenue/extensions.ts";
import { FREEZE_REQUEST_DEFINITION } from "../../../../../schemas/stix/revenue/freeze-request.ts";
import { personalSelectors } from "../../../../../schemas/stix/revenue/personal-data.ts";
import {
  PUBLISHED_DEFINITIONS,
  publishedExtension,
} from "../../../../../schemas/stix/revenue/published-definitions.ts";
import { cutObject, selects } from "../../../../../server/pipeline/selector.ts";
import type { StixJson } from "../../../../../server/pipeline/steps.ts";
import { validate } from "../../../../../server/pipeline/validate.ts";
import { commonObjects, groupOf } from "../../../../../server/usecases/group.ts";
import examples from "../../../../cases/revenue-examples.json" with { type: "json" };

const objects = examples.objects as readonly StixJson[];
const named = (text: string): StixJson => {
  const found = objects.find(({ id, name }) => name === text || String(id).startsWith(`${text}--`));
  if (found === undefined) throw new Error(text);
  return found;
};

test("every extension of the examples – asked for by its id – is among what everybody may have", () => {
  const common = commonObjects(groupOf("dprk"));
  const used = objects.flatMap((object) => Object.keys((object.extensions ?? {}) as StixJson));
  expect([...new Set(used)].filter((id) => !common.has(id))).toEqual([]);
  expect(PUBLISHED_DEFINITIONS.map((one) => validate(one).errors)).toEqual(PUBLISHED_DEFINITIONS.map(() => []));
});

test("our definitions – their JSON Schema read back – takes the examples and refuses an amount that is a number", () => {
  for (const [id, { definition }] of Object.entries(REVENUE_EXTENSIONS)) {
    const example = objects.find((object) => id in ((object.extensions ?? {}) as StixJson));
    const content = id === FREEZE_REQUEST_DEFINITION.id ? example : (example?.extensions as StixJson | undefined)?.[id];
    const schema = z.fromJSONSchema(JSON.parse(definition.schema) as z.core.JSONSchema.JSONSchema);
    expect({ id, ...schema.safeParse(content) }).toMatchObject({ id, success: true });
    const text = JSON.stringify(content);
    const wrong = text.replace(/"amount":"([0-9.]+)"/, '"amount":$1');
    if (wrong !== text) expect({ id, ...schema.safeParse(JSON.parse(wrong)) }).toMatchObject({ id, success: false });
  }
});

test("our definitions – by their kind – a property extension says so in its content, a new type in its definition", () => {
  const kinds = Object.values(OWN_EXTENSIONS).map(({ definition }) => definition.extension_types.join());
  expect(kinds.filter((kind) => kind !== "property-extension")).toEqual(["new-sdo"]);
  expect(Object.keys(ID_CONTRIBUTING)).toEqual(expect.arrayContaining(["bank-account", "phone-number"]));
  expect(publishedExtension("freeze-request")).toBeUndefined();
});

test("personal data – in each example – is marked, and can be cut", () => {
  const persona = personalSelectors(named("Persona 7 (made up)"));
  const under = "extensions.extension-definition--7d5efa6b-7d4b-4555-85ce-9e74f860194f";
  expect(persona.map((selector) => selector.slice(under.length + 1)).sort()).toEqual(
    [
      ...["accounts", "claimed_nationality", "date_of_birth", "documents", "employers", "names"],
      ...["payment_routes", "real_owner"],
    ].sort(),
  );
  for (const selector of persona) expect(selects(named("Persona 7 (made up)"), selector)).toBe(true);
  const cut = cutObject(named("Persona 7 (made up)"), persona);
  expect(validate(cut)).toEqual({ object: cut, errors: [], warnings: [] });
  expect(JSON.stringify(cut)).not.toMatch(/홍길동|M00000000|dev-hong|1990/);
  expect(personalSelectors(named("bank-account"))).toEqual(["iban"]);
  expect(personalSelectors(named("payment-card"))).toEqual(["value"]);
  expect(personalSelectors(named("phone-number"))).toEqual(["value"]);
  expect(personalSelectors(named("incident"))).toEqual([]);
  expect(personalSelectors({ type: "identity", extensions: null })).toEqual([]);
});

const REAL = path.resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const FOLDER = path.join(REAL, "stix-examples", "dogesec-extensions");
const read = (file: string): StixJson => JSON.parse(readFileSync(path.join(FOLDER, file), "utf8")) as StixJson;

if (existsSync(FOLDER)) {
  test.each([...PUBLISHED_DEFINITIONS])(
    "the definition $name – held against its publisher's – the same object",
    (mine) => {
      const file = path.basename(mine.schema);
      expect(mine).toEqual(read(path.join("extension-definitions", file)));
    },
  );

  test.each([...PUBLISHED_DEFINITIONS])("$name – its publisher's example – goes in", ({ schema }) => {
    const type = path.basename(schema, ".json");
    const found = readdirSync(path.join(FOLDER, "examples")).filter((file) => file.startsWith(`${type}--`));
    expect(found).toHaveLength(1);
    for (const one of found) expect(validate(read(path.join("examples", one))).errors).toEqual([]);
  });
} else console.warn(`${FOLDER} is not there: the publisher's definitions and examples did NOT RUN`);
