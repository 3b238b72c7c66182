const { statSync } = require("node:fs");
const { createRequire } = require("node:module");

const { default: Sequencer } = createRequire(require.resolve("jest"))("@jest/test-sequencer");

/**
 * What takes longest goes first, so that no worker is left alone with it at the end. Jest's own order would need the times of a run before, which a fresh
 * clone has not. Seconds of one core, roughly; a file that is not here counts by its size.
 */
const ON_SQLITE = {
  "contract/mongo.test.ts": 75,
  "contract/mongo-processes.test.ts": 45,
  "contract/mongo-faults.test.ts": 20,
  "contract/mongo-indexes.test.ts": 15,
  "interop/taxii-clients.test.ts": 45,
  "journeys/command-line.test.ts": 40,
  "twin/twin-worlds-further.test.ts": 35,
  "journeys/kill.test.ts": 35,
  "journeys/start.test.ts": 32,
  "journeys/large-post.test.ts": 32,
  "twin/twin-worlds.test.ts": 31,
  "interop/real-data.test.ts": 30,
  "twin/planted-leaks.test.ts": 25,
  "twin/planted-leaks-in-writing.test.ts": 25,
  "order/twins.test.ts": 20,
  "http/hostile-poison.test.ts": 20,
  "http/hostile.test.ts": 18,
  "journeys/day-in-the-life.test.ts": 16,
  "http/exports-real.test.ts": 14,
  "http/fuzz.test.ts": 13,
  "http/one-person.test.ts": 12,
  "order/histories.test.ts": 11,
  "http/taxii/errors.test.ts": 10,
  "http/taxii/pages.test.ts": 10,
  "interop/taxii-posts.test.ts": 10,
};
/** Those of the stand-in's process are among them. */
const ON_MONGO = {
  "journeys/kill.test.ts": 140,
  "journeys/start.test.ts": 130,
  "twin/twin-worlds.test.ts": 120,
  "twin/twin-worlds-further.test.ts": 120,
  "journeys/command-line.test.ts": 110,
  "journeys/large-post.test.ts": 110,
  "interop/taxii-clients.test.ts": 100,
  "journeys/day-in-the-life.test.ts": 90,
  "http/hostile-poison.test.ts": 90,
  "http/hostile.test.ts": 90,
  "twin/planted-leaks.test.ts": 80,
  "journeys/several-processes.test.ts": 80,
  "journeys/kill-release.test.ts": 80,
  "journeys/store-away.test.ts": 80,
  "interop/real-data.test.ts": 80,
  "contract/mongo.test.ts": 75,
  "journeys/sharing.test.ts": 70,
  "http/taxii/pages.test.ts": 70,
  "journeys/backup.test.ts": 60,
  "journeys/backup-views.test.ts": 60,
  "journeys/same-thing.test.ts": 60,
  "order/processes.test.ts": 60,
  "order/twins.test.ts": 60,
  "contract/mongo-processes.test.ts": 45,
  "http/fuzz.test.ts": 43,
  "http/edit-never-adds.test.ts": 39,
  "http/exports-real.test.ts": 36,
  "http/hostile-cursors.test.ts": 29,
};
const SECONDS = process.env.STORE === "mongo" ? ON_MONGO : ON_SQLITE;
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
