import { Budgets, Disclosures } from "../../server/storage/collections.ts";
import type { AuditDoc } from "../../server/storage/documents.ts";
import { row, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const MINUTE = 60_000;
/** START is 09:30 UTC. */
const TO_MIDNIGHT = (14 * 60 + 30) * MINUTE;
const list = (query = "") => ({ method: "GET" as const, path: `/api/v1/objects${query}` });
const page = (collection: string, query = "") => ({
  method: "GET" as const,
  path: `/taxii2/dprk/collections/${collection}/objects/${query}`,
  headers: { Accept: "application/taxii+json;version=2.1" },
});
const idsOf = ({ json }: Reply): string[] =>
  ((json as { objects?: { id: string; type: string }[] }).objects ?? []).flatMap(({ id, type }) =>
    type === "marking-definition" ? [] : [id],
  );

const TOOLS = Array.from({ length: 10 }, (_, n) => tool(`tool ${n}`));
const AT_HOME = { tlp: "GREEN" as const, releases: [row("TRI", ["USA"])] };

describe("a daily budget of ten objects", () => {
  let world: TemporaryWorld;
  let turn = 0;
  const at = (ms = 0) => world.at(START + MINUTE * ++turn + ms, `turn ${turn}`);

  beforeEach(async () => {
    turn = 0;
    world = await TemporaryWorld.open({ settings: { DAILY_BUDGET_PEOPLE: "10", DAILY_BUDGET_MACHINES: "10" } });
    at();
    await world.post("feed-US-FBI", TOOLS, { label: { tlp: "GREEN", releases: [TRI] } });
  });
  afterEach(() => world.close());

  test("a person – reading the same ten again, by page, by id, with their sources and in a file – is never refused; one more is, until the next UTC midnight", async () => {
    for (const view of ["consolidated", "originals", "consolidated"]) {
      at();
      expect(idsOf(await world.ask("j1", list(`?view=${view}`)))).toHaveLength(10);
    }
    const [{ id }] = TOOLS as [(typeof TOOLS)[number]];
    for (const path of [`/api/v1/objects/${id}`, `/api/v1/objects/${id}/sources`, `/api/v1/export?id=${id}`]) {
      at();
      expect([path, (await world.ask("j1", { method: "GET", path })).status]).toEqual([path, 200]);
    }
    at();
    await world.post("feed-US-FBI", tool("one more"), { label: { tlp: "GREEN", releases: [TRI] } });
    at();
    const refused = await world.ask("j1", list());
    expect([refused.status, refused.headers["retry-after"]]).toEqual([
      429,
      String((TO_MIDNIGHT - turn * MINUTE) / 1000),
    ]);
    expect(refused.json).toMatchObject({ error: { code: "limit.disclosures" } });
    world.at(START + TO_MIDNIGHT - 1, "a moment before midnight");
    expect((await world.ask("j1", list())).status).toBe(429);
    world.at(START + TO_MIDNIGHT, "midnight");
    expect((await world.ask("j1", list("?limit=9"))).status).toBe(200);
  });

  test("a reader at exactly the limit – the originator releases one of the ten to another country – reads it again, by id and in a file: 200", async () => {
    const of = tool("for Japan");
    world.at(START + TO_MIDNIGHT, "the next day");
    await world.post("u1", of, { label: { tlp: "GREEN", releases: [row("TRI", ["JPN", "KOR"])] } });
    const release = async (country: string): Promise<void> => {
      const asked = await world.propose("u1", of.id, row("TRI", [country]));
      await world.decide("rel-US-FBI", asked);
    };
    await release("JPN");
    world.at(START + TO_MIDNIGHT + MINUTE, "a minute later");
    expect(idsOf(await world.ask("j1", list("?limit=9")))).toHaveLength(9);
    const read = async (path: string): Promise<number> => (await world.ask("j1", { method: "GET", path })).status;
    const byId = `/api/v1/objects/${of.id}`;
    expect(await read(byId)).toBe(200);
    const used = async () => (await world.storage.collection(Budgets).get("j1"))?.used;
    expect(await used()).toBe(10);
    world.at(START + TO_MIDNIGHT + 2 * MINUTE, "released to Korea");
    await release("KOR");
    world.at(START + TO_MIDNIGHT + 3 * MINUTE, "read again");
    expect([await read(byId), await read(`/api/v1/export?id=${of.id}`), await read(byId), await used()]).toEqual([
      ...[200, 200, 200, 10],
    ]);
  });

  test("what nobody shows to the account – 500 objects of others – takes nothing from its budget", async () => {
    at();
    await world.post(
      "u1",
      Array.from({ length: 500 }, (_, n) => tool(`at home ${n}`)),
      { label: AT_HOME },
    );
    at();
    expect(idsOf(await world.ask("j1", list()))).toHaveLength(10);
    const held = await world.storage.collection(Budgets).get("j1");
    expect(held?.used).toBe(10);
  });

  test("a machine – whose page would go beyond it – is not given that page, and the next day gets all that is left once, from the same cursor", async () => {
    const reader = "feed-JP-NPA";
    at();
    const first = await world.ask(reader, page("originals", "?limit=8"), "key");
    const { next } = first.json as { next: string };
    at();
    await world.post("feed-US-FBI", [tool("late 1"), tool("late 2")], { label: { tlp: "GREEN", releases: [TRI] } });
    at();
    const beyond = await world.ask(reader, page("originals", `?limit=20&next=${encodeURIComponent(next)}`), "key");
    expect([beyond.status, beyond.headers["retry-after"]]).toEqual([429, String((TO_MIDNIGHT - turn * MINUTE) / 1000)]);
    world.at(START + TO_MIDNIGHT, "the next day");
    const rest = await world.ask(reader, page("originals", `?limit=20&next=${encodeURIComponent(next)}`), "key");
    const all = [...idsOf(first), ...idsOf(rest)];
    expect(all).toHaveLength(12);
    expect(new Set(all).size).toBe(12);
  });

  test("a machine – polling all again on the same day – is charged once; with a filter, for what it was not given that way", async () => {
    const reader = "feed-JP-NPA";
    for (let n = 0; n < 3; n++) {
      at();
      expect(idsOf(await world.ask(reader, page("originals", "?limit=100"), "key"))).toHaveLength(10);
    }
    at();
    expect((await world.ask(reader, page("originals", "?match[type]=tool"), "key")).status).toBe(200);
    at();
    expect((await world.ask(reader, page("originals", "?match[version]=all"), "key")).status).toBe(429);
    at();
    expect((await world.ask(reader, page("recalls"), "key")).status).toBe(200);
  });

  test("over REST, TAXII and in an export – together – counts; at four fifths the disclosure log says so, once a day", async () => {
    at();
    expect(idsOf(await world.ask("j1", list("?limit=4")))).toHaveLength(4);
    at();
    const [id] = TOOLS.map((one) => one.id);
    expect((await world.ask("j1", page("originals", "?limit=5"))).status).toBe(200);
    at();
    expect((await world.ask("j1", { method: "GET", path: `/api/v1/export?id=${id}` })).status).toBe(200);
    const used = async () => (await world.storage.collection(Budgets).get("j1"))?.used;
    const before = await used();
    at();
    expect((await world.ask("j1", { method: "GET", path: "/api/v1/export" })).status).toBe(429);
    expect([await used(), before]).toEqual([before, before]);
    const told = (await world.storage.collection(Disclosures).scan({
      ...{ index: "actor", prefixes: [["j1"]], limit: 100 },
    })) as AuditDoc[];
    expect(told.filter(({ what }) => what === "budget.warning")).toHaveLength(1);
  });
});
