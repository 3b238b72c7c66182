import fc from "fast-check";
import { sameThing } from "../../../server/pipeline/pattern/loose.ts";
import { parsePattern } from "../../../server/pipeline/pattern/parse.ts";
import { printPattern } from "../../../server/pipeline/pattern/print.ts";
import { normalPattern, PATTERN_CANONICAL, patternOfValue } from "../../../server/pipeline/pattern-key.ts";
import { valueTerm } from "../../../server/pipeline/steps.ts";
import { patterns } from "../../support/pattern-arbitraries.ts";

const text = (pattern: string): string | undefined => {
  const normal = normalPattern(pattern);
  return normal !== undefined && "text" in normal ? normal.text : undefined;
};
const SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const MD5 = "d41d8cd98f00b204e9800998ecf8427e";

test.each([
  ["[ipv4-addr:value='1.2.3.4/32']", "[ipv4-addr:value = '1.2.3.4']"],
  ["[domain-name:value == 'Evil[.]EXAMPLE.']", "[domain-name:value = 'evil.example']"],
  [
    "[domain-name:value = 'b.example' OR domain-name:value = 'a.example']",
    "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
  ],
  [
    "[domain-name:value = 'b.example'] OR [domain-name:value = 'a.example']",
    "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
  ],
  [
    "[domain-name:value IN ('b.example','a.example','A.example')]",
    "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
  ],
  ["[domain-name:value IN ('a.example')]", "[domain-name:value = 'a.example']"],
  [`[file:hashes.md5 = '${MD5.toUpperCase()}']`, `[file:hashes.MD5 = '${MD5}']`],
  [`[file:hashes.'SHA256' = '${SHA256}']`, `[file:hashes.'SHA-256' = '${SHA256}']`],
  ["[url:value = 'http://evil.example/it\\'s']", "[url:value = 'http://evil.example/it\\'s']"],
  ["[url:value = 'http://evil.example/?a=\\\\b']", "[url:value = 'http://evil.example/?a=\\\\b']"],
  ["[email-message:from_ref.value = 'KIM@evil.example']", "[email-message:from_ref.value = 'kim@evil.example']"],
  ["[autonomous-system:number = 15169]", "[autonomous-system:number = 15169]"],
  ["[autonomous-system:number = '15169']", "[autonomous-system:number = 15169]"],
  ["[ipv6-addr:value = '2001:DB8:0::1']", "[ipv6-addr:value = '2001:db8::1']"],
  [
    "[cryptocurrency-wallet:address = '0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED']",
    "[cryptocurrency-wallet:value = '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed']",
  ],
  [
    "[x-cryptocurrency-wallet:value = '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa']",
    "[cryptocurrency-wallet:value = '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa']",
  ],
])("normalPattern – %s – %s", (given, wanted) => {
  expect(text(given)).toBe(wanted);
  expect(text(wanted)).toBe(wanted);
});

/** The terms of the values, and the text. */
function valuesOf(pattern: string): readonly string[] {
  const normal = normalPattern(pattern);
  if (normal === undefined || "problem" in normal) throw new Error(`no normal form: ${pattern}`);
  return [normal.text, ...normal.values.map(valueTerm)];
}

