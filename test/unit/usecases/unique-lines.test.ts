import { existsSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { scratchIn } from "../../../server/scratch.ts";
import { bytesOf, linesOf } from "../../../server/usecases/scratch.ts";
import { UniqueLines } from "../../../server/usecases/unique-lines.ts";
import { drawn } from "../../support/drawn.ts";
import { temporaryFolder } from "../../support/temporary-store.ts";

let folder: string;
let remove: () => void;
beforeAll(() => {
  ({ folder, remove } = temporaryFolder());
});
afterAll(() => remove());

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

test("keys – more than is held, many of them again – each once, in order, payloads merged", async () => {
  const lines = new UniqueLines(scratchIn(folder, 1000), (a, b) => String(Number(a) + Number(b)), 4000);
  const count = 5000;
  for (let i = 0; i < 3 * count; i++) await lines.add(`key ${String((i * 7919) % count).padStart(5, "0")}`, "1");
  const found = await all(lines.entries());
  expect(found.length).toBe(count);
  expect(found).toEqual(Array.from({ length: count }, (_, n) => [`key ${String(n).padStart(5, "0")}`, "3"]));
  await lines.close();
});

test("any keys – in runs of any size – as a set, sorted", async () => {
  const key = fc.string({ unit: fc.constantFrom("a", "b", "\n", '"', "\\", "é", "漢", "😀"), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 60 }), fc.integer({ min: 1, max: 2000 }), async (keys, most) => {
      const lines = new UniqueLines(scratchIn(folder, 64), undefined, most);
      for (const one of keys) await lines.add(one);
      const found = (await all(lines.entries())).map(([one]) => one);
      expect(found).toEqual([...new Set(keys)].sort());
      await lines.close();
    }),
    { numRuns: drawn(150, 150, 50), seed: 20260414 },
  );
});

test.each([0, 10, 1_000_000])(
  "scratch – with room for %d bytes in memory – gives back what it was given, anywhere",
  async (limit) => {
    const scratch = scratchIn(folder, limit)();
    const pieces = Array.from({ length: 200 }, (_, n) => Buffer.from(`${n}: ${"漢".repeat(n * 7)}\n`));
    for (const piece of pieces) await scratch.append(piece);
    const whole = Buffer.concat(pieces);
    expect(scratch.size).toBe(whole.length);
    expect(Buffer.concat(await all(bytesOf(scratch))).equals(whole)).toBe(true);
    expect(Buffer.from(await scratch.read(5, 11)).equals(whole.subarray(5, 16))).toBe(true);
    expect((await scratch.read(whole.length - 3, 100)).length).toBe(3);
    expect(await all(linesOf(scratch))).toEqual(pieces.map((piece) => piece.toString().slice(0, -1)));
    // Nothing is left behind, whenever the process ends.
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
    await scratch.close();
    await scratch.close();
  },
);
