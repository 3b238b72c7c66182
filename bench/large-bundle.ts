import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { JobReply } from "../schemas/api/ingest.ts";
import { bareInsert } from "./bare-store.ts";
import { mixedObjects } from "./mixed-objects.ts";
import { type ProcessUse, useOf } from "./process-use.ts";
import { ServerUnderTest } from "./server-under-test.ts";
import { freePort } from "./taxii-servers.ts";

/**
 * `npm run bench -- large-bundle [--gb 1] [--only http,command]`: a generated bundle of that size, posted to a server of its own (which takes it as a job) and read by
 * `tricord ingest`; how many objects a second, and how much memory the process had at most, with all its threads, as Linux tells. Everything lies in the system's temporary
 * folder (`TMPDIR`) and goes in the end: have four times the size free.
 */
const POSTER = "feed-US-CISA";
const LABEL = JSON.stringify({
  tlp: "GREEN",
  releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" }],
});
const EXPECTED_MB = 400;
const GIB = 1024 ** 3;

const argument = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const whole = (n: number): string => Math.round(n).toLocaleString("en");
const say = (line: string): void => console.log(line);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Writes a bundle of so many bytes; gives how many objects are in it. */
async function writeBundle(file: string, bytes: number): Promise<number> {
  const out = createWriteStream(file);
  out.write('{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[\n');
  let size = 0;
  let count = 0;
  for (const text of mixedObjects()) {
    const piece = count === 0 ? text : `,\n${text}`;
    size += piece.length;
    count += 1;
    if (!out.write(piece)) await once(out, "drain");
    if (size >= bytes) break;
  }
  out.end("\n]}\n");
  await once(out, "finish");
  return count;
}

/** The file as the body of one request, never whole in memory. */
function postFile(url: string, headers: Readonly<Record<string, string>>, file: string): Promise<JobReply> {
  const { size } = statSync(file);
  return new Promise((done, failed) => {
    const sent = request(
      url,
      { method: "POST", headers: { ...headers, "Content-Type": "application/json", "Content-Length": size } },
      (reply) => {
        let text = "";
        reply.setEncoding("utf8");
        reply.on("data", (piece: string) => {
          text += piece;
        });
        reply.once("error", failed);
        reply.once("end", () =>
          reply.statusCode === 202
            ? done(JSON.parse(text) as JobReply)
            : failed(new Error(`the post was answered ${reply.statusCode}: ${text.slice(0, 300)}`)),
        );
      },
    );
    sent.once("error", failed);
    createReadStream(file).pipe(sent);
  });
}

interface Seen {
  readonly how: string;
  readonly seconds: number;
  readonly use: Pick<ProcessUse, "peak" | "cpu">;
  readonly counts: JobReply["counts"];
}

/** The server's own peak is read as it goes: it is gone with the process. */
async function overHttp(file: string): Promise<Seen> {
  const server = await ServerUnderTest.start(await freePort());
  try {
    const begun = useOf(server.pid) ?? { now: 0, peak: 0, cpu: 0 };
    say(`  server ready: ${whole(begun.now)} MB resident, ${whole(begun.peak)} MB at most so far`);
    const started = performance.now();
    const headers = { ...server.headers(POSTER), "Tricord-Label": LABEL };
    let job = await postFile(`${server.url}/api/v1/ingest`, headers, file);
    say(
      `  posted in ${((performance.now() - started) / 1000).toFixed(1)} s, ${whole(useOf(server.pid)?.peak ?? 0)} MB at most so far`,
    );
    let told = started;
    while (job.status === "queued" || job.status === "running") {
      await pause(250);
      const reply = await fetch(`${server.url}/api/v1/jobs/${job.job}`, { headers });
      job = (await reply.json()) as JobReply;
      if (performance.now() - told > 15_000) {
        told = performance.now();
        const { now = 0, peak = 0 } = useOf(server.pid) ?? {};
        say(`    ${whole(job.counts?.received ?? 0)} objects, ${whole(now)} MB resident, ${whole(peak)} MB at most`);
      }
    }
    if (job.status !== "done") throw new Error(`the job ended as ${job.status}: ${JSON.stringify(job.error)}`);
    const seconds = (performance.now() - started) / 1000;
    const { peak = 0, cpu = 0 } = useOf(server.pid) ?? {};
    return { how: "posted over HTTP, as a job", seconds, use: { peak, cpu: cpu - begun.cpu }, counts: job.counts };
  } finally {
    await server.stop();
  }
}

