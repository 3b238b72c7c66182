import type { TaxiiCollections } from "../../../schemas/taxii/collection.ts";
import { sha256 } from "../../../server/shared/digest.ts";
import { ApiKeys, Receipts } from "../../../server/storage/collections.ts";
import { KEY_PREFIX } from "../../../server/usecases/api-keys.ts";
import { hashPassword } from "../../../server/usecases/password.ts";
import { row, sampleUuid, TRI, tool } from "../../support/samples.ts";
import { type Got, MANIFEST, OBJECTS, ROOT, TaxiiWorld, TYPE, type Wire } from "./taxii-world.ts";

/** Who may do what, and what a refusal tells (reference section 2). */
jest.setTimeout(600_000);
const PASSWORD = "correct: horse – 馬 battery";
const WRITE_ONLY = `${KEY_PREFIX}write only`;
const EXPIRED = `${KEY_PREFIX}expired`;
let taxii: TaxiiWorld;
let ids: Record<string, string>;
let status: string;
const OWN = tool("of the FBI");
const SHARED = tool("for all three");

beforeAll(async () => {
  taxii = await TaxiiWorld.open({ settings: { SIGN_IN_FAILURES_PER_MINUTE: "10000" } });
  const password = await hashPassword(PASSWORD, taxii.world.steer.moments());
  await taxii.world.changeAccount("u1", { password });
  const dates = { created: "2026-01-01T00:00:00Z", expires: "2027-01-01T00:00:00Z" };
  await taxii.world.change((unit) =>
    unit.collection(ApiKeys).insert([
      { ...dates, id: sha256(WRITE_ONLY), account: "u1", name: "writes", scopes: ["post"] },
      { ...dates, expires: "2026-01-02T00:00:00Z", id: sha256(EXPIRED), account: "u1", name: "old", scopes: ["read"] },
    ]),
  );
  ids = await taxii.ids();
  status = (await taxii.put("u1", [OWN], { tlp: "GREEN" })).id;
  await taxii.put("feed-US-CISA", [SHARED], { tlp: "GREEN", releases: [TRI] });
});
afterAll(() => taxii.close());

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
const as = (authorization: string, path: string, wire: Wire = {}): Promise<Got> =>
  taxii.ask("", path, { ...wire, headers: { Authorization: authorization, ...wire.headers } });
const withKey = (key: string, path: string, wire: Wire = {}): Promise<Got> =>
  taxii.ask("", path, { ...wire, headers: { "X-Api-Key": key, ...wire.headers } });
const POST: Wire = {
  method: "POST",
  body: JSON.stringify({ objects: [tool("a post")] }),
  headers: { "Content-Type": TYPE },
};
const one = (id: string): string => `${OBJECTS}${id}/`;
const FOUR = (id: string): string[] => [OBJECTS, MANIFEST, one(id), `${one(id)}versions/`];

test("T-021 HTTP Basic – with a colon and letters beyond ASCII in the password – signs in; so do a bearer token and a key", async () => {
  expect((await as(basic("u1", PASSWORD), OBJECTS)).status).toBe(200);
  expect((await taxii.ask("u1", OBJECTS, { credential: "token" })).status).toBe(200);
  expect((await taxii.ask("u1", OBJECTS, { credential: "key" })).status).toBe(200);
  expect((await as(basic("u1", PASSWORD).replace("Basic", "bAsIc"), OBJECTS)).status).toBe(200);
});

const EVERYWHERE = (): [string, string][] =>
  [
    ...["/taxii2/", "/taxii2", ROOT, `${ROOT}collections/`, `${ROOT}collections/${ids.originals}/`].map((path) => [
      "GET",
      path,
    ]),
    ...[...FOUR(OWN.id), ...FOUR("tool--none"), `${ROOT}status/${status}/`, `${ROOT}status/none/`].map((path) => [
      "GET",
      path,
    ]),
    ...[`${ROOT}collections/none/objects/`, "/taxii2/other/", "/taxii2/no/such/path", "/taxii2/%ff/"].map((path) => [
      "GET",
      path,
    ]),
    ...[`${OBJECTS}?limit=0`, `${OBJECTS}?%ff`, OBJECTS.slice(0, -1)].map((path) => ["GET", path]),
    ...[
      ["POST", OBJECTS],
      ["DELETE", one(OWN.id)],
      ["PUT", OBJECTS],
      ["HEAD", OBJECTS],
      ["OPTIONS", ROOT],
    ],
  ] as [string, string][];

