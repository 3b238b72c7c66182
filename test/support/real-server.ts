import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DemoAccount } from "../../seed/people.ts";
import { readConfig } from "../../server/config.ts";
import { openStore } from "../../server/open-store.ts";
import type { Storage } from "../../server/storage/port.ts";
import { fastFolder } from "./fast-folder.ts";
import { freePort } from "./free-port.ts";
import { loadDatabase, namedDatabase, type OwnDatabase, saveDatabase } from "./mongo-database.ts";
import { type PostReply, type Reply, type ReplyBody, type StixReply, send } from "./send.ts";
import { STORE } from "./which-store.ts";

/** The built program as processes of their own, each over a store in a temporary folder: what the stories in `test/journeys` act on. */
const ROOT = resolve(process.cwd());
const PATIENCE = 300_000;

/** Processes that this file started and that still run: only these are ever ended by it. */
const running = new Set<ChildProcess>();
const folders = new Set<string>();

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly printed: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

/** Settings of the machine that runs the tests must not reach the program under test. */
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(?:PATH|HOME|USER|LANG|TMPDIR|TEMP|TMP|SystemRoot)$/.test(name)),
  );

function start(args: readonly string[], env: Readonly<Record<string, string>>, input?: string | Uint8Array): Started {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...cleanEnv(), ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  const printed = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    printed.stderr += text;
  });
  // A program that ends without reading all of its input is no trouble of the test's.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input ?? "");
  const ended = new Promise<Ended>((done, failed) => {
    child.once("error", failed);
    child.once("close", (code, signal) => {
      running.delete(child);
      done({ code, signal, ...printed });
    });
  });
  return { child, printed, ended };
}

/** Work whose outcome every file of a run of Jest shares: the first that needs it does it, in a folder of the run (`run-folder.cjs`), and the others wait for that. */
async function once(name: string, work: (folder: string) => Promise<void>): Promise<string> {
  const run = process.env.TRICORD_TEST_RUN ?? mkdtempSync(join(fastFolder(), "tricord-run-"));
  if (process.env.TRICORD_TEST_RUN === undefined) folders.add(run);
  const [folder, outcome] = [join(run, name), join(run, `${name}.outcome`)];
  const told = (): string => (existsSync(outcome) ? readFileSync(outcome, "utf8") : "");
  const tell = (words: string): void => writeFileSync(outcome, words);
  let ours = true;
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    ours = false;
  }
  if (ours)
    await work(folder).then(
      () => tell("done"),
      (error: unknown) => tell(String(error)),
    );
  for (const last = Date.now() + 2 * PATIENCE; told() === "" && Date.now() < last; ) await pause(50);
  if (told() !== "done") throw new Error(`${name} could not be made for this run: ${told() || "not in time"}`);
  return folder;
}

/** Builds what is not built. */
async function build(): Promise<void> {
  const { code, stderr } = await start(["scripts/build.mjs"], {}).ended;
  if (code !== 0) throw new Error(`the build failed:\n${stderr}`);
}
let built: Promise<unknown> | undefined;
export const ensureBuilt = (): Promise<unknown> => {
  built ??= once("built", build);
  return built;
};

/** Databases of the folders of stores, by folder; none but with `STORE=mongo`. */
const databases = new Map<string, OwnDatabase>();

/** Where the store of a data folder is, as the environment would give it: with `STORE=mongo` each has a database of its own. */
export async function storeSettings(folder: string): Promise<Readonly<Record<string, string>>> {
  if (STORE !== "mongo") return { DATA_DIR: folder };
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const database = databases.get(folder) ?? (await namedDatabase(`tricord-journey-${name}`));
  databases.set(folder, database);
  return { DATA_DIR: folder, MONGODB_URI: database.uri };
}

/** The store of a data folder whose server has ended. */
export const openStoreOf = async (folder: string, options: { readonly readOnly?: boolean } = {}): Promise<Storage> =>
  openStore(readConfig(await storeSettings(folder)), options);

