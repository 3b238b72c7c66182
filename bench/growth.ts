import { drawn } from "./mixed-objects.ts";
import { readerState } from "./reader-state.ts";
import { middle } from "./store-measure.ts";
import { turnCost } from "./turn-cost.ts";

/**
 * `npm run bench -- growth [--only keys,turn,readers] [--objects 100000000] [--accounts 2000] [--labels 20000] [--observed 100]`: how a group's content falls on 1, 3 and 9 shards under each shard key that
 * could be taken, drawn object by object in the order of time, and what each request then touches; how long a post keeps the turn to write; and how large the state of readers gets, built by the real `observe` (as many accounts as `--observed` says are observed; what they have is told for all).
 */
const SHARDS = [1, 3, 9];
/** Shares of what is posted, as the sets of the real data come to: one agency has a large feed. */
const AGENCIES = [0.62, 0.26, 0.04, 0.034, 0.02, 0.012, 0.008, 0.004, 0.002];
/** Of all objects one lane holds this many: what the large feed posts for everybody. */
const HEAVY = 0.6;
const LABELS = 400;
/** Of what has a value, so many name a thing that is there already. */
const REPEATED = 0.12;
const VALUES = 0.7;
const BATCH = 1000;
/** Bytes of a row with its bytes in the store, and of a chunk that is moved as one. */
const ROW_BYTES = 1500;
const CHUNK_ROWS = Math.floor(134_217_728 / ROW_BYTES);
const ASKS = 2000;
/** Lanes that a reader has news in between two polls. */
const NEWS = 5;
const PREFIXES_A_QUERY = 64;
const READS_LANES = 300;

