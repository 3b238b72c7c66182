import fc from "fast-check";
import { attributeKey, mergeAttributes, mispFraming, mispLines, mispPart } from "../../../server/formats/write-misp.ts";
import { attributesOf, type MispAttribute } from "../../../server/formats/write-misp-attributes.ts";
import type { ExportRecord } from "../../../server/formats/write-record.ts";
import type { ExportStamp } from "../../../server/formats/write-stamp.ts";
import { keyOf } from "../../../server/pipeline/key.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";

const AT = Date.UTC(2026, 3, 11, 9, 30);
const UUID = "00000000-0000-4000-8000-000000000001";
const record = (object: StixJson, tlp = "AMBER+STRICT"): ExportRecord => {
  const whole = { id: `${String(object.type)}--${UUID}`, ...object };
  const keyed = keyOf(whole, "");
  return { object: whole, tlp, values: "key" in keyed ? keyed.key.values : [] };
};
const indicator = (pattern: string, more: StixJson = {}): StixJson => ({
  ...{ type: "indicator", name: "found", pattern, pattern_type: "stix", modified: "2026-03-01T00:00:00.500Z" },
  ...more,
});
const MD5 = "0123456789abcdef0123456789abcdef";

const listed = (object: StixJson): unknown[] => {
  const part = mispPart(record(object), AT);
  return "attributes" in part
    ? part.attributes.map(({ type, category, value, to_ids }) => [type, category, value, to_ids])
    : [part];
};

test.each<[string, StixJson, unknown[]]>([
  ["an address", { type: "ipv4-addr", value: "192.0.2.7" }, [["ip-dst", "Network activity", "192.0.2.7", false]]],
  [
    "a network",
    { type: "ipv6-addr", value: "2001:db8::/32" },
    [["ip-dst", "Network activity", "2001:db8::/32", false]],
  ],
  ["a name", { type: "domain-name", value: "evil.example" }, [["domain", "Network activity", "evil.example", false]]],
  [
    "a URL",
    { type: "url", value: "https://evil.example/" },
    [["url", "Network activity", "https://evil.example/", false]],
  ],
  [
    "a mail address",
    { type: "email-addr", value: "a@evil.example" },
    [["email", "Payload delivery", "a@evil.example", false]],
  ],
  ["a system's number", { type: "autonomous-system", number: 64500 }, [["AS", "Network activity", "AS64500", false]]],
  ["one hash", { type: "file", hashes: { MD5 } }, [["md5", "Payload delivery", MD5, false]]],
  [
    "a bitcoin address",
    { type: "cryptocurrency-wallet", value: "1AXUTu9y3H8w4wYx4BjyFWgRhZKDhmcMrn" },
    [["btc", "Financial fraud", "1AXUTu9y3H8w4wYx4BjyFWgRhZKDhmcMrn", false]],
  ],
  [
    "another wallet",
    { type: "cryptocurrency-wallet", value: "0x1bb0970508316dc735329752a4581e0a4babc6b4" },
    [["text", "Financial fraud", "0x1bb0970508316dc735329752a4581e0a4babc6b4", false]],
  ],
  [
    "a hardware address",
    { type: "mac-addr", value: "d2:fb:49:24:37:18" },
    [["mac-address", "Network activity", "d2:fb:49:24:37:18", false]],
  ],
  [
    "a vulnerability",
    { type: "vulnerability", name: "CVE-2026-1234" },
    [["vulnerability", "External analysis", "CVE-2026-1234", false]],
  ],
  ["a weakness without a number", { type: "vulnerability", name: "a hole" }, [{ reason: "no-misp-type" }]],
  ["an indicator", indicator("[ipv4-addr:value = '192.0.2.7']"), [["ip-dst", "Network activity", "192.0.2.7", true]]],
  [
    "an indicator of two values",
    indicator("[domain-name:value = 'a.example' OR domain-name:value = 'b.example']"),
    [
      ["domain", "Network activity", "a.example", true],
      ["domain", "Network activity", "b.example", true],
    ],
  ],
  [
    "an indicator that is over",
    indicator("[ipv4-addr:value = '192.0.2.7']", { revoked: true }),
    [["ip-dst", "Network activity", "192.0.2.7", false]],
  ],
  [
    "a pattern of more than equality",
    indicator("[ipv4-addr:value LIKE '192.%']"),
    [["stix2-pattern", "Payload installation", "[ipv4-addr:value LIKE '192.%']", true]],
  ],
  [
    "a YARA rule",
    indicator("rule a { condition: true }", { pattern_type: "yara" }),
    [["yara", "Payload installation", "rule a { condition: true }", true]],
  ],
  ["a language that MISP lacks", indicator("x", { pattern_type: "pcre" }), [{ reason: "no-misp-type" }]],
  ["an edge", { type: "relationship", relationship_type: "uses" }, [{ reason: "no-misp-type" }]],
  [
    "a name of an actor",
    { type: "intrusion-set", name: 'La"za\nrus' },
    [{ tag: 'misp-galaxy:threat-actor="La za rus"' }],
  ],
  [
    "a technique",
    {
      type: "attack-pattern",
      name: "Phishing",
      external_references: [{ source_name: "mitre-attack", external_id: "T1566" }],
    },
    [{ tag: 'misp-galaxy:mitre-attack-pattern="Phishing - T1566"' }],
  ],
  ["a name too long for a tag", { type: "malware", name: "x".repeat(300) }, [{ reason: "too-long" }]],
  ["a value too long", indicator(`[url:value LIKE '${"x".repeat(70_000)}']`), [{ reason: "too-long" }]],
])("MISP – of %s – its type, category, value and whether it detects", (_, object, wanted) => {
  expect(listed(object)).toEqual(wanted);
});

