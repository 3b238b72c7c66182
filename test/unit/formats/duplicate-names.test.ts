import { duplicateNames } from "../../../server/formats/duplicate-names.ts";

test.each<[string, string, (string | number)[][]]>([
  ["no name twice", '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', []],
  ["twice at the top", '{"a":1,"b":2,"a":3}', [["a"]]],
  ["three times", '{"a":1,"a":2,"a":3}', [["a"], ["a"]]],
  ["inside a list", '{"objects":[{"id":1},{"id":2,"id":3}]}', [["objects", 1, "id"]]],
  ["behind a list and an object", '{"a":[1,{"x":1}],"b":{"c":{}},"a":0}', [["a"]]],
  ["one of them written with an escape", '{"a":1,"\\u0061":2}', [["a"]]],
  ["names that look alike in values", '{"a":"a","b":"\\"a\\":1,{","c":["a","a"]}', []],
  ["white space between", '{ "a" :\n1 , "a" : 2 }', [["a"]]],
  ["a name as every object has", '{"constructor":1,"constructor":2}', [["constructor"]]],
  ["no object", '["a","a"]', []],
  ["text alone", '"a"', []],
])("names that stand twice – %s – each with its path", (_, json, found) => {
  expect(duplicateNames(json)).toEqual(found);
});

test("names that stand twice – more than fifty – fifty", () => {
  expect(duplicateNames(`{${'"a":1,'.repeat(100)}"a":1}`)).toHaveLength(50);
});

test("names that stand twice – hostile depth and length – answered", () => {
  expect(duplicateNames(`${"[".repeat(200_000)}${"]".repeat(200_000)}`)).toEqual([]);
  expect(duplicateNames(`{"${"x".repeat(1_000_000)}":1}`)).toEqual([]);
}, 30_000);
