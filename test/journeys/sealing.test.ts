import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rawStore, textsIn } from "../support/raw-store.ts";
import { command, dataFolder, endAll, failedStart, RealServer, storeSettings } from "../support/real-server.ts";
import { TRI, tool } from "../support/samples.ts";

jest.setTimeout(600_000);
afterAll(endAll);

const GREEN = { tlp: "GREEN", releases: [TRI] };
const SAID = { title: "Zebrafalcon", words: "Korundexchange", close: "Crimsonheron" };
const zebra = tool("Zebrafalcon one", { description: "seen at Korundexchange" });
const heron = tool("Crimsonheron one");

/** A store that was filled plain is sealed beside its running server, gets another wrapping key, and is refused to whoever has none. */
test("sealing – turned on for a store that is in use, then rotated under reads, on two processes – nothing changes for its readers, and its files tell nothing", async () => {
  const first = await RealServer.start();
  const { folder } = first;
  const raw = async () =>
    rawStore({ folder, settings: (await storeSettings(folder)) as Parameters<typeof rawStore>[0]["settings"] });
  const keyFile = (name: string, byte: string): string => {
    const file = join(dirname(folder), name);
    writeFileSync(file, `${byte.repeat(32)}\n`, { mode: 0o600 });
    return file;
  };
  const [one, two] = [keyFile("one.key", "5e"), keyFile("two.key", "6f")];
  expect((await first.ingest("feed-US-CISA", zebra, GREEN)).status).toBe(200);
  expect((await first.ingest("u1", heron, { tlp: "RED" })).status).toBe(200);
  expect(textsIn(await raw(), SAID)).toEqual(Object.keys(SAID));
  const read = async (server: RealServer): Promise<unknown> =>
    Promise.all(["u1", "j1", "k3"].map((as) => server.pages("/api/v1/objects", as)));
  const objects = async (server: RealServer): Promise<unknown> =>
    ((await read(server)) as { objects: unknown[] }[][]).map((pages) => pages.flatMap((page) => page.objects));
  const before = await objects(first);
  expect((await command(["seal", "status"], { folder })).stdout).toBe("content is not sealed\n");
  expect((await first.stop()).code).toBe(0);

  const sealed = { SEAL_KEY_FILE: one };
  const second = await RealServer.start({ folder, env: sealed });
  expect(second.stdout).toMatch(/\n {2}at rest {3}sealed, keys wrapped by local:[0-9a-f]{12}\n/);
  expect(await objects(second)).toEqual(before);
  const seal = (verb: string, env: Readonly<Record<string, string>> = sealed, ...more: string[]) =>
    command(["seal", verb, ...more], { folder, env });
  const applied = await seal("apply");
  expect([applied.code, applied.stderr]).toEqual([0, ""]);
  expect(applied.stdout).toMatch(/^\d+ documents sealed; /);
  expect((await seal("apply")).stdout).toMatch(/^0 documents sealed; /);
  expect((await seal("scrub")).code).toBe(0);
  expect(await objects(second)).toEqual(before);
  expect(textsIn(await raw(), SAID)).toEqual([]);
  expect((await seal("status", sealed, "--count")).stdout).toContain("nothing is stored plain that would be sealed\n");
  expect((await second.stop()).code).toBe(0);

  // Two processes, both with both keys; reads go on while every data key is wrapped anew, and one begins.
  const both = { SEAL_KEY_FILE: two, SEAL_KEY_OLD_FILE: one };
  const pair = [await RealServer.start({ folder, env: both }), await RealServer.start({ folder, env: both })] as const;
  let done = false;
  const reading = Promise.all(
    pair.map(async (server) => {
      let answers = 0;
      do {
        expect(await objects(server)).toEqual(before);
        answers++;
      } while (!done);
      return answers;
    }),
  );
  const rotated = await seal("rotate", both);
  done = true;
  expect([rotated.code, rotated.stderr]).toEqual([0, ""]);
  expect(rotated.stdout).toMatch(/^\d+ data keys wrapped by local:[0-9a-f]{12}\n$/);
  expect(Math.min(...(await reading))).toBeGreaterThan(0);
  expect((await seal("renew", both, "US-CISA")).stdout).toMatch(
    /^data key \d+ seals what US-CISA posts from now on\n$/,
  );
  const more = [tool("from the first process"), tool("from the second process")];
  for (const [at, server] of pair.entries())
    expect((await server.ingest("feed-US-CISA", more[at], GREEN)).status).toBe(200);
  for (const server of pair)
    for (const { id } of more) expect((await server.get(`/api/v1/objects/${id}`, "j1")).status).toBe(200);
  for (const server of pair) expect((await server.stop()).code).toBe(0);

  for (const [env, code] of [
    [{}, /^tricord: The store is sealed: set SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND [^\n]*\n$/],
    [sealed, /^tricord: SEAL_KEY_FILE: the key given is local:[^\n]*\n$/],
  ] as const) {
    const refused = await failedStart({ DATA_DIR: folder, PORT: "0", ...env });
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(code);
  }
  const last = await RealServer.start({ folder, env: { SEAL_KEY_FILE: two } });
  expect((await last.get(`/api/v1/objects/${more[1]?.id}`, "j1")).status).toBe(200);
  expect((await last.stop()).code).toBe(0);
});

test("seal – where no key is set, or for nobody – is refused in one line", async () => {
  const folder = dataFolder();
  const refused = await command(["seal", "apply"], { folder });
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    1,
    "",
    "tricord: nothing is sealed here: set SEAL_KEY_FILE, SEAL_KEY or SEAL_KEY_COMMAND\n",
  ]);
  const nobody = await command(["seal", "renew", "US-NONE"], { folder, env: { SEAL_KEY: "5e".repeat(32) } });
  expect([nobody.code, nobody.stderr]).toEqual([1, "tricord: there is no agency US-NONE\n"]);
});
