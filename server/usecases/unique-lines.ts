import { linesOf, type OpenScratch, type Scratch } from "./scratch.ts";

/** Characters of keys and payloads that are held before they are sorted and put away. */
const HELD = 8_388_608;

const byKey = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : a > b ? 1 : 0);

interface Run {
  readonly lines: AsyncGenerator<string>;
  head: [string, string] | undefined;
}

/**
 * Any number of keys with a payload, each key once and in order, in bounded memory: what does not fit is sorted and put away in runs, and the
 * runs are merged as they are read (external merge sort).
 */
export class UniqueLines {
  readonly #open: OpenScratch;
  readonly #merge: (a: string, b: string) => string;
  readonly #most: number;
  readonly #runs: Array<readonly [number, number]> = [];
  #held = new Map<string, string>();
  #size = 0;
  #scratch: Scratch | undefined;

  /** `merge` makes one payload of two under one key; the first stands where none is given. */
  constructor(open: OpenScratch, merge: (a: string, b: string) => string = (a) => a, most = HELD) {
    this.#open = open;
    this.#merge = merge;
    this.#most = most;
  }

  async add(key: string, payload = ""): Promise<void> {
    const held = this.#held.get(key);
    this.#held.set(key, held === undefined ? payload : this.#merge(held, payload));
    if (held === undefined) this.#size += key.length + payload.length + 64;
    if (this.#size > this.#most) await this.#putAway();
  }

  async #putAway(): Promise<void> {
    this.#scratch ??= this.#open();
    const from = this.#scratch.size;
    let waiting = "";
    for (const entry of [...this.#held].sort(byKey)) {
      waiting += `${JSON.stringify(entry)}\n`;
      if (waiting.length < 262_144) continue;
      await this.#scratch.append(Buffer.from(waiting));
      waiting = "";
    }
    await this.#scratch.append(Buffer.from(waiting));
    this.#runs.push([from, this.#scratch.size]);
    this.#held = new Map();
    this.#size = 0;
  }

  /** Every key once with its payload, in the order of UTF-16 units. Read it once. */
  async *entries(): AsyncGenerator<readonly [string, string]> {
    const scratch = this.#scratch;
    if (scratch === undefined) {
      yield* [...this.#held].sort(byKey);
      return;
    }
    await this.#putAway();
    const runs = await Promise.all(
      this.#runs.map(
        async ([from, to]): Promise<Run> => advance({ lines: linesOf(scratch, from, to), head: undefined }),
      ),
    );
    for (;;) {
      const least = runs.reduce<string | undefined>(
        (key, { head }) => (head !== undefined && (key === undefined || head[0] < key) ? head[0] : key),
        undefined,
      );
      if (least === undefined) return;
      let payload: string | undefined;
      for (const run of runs) {
        if (run.head?.[0] !== least) continue;
        payload = payload === undefined ? run.head[1] : this.#merge(payload, run.head[1]);
        await advance(run);
      }
      yield [least, payload ?? ""];
    }
  }

  async close(): Promise<void> {
    this.#held = new Map();
    await this.#scratch?.close();
  }
}

async function advance(run: Run): Promise<Run> {
  const next = await run.lines.next();
  run.head = next.done === true ? undefined : (JSON.parse(next.value) as [string, string]);
  return run;
}
