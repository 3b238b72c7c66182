import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BareTable } from "./bare-store.ts";
import { type Engine, FilledStore, storeSample } from "./filled-store.ts";
import { drawn } from "./mixed-objects.ts";
import { ServerUnderTest } from "./server-under-test.ts";
import { type Bench, type Case, LOOKUPS, PAGES, SEARCHES, SHORT_PAGES } from "./store-cases.ts";
import { middle, p95Of, sumOf, type Times, type Took, took } from "./store-measure.ts";
import { freePort } from "./taxii-servers.ts";

/**
 * `npm run bench -- store [--only ingest,pages,lookup,search,labels,start] [--sizes 10000,100000,1000000] [--runs 5] [--asks 200] [--seconds 60] [--labels 20000]
 * [--engine sqlite,mongo] [--folder DIR]`: what a store of one size and of another costs. Stores of all sizes are filled by the ingest and open at once; they are asked in turn, so that
 * a busy machine is so for all of them, and each beside a bare SQLite table of as many rows. What is compared is the median of the runs. `--engine mongo` needs `MONGODB_URI` (a database of
 * its own is made there, and dropped); `--folder` keeps the stores and goes on from them the next time.
 */
interface Settings {
  readonly engine: Engine;
  readonly only: ReadonlySet<string>;
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Questions of one kind a run. */
  readonly asks: number;
  /** The most that one kind may take a run and store. */
  readonly seconds: number;
  readonly labels: number;
  readonly folder?: string;
}

const SLOWER = 1.5;
/** Of the rate at the smallest size. */
const INGEST = 0.8;
const READY = 5;
const NOTHING: Took = { ms: 0, cpu: 0 };
const BATCH = 1000;
const BATCHES_A_RUN = 4;
/** Asked of one store before the next one has its turn. */
const IN_A_ROW = 20;

const argument = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const whole = (n: number): string => Math.round(n).toLocaleString("en");
const say = (line: string): void => console.log(line);
const verdicts: string[] = [];
const judge = (what: string, seen: number, met: boolean): void => {
  verdicts.push(`  ${met ? "met" : "MISSED"}: ${what}: ${seen.toFixed(2)}`);
};
const shown = ({ ms, cpu }: Took): string => `${ms.toFixed(2)} ms (${cpu.toFixed(2)} of processor)`;

/** One kind of question to all stores, so many runs; says what came of it, and gives the p95 of each run by store. */
async function ask(one: Case, benches: readonly Bench[], settings: Settings, beside = ""): Promise<Took[][]> {
  const { runs, asks, seconds } = settings;
  const chance = drawn(7);
  const p95: { ours: Took[]; bare: Took[] }[] = benches.map(() => ({ ours: [], bare: [] }));
  for (let run = -1; run < runs; run++) {
    const ours: Times[] = benches.map(() => []);
    const bare: Times[] = benches.map(() => []);
    const until = performance.now() + seconds * 1000 * benches.length;
    // The first run warms all up and does not count.
    const count = run < 0 ? Math.min(40, asks) : asks;
    for (let done = 0; done < count && performance.now() < until; done += IN_A_ROW)
      for (const [i, bench] of benches.entries())
        for (let n = 0; n < Math.min(IN_A_ROW, count - done); n++) {
          const place = chance();
          ours[i]?.push(await one.ask(bench, place));
          bare[i]?.push(await one.bare(bench, place));
        }
    if (run < 0) continue;
    for (const i of benches.keys()) {
      p95[i]?.ours.push(p95Of(ours[i] ?? []));
      p95[i]?.bare.push(p95Of(bare[i] ?? []));
    }
  }
  say(`${one.name}${beside}, p95`);
  for (const [i, { size }] of benches.entries()) {
    const { ours = [], bare = [] } = p95[i] ?? {};
    const mid = (list: readonly Took[]): Took => ({
      ms: middle(list.map(({ ms }) => ms)),
      cpu: middle(list.map(({ cpu }) => cpu)),
    });
    const ratio = middle(ours.map(({ ms }, run) => ms / (bare[run]?.ms ?? Number.NaN)));
    say(
      `  at ${whole(size).padStart(9)}: ${shown(mid(ours))}; ${ratio.toFixed(0)} times a bare select of as many rows`,
    );
  }
  const all = p95.map(({ ours }) => ours);
  const over = (pick: (one: Took) => number): number =>
    middle((all.at(-1) ?? []).map((last, run) => pick(last) / pick(all[0]?.[run] ?? last)));
  if (benches.length > 1) {
    const [first, last] = [benches[0]?.size ?? 0, benches.at(-1)?.size ?? 0];
    const ratio = over(({ ms }) => ms);
    const what = `${one.name}${beside}: p95 at ${whole(last)} to that at ${whole(first)} (within ${SLOWER}; processor time ${over(({ cpu }) => cpu).toFixed(2)})`;
    if (one.isPage) judge(what, ratio, ratio <= SLOWER);
    else verdicts.push(`  seen: ${what.replace(`within ${SLOWER}; `, "")}: ${ratio.toFixed(2)}`);
  }
  return all;
}

