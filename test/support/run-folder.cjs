const { mkdtempSync, readdirSync, readFileSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/** Ends the servers that workers of this run started (`mongo-server.ts`): only what they noted. */
const endServers = (folder) => {
  for (const name of readdirSync(folder).filter((one) => /^mongo-.*\.json$/.test(one))) {
    try {
      process.kill(JSON.parse(readFileSync(join(folder, name), "utf8")).keeper, "SIGTERM");
    } catch {
      // It ended before.
    }
  }
};

/** A folder of this run of Jest, for what its files make once and share: its name is in `TRICORD_TEST_RUN`. What they started ends with the run. */
module.exports = async () => {
  const folder = mkdtempSync(join(tmpdir(), "tricord-run-"));
  process.env.TRICORD_TEST_RUN = folder;
  process.env.TRICORD_TEST_PID = String(process.pid);
  process.on("exit", () => {
    endServers(folder);
    rmSync(folder, { recursive: true, force: true });
  });
};
