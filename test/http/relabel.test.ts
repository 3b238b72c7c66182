import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { row, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

let world: TemporaryWorld;
let asked = 0;
const tick = (): void => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
};
const ask = (as: string, what: Ask | string): Promise<Reply> => {
  tick();
  return world.ask(as, typeof what === "string" ? { method: "GET", path: what } : what);
};
const put = (as: string, path: string, body: unknown): Promise<Reply> => ask(as, { method: "POST", path, body });
const failed = ({ status, json }: Reply): unknown[] => [
  status,
  (json as { error?: { code: string } } | undefined)?.error?.code,
];
const reads = async (id: string, readers: readonly string[]): Promise<string[]> => {
  const found: string[] = [];
  for (const reader of readers) if ((await ask(reader, `/api/v1/objects/${id}`)).status === 200) found.push(reader);
  return found;
};

interface Mine {
  readonly id: string;
  readonly post: string;
  readonly hash: string;
}
const mine = async (as: string, id: string): Promise<Mine> => {
  const { json } = await ask(as, `/api/v1/mine?id=${id}`);
  const one = (json as { posts: Mine[] }).posts.at(-1);
  if (one === undefined) throw new Error(`${as} has no post of ${id}`);
  return one;
};
/** Posted, and its rows for Japan released. */
const posted = async (
  name: string,
  label: LabelRequest,
  released?: ReturnType<typeof row>,
  as = "u1",
): Promise<StixJson & { id: string }> => {
  const one = tool(name, { description: "words" });
  tick();
  await world.post(as, one, { label });
  tick();
  if (released !== undefined) await world.decide("rel-US-FBI", await world.propose(as, one.id, released));
  return one;
};
const relabel = async (as: string, id: string, label: LabelRequest, more: object = {}): Promise<Reply> => {
  const { post, hash } = await mine(as, id);
  return put(as, `/api/v1/mine/${post}/relabel`, { label, hash, reason: "for the test", ...more });
};
const edit = async (as: string, id: string, label: LabelRequest): Promise<Reply> => {
  const { post, hash } = await mine(as, id);
  return put(as, `/api/v1/mine/${post}/edit`, { label, hash, reason: "for the test" });
};
const releaseOf = ({ json }: Reply): string => (json as { release: string }).release;
const decide = async (as: string, release: string, verb = "approve"): Promise<Reply> => {
  const { json } = await ask(as, `/api/v1/releases/${release}`);
  const { hash = "none" } = json as { hash?: string };
  return put(as, `/api/v1/releases/${release}/${verb}`, { hash, reason: "for the test" });
};

const JAPAN = row("TRI", ["JPN"], ["JP-NPA"]);
const READERS = ["u2", "u3", "j1", "j2", "j4", "k1", "cj"];

beforeAll(async () => {
  world = await TemporaryWorld.open();
  const reviewer = { id: "rev", name: "rev", role: "reviewer" as const, agency: "US-FBI", person: "p-rev" };
  await world.addDirectory({ accounts: [{ ...reviewer, clearance: "S", topics: ["*"], pii: true, scope: "write" }] });
});
afterAll(() => world.close());

test("AMBER to GREEN (Q37) – by its author – pending until a second person of the country approves, who is shown the audience", async () => {
  const one = await posted(
    "from AMBER to GREEN",
    { tlp: "AMBER", topics: ["crypto"], releases: [row("TRI", ["JPN"])] },
    row("TRI", ["JPN"]),
  );
  const before = await reads(one.id, READERS);
  expect(before).toEqual(["j1", "j2"]);
  const wider: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["JPN"])] };
  expect(failed(await edit("u1", one.id, wider))).toEqual([409, "label.widens"]);
  const proposed = await relabel("u1", one.id, wider);
  expect([proposed.status, (proposed.json as { widens: string[] }).widens]).toEqual([202, ["JP-NPA", "US-FBI"]]);
  const release = releaseOf(proposed);
  expect(await reads(one.id, READERS)).toEqual(before);
  const { json: told } = await ask("rel-US-FBI", `/api/v1/releases/${release}`);
  expect(told).toMatchObject({ kind: "relabel", status: "proposed", whole: true, gains: ["JP-NPA", "US-FBI"] });
  expect((told as { relabels: unknown[] }).relabels).toMatchObject([
    {
      ...{ from: { tlp: "AMBER", topics: ["crypto"] }, to: { tlp: "GREEN", topics: [] }, lost: [] },
      added: [{ agency: "JP-NPA", people: [{ id: "j4" }], without: [] }],
    },
  ]);
  expect(told).not.toHaveProperty("row");
  expect(failed(await decide("u1", release))).toEqual([403, "forbidden.verb"]);
  expect((await ask("j1", `/api/v1/releases/${release}`)).status).toBe(404);
  expect(failed(await decide("rev", release))).toEqual([403, "release.not_releaser"]);
  const done = await decide("rel-US-FBI", release);
  expect([done.status, (done.json as { status: string }).status]).toEqual([200, "released"]);
  expect(await reads(one.id, READERS)).toEqual(["j1", "j2", "j4", "cj"]);
  expect(failed(await decide("rel-US-FBI", release))).toEqual([409, "release.decided"]);
  expect(failed(await put("u1", `/api/v1/releases/${release}/recall`, { hash: "x", reason: "back" }))).toEqual([
    422,
    "release.relabel",
  ]);
});

