import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { callScript } from "./run-module.ts";

test("Node's version – below, at and above the floor – accepted from 20.19 on", () => {
  const versions = ["18.20.4", "20.18.9", "20.19.0", "20.20.2", "22.0.0", "24.1.0"];
  const answers = callScript(
    "ensure.mjs",
    "nodeIsNewEnough",
    versions.map((version) => [version]),
  );
  expect(answers).toEqual([false, false, true, true, true, true]);
});

test("what is installed – held against the lock file – met only if every needed package has its version", () => {
  const lock = {
    packages: {
      "": { version: "0.1.0" },
      "node_modules/zod": { version: "4.6.7" },
      "node_modules/other-machine": { version: "1.0.0", optional: true },
    },
  };
  const installed = (version: string) => ({ packages: { "node_modules/zod": { version } } });
  const otherOptional = {
    packages: { "node_modules/zod": { version: "4.6.7" }, "node_modules/other-machine": { version: "2.0.0" } },
  };
  const answers = callScript("ensure.mjs", "lockIsMet", [
    [lock, installed("4.6.7")],
    [lock, installed("4.6.6")],
    [lock, { packages: {} }],
    [lock, {}],
    [lock, otherOptional],
  ]);
  expect(answers).toEqual([true, false, false, false, false]);
});

test("the toolchain – a search path with some of it – names what is missing", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tricord-tools-"));
  try {
    mkdirSync(path.join(folder, "bin"));
    for (const name of ["make", "clang++"]) {
      writeFileSync(path.join(folder, "bin", name), "#!/bin/sh\n");
      chmodSync(path.join(folder, "bin", name), 0o755);
    }
    const answers = callScript("ensure.mjs", "missingTools", [[path.join(folder, "bin")], [path.join(folder, "none")]]);
    expect(answers).toEqual([["python3"], ["python3", "make", "g++"]]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
