import { randomInt, randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { ServerUnderTest } from "./server-under-test.ts";
import { compareSamples } from "./two-samples.ts";

/**
 * `npm run -s bench -- timing [--requests 2000]`: whether response times tell hidden from unknown (policy 7). The same request for what is stored and hidden from
 * the reader and for what was never there, in drawn order, one at a time; of each two lots what a two-sample test says and how far apart the medians are.
 */
const READER = "f3";
const ABROAD = "feed-JP-NPA";
const WARM_UP = 150;
/** What the reader sees beside, so that the store is no empty one. */
const VISIBLE = 4000;
const BATCH = 500;

const say = (line: string): void => console.log(line);
const ms = (n: number): string => n.toFixed(3);

interface Names {
  readonly id: string;
  readonly value: string;
}

const DAY = "2026-03-01T00:00:00.000Z";
const malware = (id: string): object => ({
  ...{ type: "malware", spec_version: "2.1", id, created: DAY, modified: DAY },
  ...{ name: `family ${id.slice(9, 17)}`, is_family: true, description: "of the bench" },
});
const address = (value: string): object => ({
  ...{ type: "domain-name", spec_version: "2.1", id: `domain-name--${randomUUID()}`, value },
});
const names = (count: number): Names[] =>
  Array.from({ length: count }, () => ({ id: `malware--${randomUUID()}`, value: `${randomUUID()}.example.net` }));

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request from its first byte to the last of its answer. */
function timed(
  server: ServerUnderTest,
  as: string,
  { method, path, body, headers = {} }: Ask,
): Promise<{ ms: number; status: number; text: string }> {
  const sent = body === undefined ? "" : JSON.stringify(body);
  const of = sent === "" ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(sent) };
  return new Promise((done, failed) => {
    const started = performance.now();
    const under = request(
      `${server.url}${path}`,
      { method, agent, headers: { ...server.headers(as), ...of, ...headers } },
      (res) => {
        const pieces: Buffer[] = [];
        res.on("data", (piece: Buffer) => pieces.push(piece));
        res.on("end", () =>
          done({
            ms: performance.now() - started,
            status: res.statusCode ?? 0,
            text: Buffer.concat(pieces).toString("utf8"),
          }),
        );
        res.on("error", failed);
      },
    );
    under.on("error", failed);
    under.end(sent);
  });
}

async function postAll(server: ServerUnderTest, as: string, objects: readonly object[], label: object): Promise<void> {
  for (let from = 0; from < objects.length; from += BATCH) {
    const bundle = { type: "bundle", id: `bundle--${randomUUID()}`, objects: objects.slice(from, from + BATCH) };
    const headers = { "Tricord-Label": JSON.stringify(label) };
    const { status, text } = await timed(server, as, {
      ...{ method: "POST", path: "/api/v1/ingest", body: bundle, headers },
    });
    if (status !== 200) throw new Error(`ingest answered ${status}: ${text.slice(0, 300)}`);
  }
}

interface Case {
  readonly name: string;
  /** 404, or 200 for what answers so in either case. */
  readonly status: number;
  /** Names of its own, where asking changes what is there. */
  readonly writes?: true;
  ask(of: Names): Ask;
}

