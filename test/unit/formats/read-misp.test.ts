import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { MENTION_EXTENSION } from "../../../schemas/stix/mention.ts";
import { TLP_2_IDS } from "../../../schemas/stix/tlp.ts";
import { readInput } from "../../../server/formats/read-input.ts";
import { MispReader } from "../../../server/formats/read-misp.ts";
import { readStream } from "../../../server/formats/read-stream.ts";
import { keyOf } from "../../../server/pipeline/key.ts";
import type { Item, StixJson } from "../../../server/pipeline/steps.ts";
import { validate } from "../../../server/pipeline/validate.ts";
import { aTurn, LINEAR } from "../../support/linear.ts";
import { faultOf, line, objectOf, read } from "./support.ts";

/** Events that we wrote: documentation addresses, names of nobody. */
const uuid = (n: number): string => `5f3c1a00-0000-4000-8000-${String(n).padStart(12, "0")}`;
const AT = "1775900000";
const WHEN = "2026-04-11T09:33:20.000Z";
const ORG = { name: "Example CERT", uuid: uuid(900) };
type Json = Record<string, unknown>;

const event = (more: Json = {}): Json => ({
  uuid: uuid(1),
  info: "Wallet drainers",
  date: "2026-04-10",
  timestamp: AT,
  threat_level_id: "1",
  analysis: "2",
  Orgc: ORG,
  ...more,
});
const attribute = (type: string, value: string, more: Json = {}, n = 10): Json => ({
  uuid: uuid(n),
  type,
  value,
  category: "Network activity",
  to_ids: false,
  timestamp: AT,
  ...more,
});
const itemsOf = (more: Json): Item[] => read(JSON.stringify({ Event: event(more) })).items;
const of = (items: readonly Item[], type: string): StixJson[] =>
  items.flatMap((item) => ("object" in item && item.object.type === type ? [item.object] : []));
const mention = (object: StixJson | undefined): StixJson =>
  ((object?.extensions as StixJson | undefined)?.[MENTION_EXTENSION] ?? {}) as StixJson;
const valid = (items: readonly Item[]): string[] =>
  items.flatMap((item) => {
    if ("problem" in item) return [];
    const keyed = keyOf(item.object, "US-FBI");
    return [...validate(item.object).errors, ...("problems" in keyed ? keyed.problems : [])].map(
      ({ code, path: at }) => `${String(item.object.type)} ${code} ${at}`,
    );
  });
const saidOf = (items: readonly Item[], type: string) =>
  items.flatMap((item) => ("object" in item && item.object.type === type ? [item.said ?? {}] : []));
const codesOf = (items: readonly Item[]): string[] =>
  items.flatMap((item) =>
    "problem" in item ? [`! ${item.problem.code}`] : (item.warnings ?? []).map(({ code }) => code),
  );

test("MISP – an event – a report under its UUID with what it says of itself, by its organisation", () => {
  const items = itemsOf({
    publish_timestamp: "1775900600",
    Tag: [{ name: "tlp:amber" }, { name: "type:OSINT" }, { name: 'misp:confidence-level="fairly-confident"' }],
    Attribute: [attribute("link", "https://vendor.example/report", { comment: "the report" })],
  });
  expect(items.map(objectOf)).toEqual([
    {
      type: "report",
      spec_version: "2.1",
      id: `report--${uuid(1)}`,
      created_by_ref: `identity--${uuid(900)}`,
      created: "2026-04-10T00:00:00.000Z",
      modified: WHEN,
      name: "Wallet drainers",
      published: "2026-04-11T09:43:20.000Z",
      labels: ["type:OSINT"],
      confidence: 50,
      object_marking_refs: [TLP_2_IDS.AMBER],
      x_misp_threat_level: "high",
      x_misp_analysis: "completed",
      external_references: [
        { source_name: "misp-link", description: "the report", url: "https://vendor.example/report" },
      ],
      object_refs: [`identity--${uuid(900)}`],
    },
    {
      type: "identity",
      spec_version: "2.1",
      id: `identity--${uuid(900)}`,
      created: "1970-01-01T00:00:00.000Z",
      modified: "1970-01-01T00:00:00.000Z",
      name: "Example CERT",
      identity_class: "organization",
    },
  ]);
  expect(valid(items)).toEqual([]);
});

