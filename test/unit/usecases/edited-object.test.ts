import fc from "fast-check";
import { scoId } from "../../../schemas/stix/id-contributing.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { editedObject, mergePatch } from "../../../server/usecases/edited-object.ts";
import { tool } from "../../support/samples.ts";

const NOW = Date.UTC(2026, 3, 11, 9, 30);

/** The examples of RFC 7396, appendix A. */
test.each<[string, unknown, unknown, unknown]>([
  ["a member replaced", { a: "b" }, { a: "c" }, { a: "c" }],
  ["a member added", { a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  ["the only member removed", { a: "b" }, { a: null }, {}],
  ["one of two removed", { a: "b", b: "c" }, { a: null }, { b: "c" }],
  ["a list replaced by text", { a: ["b"] }, { a: "c" }, { a: "c" }],
  ["text replaced by a list", { a: "c" }, { a: ["b"] }, { a: ["b"] }],
  ["a nested change", { a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  ["a list of objects replaced whole", { a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  ["a list by a list", ["a", "b"], ["c", "d"], ["c", "d"]],
  ["an object by a list", { a: "b" }, ["c"], ["c"]],
  ["by null", { a: "foo" }, null, null],
  ["by text", { a: "foo" }, "bar", "bar"],
  ["null kept where the patch does not name it", { e: null }, { a: 1 }, { e: null, a: 1 }],
  ["a list by an object", [1, 2], { a: "b", c: null }, { a: "b" }],
  ["nulls deep in what is new", {}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("a merge patch – %s – as RFC 7396 says", (_, held, patch, wanted) => {
  expect(mergePatch(held, patch)).toEqual(wanted);
});

test("a merge patch – of any objects – changes neither of them, and twice is once", () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(objects, objects, (held, patch) => {
      const before = JSON.stringify([held, patch]);
      const once = mergePatch(held, patch);
      expect(mergePatch(once, patch)).toEqual(once);
      expect(JSON.stringify([held, patch])).toBe(before);
    }),
  );
});

test("a merge patch – with __proto__ as JSON reads it – is a member and no prototype", () => {
  const merged = mergePatch({}, JSON.parse('{"__proto__":{"admin":true}}')) as StixJson;
  expect([Object.getPrototypeOf(merged), Object.keys(merged)]).toEqual([Object.prototype, ["__proto__"]]);
});

test.each<[string, StixJson, string | undefined]>([
  ["nothing", {}, undefined],
  ["what it says already", { name: "one" }, undefined],
  ["modified alone", { modified: "2027-01-01T00:00:00.000Z" }, undefined],
  ["a name", { name: "two" }, "2026-04-11T09:30:00.000Z"],
  ["a name and a later modified", { name: "two", modified: "2026-03-01T00:00:00.0001Z" }, "2026-03-01T00:00:00.0001Z"],
])("an edit of what has versions – of %s – a new version or none", (_, patch, modified) => {
  expect(editedObject(tool("one"), { patch }, NOW)?.modified).toBe(modified);
});

test("an edit – of a version from the future – comes a millisecond after it", () => {
  const held = tool("one", { modified: "2030-01-01T00:00:00.5Z" });
  expect(editedObject(held, { patch: { name: "two" } }, NOW)?.modified).toBe("2030-01-01T00:00:00.501Z");
});

test.each<[string, StixJson, string, string]>([
  ["another id", { id: "tool--00000000-0000-4000-8000-000000000000" }, "edit.identity", "id"],
  ["another created", { created: "2020-01-01T00:00:00.000Z" }, "edit.identity", "created"],
  ["another type", { type: "malware" }, "edit.identity", "type"],
  ["an earlier modified", { name: "two", modified: "2020-01-01T00:00:00.000Z" }, "edit.modified", "modified"],
  ["a modified that is none", { name: "two", modified: 5 }, "edit.modified", "modified"],
])("an edit – with %s – refused", (_, patch, code, path) => {
  expect(() => editedObject(tool("one"), { patch }, NOW)).toThrow(expect.objectContaining({ code, path }));
});

test("an edit of a value – under its deterministic id – gets the new one; under another or with its own – keeps it", () => {
  const id = String(scoId("domain-name", { value: "old.example" }));
  const held = { type: "domain-name", spec_version: "2.1", id, value: "old.example" };
  const patch = { value: "new.example" };
  expect(editedObject(held, { patch }, NOW)?.id).toBe(scoId("domain-name", patch));
  const own = { ...held, id: "domain-name--00000000-0000-4000-8000-000000000000" };
  expect(editedObject(own, { patch }, NOW)?.id).toBe(own.id);
  expect(editedObject(held, { object: { ...held, ...patch, id: own.id } }, NOW)?.id).toBe(own.id);
  expect(editedObject(held, { patch: { x_note: "seen" } }, NOW)?.id).toBe(id);
});
