import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { realMoments } from "../../../server/shared/moment.ts";
import { callerOf, Shared } from "./open.ts";

/**
 * A process of its own that follows `originals` and says on standard output, a line a page, what it was given and where it goes on. Arguments: settings of the store as JSON,
 * account, by `next` or `after`, how many a page, and the last line of the process before it.
 */
const [store = "{}", account = "", by = "next", size = "", begin = "{}"] = process.argv.slice(2);
const settings = JSON.parse(store) as { readonly DATA_DIR: string };

export interface Line {
  readonly ids: readonly string[];
  readonly next?: string;
  readonly after?: number;
}

async function main(): Promise<void> {
  const shared = await Shared.open(settings);
  let { next, after } = JSON.parse(begin) as Line;
  for (;;) {
    const done = existsSync(join(settings.DATA_DIR, "done"));
    const page = await shared.collections.page(callerOf(account), realMoments(), {
      ...{ collection: "originals", limit: Number(size), bodies: false },
      ...(next === undefined ? {} : { next }),
      ...(after === undefined ? {} : { after }),
    });
    const { entries } = page;
    const newest = entries.at(-1)?.added;
    const tied = entries.every(({ added }) => added === newest);
    next = page.next !== undefined && (by === "next" || tied) ? page.next : undefined;
    if (next === undefined) after = newest ?? after;
    const line: Line = {
      ids: entries.map(({ id }) => id),
      ...(next === undefined ? {} : { next }),
      ...(after === undefined ? {} : { after }),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    if (entries.length > 0) continue;
    if (done) break;
    await pause(3);
  }
  await shared.close();
}

void main();
