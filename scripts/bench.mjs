import { ensureBuilt, ensureInstalled, runBuilt } from "./ensure.mjs";

await ensureInstalled();
await ensureBuilt();
await runBuilt("bench/main.js");