test("MISP – an attribute for detection – observable, indicator under its UUID and what ties them", () => {
  const items = itemsOf({
    Attribute: [
      attribute("ip-dst", "192.0.2.7", {
        to_ids: true,
        comment: "C2",
        first_seen: "2026-04-01T10:00:00.000000+02:00",
        Tag: [{ name: "campaign:x" }],
      }),
    ],
  });
  const [indicator] = of(items, "indicator");
  const [address] = of(items, "ipv4-addr");
  expect(indicator).toEqual({
    type: "indicator",
    spec_version: "2.1",
    id: `indicator--${uuid(10)}`,
    created_by_ref: `identity--${uuid(900)}`,
    created: WHEN,
    modified: WHEN,
    name: "192.0.2.7",
    description: "C2",
    pattern: "[ipv4-addr:value = '192.0.2.7']",
    pattern_type: "stix",
    valid_from: "2026-04-01T08:00:00.000Z",
    kill_chain_phases: [{ kill_chain_name: "misp-category", phase_name: "network-activity" }],
    labels: ["campaign:x"],
  });
  expect(mention(address)).toMatchObject({ notes: "C2", tags: ["campaign:x"], reporter: "Example CERT" });
  expect(of(items, "relationship")).toMatchObject([
    { relationship_type: "based-on", source_ref: indicator?.id, target_ref: address?.id },
  ]);
  expect(of(items, "report")[0]?.object_refs).toContain(indicator?.id);
  expect(valid(items)).toEqual([]);
});

test.each<[string, string, string[], string | undefined]>([
  ["ip-src", "192.0.2.7", ["ipv4-addr 192.0.2.7"], "[ipv4-addr:value = '192.0.2.7']"],
  ["ip-dst", "2001:DB8::1", ["ipv6-addr 2001:db8::1"], "[ipv6-addr:value = '2001:db8::1']"],
  ["ip-dst|port", "192.0.2.7|443", ["ipv4-addr 192.0.2.7"], "[ipv4-addr:value = '192.0.2.7']"],
  ["domain", "Evil[.]Example", ["domain-name evil.example"], "[domain-name:value = 'evil.example']"],
  ["hostname|port", "c2.evil.example|8080", ["domain-name c2.evil.example"], "[domain-name:value = 'c2.evil.example']"],
  [
    "domain|ip",
    "evil.example|192.0.2.7",
    ["domain-name evil.example", "ipv4-addr 192.0.2.7"],
    "[domain-name:value = 'evil.example' OR ipv4-addr:value = '192.0.2.7']",
  ],
  ["url", "hxxp://evil.example/a", ["url http://evil.example/a"], "[url:value = 'http://evil.example/a']"],
  ["email-src", "a@evil.example", ["email-addr a@evil.example"], "[email-addr:value = 'a@evil.example']"],
  [
    "md5",
    "d41d8cd98f00b204e9800998ecf8427f",
    ["file MD5=d41d8cd98f00b204e9800998ecf8427f"],
    "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427f']",
  ],
  [
    "filename|sha1",
    "a|b.exe|DA39A3EE5E6B4B0D3255BFEF95601890AFD80708",
    ["file SHA-1=da39a3ee5e6b4b0d3255bfef95601890afd80708"],
    "[file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80708']",
  ],
  ["filename", "it's.exe", ["file "], "[file:name = 'it\\'s.exe']"],
  ["AS", "AS64500", ["autonomous-system 64500"], "[autonomous-system:number = 64500]"],
  [
    "btc",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    ["cryptocurrency-wallet 1BoatSLRHtKNngkdXEeobR76b53LETtpyT"],
    "[cryptocurrency-wallet:value = '1BoatSLRHtKNngkdXEeobR76b53LETtpyT']",
  ],
  [
    "xmr",
    `4${"A".repeat(94)}`,
    [`cryptocurrency-wallet 4${"A".repeat(94)}`],
    `[cryptocurrency-wallet:value = '4${"A".repeat(94)}']`,
  ],
  ["mac-address", "00:11:22:33:44:55", ["mac-addr 00:11:22:33:44:55"], "[mac-addr:value = '00:11:22:33:44:55']"],
  ["mutex", "Global\\x", ["mutex "], "[mutex:name = 'Global\\\\x']"],
  [
    "regkey|value",
    "HKLM\\Run|a",
    ["windows-registry-key "],
    "[windows-registry-key:key = 'HKLM\\\\Run' AND windows-registry-key:values[*].data = 'a']",
  ],
  [
    "x509-fingerprint-sha1",
    "DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:08",
    ["x509-certificate SHA-1=da39a3ee5e6b4b0d3255bfef95601890afd80708"],
    "[x509-certificate:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80708']",
  ],
  ["user-agent", "Mozilla/5.0 x", ["user-agent Mozilla/5.0 x"], "[user-agent:value = 'Mozilla/5.0 x']"],
  ["phone-number", "+819000000000", ["phone-number +819000000000"], "[phone-number:value = '+819000000000']"],
  [
    "github-username",
    "nobody-here",
    ["user-account "],
    "[user-account:account_type = 'github' AND user-account:account_login = 'nobody-here']",
  ],
])("MISP – an attribute of the type %s – %s – observable and pattern", (type, value, lines, pattern) => {
  const items = itemsOf({ Attribute: [attribute(type, value, { to_ids: true })] });
  const observables = items.filter((item) => !/^(?:report|identity|indicator|relationship) /.test(`${line(item)} `));
  expect(observables.map(line)).toEqual(lines);
  expect(of(items, "indicator").map((one) => one.pattern)).toEqual([pattern]);
  expect(valid(items)).toEqual([]);
});