test.each([
  ["[file:name = 'a.exe']", ["[file:name = 'a.exe']"]],
  [
    `[file:hashes.MD5 = '${MD5}' OR file:name = 'a.exe']`,
    [`[file:hashes.MD5 = '${MD5}' OR file:name = 'a.exe']`, `file:MD5:${MD5}`],
  ],
  ["[ipv4-addr:value = 1]", ["[ipv4-addr:value = 1]"]],
  ["[ipv4-addr:value LIKE '1.2.%']", ["[ipv4-addr:value LIKE '1.2.%']"]],
  [`[file:hashes.imphash = '${MD5.toUpperCase()}']`, [`[file:hashes.imphash = '${MD5.toUpperCase()}']`]],
  [
    "[network-traffic:dst_ref.value = '1.2.3.4/32']",
    ["[network-traffic:dst_ref.value = '1.2.3.4']", "ipv4-addr:1.2.3.4"],
  ],
  [
    "[network-traffic:src_ref.value = '2001:DB8::1']",
    ["[network-traffic:src_ref.value = '2001:db8::1']", "ipv6-addr:2001:db8::1"],
  ],
  [
    "[network-traffic:src_ref.value = 'EVIL[.]example']",
    ["[network-traffic:src_ref.value = 'evil.example']", "domain-name:evil.example"],
  ],
  ["[network-traffic:src_ref.value = 'AA:BB:CC:DD:EE:FF']", ["[network-traffic:src_ref.value = 'AA:BB:CC:DD:EE:FF']"]],
  ["[network-traffic:dst_ref.value = 'no host']", ["[network-traffic:dst_ref.value = 'no host']"]],
  [
    "[email-message:to_refs[*].value = 'KIM@evil.example']",
    ["[email-message:to_refs[*].value = 'kim@evil.example']", "email-addr:kim@evil.example"],
  ],
  [
    "[cryptocurrency-wallet:value = 'LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb']",
    ["[cryptocurrency-wallet:value = 'LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb']"],
  ],
  [
    `[x509-certificate:hashes.sha1 = '${"AB".repeat(20)}']`,
    [`[x509-certificate:hashes.'SHA-1' = '${"ab".repeat(20)}']`],
  ],
  [
    "[bank-account:iban = 'DE89 3704 0044 0532 0130 00']",
    ["[bank-account:iban = 'DE89370400440532013000']", "bank-account:iban:DE89370400440532013000"],
  ],
])("normalPattern – %s – its text, and the values that alone make it match", (given, wanted) => {
  expect(valuesOf(given)).toEqual(wanted);
});

test.each([
  ["[domain-name:value = 'a.example' AND domain-name:x_b = 1]", []],
  ["[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']", []],
  ["[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']", []],
  ["[domain-name:value = 'a.example'] REPEATS 5 TIMES", []],
  ["[domain-name:value = 'a.example'] REPEATS 1 TIMES", ["domain-name:a.example"]],
  ["[domain-name:value != 'a.example']", []],
  ["[domain-name:value NOT = 'a.example']", []],
  ["[domain-name:value NOT != 'a.example']", ["domain-name:a.example"]],
  ["[domain-name:value NOT IN ('a.example')]", []],
  [
    "[domain-name:value = 'a.example'] OR ([domain-name:value = 'b.example'] AND [url:value = 'http://c.example/'])",
    ["domain-name:a.example"],
  ],
  [
    "[domain-name:value = 'a.example' OR (domain-name:value = 'b.example' AND domain-name:x_c = 1)]",
    ["domain-name:a.example"],
  ],
])("normalPattern – %s – no value that does not alone make it match", (given, wanted) => {
  expect(valuesOf(given).slice(1)).toEqual(wanted);
});

test.each(["not a pattern", "", "[a:b = 'x'", "[file:hashes.\"MD5\" = 'x']", "[a:b = 'C:\\Windows']"])(
  "normalPattern – %s, which is none – undefined",
  (given) => {
    expect(normalPattern(given)).toBeUndefined();
  },
);

test.each([
  ["[ipv4-addr:value = '1.2.3.256' AND ipv4-addr:value = '1.2.3.257']", ["value.ipv4", "value.ipv4"]],
  ["[ipv4-addr:value = '1.2.3.256'] REPEATS 2 TIMES", ["value.ipv4"]],
  ["[ipv4-addr:value != '1.2.3.256']", ["value.ipv4"]],
  ["[ipv4-addr:value = '1.2.3.256' OR file:name = 'a']", ["value.ipv4"]],
])("normalPattern – %s, a bad constant beside what may match – kept, with a warning", (given, codes) => {
  const normal = normalPattern(given);
  if (normal === undefined || "problem" in normal) throw new Error("no normal form");
  expect(normal.warnings.map(({ code }) => code)).toEqual(codes);
  expect(normal.warnings.every(({ message }) => message.endsWith("matches nothing") === !given.includes("!="))).toBe(
    true,
  );
});

