import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { LabelRequest } from "../../schemas/policy/label.ts";
import { type Core, composeIngest, openCore } from "../../server/compose.ts";
import { composeRoutes } from "../../server/compose-http.ts";
import { readConfig } from "../../server/config.ts";
import type { Route } from "../../server/http/route.ts";
import { makeApp } from "../../server/http/router.ts";
import { runIngestJobs } from "../../server/jobs/ingest-jobs.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { sha256 } from "../../server/shared/digest.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { makeLog } from "../../server/shared/log.ts";
import { Accounts, Agencies, AgreementsIn, ApiKeys, Sessions } from "../../server/storage/collections.ts";
import type { AccountDoc, AgencyDoc, AgreementDoc } from "../../server/storage/documents.ts";
import type { Storage, Unit } from "../../server/storage/port.ts";
import { KEY_PREFIX } from "../../server/usecases/api-keys.ts";
import { ingestPost } from "../../server/usecases/ingest-post.ts";
import type { Meter } from "../../server/usecases/meter.ts";
import { insertPolicies, putPolicy } from "../../server/usecases/policy-history.ts";
import { bumpRevision } from "../../server/usecases/policy-revision.ts";
import { makeAccessToken } from "../../server/usecases/tokens.ts";
import { type Directory, demonstrationGroup } from "./demonstration.ts";
import { momentOf, START, type Steering, steering } from "./steering.ts";
import { type OwnStore, ownStore } from "./temporary-store.ts";

const DAY = 86_400_000;
/** Tells the application of a test which moment a request is given: `<ms> <word>`. */
const MOMENT = "x-test-moment";
const ownMoment = (said: string | string[] | undefined): OwnMoment | undefined => {
  const [, now, chance = ""] = /^(\d+) (.*)$/.exec(String(said ?? "")) ?? [];
  return now === undefined ? undefined : { now: Number(now), chance };
};

export interface Ask {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Sent as JSON, but for text and bytes, which go as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Its own time and chance, where others are under way at once; else those set last. */
  readonly moment?: OwnMoment;
}

/** Time and chance of one request. */
export interface OwnMoment {
  readonly now: number;
  readonly chance: string;
}

export interface Reply {
  readonly status: number;
  /** In the order they came, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** A bearer token is what a person signs in with, a key what a machine has: it reads and posts only. */
export type Credential = "token" | "key" | "none";

export interface PostOptions {
  readonly label?: LabelRequest;
  /** `?format=csv&dry_run=true`. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WorldOptions {
  /** Default: the demonstration group of `seed/`. */
  readonly directory?: Partial<Directory>;
  /** Settings as the environment would give them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Puts something between the application and its store: a planted fault, a counter. */
  readonly wrapStorage?: (storage: Storage) => Storage;
  /** Hears what metrics are made from. */
  readonly meter?: Meter;
  /** Whatever `STORE` says: for what is about one engine's own ways. */
  readonly engine?: "sqlite";
  /** A store that holds a world already: nobody is added. It goes with this world. */
  readonly over?: OwnStore;
}

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};

/** The whole composed application in process, over a store of its own, with a clock and chance that the test steers. */
export class TemporaryWorld {
  readonly steer: Steering;
  readonly core: Core;
  readonly routes: readonly Route[];
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #base: string;
  readonly #parts: ReturnType<typeof composeIngest>;
  readonly #remove: () => Promise<void>;

  private constructor(
    core: Core,
    steer: Steering,
    server: Server,
    routes: readonly Route[],
    remove: () => Promise<void>,
  ) {
    this.core = core;
    this.steer = steer;
    this.routes = routes;
    this.#server = server;
    this.#base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#parts = composeIngest(core);
    this.#remove = remove;
  }

