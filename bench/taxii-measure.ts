import type { Sample } from "./corpus.ts";
import { type Answer, ask, countOf, type Door, lastAdded, nextOf } from "./taxii-client.ts";
import { taxiiIndicators } from "./taxii-samples.ts";
import type { TaxiiServer, Who } from "./taxii-servers.ts";

export const middle = (numbers: readonly number[]): number => quantile(numbers, 0.5);
export const quantile = (numbers: readonly number[], share: number): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  /** How many were taken: less than asked for where time ran out. */
  readonly taken: number;
}
const spread = (times: readonly number[]): Spread => ({
  p50: quantile(times, 0.5),
  p95: quantile(times, 0.95),
  taken: times.length,
});
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
/** The clock in the form of `added_after`, so many milliseconds back. */
const instant = (back: number): string => new Date(Date.now() - back).toISOString().replace("Z", "000Z");
const envelope = (some: readonly Sample[]): string => `{"objects":[${some.map(({ text }) => text).join(",")}]}`;

const statusOf = (answer: Answer): { success_count?: number; failure_count?: number } =>
  JSON.parse(answer.body.toString("utf8")) as { success_count?: number; failure_count?: number };

/** Objects a second posted, two envelopes in flight, for so many seconds at most. Every object must be taken. */
export async function posted(door: Door, samples: readonly Sample[], size: number, seconds: number): Promise<number> {
  const bodies = Array.from({ length: Math.ceil(samples.length / size) }, (_, n) => {
    const some = samples.slice(n * size, (n + 1) * size);
    return { text: envelope(some), count: some.length };
  });
  const started = performance.now();
  let taken = 0;
  const worker = async (): Promise<void> => {
    for (let body = bodies.shift(); body !== undefined; body = bodies.shift()) {
      const status = statusOf(await ask("POST", door, {}, body.text));
      if (status.success_count !== body.count)
        throw new Error(
          `${door.url} took ${status.success_count} of ${body.count}: ${JSON.stringify(status).slice(0, 400)}`,
        );
      taken += body.count;
      if (performance.now() - started > seconds * 1000) return;
    }
  };
  await Promise.all([worker(), worker()]);
  return taken / ((performance.now() - started) / 1000);
}

/** Follows `next` from the first page to the last, 1,000 a page; undefined where time ran out. Objects are counted, not parsed. */
export async function polled(door: Door, seconds: number): Promise<{ rows: number; rate: number; whole: boolean }> {
  const started = performance.now();
  let rows = 0;
  let next: string | undefined;
  do {
    const page = await ask("GET", door, { limit: "1000", ...(next !== undefined && { next }) });
    rows += countOf(page);
    next = nextOf(page);
  } while (next !== undefined && performance.now() - started < seconds * 1000);
  return { rows, rate: rows / ((performance.now() - started) / 1000), whole: next === undefined };
}

/** Polls with `added_after` where the last poll ended, one new object before each; the answer must have it. */
export async function incremental(
  server: TaxiiServer,
  who: Who,
  polls: number,
  seconds: number,
  door: Door = server.reads(who),
): Promise<Spread> {
  const times: number[] = [];
  await pause(100);
  let after = instant(50);
  const until = performance.now() + seconds * 1000;
  const warm = Math.min(20, Math.ceil(polls / 10));
  for (let n = -warm; n < polls && (performance.now() < until || times.length === 0); n++) {
    const [one] = taxiiIndicators(1);
    if (one === undefined) throw new Error("no sample");
    await ask("POST", server.posts(who), {}, envelope([one]));
    const answer = await ask("GET", door, { added_after: after, limit: "1000" });
    if (!answer.body.includes(one.id))
      throw new Error(
        `${server.name}: a poll by ${who} lacks the object that was posted before it: ${answer.body.toString("utf8", 0, 200)}`,
      );
    after = lastAdded(answer) ?? after;
    if (n >= 0) times.push(answer.ms);
  }
  return spread(times);
}

export async function byId(door: Door, ids: readonly string[], gets: number, seconds: number): Promise<Spread> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1000;
  for (let n = 0; n < gets && (performance.now() < until || n === 0); n++) {
    const id = ids[Math.floor((n * ids.length) / gets)] ?? "";
    const answer = await ask("GET", { ...door, url: `${door.url}${id}/` });
    if (!answer.body.includes(id)) throw new Error(`${door.url}${id}/ lacks the object`);
    times.push(answer.ms);
  }
  return spread(times);
}

/** So many readers at once, each polling with `added_after` where its last answer ended, while an object is posted every tenth of a second. */
export async function manyPollers(
  server: TaxiiServer,
  doors: readonly Door[],
  seconds: number,
): Promise<{ rate: number; p95: number; withObjects: number; refused: number }> {
  // Signed in, and observed once, before the time counts.
  for (const door of doors) await ask("GET", door, { limit: "1" });
  await pause(100);
  const until = performance.now() + seconds * 1000;
  const times: number[] = [];
  let withObjects = 0;
  let refused = 0;
  let going = true;
  // A server that locks its writers out while many read refuses: it is counted, and the readers' time goes on.
  const writer = (async () => {
    while (going) {
      await ask("POST", server.posts("all"), {}, envelope(taxiiIndicators(1))).catch(() => {
        refused += 1;
      });
      await pause(100);
    }
  })();
  const started = performance.now();
  await Promise.all(
    doors.map(async (door) => {
      let after = instant(50);
      while (performance.now() < until) {
        const answer = await ask("GET", door, { added_after: after, limit: "1000" });
        times.push(answer.ms);
        const last = lastAdded(answer);
        if (last !== undefined) withObjects += 1;
        after = last ?? after;
      }
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  going = false;
  await writer;
  return { rate: times.length / elapsed, p95: quantile(times, 0.95), withObjects, refused };
}
