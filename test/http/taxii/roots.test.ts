import type { TaxiiCollection } from "../../../schemas/taxii/collection.ts";
import { openCore } from "../../../server/compose.ts";
import { readConfig } from "../../../server/config.ts";
import { rootUrl } from "../../../server/http/taxii/roots.ts";
import { CollectionIds } from "../../../server/usecases/taxii/collection-ids.ts";
import { sampleUuid, TRI, tool } from "../../support/samples.ts";
import { momentOf, START } from "../../support/steering.ts";
import { temporaryFolder } from "../../support/temporary-store.ts";
import { type Got, MANIFEST, OBJECTS, ROOT, TaxiiWorld, TYPE } from "./taxii-world.ts";

/** Discovery, API root, collections (reference sections 3 and 4). */
jest.setTimeout(600_000);
let taxii: TaxiiWorld;
let ids: Record<string, string>;
beforeAll(async () => {
  taxii = await TaxiiWorld.open({ settings: { MAX_UPLOAD_BYTES: "50000000" } });
  ids = await taxii.ids();
});
afterAll(() => taxii.close());
const get = (path: string, as = "u1"): Promise<Got> => taxii.ask(as, path);

test("T-033, T-034 and T-036 discovery – of any account – names a title and one API root, absolute, which is the default", async () => {
  for (const account of ["u1", "k3", "r3", "ad"]) {
    const { status, json } = await get("/taxii2/", account);
    expect([status, json]).toEqual([
      200,
      {
        title: "Tricord",
        description: expect.any(String),
        default: "http://127.0.0.1:8080/taxii2/dprk/",
        api_roots: ["http://127.0.0.1:8080/taxii2/dprk/"],
      },
    ]);
  }
});