test("T-022, T-023 and T-025 without a credential – on every path, method and query – there is one answer: 401 with a Basic challenge", async () => {
  const bodies = new Set<string>();
  for (const [method, path] of EVERYWHERE()) {
    const { status: found, headers, body } = await taxii.ask("", path, { method, headers: { Accept: "text/html" } });
    expect([method, path, found, headers["content-type"]]).toEqual([method, path, 401, TYPE]);
    expect(headers["www-authenticate"]).toMatch(/^Basic realm="[^"]+"/);
    if (method !== "HEAD") bodies.add(body.toString());
  }
  expect(bodies.size).toBe(1);
});

test("T-024 a credential that is wrong, unknown, malformed, cut or two at once – on a path that is there – has the answer of none", async () => {
  const none = (await taxii.ask("", OBJECTS)).body.toString();
  const wrong = [
    ...[
      basic("u1", "wrong"),
      basic("nobody", "wrong"),
      basic("", ""),
      basic("u1\u0000", "x"),
      basic("u".repeat(5000), "x"),
    ],
    ...["Basic", "Basic ", "Basic !!!!", "Basic dTE=", "Bearer nonsense", "Token abc", "Negotiate", "", "\u00ff"],
    ...[`${basic("u1", PASSWORD)} x`.slice(0, 12), "Digest username=u1"],
  ];
  for (const authorization of wrong) {
    const { status: found, body, headers } = await as(authorization, OBJECTS);
    expect([authorization, found, body.toString()]).toEqual([authorization, 401, none]);
    expect(headers["www-authenticate"]).toMatch(/^Basic /);
  }
  for (const key of ["wrong", EXPIRED, `${KEY_PREFIX}none`])
    expect((await withKey(key, OBJECTS)).body.toString()).toBe(none);
  const two = await withKey(WRITE_ONLY, OBJECTS, { headers: { Authorization: basic("u1", PASSWORD) } });
  expect([two.status, two.body.toString()]).toEqual([401, none]);
});

test("T-024 an account that is over – with its right password – is not signed in", async () => {
  const password = await hashPassword(PASSWORD, taxii.world.steer.moments());
  await taxii.world.changeAccount("u3", { password, until: "2026-04-01T00:00:00Z" });
  expect((await as(basic("u3", PASSWORD), OBJECTS)).status).toBe(401);
});

test("T-026 a key that only writes – on the four endpoints – gets 403, and 202 on a POST", async () => {
  for (const path of FOUR(OWN.id)) expect([path, (await withKey(WRITE_ONLY, path)).status]).toEqual([path, 403]);
  expect((await withKey(WRITE_ONLY, OBJECTS, POST)).status).toBe(202);
});

test("T-027 who only reads – posting, with a good body, a bad one or none – gets 403, and nothing is stored", async () => {
  const before = (await taxii.world.storage.collection(Receipts).all({ limit: 1000 })).length;
  for (const reader of ["r3", "cu", "lx"])
    for (const body of [POST.body ?? "", "{", ""])
      expect([reader, (await taxii.ask(reader, OBJECTS, { ...POST, body })).status]).toEqual([reader, 403]);
  expect((await taxii.ask("u1", OBJECTS.replace("originals", "consolidated"), POST)).status).toBe(403);
  expect((await taxii.ask("u1", OBJECTS.replace("originals", ids.recalls ?? ""), POST)).status).toBe(403);
  expect((await taxii.world.storage.collection(Receipts).all({ limit: 1000 })).length).toBe(before);
});

test("T-028 a DELETE – by who neither reads nor writes, only reads, only writes – is 404, 403, 403", async () => {
  const gone: Wire = { method: "DELETE" };
  for (const nobody of ["ad", "au", "sign-usa"])
    expect([nobody, (await taxii.ask(nobody, one(OWN.id), gone)).status]).toEqual([nobody, 404]);
  for (const reader of ["r3", "lx"]) expect((await taxii.ask(reader, one(OWN.id), gone)).status).toBe(403);
  expect((await withKey(WRITE_ONLY, one(OWN.id), gone)).status).toBe(403);
  expect((await taxii.ask("u1", one(OWN.id).replace("originals", "consolidated"), gone)).status).toBe(403);
  expect((await taxii.ask("u1", one(OWN.id))).status).toBe(200);
});

