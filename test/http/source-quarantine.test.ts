import type { StixJson } from "../../server/pipeline/steps.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { SourceQuarantines } from "../../server/storage/collections.ts";
import { row, sampleUuid, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

/** Quarantine of a source, "from X since T": on every path at once, until every country has signed its end. */
const QUARANTINES = "/api/v1/quarantines";
const CHANGES = "/api/v1/policy-changes";
const ALL = row("TRI", ["JPN", "KOR", "USA"]);
const OPEN = { tlp: "GREEN", releases: [ALL] };

let world: TemporaryWorld;
let now = START;
let asked = 0;
beforeEach(async () => {
  [now, asked] = [START, 0];
  world = await TemporaryWorld.open();
});
afterEach(() => world.close());

const send = (as: string, what: Ask): Promise<Reply> => {
  now += 1000;
  world.at(now, `request ${++asked}`);
  return world.ask(as, what);
};
const get = (as: string, path: string): Promise<Reply> => send(as, { method: "GET", path });
const put = (as: string, path: string, body?: unknown): Promise<Reply> => send(as, { method: "POST", path, body });
const body = ({ json }: Reply): Record<string, unknown> => (json ?? {}) as Record<string, unknown>;
const failed = (reply: Reply): unknown[] => [reply.status, (body(reply).error as { code: string } | undefined)?.code];

const posted = async (as: string, objects: readonly StixJson[]): Promise<string[]> => {
  now += 1000;
  world.at(now, `post ${++asked}`);
  const reply = await world.post(as, objects, { label: OPEN as never });
  expect(reply.json).toMatchObject({ counts: { created: objects.length } });
  return objects.map(({ id }) => String(id));
};
/** A person's post, with a releaser's word for the others. */
const released = async (object: StixJson): Promise<string[]> => {
  const [id = ""] = await posted("k3", [object]);
  const abroad = row("TRI", ["JPN", "USA"]);
  now += 1000;
  world.at(now, `propose ${++asked}`);
  const release = await world.propose("k3", id, abroad);
  now += 1000;
  world.at(now, `approve ${++asked}`);
  await world.decide("rel-KR-KISA", release);
  return [id];
};
const sees = async (as: string, ids: readonly string[]): Promise<number[]> => {
  const found: number[] = [];
  for (const id of ids) found.push((await get(as, `/api/v1/objects/${id}`)).status);
  return found;
};
const listed = async (as: string, query: string): Promise<string[]> => {
  const { objects = [] } = body(await get(as, `/api/v1/objects?view=originals&${query}`)) as {
    objects?: { id: string }[];
  };
  return objects.map(({ id }) => id).filter((id) => !id.startsWith("marking-definition"));
};
const after = new Map<string, string>();
const poll = async (as: string, collection: "originals" | "recalls"): Promise<string[]> => {
  const key = `${as} ${collection}`;
  const since = after.get(key);
  const reply = await send(as, {
    method: "GET",
    path: `/taxii2/dprk/collections/${collection}/objects/${since === undefined ? "" : `?added_after=${since}`}`,
    headers: { Accept: "application/taxii+json;version=2.1" },
  });
  expect([as, reply.status]).toEqual([as, 200]);
  const last = reply.headers["x-taxii-date-added-last"];
  if (last !== undefined) after.set(key, last);
  const { objects = [] } = body(reply) as { objects?: { id: string; object_refs?: string[] }[] };
  return objects
    .flatMap(({ id, object_refs: gone }) => (collection === "recalls" ? (gone ?? []) : [id]))
    .filter((id) => !id.startsWith("marking-definition"));
};
const hold = (as: string, what: object): Promise<Reply> => put(as, QUARANTINES, { reason: "for the test", ...what });
const held = async (what: object): Promise<string> => {
  const reply = await hold("sign-kor", what);
  expect([reply.status, body(reply).status, body(reply).swept, body(reply).error]).toEqual([
    201,
    "in-force",
    true,
    undefined,
  ]);
  return String(body(reply).quarantine);
};
const sign = async (as: string, change: string): Promise<unknown> => {
  const { hash } = body(await get(as, `${CHANGES}/${change}`));
  return body(await put(as, `${CHANGES}/${change}/sign`, { reason: "looked at", hash })).status;
};

test("what a source posted since then – held, and lifted by every country – is its own people's alone on every path meanwhile, recalled and given again", async () => {
  after.clear();
  const [before] = await posted("feed-KR-KISA", [tool("a word of before")]);
  const since = formatInstant(now + 500);
  const [machine] = await posted("feed-KR-KISA", [tool("a word of machines")]);
  const [person] = await released(tool("a word of people"));
  const [other] = await posted("feed-JP-NPA", [tool("a word of others")]);
  const [edge] = await posted("feed-JP-NPA", [
    {
      ...{ type: "relationship", spec_version: "2.1", id: `relationship--${sampleUuid("edge")}` },
      ...{ created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z" },
      ...{ relationship_type: "related-to", source_ref: machine, target_ref: other },
    },
  ]);
  const ids = [before, machine, person, other, edge].map(String);
  const four = [before, person, other].map(String);
  expect([await sees("u3", ids), (await poll("u3", "originals")).sort()]).toEqual([
    [200, 200, 200, 200, 200],
    [...ids].sort(),
  ]);
  expect((await poll("f3", "originals")).length).toBe(5);

  const id = await held({ agency: "KR-KISA", account: "feed-KR-KISA", since });
  for (const who of ["u3", "k1", "f3"]) expect([who, await sees(who, ids)]).toEqual([who, [200, 404, 200, 200, 404]]);
  // Whoever drew the edge keeps it, without the end.
  expect(await sees("j1", ids)).toEqual([200, 404, 200, 200, 200]);
  // Its own people read it on the page, and no machine gets it.
  expect(await sees("k3", ids)).toEqual([200, 200, 200, 200, 200]);
  expect(JSON.stringify((await get("k3", `/api/v1/objects/${machine}`)).json)).toContain('"quarantined":true');
  expect(JSON.stringify((await get("k3", `/api/v1/objects/${before}`)).json)).not.toContain("quarantined");
  expect((await listed("u3", "text=word")).sort()).toEqual([...four].sort());
  expect((await listed("u3", "type=relationship")).sort()).toEqual([]);
  expect((await poll("u3", "recalls")).sort()).toEqual([machine, edge].map(String).sort());
  expect((await poll("f3", "recalls")).sort()).toEqual([machine, edge].map(String).sort());
  expect(await poll("u3", "originals")).toEqual([]);
  // What it posts from now on is held from its first moment; a colleague's is not.
  const [later] = await posted("feed-KR-KISA", [tool("a word of later")]);
  const [colleague] = await released(tool("a word of colleagues"));
  expect([await sees("u3", [String(later), String(colleague)]), await sees("k3", [String(later)])]).toEqual([
    [404, 200],
    [200],
  ]);
  expect(await poll("u3", "originals")).toEqual([colleague]);

  const lift = await put("sign-jpn", CHANGES, {
    change: { quarantine: id, to: { lifted: true } },
    reason: "it was clean",
  });
  const change = String(body(lift).change);
  expect(body(lift)).toMatchObject({
    status: "proposed",
    kind: "quarantine",
    countries: ["JPN", "KOR", "USA"],
    gains: [],
  });
  const { gains } = body(await get("sign-kor", `${CHANGES}/${change}`)) as { gains: { agency: string }[] };
  expect(gains.map(({ agency }) => agency)).toEqual([
    "JP-JAFIC",
    "JP-NCO",
    "JP-NPA",
    "KR-KNPA",
    "KR-NIS",
    "US-CISA",
    "US-FBI",
    "US-TREAS",
  ]);
  expect([await sign("sign-kor", change), await sign("sign-usa", change)]).toEqual(["proposed", "proposed"]);
  expect(await sees("u3", [String(machine)])).toEqual([404]);
  expect(await sign("sign-jpn", change)).toBe("applied");
  for (const who of ["u3", "k1", "f3"])
    expect([who, await sees(who, [...ids, String(later)])]).toEqual([who, [200, 200, 200, 200, 200, 200]]);
  expect((await poll("u3", "originals")).sort()).toEqual([machine, edge, later].map(String).sort());
  expect(await poll("u3", "recalls")).toEqual([]);
  expect((await get("sign-usa", QUARANTINES)).json).toMatchObject({
    quarantines: [{ quarantine: id, status: "lifted", swept: true }],
  });
  expect(
    failed(await put("sign-jpn", CHANGES, { change: { quarantine: id, to: { lifted: true } }, reason: "again" })),
  ).toEqual([422, "change.nothing"]);
});

test("more than one transaction holds – of one agency – is all held when it answers, and goes on where it was cut off", async () => {
  after.clear();
  const many = Array.from({ length: 450 }, (_, n) => tool(`many ${n}`));
  await posted("feed-KR-KISA", many);
  const [person] = await released(tool("one more"));
  const count = async (as: string): Promise<number> => {
    const { objects = [] } = body(await get(as, "/api/v1/objects?view=originals&limit=1000&type=tool")) as {
      objects?: { type: string }[];
    };
    return objects.filter(({ type }) => type === "tool").length;
  };
  expect(await count("u3")).toBe(451);
  const id = await held({ agency: "KR-KISA", since: formatInstant(START) });
  expect([await count("u3"), await count("k3"), await sees("u3", [String(person)])]).toEqual([0, 451, [404]]);
  // As if it had been lifted, and the process had died before it freed anything.
  await world.change(async (unit) => {
    const doc = await unit.collection(SourceQuarantines).get(id);
    if (doc !== undefined) await unit.collection(SourceQuarantines).put({ ...doc, lifted: now, swept: false });
  });
  expect(await count("u3")).toBe(0);
  expect((await put("sign-usa", `${QUARANTINES}/${id}/continue`)).json).toMatchObject({
    status: "lifted",
    swept: true,
  });
  expect(await count("u3")).toBe(451);
  expect((await put("sign-usa", `${QUARANTINES}/${id}/continue`)).status).toBe(200);
});

test("what came before that instant and was released after it – of the agency – is not held", async () => {
  const [id = ""] = await posted("k3", [tool("came before")]);
  now += 1000;
  const since = formatInstant(now);
  world.at(now, `propose ${++asked}`);
  const release = await world.propose("k3", id, row("TRI", ["JPN", "USA"]));
  now += 1000;
  world.at(now, `approve ${++asked}`);
  await world.decide("rel-KR-KISA", release);
  const [later = ""] = await posted("feed-KR-KISA", [tool("came after")]);
  await held({ agency: "KR-KISA", since });
  expect(await sees("u3", [id, later])).toEqual([200, 404]);
});

test.each([
  [
    "by another country's signer",
    "sign-usa",
    { agency: "KR-KISA", since: "2026-04-01T00:00:00Z" },
    403,
    "change.other_country",
  ],
  [
    "from an instant to come",
    "sign-kor",
    { agency: "KR-KISA", since: "2027-04-01T00:00:00Z" },
    422,
    "quarantine.since",
  ],
  [
    "of another agency's account",
    "sign-kor",
    { agency: "KR-KISA", account: "j1", since: "2026-04-01T00:00:00Z" },
    422,
    "quarantine.account",
  ],
  ["of no agency", "sign-kor", { agency: "KR-NOBODY", since: "2026-04-01T00:00:00Z" }, 404, "not_found"],
  ["by an analyst", "k3", { agency: "KR-KISA", since: "2026-04-01T00:00:00Z" }, 403, "forbidden.verb"],
])("a quarantine – %s – refused", async (_, as, what, status, code) => {
  expect(failed(await hold(as, what))).toEqual([status, code]);
});

test("whom a quarantine holds – of one account – is told to its country's signers and administrators; others are told of its agency", async () => {
  const reason = "feed-KR-KISA was taken over";
  const held = await hold("sign-kor", {
    agency: "KR-KISA",
    account: "feed-KR-KISA",
    since: formatInstant(START),
    reason,
  });
  expect(body(held)).toMatchObject({ account: "feed-KR-KISA", reason });
  const path = `${QUARANTINES}/${String(body(held).quarantine)}/continue`;
  for (const who of ["sign-kor", "ad"])
    expect([who, body(await get(who, QUARANTINES))]).toMatchObject([
      who,
      { quarantines: [{ agency: "KR-KISA", account: "feed-KR-KISA", reason }] },
    ]);
  for (const who of ["sign-jpn", "sign-usa"])
    for (const reply of [await get(who, QUARANTINES), await put(who, path)]) {
      expect([who, reply.status, reply.body.toString().includes("KR-KISA")]).toEqual([who, 200, true]);
      expect(reply.body.toString()).not.toContain("feed-KR-KISA");
    }
  await hold("sign-kor", { agency: "KR-NIS", since: formatInstant(START), reason: "all of it" });
  expect((await get("sign-jpn", QUARANTINES)).body.toString()).toContain("all of it");
});
