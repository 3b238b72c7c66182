import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../../server/shared/make-folder.ts";

const root = mkdtempSync(join(tmpdir(), "tricord-folder-"));
afterAll(() => rmSync(root, { recursive: true }));

const codeOf = (work: () => void): unknown => {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "made";
};

test("a folder – where the two above it are missing – is there with them, for the owner alone", () => {
  makeFolder(join(root, "a", "b", "c"));
  expect(["a", "a/b", "a/b/c"].map((place) => statSync(join(root, place)).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
});

test("a folder – that is there – stays as it is", () => {
  const held = join(root, "held");
  mkdirSync(held, { mode: 0o755 });
  makeFolder(held);
  expect(statSync(held).mode & 0o777).toBe(0o755);
});

test("a folder – under a name that a file has, or inside a file – the system's error", () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  expect([codeOf(() => makeFolder(file)), codeOf(() => makeFolder(join(file, "below")))]).toEqual([
    "EEXIST",
    "ENOTDIR",
  ]);
});

// Node's own way of making folders tries for ever here.
(existsSync("/proc/self") ? test : test.skip)(
  "a folder – in a file system where none can be made – ends with an error",
  () => {
    expect(codeOf(() => makeFolder("/proc/tricord/data"))).toBe("ENOENT");
  },
);
