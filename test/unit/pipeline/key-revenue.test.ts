import fc from "fast-check";
import { scoId } from "../../../schemas/stix/id-contributing.ts";
import { TRANSACTION_FACTS_EXTENSION } from "../../../schemas/stix/revenue/transaction.ts";
import { luhn } from "../../../server/pipeline/canonicalise/payment-card.ts";
import { canonicaliseValue, recognise } from "../../../server/pipeline/canonicalise/value.ts";
import { extraValues, keyOf, thingsOfValue, thingUuid } from "../../../server/pipeline/key.ts";
import { type Key, type StixJson, valueTerm } from "../../../server/pipeline/steps.ts";
import { validate } from "../../../server/pipeline/validate.ts";

const SECRET = Uint8Array.from({ length: 16 }, (_, i) => i);
const HASH = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b";

const object = (type: string, more: StixJson): StixJson => ({
  type,
  id: `${type}--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f`,
  ...more,
});
const transaction = (value: string, symbol?: string, chain?: string): StixJson =>
  object("cryptocurrency-transaction", {
    value,
    ...(symbol === undefined ? {} : { symbol }),
    ...(chain === undefined
      ? {}
      : { extensions: { [TRANSACTION_FACTS_EXTENSION]: { extension_type: "property-extension", chain } } }),
  });

function key(from: StixJson, originator = "US-FBI"): Key {
  const keyed = keyOf(from, originator);
  if ("problems" in keyed) throw new Error(JSON.stringify(keyed.problems));
  return keyed.key;
}
const uuid = (from: StixJson): string => thingUuid(key(from), SECRET);

test.each<[string, StixJson, StixJson]>([
  ["a hash in capitals with 0x", transaction(`0x${HASH.toUpperCase()}`, "ETH"), transaction(HASH, "ETH")],
  ["its chain by name, and by its coin", transaction(HASH, undefined, "Ethereum"), transaction(`0x${HASH}`, "ETH")],
  ["a token moved on a chain that is named", transaction(HASH, "USDT", "tron"), transaction(HASH, "TRX")],
  ["XBT and BTC", transaction(HASH, "XBT"), transaction(HASH, "BTC")],
  [
    "an IBAN in groups",
    object("bank-account", { iban: "GB29 NWBK 6016 1331 9268 19" }),
    object("bank-account", { iban: "GB29NWBK60161331926819", bic: "NWBKGB2L" }),
  ],
  [
    "an IBAN where a number stands",
    object("bank-account", { account_number: "GB29 NWBK 6016 1331 9268 19" }),
    object("bank-account", { iban: "GB29NWBK60161331926819" }),
  ],
  [
    "an account's number with hyphens, the BIC of the head office with XXX",
    object("bank-account", { account_number: "110-123-456789", bic: "SHBKKRSEXXX" }),
    object("bank-account", { account_number: "110123456789", bic: "shbkkrse" }),
  ],
  [
    "a card with blanks",
    object("payment-card", { value: "4111 1111 1111 1111" }),
    object("payment-card", { value: "4111111111111111" }),
  ],
  [
    "a telephone in national form with its country",
    object("phone-number", { value: "010-1234-5678", country: "KOR" }),
    object("phone-number", { value: "+82 10 1234 5678" }),
  ],
])("keyOf – %s – from two agencies one thing", (_, a, b) => {
  expect(thingUuid(key(a, "JP-NPA"), SECRET)).toBe(uuid(b));
  expect(key(a).fold).toBe("value");
});

test.each<[string, StixJson, StixJson]>([
  ["one hash on two chains", transaction(HASH, "ETH"), transaction(HASH, "ETH", "arbitrum")],
  ["one hash on Bitcoin and TRON", transaction(HASH, "BTC"), transaction(HASH, "TRX")],
  [
    "one number at two banks",
    object("bank-account", { account_number: "0001", bic: "SHBKKRSE" }),
    object("bank-account", { account_number: "0001", bic: "MHCBJPJT" }),
  ],
  [
    "numbers that differ by leading zeros",
    object("bank-account", { account_number: "0001", bic: "SHBKKRSE" }),
    object("bank-account", { account_number: "1", bic: "SHBKKRSE" }),
  ],
])("keyOf – %s – two things", (_, a, b) => {
  expect(uuid(a)).not.toBe(uuid(b));
});

