const { statSync } = require("node:fs");
const { createRequire } = require("node:module");

const { default: Sequencer } = createRequire(require.resolve("jest"))("@jest/test-sequencer");

/**
 * What takes longest goes first, so that no worker is left alone with it at the end. Jest's own order would need the times of a run before, which a fresh
 * clone has not. Seconds of one core, roughly; a file that is not here counts by its size.
 */
const ON_SQLITE = {
  "contract/mongo.test.ts": 70,
  "interop/taxii-clients.test.ts": 65,
  "http/store-away.test.ts": 55,
  "twin/twin-worlds.test.ts": 50,
  "twin/twin-worlds-further.test.ts": 50,
  "journeys/backup.test.ts": 50,
  "journeys/start.test.ts": 45,
  "journeys/command-line.test.ts": 45,
  "contract/mongo-processes.test.ts": 40,
  "journeys/store-away.test.ts": 38,
  "journeys/kill.test.ts": 35,
  "journeys/backup-views.test.ts": 35,
  "twin/planted-leaks-in-writing.test.ts": 35,
  "http/hostile.test.ts": 30,
  "journeys/several-processes.test.ts": 28,
  "unit/storage/older-stores.test.ts": 25,
  "contract/mongo-indexes.test.ts": 25,
  "journeys/kill-release.test.ts": 25,
  "journeys/image.test.ts": 22,
  "contract/mongo-faults.test.ts": 22,
  "journeys/sealing.test.ts": 20,
  "journeys/verify.test.ts": 20,
  "journeys/large-post.test.ts": 20,
  "unit/pipeline/pattern/normal.test.ts": 19,
  "unit/usecases/verify-store.test.ts": 19,
  "twin/planted-leaks.test.ts": 19,
  "contract/sealed.test.ts": 18,
  "http/hostile-poison.test.ts": 18,
  "http/hostile-cursors.test.ts": 17,
  "http/one-person.test.ts": 17,
  "order/twins.test.ts": 15,
  "http/taxii/errors.test.ts": 14,
  "journeys/proxy.test.ts": 14,
  "journeys/day-in-the-life.test.ts": 13,
  "contract/sqlite.test.ts": 12,
  "interop/real-data.test.ts": 11,
  "order/many-lanes.test.ts": 11,
  "http/fuzz.test.ts": 10,
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