/** A store with the demonstration as a first start makes it, that nobody writes to; of a database what `saveDatabase` makes of it, beside the folder. */
const seeded = (): Promise<string> =>
  once("seeded", async (folder) => {
    const server = await RealServer.start({ folder });
    const { code, stderr } = await server.stop();
    if (code !== 0 || existsSync(join(folder, "content.sqlite-wal")))
      throw new Error(`it was not ended well: ${stderr}`);
    const { MONGODB_URI } = await storeSettings(folder);
    if (MONGODB_URI !== undefined) await saveDatabase(MONGODB_URI, `${folder}.bson`);
  });

/** A copy of that store, which says that it is of a server at `url`. */
async function seededFolder(url: string): Promise<string> {
  const [held, folder] = [await seeded(), dataFolder()];
  cpSync(held, folder, { recursive: true });
  const { MONGODB_URI } = await storeSettings(folder);
  if (MONGODB_URI !== undefined) await loadDatabase(MONGODB_URI, `${held}.bson`);
  const accounts = join(folder, "demo-accounts.json");
  writeFileSync(accounts, readFileSync(accounts, "utf8").replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, url));
  return folder;
}

/** A new folder for a store; `endAll` removes it. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(fastFolder(), "tricord-journey-"));
  folders.add(folder);
  return join(folder, "data");
}

/** `tricord …` on the store of a folder. */
export async function command(
  args: readonly string[],
  options: {
    readonly folder?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string | Uint8Array;
  } = {},
): Promise<Ended> {
  await ensureBuilt();
  const env = { ...(options.folder === undefined ? {} : await storeSettings(options.folder)), ...options.env };
  return start(["scripts/tricord.mjs", ...args], env, options.input).ended;
}

/** The server until it ends by itself: for starts that are refused. */
export async function failedStart(env: Readonly<Record<string, string>>): Promise<Ended> {
  await ensureBuilt();
  const store = env.DATA_DIR === undefined ? {} : await storeSettings(env.DATA_DIR);
  return start(["dist/server/main.js"], { ...store, ...env }).ended;
}

/** The server, killed so many milliseconds after it begins to load the demonstration. */
export async function cutStart({ folder, delay }: { readonly folder: string; readonly delay: number }): Promise<Ended> {
  await ensureBuilt();
  const { child, printed, ended } = start(["dist/server/main.js"], {
    ...(await storeSettings(folder)),
    PORT: String(await freePort()),
    LOG_LEVEL: "error",
  });
  child.stdout?.on("data", () => {
    if (printed.stdout.includes("Seeding")) setTimeout(() => child.kill("SIGKILL"), delay);
  });
  return ended;
}

/** Ends what this file started and removes its folders: for `afterAll`. */
export async function endAll(): Promise<void> {
  const gone = [...running].map((child) => new Promise((done) => child.once("close", done)));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(gone);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
  for (const database of databases.values()) await database.drop();
  databases.clear();
}

export interface Asked {
  /** The account that asks. */
  readonly as?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Bytes and text go as they are, anything else as JSON. */
  readonly body?: unknown;
}

/** A server that is ready, over a folder that outlives it. */
export class RealServer {
  readonly folder: string;
  readonly port: number;
  readonly #started: Started;
  // Idle connections go before the server ends them, which could be just as one is used again.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8, timeout: 4_000 });

  private constructor(started: Started, folder: string, port: number) {
    this.#started = started;
    this.folder = folder;
    this.port = port;
  }

