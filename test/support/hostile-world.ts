import { TaxiiError } from "../../schemas/taxii/error.ts";
import { composeIngest } from "../../server/compose.ts";
import { composeApp } from "../../server/compose-http.ts";
import { type Listening, listen } from "../../server/http/listen.ts";
import { FaultReply } from "../../server/http/rest-face.ts";
import type { Route } from "../../server/http/route.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { makeLog } from "../../server/shared/log.ts";
import { ingestPost } from "../../server/usecases/ingest-post.ts";
import { exchange, type RawAnswer, type RawRequest } from "./raw-http.ts";
import { indicator, row, TRI, tool } from "./samples.ts";
import { momentOf, START } from "./steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "./temporary-world.ts";

export const TAXII_TYPE = "application/taxii+json;version=2.1";
const ORIGINALS = "/taxii2/dprk/collections/originals/objects/";
/** In the content that the Korean attacker must not see, and in that of which the American one must not. */
const SECRETS = { usa: "SECRETUSA", kor: "SECRETKOR" } as const;

/** Whoever attacks: each has verbs enough to come as far as the schemas. */
export const AMERICAN = "rel-US-CISA";
export const KOREAN = "k3";
const SECRET_OF: Readonly<Record<string, string>> = { [AMERICAN]: SECRETS.kor, [KOREAN]: SECRETS.usa };

/** Each request an instant and chance of its own, however many are under way. */
function ownMoments(from: number): { (): ReturnType<typeof momentOf>; now(): number } {
  let asked = 0;
  return Object.assign(() => momentOf(from + ++asked, `hostile ${asked}`), { now: () => from + asked });
}

/** A world behind the real listener, with something of everything in it, and the raw requests that attack it. */
export class HostileWorld {
  readonly world: TemporaryWorld;
  readonly port: number;
  /** A value of each path parameter that stands for something which the American attacker has. */
  readonly params: Readonly<Record<string, string>>;
  readonly #server: Listening;
  readonly #hidden = new Map<string, ReadonlySet<string>>();
  readonly statuses = new Map<number, number>();
  /** What was answered otherwise than it must be. */
  readonly faults: string[] = [];

  private constructor(world: TemporaryWorld, server: Listening, params: Readonly<Record<string, string>>) {
    this.world = world;
    this.#server = server;
    this.port = server.port;
    this.params = params;
  }

  /** `limits`: the most bytes of a post worked off at once, and of any. */
  static async open(limits: readonly [inline: string, upload: string] = ["300000", "900000"]): Promise<HostileWorld> {
    const world = await TemporaryWorld.open({
      settings: { MAX_INLINE_BYTES: limits[0], MAX_UPLOAD_BYTES: limits[1], SIGN_IN_FAILURES_PER_MINUTE: "5" },
    });
    const params = await fixtures(world, Number(limits[0]));
    const parts = composeIngest(world.core);
    const runner = {
      post: (bytes: Uint8Array, ask: Parameters<typeof ingestPost>[2], moment: Parameters<typeof ingestPost>[3]) =>
        ingestPost(parts, bytes, ask, moment),
      wake: () => undefined,
    };
    world.at(START + 120_000, "credentials");
    const app = composeApp(world.core, { runner, moments: ownMoments(START + 120_000), log: makeLog("silent") });
    const server = await listen({ app, host: "127.0.0.1", port: 0, drainMs: 100 });
    const hostile = new HostileWorld(world, server, params);
    const [american, korean, ...more] = await Promise.all([AMERICAN, KOREAN, "u1", "k1"].map((as) => hostile.ids(as)));
    const all = [american, korean, ...more].flatMap((ids) => [...(ids ?? [])]);
    hostile.#hidden.set(AMERICAN, new Set(all.filter((id) => american?.has(id) === false)));
    hostile.#hidden.set(KOREAN, new Set(all.filter((id) => korean?.has(id) === false)));
    return hostile;
  }

  get routes(): readonly Route[] {
    return this.world.routes;
  }

  /** Ids that others see and this account does not. */
  hidden(as: string): ReadonlySet<string> {
    return this.#hidden.get(as) ?? new Set();
  }

  /** A route's path with values for its parameters. */
  path(route: Pick<Route, "path" | "method">, change: Readonly<Record<string, string>> = {}): string {
    return route.path.replaceAll(/\{([a-z][A-Za-z0-9]*)\}/g, (_, name: string) => {
      // What a DELETE is aimed at is gone at the first that gets through.
      const held = route.method === "DELETE" && name === "object" ? this.params.doomed : this.params[name];
      const value = change[name] ?? held;
      if (value === undefined) throw new Error(`${route.path}: there is no value for {${name}}`);
      return value;
    });
  }

  headersOf(as: string): ReadonlyArray<readonly [string, string]> {
    return as === "" ? [] : Object.entries(this.world.credentials(as, "token"));
  }

