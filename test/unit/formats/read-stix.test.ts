import { readInput } from "../../../server/formats/read-input.ts";
import { faultOf, gzip, limits, objectOf, read } from "./support.ts";

const ONE = {
  type: "identity",
  spec_version: "2.1",
  id: "identity--11111111-1111-4111-8111-111111111111",
  name: "Example",
};
const TWO = { ...ONE, id: "identity--22222222-2222-4222-8222-222222222222" };
const BUNDLE = { type: "bundle", id: "bundle--33333333-3333-4333-8333-333333333333", objects: [ONE, TWO] };

test.each([
  ["one object", ONE, [ONE]],
  ["a bundle", BUNDLE, [ONE, TWO]],
  ["a bundle without objects", { type: "bundle", id: BUNDLE.id }, []],
  ["a list of objects", [ONE, TWO], [ONE, TWO]],
  ["an empty list", [], []],
  ["a TAXII envelope", { more: false, objects: [TWO] }, [TWO]],
  ["an empty TAXII envelope", { more: false, objects: [] }, []],
])("STIX – %s – its objects come untouched, each with its place", (_, json, objects) => {
  const { format, items } = read(JSON.stringify(json));
  expect(format).toBe("stix");
  expect(items).toEqual(objects.map((object, index) => ({ index, object, place: `objects[${index}]` })));
});

test("STIX – gzip with a byte order mark and blanks before it – read all the same", () => {
  expect(read(gzip(`\ufeff \n${JSON.stringify(BUNDLE)}`)).items.map(objectOf)).toEqual([ONE, TWO]);
});

test("STIX – members that are no objects – a problem each, the rest goes in", () => {
  const { items } = read(JSON.stringify({ type: "bundle", objects: [ONE, 7, null, ["x"], TWO] }));
  expect(items.map((item) => ("problem" in item ? [item.problem.code, item.problem.path] : "object"))).toEqual([
    "object",
    ["object.not_an_object", "objects[1]"],
    ["object.not_an_object", "objects[2]"],
    ["object.not_an_object", "objects[3]"],
    "object",
  ]);
});

test("STIX – an own key __proto__ – stays a key of the object, for validation to refuse", () => {
  const [item] = read(`{"type":"tool","spec_version":"2.1","id":"tool--1","__proto__":{"admin":true}}`).items;
  expect(Object.keys(objectOf(item))).toEqual(["type", "spec_version", "id", "__proto__"]);
});

test("JSON list of strings – no objects – each string is read as a value with its place", () => {
  const { format, items } = read('["198.51.100.7", "nothing", "evil[.]example"]');
  expect(format).toBe("text");
  expect(
    items.map((item) => [
      item.index,
      item.place,
      item.given,
      "problem" in item ? item.problem.code : item.object.value,
    ]),
  ).toEqual([
    [0, "[0]", "198.51.100.7", "198.51.100.7"],
    [1, "[1]", "nothing", "text.unrecognised"],
    [2, "[2]", "evil[.]example", "evil.example"],
  ]);
});

test.each([
  ["not JSON at all, forced", "hello", "input.json", undefined],
  ["an empty body, forced", "", "input.json", undefined],
  ["a brace and no JSON", "{hello", "input.json", "line 1, column 7"],
  ["cut off in a string", '{"type":"bundle","objects":[{"type":"to', "input.json", "line 1, column 40"],
  ["cut off in a list, second line", '{"type":"bundle",\n"objects":[', "input.json", "line 2, column 12"],
  ["200 levels deep", `${"[".repeat(200)}${"]".repeat(200)}`, "input.depth", undefined],
  [
    "200 levels deep in a bundle",
    `{"objects":[{"type":"x","a":${'{"a":'.repeat(200)}1${"}".repeat(200)}}]}`,
    "input.depth",
    undefined,
  ],
  ["JSON of something else", '{"hello":"world"}', "input.not_stix", undefined],
  [
    "a JSON schema",
    '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","id":"x"}',
    "input.not_stix",
    undefined,
  ],
  ["a typed object without id or version", '{"type":"threat-actor","values":[]}', "input.not_stix", undefined],
  ["an envelope of something else", '{"objects":[{"id":"flow"}]}', "input.not_stix", undefined],
  ["objects that are no list", '{"type":"bundle","objects":{}}', "input.not_stix", undefined],
  ["numbers, forced", "[1,2,3]", "input.not_stix", undefined],
  ["a number, forced", "17", "input.not_stix", undefined],
])("STIX – %s – refused whole with code and place", (_, text, code, path) => {
  const forced = /forced/.test(_) ? ("stix" as const) : undefined;
  expect(faultOf(() => read(text, forced))).toMatchObject({
    kind: "bad_request",
    code,
    ...(path === undefined ? {} : { path }),
  });
});

test("depth – one hundred levels – still read", () => {
  const deep = `{"type":"bundle","objects":[{"type":"tool","id":"tool--1","a":${"[".repeat(97)}${"]".repeat(97)}}]}`;
  expect(read(deep).items.length).toBe(1);
  expect(faultOf(() => read(deep.replace("[]", "[[]]"))).code).toBe("input.depth");
});

test("depth – brackets inside strings – do not count", () => {
  const text = JSON.stringify({ ...ONE, name: `${"[".repeat(300)}\\"${"{".repeat(300)}` });
  expect(read(text).items.length).toBe(1);
});

test("gzip – a bomb – refused as too large", () => {
  const bomb = gzip("0".repeat(20_000_000));
  expect(bomb.length).toBeLessThan(30_000);
  expect(faultOf(() => read(bomb))).toMatchObject({ kind: "too_large", code: "input.inflated" });
});

test.each([
  ["cut off", (packed: Uint8Array) => packed.subarray(0, packed.length - 9)],
  [
    "with a wrong checksum",
    (packed: Uint8Array) => Uint8Array.from(packed, (byte, i) => (i === packed.length - 6 ? byte ^ 1 : byte)),
  ],
])("gzip – %s – refused as broken", (_, harm) => {
  expect(faultOf(() => read(harm(gzip(JSON.stringify(BUNDLE)))))).toMatchObject({
    kind: "bad_request",
    code: "input.gzip",
  });
});

test.each([
  ["a byte that starts nothing", [0x7b, 0x22, 0xff, 0x22], 2],
  ["an overlong form", [0x61, 0xc0, 0xaf], 1],
  ["half a surrogate pair", [0xed, 0xa0, 0x80], 0],
  ["a character cut off at the end", [0x61, 0x62, 0xe2, 0x82], 2],
  ["a true U+FFFD before the wrong byte", [0xef, 0xbf, 0xbd, 0xfe], 3],
  ["UTF-16", [0xff, 0xfe, 0x61, 0x00], 0],
])("UTF-8 – %s – refused with the offset of the wrong byte", (_, input, at) => {
  const fault = faultOf(() => readInput(Uint8Array.from(input), { limits }));
  expect(fault).toMatchObject({ kind: "bad_request", code: "input.utf8" });
  expect(fault.message).toContain(`offset ${at} `);
});

test("JSON – a stray word between members – the words quote what stands there", () => {
  expect(faultOf(() => read('{"type":"bundle","objects":[ oops ]}')).message).toContain("oops");
});
