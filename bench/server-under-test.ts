import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

interface DemoAccount {
  readonly username: string;
  readonly password: string;
  readonly apiKey?: string;
}

/** The built server as a process of its own, on a free port and a store of its own in a temporary folder. */
export class ServerUnderTest {
  readonly url: string;
  readonly folder: string;
  readonly #child: ChildProcess;
  readonly #accounts: readonly DemoAccount[];

  private constructor(child: ChildProcess, folder: string, url: string) {
    this.#child = child;
    this.folder = folder;
    this.url = url;
    this.#accounts = (
      JSON.parse(readFileSync(join(folder, "demo-accounts.json"), "utf8")) as { accounts: DemoAccount[] }
    ).accounts;
  }

  /** Over a new store, or over that of a folder. */
  static async start(
    port: number,
    env: Readonly<Record<string, string>> = {},
    folder = mkdtempSync(join(tmpdir(), "tricord-bench-")),
  ): Promise<ServerUnderTest> {
    const child = spawn(process.execPath, [resolve("dist/server/main.js")], {
      env: {
        ...process.env,
        PORT: String(port),
        DATA_DIR: folder,
        LOG_LEVEL: "error",
        RATE_LIMIT_PER_MINUTE: "10000000",
        DAILY_BUDGET_PEOPLE: "1000000000",
        DAILY_BUDGET_MACHINES: "1000000000",
        ...env,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ready = new Promise<void>((done, failed) => {
      let text = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes("is ready")) done();
      });
      child.once("exit", (code) => failed(new Error(`the server ended with ${code}`)));
    });
    await ready;
    return new ServerUnderTest(child, folder, `http://127.0.0.1:${port}`);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Headers that sign in an account: its API key, or HTTP Basic. */
  headers(username: string): Record<string, string> {
    const account = this.#accounts.find((one) => one.username === username);
    if (account === undefined) throw new Error(`no account ${username}`);
    return account.apiKey === undefined
      ? { Authorization: `Basic ${Buffer.from(`${username}:${account.password}`).toString("base64")}` }
      : { "X-Api-Key": account.apiKey };
  }

  /** HTTP Basic, where a client knows nothing else. */
  password(username: string): string {
    const account = this.#accounts.find((one) => one.username === username);
    if (account === undefined) throw new Error(`no account ${username}`);
    return account.password;
  }

  /** Ends it; the store goes with it unless it is to be kept. */
  async stop({
    keep = false,
    signal = "SIGTERM",
  }: {
    keep?: boolean;
    signal?: "SIGTERM" | "SIGKILL";
  } = {}): Promise<void> {
    const ended = new Promise((done) => this.#child.once("exit", done));
    this.#child.kill(signal);
    await ended;
    if (!keep) rmSync(this.folder, { recursive: true });
  }
}
