import type { GrantReply } from "../../schemas/api/grants.ts";
import { row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

/** Two stores that differ in one grant of a sponsor to its client: for everybody but the two, and the originator's question who reads it, they are one. */
const AMBER = { tlp: "AMBER" as const, topics: ["crypto"], releases: [row("TRI", ["JPN"])] };
const TAXII = { Accept: "application/taxii+json;version=2.1" };

async function told(granted: boolean): Promise<TemporaryWorld> {
  const world = await TemporaryWorld.open();
  let asked = 0;
  const at = (): void => world.at(START + ++asked * 1000, `story ${asked}`);
  const ask = (as: string, method: "GET" | "POST", path: string, body?: object): Promise<Reply> => {
    at();
    return world.ask(as, { method, path, ...(body === undefined ? {} : { body }) });
  };
  const object = tool("granted or not");
  const opened = async (): Promise<void> => {
    at();
    const release = await world.propose("u1", object.id, row("TRI", ["JPN"]));
    at();
    await world.decide("rel-US-FBI", release);
  };
  at();
  await world.post("u1", object, { label: AMBER });
  await opened();
  const path = `/api/v1/objects/${object.id}`;
  if (granted) {
    const { grant, hash } = (await ask("j1", "POST", `${path}/grants`, { client: "cj", reason: "for it" }))
      .json as GrantReply;
    expect((await ask("rel-JP-NPA", "POST", `/api/v1/grants/${grant}/approve`, { hash, reason: "yes" })).status).toBe(
      200,
    );
    expect((await ask("cj", "GET", path)).status).toBe(200);
  } else asked += 3;
  // The story goes on: a version more, an edit, another object, a narrowing.
  at();
  await world.post("u1", { ...object, modified: "2026-04-12T00:00:00.000Z", description: "more" }, { label: AMBER });
  await opened();
  at();
  await world.post("feed-US-CISA", [tool("another")], {
    label: { tlp: "GREEN", releases: [row("TRI", ["JPN", "KOR", "USA"])] },
  });
  const { hash } = (await ask("u1", "GET", path)).json as { hash: string };
  await ask("rel-US-FBI", "POST", `${path}/recalls`, { row: row("TRI", ["JPN"]), hash, reason: "back" });
  return world;
}

test("a grant of a sponsor to its client – there or not – is the same world for everybody else, its originator's work included", async () => {
  const [one, other] = [await told(true), await told(false)];
  const id = tool("granted or not").id;
  const paths = [
    ...["/api/v1/objects", `/api/v1/objects/${id}`, `/api/v1/objects/${id}/sources`, "/api/v1/objects?text=granted"],
    ...["/api/v1/mine", "/api/v1/triage/queue", "/api/v1/releases?status=released", "/api/v1/recalls"],
    ...["/api/v1/export?format=csv", `/api/v1/objects/${id}/grants`, `/api/v1/objects/${id}/audience`],
    ...["originals", "consolidated", "recalls"].map((name) => `/taxii2/dprk/collections/${name}/objects/`),
    "/taxii2/dprk/collections/originals/manifest/",
  ];
  let asked = 0;
  try {
    for (const as of ["u1", "rel-US-FBI", "u3", "cu", "k1", "k3", "j2", "j3", "feed-US-FBI", "feed-JP-NCO"])
      for (const path of paths) {
        const headers = path.startsWith("/taxii2") ? TAXII : {};
        asked += 1;
        const [a, b] = await Promise.all(
          [one, other].map(async (world) => {
            world.at(START + 3_600_000 + asked * 1000, `question ${asked}`);
            const { status, headers: sent, body } = await world.ask(as, { method: "GET", path, headers });
            return { as, path, status, headers: { ...sent, date: "" }, body: body.toString() };
          }),
        );
        expect(a).toEqual(b);
      }
  } finally {
    await one.close();
    await other.close();
  }
  expect(asked).toBe(150);
});
