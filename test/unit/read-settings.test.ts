import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "../../server/read-settings.ts";

describe("settings from files", () => {
  const folder = mkdtempSync(join(tmpdir(), "tricord-settings-"));
  const file = join(folder, "uri");
  afterAll(() => rmSync(folder, { recursive: true }));

  test("readSettings – with MONGODB_URI_FILE – takes the address from it, without the end of its line", () => {
    writeFileSync(file, "mongodb://tricord:secret@db/tricord?replicaSet=rs0\n");
    const { MONGODB_URI } = readSettings({ MONGODB_URI_FILE: file });
    expect(MONGODB_URI).toBe("mongodb://tricord:secret@db/tricord?replicaSet=rs0");
    expect(readSettings({ PORT: "1" })).toMatchObject({ PORT: 1 });
  });

  test.each([
    [
      "is not there",
      { MONGODB_URI_FILE: join(folder, "none") },
      `MONGODB_URI_FILE: ${join(folder, "none")} can't be read (ENOENT)`,
    ],
    ["is not named", { MONGODB_URI_FILE: "" }, "MONGODB_URI_FILE: it is empty; leave it out or give it a value"],
    [
      "is beside the setting",
      { MONGODB_URI_FILE: file, MONGODB_URI: "mongodb://db/t" },
      "MONGODB_URI, MONGODB_URI_FILE: set one of them",
    ],
  ])("readSettings – where the file %s – is one clear line", (_, env, line) => {
    expect(() => readSettings(env)).toThrow(expect.objectContaining({ message: line }));
  });

  test("readSettings – of a file without an address – says so, and not what is in it", () => {
    writeFileSync(file, "\n");
    expect(() => readSettings({ MONGODB_URI_FILE: file })).toThrow(`MONGODB_URI_FILE: ${file} is empty`);
    writeFileSync(file, "secret words");
    expect(() => readSettings({ MONGODB_URI_FILE: file })).toThrow(
      /^MONGODB_URI: mongodb:\/\/host\/database\?replicaSet=name; it is set$/,
    );
  });
});
