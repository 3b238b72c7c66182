import { isBare, wordsOf } from "../../../server/pipeline/words.ts";

const dates = { created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z" };
const indicator = {
  ...{ type: "indicator", spec_version: "2.1", id: "indicator--1", ...dates, valid_from: dates.created },
  ...{ pattern: "[url:value = 'https://a.example/']", pattern_type: "stix" },
};

test("the words of an object – under another id, later, with other markings and another confidence – are the same", () => {
  const one = { type: "tool", spec_version: "2.1", id: "tool--1", ...dates, name: "a", description: "b" };
  const other = {
    ...{ ...one, id: "tool--2", modified: "2026-04-01T00:00:00.000Z", created_by_ref: "identity--1" },
    ...{ confidence: 10, object_marking_refs: ["marking-definition--1"], revoked: false },
  };
  expect(wordsOf(other)).toBe(wordsOf(one));
  expect(wordsOf({ ...one, description: "c" })).not.toBe(wordsOf(one));
});

test.each<[string, Record<string, unknown>, boolean]>([
  ["an address", { type: "ipv4-addr", id: "x", value: "192.0.2.1" }, true],
  ["an address with a note", { type: "ipv4-addr", id: "x", value: "192.0.2.1", x_note: "theirs" }, false],
  ["a file by its hash", { type: "file", id: "x", hashes: { MD5: "0" } }, true],
  ["a mail with its text", { type: "email-message", id: "x", subject: "s", body: "b" }, false],
  ["an indicator of one value", indicator, true],
  ["an indicator named by its value", { ...indicator, name: "https://a.example/" }, true],
  ["an indicator with a name of its own", { ...indicator, name: "lure" }, false],
  ["an indicator of two values", { ...indicator, pattern: "[url:value = 'a' OR url:value = 'b']" }, false],
  ["a rule", { ...indicator, pattern: "rule a { condition: true }", pattern_type: "yara" }, false],
  ["an organisation", { type: "identity", id: "x", name: "A", identity_class: "organization" }, true],
  ["a person", { type: "identity", id: "x", name: "A", identity_class: "individual" }, false],
  ["a CVE", { type: "vulnerability", id: "x", name: "CVE-2026-1234" }, true],
  ["a vulnerability with a name", { type: "vulnerability", id: "x", name: "of ours" }, false],
  [
    "a relationship",
    { type: "relationship", id: "x", relationship_type: "uses", source_ref: "a", target_ref: "b" },
    false,
  ],
  ["a threat actor", { type: "threat-actor", id: "x", name: "A" }, false],
])("isBare – %s – as the table says", (_, object, bare) => {
  expect(isBare(object)).toBe(bare);
});

test("isBare – a pattern of 100 kB that is no pattern – takes no time", () => {
  const began = process.cpuUsage();
  for (const pattern of [
    `[${" ".repeat(1e5)}`,
    `[${"a".repeat(1e5)}`,
    `[a = '${"\\\\".repeat(5e4)}`,
    `[a ${" =".repeat(5e4)}`,
  ])
    expect(isBare({ ...indicator, pattern })).toBe(false);
  expect(process.cpuUsage(began).user).toBeLessThan(500_000);
});
