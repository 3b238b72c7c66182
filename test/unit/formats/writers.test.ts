import fc from "fast-check";
import { cellsOf } from "../../../server/formats/csv-rows.ts";
import { bundleFraming, bundleLines } from "../../../server/formats/write-bundle.ts";
import { csvCell, csvLines } from "../../../server/formats/write-csv.ts";
import { listLines } from "../../../server/formats/write-list.ts";
import { type ExportRecord, inPieces, Tally, valueOfTerm } from "../../../server/formats/write-record.ts";
import { commented, type ExportStamp, type Framing, stampLines } from "../../../server/formats/write-stamp.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { found, read } from "./support.ts";

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
async function text(pieces: AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const piece of pieces) all += piece;
  return all;
}

const MD5 = "0123456789abcdef0123456789abcdef";
const RECORDS: readonly ExportRecord[] = [
  {
    object: { type: "domain-name", id: "domain-name--1", value: "evil.example.com" },
    tlp: "GREEN",
    values: ["domain-name:evil.example.com"],
  },
  {
    object: { type: "file", id: "file--1", name: '=cmd|"x"!A1' },
    tlp: "AMBER+STRICT",
    values: [`file:MD5:${MD5}`, `file:SHA-256:${MD5}${MD5}`],
  },
  {
    object: { type: "malware", id: "malware--1", name: "Name, with comma", created: "2026-01-01T00:00:00Z" },
    tlp: "CLEAR",
    values: [],
  },
  { object: { type: "ipv6-addr", id: "ipv6-addr--1" }, tlp: "RED", values: ["ipv6-addr:2001:db8::1"] },
];

const STAMP: ExportStamp = {
  banner: {
    tlp: "AMBER+STRICT",
    classification: "C",
    caveats: ["LES", "NOATTRIB"],
    relTo: ["JPN", "KOR", "USA"],
    agreements: ["TRI", "US-JP"],
    originators: ["US-CISA"],
    sourceWithheld: true,
  },
  purposes: ["countering DPRK cyber activity"],
  at: "2026-04-11T09:30:00.000Z",
  serial: "serial0123456789",
  agency: "JP-NPA",
  account: "account01234",
  policy: "policy0123456789",
  tally: "4 written, 0 left out",
  sha256: "ab".repeat(32),
};
const LINES = [
  "TLP:AMBER+STRICT",
  "REL TO JPN, KOR, USA",
  "agreement TRI, US-JP",
  "originator US-CISA, source withheld",
  "classification C",
  "caveats LES, NOATTRIB",
  "permitted: use in the agencies that are listed by name, where there is a need to know; no clients; nothing to anybody else without the originator's consent; law enforcement only; the source is not to be named; for countering DPRK cyber activity",
  "exported 2026-04-11T09:30:00.000Z by JP-NPA, account account01234",
  "serial serial0123456789, policy policy0123456789",
  "4 written, 0 left out",
  `sha-256 ${"ab".repeat(32)}`,
];
const END = `end of export serial0123456789: 4 written, 0 left out; sha-256 ${"ab".repeat(32)}`;
const IDS = {
  bundle: "bundle--00000000-0000-4000-8000-000000000001",
  marking: "marking-definition--00000000-0000-4000-8000-000000000002",
  author: "identity--00000000-0000-4000-8000-000000000003",
};

const framed = async (body: AsyncIterable<string>, framing: Framing): Promise<string> =>
  framing.head(STAMP) + (await text(body)) + framing.tail(STAMP);

test("stamp – of mixed content – every line that policy 10 lists, in its words", () => {
  expect(stampLines(STAMP)).toEqual(LINES);
});

test("stamp – of what is public – says so, and allows it", () => {
  const banner = { ...STAMP.banner, tlp: "CLEAR" as const, caveats: [], relTo: "PUBLIC" as const };
  expect(stampLines({ ...STAMP, banner, purposes: [] })).toEqual(
    expect.arrayContaining(["TLP:CLEAR", "REL TO PUBLIC", "caveats none", "permitted: use and pass on without limit"]),
  );
});

test("bundle – objects in order – one JSON bundle that our reader takes, the stamp as its first object", async () => {
  const objects = RECORDS.map(({ object }) => object);
  const written = await framed(bundleLines(each(objects)), bundleFraming(IDS));
  expect(JSON.parse(written)).toEqual({
    type: "bundle",
    id: IDS.bundle,
    objects: [
      {
        type: "marking-definition",
        spec_version: "2.1",
        id: IDS.marking,
        created_by_ref: IDS.author,
        created: STAMP.at,
        name: "TLP:AMBER+STRICT REL TO JPN, KOR, USA, export serial0123456789",
        definition_type: "statement",
        definition: { statement: LINES.join("\n") },
      },
      ...objects,
    ],
  });
  expect(read(written).items.length).toBe(5);
  expect(written.split("\n").length).toBe(4 + 3);
});