/** The reader of one row in a thousand pays no more than the one who sees all. */
function compareReaders(pages: ReadonlyMap<string, Took[][]>, benches: readonly Bench[]): void {
  for (const [i, { size }] of benches.entries()) {
    const [few = [], all = []] = [pages.get(SHORT_PAGES.few)?.[i], pages.get(SHORT_PAGES.all)?.[i]];
    const ratio = middle(few.map(({ ms }, run) => ms / (all[run]?.ms ?? Number.NaN)));
    judge(
      `a page at ${whole(size)}, reader of one in a thousand to reader of all (within ${SLOWER})`,
      ratio,
      ratio <= SLOWER,
    );
  }
}

async function ingest(benches: readonly Bench[], { runs }: Settings): Promise<void> {
  const rates: { ours: Took[]; bare: Took[] }[] = benches.map(() => ({ ours: [], bare: [] }));
  for (let run = -1; run < runs; run++) {
    const ours: Times[] = benches.map(() => []);
    const bare: Times[] = benches.map(() => []);
    for (let batch = 0; batch < BATCHES_A_RUN; batch++)
      for (const [i, { store, bare: table }] of benches.entries()) {
        const samples = store.fresh(BATCH);
        ours[i]?.push(await took(() => store.post(samples, "all", batch)));
        bare[i]?.push(await took(async () => table.insert(samples)));
      }
    if (run < 0) continue;
    for (const i of benches.keys()) {
      rates[i]?.ours.push(sumOf(ours[i] ?? []));
      rates[i]?.bare.push(sumOf(bare[i] ?? []));
    }
  }
  // All runs together: a checkpoint of the write-ahead log falls into one run and not into another, and belongs to all.
  const objects = BATCH * BATCHES_A_RUN * runs * 1000;
  say(`ingest in batches of ${whole(BATCH)}, one after the other`);
  const totals = rates.map(({ ours, bare }) => ({ ours: sumOf(ours), bare: sumOf(bare) }));
  for (const [i, { size }] of benches.entries()) {
    const { ours = NOTHING, bare = NOTHING } = totals[i] ?? {};
    say(
      `  at ${whole(size).padStart(9)}: ${whole(objects / ours.ms)} objects/s (${whole(objects / ours.cpu)} a second of processor); ${(bare.ms / ours.ms).toFixed(3)} of a bare insert's`,
    );
  }
  const [first, last] = [totals[0]?.ours, totals.at(-1)?.ours];
  if (benches.length < 2 || first === undefined || last === undefined) return;
  const ratio = first.ms / last.ms;
  const what = `ingest at ${whole(benches.at(-1)?.size ?? 0)} to that at ${whole(benches[0]?.size ?? 0)} (${INGEST} or more; processor time ${(first.cpu / last.cpu).toFixed(2)})`;
  judge(what, ratio, ratio >= INGEST);
}

/** All pages of the files of a store out of the system's cache, as far as it lets itself be told; false where that can't be said. */
function forget(folder: string): boolean {
  const files = readdirSync(folder).filter((name) => name.includes(".sqlite"));
  return files.every(
    (name) => spawnSync("dd", [`if=${join(folder, name)}`, "iflag=nocache", "count=0", "status=none"]).status === 0,
  );
}