test("MISP – rules, text, names and vulnerabilities – objects of their own", () => {
  const items = itemsOf({
    Attribute: [
      attribute("yara", "rule a { condition: true }", { comment: "A" }, 11),
      attribute("text", "seen at two exchanges", {}, 12),
      attribute("vulnerability", "cve-2026-0001", {}, 13),
      attribute("threat-actor", "Nobody Group", {}, 14),
    ],
  });
  expect(of(items, "indicator")).toMatchObject([{ id: `indicator--${uuid(11)}`, pattern_type: "yara", name: "A" }]);
  expect(of(items, "note")).toMatchObject([{ content: "seen at two exchanges", object_refs: [`report--${uuid(1)}`] }]);
  expect(of(items, "vulnerability")).toMatchObject([
    { name: "CVE-2026-0001", external_references: [{ source_name: "cve", external_id: "CVE-2026-0001" }] },
  ]);
  expect(of(items, "threat-actor")).toMatchObject([{ name: "Nobody Group" }]);
  expect(valid(items)).toEqual([]);
});

test("MISP – what has no place, is wrong or was deleted – a problem each or a count, the rest goes in", () => {
  const items = itemsOf({
    Attribute: [
      attribute("ja3-fingerprint-md5", "d41d8cd98f00b204e9800998ecf8427f", {}, 11),
      attribute("ip-dst", "300.1.1.1", {}, 12),
      attribute("sha256", "abcd", {}, 13),
      { uuid: uuid(14), type: "ip-dst" },
      attribute("ip-dst", "192.0.2.7", { deleted: true }, 15),
      attribute("malware-sample", "a.exe|d41d8cd98f00b204e9800998ecf8427f", { data: "UEsDBA==" }, 16),
      attribute("domain", "evil.example", { ShadowAttribute: [{ value: "x" }] }, 17),
      attribute("domain|ip", "evil.example", {}, 18),
    ],
    ShadowAttribute: [{ value: "y" }],
  });
  expect(items.flatMap((item) => ("problem" in item ? [[item.problem.code, item.problem.path]] : []))).toEqual([
    ["misp.attribute", "events[0].Attribute[3]"],
    ["misp.unmapped_type", "events[0].Attribute[0]"],
    ["value.ipv4", "events[0].Attribute[1]"],
    ["value.hash_length", "events[0].Attribute[2]"],
    ["misp.composite", "events[0].Attribute[7]"],
  ]);
  const [report] = items;
  const warnings = report !== undefined && "object" in report ? report.warnings : undefined;
  expect(warnings?.map(({ message }) => message)).toEqual([
    "left out: 1 attributes and objects that were deleted",
    "left out: 2 proposals, which their event's owner has not accepted",
    "left out: 1 attached files: only what is said of them is kept",
  ]);
  expect(of(items, "file")).toMatchObject([{ name: "a.exe" }]);
  expect(JSON.stringify(items)).not.toContain("UEsDBA");
});

