import fc from "fast-check";
import { normalPattern, patternOfValue, readSimplePattern } from "../../../server/pipeline/pattern.ts";
import { valueTerm } from "../../../server/pipeline/steps.ts";

const read = (text: string) => readSimplePattern(text)?.comparisons.map(({ path, value }) => [path, value]);

test.each([
  ["[a:b = 'x']", [["a:b", "x"]]],
  ["[ a:b='x' ]", [["a:b", "x"]]],
  ["[\u00a0a:b\u3000==\n'x'\t]", [["a:b", "x"]]],
  [
    "[a:b = 'x' OR c:d = 'y']",
    [
      ["a:b", "x"],
      ["c:d", "y"],
    ],
  ],
  [
    "[a:b = 'x'] OR [c:d = 'y']",
    [
      ["a:b", "x"],
      ["c:d", "y"],
    ],
  ],
  [
    "([a:b = 'x'] OR ([(c:d = 'y') OR ((e:f = 'z'))]))",
    [
      ["a:b", "x"],
      ["c:d", "y"],
      ["e:f", "z"],
    ],
  ],
  [
    "[a:b IN ('x', 'y',2)]",
    [
      ["a:b", "x"],
      ["a:b", "y"],
      ["a:b", 2],
    ],
  ],
  ["[file:hashes.'SHA-256' = 'x']", [["file:hashes.'SHA-256'", "x"]]],
  ["[file:hashes.\"MD5\" = 'x']", [["file:hashes.MD5", "x"]]],
  ["[file:hashes.'MD5' = 'x']", [["file:hashes.MD5", "x"]]],
  ["[a-b:c.d[*].e[3] = -1.5]", [["a-b:c.d[*].e[3]", -1.5]]],
  ["[a:b = true]", [["a:b", true]]],
  ["[a:b = 'it\\'s \\\\ ok']", [["a:b", "it's \\ ok"]]],
  ["[a:b = 'x' /* why */] // end", [["a:b", "x"]]],
  ["[a:b = '] OR [']", [["a:b", "] OR ["]]],
])("readSimplePattern – %s – its comparisons", (text, wanted) => {
  expect(read(text)).toEqual(wanted);
});

test.each([
  "",
  "a:b = 'x'",
  "[a:b = 'x'",
  "a:b = 'x']",
  "[a:b = 'x')]",
  "[(a:b = 'x']",
  "([a:b = 'x']",
  "[a:b = 'x'])",
  "[]",
  "[[a:b = 'x']]",
  "[a:b != 'x']",
  "[a:b NOT = 'x']",
  "[NOT EXISTS a:b]",
  "[EXISTS a:b]",
  "[a:b LIKE 'x']",
  "[a:b MATCHES 'x']",
  "[a:b > 1]",
  "[a:b ISSUBSET '1.2.3.0/24']",
  "[a:b = 'x' AND a:c = 'y']",
  "[a:b = 'x'] AND [c:d = 'y']",
  "[a:b = 'x'] FOLLOWEDBY [c:d = 'y']",
  "[a:b = 'x'] WITHIN 5 SECONDS",
  "[a:b = 'x' OR]",
  "[OR a:b = 'x']",
  "[a:b = 'x'] OR",
  "[a:b = 'x' c:d = 'y']",
  "[a:b = 'x'] [c:d = 'y']",
  "[a:b IN ()]",
  "[a:b IN 'x']",
  "[a:b IN ('x',)]",
  "[a:b = 'C:\\Windows']",
  "[a:b = 'x]",
  '[a:b = "x"]',
  "[a:b = 01]",
  "[a:b = 1.]",
  "[file:hashes.SHA-256 = 'x']",
  "[a:b = h'ff']",
  "[a:b[-1] = 'x']",
  "[a:b[ = 'x']",
  "[a:b /* = 'x']",
  "[a:b = 'x' or c:d = 'y']",
  "[a: = 'x']",
  "[a.b = 'x']",
  "[a:b. = 'x']",
  "[a:b = ]",
])("readSimplePattern – %s – none", (text) => {
  expect(readSimplePattern(text)).toBeUndefined();
});

test("readSimplePattern – any text of the language's words – never throws", () => {
  const word = fc.constantFrom(
    "[",
    "]",
    "(",
    ")",
    "a:b",
    "=",
    "'x'",
    "OR",
    "IN",
    "AND",
    ",",
    ".",
    "'",
    "\\",
    '"',
    "1",
    "-1",
    " ",
    "/*",
    "//",
    "\ud800",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(word, { maxLength: 20 }).map((words) => words.join("")),
        fc.string({ unit: "binary" }),
      ),
      (text) => {
        readSimplePattern(text);
        normalPattern(text);
      },
    ),
    { numRuns: 5000 },
  );
});

test("readSimplePattern – 200,000 parentheses or operands – read at once, without recursion", () => {
  expect(read(`${"(".repeat(200_000)}[a:b = 'x']${")".repeat(200_000)}`)).toEqual([["a:b", "x"]]);
  expect(read(`[${"a:b = 'x' OR ".repeat(100_000)}a:b = 'y']`)).toHaveLength(100_001);
});

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

test.each([
  "[file:name = 'a.exe']",
  `[file:hashes.MD5 = '${MD5}' OR file:name = 'a.exe']`,
  "[ipv4-addr:value = 1]",
  "[ipv4-addr:value LIKE '1.2.%']",
  `[file:hashes.imphash = '${MD5}']`,
  "[network-traffic:dst_ref.value = '1.2.3.4']",
  "[cryptocurrency-wallet:value = 'LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfb']",
  "not a pattern",
])("normalPattern – %s, over other properties or none – undefined", (given) => {
  expect(normalPattern(given)).toBeUndefined();
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
