import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

/** Other makers' clients in Python: the interpreter that has them, and the scripts of `test/interop`, which are asked one line at a time. */
const FOLDER = resolve(process.cwd(), "test", "interop");
const MADE = resolve(process.cwd(), ".python", "clients", "bin", "python");

/** `TRICORD_PYTHON`, or what `node scripts/python.mjs` made; undefined where neither has the clients. */
export function pythonWithClients(): string | undefined {
  return [process.env.TRICORD_PYTHON, MADE]
    .filter((program): program is string => program !== undefined && program !== "")
    .find(
      (program) =>
        (existsSync(program) || !program.includes("/")) &&
        spawnSync(program, ["-c", "import cytaxii2, pymisp, stix2, taxii2client"]).status === 0,
    );
}

/** What a library raised, as its script tells it. */
export class Refused extends Error {
  readonly kind: string;
  readonly status: number | null;
  constructor({ kind, status, words }: { kind: string; status: number | null; words: string }) {
    super(`${kind}${status === null ? "" : ` (${status})`}: ${words}`);
    this.kind = kind;
    this.status = status;
  }
}

interface Line {
  readonly ok?: unknown;
  readonly failed?: { readonly kind: string; readonly status: number | null; readonly words: string };
}
const running = new Set<ChildProcess>();

/** A script of `test/interop` that runs and answers. */
export class PythonScript {
  readonly #child: ChildProcess;
  readonly #waiting: ((line: Line) => void)[] = [];
  #errors = "";

  constructor(python: string, script: string, args: readonly string[]) {
    this.#child = spawn(python, [join(FOLDER, script), ...args], {
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    running.add(this.#child);
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = `${this.#errors}${text}`.slice(-4000);
    });
    this.#child.stdin?.on("error", () => undefined);
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on("line", (line) =>
        this.#waiting.shift()?.(JSON.parse(line) as Line),
      );
    this.#child.once("close", (code) => {
      running.delete(this.#child);
      const failed = { kind: "Ended", status: null, words: `${script} ended with ${code}: ${this.#errors}` };
      for (const answer of this.#waiting.splice(0)) answer({ failed });
    });
  }

  /** Throws `Refused` with what the library raised. */
  async ask<T = unknown>(verb: string, asked: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const line = await new Promise<Line>((answer) => {
      this.#waiting.push(answer);
      this.#child.stdin?.write(`${JSON.stringify({ do: verb, ...asked })}\n`);
    });
    if (line.failed !== undefined) throw new Refused(line.failed);
    return line.ok as T;
  }
}

/** Somebody's connection in a script that others ask too: a process takes long to start. */
export class Connection {
  readonly #script: PythonScript;
  readonly #as: readonly string[];

  /** `as`: discovery, user and password, in place of the script's arguments. */
  constructor(script: PythonScript, as: readonly [discovery: string, user: string, password: string]) {
    this.#script = script;
    this.#as = as;
  }

  /** Throws `Refused` with what the library raised. */
  ask<T = unknown>(verb: string, asked: Readonly<Record<string, unknown>> = {}): Promise<T> {
    return this.#script.ask<T>(verb, { ...asked, as: this.#as });
  }
}

/** Ends the scripts that are left. */
export async function endScripts(): Promise<void> {
  const gone = [...running].map((child) => new Promise((done) => child.once("close", done)));
  for (const child of running) child.kill("SIGKILL");
  await Promise.all(gone);
}