test.each<[string, StixJson, string, string]>([
  ["a transaction of a token alone", transaction(HASH, "USDT"), "transaction.unknown_chain", "value"],
  ["a transaction of no chain", transaction(HASH), "transaction.unknown_chain", "value"],
  [
    "an address where a hash stands, as the publisher's example has it",
    transaction("3FZbgi29cpjq2GjdwV8eyHuJJnkLtktZc5", "BTC"),
    "transaction.form",
    "value",
  ],
  [
    "an account's number without its bank",
    object("bank-account", { account_number: "0012345" }),
    "bank.no_bank",
    "account_number",
  ],
  ["a masked card", object("payment-card", { value: "4111 11** **** 1111" }), "card.masked", "value"],
  [
    "a telephone in national form of no country",
    object("phone-number", { value: "010-1234-5678" }),
    "phone.no_country",
    "value",
  ],
])("keyOf – %s – kept alone, with a warning", (_, from, code, path) => {
  const keyed = keyOf(from, "US-FBI");
  expect(keyed).toMatchObject({ key: { fold: "alone", values: [] }, warnings: [{ code, path }] });
});

test.each<[string, StixJson, StixJson]>([
  [
    "a transaction's hash",
    object("cryptocurrency-transaction", { hash: HASH, symbol: "BTC" }),
    transaction(HASH, "BTC"),
  ],
  [
    "an account's iban_number",
    object("bank-account", { iban_number: "DE29100500001061045672", country: "DE" }),
    object("bank-account", { iban: "DE29100500001061045672" }),
  ],
  [
    "a telephone's number",
    object("phone-number", { number: "+442083661177", country: "GB" }),
    object("phone-number", { value: "+442083661177" }),
  ],
])("keyOf – %s, as published up to 2024 – the same thing as today's", (_, older, now) => {
  expect(uuid(older)).toBe(uuid(now));
  expect(validate({ spec_version: "2.1", ...older })).toMatchObject({
    errors: [],
    warnings: expect.arrayContaining([expect.objectContaining({ code: "stix.older_form" })]),
  });
});

test("keyOf – a wrong value in an older form – refused where it stands", () => {
  const keyed = keyOf(object("bank-account", { iban_number: "DE29100500001061045673" }), "US-FBI");
  expect(keyed).toEqual({ problems: [expect.objectContaining({ code: "iban.checksum", path: "iban_number" })] });
});

test("keyOf – a bank account that says only who holds it – alone, without a word", () => {
  expect(keyOf(object("bank-account", { currency: "JPY" }), "US-FBI")).toEqual({
    key: expect.objectContaining({ fold: "alone" }),
  });
});

test.each<[string, StixJson, string, string]>([
  ["a hash that lost a digit", transaction(HASH.slice(1), "BTC"), "transaction.hash", "value"],
  ["an IBAN with a typo", object("bank-account", { iban: "GB29NWBK60161331926818" }), "iban.checksum", "iban"],
  ["an IBAN that is too short", object("bank-account", { iban: "GB29NWBK6016133192681" }), "iban.length", "iban"],
  ["a BIC that is none", object("bank-account", { account_number: "1", bic: "SHINHAN" }), "bank.bic", "bic"],
  ["a card with a typo", object("payment-card", { value: "4111111111111112" }), "card.checksum", "value"],
  ["a telephone with letters", object("phone-number", { value: "1-800-FLOWERS" }), "phone.form", "value"],
  ["no value", object("phone-number", {}), "value.missing", "value"],
])("keyOf – %s – refused", (_, from, code, path) => {
  expect(keyOf(from, "US-FBI")).toEqual({ problems: [expect.objectContaining({ code, path })] });
});

