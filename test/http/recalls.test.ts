import { indicator, row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const MINUTE = 60_000;
const TRI_ALL = row("TRI", ["JPN", "KOR", "USA"]);
const TEXT = "This is no longer shared with you: stop using it, and delete it where you can.";

interface Recall {
  readonly recall: string;
  readonly object: string;
  readonly at: string;
  readonly text: string;
  readonly exports: readonly string[];
  readonly acknowledged?: string;
}

/** A minute for each step. */
class Scene {
  readonly world: TemporaryWorld;
  #turn = 0;

  constructor(world: TemporaryWorld) {
    this.world = world;
  }

  static async open(): Promise<Scene> {
    return new Scene(await TemporaryWorld.open());
  }

  async get(as: string, path: string, more: { readonly taxii?: true } = {}): Promise<Reply> {
    this.#at();
    const headers = more.taxii === undefined ? {} : { Accept: "application/taxii+json;version=2.1" };
    return this.world.ask(as, { method: "GET", path, headers }, more.taxii === undefined ? "token" : "key");
  }

  async post(as: string, path: string, body: unknown = undefined): Promise<Reply> {
    this.#at();
    return this.world.ask(as, { method: "POST", path, ...(body === undefined ? {} : { body }) });
  }

  #at(): void {
    this.#turn++;
    this.world.at(START + this.#turn * MINUTE, `turn ${this.#turn}`);
  }

  async share(objects: readonly ReturnType<typeof tool>[], releases = [TRI_ALL]): Promise<void> {
    this.#at();
    await this.world.post("feed-US-FBI", objects, { label: { tlp: "GREEN", releases } });
  }

  async recalls(as: string): Promise<readonly Recall[]> {
    return ((await this.get(as, "/api/v1/recalls")).json as { recalls: Recall[] }).recalls;
  }

  async suspend(status: "suspended" | "in-force"): Promise<void> {
    this.#at();
    await this.world.changeAgreement("TRI", { status });
  }

  async withdraw(object: string): Promise<void> {
    expect((await this.post("u1", `/api/v1/objects/${object}/withdraw`, { reason: "wrong" })).status).toBe(200);
  }

  /** Takes the rows of these countries back. */
  async narrow(object: string, countries: readonly string[]): Promise<void> {
    for (const country of countries) {
      const shown = (await this.get("u1", `/api/v1/objects/${object}`)).json as { hash: string };
      const reply = await this.post("u1", `/api/v1/objects/${object}/recalls`, {
        row: { agreement: "TRI", countries: [country], agencies: "*" },
        reason: "too wide",
        hash: shown.hash,
      });
      expect([reply.status, reply.body.toString()]).toEqual([200, expect.any(String)]);
    }
  }
}

describe("a recall", () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.open();
  });
  afterEach(() => scene.world.close());

  const CAUSES: readonly (readonly [string, (object: string) => Promise<void>])[] = [
    ["narrowed", (object) => scene.narrow(object, ["JPN", "KOR"])],
    ["withdrawn", (object) => scene.withdraw(object)],
    ["under an agreement that was suspended", () => scene.suspend("suspended")],
  ];

  test("Q32 and policy 7 – of what is narrowed, withdrawn or suspended – goes to exactly those who had it, and reads alike but for id and date", async () => {
    const told: unknown[] = [];
    for (const [n, [, cause]] of CAUSES.entries()) {
      await scene.suspend("in-force");
      const one = tool(`cause ${n}`);
      await scene.share([one]);
      const before = new Map<string, number>();
      for (const who of ["j1", "j2", "k1", "feed-KR-NIS", "u1"]) before.set(who, (await scene.recalls(who)).length);
      expect((await scene.get("j1", `/api/v1/objects/${one.id}`)).status).toBe(200);
      expect(
        (await scene.get("feed-KR-NIS", "/taxii2/dprk/collections/originals/objects/", { taxii: true })).status,
      ).toBe(200);
      await cause(one.id);
      const news = async (who: string) => (await scene.recalls(who)).slice(before.get(who));
      const [j1, feed] = [await news("j1"), await news("feed-KR-NIS")];
      expect(j1.map(({ object }) => object)).toEqual([one.id]);
      expect(feed.filter(({ object }) => object === one.id)).toHaveLength(1);
      for (const who of ["j2", "k1", "u1"]) expect(await news(who)).toEqual([]);
      for (const { recall, object, at, ...rest } of [...j1, ...feed]) {
        expect([recall, object, at].every((text) => text !== "")).toBe(true);
        told.push(rest);
      }
    }
    expect(new Set(told.map((rest) => JSON.stringify(rest)))).toEqual(
      new Set([JSON.stringify({ text: TEXT, exports: [] })]),
    );
  });

  test("over TAXII and REST – of the same – says the same words", async () => {
    const one = tool("said twice");
    await scene.share([one]);
    await scene.get("feed-KR-NIS", "/taxii2/dprk/collections/originals/objects/", { taxii: true });
    await scene.withdraw(one.id);
    const { json } = await scene.get("feed-KR-NIS", "/taxii2/dprk/collections/recalls/objects/", { taxii: true });
    expect((json as { objects: { content: string }[] }).objects.map(({ content }) => content)).toEqual([TEXT]);
    expect((await scene.recalls("feed-KR-NIS")).map(({ text, object }) => [text, object])).toEqual([[TEXT, one.id]]);
  });

  test.each([
    ["a page", () => "/api/v1/objects?type=tool"],
    ["one object", (one: string) => `/api/v1/objects/${one}`],
    ["its sources", (one: string) => `/api/v1/objects/${one}/sources`],
    ["a file", (one: string) => `/api/v1/export?id=${one}`],
  ])("of what came by %s – once it is withdrawn – is there, once", async (_, path) => {
    const one = tool("by any way");
    await scene.share([one]);
    expect((await scene.get("j1", path(one.id))).status).toBe(200);
    await scene.withdraw(one.id);
    expect((await scene.recalls("j1")).map(({ object }) => object)).toEqual([one.id]);
    expect(await scene.recalls("j1")).toHaveLength(1);
  });

  test("of what stood beside what a filter left – which was never given – is not there", async () => {
    const [first, between, last] = [
      tool("first"),
      indicator("between", "[domain-name:value = 'b.example']"),
      tool("last"),
    ];
    await scene.share([first, between, last]);
    expect((await scene.get("j1", "/api/v1/objects?type=tool")).status).toBe(200);
    await scene.suspend("suspended");
    expect((await scene.recalls("j1")).map(({ object }) => object).sort()).toEqual([first.id, last.id].sort());
  });

  test("Q43 – of what left in files – names the serials of one's own that hold it, and nobody else's", async () => {
    const [one, other] = [tool("in a file"), tool("in another")];
    await scene.share([one]);
    const first = await scene.get("j1", "/api/v1/export");
    await scene.get("k1", "/api/v1/export");
    await scene.share([other]);
    const second = await scene.get("j1", `/api/v1/export?id=${other.id}`);
    const serialOf = ({ headers }: Reply): string =>
      /tricord-\d{4}-\d\d-\d\d-([\w-]+)\.json/.exec(headers["content-disposition"] ?? "")?.[1] ?? "none";
    await scene.suspend("suspended");
    const told = new Map((await scene.recalls("j1")).map(({ object, exports }) => [object, exports]));
    expect(told).toEqual(
      new Map([
        [one.id, [serialOf(first)]],
        [other.id, [serialOf(second)]],
      ]),
    );
  });

  test("Q43 – after the agreement is resumed – it is read again and not recalled again, until it is lost again", async () => {
    const one = tool("comes again");
    await scene.share([one]);
    await scene.get("j1", `/api/v1/objects/${one.id}`);
    await scene.suspend("suspended");
    expect(await scene.recalls("j1")).toHaveLength(1);
    await scene.suspend("in-force");
    expect(await scene.recalls("j1")).toHaveLength(1);
    expect((await scene.get("j1", `/api/v1/objects/${one.id}`)).status).toBe(200);
    expect(await scene.recalls("j1")).toHaveLength(1);
    await scene.suspend("suspended");
    expect((await scene.recalls("j1")).map(({ object }) => object)).toEqual([one.id, one.id]);
  });

  test("a suspension that nobody was asked under – over before the account looks – is no loss", async () => {
    const one = tool("never missed");
    await scene.share([one]);
    await scene.get("j1", `/api/v1/objects/${one.id}`);
    await scene.suspend("suspended");
    await scene.suspend("in-force");
    expect(await scene.recalls("j1")).toEqual([]);
  });

  test("of what the account had with a field cut – once it is withdrawn – is there as of any other", async () => {
    const one = { ...tool("with a secret"), description: "for the USA alone" };
    const rules = [{ selectors: ["description"], countries: ["USA"] }];
    await scene.world.post("feed-US-FBI", one, { label: { tlp: "GREEN", releases: [TRI_ALL], fieldRules: rules } });
    const read = (await scene.get("j1", `/api/v1/objects/${one.id}`)).json as { object: { description?: string } };
    expect(read.object.description).toBeUndefined();
    expect(await scene.recalls("j1")).toEqual([]);
    await scene.withdraw(one.id);
    expect((await scene.recalls("j1")).map(({ object }) => object)).toEqual([one.id]);
  });

  test("an edge – whose end is lost – is recalled with it to who had the edge, end or not", async () => {
    const [left, right] = [tool("left"), tool("right")];
    const edge = {
      ...tool("edge"),
      ...{ type: "relationship", id: tool("edge").id.replace("tool", "relationship"), name: undefined },
      ...{ relationship_type: "related-to", source_ref: left.id, target_ref: right.id },
    };
    await scene.share([left, right, edge]);
    await scene.get("j1", "/api/v1/objects?type=relationship");
    await scene.get("k1", `/api/v1/objects/${right.id}`);
    await scene.withdraw(left.id);
    expect((await scene.recalls("j1")).map(({ object }) => object)).toEqual([edge.id]);
    expect(await scene.recalls("k1")).toEqual([]);
  });

  test("a relabel for others – Korea loses it – is no loss of Japan's, which is told later, when it loses it itself", async () => {
    const one = tool("for two");
    await scene.share([one]);
    await scene.get("j1", `/api/v1/objects/${one.id}`);
    await scene.get("k1", `/api/v1/objects/${one.id}`);
    await scene.narrow(one.id, ["KOR"]);
    expect([(await scene.recalls("j1")).length, (await scene.recalls("k1")).length]).toEqual([0, 1]);
    await scene.suspend("suspended");
    expect([(await scene.recalls("j1")).length, (await scene.recalls("k1")).length]).toEqual([1, 1]);
  });

  test("pages of recalls – by next – hold each once, oldest first, and go on with what comes later", async () => {
    const all = Array.from({ length: 5 }, (_, n) => tool(`many ${n}`));
    await scene.share(all);
    await scene.get("j1", "/api/v1/objects");
    await scene.suspend("suspended");
    const found: string[] = [];
    let next = "";
    for (let n = 0; n < 3; n++) {
      const { json } = await scene.get("j1", `/api/v1/recalls?limit=2${next === "" ? "" : `&next=${next}`}`);
      const page = json as { recalls: Recall[]; next: string };
      found.push(...page.recalls.map(({ object }) => object));
      next = encodeURIComponent(page.next);
    }
    expect(found).toHaveLength(5);
    expect(new Set(found)).toEqual(new Set(all.map(({ id }) => id)));
    await scene.suspend("in-force");
    await scene.get("j1", `/api/v1/objects/${all[0]?.id}`);
    await scene.suspend("suspended");
    const { json } = await scene.get("j1", `/api/v1/recalls?next=${next}`);
    expect((json as { recalls: Recall[] }).recalls.map(({ object }) => object)).toEqual([all[0]?.id]);
  });

  test("acknowledged – once, by its account – says when; another's is not there, like an unknown one", async () => {
    const one = tool("known");
    await scene.share([one]);
    await scene.get("j1", `/api/v1/objects/${one.id}`);
    await scene.withdraw(one.id);
    const [recall] = await scene.recalls("j1");
    const path = `/api/v1/recalls/${recall?.recall}/acknowledge`;
    const others = await scene.post("j2", path);
    const unknown = await scene.post("j2", "/api/v1/recalls/00000000-0000-4000-8000-000000000000/acknowledge");
    expect([others.status, others.body.toString()]).toEqual([unknown.status, unknown.body.toString()]);
    expect(others.status).toBe(404);
    const first = await scene.post("j1", path);
    expect([first.status, (first.json as Recall).acknowledged]).toEqual([200, expect.any(String)]);
    expect((await scene.post("j1", path)).json).toEqual(first.json);
    expect(await scene.recalls("j1")).toEqual([first.json]);
  });

  test("a feed that only reads – of what it read at home and lost – acknowledges it with its key", async () => {
    const one = tool("read only");
    await scene.share([one]);
    const asked = (method: "GET" | "POST", path: string) => scene.world.ask("r3", { method, path }, "key");
    expect((await asked("GET", `/api/v1/objects/${one.id}`)).status).toBe(200);
    await scene.withdraw(one.id);
    const { recalls } = (await asked("GET", "/api/v1/recalls")).json as { recalls: Recall[] };
    expect(recalls.map(({ object }) => object)).toEqual([one.id]);
    expect((await asked("POST", `/api/v1/recalls/${recalls[0]?.recall}/acknowledge`)).status).toBe(200);
  });
});
