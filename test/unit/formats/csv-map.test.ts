import fc from "fast-check";
import { ColumnMap } from "../../../schemas/api/column-maps.ts";
import { MENTION_EXTENSION } from "../../../schemas/stix/mention.ts";
import { TLP_2_IDS } from "../../../schemas/stix/tlp.ts";
import type { DateForm } from "../../../server/formats/csv-columns.ts";
import { layoutOfMap, readConfidence, readDate, readTlp } from "../../../server/formats/csv-map.ts";
import { readInput } from "../../../server/formats/read-input.ts";
import { readStream } from "../../../server/formats/read-stream.ts";
import type { Item, StixJson } from "../../../server/pipeline/steps.ts";
import { validate } from "../../../server/pipeline/validate.ts";
import { faultOf, line, objectOf } from "./support.ts";

const LIMITS = { inflated: 1e7 };
const mapOf = (map: unknown): ColumnMap => ColumnMap.parse(map);
const readWith = (map: unknown, text: string): Item[] =>
  readInput(Buffer.from(text), { columns: mapOf(map), limits: LIMITS }).items;
const streamWith = async (map: unknown, text: string, piece: number): Promise<Item[]> => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  }
  const items: Item[] = [];
  for await (const group of readStream(pieces(), { columns: mapOf(map), limits: LIMITS })) items.push(...group);
  return items;
};
const mention = (item: Item | undefined): StixJson =>
  ((objectOf(item).extensions as StixJson | undefined)?.[MENTION_EXTENSION] ?? {}) as StixJson;
const codes = (item: Item | undefined): string[] =>
  item !== undefined && "object" in item ? (item.warnings ?? []).map(({ code, path }) => `${code} ${path}`) : [];

const FULL = {
  delimiter: ";",
  skipLines: 2,
  columns: [
    { column: "Indicateur", as: "value" },
    { column: "Genre", as: "kind" },
    { column: "Remarque", as: "notes" },
    { column: "Vu le", as: "first_seen", dates: "day-first" },
    { column: "Partage", as: "tlp" },
    { column: "Confiance", as: "confidence" },
    { column: "Interne", as: "ignore" },
  ],
  constants: { reporter: "A bank", tags: ["feed:bank"], tlp: "AMBER", confidence: 50 },
};
const TABLE = `Liste de la banque
"exportée le 11.04.2026
Indicateur;Genre;Remarque;Vu le;Partage;Confiance;Interne;Dossier
192.0.2.7;ip;seen at an exchange;11/04/2026 09:30;TLP:GREEN;80%;secret;D-1
evil[.]example;domain;;;;high;secret;D-2
192.0.2.9;ip;;31/31/2026;amber;very;secret;D-3
192.0.2.10;ip;;;PINK;;secret;D-4
;ip;;;;;;
`;

test("a column map – of a table with a preamble, headings of its own and a TLP a row – every column goes where it says", async () => {
  const items = readWith(FULL, TABLE);
  expect(items.map(line)).toEqual([
    "ipv4-addr 192.0.2.7",
    "domain-name evil.example",
    "ipv4-addr 192.0.2.9",
    "! csv.tlp",
    "! csv.no_value",
  ]);
  expect(mention(items[0])).toEqual({
    extension_type: "property-extension",
    notes: "seen at an exchange",
    tags: ["feed:bank"],
    reporter: "A bank",
    first_seen: "2026-04-11T09:30:00Z",
    confidence: 80,
    context: { Dossier: "D-1" },
  });
  expect(items.slice(0, 3).map((item) => objectOf(item).object_marking_refs)).toEqual([
    [TLP_2_IDS.GREEN],
    [TLP_2_IDS.AMBER],
    [TLP_2_IDS.AMBER],
  ]);
  expect(mention(items[1]).confidence).toBe(85);
  expect(mention(items[2])).toMatchObject({
    confidence: 50,
    context: { Dossier: "D-3", Vu_le: "31/31/2026", Confiance: "very" },
  });
  expect(codes(items[2])).toEqual(["value.private ", "csv.date row 6", "csv.confidence row 6"]);
  expect(items.map(({ place }) => place)).toEqual(["row 4", "row 5", "row 6", "row 7", "row 8"]);
  expect(JSON.stringify(items)).not.toContain("secret");
  for (const item of items.slice(0, 3)) expect(validate(objectOf(item)).errors).toEqual([]);
  for (const piece of [3, 100_000]) expect(await streamWith(FULL, TABLE, piece)).toEqual(items);
});

