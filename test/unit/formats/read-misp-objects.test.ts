import type { StixJson } from "../../../server/pipeline/steps.ts";
import { AT, attribute, codesOf, itemsOf, type Json, mention, of, saidOf, uuid, valid, WHEN } from "./misp-events.ts";

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