test("MISP – objects – file, certificate, person, account, address and others as what they are", () => {
  const object = (name: string, n: number, attributes: Json[], more: Json = {}): Json => ({
    name,
    uuid: uuid(n),
    timestamp: AT,
    Attribute: attributes,
    ...more,
  });
  const rel = (relation: string, type: string, value: string, n: number, more: Json = {}): Json =>
    attribute(type, value, { object_relation: relation, ...more }, n);
  const items = itemsOf({
    Object: [
      object(
        "file",
        20,
        [
          rel("md5", "md5", "d41d8cd98f00b204e9800998ecf8427f", 21, { to_ids: true }),
          rel("sha256", "sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 22, {
            to_ids: true,
          }),
          rel("filename", "filename", "empty.bin", 23),
          rel("size-in-bytes", "size-in-bytes", "0", 24),
          rel("entropy", "float", "0.0", 25),
        ],
        {
          ObjectReference: [
            { referenced_uuid: uuid(30), relationship_type: "Connects To", uuid: uuid(29) },
            { referenced_uuid: uuid(999) },
          ],
        },
      ),
      object("domain-ip", 30, [rel("domain", "domain", "evil.example", 31), rel("ip", "ip-dst", "192.0.2.7", 32)]),
      object("coin-address", 40, [
        rel("address", "text", "0x52908400098527886E0F7030069857D2E4169EE7", 41, { to_ids: true }),
        rel("symbol", "text", "ETH", 42),
      ]),
      object("person", 50, [
        rel("full-name", "full-name", "A. Nobody", 51),
        rel("email", "email", "nobody@evil.example", 52),
        rel("role", "text", "developer", 53),
      ]),
      object("telegram-account", 60, [rel("username", "text", "nobody_here", 61), rel("id", "text", "77", 62)]),
      object("av-signature", 70, [rel("signature", "text", "Linux/X", 71, { to_ids: true })]),
      object("x509", 80, [
        rel("serial-number", "text", "01", 81),
        rel(
          "x509-fingerprint-sha256",
          "x509-fingerprint-sha256",
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          82,
        ),
      ]),
      object("ip-port", 90, [
        rel("dst-ip", "ip-dst", "198.51.100.7", 91, { to_ids: true }),
        rel("dst-port", "port", "8443", 92),
      ]),
      object("file", 95, [], { deleted: true }),
    ],
  });
  const [file, certificate] = [of(items, "file"), of(items, "x509-certificate")];
  expect(file).toMatchObject([{ name: "empty.bin", size: 0, hashes: { MD5: "d41d8cd98f00b204e9800998ecf8427f" } }]);
  expect(mention(file[0]).context).toEqual({ object: "file", entropy: "0.0" });
  expect(of(items, "indicator").map(({ id, pattern }) => [id, pattern])).toEqual([
    [
      `indicator--${uuid(20)}`,
      "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427f' OR file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']",
    ],
    [`indicator--${uuid(40)}`, "[cryptocurrency-wallet:value = '0x52908400098527886e0f7030069857d2e4169ee7']"],
    [`indicator--${uuid(91)}`, "[ipv4-addr:value = '198.51.100.7']"],
  ]);
  expect(
    of(items, "relationship").map(
      ({ relationship_type: kind, source_ref: a, target_ref: b }) =>
        `${String(a).split("--")[0]} ${kind} ${String(b).split("--")[0]}`,
    ),
  ).toEqual([
    "indicator based-on file",
    "domain-name resolves-to ipv4-addr",
    "indicator based-on cryptocurrency-wallet",
    "identity related-to email-addr",
    "indicator based-on ipv4-addr",
    "file connects-to domain-name",
  ]);
  expect(of(items, "identity")).toMatchObject([
    { name: "Example CERT" },
    { name: "A. Nobody", identity_class: "individual", description: "role: developer" },
  ]);
  expect(of(items, "user-account")).toMatchObject([
    { account_type: "telegram", account_login: "nobody_here", user_id: "77" },
  ]);
  expect(of(items, "note")).toMatchObject([{ content: "av-signature\nsignature: Linux/X" }]);
  expect(certificate).toMatchObject([{ serial_number: "01" }]);
  expect(mention(of(items, "ipv4-addr").find(({ value }) => value === "198.51.100.7")).context).toMatchObject({
    object: "ip-port",
    "dst-port": "8443",
  });
  expect(valid(items)).toEqual([]);
});