test.each([
  ["https://tricord.example", "https://tricord.example/taxii2/dprk/"],
  ["https://tricord.example:8443", "https://tricord.example:8443/taxii2/dprk/"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080/taxii2/dprk/"],
  ["http://localhost:8080", "http://localhost:8080/taxii2/dprk/"],
  ["http://[::1]:8080", "http://[::1]:8080/taxii2/dprk/"],
  ["http://tricord.example", "/taxii2/dprk/"],
  ["http://0.0.0.0:8080", "/taxii2/dprk/"],
  ["http://127.0.0.1.evil.example", "/taxii2/dprk/"],
])("T-035 the API root's address – under %s – is %s: https, loopback, or a path", (publicUrl, expected) => {
  expect(rootUrl(publicUrl, "dprk")).toBe(expected);
});

test("T-035 and T-037 PUBLIC_URL and GROUP – set to others – are the address that discovery gives, and its path is served", async () => {
  const other = await TaxiiWorld.open({ settings: { PUBLIC_URL: "https://tricord.example", GROUP: "atlas" } });
  const { json } = await other.ask("u1", "/taxii2/");
  expect(json.api_roots).toEqual(["https://tricord.example/taxii2/atlas/"]);
  expect((await other.ask("u1", "/taxii2/atlas/")).json.title).toBe("atlas");
  expect((await other.ask("u1", "/taxii2/dprk/")).status).toBe(404);
  await other.close();
});

test("T-037 every API root that discovery names – followed by each kind of account – answers", async () => {
  for (const account of ["u1", "k3", "r3", "cu", "ad", "au"]) {
    const { json } = await get("/taxii2/", account);
    for (const url of json.api_roots as string[]) expect((await get(new URL(url).pathname, account)).status).toBe(200);
  }
});

test("T-038 the API root – asked for – has a title, the version and the limit on posts", async () => {
  expect((await get(ROOT)).json).toEqual({
    title: "dprk",
    description: expect.any(String),
    versions: [TYPE],
    max_content_length: 50_000_000,
  });
});

test.each(["other", "DPRK", "dprk2", "%64prk%00", "..%2f", "__proto__", "x".repeat(5000)])(
  "T-039 an API root that is not there, no %# – asked for – is a 404, on it and below",
  async (root) => {
    for (const rest of ["", "collections/", "collections/originals/", "collections/originals/objects/", "status/x/"])
      expect([rest, (await get(`/taxii2/${root}/${rest}`)).status]).toEqual([rest, 404]);
  },
);

test("T-040, T-041 and T-046 the collections – of who reads and writes – are three, each with all its members", async () => {
  const { json } = await get(`${ROOT}collections/`);
  const shown = (alias: string, writes: boolean): TaxiiCollection => ({
    id: ids[alias] ?? "",
    title: expect.any(String),
    description: expect.any(String),
    alias,
    can_read: true,
    can_write: writes,
    media_types: ["application/stix+json;version=2.1"],
  });
  expect(json).toEqual({
    collections: [shown("originals", true), shown("consolidated", false), shown("recalls", false)],
  });
});

test("T-042 the order of collections – asked for again and by others – is the same", async () => {
  const aliases = async (as: string): Promise<unknown> =>
    ((await get(`${ROOT}collections/`, as)).json.collections as TaxiiCollection[]).map(({ alias }) => alias);
  for (const as of ["u1", "u1", "k3", "r3"])
    expect(await aliases(as)).toEqual(["originals", "consolidated", "recalls"]);
});

test("T-043 and T-044 a collection – by id and by alias – equals its entry in the list, and aliases are unique", async () => {
  const list = (await get(`${ROOT}collections/`)).json.collections as TaxiiCollection[];
  expect(new Set(list.flatMap(({ id, alias = "" }) => [id, alias])).size).toBe(6);
  for (const entry of list)
    for (const name of [entry.id, entry.alias ?? ""])
      expect((await get(`${ROOT}collections/${name}/`)).json).toEqual(entry);
});

test("T-044 an alias – wherever the id may stand – gives the same answer", async () => {
  await taxii.put("u1", [tool("alias")], { tlp: "GREEN" });
  const one = `${OBJECTS}${tool("alias").id}/`;
  for (const path of [OBJECTS, MANIFEST, one, `${one}versions/`]) {
    const [alias, id] = [await get(path), await get(path.replace("originals", ids.originals ?? ""))];
    expect([path, alias.status, alias.body.toString()]).toEqual([path, 200, id.body.toString()]);
  }
  const wire = {
    method: "POST",
    headers: { "Content-Type": TYPE },
    body: JSON.stringify({ objects: [tool("by id")] }),
  };
  expect((await taxii.ask("u1", OBJECTS.replace("originals", ids.originals ?? ""), wire)).status).toBe(202);
});

test.each([
  ...[
    sampleUuid("no collection"),
    "not-an-id",
    "ORIGINALS",
    "originals%20",
    "%00",
    "..",
    "%2e%2e",
    "__proto__",
    "constructor",
  ],
  ...["x".repeat(10_000), "%F0%9F%92%A3"],
])("T-045 a collection that is not there, no %# – asked for – is a 404 everywhere below", async (name) => {
  for (const rest of ["", "objects/", "manifest/", "objects/tool--x/", "objects/tool--x/versions/"])
    expect([rest, (await get(`${ROOT}collections/${name}/${rest}`)).status]).toEqual([rest, 404]);
});

test("T-046 media types – of each manifest record – are among those of the collection", async () => {
  await taxii.put("feed-US-CISA", [tool("manifest")], { tlp: "GREEN", releases: [TRI] });
  const { media_types: types = [] } = (await get(`${ROOT}collections/originals/`)).json as unknown as TaxiiCollection;
  const records = (await taxii.all("u1", "", MANIFEST)) as { media_type?: string }[];
  expect(records.length).toBeGreaterThan(0);
  expect(records.filter(({ media_type: type = "" }) => !types.includes(type))).toEqual([]);
});

test("T-020 ids of collections – made by several at once, and read again later – are made once a store", async () => {
  const { folder, remove } = temporaryFolder();
  const config = readConfig({ DATA_DIR: folder });
  const cores = await Promise.all([openCore(config), openCore(config)]);
  const made = await Promise.all(
    [0, 1, 2, 3].map((n) =>
      new CollectionIds((cores[n % 2] ?? cores[0]).storage).read(momentOf(START, `process ${n}`)),
    ),
  );
  expect(new Set(made.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(new Set(Object.values(made[0] ?? {})).size).toBe(3);
  await Promise.all(cores.map(({ storage }) => storage.close()));
  const again = await openCore(config);
  expect(await new CollectionIds(again.storage).read(momentOf(START, "later"))).toEqual(made[0]);
  await again.storage.close();
  remove();
});
