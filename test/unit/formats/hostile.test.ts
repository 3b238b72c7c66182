import fc from "fast-check";
import type { ColumnMap } from "../../../schemas/api/column-maps.ts";
import { readInput } from "../../../server/formats/read-input.ts";
import { readStream } from "../../../server/formats/read-stream.ts";
import { type AskedFormat, FORMATS, type Item } from "../../../server/pipeline/steps.ts";
import { Fault } from "../../../server/shared/fault.ts";
import { drawn } from "../../support/drawn.ts";

const limits = { inflated: 1_000_000 };
const key = fc.constantFrom(
  ...["Event", "response", "objects", "type", "spec_version", "id", "Attribute", "Object", "uuid", "info", "value"],
  ...["labels", "__proto__", "Tag", "distribution", "date", "created", "pattern", "object_refs"],
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("bundle", "2.0", "2.1", "observed-data", "indicator", "ip-dst", "192.0.2.7", "0"),
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.integer(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5 }),
  ),
})).value;
const input = fc.oneof(
  json.map((value) => Buffer.from(JSON.stringify(value) ?? "null")),
  json.map((value) => Buffer.from((JSON.stringify(value) ?? "").slice(0, -1))),
  fc
    .array(
      fc.constantFrom(
        "<html>",
        "<!--",
        "<nav>",
        "a,b",
        "\n",
        ";",
        '"',
        "192.0.2.7",
        "{",
        "[",
        "\u0000",
        "\ufeff",
        "hxxp://a[.]example",
      ),
      { maxLength: 20 },
    )
    .map((parts) => Buffer.from(parts.join(""))),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const format = fc.constantFrom<AskedFormat | undefined>(undefined, "json", ...FORMATS);
const MAP: ColumnMap = { columns: [{ column: 1, as: "value" }], header: false };
const columns = fc.constantFrom<ColumnMap | undefined>(undefined, undefined, MAP);

async function streamed(bytes: Uint8Array, piece: number, options: object): Promise<Item[]> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  }
  const items: Item[] = [];
  for await (const group of readStream(pieces(), { limits, ...options })) items.push(...group);
  return items;
}

const outcome = async (work: () => Item[] | Promise<Item[]>): Promise<Item[] | "fault"> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) return "fault";
    throw error;
  }
};

test("any input in any format – read whole and in pieces – items alike or a Fault, nothing else", async () => {
  const seen = { fault: 0, items: 0 };
  await fc.assert(
    fc.asyncProperty(input, format, columns, fc.integer({ min: 1, max: 50 }), async (bytes, asked, map, piece) => {
      const options = {
        ...(asked === undefined ? {} : { format: asked }),
        ...(map === undefined ? {} : { columns: map }),
      };
      const whole = await outcome(() => readInput(bytes, { limits, ...options }).items);
      const parts = await outcome(() => streamed(bytes, piece, options));
      if (whole !== "fault" && parts !== "fault") expect(parts).toEqual(whole);
      if (whole === "fault") seen.fault++;
      else if (whole.length > 0) seen.items++;
      for (const [i, item] of (whole === "fault" ? [] : whole).entries()) expect(item.index).toBe(i);
    }),
    { numRuns: drawn(1500, 1500, 500), seed: 20260411 },
  );
  expect(seen.fault).toBeGreaterThan(drawn(100, 100, 30));
  expect(seen.items).toBeGreaterThan(drawn(50, 50, 15));
});