test("what is new for some (order, relabels) – after the approval – newcomers have it as new, who had it where it was", async () => {
  const one = await posted("new for some", { tlp: "AMBER+STRICT", releases: [JAPAN] }, JAPAN);
  const later = await posted("posted after it", { tlp: "GREEN", releases: [TRI] }, row("TRI", ["JPN"]));
  const order = async (as: string): Promise<string[]> => {
    const { json } = await ask(as, "/api/v1/objects?type=tool&limit=1000");
    return (json as { objects: { id: string }[] }).objects
      .map(({ id }) => id)
      .filter((id) => [one.id, later.id].includes(id));
  };
  expect([await order("j1"), await order("j2")]).toEqual([[one.id, later.id], [later.id]]);
  const proposal = await relabel("u1", one.id, {
    tlp: "AMBER+STRICT",
    releases: [JAPAN, row("TRI", ["JPN"], ["JP-JAFIC"])],
  });
  expect((await decide("rel-US-FBI", releaseOf(proposal))).status).toBe(200);
  expect([await order("j1"), await order("j2")]).toEqual([
    [one.id, later.id],
    [later.id, one.id],
  ]);
});

test("GREEN to AMBER+STRICT (Q38) – by one person – at once; as a proposal there is nothing to approve", async () => {
  const one = await posted("narrowed at once", { tlp: "GREEN", releases: [row("TRI", ["JPN"])] }, row("TRI", ["JPN"]));
  const fewer: LabelRequest = { tlp: "AMBER+STRICT", releases: [JAPAN] };
  expect(failed(await relabel("u1", one.id, fewer))).toEqual([409, "relabel.nobody_gains"]);
  expect((await edit("u1", one.id, fewer)).status).toBe(200);
  expect(await reads(one.id, READERS)).toEqual(["j1", "j4"]);
});

test("RED for somebody of an agency that was not listed (Q39) – a tighter label – two persons, the second a custodian", async () => {
  const one = await posted("tighter, and wider", { tlp: "AMBER+STRICT", releases: [JAPAN] }, JAPAN);
  const red: LabelRequest = { tlp: "RED", recipients: ["k1"], releases: [row("TRI", ["KOR"], ["KR-NIS"])] };
  expect(failed(await edit("u1", one.id, red))).toEqual([409, "label.widens"]);
  const release = releaseOf(await relabel("u1", one.id, red));
  expect(await reads(one.id, READERS)).toEqual(["j1", "j4"]);
  expect((await decide("rel-US-CISA", release)).status).toBe(404);
  expect((await decide("u4", release)).status).toBe(200);
  expect(await reads(one.id, READERS)).toEqual(["k1"]);
});

test("RED for somebody at home – under a label that a reviewer could widen – takes a custodian, for the label that is to be", async () => {
  const one = await posted("named at home", {
    tlp: "AMBER",
    topics: ["crypto"],
    releases: [row("TRI", ["USA"], ["US-CISA"])],
  });
  const red: LabelRequest = { tlp: "RED", recipients: ["u2"], releases: [row("TRI", ["USA"], ["US-TREAS"])] };
  const release = releaseOf(await relabel("u1", one.id, red));
  expect(failed(await decide("rev", release))).toEqual([403, "release.custodian_required"]);
  expect((await decide("rel-US-FBI", release)).status).toBe(200);
  expect(await reads(one.id, READERS)).toEqual(["u2"]);
});

test("an approval – of a label that changed since, of another hash, twice, after a new version – is a 409 and applies nothing", async () => {
  const one = await posted(
    "changed since",
    { tlp: "AMBER", topics: ["crypto"], releases: [row("TRI", ["JPN"])] },
    row("TRI", ["JPN"]),
  );
  const wider: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["JPN"])] };
  const release = releaseOf(await relabel("u1", one.id, wider));
  expect(
    failed(await put("rel-US-FBI", `/api/v1/releases/${release}/approve`, { hash: "stale", reason: "x" })),
  ).toEqual([409, "release.stale"]);
  expect((await edit("u1", one.id, { tlp: "AMBER+STRICT", releases: [row("TRI", ["JPN"], ["JP-NPA"])] })).status).toBe(
    409,
  );
  expect(
    (
      await edit("u1", one.id, {
        tlp: "AMBER",
        topics: ["crypto"],
        caveats: ["NOEXPORT"],
        releases: [row("TRI", ["JPN"])],
      })
    ).status,
  ).toBe(200);
  expect(failed(await decide("rel-US-FBI", release))).toEqual([409, "release.stale"]);
  const again = releaseOf(await relabel("u1", one.id, wider));
  tick();
  await world.post(
    "u1",
    { ...one, name: "its second version", modified: "2026-04-10T00:00:00.000Z" },
    { label: wider },
  );
  expect(failed(await decide("rel-US-FBI", again))).toEqual([409, "release.stale"]);
  expect((await decide("rel-US-FBI", again, "refuse")).status).toBe(200);
  expect(await reads(one.id, ["j4"])).toEqual([]);
});

