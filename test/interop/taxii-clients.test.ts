import { type Connection, endScripts } from "../../bench/python-script.ts";
import { endAll, RealServer } from "../support/real-server.ts";
import { withPython } from "../support/with-python.ts";
import {
  ACCOUNTS,
  byKey,
  CLIENTS,
  type Client,
  COLLECTIONS,
  connect,
  content,
  cuts,
  fill,
  type Item,
  keys,
  markedWith,
  newest,
  overRest,
  type Pulled,
  signIn,
  VERSIONS,
} from "./group.ts";

jest.setTimeout(600_000);

const clients = Object.keys(CLIENTS) as Client[];
const everyone = clients.flatMap((client) => ACCOUNTS.map((account) => [client, account] as const));

withPython("the TAXII clients of Python", (python) => {
  let server: RealServer;
  const open = new Map<string, Connection>();
  /** One connection a client and account, kept while the server runs. */
  const as = (client: Client, account: string): Connection => {
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

  const said = new Map<string, readonly Item[]>();
  const restOf = async (account: string, view: string): Promise<readonly Item[]> => {
    const held = said.get(`${account} ${view}`) ?? (await overRest(server, account, view));
    said.set(`${account} ${view}`, held);
    return held;
  };
  test.each(everyone.flatMap((one) => COLLECTIONS.map((collection) => [...one, collection] as const)))(
    "pull – %s as %s of %s, each page asked for twice – what REST says, once each",
    async (client, account, collection) => {
      const rest = await restOf(account, collection);
      const originals = collection === "originals";
      // cytaxii2 cannot ask for all versions.
      const versions = client === "cytaxii2" || !originals ? {} : { version: "all" };
      const wanted = client === "cytaxii2" && originals ? newest(rest) : rest;
      for (const per_page of account === "j1" && originals ? [1000, 250] : [1000]) {
        const ask = { collection, per_page, ...versions };
        const { pages, objects } = await as(client, account).ask<Pulled>("pull", ask);
        expect(Math.max(...pages)).toBeLessThanOrEqual(per_page);
        expect(new Set(keys(objects)).size).toBe(objects.length);
        expect(keys(content(objects), client)).toEqual(keys(wanted, client));
        if (client !== "stix2") expect(byKey(content(objects))).toEqual(byKey(wanted));
      }
    },
  );

  test.each(ACCOUNTS.flatMap((account) => COLLECTIONS.map((collection) => [account, collection] as const)))(
    "markings – taxii2-client as %s of %s – those that objects refer to and no others, whatever the size of a page",
    async (account, collection) => {
      for (const per_page of [1000, 250]) {
        const { objects } = await as("taxii2-client", account).ask<Pulled>("pull", { collection, per_page });
        const there = cuts(objects);
        expect({ per_page, there }).toEqual({ per_page, there: markedWith(objects) });
        // What two agencies said alike stands where the first did, and bears both their markings.
        const alone = objects.filter((object) => markedWith([object]).length < 2);
        for (const [place, { id }] of alone.entries())
          if (there.includes(id)) expect(markedWith(alone.slice(0, place))).not.toContain(id);
      }
    },
  );

  test.each(COLLECTIONS)(
    "manifest – taxii2-client of %s – the objects' ids and versions in their order",
    async (collection) => {
      const script = as("taxii2-client", "j1");
      const { objects } = await script.ask<Pulled>("pull", { collection, per_page: 1000 });
      const manifest = await script.ask<Pulled>("pull", { collection, per_page: 333, what: "manifest" });
      expect(manifest.objects.map(({ id }) => id)).toEqual(objects.map(({ id }) => id));
      // What has no dates of its own has the one when it was added.
      expect(manifest.objects.map(({ version }) => version)).toEqual(
        objects.map(({ modified, created }, i) => modified ?? created ?? manifest.objects[i]?.date_added),
      );
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

  /** The same filter as each client spells it, and the ids that come back. */
  const filtered = async (spelt: Readonly<Record<Client, Readonly<Record<string, unknown>>>>): Promise<string[][]> => {
    const got: string[][] = [];
    for (const client of clients) {
      const ask = { collection: "originals", per_page: 50, ...spelt[client] };
      got.push(idsOf((await as(client, "j1").ask<Pulled>("pull", ask)).objects));
    }
    return got;
  };
  const idsOf = (items: readonly Item[]): string[] => items.map(({ id }) => id).sort();
  const wholeOf = async (what: "objects" | "manifest"): Promise<readonly Item[]> =>
    (await as("taxii2-client", "j1").ask<Pulled>("pull", { collection: "originals", per_page: 1000, what })).objects;

  test("filter – types, in each client's spelling – those of the whole that are of them", async () => {
    const whole = await wholeOf("objects");
    const types = [...new Set(content(whole).map(({ type }) => type ?? ""))].filter((type) => type !== "indicator");
    const list = types.join(",");
    const those = idsOf(whole.filter(({ type }) => types.includes(type ?? "")));
    expect(types.length).toBeGreaterThan(3);
    expect(
      await filtered({ "taxii2-client": { type: types }, cytaxii2: { object_type: list }, stix2: { type: list } }),
    ).toEqual([those, those, those]);
  });

  test("filter – ids, in each client's spelling – those objects, and nothing for one that there isn't", async () => {
    const whole = await wholeOf("objects");
    const ids = [
      ...whole.filter((_, i) => i % 700 === 1).map(({ id }) => id),
      "tool--00000000-0000-4000-8000-000000000009",
    ];
    const list = ids.join(",");
    const those = ids.slice(0, -1).sort();
    expect(those.length).toBeGreaterThan(2);
    expect(
      await filtered({ "taxii2-client": { id: ids }, cytaxii2: { object_id: list }, stix2: { id: list } }),
    ).toEqual([those, those, those]);
  });

  test("filter – added_after, in each client's spelling – what the manifest says was added later", async () => {
    const manifest = await wholeOf("manifest");
    const added_after = manifest.at(-77)?.date_added ?? "";
    const those = idsOf(manifest.filter(({ date_added = "" }) => date_added > added_after));
    expect(those.length).toBeGreaterThan(50);
    const spelt = { added_after };
    expect(await filtered({ "taxii2-client": spelt, cytaxii2: spelt, stix2: spelt })).toEqual([those, those, those]);
  });

  test("filter – versions – all, first and last have the same ids; all has more of them", async () => {
    const sizes: Record<string, number> = {};
    const ids = new Set(idsOf(await wholeOf("objects")));
    for (const version of ["first", "last", "all"]) {
      const ask = { collection: "originals", per_page: 1000, version };
      const { objects } = await as("taxii2-client", "j1").ask<Pulled>("pull", ask);
      expect(new Set(idsOf(objects))).toEqual(ids);
      sizes[version] = objects.length;
    }
    expect(sizes).toEqual({ first: ids.size, last: ids.size, all: ids.size + VERSIONS });
  });

  test("an API key – taxii2-client with a header of its own – reads as the feed's password does", async () => {
    const { apiKey = "", password } = server.account("feed-JP-NPA");
    expect(apiKey).not.toBe(password);
    const script = signIn(python, "taxii2-client", server, ["--key", apiKey]);
    const ask = { collection: "originals", per_page: 1000 };
    expect(await script.ask("pull", ask)).toEqual(await as("taxii2-client", "feed-JP-NPA").ask("pull", ask));
  });

  test.each(["taxii2-client", "cytaxii2"] as const)(
    "refusals – %s – 401 for a wrong password, 404 for an unknown collection",
    async (client) => {
      const stranger = signIn(python, client, server, ["j1", "wrong"]);
      await expect(stranger.ask("discovery")).rejects.toMatchObject({ status: 401 });
      if (client === "cytaxii2")
        await expect(
          as(client, "j1").ask("page", { collection: "0c9b4d36-8a67-4f0e-8a0e-3f1d2f0e9a11" }),
        ).rejects.toMatchObject({ status: 404 });
    },
  );

  test("restart – every cursor from before it, each twice – leads to the same pages", async () => {
    const asked = { collection: "originals", per_page: 400 };
    const before = new Map<Client, Pulled>();
    for (const client of clients) before.set(client, await as(client, "j1").ask<Pulled>("pull", asked));
    const folded = { collection: "consolidated", per_page: 800 };
    const pulled = await as("taxii2-client", "j1").ask<Pulled>("pull", folded);
    await server.stop("SIGKILL");
    server = await RealServer.start({ folder: server.folder });
    for (const [client, { pages, cursors, objects }] of before) {
      expect(cursors.length).toBeGreaterThan(3);
      const after = await as(client, "j1").ask<Pulled>("replay", { ...asked, cursors });
      expect(after.pages).toEqual(pages.slice(1));
      if (client !== "stix2") expect(after.objects).toEqual(objects.slice(pages[0]));
    }
    const after = await as("taxii2-client", "j1").ask<Pulled>("replay", { ...folded, cursors: pulled.cursors });
    expect(after.objects).toEqual(pulled.objects.slice(pulled.pages[0]));
  });
});
