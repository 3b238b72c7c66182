import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { mongo } from "mongoose";
import { fastFolder } from "./fast-folder.ts";
import { freePort } from "./free-port.ts";

/**
 * Where the MongoDB of the tests comes from: `MONGODB_URI`, else a `mongod` on the path, else the stand-in (SecantusDB) that `node scripts/python.mjs mongo` puts
 * into `.python/mongo`. A server that we start belongs to one worker of Jest: the first file that needs it starts it, and it is kept for the run.
 */
export type MongoSource = "given" | "mongod" | "stand-in";

const STAND_IN = resolve(process.cwd(), ".python", "mongo", "bin", "secantusd-py");
const KEEPER = resolve(process.cwd(), "test", "support", "mongo-keeper.cjs");
const SET = "tests";
const PATIENCE_MS = 30_000;
const ALREADY_INITIALISED = 23;

const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((program) => existsSync(program));

const isGiven = (): boolean => (process.env.MONGODB_URI ?? "") !== "";

/** Which it is here; undefined where there is none. */
export function mongoSource(): MongoSource | undefined {
  if (isGiven()) return "given";
  if (onPath("mongod") !== undefined) return "mongod";
  return existsSync(STAND_IN) ? "stand-in" : undefined;
}

interface Running {
  readonly keeper: number;
  readonly uri: string;
}
/** Told to those who end a run (`run-folder.cjs`) and to the next files of this worker. */
const RUN = process.env.TRICORD_TEST_RUN;
const OWNER = process.env.TRICORD_TEST_PID ?? String(process.pid);
const noted = RUN === undefined ? undefined : join(RUN, `mongo-${process.env.JEST_WORKER_ID ?? "0"}.json`);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

function kept(): string | undefined {
  if (noted === undefined || !existsSync(noted)) return undefined;
  const { keeper, uri } = JSON.parse(readFileSync(noted, "utf8")) as Running;
  if (isAlive(keeper)) return uri;
  console.warn(`the MongoDB server of an earlier test file (${uri}) has ended; starting another`);
  return undefined;
}

const programOf = (source: MongoSource, folder: string, port: number): readonly [string, ...string[]] =>
  source === "mongod"
    ? [
        onPath("mongod") ?? "mongod",
        ...["--replSet", SET, "--dbpath", join(folder, "data"), "--bind_ip", "127.0.0.1", "--port", String(port)],
        ...["--wiredTigerCacheSizeGB", "0.5", "--setParameter", "enableTestCommands=1"],
      ]
    : [
        STAND_IN,
        ...["--host", "127.0.0.1", "--port", String(port), "--storage-path", join(folder, "data")],
        ...["--cache-size", "512M", "--log-level", "WARNING", "--enable-test-commands"],
      ];

/** One member, that elects itself. Gives the name of its set. */
async function primary(port: number, isRunning: () => boolean): Promise<string> {
  let failure: unknown = "it never was primary";
  for (const last = Date.now() + PATIENCE_MS; Date.now() < last && isRunning(); await pause(25)) {
    // A client whose first try failed tries no more.
    const direct = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
      serverSelectionTimeoutMS: 1_000,
      connectTimeoutMS: 1_000,
    });
    try {
      if (!(await isListening(port))) continue;
      const hello = await direct.db("admin").command({ hello: 1 });
      if (hello.isWritablePrimary === true && typeof hello.setName === "string") return hello.setName;
      if (hello.setName === undefined) await initiate(direct, port);
    } catch (error) {
      failure = error;
    } finally {
      await direct.close();
    }
  }
  throw failure;
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    const tell = (answer: boolean): void => {
      socket.destroy();
      done(answer);
    };
    socket.once("connect", () => tell(true));
    socket.once("error", () => tell(false));
  });

async function initiate(direct: mongo.MongoClient, port: number): Promise<void> {
  const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
  try {
    await direct.db("admin").command({ replSetInitiate: { _id: SET, members } });
  } catch (error) {
    if (!(error instanceof mongo.MongoServerError) || error.code !== ALREADY_INITIALISED) throw error;
  }
}

async function start(source: MongoSource): Promise<string> {
  const folder = mkdtempSync(join(fastFolder(), "tricord-mongo-"));
  mkdirSync(join(folder, "data"));
  const port = await freePort();
  const keeper = spawn(process.execPath, [KEEPER, OWNER, folder, ...programOf(source, folder, port)], {
    detached: true,
    stdio: "ignore",
  });
  keeper.unref();
  try {
    const set = await primary(port, () => keeper.exitCode === null);
    const uri = `mongodb://127.0.0.1:${port}/?replicaSet=${set}`;
    if (noted !== undefined) writeFileSync(noted, JSON.stringify({ keeper: keeper.pid ?? 0, uri } satisfies Running));
    return uri;
  } catch (error) {
    const log = join(folder, "server.log");
    const said = existsSync(log) ? readFileSync(log, "utf8").slice(-2000) : "";
    keeper.kill("SIGTERM");
    throw new Error(`the MongoDB server of the tests (${source}) does not start: ${String(error)}\n${said}`);
  }
}

let serving: Promise<string> | undefined;

/** The address of this worker's server, without a database; started if it does not run. An error that says how to get one where there is none. */
export function mongoUri(): Promise<string> {
  serving ??= find();
  return serving;
}

async function find(): Promise<string> {
  const source = mongoSource();
  if (source === undefined)
    throw new Error(
      "there is no MongoDB for the tests: set MONGODB_URI, put mongod on the path, or run `node scripts/python.mjs mongo`",
    );
  return source === "given" ? String(process.env.MONGODB_URI) : (kept() ?? start(source));
}
