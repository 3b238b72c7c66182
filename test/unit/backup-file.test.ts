import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { piped, readBackupFile, writeBackupFile } from "../../server/backup-file.ts";
import { environmentKey } from "../../server/key-wrap/local-key.ts";
import { openStream, SEALED_OPENING, sealStream } from "../../server/usecases/backup/envelope.ts";
import { streamOf } from "../support/backups.ts";
import { momentOf, START } from "../support/steering.ts";
import { temporaryFolder } from "../support/temporary-store.ts";

const { folder, remove } = temporaryFolder();
afterAll(remove);

const moment = momentOf(START, "file");
const text = Buffer.concat([
  Buffer.from("tricord-backup/1\n"),
  Buffer.from("words ".repeat(200_000)),
  randomBytes(700_000),
]);
const wrap = environmentKey("SEAL_KEY", Buffer.alloc(32, 3).toString("hex"));
const other = environmentKey("SEAL_KEY", Buffer.alloc(32, 4).toString("hex"));
const write = (name: string, options: object = {}): Promise<string> => {
  const file = join(folder, name);
  return writeBackupFile(file, { gzip: true, moment, ...options }, async (sink) => {
    for await (const piece of streamOf(text, 300_001)) await sink(piece);
    return file;
  });
};
async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "taken",
    (error: { code?: string; message: string }) => (error.message.includes("\n") ? "two lines" : String(error.code)),
  );

test.each([
  ["compressed", {}],
  ["as it is", { gzip: false }],
  ["compressed and sealed", { wrap }],
  ["sealed as it is", { gzip: false, wrap }],
])(
  "a backup file %s – read again – gives what was written, is its owner's alone, and nothing lies beside it",
  async (name, options) => {
    const file = await write(name, options);
    expect((await all(readBackupFile(file, [other, wrap]))).equals(text)).toBe(true);
    expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
    expect(readdirSync(folder).filter((one) => one.endsWith(".part"))).toEqual([]);
    const held = readFileSync(file);
    expect([held.includes("words words"), held.toString("latin1", 0, 24) === SEALED_OPENING]).toEqual([
      name === "as it is",
      name.includes("sealed"),
    ]);
    expect(await code(write(name, options))).toBe("backup.exists");
    if (name === "compressed") expect(gunzipSync(held).equals(text)).toBe(true);
  },
);

test("a backup that fails halfway – leaves no file under its name, and none beside it", async () => {
  const file = join(folder, "half");
  const failed = writeBackupFile(file, { gzip: true, moment }, async (sink) => {
    await sink(text);
    throw new Error("the store went away");
  });
  await expect(failed).rejects.toThrow("the store went away");
  expect([existsSync(file), readdirSync(folder).filter((one) => one.startsWith("half"))]).toEqual([false, []]);
  expect(await code(writeBackupFile(join(folder, "no", "folder"), { gzip: true, moment }, (sink) => sink(text)))).toBe(
    "backup.file",
  );
});

test("a reader that fails – while more is written than it takes – ends the writer with its own words", async () => {
  let written = 0;
  const work = piped(
    async (sink) => {
      for (; written < 1000; written++) await sink(Buffer.alloc(1 << 18));
    },
    async (source) => {
      for await (const _ of source) throw new Error("full");
    },
  );
  await expect(work).rejects.toThrow(/full/);
  expect(written).toBeLessThan(50);
});

describe("a file that is not whole or not as it was written is refused in one line", () => {
  const damages: readonly (readonly [string, string, (held: Buffer) => Buffer])[] = [
    ["cut in half", "backup.truncated", (held) => held.subarray(0, held.length >> 1)],
    ["cut by a byte", "backup.truncated", (held) => held.subarray(0, -1)],
    [
      "a bit changed",
      "backup.damaged",
      (held) => held.map((byte, at) => (at === held.length >> 1 ? byte ^ 4 : byte)) as Buffer,
    ],
  ];
  test.each(damages)("%s, compressed – %s", async (name, wanted, damage) => {
    const file = join(folder, `gz ${name}`);
    writeFileSync(file, damage(readFileSync(join(folder, "compressed"))));
    expect(await code(all(readBackupFile(file, [])))).toBe(wanted);
  });
  test.each([
    ...damages,
    ["pieces in another order", "backup.damaged", (held: Buffer) => swapped(held)] as const,
    ["without its last piece", "backup.truncated", (held: Buffer) => held.subarray(0, pieces(held).at(-1))] as const,
    ["with something behind it", "backup.damaged", (held: Buffer) => Buffer.concat([held, Buffer.from("x")])] as const,
  ])("%s, sealed – %s", async (name, wanted, damage) => {
    const file = join(folder, `sealed ${name}`);
    writeFileSync(file, damage(readFileSync(join(folder, "sealed as it is"))));
    expect(await code(all(readBackupFile(file, [wrap])))).toBe(wanted);
  });
  test("sealed, without its key or with another – backup.seal_key", async () => {
    const file = join(folder, "sealed as it is");
    expect(await code(all(readBackupFile(file, [])))).toBe("backup.seal_key");
    expect(await code(all(readBackupFile(file, [other])))).toBe("backup.seal_key");
    // A key of the same name that wraps something else.
    const sealed = await all(
      sealStream(streamOf(text), { ...wrap, wrap: async (key) => wrap.wrap(key.subarray(1)) }, moment),
    );
    expect(await code(all(openStream(streamOf(sealed), [wrap])))).toBe("backup.damaged");
  });
  test("one that is not there – backup.file", async () => {
    expect(await code(all(readBackupFile(join(folder, "none"), [])))).toBe("backup.file");
  });
});

/** Where the pieces of a sealed file begin. */
function pieces(held: Buffer): number[] {
  const told = SEALED_OPENING.length;
  const places: number[] = [];
  for (let at = told + 4 + held.readUInt32BE(told); at < held.length; at += 5 + held.readUInt32BE(at + 1) + 16)
    places.push(at);
  return places;
}
function swapped(held: Buffer): Buffer {
  const [a = 0, b = 0, c = 0] = pieces(held);
  return Buffer.concat([held.subarray(0, a), held.subarray(b, c), held.subarray(a, b), held.subarray(c)]);
}
