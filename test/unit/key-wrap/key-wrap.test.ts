import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandKey } from "../../../server/key-wrap/command-key.ts";
import { environmentKey, fileKey } from "../../../server/key-wrap/local-key.ts";
import { wrapsOf } from "../../../server/seal-keys.ts";
import { temporaryFolder } from "../../support/temporary-store.ts";

const { folder, remove } = temporaryFolder();
afterAll(remove);

const KEY = Buffer.alloc(32, 0xc3);
const PLAIN = Buffer.from("a data key and what it is for");
const saidBy = async (work: () => unknown): Promise<string> => {
  try {
    await work();
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "nothing";
};
const program = (name: string, script: string): string => {
  const file = join(folder, name);
  writeFileSync(file, `#!${process.execPath}\n${script}\n`, { mode: 0o700 });
  return file;
};

test("a key – in hexadecimal, base64 or base64url, from the environment or a file – is one key, and opens what it wrapped only", async () => {
  const spelt = [KEY.toString("hex"), KEY.toString("base64"), `${KEY.toString("base64url")}\n`];
  const wraps = spelt.map((text) => environmentKey("SEAL_KEY", text));
  const file = join(folder, "good");
  writeFileSync(file, `${spelt[0]}\n`, { mode: 0o600 });
  wraps.push(await fileKey("SEAL_KEY_FILE", file));
  expect(new Set(wraps.map(({ id }) => id)).size).toBe(1);
  const [first] = wraps;
  const wrapped = (await first?.wrap(PLAIN)) ?? new Uint8Array();
  for (const { unwrap } of wraps) expect(Buffer.from(await unwrap(wrapped)).equals(PLAIN)).toBe(true);
  const other = environmentKey("SEAL_KEY", "00".repeat(32));
  expect(other.id).not.toBe(first?.id);
  await expect(other.unwrap(wrapped)).rejects.toThrow();
  await expect(other.unwrap(new Uint8Array(5))).rejects.toThrow();
});

test("a key – that is none, or in a file that is not there or that others may read – is one clear line without the key", async () => {
  const [open, grouped, short] = ["open", "grouped", "short"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(open, KEY.toString("hex"), { mode: 0o600 });
  chmodSync(open, 0o644);
  writeFileSync(grouped, KEY.toString("hex"), { mode: 0o600 });
  chmodSync(grouped, 0o440);
  writeFileSync(short, "secret words", { mode: 0o600 });
  expect(await saidBy(() => environmentKey("SEAL_KEY", "secret words"))).toBe(
    "SEAL_KEY: it does not hold 32 bytes in hexadecimal or base64",
  );
  expect(await saidBy(() => fileKey("SEAL_KEY_FILE", short))).toBe(
    "SEAL_KEY_FILE: it does not hold 32 bytes in hexadecimal or base64",
  );
  expect(await saidBy(() => fileKey("SEAL_KEY_FILE", join(folder, "none")))).toMatch(
    /^SEAL_KEY_FILE: .*none can't be read \(ENOENT\)$/,
  );
  expect(await saidBy(() => fileKey("SEAL_KEY_FILE", open))).toMatch(
    /^SEAL_KEY_FILE: .*open has mode 644, so that others may read or change it: give it 600 \(or 640\)$/,
  );
  expect(await saidBy(() => fileKey("SEAL_KEY_FILE", grouped))).toBe("nothing");
});

test("a program – started as it is said, with wrap or unwrap behind – wraps and opens, base64 in and out, and no shell reads its words", async () => {
  const script = `
    const turn = (bytes) => bytes.map((byte) => byte ^ 0x5a);
    let text = "";
    process.stdin.on("data", (piece) => (text += piece)).on("end", () => {
      if (process.argv[2] !== "key-1;$(id)" || !["wrap", "unwrap"].includes(process.argv[3])) process.exit(9);
      process.stdout.write(turn(Buffer.from(text, "base64")).toString("base64") + "\\n");
    });`;
  const wrap = commandKey("SEAL_KEY_COMMAND", `${program("kms", script)}  key-1;$(id)`);
  const wrapped = await wrap.wrap(PLAIN);
  expect(Buffer.from(wrapped).equals(PLAIN)).toBe(false);
  expect(Buffer.from(await wrap.unwrap(wrapped)).equals(PLAIN)).toBe(true);
  expect(wrap.id).toMatch(/^command:[0-9a-f]{12}$/);
});

test("a program – that is not there, ends with an error, or writes something else – is one line that names it and its verb", async () => {
  const failing = commandKey("SEAL_KEY_COMMAND", program("failing", "process.exit(3)"));
  const talking = commandKey("SEAL_KEY_COMMAND", program("talking", 'process.stdout.write("not base 64!")'));
  const none = commandKey("SEAL_KEY_COMMAND", join(folder, "nowhere"));
  expect(await saidBy(() => failing.wrap(PLAIN))).toMatch(/^SEAL_KEY_COMMAND: .*failing wrap ended with 3$/);
  expect(await saidBy(() => talking.unwrap(PLAIN))).toMatch(/^SEAL_KEY_COMMAND: .*talking unwrap wrote no base64$/);
  expect(await saidBy(() => none.wrap(PLAIN))).toMatch(
    /^SEAL_KEY_COMMAND: .*nowhere wrap could not be run \(ENOENT\)$/,
  );
  await expect(none.wrap(PLAIN)).rejects.toMatchObject({ kind: "unavailable", code: "seal.command" });
});

test("wrapsOf – of settings that name the present key and the one before, or none – gives both, or neither", async () => {
  const both = await wrapsOf({ SEAL_KEY_COMMAND: "kms key-2", SEAL_KEY_OLD: KEY.toString("hex") });
  expect([both.wrap?.setting, both.old?.setting]).toEqual(["SEAL_KEY_COMMAND", "SEAL_KEY_OLD"]);
  expect(await wrapsOf({})).toEqual({});
});
