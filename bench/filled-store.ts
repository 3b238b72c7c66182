import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import mongoose from "mongoose";
import type { Viewer } from "../schemas/policy/viewer.ts";
import { type Core, composeContent, composeIngest, openCore } from "../server/compose.ts";
import { readConfig } from "../server/config.ts";
import { seedOnce } from "../server/seed-demo.ts";
import { realMoments } from "../server/shared/moment.ts";
import type { Storage } from "../server/storage/port.ts";
import { CommitTogether } from "../server/usecases/commit-together.ts";
import type { Content } from "../server/usecases/content.ts";
import { ingestPost } from "../server/usecases/ingest-post.ts";
import { Snapshots } from "../server/usecases/snapshot.ts";
import type { Collections } from "../server/usecases/taxii/collections.ts";
import type { Sample } from "./corpus.ts";

export type Engine = "sqlite" | "mongo";
/** Who reads: somebody who sees every object of the bench, or one in a thousand. */
export type Who = "all" | "few";
export const ONE_IN = 1000;
/** Objects that share one word. */
export const SHARE_A_WORD = 10;

const POSTER = "feed-US-CISA";
const READERS: Readonly<Record<Who, string>> = { all: "feed-JP-NPA", few: "feed-KR-NIS" };
/** What hides the rest from Korea stands under so many labels, which differ in the end of the release. */
const LABELS = 100;
const BATCH = 1000;
/** Objects whose time of posting is remembered together. */
const REMEMBERED = 100;
const MINUTE = 60_000;
const FAR = Date.UTC(2090, 0, 1);

const labelFor = (who: Who, n: number): string =>
  JSON.stringify({
    tlp: "GREEN",
    releases: [
      {
        agreement: "TRI",
        countries: who === "few" ? ["JPN", "KOR"] : ["JPN"],
        agencies: "*",
        ...(who === "all" && { until: new Date(FAR + n * MINUTE).toISOString() }),
      },
    ],
  });

