import { ensureBuilt, ensureInstalled } from "./ensure.mjs";

await ensureInstalled();
await ensureBuilt();