const own = { "Tricord-Label": JSON.stringify({ tlp: "AMBER+STRICT" }) };
const CASES: readonly Case[] = [
  { name: "object, REST", status: 404, ask: ({ id }) => ({ method: "GET", path: `/api/v1/objects/${id}` }) },
  {
    ...{ name: "object, TAXII", status: 404 },
    ask: ({ id }) => ({ method: "GET", path: `/taxii2/dprk/collections/originals/objects/${id}/` }),
  },
  { name: "sources", status: 404, ask: ({ id }) => ({ method: "GET", path: `/api/v1/objects/${id}/sources` }) },
  {
    ...{ name: "relationships", status: 404 },
    ask: ({ id }) => ({ method: "GET", path: `/api/v1/objects/${id}/relationships` }),
  },
  {
    ...{ name: "lookup of a value", status: 200 },
    ask: ({ value }) => ({ method: "POST", path: "/api/v1/lookup", body: { values: [value] } }),
  },
  {
    ...{ name: "withdrawal", status: 404 },
    ask: ({ id }) => ({ method: "POST", path: `/api/v1/objects/${id}/withdraw`, body: { reason: "a guess" } }),
  },
  {
    ...{ name: "post under an id", status: 200, writes: true },
    ask: ({ id }) => ({ method: "POST", path: "/api/v1/ingest", body: malware(id), headers: own }),
  },
  {
    ...{ name: "post of a value", status: 200, writes: true },
    ask: ({ value }) => ({ method: "POST", path: "/api/v1/ingest", body: address(value), headers: own }),
  },
];

type Lot = readonly [hidden: number[], unknown: number[]];

/** Sends every case once for something hidden and once for something unknown, in drawn order. */
async function round(
  server: ServerUnderTest,
  pools: readonly (readonly [Names, Names])[],
  into?: readonly Lot[],
): Promise<void> {
  const turns = CASES.flatMap((_, c) => [0, 1].map((side) => ({ c, side })));
  for (let i = turns.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [turns[i], turns[j]] = [turns[j] as (typeof turns)[0], turns[i] as (typeof turns)[0]];
  }
  for (const { c, side } of turns) {
    const [one, pair] = [CASES[c], pools[c]];
    if (one === undefined || pair === undefined) continue;
    const name = side === 0 ? pair[0] : pair[1];
    const { ms: took, status, text } = await timed(server, READER, one.ask(name));
    if (status !== one.status) throw new Error(`${one.name} answered ${status}: ${text.slice(0, 300)}`);
    into?.[c]?.[side === 0 ? 0 : 1].push(took);
  }
}

export async function timingBench(): Promise<void> {
  const requests = Number(process.argv[process.argv.indexOf("--requests") + 1]) || 2000;
  const server = await ServerUnderTest.start(18_170);
  try {
    const everybody = {
      tlp: "GREEN",
      releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" }],
    };
    const rounds = requests + WARM_UP;
    // What is only read may be asked by each case; what a post asks for is there afterwards.
    const read = names(rounds);
    const written = CASES.map(({ writes }) => (writes === true ? names(rounds) : read));
    const hidden = [...new Set(written)].flat();
    await postAll(
      server,
      ABROAD,
      names(VISIBLE).map(({ id }) => malware(id)),
      everybody,
    );
    await postAll(
      server,
      ABROAD,
      hidden.map(({ id }) => malware(id)),
      { tlp: "AMBER+STRICT" },
    );
    await postAll(
      server,
      ABROAD,
      hidden.map(({ value }) => address(value)),
      { tlp: "AMBER+STRICT" },
    );
    const unknown = CASES.map(() => names(rounds));
    const lots: Lot[] = CASES.map(() => [[], []]);
    for (let i = 0; i < rounds; i++) {
      const pools = CASES.map((_, c) => [written[c]?.[i], unknown[c]?.[i]] as [Names, Names]);
      await round(server, pools, i < WARM_UP ? undefined : lots);
    }
    say(`${requests} requests of each kind, hidden and unknown in drawn order; ms`);
    for (const [c, [one, other]] of lots.entries()) {
      const found = compareSamples(one, other, Math.random);
      const [a, b] = found.medians;
      say(
        `${CASES[c]?.name}: hidden ${ms(a)}, unknown ${ms(b)}; difference ${ms(found.difference)} (95 %: ${found.interval.map(ms).join(" to ")}); hidden slower in ${found.greater.toFixed(3)} of pairs; Mann–Whitney p ${found.mannWhitney.toPrecision(2)}; Kolmogorov–Smirnov D ${found.distance.toFixed(3)}, p ${found.kolmogorovSmirnov.toPrecision(2)}`,
      );
    }
  } finally {
    agent.destroy();
    await server.stop();
  }
}
