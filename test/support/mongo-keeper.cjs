const { spawn } = require("node:child_process");
const { openSync, rmSync } = require("node:fs");
const { join } = require("node:path");

/**
 * `node mongo-keeper.cjs <process id of the run> <folder> <program> [arguments]`: runs a server in a folder of its own and ends it, and the folder, when it is told
 * to or when the run is gone, however that ended. A worker of Jest may be killed, and another goes on with the server.
 */
const [owner, folder, program, ...args] = process.argv.slice(2);
const LOOK_MS = 500;

const log = openSync(join(folder, "server.log"), "a");
const server = spawn(program, args, { stdio: ["ignore", log, log] });

let ending = false;
const end = () => {
  if (ending) return;
  ending = true;
  // Nothing of it is wanted: to end in order takes some servers five seconds.
  server.kill("SIGKILL");
};
const gone = () => {
  // The log of a server that ended by itself is what tells why.
  if (ending) rmSync(folder, { recursive: true, force: true });
  process.exit(ending ? 0 : 1);
};
server.once("error", gone);
server.once("exit", gone);
process.on("SIGTERM", end);
process.on("SIGINT", () => undefined);

setInterval(() => {
  try {
    process.kill(Number(owner), 0);
  } catch (error) {
    if (error.code !== "EPERM") end();
  }
}, LOOK_MS);
