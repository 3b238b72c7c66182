import { attributesOf } from "../../../server/formats/write-misp-attributes.ts";
import { keyOf } from "../../../server/pipeline/key.ts";
import type { Item, StixJson } from "../../../server/pipeline/steps.ts";
import { validate } from "../../../server/pipeline/validate.ts";
import { objectOf, read } from "./support.ts";

/** Accounts, cards, telephones and transactions in other formats than STIX. */
const uuid = (n: number): string => `5f3c1a00-0000-4000-8000-${String(n).padStart(12, "0")}`;
const HASH = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";
const attribute = (type: string, value: string, more: object = {}, n = 10): object => ({
  ...{ uuid: uuid(n), type, value, category: "Financial fraud", to_ids: false, timestamp: "1775900000" },
  ...more,
});
const event = (more: object): readonly Item[] =>
  read(
    JSON.stringify({
      Event: { uuid: uuid(1), info: "Accounts", date: "2026-04-10", timestamp: "1775900000", ...more },
    }),
  ).items;
const said = (item: Item): string => {
  if ("problem" in item) return `! ${item.problem.code}`;
  const { type, value, iban, account_number: number, bic } = item.object;
  return [type, value ?? iban ?? number, bic].filter((text) => text !== undefined).join(" ");
};
const values = (items: readonly Item[]): string[] =>
  items.map(said).filter((text) => !/^report|empty_event$/.test(text));

test.each([
  ["iban", "gb29 nwbk 6016 1331 9268 19", "bank-account GB29NWBK60161331926819"],
  ["iban", "GB29NWBK60161331926818", "! iban.checksum"],
  ["bank-account-nr", "110-000-000000", "bank-account 110-000-000000"],
  ["cc-number", "4111 1111 1111 1111", "payment-card 4111111111111111"],
  ["cc-number", "4111 1111 1111 1112", "! card.checksum"],
  ["cc-number", "4111 11** **** 1111", "payment-card 4111 11** **** 1111"],
  ["phone-number", "+81 3-1234-5678", "phone-number +81312345678"],
  ["phone-number", "010-1234-5678", "phone-number 010-1234-5678"],
])("MISP %s – %s – %s", (type, value, wanted) => {
  const items = event({ Attribute: [attribute(type, value)] });
  expect(values(items)).toEqual([wanted]);
  for (const item of items) {
    if ("problem" in item) continue;
    expect(validate(item.object).errors).toEqual([]);
    expect("key" in keyOf(item.object, "US-FBI")).toBe(true);
  }
});

test.each([
  ["its IBAN", [["iban", "GB29NWBK60161331926819", "iban"]], "bank-account GB29NWBK60161331926819"],
  [
    "its number and its bank's BIC",
    [
      ["bank-account-nr", "110-000-000000", "account"],
      ["bic", "SHBKKRSEXXX", "swift"],
    ],
    "bank-account 110000000000 SHBKKRSE",
  ],
])("MISP's template bank-account – with %s – one account", (_, attributes, wanted) => {
  const made = attributes.map(([type = "", value = "", object_relation], n) =>
    attribute(type, value, { object_relation }, 20 + n),
  );
  const items = event({ Object: [{ uuid: uuid(5), name: "bank-account", timestamp: "1775900000", Attribute: made }] });
  expect(values(items)).toEqual([wanted]);
});

test("a table with a column of kinds – accounts, telephones, cards, transactions with their chain – one observable a row", () => {
  const { items } = read(
    [
      "type,value,chain",
      "iban,GB29 NWBK 6016 1331 9268 19,",
      "phone,+81 3-1234-5678,",
      "creditcard,4111-1111-1111-1111,",
      `txhash,0x${HASH},arbitrum`,
      `transaction,${HASH},BTC`,
      `txhash,${HASH},`,
    ].join("\n"),
    "csv",
  );
  expect(items.map(said)).toEqual([
    "bank-account GB29NWBK60161331926819",
    "phone-number +81312345678",
    "payment-card 4111111111111111",
    `cryptocurrency-transaction ${HASH}`,
    `cryptocurrency-transaction ${HASH}`,
    "! transaction.unknown_chain",
  ]);
  const objects = items.slice(0, 5).map(objectOf);
  for (const object of objects) expect(validate(object)).toEqual({ object, errors: [], warnings: [] });
  const texts = objects.map((object) => {
    const keyed = keyOf(object, "US-FBI");
    return "key" in keyed ? keyed.key.text : "";
  });
  expect(texts.slice(3)).toEqual([`arbitrum:${HASH}`, `bitcoin:${HASH}`]);
});

test.each([
  [{ type: "bank-account", iban: "GB29NWBK60161331926819" }, "bank-account:iban:GB29NWBK60161331926819", "iban"],
  [{ type: "payment-card", value: "4111111111111111" }, "payment-card:4111111111111111", "cc-number"],
  [{ type: "phone-number", value: "+81312345678" }, "phone-number:+81312345678", "phone-number"],
])("MISP out – %o – an attribute of its type, which reads back as the same", (more, term, type) => {
  const object: StixJson = { id: `${more.type}--${uuid(3)}`, spec_version: "2.1", ...more };
  const made = attributesOf({ object, tlp: "GREEN", values: [term] } as Parameters<typeof attributesOf>[0], 0);
  if (typeof made === "string") throw new Error(made);
  expect(made.map((one) => one.type)).toEqual([type]);
  const back = event({ Attribute: [attribute(type, made[0]?.value ?? "")] });
  expect(values(back)).toEqual([`${more.type} ${term.slice(term.lastIndexOf(":") + 1)}`]);
});