test("attribute – of an indicator – UUID of the STIX object, time, TLP tag, stays with its receiver", () => {
  const [first] = attributesOf(record(indicator("[ipv4-addr:value = '192.0.2.7']")), AT);
  expect(first).toEqual({
    ...{ uuid: UUID, type: "ip-dst", category: "Network activity", value: "192.0.2.7", to_ids: true },
    ...{ distribution: "0", timestamp: "1772323200", Tag: [{ name: "tlp:amber+strict" }], comment: "found" },
  });
});

test("attributes – of several values – UUIDs of their own, the same again", () => {
  const made = (): MispAttribute[] =>
    attributesOf(
      record(indicator("[domain-name:value = 'a.example' OR domain-name:value = 'b.example']")),
      AT,
    ) as MispAttribute[];
  const uuids = made().map(({ uuid }) => uuid);
  expect(new Set(uuids).size).toBe(2);
  expect(made().map(({ uuid }) => uuid)).toEqual(uuids);
  expect(uuids[0]).toBe(UUID);
});

test("file – of several hashes and a name – an object with a part of each", () => {
  const part = mispPart(record({ type: "file", name: " a.exe ", hashes: { MD5, "SHA-256": MD5 + MD5 } }), AT);
  const { object } = part as { object: { uuid: string; Attribute: MispAttribute[] } };
  expect(object).toMatchObject({ name: "file", uuid: UUID, distribution: "0", "meta-category": "file" });
  expect(object.Attribute.map(({ object_relation, value }) => [object_relation, value])).toEqual([
    ["md5", MD5],
    ["sha256", MD5 + MD5],
    ["filename", "a.exe"],
  ]);
  expect(new Set(object.Attribute.map(({ uuid }) => uuid)).size).toBe(3);
});

test("one value – of an observable and an indicator – one attribute that detects, under the tighter TLP", () => {
  const [a] = attributesOf(record({ type: "ipv4-addr", value: "192.0.2.7" }, "AMBER"), AT) as MispAttribute[];
  const [b] = attributesOf(
    record(
      indicator("[ipv4-addr:value = '192.0.2.7']", { id: "indicator--00000000-0000-4000-8000-000000000002" }),
      "GREEN",
    ),
    AT,
  ) as MispAttribute[];
  if (a === undefined || b === undefined) throw new Error("no attributes");
  expect(attributeKey(a)).toBe(attributeKey(b));
  for (const merged of [mergeAttributes(a, b), mergeAttributes(b, a)])
    expect(merged).toMatchObject({ uuid: b.uuid, to_ids: true, Tag: [{ name: "tlp:amber" }] });
});