  /** One request as an account; whatever is answered otherwise than documented is kept as a fault under `name`. */
  async attack(name: string, as: string, { headers = [], ...asked }: RawRequest): Promise<RawAnswer> {
    const sent = { ...asked, headers: [...this.headersOf(as), ...headers] };
    const answer = await exchange(this.port, sent);
    const { status } = answer;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    const wrong = this.#wrong(as, sent, answer);
    if (wrong !== undefined) this.faults.push(`${name} | ${as} ${sent.method} ${sent.path.slice(0, 200)}: ${wrong}`);
    return answer;
  }

  #wrong(
    as: string,
    { method, path, body = "" }: RawRequest,
    { status, headers, body: got }: RawAnswer,
  ): string | undefined {
    const text = got.toString("utf8");
    if (status === 0) return "no answer";
    if (status >= 500) return `${status} ${text.slice(0, 200)}`;
    const secret = SECRET_OF[as];
    if (secret !== undefined && text.includes(secret)) return `${status} and a secret of others`;
    const sent = `${path}\n${Buffer.from(body as string).toString("latin1")}`;
    for (const [id] of text.matchAll(/[a-z][a-z0-9-]{0,40}--[0-9a-f-]{36}/g))
      if (this.hidden(as).has(id) && !sent.includes(id)) return `${status} and ${id}, which this account may not see`;
    const isTaxii = /^\/taxii2(?:[/?]|$)/.test(path);
    const type = headers["content-type"];
    if (status < 400) {
      const json = /json/.test(type ?? "") && got.length > 0;
      return json && readJson(text) === undefined ? `${status} with what is no JSON: ${text.slice(0, 100)}` : undefined;
    }
    if (method === "HEAD") return text === "" ? undefined : `a body of ${got.length} bytes after HEAD`;
    if (type !== (isTaxii ? TAXII_TYPE : "application/json; charset=utf-8"))
      return `${status} as ${type}: ${text.slice(0, 100)}`;
    const json = readJson(text) as { results?: unknown } | undefined;
    if (status === 422 && Array.isArray(json?.results)) return undefined;
    const shape = isTaxii ? TaxiiError.strict() : FaultReply.strict();
    const read = shape.safeParse(json);
    if (!read.success) return `${status} in another form: ${text.slice(0, 200)}`;
    const code = "error" in read.data ? read.data.error.code : read.data.error_code;
    if (!/^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*$/.test(String(code))) return `${status} with the code ${String(code)}`;
    if (text.length > 4000) return `${status} in ${text.length} characters`;
    if (/node_modules|\.[jt]s:\d|\/(?:work|tmp|home|var|dev)\//.test(text))
      return `${status} names a place of the machine: ${text}`;
    return undefined;
  }

  /** Every id that an account finds in lists, REST and TAXII. */
  async ids(as: string): Promise<Set<string>> {
    const found = new Set<string>();
    for (const list of ["/api/v1/objects?view=originals", "/api/v1/objects?view=consolidated"]) {
      for (let next: string | undefined = ""; next !== undefined; ) {
        const at = `${list}&limit=1000${next === "" ? "" : `&next=${next}`}`;
        const page = (await this.json(as, at)) as { objects: { id: string }[]; next?: string };
        for (const { id } of page.objects) found.add(id);
        next = page.next;
      }
    }
    for (const name of ["originals", "consolidated", "recalls"]) {
      const at = `/taxii2/dprk/collections/${name}/objects/?limit=5000&match[version]=all`;
      for (const { id } of ((await this.json(as, at)) as { objects?: { id: string }[] }).objects ?? []) found.add(id);
    }
    return found;
  }

  /** What a GET answers, which must be a 200. */
  async json(as: string, path: string): Promise<unknown> {
    const { status, body } = await exchange(this.port, { method: "GET", path, headers: this.headersOf(as) });
    if (status !== 200) throw new Error(`${as} ${path} answers ${status}: ${body.toString().slice(0, 300)}`);
    return readJson(body.toString("utf8"));
  }

  async close(): Promise<void> {
    await this.#server.stop();
    await this.world.close();
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Something of everything, said by the American attacker's agency, with content that either side hides; gives what the paths are made with. */
async function fixtures(world: TemporaryWorld, inline: number): Promise<Record<string, string>> {
  let asked = 0;
  const ask = async (as: string, what: Ask | string, wanted = 200): Promise<Reply> => {
    world.at(START + ++asked * 1000, `fixture ${asked}`);
    const reply = await world.ask(as, typeof what === "string" ? { method: "GET", path: what } : what);
    if (reply.status !== wanted)
      throw new Error(
        `${as} ${JSON.stringify(what).slice(0, 200)}: ${reply.status} ${reply.body.toString().slice(0, 300)}`,
      );
    return reply;
  };
  const post = (as: string, objects: readonly StixJson[] | string, label: object, wanted = 200): Promise<Reply> =>
    ask(
      as,
      {
        ...{ method: "POST", path: "/api/v1/ingest" },
        body: typeof objects === "string" ? objects : JSON.stringify(objects),
        headers: { "Tricord-Label": JSON.stringify(label) },
      },
      wanted,
    );
  const GREEN = { tlp: "GREEN", releases: [TRI] };
  const HOME = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
  const shared = Array.from({ length: 12 }, (_, n) => tool(`shared ${n}`));
  await post("feed-US-CISA", [...shared, indicator("shared", "[ipv4-addr:value = '198.51.100.1']")], GREEN);
  const secretly = (words: string): StixJson[] => [
    tool(`${words} tool`, { description: words }),
    indicator(`${words} indicator`, "[domain-name:value = 'hidden.example']", { description: words }),
    {
      ...tool(""),
      type: "domain-name",
      id: indicator(words, "").id.replace("indicator", "domain-name"),
      value: `${words}.example`,
    },
  ];
  await post("u1", secretly(SECRETS.usa), HOME);
  await post("k1", secretly(SECRETS.kor), { tlp: "GREEN", releases: [row("TRI", ["KOR"])] });
  const own = tool("of the American's agency");
  const doomed = tool("to be deleted");
  await post("u3", [own, doomed, tool("to be withdrawn")], HOME);
  await post("u3", [tool("in another item")], HOME);
  await post(
    "u3",
    [
      { ...tool("refused"), name: 5 },
      { ...tool("refused too"), name: 5 },
    ],
    HOME,
    422,
  );
  const { json: mine } = await ask(AMERICAN, "/api/v1/mine?limit=1000");
  const token = (mine as { posts: { id: string; post: string }[] }).posts.find(({ id }) => id === own.id)?.post ?? "";
  world.at(START + ++asked * 1000, `fixture ${asked}`);
  const release = await world.propose("u3", own.id, row("TRI", ["JPN"]));
  world.at(START + ++asked * 1000, `fixture ${asked}`);
  await world.propose("u3", own.id, row("TRI", ["KOR"]));
  const { json: queue } = await ask(AMERICAN, "/api/v1/triage/queue");
  const review = (queue as { items: { review: string; originator: string }[] }).items.find(
    (one) => one.originator === "US-CISA",
  );
  const { json: kept } = await ask(AMERICAN, "/api/v1/quarantine");
  const entry = (kept as { entries: { entry: string }[] }).entries[0]?.entry;
  const gone = await ask(AMERICAN, {
    ...{ method: "POST", path: `/api/v1/objects/${tool("to be withdrawn").id}/withdraw` },
    body: { reason: "for the sweep" },
  });
  const { headers } = await ask(AMERICAN, "/api/v1/export?format=list");
  const large = [tool("large", { description: "x".repeat(inline) })];
  const job = await post(AMERICAN, JSON.stringify(large), HOME, 202);
  await world.runJobs();
  const columns = [{ column: "Value", as: "value" }];
  await ask(AMERICAN, { method: "PUT", path: "/api/v1/column-maps/sweep", body: { columns } });
  const taxii = await ask(
    AMERICAN,
    {
      ...{ method: "POST", path: ORIGINALS, body: JSON.stringify({ objects: [tool("posted over TAXII")] }) },
      headers: { "Content-Type": TAXII_TYPE },
    },
    202,
  );
  const asking = { value: "198.51.100.1", topic: "crypto" };
  const { json: ticket } = await ask(AMERICAN, { method: "POST", path: "/api/v1/deconfliction", body: asking }, 202);
  const raise = { change: { agreement: "TRI", to: { ceiling: "S" } }, reason: "for the sweep" };
  const { json: proposed } = await ask(
    "sign-usa",
    { method: "POST", path: "/api/v1/policy-changes", body: raise },
    201,
  );
  return {
    ...{
      root: "dprk",
      collection: "originals",
      object: shared[0]?.id ?? "",
      doomed: doomed.id,
      id: own.id,
      file: "start.js",
    },
    ...{ post: token, release, review: review?.review ?? "", entry: entry ?? "", name: "sweep" },
    ...{ confirmation: (gone.json as { confirmation: string }).confirmation, account: "u3", order: "order-US-CISA" },
    ...{ serial: String(headers["tricord-receipt"]).split("/").at(-1) ?? "", job: (job.json as { job: string }).job },
    ...{ sample: "sample", status: (taxii.json as { id: string }).id },
    ...{ ticket: (ticket as { ticket: string }).ticket, change: (proposed as { change: string }).change },
    // What stands for nothing here: the attackers have none of these.
    ...{ ask: "ask", recall: "recall", grant: "grant", quarantine: "quarantine", agency: "JP-JAFIC" },
  };
}
