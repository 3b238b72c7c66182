import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { OWN_EXTENSIONS } from "../../../../../schemas/stix/own-extensions.ts";
import { REVENUE_EXTENSIONS } from "../../../../../schemas/stix/revenue/extensions.ts";
import { WALLET_FACTS_EXTENSION } from "../../../../../schemas/stix/wallet.ts";
import type { StixJson } from "../../../../../server/pipeline/steps.ts";
import examples from "../../../../cases/revenue-examples.json" with { type: "json" };

const DOCS = path.resolve(process.cwd(), "docs");
const page = readFileSync(path.join(DOCS, "illicit-revenue.md"), "utf8");
const blocks = [...page.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, text]) => JSON.parse(text ?? "") as StixJson);

const published = { ...REVENUE_EXTENSIONS, [WALLET_FACTS_EXTENSION]: OWN_EXTENSIONS[WALLET_FACTS_EXTENSION] };

test("docs/illicit-revenue.md – its examples – are those that the tests check, one of each type and extension", () => {
  const shown = blocks.filter(({ type }) => type !== undefined);
  const known = new Map((examples.objects as readonly StixJson[]).map((one) => [one.id, one]));
  for (const one of shown) expect(one).toEqual(known.get(one.id));
  const used = JSON.stringify(shown);
  for (const id of Object.keys(published)) expect({ id, shown: used.includes(`"${id}"`) }).toEqual({ id, shown: true });
  for (const id of Object.keys(published)) expect(page).toContain(id.slice("extension-definition--".length));
});

test.each(Object.entries(published))(
  "docs/schemas – of %s – is the schema that the definition carries",
  (_, { definition }) => {
    const name = definition.name.replace(/^Tricord /, "").replaceAll(" ", "-");
    const schema = JSON.parse(definition.schema) as unknown;
    const file = path.join(DOCS, "schemas", `${name}.json`);
    const text = `${JSON.stringify(schema, undefined, 1)}\n`;
    const write = "TRICORD_WRITE_DOCS=1 npx jest test/unit/schemas/stix/revenue/docs.test.ts";
    if (process.env.TRICORD_WRITE_DOCS === "1") writeFileSync(file, text);
    // The command is in the value, so that a failure names it.
    expect({ same: readFileSync(file, "utf8") === text, ifNot: write }).toEqual({ same: true, ifNot: write });
    expect(page).toContain(`(schemas/${name}.json)`);
  },
);