test("MISP – galaxies – actors, malware, tools and techniques, tied to the attribute that names them", () => {
  const cluster = (n: number, value: string, more: Json = {}): Json => ({
    uuid: uuid(n),
    value,
    version: "7",
    description: "d",
    ...more,
  });
  const items = itemsOf({
    Galaxy: [
      {
        type: "threat-actor",
        GalaxyCluster: [
          cluster(100, "Nobody Group", { meta: { synonyms: ["NG", "Nobody Group"], refs: ["https://x.example"] } }),
        ],
      },
      { type: "sector", GalaxyCluster: [cluster(101, "Finance", { tag_name: 'misp-galaxy:sector="Finance"' })] },
      { type: "tool", GalaxyCluster: [cluster(102, "Local", { local: true })] },
    ],
    Tag: [
      { name: 'misp-galaxy:mitre-intrusion-set="Some Set - G0001"' },
      { name: 'misp-galaxy:threat-actor="Nobody Group"' },
    ],
    Attribute: [
      attribute("domain", "evil.example", {
        to_ids: true,
        Galaxy: [
          { type: "mitre-attack-pattern", GalaxyCluster: [cluster(103, "Phishing - T1566")] },
          { type: "malpedia", GalaxyCluster: [cluster(104, "Drainer")] },
        ],
      }),
    ],
  });
  expect(of(items, "threat-actor")).toMatchObject([
    {
      id: `threat-actor--${uuid(100)}`,
      name: "Nobody Group",
      aliases: ["NG"],
      modified: "1970-01-01T00:00:00.007Z",
      external_references: [{ url: "https://x.example" }],
    },
  ]);
  expect(of(items, "intrusion-set")).toMatchObject([
    { name: "Some Set", external_references: [{ external_id: "G0001" }] },
  ]);
  expect(of(items, "attack-pattern")).toMatchObject([
    { name: "Phishing", external_references: [{ external_id: "T1566" }] },
  ]);
  expect(of(items, "malware")).toMatchObject([{ name: "Drainer", is_family: true }]);
  expect(of(items, "report")[0]?.labels).toEqual(['misp-galaxy:sector="Finance"']);
  expect(of(items, "tool")).toEqual([]);
  expect(
    of(items, "relationship").map(
      ({ relationship_type: kind, target_ref: b }) => `${kind} ${String(b).split("--")[0]}`,
    ),
  ).toEqual(["based-on domain-name", "indicates attack-pattern", "indicates malware"]);
  expect(valid(items)).toEqual([]);
});