test("a column map – of a table without headings – columns by number, a kind and a currency for all", () => {
  const map = {
    header: false,
    columns: [{ column: 2, as: "value" }],
    constants: { kind: "cryptocurrency-wallet", currency: "btc" },
    others: "leave-out",
  };
  const items = readWith(
    map,
    "1,1BoatSLRHtKNngkdXEeobR76b53LETtpyT,mixer\n2,1BoatSLRHtKNngkdXEeobR76b53LETtpyU,mixer\n",
  );
  expect(items.map(line)).toEqual(["cryptocurrency-wallet 1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "! wallet.checksum"]);
  expect(mention(items[0])).toEqual({});
});

test("a column map – a column that says a kind of its own – is read as that", () => {
  const map = {
    columns: [
      { column: "a", as: "value", kind: "email-addr" },
      { column: "b", as: "value", kind: "file" },
    ],
  };
  const items = readWith(map, "A,B\nx@evil.example,d41d8cd98f00b204e9800998ecf8427f\n");
  expect(items.map(line).sort()).toEqual(["email-addr x@evil.example", "file MD5=d41d8cd98f00b204e9800998ecf8427f"]);
});

test.each<[string, unknown, string, string, string | undefined, string]>([
  [
    "a heading that is not there",
    { columns: [{ column: "IOC", as: "value" }] },
    "value,note\n192.0.2.7,x\n",
    "csv.map_column",
    "columns[0].column",
    'the table has no column "IOC": its headings are "value", "note"',
  ],
  [
    "the wrong delimiter",
    { columns: [{ column: "a", as: "value" }] },
    "a;b;c\n1;2;3\n",
    "csv.map_column",
    "columns[0].column",
    "a semicolon seems to",
  ],
  [
    "a number beyond the table",
    { header: false, columns: [{ column: 7, as: "value" }] },
    "a,b\nc,d\n",
    "csv.map_column",
    "columns[0].column",
    "it has 2 columns",
  ],
  [
    "a heading that stands twice",
    { columns: [{ column: "a", as: "value" }] },
    "a,a\n1,2\n",
    "csv.map_ambiguous",
    "columns[0].column",
    "say its number",
  ],
  [
    "two names of one column",
    {
      columns: [
        { column: "Value", as: "value" },
        { column: 1, as: "notes" },
      ],
    },
    "value,b\n1,2\n",
    "csv.map_repeated",
    "columns[1].column",
    "columns[0] of the map",
  ],
  ["an empty table", { columns: [{ column: "a", as: "value" }] }, "\n\n", "csv.map_empty", "", "no row"],
  [
    "more lines to skip than there are",
    { skipLines: 9, columns: [{ column: "a", as: "value" }] },
    "a\n192.0.2.7\n",
    "csv.map_empty",
    "",
    "no row",
  ],
])(
  "a column map that does not fit – %s – refused whole with code, path and words",
  async (_, map, text, code, path, words) => {
    const fault = faultOf(() => readWith(map, text));
    expect(fault).toMatchObject({ kind: "bad_request", code, path });
    expect(fault.message).toContain(words);
    await expect(streamWith(map, text, 2)).rejects.toMatchObject({ code });
  },
);

test("a column map – beside another format – refused", () => {
  const columns = mapOf({ columns: [{ column: "a", as: "value" }] });
  expect(faultOf(() => readInput(Buffer.from("a\n"), { columns, format: "stix", limits: LIMITS }))).toMatchObject({
    code: "csv.map_format",
  });
});

test.each<[string, unknown, (string | number)[]]>([
  ["an unknown member", { columns: [{ column: "a", as: "value" }], delimeter: ";" }, []],
  ["no value", { columns: [{ column: "a", as: "notes" }] }, ["columns"]],
  [
    "a role twice",
    {
      columns: [
        { column: "a", as: "value" },
        { column: "b", as: "tlp" },
        { column: "c", as: "tlp" },
      ],
    },
    ["columns", 2, "as"],
  ],
  [
    "a column twice",
    {
      columns: [
        { column: "a", as: "value" },
        { column: "a", as: "notes" },
      ],
    },
    ["columns", 1, "column"],
  ],
  [
    "a heading where there are none",
    { header: false, columns: [{ column: "a", as: "value" }] },
    ["columns", 0, "column"],
  ],
  [
    "a kind of notes",
    {
      columns: [
        { column: "a", as: "value" },
        { column: "b", as: "notes", kind: "url" },
      ],
    },
    ["columns", 1, "kind"],
  ],
  ["dates of a value", { columns: [{ column: "a", as: "value", dates: "iso" }] }, ["columns", 0, "dates"]],
  ["column 0", { columns: [{ column: 0, as: "value" }] }, ["columns", 0, "column"]],
  [
    "a TLP that there is not",
    { columns: [{ column: "a", as: "value" }], constants: { tlp: "PINK" } },
    ["constants", "tlp"],
  ],
])("a column map to save – with %s – refused with its place", (_, map, path) => {
  expect(ColumnMap.safeParse(map).error?.issues[0]?.path).toEqual(path);
});

test.each<[DateForm, string, string | undefined]>([
  ["iso", "2026-04-11", "2026-04-11T00:00:00Z"],
  ["iso", "2026-04-11 09:30", "2026-04-11T09:30:00Z"],
  ["iso", "2026-04-11T09:30:01.5Z", "2026-04-11T09:30:01.5Z"],
  ["iso", "2026-02-30", undefined],
  ["iso", "2026-04-11T09:30:00+09:00", undefined],
  ["day-first", "1.4.2026", "2026-04-01T00:00:00Z"],
  ["day-first", "11/04/2026, 9:30", "2026-04-11T09:30:00Z"],
  ["month-first", "04/11/2026 09:30:05", "2026-04-11T09:30:05Z"],
  ["month-first", "13/01/2026", undefined],
  ["unix", "1775900000", "2026-04-11T09:33:20.000Z"],
  ["unix", "1775900000123", "2026-04-11T09:33:20.123Z"],
  ["unix", "yesterday", undefined],
])("a date – %s: %s – %s", (form, text, wanted) => {
  expect(readDate(text, form)).toBe(wanted);
});

test("TLP and confidence – as tables write them – read, or told that they are none", () => {
  expect(["white", "TLP:AMBER+STRICT", "tlp-red", "Clear"].map(readTlp)).toEqual([
    { level: "CLEAR" },
    { level: "AMBER+STRICT" },
    { level: "RED" },
    { level: "CLEAR" },
  ]);
  expect(["0", "100 %", "101", "Medium", "sure"].map(readConfidence)).toEqual([0, 100, undefined, 50, undefined]);
});

test("a column map – over any text – items or a Fault, nothing else", () => {
  const cell = fc.oneof(
    fc.constantFrom("192.0.2.7", "evil[.]example", "a", "", '"', "TLP:RED", "80", "__proto__", "\u0000"),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  const text = fc
    .array(
      fc.array(cell, { maxLength: 5 }).map((row) => row.join(",")),
      { maxLength: 8 },
    )
    .map((rows) => `a,b,c\n${rows.join("\n")}`);
  const map = mapOf({
    columns: [
      { column: "a", as: "value" },
      { column: 2, as: "tlp" },
      { column: 3, as: "confidence" },
    ],
    skipLines: 0,
  });
  fc.assert(
    fc.property(text, (source) => {
      for (const item of readInput(Buffer.from(source), { columns: map, limits: LIMITS }).items)
        if ("object" in item) validate(item.object);
      expect(layoutOfMap(map, source).width).toBe(3);
    }),
    { numRuns: 300 },
  );
});

test("a map – of a table whose first rows are delimiters alone – finds its header below them, and no value in them", async () => {
  const map = { delimiter: ";", columns: [{ column: "Indicateur", as: "value" }] };
  const text = ";;\n;;\nIndicateur;Remarque;\na.example.com;x;\n;;\nb.example.com;y;\n";
  const items = readWith(map, text);
  expect(items.map(({ place, given }) => [place, given])).toEqual([
    ["row 4", "a.example.com"],
    ["row 6", "b.example.com"],
  ]);
  expect(await streamWith(map, text, 5)).toEqual(items);
});
