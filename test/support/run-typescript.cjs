/**
 * `node run-typescript.cjs <file.ts> [arguments]`: runs our TypeScript as it is, for tests that need a process of its own (Node 20 strips no
 * types). The files go through the same compiler as under Jest.
 */
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { join, resolve } = require("node:path");

// As `moduleNameMapper` of jest.config.json: the package names no entry for `require`.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) =>
  request === "canonicalize"
    ? resolve(__dirname, "../../node_modules/canonicalize/lib/canonicalize.js")
    : resolveFilename(request, ...rest);

const compiled = (filename, source) =>
  // Loaded where it is needed: most find all compiled.
  require("@swc/core").transformSync(source, {
    filename,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
    sourceMaps: "inline",
  }).code;

/** What one process compiled, the others of this run of Jest take from its folder. */
const kept = process.env.TRICORD_TEST_RUN && join(process.env.TRICORD_TEST_RUN, "typescript");

function once(filename, source) {
  if (!kept) return compiled(filename, source);
  const place = join(kept, createHash("sha256").update(`${filename}\0${source}`).digest("hex"));
  try {
    return readFileSync(place, "utf8");
  } catch {
    const code = compiled(filename, source);
    mkdirSync(kept, { recursive: true });
    writeFileSync(`${place}.${process.pid}`, code);
    renameSync(`${place}.${process.pid}`, place);
    return code;
  }
}

Module._extensions[".ts"] = (module, filename) =>
  module._compile(once(filename, readFileSync(filename, "utf8")), filename);

if (require.main === module) {
  const [file] = process.argv.splice(2, 1);
  require(resolve(file));
}
