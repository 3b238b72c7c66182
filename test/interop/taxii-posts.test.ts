import { type Connection, endScripts } from "../../bench/python-script.ts";
import { endAll, RealServer } from "../support/real-server.ts";
import { withPython } from "../support/with-python.ts";
import { ACCOUNTS, type Client, connect, hardObjects, type Item, type Pulled } from "./group.ts";

jest.setTimeout(600_000);

const WRITERS = ACCOUNTS.filter((account) => account !== "r3");
const everyWriter = (["taxii2-client", "cytaxii2"] as const).flatMap((client) =>
  WRITERS.map((account) => [client, account] as const),
);
interface Status {
  readonly status: string;
  readonly total: number;
  readonly success: number;
  readonly failure: number;
  readonly pending: number;
  readonly failures: readonly { readonly id: string; readonly message?: string }[];
}
const envelope = (objects: readonly unknown[]): string => JSON.stringify({ objects });

withPython("posts by the TAXII clients of Python", (python) => {
  let server: RealServer;
  const open = new Map<string, Connection>();
  const as = (client: Client, account: string): Connection => {
    const key = `${client} ${account}`;
    const script = open.get(key) ?? connect(python, client, server, account);
    open.set(key, script);
    return script;
  };

  beforeAll(async () => {
    server = await RealServer.start();
  });
  afterAll(async () => {
    await endScripts();
    await endAll();
  });

  test.each(everyWriter)(
    "post – %s as %s – complete, and read back at once, equal in value",
    async (client, account) => {
      const objects = hardObjects();
      const asked = { collection: "originals", text: envelope(objects) };
      const all = {
        status: "complete",
        total: objects.length,
        success: objects.length,
        failure: 0,
        pending: 0,
        failures: [],
      };
      expect(await as(client, account).ask<Status>("post", asked)).toMatchObject(all);
      expect(await as(client, account).ask("unlike", asked)).toEqual([]);
      expect(await as(client, account).ask<Status>("post", asked)).toMatchObject(all);
      const rest = new Set((await server.objects(account, { view: "originals" })).map(({ id }) => id));
      expect(objects.filter(({ id }) => !rest.has(id))).toEqual([]);
    },
  );

  test.each(WRITERS)(
    "post – TAXIICollectionSink as %s, then TAXIICollectionSource – equal in value",
    async (account) => {
      const objects = hardObjects();
      const asked = { collection: "originals", text: envelope(objects) };
      const script = as("stix2", account);
      expect(await script.ask("post", asked)).toBe(objects.length);
      expect(await script.ask("unlike", asked)).toEqual([]);
    },
  );

  test.each(["taxii2-client", "cytaxii2"] as const)(
    "post – %s, good objects among bad ones – each has its own fate",
    async (client) => {
      const [good, other] = hardObjects();
      const bad = { ...other, id: "malware--not-a-uuid" };
      const text = envelope([good, bad, { ...other, modified: "yesterday" }, other]);
      const status = await as(client, "j1").ask<Status>("post", { collection: "originals", text });
      expect(status).toMatchObject({ status: "complete", total: 4, success: 2, failure: 2, pending: 0 });
      expect(status.failures.map(({ id }) => id)).toEqual([bad.id, other?.id]);
      for (const { message = "" } of status.failures) expect(message.length).toBeGreaterThan(10);
      expect(await as(client, "j1").ask("unlike", { collection: "originals", text: envelope([good, other]) })).toEqual(
        [],
      );
    },
  );

  test.each(["taxii2-client", "cytaxii2"] as const)(
    "post – %s as a reader alone – refused, and nothing is stored",
    async (client) => {
      const [one] = hardObjects();
      const asked = { collection: "originals", text: envelope([one]) };
      await expect(as(client, "r3").ask("post", asked)).rejects.toMatchObject(
        client === "cytaxii2" ? { status: 403 } : { kind: "AccessError" },
      );
      expect((await server.objects("u3", { view: "originals" })).map(({ id }) => id)).not.toContain(one?.id);
    },
  );

  test("versions – three of one object, the middle one last – all there, the newest is the default", async () => {
    const [, one] = hardObjects();
    const versions = ["2026-03-01T00:00:00.123456Z", "2026-03-03T00:00:00.000Z", "2026-03-02T00:00:00.000Z"];
    const script = as("taxii2-client", "j1");
    for (const [n, modified] of versions.entries())
      expect(
        await script.ask<Status>("post", {
          collection: "originals",
          text: envelope([{ ...one, modified, name: `${n}` }]),
        }),
      ).toMatchObject({ success: 1 });
    const asked = { collection: "originals", id: one?.id };
    expect(await script.ask("versions", asked)).toMatchObject({ versions });
    expect(await script.ask("object", asked)).toMatchObject({ objects: [{ modified: versions[1] }] });
    expect(await script.ask("object", { ...asked, version: "first" })).toMatchObject({
      objects: [{ modified: versions[0] }],
    });
    expect(await script.ask("object", { ...asked, version: versions[2] })).toMatchObject({ objects: [{ name: "2" }] });
    const all = await as("stix2", "j1").ask<Item[]>("versions", asked);
    expect(all.map(({ modified }) => modified).sort()).toEqual([...versions].sort());
  });

  test("delete – taxii2-client – gone from everything; another agency's is not one's own", async () => {
    const objects = hardObjects();
    const script = as("taxii2-client", "j1");
    await script.ask("post", { collection: "originals", text: envelope(objects) });
    const [one] = objects;
    const asked = { collection: "originals", id: one?.id };
    expect(await script.ask("delete", asked)).toBeNull();
    await expect(script.ask("object", asked)).rejects.toMatchObject({ status: 404 });
    await expect(script.ask("versions", asked)).rejects.toMatchObject({ status: 404 });
    await expect(script.ask("delete", asked)).rejects.toMatchObject({ status: 404 });
    const { objects: left } = await script.ask<Pulled>("pull", { collection: "originals", per_page: 1000 });
    expect(left.map(({ id }) => id)).not.toContain(one?.id);
    const posted = await server.ingest(
      "feed-US-CISA",
      { objects: [hardObjects()[0]] },
      { tlp: "GREEN", releases: [{ agreement: "TRI", countries: ["JPN"], agencies: "*" }] },
    );
    const foreign = (posted.body as { results?: { id: string }[] }).results?.[0]?.id;
    expect(await script.ask("object", { collection: "originals", id: foreign })).toMatchObject({
      objects: [{ id: foreign }],
    });
    await expect(script.ask("delete", { collection: "originals", id: foreign })).rejects.toMatchObject({ status: 403 });
  });
});
