import fc from "fast-check";
import { readStream } from "../../../server/formats/read-stream.ts";
import type { Format, Item } from "../../../server/pipeline/steps.ts";
import { Fault } from "../../../server/shared/fault.ts";
import { drawn } from "../../support/drawn.ts";
import { bytes, faultOf, gzip, limits, line, read } from "./support.ts";

async function* source(input: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size);
}

async function stream(input: string | Uint8Array, size = 7, format?: Format): Promise<Item[]> {
  const items: Item[] = [];
  const from = source(typeof input === "string" ? bytes(input) : input, size);
  for await (const group of readStream(from, { limits, ...(format === undefined ? {} : { format }) }))
    items.push(...group);
  return items;
}

async function faultOfStream(input: string | Uint8Array, format?: Format): Promise<{ kind: string; code: string }> {
  try {
    await stream(input, 11, format);
  } catch (error) {
    if (error instanceof Fault) return { kind: error.kind, code: error.code };
    throw error;
  }
  throw new Error("no fault was thrown");
}

const tool = (n: number): string =>
  JSON.stringify({ type: "tool", id: `tool--${n}`, name: 'a "quoted" [name] {}, é한' });

test.each([
  ["a bundle", `{"type":"bundle","id":"bundle--1","objects":[${tool(1)}, ${tool(2)}\n,${tool(3)}]}`],
  ["a bundle whose type comes last", `{"objects":[${tool(1)}],"type":"bundle"}`],
  ["a bundle without objects", '{"type":"bundle","id":"bundle--1"}'],
  ["an envelope", `\ufeff  {"more":true,"next":"x","objects":[${tool(1)}]}`],
  ["an empty envelope", '{"more":false,"objects":[]}'],
  ["a list", `[${tool(1)},${tool(2)}]`],
  ["an empty list", " [ ] "],
  ["one object", tool(1)],
  [
    "one object with a list of its own",
    '{"type":"report","id":"report--1","object_refs":["tool--1"],"x":[[1],{"objects":[1]}]}',
  ],
  ["members that are no objects", `{"type":"bundle","objects":[${tool(1)},7,null,true,"x",[${tool(2)}]]}`],
  ["a list of strings", '["198.51.100.7","evil[.]example", "nothing here"]'],
  [
    "a table",
    'value,type,notes\nevil.example.com,domain,"two\nlines"\n198.51.100.7,ip,x\nb.example.com,domain,"broken\n',
  ],
  ["a list of values", "# comment\r\nevil.example.com\r\n\r\n198.51.100.7:80\r\n/x/y\r\nevil[.]example[.]com\r\n"],
  [
    "a report in Korean",
    "악성코드는 evil[.]example[.]com에서 받아\n198.51.100[.]7 로 보낸다, 참고 https://blog.example.org/",
  ],
  ["nothing", ""],
])("a stream – %s, in pieces of any size, gzip or not – as when read at once", async (_, text) => {
  const { items } = read(text);
  for (const size of [1, 2, 3, 64, 100_000]) expect(await stream(text, size)).toEqual(items);
  expect(await stream(gzip(text), 5)).toEqual(items);
});

test("a stream – tables and lists cut anywhere – as when read at once", async () => {
  const piece = fc.constantFrom(
    "evil.example.com",
    ",",
    '"',
    "\n",
    "\r\n",
    "domain",
    "한국",
    "198.51.100.7",
    "#",
    " ",
    "é",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), async (pieces, size) => {
      const text = `value,type\n${pieces.join("")}`;
      expect(await stream(text, size, "csv")).toEqual(read(text, "csv").items);
      expect(await stream(text, size, "text")).toEqual(read(text, "text").items);
    }),
    { numRuns: drawn(200, 200, 60) },
  );
});

test.each([
  ["cut off in the list", `{"type":"bundle","objects":[${tool(1)},`, "input.json"],
  ["cut off in a member", `{"type":"bundle","objects":[${tool(1).slice(0, 20)}`, "input.json"],
  ["cut off after the list", `{"type":"bundle","objects":[${tool(1)}]`, "input.json"],
  ["two commas", `[${tool(1)},,${tool(2)}]`, "input.json"],
  ["a comma at the end", `[${tool(1)},]`, "input.json"],
  ["no comma", `[${tool(1)} ${tool(2)}]`, "input.json"],
  ["a semicolon for a comma", `[${tool(1)};${tool(2)}]`, "input.json"],
  ["a wrong bracket", `[${tool(1)}}`, "input.json"],
  ["a member that is no JSON", `{"type":"bundle","objects":[${tool(1)},{oops}]}`, "input.json"],
  ["brackets that do not match in a member", `{"type":"bundle","objects":[${tool(1)},{"a":[1}]]}`, "input.json"],
  ["a wrapper that is no JSON", `{"type":bundle,"objects":[${tool(1)}]}`, "input.json"],
  ["words after the end", `[${tool(1)}] and more`, "input.json"],
  ["200 levels", `${"[".repeat(200)}${"]".repeat(200)}`, "input.depth"],
  ["200 levels inside an object", `{"objects":[{"type":"x","a":${"[".repeat(200)}${"]".repeat(200)}}]}`, "input.depth"],
  ["a list of other things", '[{"a":1},{"b":2}]', "input.not_stix"],
  ["an object of another kind", '{"hello":"world"}', "input.not_stix"],
])("a stream – JSON: %s – refused with the code of reading at once", async (_, text, code) => {
  expect(await faultOfStream(text)).toEqual({ kind: "bad_request", code });
  expect(faultOf(() => read(text)).code).toBe(code);
});