test("bundle – no objects – the stamp alone", async () => {
  const { objects } = JSON.parse(await framed(bundleLines(each<StixJson>([])), bundleFraming(IDS)));
  expect(objects.length).toBe(1);
});

test("lines – many of them – come in pieces of bounded size, nothing lost", async () => {
  const objects = Array.from({ length: 5000 }, (_, n) => ({ type: "tool", id: `tool--${n}`, name: "x".repeat(100) }));
  const pieces: string[] = [];
  for await (const piece of inPieces(bundleLines(each(objects)))) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(8);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(70_000);
  expect(pieces.join("")).toBe(await text(bundleLines(each(objects))));
});

test("table – records of several kinds – stamp, header, TLP in each row, formulas marked as text, the end", async () => {
  const tally = new Tally();
  expect(await framed(csvLines(each(RECORDS), tally), commented("#", "\r\n"))).toBe(
    [
      ...LINES.map((line) => `# ${line}`),
      "tlp,type,value,name,pattern,id,created,modified",
      "TLP:GREEN,domain-name,evil.example.com,,,domain-name--1,,",
      `TLP:AMBER+STRICT,file,${MD5} ${MD5}${MD5},"'=cmd|""x""!A1",,file--1,,`,
      'TLP:CLEAR,malware,,"Name, with comma",,malware--1,2026-01-01T00:00:00Z,',
      "TLP:RED,ipv6-addr,2001:db8::1,,,ipv6-addr--1,,",
      `# ${END}`,
      "",
    ].join("\r\n"),
  );
  expect(tally.text).toBe("4 written, 0 left out");
});

test("table – read back – the values again", async () => {
  const written = await framed(csvLines(each(RECORDS), new Tally()), commented("#", "\r\n"));
  expect(found(written)).toEqual([
    "domain-name evil.example.com",
    `file MD5=${MD5} SHA-256=${MD5}${MD5}`,
    "! csv.no_value",
    "ipv6-addr 2001:db8::1",
  ]);
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("cell – %j – marked as text", (cell) => {
  expect(csvCell(cell).replace(/^"/, "")[0]).toBe("'");
});

test("cell – any text – stays one cell that reads back as it was, but for the mark and blanks around", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", " ", "=", "é") }), (cell) => {
      const written = csvCell(cell);
      expect(cellsOf(`x,${written},y`, ",")).toEqual(["x", /^[=]/.test(cell) ? `'${cell}`.trim() : cell.trim(), "y"]);
    }),
  );
});

test("list – records with and without values – a line a value with its TLP, what has none is counted", async () => {
  const tally = new Tally();
  expect(await text(listLines(each(RECORDS), tally))).toBe(
    `evil.example.com\tTLP:GREEN\n${MD5}\tTLP:AMBER+STRICT\n${MD5}${MD5}\tTLP:AMBER+STRICT\n2001:db8::1\tTLP:RED\n`,
  );
  expect(tally.text).toBe("4 written, 1 left out: no-value=1");
});

test("list – a value with a line break – can't start a line of its own", async () => {
  const record = { object: {}, tlp: "RED", values: ["url:http://a.example/\nevil.example\tTLP:CLEAR"] };
  expect(await text(listLines(each([record]), new Tally()))).toBe(
    "http://a.example/ evil.example TLP:CLEAR\tTLP:RED\n",
  );
});

test("comment – of text with line breaks – stays one line", () => {
  const banner = { ...STAMP.banner, agreements: ["A\nevil.example"] };
  const head = commented(";").head({ ...STAMP, banner });
  expect(head.split("\n").every((line) => line === "" || line.startsWith("; "))).toBe(true);
});

test.each([
  ["domain-name:a.example", "a.example"],
  ["url:http://a.example:81/x:y", "http://a.example:81/x:y"],
  ["ipv6-addr:2001:db8::1", "2001:db8::1"],
  ["file:SHA-256:abc", "abc"],
  ["cryptocurrency-wallet:evm:0xabc", "0xabc"],
])("value of the term %s – %s", (term, value) => {
  expect(valueOfTerm(term)).toBe(value);
});
