import type { Collection, CollectionSpec, Doc, Storage, Unit } from "../server/storage/port.ts";
import { type Engine, FilledStore } from "./filled-store.ts";
import { middle, type Took, took } from "./store-measure.ts";

/**
 * What one post of 1,000 objects keeps the turn to write for: how long, how many reads (a way to the server and back each, on MongoDB), how many collections it writes
 * (one way each, and the commit).
 */
const POSTS = 12;
const SIZE = 1000;
const WRITES = new Set(["insert", "insertNew", "put", "remove"]);
const whole = (n: number): string => Math.round(n).toLocaleString("en");

class Counted {
  reads = 0;
  readonly written = new Set<string>();
  held: Took | undefined;

  /** The same store; its transactions are timed, and what they ask is counted. */
  wrap(storage: Storage): Storage {
    return {
      ...storage,
      transaction: async (work) => {
        const before = { reads: this.reads, written: new Set(this.written) };
        let result: Awaited<ReturnType<typeof work>> | undefined;
        this.reads = 0;
        this.written.clear();
        const time = await took(async () => {
          result = await storage.transaction((unit) => work(this.#counting(unit)));
        });
        if (this.written.has("rows")) this.held = time;
        else Object.assign(this, { reads: before.reads });
        return result as Awaited<ReturnType<typeof work>>;
      },
    };
  }

  #counting(unit: Unit): Unit {
    return {
      collection: <T extends Doc>(spec: CollectionSpec<T>): Collection<T> =>
        new Proxy(unit.collection(spec), {
          get: (collection, name: keyof Collection<T>) => {
            if (WRITES.has(name)) this.written.add(spec.name);
            // What was inserted has to be known there and then.
            if (!WRITES.has(name) || name === "insertNew") this.reads += 1;
            return Reflect.get(collection, name);
          },
        }),
    };
  }
}

export async function turnCost(engine: Engine): Promise<void> {
  const counted = new Counted();
  const store = await FilledStore.open({ engine, wrap: (storage) => counted.wrap(storage) });
  try {
    const [held, all, cpu]: [number[], number[], number[]] = [[], [], []];
    for (let n = -2; n < POSTS; n++) {
      const samples = store.fresh(SIZE);
      const { ms } = await took(() => store.post(samples));
      if (n < 0 || counted.held === undefined) continue;
      held.push(counted.held.ms);
      cpu.push(counted.held.cpu);
      all.push(ms);
    }
    const turn = middle(held);
    console.log(
      `\n${engine}: a post of ${whole(SIZE)} keeps the turn for ${turn.toFixed(0)} ms (${middle(cpu).toFixed(0)} of processor) of the ${middle(all).toFixed(0)} ms that it takes: at most ${whole((SIZE / turn) * 1000)} objects/s, however many processes post; ${counted.reads} reads in it, ${counted.written.size} collections written (${[...counted.written].sort().join(", ")})`,
    );
  } finally {
    await store.remove();
  }
}