  static async open(options: WorldOptions = {}): Promise<TemporaryWorld> {
    const { settings, remove } = options.over ?? (await ownStore(options.engine));
    const steer = steering();
    const config = readConfig({
      LOG_LEVEL: "silent",
      RATE_LIMIT_PER_MINUTE: "10000000",
      ...options.settings,
      ...settings,
    });
    const opened = await openCore(config, steer.moments, options.meter);
    const core =
      options.wrapStorage === undefined ? opened : { ...opened, storage: options.wrapStorage(opened.storage) };
    const parts = composeIngest(core);
    const runner = {
      post: (bytes: Uint8Array, ask: Parameters<typeof ingestPost>[2], moment: Parameters<typeof ingestPost>[3]) =>
        ingestPost(parts, bytes, ask, moment),
      wake: () => undefined,
    };
    const { routes, authenticate } = composeRoutes(core, { runner, moments: steer.moments });
    const app = makeApp({ routes, authenticate, moments: steer.moments, log: makeLog("silent"), meter: core.meter });
    const server = createServer((req, res) => {
      // The application asks for the moment before anything that waits.
      steer.next = ownMoment(req.headers[MOMENT]);
      app(req, res);
    });
    // A test that works for longer than this between two requests would find its connection cut off.
    server.keepAliveTimeout = 0;
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const world = new TemporaryWorld(core, steer, server, routes, remove);
    if (options.over === undefined) await world.addDirectory({ ...(await demonstrationGroup()), ...options.directory });
    return world;
  }

  /** Where it listens, for tests that send what no client does. */
  get base(): string {
    return this.#base;
  }

  get storage(): Storage {
    return this.core.storage;
  }

  /** The instant and the chance of what comes next. */
  at(now: number, chance: string): void {
    this.steer.now = now;
    this.steer.chance = chance;
  }

  /** A change of policy: applied with a new policy revision in one transaction. */
  async change(work: (unit: Unit) => Promise<void>): Promise<void> {
    await this.storage.transaction(async (unit) => {
      await work(unit);
      await bumpRevision(unit);
    });
  }

  /** Adds people, agencies, agreements and orders; each account gets an API key and a session for bearer tokens, none a password of its own. */
  async addDirectory({
    agencies = [],
    accounts = [],
    agreements = [],
    orders = [],
  }: Partial<Directory>): Promise<void> {
    const created = formatInstant(START);
    const expires = formatInstant(START + 300 * DAY);
    await this.change(async (unit) => {
      const at = this.steer.now;
      await insertPolicies(unit, [
        ...agencies.map((doc) => ({ kind: "agency" as const, doc, at })),
        ...accounts.map((doc) => ({ kind: "account" as const, doc, at })),
        ...agreements.map((doc) => ({ kind: "agreement" as const, doc, at })),
        ...orders.map(({ days, ...order }) => {
          const dates = { from: formatInstant(START - DAY), until: formatInstant(START + days * DAY) };
          return { kind: "order" as const, doc: { ...order, ...dates }, at };
        }),
      ]);
      await unit.collection(ApiKeys).insert(
        accounts.map(({ id }) => ({
          ...{ id: sha256(keyOf(id)), account: id, name: "test", scopes: ["read" as const, "post" as const] },
          ...{ created, expires },
        })),
      );
      await unit
        .collection(Sessions)
        .insert(accounts.map(({ id }) => ({ id: sessionOf(id), account: id, refresh: "", created, expires })));
    });
  }

  async changeAgreement(id: string, change: Partial<Omit<AgreementDoc, "id">>): Promise<void> {
    await this.change(async (unit) => {
      const held = await unit.collection(AgreementsIn).get(id);
      if (held === undefined) throw new Error(`there is no agreement ${id}`);
      await putPolicy(unit, { kind: "agreement", doc: { ...held, ...change }, at: this.steer.now });
    });
  }

  async changeAccount(id: string, change: Partial<Omit<AccountDoc, "id">>): Promise<void> {
    await this.change(async (unit) => {
      const held = await unit.collection(Accounts).get(id);
      if (held === undefined) throw new Error(`there is no account ${id}`);
      await putPolicy(unit, { kind: "account", doc: { ...held, ...change }, at: this.steer.now });
    });
  }

  async changeAgency(id: string, change: Partial<Omit<AgencyDoc, "id">>): Promise<void> {
    await this.change(async (unit) => {
      const held = await unit.collection(Agencies).get(id);
      if (held === undefined) throw new Error(`there is no agency ${id}`);
      await putPolicy(unit, { kind: "agency", doc: { ...held, ...change }, at: this.steer.now });
    });
  }

