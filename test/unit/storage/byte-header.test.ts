import fc from "fast-check";
import { withByteHeader, withoutByteHeader } from "../../../server/storage/byte-header.ts";

test("byte header – of any bytes – five bytes in front, and the same bytes come back", () => {
  expect([...withByteHeader(Uint8Array.of(7, 8))]).toEqual([1, 0, 0, 0, 0, 7, 8]);
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(withoutByteHeader(withByteHeader(bytes))).toEqual(bytes);
    }),
  );
});

test("byte header – read from the middle of a larger buffer – gives the payload alone, as a plain Uint8Array", () => {
  const large = Buffer.concat([Buffer.from("xx"), withByteHeader(Uint8Array.of(7)), Buffer.from("yy")]);
  const payload = withoutByteHeader(large.subarray(2, 8));
  expect(payload).toEqual(Uint8Array.of(7));
  expect(Object.getPrototypeOf(payload)).toBe(Uint8Array.prototype);
});

test.each([
  ["an unknown format", [2, 0, 0, 0, 0, 7]],
  ["a key that isn't the plain one", [1, 0, 0, 0, 1, 7]],
  ["too few bytes", [1, 0, 0, 0]],
  ["no bytes", []],
])("byte header – %s – refused as store.bytes", (_, stored) => {
  const read = (): unknown => withoutByteHeader(Uint8Array.from(stored));
  expect(read).toThrow(expect.objectContaining({ name: "Fault", kind: "unavailable", code: "store.bytes" }));
});
