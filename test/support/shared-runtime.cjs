const { readFileSync } = require("node:fs");
const Module = require("node:module");
const { join, sep } = require("node:path");
const { compileFunction } = require("node:vm");

const core = Module.createRequire(require.resolve("jest")).resolve("@jest/core");
const { default: Runtime } = Module.createRequire(core)("jest-runtime");

const ROOT = join(__dirname, "..", "..");
/** Where what tests load is the same for all of them. Support and the tests themselves are loaded anew for each file: they keep lists of what that file opened. */
const SHARED = ["server", "schemas", "seed", "bench", "node_modules"].map((folder) => join(ROOT, folder) + sep);
const isShared = (path) => SHARED.some((folder) => path.startsWith(folder)) && !path.endsWith(".json");
/** Packages that are no CommonJS, as `transformIgnorePatterns` of jest.config.json. */
const NO_COMMONJS = /[\\/]node_modules[\\/](?:@noble|@scure|canonicalize)[\\/].*\.js$/;
/** A file that puts other modules in place of ours, or wants them new, loads all of them for itself. */
const OWN_MODULES = /\bjest\s*\.\s*(?:mock|doMock|unstable_mockModule|resetModules|isolateModules)/;

/** Of the file that runs: it compiles what is loaded while it does. */
let running;
/** Where Jest keeps the source maps of what was loaded, for the stacks of all files that come after. */
const maps = new Map();

const compiled = (filename) => {
  const code = running.transformCache.transform(filename);
  const map = running.transformCache.getSourceMaps().get(filename);
  if (map !== undefined) maps.set(filename, map);
  return code;
};

const script = Module._extensions[".js"];
Module._extensions[".ts"] = (module, filename) => module._compile(compiled(filename), filename);
Module._extensions[".js"] = (module, filename) =>
  NO_COMMONJS.test(filename) ? module._compile(compiled(filename), filename) : script(module, filename);

// As `moduleNameMapper`: the package names no entry for `require`.
const resolveFilename = Module._resolveFilename;
const CANONICALIZE = join(ROOT, "node_modules", "canonicalize", "lib", "canonicalize.js");
Module._resolveFilename = (request, ...rest) =>
  request === "canonicalize" ? CANONICALIZE : resolveFilename(request, ...rest);

const load = Module.createRequire(join(ROOT, "package.json"));

/**
 * Jest's runtime (`runtime`), but what is tested and the packages it needs are loaded once a worker and not once a test file: some 900 modules, which take
 * two seconds. It goes with `one-realm.cjs`. What modules of ours keep between calls are caches keyed by what they were asked.
 */
module.exports = class SharedRuntime extends Runtime {
  #shares;

  constructor(...parts) {
    super(...parts);
    running = this;
    this.#shares = !OWN_MODULES.test(readFileSync(this._testPath, "utf8"));
    for (const [filename, map] of maps) this.transformCache.getSourceMaps().set(filename, map);
    const { injectedModuleParameters } = this.executor;
    this.executor.compile = (source, filename) => compileFunction(source, injectedModuleParameters, { filename });
  }

  requireModule(from, name, options, isActual) {
    if (this.#shares && name !== undefined && !options?.isInternalModule && !this._resolution.isCoreModule(name)) {
      const path = this._resolution.resolveCjs(from, name);
      if (isShared(path)) return load(path);
    }
    return super.requireModule(from, name, options, isActual);
  }

  setMock(...parts) {
    if (this.#shares) throw new Error("a test file that mocks modules says `jest.mock` itself (shared-runtime.cjs)");
    super.setMock(...parts);
  }
};
