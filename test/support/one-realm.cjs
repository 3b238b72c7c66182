const { createRequire } = require("node:module");

const core = createRequire(require.resolve("jest")).resolve("@jest/core");
const { ModuleMocker } = createRequire(createRequire(core).resolve("jest-runtime"))("jest-mock");

/** What Jest keeps of one test file on the global object. */
const OF_JEST = /jest|^(?:RETRY_|WAIT_BEFORE_RETRY|LOG_ERRORS_BEFORE_RETRY|TEST_TIMEOUT_SYMBOL|EVENT_HANDLERS)/i;
const ofJest = () =>
  Object.getOwnPropertySymbols(globalThis).filter(({ description = "" }) => OF_JEST.test(description));

/**
 * Jest's environment without a JavaScript realm of its own: the tests of a worker run in the worker's, so that what `shared-runtime.cjs` loads once has the
 * same `Error`, `Map` and `Object` as they. A file finds the environment, the exit code and the console as the worker had them. There are no fake timers: time
 * is injected everywhere.
 */
module.exports = class OneRealm {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  fakeTimersModern = null;
  #before = { console: globalThis.console, symbols: new Set(ofJest()), env: { ...process.env } };
  #process = { exit: process.exit, exitCode: process.exitCode };

  exportConditions() {
    return ["node", "node-addons"];
  }

  /** That there is one is all that is asked of it: `shared-runtime.cjs` compiles for the realm that runs. */
  getVmContext() {
    return this.global;
  }

  async setup() {}

  async teardown() {
    const { console, symbols, env } = this.#before;
    globalThis.console = console;
    for (const symbol of ofJest()) if (!symbols.has(symbol)) Reflect.deleteProperty(globalThis, symbol);
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    Object.assign(process, this.#process);
  }
};
