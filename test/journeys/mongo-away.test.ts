import { connect, createServer, type Socket } from "node:net";
import { PageFollower } from "../support/page-follower.ts";
import { dataFolder, endAll, RealServer, storeSettings } from "../support/real-server.ts";
import { bundle, indicator, TRI } from "../support/samples.ts";
import { foundIn } from "../support/sound-store.ts";
import { STORE } from "../support/which-store.ts";

jest.setTimeout(600_000);

const AWAY_MS = 10_000;
const GREEN = { tlp: "GREEN", releases: [TRI] };
const POSTER = "feed-US-CISA";
const pause = (ms: number): Promise<void> => new Promise((turn) => setTimeout(turn, ms));
const onMongo = STORE === "mongo" ? test : test.skip;
const gates: Gate[] = [];
afterAll(async () => {
  await endAll();
  for (const gate of gates) await gate.close();
});

/** Stands between our server and its MongoDB, and takes that away: lines that are cut and refused, or that nobody answers on. */
class Gate {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server = createServer((near) => this.#accept(near));
  readonly #host: string;
  readonly #port: number;
  #state: "open" | "cut" | "silent" = "open";

  private constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  static async before(uri: string): Promise<{ gate: Gate; uri: string }> {
    const [, host = "", port = "27017", path = ""] = /^mongodb:\/\/([^:/,]+)(?::(\d+))?\/([^?]*)/.exec(uri) ?? [];
    const gate = new Gate(host, Number(port));
    gates.push(gate);
    await new Promise<void>((listening) => gate.#server.listen(0, "127.0.0.1", listening));
    const address = gate.#server.address();
    const own = typeof address === "object" && address !== null ? address.port : 0;
    // Directly: the set would name the address behind the gate.
    return { gate, uri: `mongodb://127.0.0.1:${own}/${path}?directConnection=true` };
  }

  #accept(near: Socket): void {
    if (this.#state === "cut") {
      near.destroy();
      return;
    }
    const far = connect(this.#port, this.#host);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on("data", (bytes) => {
        if (this.#state !== "silent") to.write(bytes);
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  cut(): void {
    this.#state = "cut";
    this.#drop();
  }

  silence(): void {
    this.#state = "silent";
  }

  open(): void {
    // What was said into the silence is lost: those lines are of no use any more.
    this.#drop();
    this.#state = "open";
  }

  #drop(): void {
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  async close(): Promise<void> {
    this.#drop();
    await new Promise((closed) => this.#server.close(closed));
  }
}

onMongo(
  "MongoDB – cut off for ten seconds, then silent for ten, in the middle of ingest and polls – 503 with Retry-After, then it goes on by itself; nothing acknowledged is lost, nothing is there twice",
  async () => {
    const folder = dataFolder();
    const { MONGODB_URI = "" } = await storeSettings(folder);
    const { gate, uri } = await Gate.before(MONGODB_URI);
    const server = await RealServer.start({ folder, env: { MONGODB_URI: uri } });
    const follower = new PageFollower("j1");
    await follower.catchUp(server);
    let running = true;
    let told = 0;
    const strange: string[] = [];
    const taken: string[] = [];
    /** Posts until it is taken, one batch after the other. What is sent again may be `unchanged`: its first answer may have been lost. */
    const posting = (async () => {
      for (let n = 0; running; n++) {
        const objects = Array.from({ length: 5 }, (_, at) =>
          indicator(`away ${n} ${at}`, `[ipv4-addr:value = '10.9.${n}.${at}']`),
        );
        for (;;) {
          const reply = await server.ingest(POSTER, bundle(...objects), GREEN);
          if (reply.status === 200) {
            const { created = 0, unchanged = 0 } = reply.body.counts ?? {};
            if (created + unchanged !== objects.length) strange.push(reply.text);
            taken.push(...objects.map(({ id }) => String(id)));
            break;
          }
          if (reply.status !== 503 || Number(reply.headers["retry-after"] ?? 0) < 1)
            strange.push(`${reply.status} ${reply.text}`);
          if (/mongo|127\.0\.0\.1|\/work|Error:/i.test(reply.text)) strange.push(reply.text);
          told++;
          await pause(200);
        }
        await pause(100);
      }
    })();
    const polling = (async () => {
      while (running) {
        const reply = await server.get("/api/v1/objects", "k1", { limit: "10" });
        if (reply.status !== 200 && reply.status !== 503) strange.push(`${reply.status} ${reply.text}`);
        if (reply.status === 503 && Number(reply.headers["retry-after"] ?? 0) < 1) strange.push(reply.text);
        await pause(100);
      }
    })();
    for (const leave of [() => gate.cut(), () => gate.silence()]) {
      const [before, toldBefore] = [taken.length, told];
      leave();
      await pause(AWAY_MS);
      for (let waited = 0; told === toldBefore && waited < 60_000; waited += 100) await pause(100);
      gate.open();
      for (let waited = 0; taken.length < before + 10 && waited < 120_000; waited += 100) await pause(100);
      expect(taken.length).toBeGreaterThanOrEqual(before + 10);
      expect(told).toBeGreaterThan(toldBefore);
    }
    running = false;
    await Promise.all([posting, polling]);
    expect(strange).toEqual([]);
    const wanted = new Set(taken);
    const posts = (await server.mine(POSTER)).flatMap(({ id }) => (wanted.has(id) ? [id] : []));
    expect([posts.length, new Set(posts).size]).toEqual([wanted.size, wanted.size]);
    await follower.catchUp(server);
    const got = follower.of(wanted);
    expect([got.length, new Set(got).size]).toEqual([wanted.size, wanted.size]);
    expect((await server.stop()).code).toBe(0);
    expect(await foundIn(folder)).toEqual([]);
  },
);
