import { ensureBuilt, ensureInstalled, runBuilt } from "./ensure.mjs";

await ensureInstalled();
await ensureBuilt();
await runBuilt("server/main.js");
