const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/** A folder of this run of Jest, for what its files make once and share: its name is in `TRICORD_TEST_RUN`. */
module.exports = async () => {
  const folder = mkdtempSync(join(tmpdir(), "tricord-run-"));
  process.env.TRICORD_TEST_RUN = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
};
