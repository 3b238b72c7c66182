import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Sample } from "./corpus.ts";
import { ServerUnderTest } from "./server-under-test.ts";
import { ask, type Door } from "./taxii-client.ts";

/** Who reads: somebody who sees everything, or one object in a thousand. */
export type Who = "all" | "few";
export const ONE_IN = 1000;

/** A TAXII server that runs, as the measurements see it. */
export interface TaxiiServer {
  readonly name: string;
  /** Where a new object is posted that this reader shall see. */
  readonly posts: (who: Who) => Door;
  readonly reads: (who: Who) => Door;
  /** Reads as who sees all, with a password that is paid for each time. */
  readonly basicDoor?: Door;
  /** Readers with an account each, where the server tells them apart. */
  readonly pollers: (count: number) => Door[];
  /** Brings in objects the quickest way it has; every thousandth is seen by `few`. Our own hides the rest under so many labels. */
  readonly load: (samples: readonly Sample[], labels?: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const fewOf = (samples: readonly Sample[]): Sample[] => samples.filter((_, i) => i % ONE_IN === ONE_IN / 2);
const basic = (user: string, password: string): Record<string, string> => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

export const freePort = (): Promise<number> =>
  new Promise((found, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => found(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

// ---- Tricord

const POSTER = "feed-US-CISA";
/** Sees every object of the bench; HTTP Basic, as the Python clients sign in. */
const READS_ALL = "feed-JP-NPA";
const READS_FEW = "feed-KR-NIS";
/** What hides the rest from Korea stands under so many labels that differ in the end of the release. */
const LABELS = 100;
const labelFor = (who: Who, n: number): string =>
  JSON.stringify({
    tlp: "GREEN",
    releases: [
      {
        agreement: "TRI",
        countries: who === "few" ? ["JPN", "KOR"] : ["JPN"],
        agencies: "*",
        ...(who === "all" && { until: new Date(Date.UTC(2090, 0, 1 + n)).toISOString() }),
      },
    ],
  });

interface Demo {
  readonly accounts: readonly { username: string; password: string; country?: string; role: string }[];
  readonly taxii: { readonly apiRoot: string; readonly collections: { readonly originals: string } };
}

export async function startTricord(collection: "originals" | "consolidated" = "originals"): Promise<TaxiiServer> {
  const server = await ServerUnderTest.start(await freePort());
  const demo = JSON.parse(readFileSync(join(server.folder, "demo-accounts.json"), "utf8")) as Demo;
  const { apiRoot, collections } = demo.taxii;
  const ids: Readonly<Record<string, string>> = collections;
  const urlOf = (name: string): string =>
    `${server.url}${new URL(apiRoot).pathname}collections/${ids[name] ?? name}/objects/`;
  const signIn = (name: string): Record<string, string> => {
    const account = demo.accounts.find(({ username }) => username === name);
    if (account === undefined) throw new Error(`there is no account ${name}`);
    return basic(name, account.password);
  };
  const ingest: Door = {
    url: `${server.url}/api/v1/ingest`,
    headers: { ...server.headers(POSTER), "Content-Type": "application/json" },
  };
  const bundle = (some: readonly Sample[]): string => `{"objects":[${some.map(({ text }) => text).join(",")}]}`;
  const bring = async (samples: readonly Sample[], label: string): Promise<void> => {
    const headers = { ...ingest.headers, "Tricord-Label": label };
    for (let from = 0; from < samples.length; from += 1000)
      await ask("POST", { ...ingest, headers }, {}, bundle(samples.slice(from, from + 1000)));
  };
  return {
    name: "Tricord",
    posts: (who) => ({
      url: urlOf("originals"),
      headers: { ...server.headers(POSTER), "Tricord-Label": labelFor(who, 0) },
    }),
    reads: (who) => ({ url: urlOf(collection), headers: signIn(who === "all" ? READS_ALL : READS_FEW) }),
    pollers: (count) =>
      demo.accounts
        .filter(({ role, country }) => country !== undefined && /^(?:feed|analyst|reviewer|releaser)$/.test(role))
        .slice(0, count)
        .map(({ username }) => ({ url: urlOf(collection), headers: signIn(username) })),
    load: async (samples, labels = LABELS) => {
      const few = new Set(fewOf(samples));
      const rest = samples.filter((one) => !few.has(one));
      const share = Math.ceil(rest.length / labels / 1000) * 1000;
      const parts = Array.from({ length: Math.ceil(rest.length / share) }, (_, n) => n);
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let n = next++; n < parts.length; n = next++)
          await bring(rest.slice(n * share, (n + 1) * share), labelFor("all", n));
      };
      await Promise.all([worker(), worker(), bring([...few], labelFor("few", 0))]);
    },
    stop: () => server.stop(),
  };
}

// ---- the others

const USER = "bench";
const PASSWORD = "bench-password";
const BIN = dirname(resolve(".python/peers/bin/python"));

/** Makes `.python/peers`; false where that can't be, with the reason on standard error. */
export const peersAreThere = (): boolean =>
  spawnSync(process.execPath, ["scripts/python.mjs", "peers"], { stdio: ["ignore", "ignore", "inherit"] }).status === 0;

function python(args: readonly string[], env: NodeJS.ProcessEnv): string {
  const { status, stdout, stderr } = spawnSync(join(BIN, "python"), args, {
    env,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`python ${args.join(" ")} ended with ${status}: ${stderr.slice(-1500)}`);
  return stdout;
}

/** gunicorn, as both projects' own pages advise; waits until it answers at all. */
async function gunicorn(args: readonly string[], port: number, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(
    join(BIN, "gunicorn"),
    [
      ...args,
      "--bind",
      `127.0.0.1:${port}`,
      "--keep-alive",
      "75",
      "--timeout",
      "600",
      "--no-control-socket",
      "--log-level",
      "error",
    ],
    { env, stdio: ["ignore", "ignore", process.env.BENCH_VERBOSE === undefined ? "ignore" : "inherit"] },
  );
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`gunicorn ended with ${child.exitCode}`);
    const up = await ask("GET", { url: `http://127.0.0.1:${port}/taxii2/`, headers: basic(USER, PASSWORD) }).then(
      () => true,
      () => false,
    );
    if (up) return child;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("gunicorn did not answer in time");
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
const lines = (samples: readonly Sample[]): string => `${samples.map(({ text }) => text).join("\n")}\n`;

/** OpenTAXII on SQLite, two processes for two cores. Signed in by token, its quickest way. */
export async function startOpenTaxii(): Promise<TaxiiServer> {
  const folder = mkdtempSync(join(tmpdir(), "tricord-opentaxii-"));
  const port = await freePort();
  const config = join(folder, "opentaxii.yml");
  writeFileSync(
    config,
    `domain: "127.0.0.1:${port}"
support_basic_auth: yes
return_server_error_details: no
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: { db_connection: "sqlite:///${folder}/auth.db", create_tables: yes, secret: bench, token_ttl_secs: 86400 }
taxii1:
taxii2:
  title: bench
  max_content_length: 104857600
  public_discovery: true
  allow_custom_properties: true
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: { db_connection: "sqlite:///${folder}/data.db", create_tables: yes }
logging: { opentaxii: critical, root: critical }
`,
  );
  const env = { ...process.env, OPENTAXII_CONFIG: config, PYTHONPATH: resolve("bench") };
  const program = resolve("bench/taxii_opentaxii.py");
  const made = JSON.parse(python([program, "setup", USER, PASSWORD], env)) as Readonly<Record<"root" | Who, string>>;
  const child = await gunicorn(
    ["taxii_opentaxii:app", "--workers", "2", "--threads", "10", "--config", "python:opentaxii.http"],
    port,
    env,
  );
  const url = `http://127.0.0.1:${port}`;
  const signed = await fetch(`${url}/management/auth`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username: USER, password: PASSWORD }),
  });
  const { token } = (await signed.json()) as { token: string };
  const urlOf = (who: Who): string => `${url}/taxii2/${made.root}/collections/${made[who]}/objects/`;
  const door = (who: Who): Door => ({ url: urlOf(who), headers: { Authorization: `Bearer ${token}` } });
  return {
    name: "OpenTAXII",
    posts: door,
    reads: door,
    basicDoor: { url: urlOf("all"), headers: basic(USER, PASSWORD) },
    pollers: (count) => Array.from({ length: count }, () => door("all")),
    load: async (samples) => {
      const parts: readonly (readonly [Who, readonly Sample[]])[] = [
        ["all", samples],
        ["few", fewOf(samples)],
      ];
      for (const [who, some] of parts) {
        const file = join(folder, "load.jsonl");
        writeFileSync(file, lines(some));
        if (some.length > 0) python([program, "load", made[who], file], env);
      }
    },
    stop: () => end(child, folder),
  };
}

/** medallion in memory: one process by nature. It can be loaded only as it starts, so it is posted to. */
export async function startMedallion(): Promise<TaxiiServer> {
  const folder = mkdtempSync(join(tmpdir(), "tricord-medallion-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const collections = [
    { id: "11111111-1111-4111-8111-111111111111", title: "all" },
    { id: "22222222-2222-4222-8222-222222222222", title: "few" },
  ].map((one) => ({
    ...one,
    can_read: true,
    can_write: true,
    media_types: ["application/stix+json;version=2.1"],
    objects: [],
    manifest: [],
  }));
  const information = {
    title: "bench",
    versions: ["application/taxii+json;version=2.1"],
    max_content_length: 104857600,
  };
  const data = join(folder, "data.json");
  writeFileSync(
    data,
    JSON.stringify({
      "/discovery": { title: "bench", default: `${url}/bench/`, api_roots: [`${url}/bench/`] },
      bench: { information, status: [], collections },
    }),
  );
  const config = join(folder, "medallion.json");
  writeFileSync(
    config,
    JSON.stringify({
      backend: {
        module: "medallion.backends.memory_backend",
        module_class: "MemoryBackend",
        filename: data,
        session_timeout: 3600,
      },
      users: { [USER]: PASSWORD },
      taxii: { max_page_size: 1000 },
    }),
  );
  const child = await gunicorn(
    [`medallion:load_app("${config}")`, "--workers", "1", "--threads", "20"],
    port,
    process.env,
  );
  const door = (who: Who): Door => ({
    url: `${url}/bench/collections/${collections.find(({ title }) => title === who)?.id}/objects/`,
    headers: basic(USER, PASSWORD),
  });
  return {
    name: "medallion",
    posts: door,
    reads: door,
    pollers: (count) => Array.from({ length: count }, () => door("all")),
    load: async (samples) => {
      for (let from = 0; from < samples.length; from += 1000)
        await ask(
          "POST",
          door("all"),
          {},
          `{"objects":[${samples
            .slice(from, from + 1000)
            .map(({ text }) => text)
            .join(",")}]}`,
        );
      const few = fewOf(samples);
      if (few.length > 0) await ask("POST", door("few"), {}, `{"objects":[${few.map(({ text }) => text).join(",")}]}`);
    },
    stop: () => end(child, folder),
  };
}