test.each([
  [`[file:hashes.'SHA-256' = '${SHA256.slice(1)}']`, "value.hash_length"],
  ["[cryptocurrency-wallet:value = '0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed']", "wallet.checksum"],
  ["[ipv4-addr:value = '1.2.3.256' OR domain-name:value = '1.2.3']", "value.ipv4"],
  ["[autonomous-system:number = -1]", "value.as_number"],
])("normalPattern – %s – problem %s at the pattern", (given, code) => {
  expect(normalPattern(given)).toEqual({ problem: { code, path: "pattern", message: expect.any(String) } });
});

test("normalPattern – a disjunction with remarks – every value once, remarks at the pattern", () => {
  const normal = normalPattern(
    "[ipv4-addr:value = '010.0.0.1' OR ipv4-addr:value = '8.0.0.1' OR domain-name:value = 'a.example']",
  );
  if (normal === undefined || "problem" in normal) throw new Error("no normal form");
  expect(normal.values.map(valueTerm)).toEqual(["ipv4-addr:8.0.0.1", "domain-name:a.example"]);
  expect(normal.warnings).toMatchObject([{ code: "value.ipv4_octal", path: "pattern" }]);
});

test("normalPattern – a disjunction of which one constant is no value – the others count, it stands as written, with a warning", () => {
  const given = "[domain-name:value = 'domain bad.example' OR ipv4-addr:value='1.2.3.4' OR file:hashes.md5 = 'AB']";
  const normal = normalPattern(given);
  if (normal === undefined || "problem" in normal) throw new Error("no normal form");
  expect(normal.text).toBe(
    "[domain-name:value = 'domain bad.example' OR file:hashes.MD5 = 'AB' OR ipv4-addr:value = '1.2.3.4']",
  );
  expect(normal.values.map(valueTerm)).toEqual(["ipv4-addr:1.2.3.4"]);
  expect(normal.warnings.map(({ code, path }) => `${code} ${path}`)).toEqual([
    "value.domain pattern",
    "value.hash_length pattern",
  ]);
  expect(text(normal.text)).toBe(normal.text);
});

test("patternOfValue – one value of each form – what normalPattern makes of it", () => {
  for (const value of [
    { kind: "ipv4-addr", canonical: "1.2.3.4" },
    { kind: "file", sort: "SHA-256", canonical: SHA256 },
    { kind: "autonomous-system", canonical: "15169" },
    { kind: "cryptocurrency-wallet", sort: "tron", canonical: "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t" },
    { kind: "url", canonical: "http://evil.example/it's" },
  ] as const)
    expect(text(patternOfValue(value))).toBe(patternOfValue(value));
});

test("normalPattern – any pattern – its text is a fixed point and the same thing", () => {
  fc.assert(
    fc.property(patterns(), (pattern) => {
      const normal = normalPattern(printPattern(pattern));
      if (normal === undefined || "problem" in normal) return;
      const parsed = parsePattern(normal.text);
      if ("problem" in parsed) throw new Error(parsed.problem.message);
      expect(sameThing(parsed.tree, pattern, PATTERN_CANONICAL)).toBe(true);
      expect(text(normal.text)).toBe(normal.text);
    }),
    { numRuns: 300 },
  );
});

test.each([
  "domain-name:value = 'Evil[.]EXAMPLE.'",
  "ipv4-addr:value = '010.0.0.1'",
  "ipv6-addr:value = '::1.2.3.4'",
  "ipv6-addr:value = '::ffff:1.2.3.4'",
  "autonomous-system:number = 'AS15169'",
  "network-traffic:src_ref.value = '1.2.3.4/32'",
  `file:hashes.md5 = '${MD5.toUpperCase()}'`,
])("normalPattern – %s – the same alone as twice", (test) => {
  const [once, twice] = [normalPattern(`[${test}]`), normalPattern(`[${test} OR ${test}]`)];
  if (twice === undefined || "problem" in twice) throw new Error("no normal form");
  expect(once).toEqual({ ...twice, warnings: twice.warnings.slice(0, twice.warnings.length / 2) });
});

test("normalPattern – any text – never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (given) => {
      expect(normalPattern(given)).toBeUndefined();
    }),
  );
});
