/**
 * `node run-typescript.cjs <file.ts> [arguments]`: runs our TypeScript as it is, for tests that need a process of its own (Node 20 strips no
 * types). The files go through the same compiler as under Jest.
 */
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { resolve } = require("node:path");
const { transformSync } = require("@swc/core");

// As `moduleNameMapper` of jest.config.json: the package names no entry for `require`.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) =>
  request === "canonicalize"
    ? resolve(__dirname, "../../node_modules/canonicalize/lib/canonicalize.js")
    : resolveFilename(request, ...rest);

Module._extensions[".ts"] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, "utf8"), {
    filename,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
    sourceMaps: "inline",
  });
  module._compile(code, filename);
};

if (require.main === module) {
  const [file] = process.argv.splice(2, 1);
  require(resolve(file));
}
