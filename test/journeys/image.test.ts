import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "../support/free-port.ts";
import { ensureBuilt } from "../support/real-server.ts";
import { send } from "../support/send.ts";

jest.setTimeout(600_000);

const ROOT = process.cwd();
const isRoot = process.getuid?.() === 0;

interface Stage {
  readonly copies: readonly { readonly from: readonly string[]; readonly to: string }[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | undefined;
  readonly cmd: readonly string[];
  readonly health: readonly string[];
}

/** The stages of the Dockerfile, as far as they say which files there are, who runs and what. */
function stagesOf(text: string): Stage[] {
  const lines = text
    .replace(/^\s*#.*\n/gm, "")
    .replace(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, word = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (word === "FROM") stages.push({ copies: [], env: {}, user: undefined, cmd: [], health: [] });
    const held = stages.pop();
    if (held === undefined) continue;
    const list = (json: string): string[] => JSON.parse(json) as string[];
    const parts = rest.split(/\s+/).filter((part) => !part.startsWith("--"));
    stages.push({
      ...held,
      ...(word === "COPY" && { copies: [...held.copies, { from: parts.slice(0, -1), to: parts.at(-1) ?? "" }] }),
      ...(word === "ENV" && { env: { ...held.env, ...Object.fromEntries(parts.map((part) => part.split("=", 2))) } }),
      ...(word === "USER" && { user: rest }),
      ...(word === "CMD" && { cmd: list(rest) }),
      ...(word === "HEALTHCHECK" && { health: list(rest.slice(rest.indexOf("CMD") + 3)) }),
    });
  }
  return stages;
}

/** What `npm prune --omit=dev` leaves, as hard links: a package of the tests that the server imports is then missing. */
function productionPackages(into: string): void {
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  const places = Object.entries(lock.packages).flatMap(([place, { dev, devOptional }]) =>
    place === "" || dev === true || devOptional === true || !existsSync(join(ROOT, place)) ? [] : [place],
  );
  const own = places.filter((one) => one.lastIndexOf("node_modules/") === 0);
  try {
    execFileSync("cp", ["-al", "--parents", ...own, into], { cwd: ROOT, stdio: "ignore" });
  } catch {
    for (const place of own) cpSync(join(ROOT, place), join(into, place), { recursive: true });
  }
}

const filesOf = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String).sort();

/** The steps of the Dockerfile in clean folders, without an engine: what it does not copy is not there. */
describe("the image, by hand", () => {
  const [build, run] = stagesOf(readFileSync("Dockerfile", "utf8"));
  const made = mkdtempSync(join(tmpdir(), "tricord-image-"));
  const [built, app, data] = [join(made, "build"), join(made, "app"), join(made, "data")];
  afterAll(() => {
    execFileSync("chmod", ["-R", "u+w", made]);
    rmSync(made, { recursive: true, force: true });
  });

  test("the Dockerfile – read – has two stages, a numeric user that is not root, and files that .dockerignore lets through", () => {
    expect([build?.user, run?.user, run?.cmd]).toEqual([undefined, "1000:1000", ["node", "dist/server/main.js"]]);
    const let_in = readFileSync(".dockerignore", "utf8")
      .split("\n")
      .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
    const copied = (build?.copies ?? []).flatMap(({ from }) => from);
    expect([...copied].sort()).toEqual(let_in.sort());
    expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  });

  test("stage 1 – from what is copied alone – builds", async () => {
    await ensureBuilt();
    mkdirSync(built);
    for (const { from, to } of build?.copies ?? [])
      for (const path of from)
        cpSync(join(ROOT, path), to.endsWith("/") ? join(built, to, path) : join(built, to), { recursive: true });
    execFileSync("ln", ["-s", join(ROOT, "node_modules"), join(built, "node_modules")]);
    execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: built, stdio: "pipe" });
    expect(existsSync(join(built, "dist", "server", "main.js"))).toBe(true);
    rmSync(join(built, "node_modules"));
    productionPackages(built);
  });

  test("stage 2 – as another user, over files that it can't write – serves, is healthy, takes commands, and ends on SIGTERM with 0", async () => {
    mkdirSync(app);
    for (const { from, to } of run?.copies ?? [])
      for (const path of from) {
        const name = path.replace(/^\/app\//, "");
        cpSync(join(built, name), to.endsWith("/") ? join(app, to, name) : join(app, to), { recursive: true });
      }
    execFileSync("chmod", ["-R", "a-w,a+rX", app]);
    chmodSync(made, 0o755);
    mkdirSync(data, { mode: 0o700 });
    const user = isRoot ? { uid: 1000, gid: 1000 } : {};
    if (isRoot) chownSync(data, 1000, 1000);
    const port = String(await freePort());
    const before = filesOf(app);
    const env = {
      PATH: process.env.PATH ?? "",
      ...run?.env,
      HOST: "127.0.0.1",
      PORT: port,
      DATA_DIR: data,
      LOG_LEVEL: "error",
    };
    const [program = "", ...args] = run?.cmd ?? [];
    const child = spawn(program, args, { cwd: app, env, ...user, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const ended = new Promise((done) => child.once("close", (code, signal) => done([code, signal])));
    const ready = new Promise<void>((done) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          said += text;
          if (said.includes("is ready")) done();
        });
    });
    await Promise.race([
      ready,
      ended.then(() => {
        throw new Error(said);
      }),
    ]);
    const health = run?.health ?? [];
    execFileSync(health[0] ?? "", health.slice(1), { cwd: app, env, ...user, stdio: "pipe" });
    expect((await send(`http://127.0.0.1:${port}/readyz`, "GET", {})).status).toBe(200);
    const told = execFileSync("node", [resolve(app, "dist/server/cli/main.js"), "dedup", "report", "--json"], {
      cwd: app,
      env,
      ...user,
    });
    expect(JSON.parse(told.toString())).toMatchObject({ contributions: expect.any(Number) });
    if (isRoot) expect(() => execFileSync("touch", [join(app, "x")], { ...user, stdio: "pipe" })).toThrow();
    expect(readdirSync(app).sort()).toEqual(["dist", "node_modules", "package.json", "seed"]);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(filesOf(app)).toEqual(before);
    expect(said).toContain("SIGTERM: finishing what is under way");
  });
});
