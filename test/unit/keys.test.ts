import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deriveKeys, readKeys } from "../../server/keys.ts";
import { testWorld } from "../support/temporary-app.ts";
import { temporaryFolder } from "../support/temporary-store.ts";

describe("keys", () => {
  const { folder, remove } = temporaryFolder();
  afterAll(remove);
  const moment = (seed: string) => testWorld(seed).moments();
  const hex = (keys: object) =>
    Object.entries(keys).map(([name, key]) => `${name} ${Buffer.from(key as Uint8Array).toString("hex")}`);

  test("readKeys – on the first start, then again – makes a secret of its owner's alone and reads it", async () => {
    const config = { DATA_DIR: join(folder, "new", "data") };
    const first = await readKeys(config, moment("a"));
    const file = join(config.DATA_DIR, "secret.key");
    expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
    expect(readFileSync(file, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    expect(hex(await readKeys(config, moment("b")))).toEqual(hex(first));
  });

  test("readKeys – by two at once – gives both the same", async () => {
    const config = { DATA_DIR: join(folder, "race") };
    const both = await Promise.all([readKeys(config, moment("a")), readKeys(config, moment("b"))]);
    expect(hex(both[0])).toEqual(hex(both[1]));
  });

  test("deriveKeys – for eight purposes – gives eight keys that differ, of 32 bytes and 16 for the namespace and the word that tells secrets apart", () => {
    const keys = deriveKeys(Buffer.alloc(32, 1));
    expect(Object.values(keys).map((key: Uint8Array) => key.length)).toEqual([32, 32, 16, 32, 32, 32, 32, 16]);
    expect(new Set(hex(keys).map((line) => line.split(" ")[1]?.slice(0, 32))).size).toBe(8);
    expect(hex(deriveKeys(Buffer.alloc(32, 2)))).not.toEqual(hex(keys));
  });

  test("SECRET_KEY_FILE – in hexadecimal or base64url – is the same secret", async () => {
    const secret = Buffer.alloc(32, 9);
    const [a, b] = [join(folder, "a"), join(folder, "b")];
    writeFileSync(a, secret.toString("hex"));
    writeFileSync(b, `${secret.toString("base64url")}\n`);
    const read = async (file: string) => hex(await readKeys({ DATA_DIR: folder, SECRET_KEY_FILE: file }, moment("x")));
    expect([await read(a), await read(b)]).toEqual([hex(deriveKeys(secret)), hex(deriveKeys(secret))]);
  });

  test("a secret – missing, too short, in a folder that is a file – is one clear line without the secret", async () => {
    const short = join(folder, "short");
    writeFileSync(short, "deadbeef");
    const read = (config: { DATA_DIR: string; SECRET_KEY_FILE?: string }) => readKeys(config, moment("x"));
    await expect(read({ DATA_DIR: folder, SECRET_KEY_FILE: join(folder, "none") })).rejects.toThrow(
      /^SECRET_KEY_FILE: .*none can't be read or made \(ENOENT\)$/,
    );
    await expect(read({ DATA_DIR: folder, SECRET_KEY_FILE: short })).rejects.toThrow(
      /^SECRET_KEY_FILE: .*short does not hold 32 bytes in hexadecimal or base64url$/,
    );
    await expect(read({ DATA_DIR: join(short, "sub") })).rejects.toThrow(
      /^DATA_DIR: .*secret.key can't be read or made \(ENOTDIR\)$/,
    );
  });
});