  /**
   * Over a copy of a store that has the demonstration already, unless a `folder` is given: there the server makes what it needs. `program` is
   * `dist/server/main.js`, or what `npm start` runs.
   */
  static async start({
    folder: given,
    env = {},
    program = "dist/server/main.js",
  }: {
    folder?: string;
    env?: Readonly<Record<string, string>>;
    program?: string;
  } = {}): Promise<RealServer> {
    await ensureBuilt();
    const port = await freePort();
    const folder = given ?? (await seededFolder(`http://127.0.0.1:${port}`));
    const started = start([program], {
      PORT: String(port),
      ...(await storeSettings(folder)),
      LOG_LEVEL: "error",
      RATE_LIMIT_PER_MINUTE: "1000000",
      DAILY_BUDGET_PEOPLE: "1000000",
      ...env,
    });
    const { child, printed } = started;
    await new Promise<void>((ready, failed) => {
      const tooLate = setTimeout(() => failed(new Error(`not ready in time:\n${printed.stderr}`)), PATIENCE);
      child.stdout?.on("data", () => {
        if (!printed.stdout.includes("is ready")) return;
        clearTimeout(tooLate);
        ready();
      });
      child.once("exit", (code) => {
        clearTimeout(tooLate);
        failed(new Error(`the server ended with ${code}:\n${printed.stderr}`));
      });
    });
    return new RealServer(started, folder, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get stdout(): string {
    return this.#started.printed.stdout;
  }

  get stderr(): string {
    return this.#started.printed.stderr;
  }

  get accountsFile(): string {
    return join(this.folder, "demo-accounts.json");
  }

  account(username: string): DemoAccount {
    const file = this.accountsFile;
    const held = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { accounts: DemoAccount[] }) : undefined;
    const found = held?.accounts.find((one) => one.username === username);
    if (found === undefined) throw new Error(`there is no account ${username} in ${file}`);
    return found;
  }

  /** Its API key where it has one, else HTTP Basic. */
  credentials(username: string): Record<string, string> {
    const { apiKey, password } = this.account(username);
    return apiKey === undefined
      ? { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` }
      : { "X-Api-Key": apiKey };
  }

  send(method: string, path: string, { as, headers, query, body }: Asked = {}): Promise<Reply> {
    const asked = query === undefined ? "" : `?${new URLSearchParams(query)}`;
    return send(`${this.url}${path}${asked}`, method, {
      headers: { ...(as === undefined ? {} : this.credentials(as)), ...headers },
      agent: this.#agent,
      ...(body === undefined ? {} : { body }),
    });
  }

  get(path: string, as: string, query?: Readonly<Record<string, string>>): Promise<Reply> {
    return this.send("GET", path, { as, ...(query === undefined ? {} : { query }) });
  }

  post(path: string, as: string, body: unknown): Promise<Reply> {
    return this.send("POST", path, { as, body });
  }

  /** Posts content with a label request. */
  ingest(as: string, body: unknown, label?: unknown, query?: Readonly<Record<string, string>>): Promise<Reply> {
    return this.send("POST", "/api/v1/ingest", {
      as,
      body,
      ...(query === undefined ? {} : { query }),
      ...(label === undefined ? {} : { headers: { "Tricord-Label": JSON.stringify(label) } }),
    });
  }

  /** The bodies of every page of a list. */
  async pages(path: string, as: string, query: Readonly<Record<string, string>> = {}): Promise<ReplyBody[]> {
    const found: ReplyBody[] = [];
    let next: string | undefined;
    do {
      const page = await this.get(path, as, { limit: "1000", ...query, ...(next === undefined ? {} : { next }) });
      if (page.status !== 200) throw new Error(`${path} answered ${page.status}: ${page.text.slice(0, 300)}`);
      found.push(page.body);
      next = page.body.next;
    } while (next !== undefined);
    return found;
  }

  /** All objects that an account reads. */
  async objects(as: string, query: Readonly<Record<string, string>> = {}): Promise<StixReply[]> {
    return (await this.pages("/api/v1/objects", as, query)).flatMap(({ objects }) => objects ?? []);
  }

  /** All posts of an account's agency that it may see. */
  async mine(as: string): Promise<PostReply[]> {
    return (await this.pages("/api/v1/mine", as)).flatMap(({ posts }) => posts ?? []);
  }

  /** Tells it to end and waits until it has. */
  async stop(signal: "SIGINT" | "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<Ended> {
    this.#started.child.kill(signal);
    const ended = await this.#started.ended;
    this.#agent.destroy();
    return ended;
  }
}