/** From the start of the process until `/readyz` says so, over a store that is there. */
async function start({ store, size }: Bench, { runs, engine }: Settings): Promise<void> {
  await store.close();
  const times: number[] = [];
  let cold = engine === "sqlite";
  for (let run = 0; run < runs; run++) {
    if (cold) cold = forget(store.folder);
    const port = await freePort();
    const before = performance.now();
    const server = await ServerUnderTest.start(port, { ...store.env, LOG_LEVEL: "error" }, store.folder);
    const reply = await fetch(`${server.url}/readyz`);
    times.push((performance.now() - before) / 1000);
    if (reply.status !== 200) throw new Error(`/readyz answered ${reply.status}`);
    await server.stop({ keep: true });
  }
  const seconds = middle(times);
  const how = cold ? "the store's pages out of the system's cache before each, by posix_fadvise" : "warm";
  say(
    `start with ${whole(size)} objects: ${seconds.toFixed(2)} s until ready (${times.map((one) => one.toFixed(2)).join(", ")}); ${how}`,
  );
  judge(`start with ${whole(size)} objects, s (under ${READY})`, seconds, seconds < READY);
}

async function open(size: number, { engine, folder, only }: Settings): Promise<Bench> {
  const place = folder === undefined ? {} : { folder: join(folder, `${engine}-${size}`) };
  const store = await FilledStore.open({ engine, ...place });
  const begun = performance.now();
  const before = store.count;
  await store.grow(size);
  const seconds = (performance.now() - begun) / 1000;
  if (store.count > before) say(`  ${whole(store.count - before)} objects in ${seconds.toFixed(0)} s`);
  const bare = new BareTable();
  const ids: string[] = [];
  // A start is compared with nothing.
  const filled = [...only].some((what) => what !== "start") ? size : 0;
  for (let at = 0; at < filled; at += BATCH) {
    const samples = Array.from({ length: Math.min(BATCH, filled - at) }, (_, i) => storeSample(at + i));
    bare.insert(samples);
    for (const { id } of samples) ids.push(id);
  }
  return { size, store, bare, ids };
}

async function withLabels(benches: readonly Bench[], settings: Settings): Promise<void> {
  const beside = ` and ${whole(settings.labels)} labels`;
  for (const { store, size } of benches) {
    const { ms } = await took(() => store.addLabels(settings.labels));
    const first = await store.firstSight("all");
    say(
      `${whole(settings.labels)} labels beside ${whole(size)} objects: posted in ${(ms / 1000).toFixed(0)} s; a process that starts judges its first reader after ${first.toFixed(0)} ms`,
    );
  }
  for (const one of [...PAGES, ...LOOKUPS, ...SEARCHES]) await ask(one, benches, settings, beside);
}

async function measure(settings: Settings): Promise<void> {
  const { only, sizes, engine } = settings;
  say(`\n${engine}: stores of ${sizes.map(whole).join(", ")} objects`);
  const benches: Bench[] = [];
  try {
    for (const size of sizes) benches.push(await open(size, settings));
    const pages = new Map<string, Took[][]>();
    if (only.has("pages")) {
      for (const one of PAGES) pages.set(one.name, await ask(one, benches, settings));
      compareReaders(pages, benches);
    }
    if (only.has("lookup")) for (const one of LOOKUPS) await ask(one, benches, settings);
    if (only.has("search")) for (const one of SEARCHES) await ask(one, benches, settings);
    if (only.has("ingest")) await ingest(benches, settings);
    if (only.has("labels")) await withLabels(benches, settings);
    const largest = benches.at(-1);
    if (only.has("start") && largest !== undefined) await start(largest, settings);
  } finally {
    for (const { store, bare } of benches) {
      bare.close();
      await store.remove();
    }
  }
}

export async function storeBench(): Promise<void> {
  const only = new Set((argument("--only") ?? "pages,lookup,search,ingest,labels,start").split(","));
  const engines = (argument("--engine") ?? (process.env.MONGODB_URI === undefined ? "sqlite" : "sqlite,mongo")).split(
    ",",
  );
  const sizes = (argument("--sizes") ?? "10000,100000,1000000").split(",").map(Number);
  const folder = argument("--folder");
  for (const engine of engines) {
    if (engine !== "sqlite" && engine !== "mongo")
      throw new Error("--engine: sqlite, mongo, or both with a comma between");
    if (engine === "mongo" && process.env.MONGODB_URI === undefined)
      throw new Error("--engine mongo needs MONGODB_URI");
    await measure({
      engine,
      only,
      sizes,
      runs: Number(argument("--runs") ?? 5),
      asks: Number(argument("--asks") ?? 200),
      seconds: Number(argument("--seconds") ?? 60),
      labels: Number(argument("--labels") ?? 20_000),
      ...(folder === undefined ? {} : { folder }),
    });
  }
  say("\nexpected and seen");
  for (const line of verdicts) say(line);
}
