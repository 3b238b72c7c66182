import { ID_CONTRIBUTING, idContributing, scoId } from "../../../schemas/stix/id-contributing.ts";
import { PUBLISHED_SCO_TYPES, SCO_TYPES } from "../../../schemas/stix/types.ts";
import { uuid5 } from "../../../schemas/stix/uuid5.ts";
import vectors from "../../cases/sco-ids.json" with { type: "json" };

const DNS = Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex");

test("uuid5 – the example of RFC 9562 – the UUID printed there", () => {
  expect(uuid5(DNS, "www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
});

test("the case file of ids – read from disk – has every type of the standard that has deterministic ids", () => {
  const seen = new Set(vectors.map(({ type }) => type));
  expect(SCO_TYPES.filter((type) => ID_CONTRIBUTING[type].length > 0 && !seen.has(type))).toEqual([]);
});

// The ids in the file were made by the stix2 library for Python, 3.0.2.
test.each(vectors)("scoId – $id – the id that others make", ({ type, properties, id }) => {
  expect(scoId(type, properties as Record<string, unknown>)).toBe(id);
});

test("scoId – properties beside the contributing ones, in any order – make no difference", () => {
  const alone = scoId("file", { name: "a.exe", hashes: { MD5: "cd".repeat(16) } });
  const more = {
    size: 7,
    hashes: { "SHA-256": "ab".repeat(32), MD5: "cd".repeat(16) },
    name: "a.exe",
    mtime: undefined,
  };
  expect(scoId("file", more)).toBe(alone);
});

test("scoId – hashes of other algorithms only – the first as written stands for all", () => {
  const hashes = { TLSH: "T1", SSDEEP: "3:a:b" };
  expect(scoId("file", { hashes })).toBe(scoId("file", { hashes: { TLSH: "T1" } }));
});

test("scoId – nothing that contributes, or a type without deterministic ids – none", () => {
  expect(scoId("file", { size: 7 })).toBeUndefined();
  expect(scoId("process", { pid: 7 })).toBeUndefined();
  expect(scoId("indicator", { value: "a" })).toBeUndefined();
  expect(scoId("constructor", { value: "a" })).toBeUndefined();
});

test("idContributing – a wallet – value, as its publisher declares", () => {
  expect(idContributing("cryptocurrency-wallet")).toEqual(["value"]);
  expect(PUBLISHED_SCO_TYPES.filter((type) => idContributing(type).length === 0)).toEqual([]);
});