test("MISP – sightings – sightings of the indicator, a false positive is an opinion, others are counted", () => {
  const sighting = (n: number, type: string): Json => ({ uuid: uuid(n), type, date_sighting: AT, source: "sensor" });
  const items = itemsOf({
    Attribute: [
      attribute("domain", "evil.example", {
        to_ids: true,
        Sighting: [sighting(200, "0"), sighting(201, "1"), sighting(202, "2")],
      }),
    ],
    EventReport: [{ uuid: uuid(300), name: "Story", content: "# What happened", timestamp: AT }],
  });
  expect(of(items, "sighting")).toMatchObject([
    { id: `sighting--${uuid(200)}`, sighting_of_ref: `indicator--${uuid(10)}`, count: 1, first_seen: WHEN },
  ]);
  expect(of(items, "opinion")).toMatchObject([
    { opinion: "strongly-disagree", object_refs: [`indicator--${uuid(10)}`] },
  ]);
  expect(of(items, "note")).toMatchObject([{ abstract: "Story", content: "# What happened" }]);
  expect(codesOf(items)).toEqual(["misp.left_out"]);
  expect(valid(items)).toEqual([]);
});

test.each<[string, Json, Json, Json, string[]]>([
  ["none at all, as in a feed's file", {}, {}, {}, []],
  ["distribution 3, inherited", { distribution: "3" }, { distribution: "5" }, {}, []],
  ["distribution 1 and 2", { distribution: 1 }, { distribution: 2 }, {}, []],
  ["event 0, attribute 3", { distribution: "0" }, { distribution: "3" }, { ownAgency: true }, ["misp.distribution"]],
  ["event 3, attribute 0", { distribution: "3" }, { distribution: "0" }, { ownAgency: true }, ["misp.distribution"]],
  [
    "event in a sharing group",
    { distribution: "4", sharing_group_id: "3" },
    {},
    { ownAgency: true },
    ["misp.sharing_group"],
  ],
  [
    "attribute in a sharing group",
    { distribution: "3" },
    { distribution: "4" },
    { ownAgency: true },
    ["misp.sharing_group"],
  ],
  ["a distribution of no meaning", { distribution: "9" }, {}, { ownAgency: true }, ["misp.distribution"]],
  ["an event that inherits, from nothing", { distribution: "5" }, {}, { ownAgency: true }, ["misp.distribution"]],
  [
    "a distribution that is a list",
    { distribution: "3" },
    { distribution: ["3"] },
    { ownAgency: true },
    ["misp.distribution"],
  ],
  ["tlp:white", { Tag: [{ name: "tlp:white" }] }, {}, { tlps: ["CLEAR"] }, []],
  ["TLP:AMBER+STRICT", { Tag: [{ name: "TLP:AMBER+STRICT" }] }, {}, { tlps: ["AMBER+STRICT"] }, []],
  [
    "an attribute that is tighter",
    { Tag: [{ name: "tlp:green" }] },
    { Tag: [{ name: "tlp:red" }] },
    { tlps: ["RED"] },
    [],
  ],
  [
    "an attribute that would be looser",
    { Tag: [{ name: "tlp:amber" }] },
    { Tag: [{ name: "tlp:clear" }] },
    { tlps: ["AMBER"] },
    [],
  ],
  ["two TLPs of the event", { Tag: [{ name: "tlp:green" }, { name: "tlp:red" }] }, {}, { tlps: ["GREEN", "RED"] }, []],
  ["a TLP that nobody knows", { Tag: [{ name: "tlp:unclear" }] }, {}, { ownAgency: true }, ["misp.tlp"]],
  ["a local TLP tag, which tightens too", { Tag: [{ name: "tlp:amber", local: true }] }, {}, { tlps: ["AMBER"] }, []],
  ["a rule for quotations", { Tag: [{ name: "tlp:ex:chr" }] }, {}, {}, []],
])("MISP – label – %s – never wider than it says", (_, ofEvent, ofAttribute, said, codes) => {
  const items = itemsOf({
    ...ofEvent,
    Attribute: [attribute("domain", "evil.example", { to_ids: true, ...ofAttribute })],
  });
  for (const type of ["domain-name", "indicator", "relationship"]) expect(saidOf(items, type)).toEqual([said]);
  expect([...new Set(codesOf(items))]).toEqual(codes);
});