test.each([
  ["not JSON, forced", "hello", "stix", "bad_request", "input.json"],
  ["nothing, forced", "", "stix", "bad_request", "input.json"],
  ["a table without values, forced", "name,colour\napple,red\n", "csv", "bad_request", "csv.no_value_column"],
  [
    "wrong UTF-8 in a list",
    Uint8Array.from([...bytes("evil.example.com\n"), 0xff, 0x0a]),
    undefined,
    "bad_request",
    "input.utf8",
  ],
  [
    "wrong UTF-8 in an object",
    Uint8Array.from([...bytes('[{"type":"tool","id":"'), 0xc3, ...bytes('"}]')]),
    undefined,
    "bad_request",
    "input.utf8",
  ],
  [
    "a character cut off at the end",
    Uint8Array.from([...bytes("evil.example.com"), 0xe2, 0x82]),
    undefined,
    "bad_request",
    "input.utf8",
  ],
  ["a gzip bomb", gzip("example.com\n".repeat(1_000_000)), undefined, "too_large", "input.inflated"],
  ["gzip cut off", gzip(tool(1)).subarray(0, 40), undefined, "bad_request", "input.gzip"],
  [
    "gzip damaged",
    Uint8Array.from(gzip(tool(1)), (byte, i) => (i === 20 ? byte ^ 0xff : byte)),
    undefined,
    "bad_request",
    "input.gzip",
  ],
] as const)("a stream – %s – refused", async (_, input, format, kind, code) => {
  expect(await faultOfStream(input, format)).toEqual({ kind, code });
});

test("a stream – the source fails – its own fault comes through, packed or not", async () => {
  async function* failing(first: Uint8Array): AsyncGenerator<Uint8Array> {
    yield first;
    throw new Fault("too_large", "the body is too large", { code: "body.too_large" });
  }
  for (const first of [bytes("evil.example.com\n"), gzip("evil.example.com\n").subarray(0, 15)]) {
    const all = async (): Promise<void> => {
      for await (const _ of readStream(failing(first), { limits })) expect(_.length).toBe(1);
    };
    await expect(all()).rejects.toMatchObject({ code: "body.too_large" });
  }
});

/** How much of a long source has been asked for when each group comes. */
async function* counted(
  make: (n: number) => string,
  pieces: number,
  asked: { count: number },
): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < pieces; n++) {
    asked.count++;
    yield bytes(make(n));
  }
}

test.each([
  [
    "a bundle",
    (n: number) =>
      `${n === 0 ? '{"type":"bundle","objects":[' : ","}${Array.from({ length: 100 }, (_, i) => tool(n * 100 + i)).join(",")}${n === 599 ? "]}" : ""}`,
  ],
  [
    "a table",
    (n: number) =>
      `${n === 0 ? "value,notes\n" : ""}${Array.from({ length: 100 }, (_, i) => `h${n}x${i}.example.com,"note ${i}"\n`).join("")}`,
  ],
  ["a list", (n: number) => Array.from({ length: 100 }, (_, i) => `h${n}x${i}.example.com\n`).join("")],
])("a stream – %s of 60,000 – groups of 1,000, and no more is read than a group needs", async (_, make) => {
  const asked = { count: 0 };
  let [groups, items, ahead] = [0, 0, 0];
  for await (const group of readStream(counted(make, 600, asked), { limits })) {
    groups++;
    items += group.length;
    ahead = Math.max(ahead, asked.count * 100 - items);
  }
  expect([groups, items]).toEqual([60, 60_000]);
  expect(ahead).toBeLessThan(4000);
});

test("a stream – the reader stops early – the source is closed", async () => {
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (let n = 0; ; n++) yield bytes(`h${n}.example.com\n`);
    } finally {
      closed = true;
    }
  }
  for await (const group of readStream(endless(), { limits })) {
    expect(group.slice(0, 2).map(line)).toEqual(["domain-name h0.example.com", "domain-name h1.example.com"]);
    break;
  }
  expect(closed).toBe(true);
});

test("a stream – an object above 16 MiB or a line above a million characters – refused as too large", async () => {
  const long = "x".repeat(17 * 1024 * 1024);
  await expect(stream(`[${tool(1)},{"type":"tool","id":"${long}"}]`, 65_536)).rejects.toMatchObject({
    kind: "too_large",
    code: "input.object",
  });
  await expect(
    stream(`evil.example.com\n${"b.example.com\n".repeat(6000)}${long.slice(0, 2_000_000)}`, 65_536),
  ).rejects.toMatchObject({ kind: "too_large", code: "text.line" });
  await expect(stream(`value,notes\nb.example.com,${long.slice(0, 2_000_000)}`, 65_536)).rejects.toMatchObject({
    kind: "too_large",
    code: "csv.line",
  });
});

test("a stream – 40 objects of a mebibyte each – groups are closed by their bytes, and nothing is left out", async () => {
  const large = (n: number): string => `{"type":"tool","id":"tool--${n}","name":"${"x".repeat(1_048_576)}"}`;
  const text = `{"objects":[${Array.from({ length: 40 }, (_, n) => large(n)).join(",")}]}`;
  const sizes: number[] = [];
  for await (const group of readStream(source(bytes(text), 65_536), { limits: { inflated: 50_000_000 } }))
    sizes.push(group.length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5);
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(40);
});
