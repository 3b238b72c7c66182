import fc from "fast-check";
import { WALLET_FACTS_EXTENSION } from "../../../schemas/stix/wallet.ts";
import { canonicaliseValue, recognise } from "../../../server/pipeline/canonicalise/value.ts";
import { extraValues, keyOf, thingsOfValue, thingUuid } from "../../../server/pipeline/key.ts";
import type { Key, StixJson } from "../../../server/pipeline/steps.ts";

const SECRET = Uint8Array.from({ length: 16 }, (_, i) => i);
const OTHER = Uint8Array.from({ length: 16 }, () => 7);
const UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
const SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
const MD5 = "d41d8cd98f00b204e9800998ecf8427e";
const BITCOIN = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";

const object = (type: string, more: StixJson): StixJson => ({ type, id: `${type}--${UUID}`, ...more });
const indicator = (pattern: string, more: StixJson = {}): StixJson =>
  object("indicator", { pattern, pattern_type: "stix", ...more });
const wallet = (value: string, facts?: StixJson): StixJson =>
  object("cryptocurrency-wallet", {
    value,
    ...(facts === undefined ? {} : { extensions: { [WALLET_FACTS_EXTENSION]: facts } }),
  });

function key(from: StixJson, originator = "US-CISA"): Key {
  const keyed = keyOf(from, originator);
  if ("problems" in keyed) throw new Error(JSON.stringify(keyed.problems));
  return keyed.key;
}
const uuid = (from: StixJson, secret = SECRET): string => thingUuid(key(from), secret);

test("keyOf – an address in another spelling – canonical key, value terms and what was given", () => {
  expect(keyOf(object("ipv4-addr", { value: "010.0.0[.]1" }), "US-CISA")).toEqual({
    key: {
      kind: "ipv4-addr",
      fold: "value",
      text: "8.0.0.1",
      idProperties: { value: "8.0.0.1" },
      canonical: { value: "8.0.0.1" },
      values: ["ipv4-addr:8.0.0.1"],
      given: "010.0.0[.]1",
    },
    warnings: [{ code: "value.ipv4_octal", path: "value", message: expect.any(String) }],
  });
  expect(key(object("ipv4-addr", { value: "8.0.0.1" })).given).toBeUndefined();
});

test("keyOf – a v4-mapped address – found as either", () => {
  const mapped = key(object("ipv6-addr", { value: "::ffff:192.0.2.7" }));
  expect(mapped.values).toEqual(["ipv6-addr:::ffff:192.0.2.7", "ipv4-addr:192.0.2.7"]);
  expect(extraValues(mapped)).toEqual(["ipv4-addr:192.0.2.7"]);
});

test("keyOf – an AS number – a number in the key's properties", () => {
  expect(key(object("autonomous-system", { number: 15169 }))).toMatchObject({
    text: "15169",
    idProperties: { number: 15169 },
    canonical: { number: 15169 },
  });
});

test("keyOf – a file with several hashes and a name – SHA-256 alone makes the key, all hashes are values", () => {
  const made = key(
    object("file", { name: "a.exe", hashes: { md5: MD5.toUpperCase(), "SHA-1": SHA1, sha256: SHA256, imphash: "zz" } }),
  );
  expect(made).toEqual({
    kind: "file",
    fold: "value",
    text: `SHA-256:${SHA256}`,
    idProperties: { hashes: { "SHA-256": SHA256 } },
    canonical: { hashes: { imphash: "zz", MD5, "SHA-1": SHA1, "SHA-256": SHA256 } },
    values: [`file:MD5:${MD5}`, `file:SHA-1:${SHA1}`, `file:SHA-256:${SHA256}`],
  });
  expect(extraValues(made)).toEqual([`file:MD5:${MD5}`, `file:SHA-1:${SHA1}`]);
});

test.each([
  [{ MD5, "SHA-1": SHA1 }, `SHA-1:${SHA1}`],
  [{ MD5 }, `MD5:${MD5}`],
  [{ MD5, "SHA-512": SHA256 + SHA256 }, `SHA-512:${SHA256}${SHA256}`],
  [{ "SHA3-256": SHA256 }, `SHA3-256:${SHA256}`],
])("keyOf – a file with %o – keyed by %s", (hashes, text) => {
  expect(key(object("file", { hashes })).text).toBe(text);
});

