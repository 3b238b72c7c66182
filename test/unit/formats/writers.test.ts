import fc from "fast-check";
import { cellsOf } from "../../../server/formats/csv-rows.ts";
import { writeBundle } from "../../../server/formats/write-bundle.ts";
import { csvCell, writeCsv } from "../../../server/formats/write-csv.ts";
import { writeList } from "../../../server/formats/write-list.ts";
import { type ExportRecord, valueOfTerm } from "../../../server/formats/write-record.ts";
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

test("bundle – objects in order – one JSON bundle that our reader takes", async () => {
  const objects = RECORDS.map(({ object }) => object);
  const written = await text(writeBundle(each(objects), "bundle--1"));
  expect(JSON.parse(written)).toEqual({ type: "bundle", id: "bundle--1", objects });
  expect(read(written).items.length).toBe(4);
});

test("bundle – no objects – no member objects, since a list is never empty", async () => {
  expect(JSON.parse(await text(writeBundle(each<StixJson>([]), "bundle--1")))).toEqual({
    type: "bundle",
    id: "bundle--1",
  });
});

test("bundle – many objects – comes in pieces of bounded size", async () => {
  const sizes: number[] = [];
  for await (const piece of writeBundle(
    each(Array.from({ length: 5000 }, (_, n) => ({ type: "tool", id: `tool--${n}`, name: "x".repeat(100) }))),
    "bundle--1",
  ))
    sizes.push(piece.length);
  expect(sizes.length).toBeGreaterThan(8);
  expect(Math.max(...sizes)).toBeLessThan(70_000);
});

test("table – records of several kinds – stamp, header, TLP in each row, formulas marked as text", async () => {
  expect(await text(writeCsv(each(RECORDS), ["exported for XX", "serial\n=7"]))).toBe(
    [
      "# exported for XX",
      "# serial =7",
      "tlp,type,value,name,pattern,id,created,modified",
      "TLP:GREEN,domain-name,evil.example.com,,,domain-name--1,,",
      `TLP:AMBER+STRICT,file,${MD5} ${MD5}${MD5},"'=cmd|""x""!A1",,file--1,,`,
      'TLP:CLEAR,malware,,"Name, with comma",,malware--1,2026-01-01T00:00:00Z,',
      "TLP:RED,ipv6-addr,2001:db8::1,,,ipv6-addr--1,,",
      "",
    ].join("\r\n"),
  );
});

test("table – read back – the values again", async () => {
  const written = await text(writeCsv(each(RECORDS), ["exported for XX"]));
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

test("list – records with and without values – a line a value with its TLP", async () => {
  expect(await text(writeList(each(RECORDS), ["stamp"]))).toBe(
    `# stamp\nevil.example.com\tTLP:GREEN\n${MD5}\tTLP:AMBER+STRICT\n${MD5}${MD5}\tTLP:AMBER+STRICT\n2001:db8::1\tTLP:RED\n`,
  );
});

test("list – a value with a line break – can't start a line of its own", async () => {
  const record = { object: {}, tlp: "RED", values: ["url:http://a.example/\nevil.example\tTLP:CLEAR"] };
  expect(await text(writeList(each([record]), []))).toBe("http://a.example/ evil.example TLP:CLEAR\tTLP:RED\n");
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