test("MISP – an attribute that fewer may read than its object – stands for itself, nothing of it in the others", () => {
  const items = itemsOf({
    distribution: "3",
    Object: [
      {
        name: "file",
        uuid: uuid(20),
        Attribute: [
          attribute("md5", "d41d8cd98f00b204e9800998ecf8427f", { object_relation: "md5", distribution: "5" }, 21),
          attribute(
            "sha1",
            "da39a3ee5e6b4b0d3255bfef95601890afd80708",
            { object_relation: "sha1", distribution: "0" },
            22,
          ),
          attribute("text", "from a source in the bank", { object_relation: "text", distribution: "4" }, 23),
        ],
      },
    ],
    Attribute: [attribute("link", "https://internal.example/case", { distribution: "0" }, 24)],
  });
  const open = items.filter((item) => "object" in item && item.said === undefined);
  expect(JSON.stringify(open)).not.toMatch(/da39a3|in the bank|internal\.example/);
  expect(of(items, "file").map((one) => Object.keys(one.hashes as StixJson))).toEqual([["SHA-1"], ["MD5"]]);
  expect(of(items, "note").map((one) => one.content)).toEqual([
    "https://internal.example/case",
    "from a source in the bank",
  ]);
});

test.each<[string, unknown]>([
  ["{ Event }", { Event: event({ Attribute: [attribute("ip-dst", "192.0.2.7")] }) }],
  ["a bare event", event({ Attribute: [attribute("ip-dst", "192.0.2.7")] })],
  ["a search", { response: [{ Event: event({ Attribute: [attribute("ip-dst", "192.0.2.7")] }) }] }],
  ["a list of events", [{ Event: event({ Attribute: [attribute("ip-dst", "192.0.2.7")] }) }]],
  ["a list of bare events", [event({ Attribute: [attribute("ip-dst", "192.0.2.7")] })]],
])("MISP – %s – found without being told, alike as a stream", async (_, json) => {
  const text = JSON.stringify(json);
  const { format, items } = read(text);
  expect(format).toBe("misp");
  expect(items.map(line).slice(2)).toEqual(["ipv4-addr 192.0.2.7"]);
  for (const piece of [5, 100_000]) {
    const streamed: Item[] = [];
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < text.length; at += piece) yield Buffer.from(text.slice(at, at + piece));
    }
    for await (const group of readStream(pieces(), { limits: { inflated: 1e9 } })) streamed.push(...group);
    expect(streamed).toEqual(items);
  }
});

test("MISP – forced, or forced to be another format – refused with words where it is not", () => {
  const misp = JSON.stringify({ Event: event() });
  const stix = JSON.stringify({ type: "bundle", objects: [] });
  expect(faultOf(() => read(stix, "misp"))).toMatchObject({ code: "input.not_misp", kind: "bad_request" });
  expect(faultOf(() => read(misp, "stix"))).toMatchObject({ code: "input.not_stix", kind: "bad_request" });
  expect(read(misp, "misp").format).toBe("misp");
  expect(readInput(Buffer.from(misp), { format: "json", limits: { inflated: 1e6 } }).format).toBe("misp");
});

test.each<[string, unknown, string]>([
  ["no object", 7, "misp.event"],
  ["an event without a date", { uuid: uuid(1), info: "x", Attribute: [] }, "misp.event_date"],
  ["an event that says nothing", { uuid: uuid(1), info: "x", date: "2026-04-10" }, "misp.empty_event"],
])("MISP – %s – a problem, the other events go in", (_, wrong, code) => {
  const items = new MispReader().read([wrong, event({ Attribute: [attribute("ip-dst", "192.0.2.7")] })]);
  expect(items.map(line)).toEqual([`! ${code}`, "report ", "identity ", "ipv4-addr 192.0.2.7"]);
  expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
});