test.each([
  ["a file without hashes", object("file", { name: "a.exe" })],
  ["a file with a fuzzy hash only", object("file", { hashes: { SSDEEP: "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C" } })],
  ["a Litecoin wallet", wallet("LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb", { family: "litecoin" })],
  ["an address in Bitcoin's form declared as Bitcoin Cash", wallet(BITCOIN, { family: "BCH" })],
  ["text that is no pattern", indicator("[file:name = 'a.exe'")],
  ["a rule without a word", indicator("// nothing", { pattern_type: "yara" })],
  ["a language that has no key here", indicator("^a.exe$", { pattern_type: "pcre" })],
  ["an indicator without a language", indicator("[file:name = 'a.exe']", { pattern_type: undefined })],
  ["a report", object("report", { name: "x" })],
  ["an object whose type is a prototype's property", object("constructor", {})],
])("keyOf – %s – alone: its originator and id", (_, from) => {
  const made = key(from);
  expect(made).toMatchObject({ fold: "alone", text: `US-CISA|${String(from.id)}`, values: [] });
  expect(thingUuid(made, SECRET)).not.toBe(thingUuid(key(from, "JP-NPA"), SECRET));
});

test.each([
  ["no value", object("ipv4-addr", {}), "value.missing", "value"],
  ["a value of another type", object("ipv4-addr", { value: 5 }), "value.missing", "value"],
  ["a fraction for an AS number", object("autonomous-system", { number: 1.5 }), "value.missing", "number"],
  [
    "a bad hash",
    object("file", { hashes: { "SHA-256": SHA256.slice(1), MD5 } }),
    "value.hash_length",
    "hashes.SHA-256",
  ],
  [
    "two hashes of one algorithm",
    object("file", { hashes: { "SHA-256": SHA256, SHA256: SHA256.replace("e", "f") } }),
    "value.hash_conflict",
    "hashes.SHA256",
  ],
  ["a typo in an address", wallet("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), "wallet.checksum", "value"],
  [
    "a typo in an older wallet",
    object("cryptocurrency-wallet", { address: "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb" }),
    "wallet.checksum",
    "address",
  ],
  ["a broken tag", wallet(BITCOIN, { tag: "\ud800" }), "wallet.tag", `extensions.${WALLET_FACTS_EXTENSION}.tag`],
  ["a bad constant", indicator("[ipv4-addr:value = '1.2.3.256']"), "value.ipv4", "pattern"],
])("keyOf – %s – problem %s at %s", (_, from, code, path) => {
  expect(keyOf(from, "US-CISA")).toEqual({ problems: [{ code, path, message: expect.any(String) }] });
});

test("keyOf – a wallet with a tag – the tag is in the key, and the address alone still finds it", () => {
  const tagged = key(wallet(BITCOIN, { family: "bitcoin", tag: " 77 " }));
  expect(tagged).toMatchObject({
    text: `bitcoin:${BITCOIN}:77`,
    idProperties: { value: BITCOIN, tag: "77" },
    canonical: { value: BITCOIN },
    checksum: "ok",
  });
  expect(thingUuid(tagged, SECRET)).not.toBe(uuid(wallet(BITCOIN)));
  expect(extraValues(tagged)).toEqual([`cryptocurrency-wallet:bitcoin:${BITCOIN}`]);
});

test("keyOf – an older wallet with address – the thing of the same wallet with value", () => {
  expect(uuid(object("cryptocurrency-wallet", { address: BITCOIN }))).toBe(uuid(wallet(BITCOIN)));
});

// Ids of published objects and of a version 5 UUID made by another program.
test.each([
  [object("ipv4-addr", { value: "1.1.1.1" }), "cbd67181-b9f8-595b-8bc3-3971e34fa1cc"],
  [object("ipv4-addr", { value: "198.51.100.3" }), "28bb3599-77cd-5a82-a950-b5bc3caf07c4"],
  [object("autonomous-system", { number: 13335 }), "0204c07d-e4dd-5f14-a3d5-c93cb1c5a9fc"],
  [object("email-addr", { value: "test_2-1@subdomain.google.com" }), "1dc54d71-15e0-5577-a137-566072e9d557"],
  [object("url", { value: "http://example.nottld/file.exe" }), "794e08a7-a912-5af9-bb9f-dee2c3fa3d06"],
])("thingUuid – %o – the standard's id", (from, wanted) => {
  expect(uuid(from)).toBe(wanted);
  expect(uuid(from, OTHER)).toBe(wanted);
});

test("thingUuid – an indicator – depends on the group's secret, not on spelling or originator", () => {
  const a = indicator("[domain-name:value = 'b.example' OR domain-name:value = 'a.example']");
  const b = indicator("[domain-name:value = 'A.example'] OR [domain-name:value IN ('b[.]example')]");
  expect(uuid(a)).toBe(uuid(b));
  expect(uuid(a)).not.toBe(uuid(a, OTHER));
  expect(key(a).given).toBe("[domain-name:value = 'b.example' OR domain-name:value = 'a.example']");
  expect(extraValues(key(a))).toEqual(["domain-name:b.example", "domain-name:a.example"]);
});

test.each([
  [object("domain-name", { value: "Evil.Example" }), "evil[.]example"],
  [indicator("[domain-name:value = 'EVIL.example']"), "evil.example"],
  [object("file", { hashes: { MD5, "SHA-256": SHA256 } }), SHA256],
  [indicator(`[file:hashes.'SHA-256' = '${SHA256}']`), SHA256.toUpperCase()],
  [object("autonomous-system", { number: 65546 }), "AS1.10"],
  [wallet(BITCOIN), BITCOIN],
])("thingsOfValue – %o looked up as %s – found directly", (from, text) => {
  const things = recognise(text).flatMap((value) => thingsOfValue(value, SECRET));
  expect(things).toContain(uuid(from));
});

test.each([
  [indicator("[email-message:from_ref.value = 'kim@evil.example']"), ["email-addr:kim@evil.example"]],
  [
    indicator("[email-message:from_ref.value = 'kim@evil.example' OR email-addr:value = 'kim@evil.example']"),
    ["email-addr:kim@evil.example"],
  ],
  [indicator("[email-addr:value = 'kim@evil.example']"), []],
  [indicator(`[file:hashes.MD5 = '${MD5}']`), []],
  [indicator("[url:value = 'http://evil.example/a:b']"), []],
  [indicator("[ipv6-addr:value = '2001:db8::1']"), []],
])("extraValues – %o – %o", (from, wanted) => {
  expect(extraValues(key(from))).toEqual(wanted);
});

test("thingsOfValue and extraValues – any observable or indicator – every value it states is found one way", () => {
  const values = fc.constantFrom(
    ["ipv4-addr", "192.0.2.7"],
    ["ipv6-addr", "::ffff:192.0.2.7"],
    ["domain-name", "evil.example"],
    ["url", "http://evil.example/"],
    ["email-addr", "kim@evil.example"],
    ["cryptocurrency-wallet", BITCOIN],
  );
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), fc.boolean(), (list, asPattern) => {
      const [first] = list;
      if (first === undefined) return;
      const pattern = list.map(([type, value]) => `[${type}:value = '${value}']`).join(" OR ");
      const from = asPattern ? indicator(pattern) : object(String(first[0]), { value: first[1] });
      const made = key(from);
      for (const [type, value] of asPattern ? list : [first]) {
        const outcome = canonicaliseValue(type as "url", String(value));
        if ("problem" in outcome) throw new Error(outcome.problem.message);
        const direct = thingsOfValue(outcome.value, SECRET).includes(thingUuid(made, SECRET));
        const term = made.values.find((one) => one.endsWith(outcome.value.canonical)) ?? "";
        expect(direct).toBe(!extraValues(made).includes(term));
      }
    }),
  );
});

test("keyOf – any JSON object of any type – never throws", () => {
  const type = fc.constantFrom(
    "file",
    "indicator",
    "url",
    "ipv4-addr",
    "cryptocurrency-wallet",
    "autonomous-system",
    "report",
    "__proto__",
  );
  const body = fc.dictionary(
    fc.constantFrom("value", "address", "number", "hashes", "pattern", "pattern_type", "extensions", "__proto__"),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(type, body, (kind, more) => {
      const keyed = keyOf({ ...more, type: kind, id: `x--${UUID}` }, "US-CISA");
      if ("key" in keyed) expect(thingUuid(keyed.key, SECRET)).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    }),
    { numRuns: 2000 },
  );
});
