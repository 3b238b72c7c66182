const { statSync } = require("node:fs");
const { createRequire } = require("node:module");

const { default: Sequencer } = createRequire(require.resolve("jest"))("@jest/test-sequencer");

/**
 * What takes longest goes first, so that no worker is left alone with it at the end. Jest's own order would need the times of a run before, which a fresh
 * clone has not. Seconds of one core, roughly; a file that is not here counts by its size.
 */
const SECONDS = {};
const BYTES_A_SECOND = 8_000;

const weightOf = ({ path }) => {
  const [, name = ""] = path.replaceAll("\\", "/").split(/\/test\/(.*)$/);
  return SECONDS[name] ?? Math.min(9, statSync(path).size / BYTES_A_SECOND);
};

/** Jest's sequencer (`testSequencer`). */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => weightOf(b) - weightOf(a) || (a.path < b.path ? -1 : 1));
  }
};