test("keyOf – a wrong card or account – the message does not hold the number", () => {
  const said = [
    keyOf(object("payment-card", { value: "4111 1111 1111 1112" }), "a"),
    keyOf(object("bank-account", { iban: "GB29 NWBK 6016 1331 9268 18" }), "a"),
    keyOf(object("payment-card", { value: "4111" }), "a"),
  ].map((keyed) => JSON.stringify(keyed));
  expect(said.filter((text) => /1111 ?1111|60161331|6016 1331|4111"/.test(text))).toEqual([]);
  expect(said[0]).toContain("4111…1112");
});

test("ids – of canonical values – those that others make", () => {
  const same: readonly StixJson[] = [
    transaction(HASH, "BTC"),
    transaction(HASH, "ETH"),
    object("bank-account", { iban: "GB29NWBK60161331926819" }),
    object("payment-card", { value: "4111111111111111" }),
    object("phone-number", { value: "+81312345678" }),
  ];
  for (const one of same) expect(`${String(one.type)}--${uuid(one)}`).toBe(scoId(String(one.type), one));
});

test("look-ups – a hash without its chain, an IBAN, a telephone – find the thing that was posted", () => {
  const posted = key(transaction(`0x${HASH}`, "ETH", "arbitrum"));
  const asked = recognise(`0x${HASH}`).map(valueTerm);
  expect(extraValues(posted).filter((term) => asked.includes(term))).toEqual([`cryptocurrency-transaction:${HASH}`]);
  for (const from of [
    object("bank-account", { iban: "GB29 NWBK 6016 1331 9268 19" }),
    object("phone-number", { value: "+81 3-1234-5678" }),
    object("payment-card", { value: "4111-1111-1111-1111" }),
  ]) {
    const text = String(from.value ?? from.iban);
    const things = recognise(text).flatMap((value) => thingsOfValue(value, SECRET));
    expect(things).toContain(uuid(from));
  }
});

const digits = (min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: min, maxLength: max });

test("luhn – any digits – one check digit of ten is right, and any one changed digit is found", () => {
  fc.assert(
    fc.property(digits(11, 18), fc.nat(17), fc.integer({ min: 1, max: 9 }), (body, at, by) => {
      const right = [..."0123456789"].filter((last) => luhn(body + last));
      expect(right).toHaveLength(1);
      const number = body + (right[0] ?? "");
      const i = at % number.length;
      const changed = number.slice(0, i) + String((Number(number[i]) + by) % 10) + number.slice(i + 1);
      expect(luhn(changed)).toBe(false);
    }),
    { numRuns: 300, seed: 20261123 },
  );
});

/** An IBAN of the United Kingdom with check digits made here in another way: BigInt. */
function ibanOf(body: string): string {
  const number = [...`${body}GB00`].map((sign) => String(Number.parseInt(sign, 36))).join("");
  return `GB${String(98n - (BigInt(number) % 97n)).padStart(2, "0")}${body}`;
}

test("IBAN – any body with its check digits – canonical in any grouping, and any one changed sign is found", () => {
  fc.assert(
    fc.property(digits(14, 14), fc.integer({ min: 4, max: 21 }), fc.integer({ min: 1, max: 9 }), (number, at, by) => {
      const iban = ibanOf(`NWBK${number}`);
      const grouped = iban.toLowerCase().replace(/(.{4})/g, "$1 ");
      expect(canonicaliseValue("bank-account", grouped, "iban")).toMatchObject({ value: { canonical: iban } });
      if (at < 8) return;
      const changed = iban.slice(0, at) + String((Number(iban[at]) + by) % 10) + iban.slice(at + 1);
      expect(canonicaliseValue("bank-account", changed, "iban")).toMatchObject({ problem: { code: "iban.checksum" } });
    }),
    { numRuns: 300, seed: 20261124 },
  );
});

test("telephone – any E.164 number in any grouping – the same number", () => {
  fc.assert(
    fc.property(digits(6, 13), fc.constantFrom(" ", "-", ".", "/", ") "), fc.nat(9), (body, mark, at) => {
      const number = `+1${body}`;
      const spelt = `${number.slice(0, 2 + (at % body.length))}${mark}${number.slice(2 + (at % body.length))}`;
      expect(canonicaliseValue("phone-number", spelt)).toEqual({ value: { kind: "phone-number", canonical: number } });
    }),
    { numRuns: 300, seed: 20261125 },
  );
});

test("transactions – any 32 bytes in any spelling – one hash a chain", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.boolean(), fc.boolean(), (bytes, upper, prefix) => {
      const hex = Buffer.from(bytes).toString("hex");
      const text = `${prefix ? "0x" : ""}${upper ? hex.toUpperCase() : hex}`;
      expect(canonicaliseValue("cryptocurrency-transaction", text, "BNB chain")).toEqual({
        value: { kind: "cryptocurrency-transaction", sort: "bsc", canonical: hex },
      });
    }),
    { numRuns: 200, seed: 20261126 },
  );
});