  /** The headers with which an account shows who it is. */
  credentials(account: string, credential: Credential): Readonly<Record<string, string>> {
    if (credential === "none") return {};
    if (credential === "key") return { "X-Api-Key": keyOf(account) };
    const token = makeAccessToken(this.core.keys.jwt, { account, session: sessionOf(account) }, this.steer.moments());
    return { Authorization: `Bearer ${token}` };
  }

  /** One request as an account, at the instant set last. */
  ask(as: string, { method, path, body, headers = {}, moment }: Ask, credential: Credential = "token"): Promise<Reply> {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const sent = raw || body === undefined ? body : JSON.stringify(body);
    const type = raw ? "application/octet-stream" : "application/json";
    // The length is said: Node frames no body of a DELETE by itself.
    const of = sent === undefined ? {} : { "Content-Type": type, "Content-Length": Buffer.byteLength(sent) };
    const own = moment === undefined ? {} : { [MOMENT]: `${moment.now} ${moment.chance}` };
    const asked = { ...of, ...this.credentials(as, credential), ...own, ...headers };
    return new Promise((done, failed) => {
      const under = request(this.#base, { method, path, agent: this.#agent, headers: asked }, (res) => {
        const pieces: Buffer[] = [];
        res.on("data", (piece: Buffer) => pieces.push(piece));
        res.on("error", failed);
        res.on("end", () => {
          const bytes = Buffer.concat(pieces);
          const told = res.headers as Reply["headers"];
          done({ status: res.statusCode ?? 0, headers: told, body: bytes, json: parsed(bytes) });
        });
      });
      under.on("error", failed);
      under.end(sent);
    });
  }

  /** Posts content: one object, several as a bundle, or text; gives the reply. */
  post(
    as: string,
    content: StixJson | readonly StixJson[] | string,
    { label, query, headers }: PostOptions = {},
  ): Promise<Reply> {
    const body =
      typeof content === "string"
        ? content
        : JSON.stringify(Array.isArray(content) ? bundleOf(content as StixJson[]) : content);
    return this.ask(as, {
      method: "POST",
      path: `/api/v1/ingest${query ?? ""}`,
      body,
      headers: { ...(label === undefined ? {} : { "Tricord-Label": JSON.stringify(label) }), ...headers },
    });
  }

  /** Proposes a row for the proposer's agency's content; gives the release's id. Throws with the reply where that is refused. */
  async propose(as: string, object: string, row: object, reason = "for the test"): Promise<string> {
    const shown = await this.ask(as, { method: "GET", path: `/api/v1/objects/${object}` });
    const hash = (shown.json as { hash?: string }).hash ?? "none";
    const reply = await this.ask(as, {
      method: "POST",
      path: `/api/v1/objects/${object}/releases`,
      body: { row, reason, hash },
    });
    if (reply.status !== 202)
      throw new Error(`${as} could not propose ${object}: ${reply.status} ${reply.body.toString()}`);
    return (reply.json as { release: string }).release;
  }

  /** Approves or refuses a release as it stands. Throws with the reply where that is refused. */
  async decide(as: string, release: string, verb: "approve" | "refuse" = "approve"): Promise<void> {
    const shown = await this.ask(as, { method: "GET", path: `/api/v1/releases/${release}` });
    const hash = (shown.json as { hash?: string }).hash ?? "none";
    const reply = await this.ask(as, {
      method: "POST",
      path: `/api/v1/releases/${release}/${verb}`,
      body: { reason: "for the test", hash },
    });
    if (reply.status !== 200)
      throw new Error(`${as} could not ${verb} ${release}: ${reply.status} ${reply.body.toString()}`);
  }

  /** Works off the posts that wait as jobs, each batch with chance of its own. */
  runJobs(): Promise<void> {
    const { now, chance } = this.steer;
    let asked = 0;
    return runIngestJobs(this.#parts, () => momentOf(now, `${chance}/${asked++}`), "test");
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await new Promise((closed) => this.#server.close(closed));
    await this.core.storage.close();
    await this.#remove();
  }
}

const keyOf = (account: string): string => `${KEY_PREFIX}${sha256(`test key of ${account}`)}`;
const sessionOf = (account: string): string => `test-session-${account}`;

export const bundleOf = (objects: readonly StixJson[]): StixJson => ({
  type: "bundle",
  id: "bundle--00000000-0000-4000-8000-000000000000",
  objects,
});