test("MISP – the same event read twice – the same bytes", () => {
  const more = { Attribute: [attribute("domain|ip", "evil.example|192.0.2.7", { uuid: "none", to_ids: true })] };
  expect(itemsOf(more)).toEqual(itemsOf(more));
});

const NAMES = [
  "uuid",
  "info",
  "date",
  "timestamp",
  "distribution",
  "Tag",
  "name",
  "Galaxy",
  "GalaxyCluster",
  "type",
  "value",
  "Attribute",
  "Object",
  "to_ids",
  "object_relation",
  "Sighting",
  "ObjectReference",
  "referenced_uuid",
  "meta",
  "synonyms",
  "EventReport",
  "content",
  "Orgc",
  "__proto__",
  "comment",
  "first_seen",
  "version",
  "deleted",
];
const hostile = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "ip-dst",
      "file",
      "person",
      "x509",
      "domain-ip",
      "md5",
      "tlp:red",
      "0",
      "4",
      uuid(1),
      "192.0.2.7",
      "filename|md5",
      "threat-actor",
      "1e999",
    ),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 8 }),
  ),
})).value;

test("MISP – whatever an event holds – items or problems, nothing thrown, no object on the prototype", () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (a, b, c) => {
      const one = {
        ...event(),
        Attribute: [a, { type: "domain|ip", value: b, Tag: a, Galaxy: c }],
        Object: [b, { name: "file", Attribute: [a, c] }],
        Galaxy: [c],
        Tag: [a],
        Event: b,
      };
      for (const item of new MispReader().read([a, one])) {
        if ("object" in item) validate(item.object);
        else expect(item.problem.code).toMatch(/^(?:misp|value|wallet|csv)\./);
      }
      expect(({} as Json).name).toBe(undefined);
    }),
    { numRuns: 400 },
  );
});

test(
  "MISP – an event with 20,000 attributes, and one object with as many – read in linear time",
  async () => {
    const many = (n: number): Json[] =>
      Array.from({ length: n }, (_, i) =>
        attribute("ip-dst", `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, { to_ids: true }, i + 1000),
      );
    const read = (json: Json): number => [...new MispReader().read([event(json)])].length;
    expect(read({ Attribute: many(20_000) })).toBeGreaterThan(20_000);
    expect(read({ Object: [{ name: "domain-ip", uuid: uuid(5), Attribute: many(20_000) }] })).toBeGreaterThan(0);
    await aTurn();
  },
  LINEAR,
);

const root = path.resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const there = existsSync(root);
if (!there) console.warn(`real data is not at ${root}: the reading of MISP did not run on it`);
const onReal = there ? test : test.skip;

onReal("real data – seven events of MISP – every attribute goes in", () => {
  const files = [
    "eset/nukesped_lazarus/lazarus_3cx.json",
    ...readdirSync(path.join(root, "tweetfeed/misp")).map((name) => `tweetfeed/misp/${name}`),
  ];
  const items = files.flatMap(
    (file) => readInput(readFileSync(path.join(root, file)), { limits: { inflated: 1e8 } }).items,
  );
  const counts: Record<string, number> = {};
  for (const item of items) counts[line(item).split(" ")[0] ?? ""] = (counts[line(item).split(" ")[0] ?? ""] ?? 0) + 1;
  expect(valid(items)).toEqual([]);
  expect(counts).toEqual({
    report: 7,
    identity: 7,
    "threat-actor": 1,
    "attack-pattern": 20,
    note: 5,
    "ipv4-addr": 89,
    "domain-name": 862,
    url: 956,
    indicator: 1947,
    relationship: 1964,
    file: 46,
  });
});