test("T-029 and T-040 who has no right at all – admin, auditor, signer – sees no collection, and gets the answer of an unknown one below", async () => {
  for (const nobody of ["ad", "au", "sign-usa"]) {
    expect((await taxii.ask(nobody, `${ROOT}collections/`)).json).toEqual({});
    for (const name of ["originals", ids.originals ?? "", "consolidated", "recalls"])
      for (const rest of ["", "objects/", "manifest/", `objects/${OWN.id}/`, `objects/${OWN.id}/versions/`]) {
        const there = await taxii.ask(nobody, `${ROOT}collections/${name}/${rest}`);
        const unknown = await taxii.ask(nobody, `${ROOT}collections/${sampleUuid("none")}/${rest}`);
        expect([there.status, there.body.toString()]).toEqual([404, unknown.body.toString()]);
      }
    expect((await taxii.ask(nobody, OBJECTS, POST)).status).toBe(404);
    expect((await taxii.ask(nobody, ROOT)).status).toBe(200);
  }
});

test("T-030 rights – of each kind of client – are the client's own", async () => {
  const rights = ({ json }: Got): Record<string, [boolean, boolean]> =>
    Object.fromEntries(
      ((json as TaxiiCollections).collections ?? []).map((one) => [one.alias, [one.can_read, one.can_write]]),
    );
  const read = { consolidated: [true, false], recalls: [true, false] };
  const list = `${ROOT}collections/`;
  for (const writer of ["u1", "feed-US-CISA", "f3"])
    expect(rights(await taxii.ask(writer, list))).toEqual({ originals: [true, true], ...read });
  for (const reader of ["r3", "cu", "lx"])
    expect(rights(await taxii.ask(reader, list))).toEqual({ originals: [true, false], ...read });
  expect(rights(await withKey(WRITE_ONLY, list))).toEqual({ originals: [false, true] });
});

test("T-031 a status – asked for by anybody but who posted – is not there, like an unknown one", async () => {
  const path = `${ROOT}status/${status}/`;
  expect((await taxii.ask("u1", path)).status).toBe(200);
  for (const other of ["u4", "rel-US-FBI", "feed-US-FBI", "j1", "ad", "r3"]) {
    const there = await taxii.ask(other, path);
    const unknown = await taxii.ask(other, `${ROOT}status/${sampleUuid("none")}/`);
    expect([other, there.status, there.body.toString()]).toEqual([other, 404, unknown.body.toString()]);
  }
});

test("T-032 what an account is not cleared for – in every view of originals and consolidated – is as if it were not there", async () => {
  await taxii.put("u1", [tool("secret")], { tlp: "AMBER", classification: "S", releases: [row("TRI", ["USA"])] });
  const hidden = [OWN.id, tool("secret").id];
  for (const reader of ["k3", "f3", "j1", "cu"]) {
    for (const name of ["originals", "consolidated"]) {
      const at = (path: string): string => path.replace("originals", name);
      const seen = [
        ...(await taxii.all(reader, "?match[version]=all", at(OBJECTS))),
        ...(await taxii.all(reader, "", at(MANIFEST))),
      ];
      expect(seen.filter(({ id }) => hidden.includes(id))).toEqual([]);
      expect(seen.map(({ id }) => id)).toContain(SHARED.id);
      for (const id of hidden)
        for (const path of [one(id), `${one(id)}versions/`]) {
          const there = await taxii.ask(reader, at(path));
          const unknown = await taxii.ask(reader, at(path.replace(id, `tool--${sampleUuid("none")}`)));
          expect([there.status, there.body.toString()]).toEqual([404, unknown.body.toString()]);
        }
      expect(await taxii.page(reader, `?match[id]=${hidden.join()}`, at(OBJECTS))).toEqual({});
    }
  }
});

test("T-032 more and dates of a page – of a reader who sees less – tell of what this reader has alone", async () => {
  const manifest = await taxii.page("k3", "", MANIFEST);
  const whole = await taxii.ask("k3", `${OBJECTS}?limit=${manifest.objects?.length ?? 0}`);
  const [first, last] = [manifest.objects?.[0], manifest.objects?.at(-1)];
  expect(whole.json.more).toBe(false);
  expect([whole.headers["x-taxii-date-added-first"], whole.headers["x-taxii-date-added-last"]]).toEqual([
    first?.date_added,
    last?.date_added,
  ]);
  expect((await taxii.page("u1", "", MANIFEST)).objects?.length).toBeGreaterThan(manifest.objects?.length ?? 0);
});
