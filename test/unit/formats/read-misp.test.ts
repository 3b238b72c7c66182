import { TLP_2_IDS } from "../../../schemas/stix/tlp.ts";
import { readInput } from "../../../server/formats/read-input.ts";
import { MispReader } from "../../../server/formats/read-misp.ts";
import { readStream } from "../../../server/formats/read-stream.ts";
import type { Item } from "../../../server/pipeline/steps.ts";
import { attribute, event, itemsOf, mention, of, uuid, valid, WHEN } from "./misp-events.ts";
import { faultOf, line, objectOf, read } from "./support.ts";

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
