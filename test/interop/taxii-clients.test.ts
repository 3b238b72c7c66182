import { endScripts, PythonScript } from "../../bench/python-script.ts";
import { endAll, RealServer } from "../support/real-server.ts";
import { withPython } from "../support/with-python.ts";
import {
  ACCOUNTS,
  byKey,
  CLIENTS,
  type Client,
  COLLECTIONS,
  connect,
  fill,
  type Item,
  inOrder,
  keys,
  type Pulled,
} from "./group.ts";

jest.setTimeout(120_000);

const clients = Object.keys(CLIENTS) as Client[];
const everyone = clients.flatMap((client) => ACCOUNTS.map((account) => [client, account] as const));

withPython("the TAXII clients of Python", (python) => {
  let server: RealServer;
  const open = new Map<string, PythonScript>();
  /** One connection a client and account, kept while the server runs. */
  const as = (client: Client, account: string): PythonScript => {
    const key = `${client} ${account} ${server.port}`;
    const script = open.get(key) ?? connect(python, client, server, account);
    open.set(key, script);
    return script;
  };

  beforeAll(async () => {
    server = await RealServer.start();
    await fill(server);
  });
  afterAll(async () => {
    await endScripts();
    await endAll();
  });

  test.each(everyone)("collections – %s as %s – the three, with what this account may do", async (client, account) => {
    const held = await as(client, account).ask<(Item & { alias: string; can_read?: boolean; can_write?: boolean })[]>(
      "collections",
    );
    expect(held.map(({ alias }) => alias).sort()).toEqual(["consolidated", "originals", "recalls"]);
    if (client === "stix2") return;
    for (const one of held) {
      expect(one.can_read).toBe(true);
      expect(one.can_write).toBe(one.alias === "originals" && account !== "r3");
      expect(await as(client, account).ask("collection", { collection: one.id })).toEqual(one);
    }
  });

  test.each(["taxii2-client", "cytaxii2"] as const)(
    "discovery and API root – %s – found from each other",
    async (client) => {
      const script = as(client, "j1");
      const found = await script.ask<{ title: string; default: string }>("discovery");
      expect(found.default).toBe(`${server.url}/taxii2/dprk/`);
      const root = await script.ask<{ versions: string[]; max_content_length: number }>("root");
      expect(root.versions).toEqual(["application/taxii+json;version=2.1"]);
      expect(root.max_content_length).toBeGreaterThan(1_000_000);
    },
  );

  test.each(everyone.flatMap((one) => COLLECTIONS.map((collection) => [...one, collection] as const)))(
    "pull – %s as %s of %s, each page asked for twice – what REST says, once each",
    async (client, account, collection) => {
      const rest = await server.objects(account, { view: collection });
      for (const per_page of [1000, 111]) {
        const { pages, objects } = await as(client, account).ask<Pulled>("pull", { collection, per_page });
        expect(Math.max(...pages)).toBeLessThanOrEqual(per_page);
        expect(new Set(keys(objects)).size).toBe(objects.length);
        expect(keys(objects)).toEqual(keys(rest));
        if (client !== "stix2") expect(byKey(objects)).toEqual(byKey(rest));
      }
    },
  );

  test.each(COLLECTIONS)(
    "manifest – taxii2-client of %s – the objects' ids and versions in their order",
    async (collection) => {
      const script = as("taxii2-client", "j1");
      const objects = await script.ask<Pulled>("pull", { collection, per_page: 1000 });
      const manifest = await script.ask<Pulled>("pull", { collection, per_page: 333, what: "manifest" });
      expect(inOrder(manifest.objects)).toEqual(inOrder(objects.objects));
      const dates = manifest.objects.map(({ date_added }) => date_added ?? "");
      expect(dates).toEqual([...dates].sort());
    },
  );

  test("one object – by id, its versions, unknown ones – as in the list", async () => {
    const script = as("taxii2-client", "j1");
    const { objects } = await script.ask<Pulled>("pull", { collection: "originals", per_page: 1000 });
    const one = objects.find(({ type }) => type === "indicator") as Item;
    const asked = { collection: "originals", id: one.id };
    expect(await script.ask("object", asked)).toMatchObject({ objects: [one] });
    expect(await script.ask("versions", asked)).toMatchObject({ versions: [one.modified] });
    expect(await as("stix2", "j1").ask("get", asked)).toMatchObject({ id: one.id });
    expect(await as("stix2", "j1").ask("versions", asked)).toMatchObject([{ id: one.id }]);
    const unknown = { collection: "originals", id: "indicator--7f4f4b1e-0f0c-4d4e-9a53-5b1b3b6c1d2e" };
    await expect(script.ask("object", unknown)).rejects.toMatchObject({ status: 404 });
    await expect(script.ask("versions", unknown)).rejects.toMatchObject({ status: 404 });
    expect(await as("stix2", "j1").ask("get", unknown)).toBeNull();
  });

  test("filters – type, id, version, added_after – choose from the same objects in all clients", async () => {
    const [taxii2, cytaxii2, stix2] = clients.map((client) => as(client, "j1"));
    if (taxii2 === undefined || cytaxii2 === undefined || stix2 === undefined) throw new Error("three clients");
    const whole = await taxii2.ask<Pulled>("pull", { collection: "originals", per_page: 1000 });
    const manifest = await taxii2.ask<Pulled>("pull", { collection: "originals", per_page: 1000, what: "manifest" });
    const others = whole.objects.filter(({ type }) => type !== "indicator");
    const types = [...new Set(others.map(({ type }) => type ?? ""))];
    expect(types.length).toBeGreaterThan(2);
    const few = { collection: "originals", per_page: 50 };
    expect(keys((await taxii2.ask<Pulled>("pull", { ...few, type: types })).objects)).toEqual(keys(others));
    expect(keys((await cytaxii2.ask<Pulled>("pull", { ...few, object_type: types.join(",") })).objects)).toEqual(
      keys(others),
    );
    expect(keys((await stix2.ask<Pulled>("pull", { ...few, type: types.join(",") })).objects, "stix2")).toEqual(
      keys(others, "stix2"),
    );
    const three = whole.objects.filter((_, i) => i % 500 === 1);
    const ids = three.map(({ id }) => id);
    expect(keys((await taxii2.ask<Pulled>("pull", { ...few, id: ids })).objects)).toEqual(keys(three));
    expect(keys((await cytaxii2.ask<Pulled>("pull", { ...few, object_id: ids.join(",") })).objects)).toEqual(
      keys(three),
    );
    const place = manifest.objects.length - 77;
    const added_after = manifest.objects[place]?.date_added;
    const rest = keys(
      manifest.objects.filter(({ date_added }) => date_added !== undefined && date_added > (added_after ?? "")),
    );
    expect(rest.length).toBeGreaterThan(50);
    expect(keys((await taxii2.ask<Pulled>("pull", { ...few, added_after })).objects)).toEqual(rest);
    expect(keys((await cytaxii2.ask<Pulled>("pull", { ...few, added_after })).objects)).toEqual(rest);
    expect((await stix2.ask<Pulled>("pull", { ...few, added_after })).objects.length).toBe(rest.length);
    for (const version of ["all", "first", "last"]) {
      const { objects } = await taxii2.ask<Pulled>("pull", { collection: "originals", per_page: 1000, version });
      expect(keys(objects)).toEqual(expect.arrayContaining(version === "all" ? keys(whole.objects) : []));
      expect(new Set(objects.map(({ id }) => id))).toEqual(new Set(whole.objects.map(({ id }) => id)));
    }
  });

  test("an API key – taxii2-client with a header of its own – reads as the feed's password does", async () => {
    const { apiKey = "", password } = server.account("feed-JP-NPA");
    expect(apiKey).not.toBe(password);
    const script = new PythonScript(python, CLIENTS["taxii2-client"], [`${server.url}/taxii2/`, "--key", apiKey]);
    const ask = { collection: "originals", per_page: 1000 };
    expect(await script.ask("pull", ask)).toEqual(await as("taxii2-client", "feed-JP-NPA").ask("pull", ask));
  });

  test.each(["taxii2-client", "cytaxii2"] as const)(
    "refusals – %s – 401 for a wrong password, 404 for an unknown collection",
    async (client) => {
      const stranger = new PythonScript(python, CLIENTS[client], [`${server.url}/taxii2/`, "j1", "wrong"]);
      await expect(stranger.ask("discovery")).rejects.toMatchObject({ status: 401 });
      if (client === "cytaxii2")
        await expect(
          as(client, "j1").ask("page", { collection: "0c9b4d36-8a67-4f0e-8a0e-3f1d2f0e9a11" }),
        ).rejects.toMatchObject({ status: 404 });
    },
  );

  test("restart – every cursor from before it, each twice – leads to the same pages", async () => {
    const asked = { collection: "consolidated", per_page: 400 };
    const before = new Map<Client, Pulled>();
    for (const client of clients) before.set(client, await as(client, "j1").ask<Pulled>("pull", asked));
    await server.stop("SIGKILL");
    server = await RealServer.start({ folder: server.folder });
    for (const [client, { pages, cursors, objects }] of before) {
      expect(cursors.length).toBeGreaterThan(3);
      const after = await as(client, "j1").ask<Pulled>("replay", { ...asked, cursors });
      expect(after.pages).toEqual(pages.slice(1));
      if (client !== "stix2") expect(keys(after.objects)).toEqual(keys(objects.slice(pages[0])));
    }
  });
});