test("who may propose and where – a feed, another's author, another agency, a stale hash, withdrawn – told apart", async () => {
  const one = await posted("of the releaser", { tlp: "AMBER", releases: [] }, undefined, "rel-US-FBI");
  const wider: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
  expect(failed(await relabel("u1", one.id, wider))).toEqual([403, "release.not_author"]);
  expect((await relabel("feed-US-FBI", one.id, wider)).status).toBe(403);
  expect(failed(await relabel("rel-US-FBI", one.id, wider, { hash: "stale" }))).toEqual([409, "content.stale"]);
  expect(
    failed(
      await put("j1", `/api/v1/mine/${(await mine("u1", one.id)).post}/relabel`, {
        label: wider,
        hash: "x",
        reason: "x",
      }),
    ),
  ).toEqual([404, "not_found"]);
  // At home a reviewer or releaser of the country will do: the author's own word is not enough for what grows.
  const release = releaseOf(await relabel("rel-US-FBI", one.id, wider));
  expect(await reads(one.id, ["u2", "u3"])).toEqual([]);
  expect((await decide("rev", release)).status).toBe(200);
  expect(await reads(one.id, ["u2", "u3"])).toEqual(["u2", "u3"]);
  expect((await put("u1", `/api/v1/objects/${one.id}/withdraw`, { reason: "done" })).status).toBe(200);
  expect(failed(await relabel("rel-US-FBI", one.id, wider))).toEqual([409, "edit.withdrawn"]);
});

test("a client's grant – on its sponsor's own AMBER object – is the sponsor's to give, by two persons, and taken away by one", async () => {
  const amber: LabelRequest = { tlp: "AMBER", releases: [row("TRI", ["USA"], ["US-FBI"])] };
  const one = await posted("for a client", amber);
  const granted: LabelRequest = { ...amber, clientGrants: ["cu"] };
  expect(await reads(one.id, ["u4", "cu"])).toEqual(["u4"]);
  expect(failed(await edit("u1", one.id, granted))).toEqual([409, "label.widens"]);
  expect(failed(await relabel("u1", one.id, { ...amber, clientGrants: ["cj"] }))).toEqual([
    422,
    "label.unknown_account",
  ]);
  expect((await decide("rel-US-FBI", releaseOf(await relabel("u1", one.id, granted)))).status).toBe(200);
  expect(await reads(one.id, ["u2", "u4", "cu", "cj"])).toEqual(["u4", "cu"]);
  expect((await edit("u1", one.id, amber)).status).toBe(200);
  expect(await reads(one.id, ["u4", "cu"])).toEqual(["u4"]);
});

test("another label proposed – for what has a field cut for its viewer at home – names that field to whoever is shown it alone", async () => {
  const one = tool("with a method", { description: "words", x_method: "how" });
  const rules = { fieldRules: [{ selectors: ["x_method"], agencies: ["JP-NPA"] }] };
  const releases = [row("TRI", ["JPN"], ["JP-NPA", "JP-NCO"])];
  tick();
  const sent = await world.post("j1", one, { label: { tlp: "AMBER", releases, ...rules } as LabelRequest });
  expect(sent.status).toBe(200);
  const nco = { name: "nco", role: "analyst" as const, agency: "JP-NCO", clearance: "S" as const, pii: true };
  await world.addDirectory({
    accounts: [{ ...nco, id: "nco", person: "p-nco", topics: ["*"], scope: "write" }],
  });
  const shown = await ask("nco", `/api/v1/objects/${one.id}`);
  expect([shown.status, shown.body.toString().includes("x_method")]).toEqual([200, false]);
  const wider = [row("TRI", ["JPN"]), row("TRI", ["KOR"])];
  for (const to of [
    { tlp: "GREEN", releases: wider, ...rules },
    { tlp: "GREEN", releases: wider },
  ]) {
    const proposed = await relabel("j1", one.id, to as LabelRequest);
    expect(proposed.status).toBe(202);
    const release = releaseOf(proposed);
    const told = await ask("nco", `/api/v1/releases/${release}`);
    expect([told.status, (told.json as { relabels: unknown[] }).relabels.length]).toEqual([200, 1]);
    for (const reply of [told, await ask("nco", "/api/v1/releases")])
      expect(reply.body.toString()).not.toContain("x_method");
    expect((await ask("j1", `/api/v1/releases/${release}`)).body.toString()).toContain("x_method");
    await decide("rel-JP-NPA", release, "refuse");
  }
});
