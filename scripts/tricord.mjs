import { ensureBuilt, ensureInstalled, runBuilt } from "./ensure.mjs";

await ensureInstalled();
await ensureBuilt();
await runBuilt("server/cli/main.js");