const STAMP: ExportStamp = {
  banner: {
    tlp: "AMBER+STRICT",
    classification: "R",
    caveats: ["LES"],
    relTo: ["JPN", "KOR", "USA"],
    agreements: ["TRI"],
    originators: ["US-CISA"],
    sourceWithheld: true,
  },
  purposes: ['say "hello"'],
  at: "2026-04-11T09:30:00.000Z",
  serial: "serial0123456789",
  agency: "JP-NPA",
  account: "account01234",
  policy: "policy0123456789",
  tally: "1 written, 2 left out: no-misp-type=2",
  sha256: "ab".repeat(32),
};
const framing = mispFraming({ event: UUID, organisation: UUID, tags: () => ['misp-galaxy:tool="x"'] });

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function event(...lists: [string[], string[], string[]]): Promise<Record<string, unknown>> {
  let body = "";
  const [attributes, objects, reports] = lists.map(each) as [
    AsyncGenerator<string>,
    AsyncGenerator<string>,
    AsyncGenerator<string>,
  ];
  for await (const line of mispLines(attributes, objects, reports)) body += line;
  return (JSON.parse(framing.head(STAMP) + body + framing.tail(STAMP)) as { Event: Record<string, unknown> }).Event;
}

test("event – round its lists – stamp in info and tags, unpublished, for its receiver alone", async () => {
  const made = await event(['{"a":1}', '{"a":2}'], [], ['{"r":1}']);
  expect(made).toMatchObject({
    ...{ uuid: UUID, info: "TLP:AMBER+STRICT REL TO JPN, KOR, USA - Tricord export serial0123456789" },
    ...{ date: "2026-04-11", timestamp: "1775899800", published: false, distribution: "0" },
    Orgc: { name: "JP-NPA", uuid: UUID },
    Attribute: [{ a: 1 }, { a: 2 }],
    Object: [],
    EventReport: [{ r: 1 }],
  });
  const tags = (made.Tag as { name: string }[]).map(({ name }) => name);
  expect(tags).toEqual([
    "tlp:amber+strict",
    'tricord:rel-to="JPN, KOR, USA"',
    'tricord:agreement="TRI"',
    'tricord:originator="US-CISA"',
    'tricord:originator="source withheld"',
    'tricord:classification="R"',
    'tricord:caveat="LES"',
    expect.stringMatching(/^tricord:permitted="use in the agencies .{10,}"$/),
    'tricord:exported="2026-04-11T09:30:00.000Z by JP-NPA, account account01234"',
    'tricord:serial="serial0123456789"',
    'tricord:policy="policy0123456789"',
    'tricord:content="1 written, 2 left out: no-misp-type=2"',
    `tricord:sha-256="${"ab".repeat(32)}"`,
    'misp-galaxy:tool="x"',
  ]);
  expect(tags.filter((tag) => tag.length > 255)).toEqual([]);
});

test("event – of nothing – has its lists", async () => {
  expect(await event([], [], [])).toMatchObject({ Attribute: [], Object: [], EventReport: [] });
});

test("any object – hostile text in every place – becomes lines that MISP can read, or a reason", async () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "\u0000", "é", "漢", "\ud800", "\u2028", "=", " ") }),
    fc.constantFrom("__proto__", "constructor", "x".repeat(300), "=cmd|' /C calc'!A0"),
  );
  const object = fc.record(
    {
      type: fc.constantFrom(
        ...["indicator", "file", "report", "note", "tool", "malware", "vulnerability", "url", "mutex", "constructor"],
      ),
      name: text,
      description: text,
      pattern: text,
      pattern_type: fc.constantFrom("stix", "yara", "constructor"),
      value: text,
      abstract: text,
      content: text,
      hashes: fc.dictionary(fc.constantFrom("MD5", "SHA-256", "__proto__", "x"), fc.oneof(text, fc.constant(MD5))),
      external_references: fc.constantFrom([], [null], [{ source_name: "mitre-attack", external_id: '"' }], "x"),
      modified: text,
    },
    { requiredKeys: ["type"] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(object, { maxLength: 5 }), async (objects) => {
      const parts = objects.map((one) => mispPart(record(one as StixJson), AT));
      const lists = [
        parts.flatMap((part) => ("attributes" in part ? part.attributes : [])),
        parts.flatMap((part) => ("object" in part ? [part.object] : [])),
        parts.flatMap((part) => ("report" in part ? [part.report] : [])),
      ].map((list) => list.map((one) => JSON.stringify(one))) as [string[], string[], string[]];
      const made = await event(...lists);
      for (const { uuid, value, distribution } of made.Attribute as MispAttribute[]) {
        expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
        expect(value.length).toBeGreaterThan(0);
        expect(distribution).toBe("0");
      }
      for (const part of parts) if ("tag" in part) expect(part.tag).toMatch(/^misp-galaxy:[a-z-]+="[^"\n\\]+"$/);
    }),
    { numRuns: 400, seed: 20260413 },
  );
});