async function byCommand(file: string): Promise<Seen> {
  // The command works on a store that is there: a server makes one.
  const server = await ServerUnderTest.start(await freePort());
  await server.stop({ keep: true });
  try {
    const started = performance.now();
    const child = spawn(
      process.execPath,
      [resolve("dist/server/cli/main.js"), "ingest", file, "--as", POSTER, "--label", LABEL, "--json"],
      { env: { ...process.env, DATA_DIR: server.folder, LOG_LEVEL: "error" }, stdio: ["ignore", "pipe", "inherit"] },
    );
    const ended = once(child, "close");
    let text = "";
    child.stdout.on("data", (piece: Buffer) => {
      text = (text + piece.toString()).slice(-10_000);
    });
    let use: ProcessUse = { now: 0, peak: 0, cpu: 0 };
    // Its last figures go with it.
    const sampling = setInterval(() => {
      use = useOf(child.pid ?? 0) ?? use;
    }, 50);
    const [code] = (await ended) as [number];
    clearInterval(sampling);
    if (code !== 0) throw new Error(`the command ended with ${code}`);
    const last = text.trimEnd().split("\n").at(-1) ?? "{}";
    const { counts } = JSON.parse(last) as { counts: JobReply["counts"] };
    return { how: "tricord ingest", seconds: (performance.now() - started) / 1000, use, counts };
  } finally {
    rmSync(server.folder, { recursive: true });
  }
}

/** How many a second a bare table takes of the same objects, as many a transaction. */
function bareRate(): number {
  const samples: { id: string; text: string }[] = [];
  for (const text of mixedObjects(2)) {
    samples.push({ id: String(samples.length), text });
    if (samples.length === 20_000) break;
  }
  return bareInsert(samples, 1000);
}

export async function largeBundleBench(): Promise<void> {
  const bytes = Number(argument("--gb") ?? 1) * GIB;
  const only = argument("--only")?.split(",") ?? ["http", "command"];
  if (useOf(process.pid) === undefined) throw new Error("memory is read from /proc: this needs Linux");
  const folder = mkdtempSync(join(tmpdir(), "tricord-large-"));
  try {
    const file = join(folder, "bundle.json");
    const count = await writeBundle(file, bytes);
    const { size } = statSync(file);
    say(`a bundle of ${whole(size / 1e6)} MB, ${whole(count)} objects, ${whole(size / count)} bytes each`);
    const bare = bareRate();
    const all: Seen[] = [];
    if (only.includes("http")) all.push(await overHttp(file));
    if (only.includes("command")) all.push(await byCommand(file));
    say("");
    for (const { how, seconds, use, counts } of all) {
      const rate = count / seconds;
      say(
        `${how}: ${whole(rate)} objects/s (${(rate / bare).toFixed(3)} of a bare table's ${whole(bare)}), ${seconds.toFixed(0)} s, ${use.cpu.toFixed(0)} s of processor time; received ${whole(counts?.received ?? 0)}, rejected ${whole(counts?.rejected ?? 0)}`,
      );
      say(
        `  ${use.peak < EXPECTED_MB ? "met" : "MISSED"}: resident at most, MB (under ${EXPECTED_MB}): ${whole(use.peak)}`,
      );
      if (counts?.received !== count)
        say(`  MISSED: ${whole(count)} objects were sent, ${whole(counts?.received ?? 0)} received`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