const argument = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const say = (line: string): void => console.log(line);
const whole = (n: number): string => Math.round(n).toLocaleString("en");
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** A number spread over 32 bits, as a digest would be. */
function spread(n: number): number {
  let mixed = Math.imul((n ^ (n / 4_294_967_296)) + 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
const hashed = (n: number, shards: number): number => spread(n) % shards;

/** Ranges of (lane, stamp): the last range of a lane takes what comes; once it is full the next one goes where least is. */
class Ranges {
  readonly #last = new Map<number, { shard: number; rows: number }>();
  readonly #held: number[];
  readonly chunks = new Map<number, number[]>();

  constructor(shards: number) {
    this.#held = new Array<number>(shards).fill(0);
  }

  place(lane: number): number {
    let last = this.#last.get(lane);
    if (last === undefined || last.rows >= CHUNK_ROWS) {
      last = { shard: this.#held.indexOf(Math.min(...this.#held)), rows: 0 };
      this.#last.set(lane, last);
      this.chunks.set(lane, [...(this.chunks.get(lane) ?? []), last.shard]);
    }
    last.rows += 1;
    this.#held[last.shard] = (this.#held[last.shard] ?? 0) + 1;
    return last.shard;
  }
}

const KEYS = ["thing, hashed", "lane, hashed", "lane and stamp, in ranges"] as const;
type KeyName = (typeof KEYS)[number];

/** How rows fall on so many shards under one key. */
class Fall {
  readonly rows: number[];
  /** The hottest shard's share of each window of writes. */
  readonly hottest: number[] = [];
  /** Shards that one post touches. */
  readonly touched: number[] = [];
  #window: number[];
  #batch = new Set<number>();
  #written = 0;

  constructor(shards: number) {
    this.rows = new Array<number>(shards).fill(0);
    this.#window = new Array<number>(shards).fill(0);
  }

  write(shard: number): void {
    this.rows[shard] = (this.rows[shard] ?? 0) + 1;
    this.#window[shard] = (this.#window[shard] ?? 0) + 1;
    this.#batch.add(shard);
    this.#written += 1;
    if (this.#written % BATCH === 0) {
      if (this.touched.length < 10_000) this.touched.push(this.#batch.size);
      this.#batch = new Set();
    }
    // Ten posts: what a shard has to do at a time, and not over years.
    if (this.#written % (10 * BATCH) === 0) {
      this.hottest.push(Math.max(...this.#window) / (10 * BATCH));
      this.#window = this.#window.map(() => 0);
    }
  }
}

/** Draws of a posted object: its agency's lane, and the thing that it is about. */
function objectsOf(random: () => number): { post: () => { lane: number }; thing: () => number; things: () => number } {
  const sums = AGENCIES.map((_, i) => AGENCIES.slice(0, i + 1).reduce((a, b) => a + b, 0));
  let things = 0;
  return {
    // A post is of one agency, and mostly of one label.
    post: () => {
      const at = random();
      if (at < HEAVY) return { lane: 0 };
      const agency = Math.max(
        0,
        sums.findIndex((sum) => at < sum),
      );
      const own = Math.floor(LABELS / AGENCIES.length);
      // Few labels have most of what an agency posts.
      return { lane: 1 + agency * own + Math.floor(own * random() ** 3) };
    },
    thing: () => {
      if (random() < VALUES * REPEATED && things > 0) return Math.floor(random() * things);
      things += 1;
      return things - 1;
    },
    things: () => things,
  };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / Math.max(1, numbers.length);
const distinct = (count: number, shard: () => number): number => new Set(Array.from({ length: count }, shard)).size;

/** Shards that each request asks, by the indexes that it reads: what the key does not name is asked of all. */
function touches(
  key: KeyName,
  shards: number,
  things: number,
  ranges: Ranges,
  random: () => number,
): Record<string, number> {
  const drawn = (count: number): number => distinct(count, () => hashed(Math.floor(random() * things), shards));
  const many = (ask: () => number): number => mean(Array.from({ length: ASKS }, ask));
  const lane = (): number => (random() < HEAVY ? 0 : 1 + Math.floor(random() * LABELS));
  const tail = (one: number): number =>
    key === "lane, hashed" ? hashed(one, shards) : (ranges.chunks.get(one)?.at(-1) ?? 0);
  const inside = (one: number): number => {
    const chunks = ranges.chunks.get(one) ?? [0];
    return key === "lane, hashed" ? hashed(one, shards) : (chunks[Math.floor(random() * chunks.length)] ?? 0);
  };
  const byThing = key === "thing, hashed";
  return {
    "incremental poll": byThing ? shards : many(() => distinct(NEWS, () => tail(lane()))),
    // A reader of hundreds of lanes merges all of them, wherever the page begins.
    "deep page": byThing ? shards : many(() => distinct(READS_LANES, () => inside(1 + Math.floor(random() * LABELS)))),
    "object by id of a value": byThing ? 1 : shards,
    "object by another id": shards,
    "look-up of 1 value": shards,
    "  its things alone": byThing ? many(() => drawn(1)) : shards,
    search: byThing ? shards : many(() => distinct(READS_LANES, () => inside(1 + Math.floor(random() * LABELS)))),
    "release of one object": byThing ? 1 : 2,
    observe: 1,
  };
}

function keys(objects: number): void {
  say(`rows of ${whole(objects)} objects, drawn one by one; a lane that holds ${percent(HEAVY)}, ${LABELS} others`);
  for (const shards of SHARDS) {
    const random = drawn(11);
    const { post, thing, things } = objectsOf(random);
    const ranges = new Ranges(shards);
    const falls = new Map<KeyName, Fall>(KEYS.map((key) => [key, new Fall(shards)]));
    const [byThing, byLane, byRange] = KEYS.map((key) => falls.get(key));
    for (let n = 0; n < objects; n += BATCH) {
      const { lane } = post();
      const laneShard = hashed(lane, shards);
      for (let i = 0; i < BATCH; i++) {
        byThing?.write(hashed(thing(), shards));
        byLane?.write(laneShard);
        byRange?.write(ranges.place(lane));
      }
    }
    say(`\n${shards} ${shards === 1 ? "shard" : "shards"}; ${whole(things())} things`);
    for (const key of KEYS) {
      const { rows, hottest, touched } = falls.get(key) ?? new Fall(shards);
      say(`  ${key}: rows ${rows.map(whole).join(", ")}; the fullest has ${percent(Math.max(...rows) / objects)}`);
      say(
        `    writes of the hottest shard, of ten posts at a time: ${percent(middle(hottest))}; shards a post of ${whole(BATCH)} writes to: ${mean(touched).toFixed(1)}`,
      );
      if (shards === 1) continue;
      const asked = Object.entries(touches(key, shards, things(), ranges, random));
      say(`    shards asked: ${asked.map(([what, count]) => `${what.trim()} ${count.toFixed(1)}`).join(", ")}`);
    }
    // Every lane is asked for, at most so many prefixes a query.
    say(
      `  a poll of a reader of ${READS_LANES} lanes is ${Math.ceil(READS_LANES / PREFIXES_A_QUERY)} queries where all have news, 1 where ${NEWS} have`,
    );
  }
}

export async function growthBench(): Promise<void> {
  const only = (argument("--only") ?? "keys,turn,readers").split(",");
  if (only.includes("keys")) keys(Number(argument("--objects") ?? 100_000_000));
  if (only.includes("turn"))
    for (const engine of process.env.MONGODB_URI === undefined ? (["sqlite"] as const) : (["sqlite", "mongo"] as const))
      await turnCost(engine);
  if (only.includes("readers"))
    await readerState(
      Number(argument("--accounts") ?? 2000),
      Number(argument("--labels") ?? 20_000),
      Number(argument("--observed") ?? 100),
    );
}