/** A small indicator of about 330 bytes, with an address of its own and a word that ten share. */
export function storeSample(n: number): Sample {
  const id = `indicator--${randomUUID()}`;
  const at = new Date(Date.UTC(2024, 0, 1) + n * 503).toISOString();
  const text = JSON.stringify({
    type: "indicator",
    spec_version: "2.1",
    id,
    created: at,
    modified: at,
    name: `Address ${wordOf(n)}`,
    indicator_types: ["malicious-activity"],
    pattern: `[ipv4-addr:value = '${addressOf(n)}']`,
    pattern_type: "stix",
    valid_from: at,
  });
  return { id, text };
}
export const addressOf = (n: number): string => `${20 + (n >> 24)}.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
export const wordOf = (n: number): string => `w${Math.floor(n / SHARE_A_WORD)}`;

const bundle = (some: readonly Sample[]): Uint8Array =>
  Buffer.from(`{"objects":[${some.map(({ text }) => text).join(",")}]}`);

/** The address with a database of its own in it; who signs in is known where the address said before. */
function withDatabase(uri: string, name: string): string {
  const [, head = "", hosts = "", held = "", query = ""] =
    /^(mongodb(?:\+srv)?:\/\/)([^/?]+)(?:\/([^?]*))?(\?.*)?$/.exec(uri) ?? [];
  if (head === "") throw new Error("MONGODB_URI is not the address of a MongoDB server");
  const known = /[?&]authSource=/.test(query) || !hosts.includes("@") ? "" : `authSource=${held || "admin"}`;
  const options = [query.slice(1), known].filter((one) => one !== "").join("&");
  return `${head}${hosts}/${name}${options === "" ? "" : `?${options}`}`;
}

export interface FillOptions {
  readonly engine: Engine;
  /** Kept, and gone on from where it is there already; otherwise all of it goes with `close`. */
  readonly folder?: string;
  /** Puts something between the use cases and the store. */
  readonly wrap?: (storage: Storage) => Storage;
}

interface Notes {
  readonly count: number;
  readonly few: readonly number[];
  readonly posted: readonly number[];
}
const NOTES = "bench.json";

/** A store that the ingest itself filled, with the use cases that read it, in this process. */
export class FilledStore {
  readonly folder: string;
  /** Settings for a server on the same store. */
  readonly env: Readonly<Record<string, string>>;
  readonly #keep: boolean;
  readonly #core: Core;
  readonly #content: Content;
  readonly #collections: Collections;
  readonly #parts: Parameters<typeof ingestPost>[0];
  /** Objects of the bench in it. */
  count = 0;
  /** Numbers of objects that are seen by `few`. */
  readonly few: number[] = [];
  /** When objects were posted, ms. */
  readonly #posted: number[] = [];

  private constructor(core: Core, folder: string, env: Readonly<Record<string, string>>, keep: boolean) {
    this.#core = core;
    this.folder = folder;
    this.env = env;
    this.#keep = keep;
    const { content, collections } = composeContent(core, realMoments);
    this.#content = content;
    this.#collections = collections;
    this.#parts = { ...composeIngest(core), commits: new CommitTogether(core.storage) };
  }

  static async open({ engine, folder, wrap = (storage) => storage }: FillOptions): Promise<FilledStore> {
    const place = folder ?? mkdtempSync(join(tmpdir(), "tricord-store-"));
    const name = `tricord-bench-${randomBytes(6).toString("hex")}`;
    const env = {
      DATA_DIR: place,
      LOG_LEVEL: "error",
      ...(engine === "mongo" && { MONGODB_URI: withDatabase(process.env.MONGODB_URI ?? "", name) }),
    };
    const config = readConfig(env);
    const core = await openCore(config);
    await seedOnce(core, resolve("."), config.PUBLIC_URL, () => {});
    const made = new FilledStore({ ...core, storage: wrap(core.storage) }, place, env, folder !== undefined);
    if (existsSync(join(place, NOTES))) made.#remember(JSON.parse(readFileSync(join(place, NOTES), "utf8")) as Notes);
    return made;
  }

  #remember({ count, few, posted }: Notes): void {
    this.count = count;
    this.few.push(...few);
    this.#posted.push(...posted);
  }

  async #viewer(who: Who): Promise<Viewer> {
    const { snapshots, storage } = this.#core;
    const viewer = (await snapshots.read(storage, Date.now())).viewer(READERS[who]);
    if (viewer === undefined) throw new Error(`there is no account ${READERS[who]}`);
    return viewer;
  }

  /** One post of these objects; every one must be taken. */
  async post(samples: readonly Sample[], who: Who = "all", label = 0): Promise<void> {
    const ask = { account: POSTER, format: "json" as const, label: labelFor(who, label), dryRun: false };
    const { reply } = await ingestPost(this.#parts, bundle(samples), ask, realMoments());
    const { counts } = JSON.parse(reply) as { counts: { created: number } };
    if (counts.created !== samples.length)
      throw new Error(`of ${samples.length} objects ${counts.created} were taken: ${reply.slice(0, 300)}`);
  }

  /** New objects, numbered on from those that are there; the next call's are others. */
  fresh(count: number): Sample[] {
    const from = this.count;
    this.count += count;
    return Array.from({ length: count }, (_, i) => storeSample(from + i));
  }

  /** Fills it up to so many objects: a batch of every label in turn, and one in a thousand for `few` too. */
  async grow(size: number, told: (count: number) => void = () => {}): Promise<void> {
    const batch = Math.min(BATCH, Math.ceil(size / LABELS));
    for (let n = 0; this.count < size; n++) {
      const from = this.count;
      const samples = this.fresh(Math.min(batch, size - from));
      for (let i = from; i < this.count; i += REMEMBERED) this.#posted[Math.floor(i / REMEMBERED)] ??= Date.now();
      const seen = samples.filter((_, i) => (from + i) % ONE_IN === ONE_IN / 2);
      for (let i = 0; i < samples.length; i++) if ((from + i) % ONE_IN === ONE_IN / 2) this.few.push(from + i);
      const rest = samples.filter((one) => !seen.includes(one));
      await Promise.all([this.post(rest, "all", n % LABELS), ...(seen.length > 0 ? [this.post(seen, "few")] : [])]);
      told(this.count);
    }
  }

  /** New labels, an object each. */
  async addLabels(count: number): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let n = next++; n < count; n = next++) await this.post(this.fresh(1), "all", LABELS + n);
    };
    await Promise.all([worker(), worker()]);
  }

  /** When an object was posted, or one shortly before it, ms. */
  postedAt(n: number): number {
    return this.#posted[Math.floor(n / REMEMBERED)] ?? 0;
  }

  /** A page of REST from an instant on (ms); how many objects it has is counted afterwards. */
  async list(who: Who, from: number, limit: number): Promise<() => number> {
    const filters = { received_after: new Date(from).toISOString() };
    const page = await this.#content.list(await this.#viewer(who), realMoments(), filters, limit, undefined);
    return () => objectsIn(page);
  }

  /** A page of TAXII behind a place (microseconds): its indicators, and the last place. */
  async poll(who: Who, after: number, limit: number): Promise<{ last: number; ids: string[] }> {
    const ask = { collection: "originals" as const, after, limit, bodies: true };
    const { entries } = await this.#collections.page(await this.#viewer(who), realMoments(), ask);
    const ids = entries.flatMap(({ id }) => (id.startsWith("indicator--") ? [id] : []));
    return { ids, last: entries.at(-1)?.added ?? after };
  }

  async lookup(who: Who, values: readonly string[]): Promise<() => number> {
    const hits = await this.#content.lookup(await this.#viewer(who), realMoments(), values);
    return () => hits.reduce((sum, { objects }) => sum + objects.length, 0);
  }

  async search(who: Who, text: string): Promise<() => number> {
    const page = await this.#content.list(await this.#viewer(who), realMoments(), { text }, 100, undefined);
    return () => objectsIn(page);
  }

  /** How long a process that has just started needs until it can judge a reader, ms. */
  async firstSight(who: Who): Promise<number> {
    const viewer = await this.#viewer(who);
    const started = performance.now();
    const core = { ...this.#core, snapshots: new Snapshots(this.#core.storage) };
    await composeContent(core, realMoments).content.sight(viewer, realMoments(), "api");
    return performance.now() - started;
  }

  async close(): Promise<void> {
    await this.#core.storage.close();
  }

  /** Closes it and leaves nothing behind, unless it is to be kept. */
  async remove(): Promise<void> {
    await this.close();
    if (this.#keep) {
      writeFileSync(
        join(this.folder, NOTES),
        JSON.stringify({ count: this.count, few: this.few, posted: this.#posted }),
      );
      return;
    }
    const uri = this.env.MONGODB_URI;
    if (uri !== undefined) {
      const connection = await mongoose.createConnection(uri).asPromise();
      await connection.dropDatabase();
      await connection.close();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function objectsIn(page: string): number {
  return (JSON.parse(page) as { objects: unknown[] }).objects.length;
}
