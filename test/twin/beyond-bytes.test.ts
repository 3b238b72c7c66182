import { Rows } from "../../server/storage/collections.ts";
import type { Storage } from "../../server/storage/port.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { compare } from "./compare.ts";
import { single } from "./content.ts";
import { get, json } from "./recipe.ts";
import { row, tri } from "./seats.ts";

/** What the bytes of two worlds can't show: who waits for whom, what is packed, what is charged (policy 7, the channels with a dagger). */

const shared = { tlp: "GREEN" as const, releases: [row(tri(["JPN", "KOR", "USA"]))] };
const thing = (name: string) => single(name, { step: 1, words: "a partner", dark: false });
const ROOT = "/taxii2/dprk/collections";
const SEEN = String(thing("seen by all").id);

const READS: readonly Ask[] = [
  get("/api/v1/objects?limit=5"),
  get("/api/v1/objects?text=partner"),
  get(`/api/v1/objects/${SEEN}`),
  get(`/api/v1/objects/${SEEN}/sources`),
  get(`/api/v1/objects/${String(thing("hidden").id)}`),
  json("/api/v1/lookup", { values: ["192.0.2.7"] }),
  get("/api/v1/export?format=list"),
  get("/api/v1/mine"),
  get(`${ROOT}/originals/objects/`),
  get(`${ROOT}/consolidated/manifest/`),
  get(`${ROOT}/recalls/objects/`),
];

/** A store that holds the write lock of one transaction while it is told to. */
function holding(): { wrap(storage: Storage): Storage; hold(): Promise<() => void> } {
  let inner: Storage | undefined;
  return {
    wrap: (storage) => {
      inner = storage;
      return storage;
    },
    hold: () =>
      new Promise((held) => {
        let release = (): void => undefined;
        const until = new Promise<void>((done) => {
          release = done;
        });
        const ended = inner?.transaction(async (unit) => {
          const [any] = await unit.collection(Rows).all({ limit: 1 });
          if (any !== undefined) await unit.collection(Rows).put({ ...any });
          held(() => release());
          await until;
        });
        void ended?.catch(() => undefined);
      }),
  };
}

async function open(wrapStorage?: (storage: Storage) => Storage): Promise<TemporaryWorld> {
  const world = await TemporaryWorld.open({
    ...(wrapStorage === undefined ? {} : { wrapStorage }),
    settings: { RATE_LIMIT_PER_MINUTE: "60" },
  });
  world.at(START, "seen");
  await world.post("feed-JP-NPA", [thing("seen by all"), thing("another")], { label: shared });
  world.at(START + 1000, "hidden");
  await world.post("j1", thing("hidden"), { label: { tlp: "AMBER+STRICT" } });
  return world;
}

/** Each request at an instant of its own; a reply that does not come within ten seconds is none. */
async function ask(world: TemporaryWorld, asks: readonly Ask[]): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const [i, one] of asks.entries()) {
    world.at(START + 10_000 + i * 10, `read/${i}`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, failed) => {
      timer = setTimeout(() => failed(new Error(`${one.path} waited for a hidden writer`)), 10_000);
    });
    replies.push(await Promise.race([world.ask("k3", one), late]).finally(() => clearTimeout(timer)));
  }
  return replies;
}

test("reads over REST and TAXII – while somebody else's hidden transaction stays open – are answered, byte for byte as where nobody writes", async () => {
  const gate = holding();
  const [still, busy] = [await open(), await open(gate.wrap)];
  try {
    // The first page of an account tells the store of the minute: it is asked before the writer begins.
    for (const world of [still, busy]) await ask(world, READS.slice(-3));
    const release = await gate.hold();
    try {
      const [quiet, stalled] = [await ask(still, READS), await ask(busy, READS)];
      for (const [i, one] of READS.entries()) {
        const [a, b] = [quiet[i], stalled[i]];
        if (a === undefined || b === undefined) throw new Error("a reply is missing");
        compare(one, a, b);
      }
    } finally {
      release();
    }
  } finally {
    await Promise.all([still.close(), busy.close()]);
  }
});

test("replies – asked for packed in every way – come unpacked, and without a date or tag of what changed last", async () => {
  const world = await open();
  try {
    for (const [i, one] of READS.entries()) {
      world.at(START + 10_000 + i * 10, `plain/${i}`);
      const plain = await world.ask("k3", one);
      world.at(START + 10_005 + i * 10, `packed/${i}`);
      const packed = await world.ask("k3", { ...one, headers: { "Accept-Encoding": "gzip, deflate, br, zstd" } });
      expect([one.path, packed.headers["content-encoding"], packed.headers["transfer-encoding"]]).toEqual([
        ...[one.path, undefined, plain.headers["transfer-encoding"]],
      ]);
      expect(packed.status).toBe(plain.status);
      expect([plain.headers.etag, plain.headers["last-modified"]]).toEqual([undefined, undefined]);
    }
  } finally {
    await world.close();
  }
});

test("an account – beside others that post, release and spend all of theirs – has its own requests a minute, neither more nor fewer", async () => {
  const world = await open();
  try {
    const spend = async (as: string): Promise<number> => {
      for (let n = 0; n < 200; n++) if ((await world.ask(as, get("/api/v1/me"))).status === 429) return n;
      return 200;
    };
    // Two posts are spent.
    expect(await spend("feed-JP-NPA")).toBe(59);
    expect(await spend("j1")).toBe(59);
    expect(await spend("k3")).toBe(60);
  } finally {
    await world.close();
  }
});
