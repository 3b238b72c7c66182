import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readEnvelope, readEnvelopeStream } from "../../../server/formats/read-envelope.ts";
import type { Item } from "../../../server/pipeline/steps.ts";
import { Fault } from "../../../server/shared/fault.ts";

const LIMIT = 1_000_000;
type Outcome = { readonly items: Item[] } | { readonly code: string };

const whole = (bytes: Uint8Array): Outcome => {
  try {
    return { items: readEnvelope(bytes, LIMIT) };
  } catch (error) {
    if (error instanceof Fault) return { code: error.code };
    throw error;
  }
};

/** As a stream, in pieces of some bytes. */
async function streamed(bytes: Uint8Array, size: number): Promise<Outcome> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const items: Item[] = [];
  try {
    for await (const group of readEnvelopeStream(pieces(), LIMIT)) items.push(...group);
    return { items };
  } catch (error) {
    if (error instanceof Fault) return { code: error.code };
    throw error;
  }
}

const object = fc.dictionary(fc.constantFrom("type", "id", "objects", "name", "response"), fc.json({ maxDepth: 1 }));
const envelope = fc
  .tuple(
    fc.array(object, { maxLength: 5 }),
    fc.dictionary(fc.constantFrom("type", "id", "more", "response"), fc.array(fc.nat())),
  )
  .map(([objects, rest]) => ({ ...rest, objects }));

test("an envelope – read whole, as a stream in pieces of any size, and packed – is the same items", async () => {
  await fc.assert(
    fc.asyncProperty(envelope, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (value, size, packed) => {
      const text = Buffer.from(JSON.stringify(value));
      const bytes = packed ? gzipSync(text) : text;
      const read = whole(bytes);
      expect(read).toEqual({
        items: value.objects.map((one, index) => ({ index, object: one, place: `objects[${index}]` })),
      });
      expect(await streamed(bytes, size)).toEqual(read);
    }),
    { seed: 5 },
  );
});

test.each([
  ["a list", "[]", "input.not_envelope", "input.not_envelope"],
  ["a list of objects", '[{"type":"tool"}]', "input.not_envelope", "input.not_envelope"],
  ["null", "null", "input.not_envelope", "input.not_envelope"],
  ["an object without objects", '{"type":"tool"}', "input.not_envelope", "input.not_envelope"],
  ["objects that are no list", '{"objects":7}', "input.not_envelope", "input.not_envelope"],
  ["cut off", '{"objects":[{}', "input.json", "input.json"],
  ["no JSON", "x", "input.json", "input.json"],
])("a body that is %s – read whole and as a stream – is refused with its code", async (_, text, code, later) => {
  expect(whole(Buffer.from(text))).toEqual({ code });
  expect(await streamed(Buffer.from(text), 3)).toEqual({ code: later });
});

test("a member that is no object – read whole – refuses the whole; in a stream, where others were taken before it, it is a problem of its own", async () => {
  const bytes = Buffer.from('{"objects":[{"type":"tool"},7]}');
  expect(whole(bytes)).toEqual({ code: "input.not_envelope" });
  expect(await streamed(bytes, 4)).toMatchObject({
    items: [
      { index: 0, object: { type: "tool" } },
      { index: 1, problem: { code: "object.not_an_object" } },
    ],
  });
});

test("objects twice – in a stream – are refused at the end", async () => {
  expect(await streamed(Buffer.from('{"objects":[{}],"objects":[{}]}'), 5)).toEqual({ code: "input.not_envelope" });
});

test("nothing – an empty object, a bundle without objects, with a byte order mark – is an envelope of nothing", async () => {
  for (const text of ["{}", '{"type":"bundle"}', '\ufeff{"objects":[]}', ' { "objects" : [ ] } ']) {
    expect(whole(Buffer.from(text))).toEqual({ items: [] });
    expect(await streamed(Buffer.from(text), 2)).toEqual({ items: [] });
  }
});

test("an envelope as a stream – 40 objects of a mebibyte each – groups are closed by their bytes, and nothing is left out", async () => {
  const large = (n: number): string => `{"type":"tool","id":"tool--${n}","name":"${"x".repeat(1_048_576)}"}`;
  const text = Buffer.from(`{"objects":[${Array.from({ length: 40 }, (_, n) => large(n)).join(",")}]}`);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < text.length; at += 65_536) yield text.subarray(at, at + 65_536);
  }
  const sizes: number[] = [];
  for await (const group of readEnvelopeStream(pieces(), 50_000_000)) sizes.push(group.length);
  expect(sizes).toEqual(Array.from({ length: 10 }, () => 4));
});
