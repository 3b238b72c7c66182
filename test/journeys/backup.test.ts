import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { namedDatabase } from "../support/mongo-database.ts";
import { command, dataFolder, endAll, failedStart, RealServer, storeSettings } from "../support/real-server.ts";
import { bundle, indicator, TRI } from "../support/samples.ts";
import { STORE } from "../support/which-store.ts";
import { withMongo } from "../support/with-mongo.ts";

jest.setTimeout(600_000);
afterAll(endAll);

const LABEL = { tlp: "GREEN", releases: [TRI] };
const FEEDS = ["feed-US-CISA", "feed-JP-NCO", "feed-KR-KISA", "feed-US-FBI"];
const BATCH = 20;
const READERS = ["j1", "u1", "k3", "feed-JP-NCO"];
const LISTS = ["/api/v1/objects?limit=500", "/api/v1/mine?limit=500", "/taxii2/dprk/collections/originals/objects/"];

/** A new folder with the secret and the accounts of another, which are in no backup. */
function freshFolder(of: string): string {
  const folder = dataFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of ["secret.key", "demo-accounts.json"]) copyFileSync(join(of, name), join(folder, name));
  return folder;
}

/** What readers are shown in lists. */
async function views(server: RealServer): Promise<string[]> {
  const shown: string[] = [];
  for (const reader of READERS)
    for (const list of LISTS) {
      const { status, text } = await server.get(list, reader);
      shown.push(`${reader} ${list} ${status} ${text.replaceAll(server.url, "")}`);
    }
  return shown;
}

const oneLine = (stderr: string, words: RegExp): void => {
  expect(stderr).toMatch(/^tricord: [^\n]*\n$/);
  expect(stderr).toMatch(words);
};

test("a backup that is taken while four post – restored – has every batch that was acknowledged before, each whole, and the store verifies", async () => {
  const server = await RealServer.start();
  const acknowledged = new Map<string, string>();
  let [going, told] = [true, (): void => undefined];
  const writer = async (feed: string): Promise<void> => {
    for (let n = 0; going; n++) {
      const objects = Array.from({ length: BATCH }, (_, i) =>
        indicator(`${feed} ${n} ${i}`, `[ipv4-addr:value = '10.${FEEDS.indexOf(feed)}.${n % 250}.${i}']`),
      );
      const reply = await server.ingest(feed, bundle(...objects), LABEL);
      expect([reply.status, reply.body.counts?.created]).toEqual([200, BATCH]);
      acknowledged.set(String(reply.body.batch), feed);
      told();
    }
  };
  const enough = (count: number): Promise<void> =>
    new Promise((done) => {
      told = () => {
        if (acknowledged.size >= count) done();
      };
    });
  const eight = enough(8);
  const writers = Promise.all(FEEDS.map(writer));
  await Promise.race([eight, writers]);
  const before = new Map(acknowledged);
  const file = join(dirname(server.folder), "while.tb");
  const written = await command(["backup", file], { folder: server.folder });
  expect([written.code, written.stdout]).toEqual([0, ""]);
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  const after = acknowledged.size;
  going = false;
  await writers;
  // Others did write while it was made.
  expect(after).toBeGreaterThan(before.size);
  expect((await server.stop()).code).toBe(0);

  const folder = freshFolder(server.folder);
  const restored = await command(["restore", file], { folder });
  expect([restored.code, restored.stderr]).toEqual([0, expect.stringMatching(/^restored: \d+ documents in \d+ /)]);
  const verified = await command(["store", "verify"], { folder });
  expect([verified.code, verified.stdout]).toEqual([0, ""]);
  const again = await RealServer.start({ folder });
  const held = new Map<string, number>();
  for (const feed of FEEDS) for (const { batch } of await again.mine(feed)) held.set(batch, (held.get(batch) ?? 0) + 1);
  expect([...before.keys()].filter((batch) => held.get(batch) !== BATCH)).toEqual([]);
  expect([...acknowledged.keys()].filter((batch) => ![undefined, BATCH].includes(held.get(batch)))).toEqual([]);
  expect((await again.stop()).code).toBe(0);
});

test("a restore – of a file that is cut, or killed in the middle – stores nothing, or leaves a store that no server starts on until it is restored again", async () => {
  const server = await RealServer.start();
  const shown = await views(server);
  expect((await server.stop()).code).toBe(0);
  const file = join(dirname(server.folder), "plain.tb");
  expect((await command(["backup", file, "--no-gzip"], { folder: server.folder })).code).toBe(0);
  const bytes = readFileSync(file);
  const cut = `${file}.cut`;
  writeFileSync(cut, bytes.subarray(0, -1));
  const folder = freshFolder(server.folder);
  const refused = await command(["restore", cut], { folder });
  expect(refused.code).toBe(1);
  oneLine(refused.stderr, /cut off/);
  if (STORE === "sqlite") expect(existsSync(join(folder, "content.sqlite"))).toBe(false);
  const over = await command(["restore", file], { folder: server.folder });
  expect(over.code).toBe(1);
  oneLine(over.stderr, /not empty/);

  const child = spawn(process.execPath, ["dist/server/cli/main.js", "restore", "-"], {
    env: { PATH: process.env.PATH, ...(await storeSettings(folder)) },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = new Promise((done) => child.once("exit", (_, signal) => done(signal)));
  // Once all of this half is taken, most of it is stored.
  await new Promise((taken) => child.stdin.write(bytes.subarray(0, Math.floor(0.9 * bytes.length)), taken));
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  const start = await failedStart({ DATA_DIR: folder, PORT: "0" });
  expect(start.code).toBe(1);
  oneLine(start.stderr, /half restored/);
  const half = await command(["backup", join(dirname(folder), "half.tb")], { folder });
  expect(half.code).toBe(1);
  oneLine(half.stderr, /half restored/);

  expect((await command(["restore", "-"], { folder, input: bytes })).code).toBe(0);
  const again = await RealServer.start({ folder });
  expect(await views(again)).toEqual(shown);
  expect((await again.stop()).code).toBe(0);
});

/** What objects say to readers, whatever ids the secret gives them and their markings. */
async function said(server: RealServer): Promise<string[][]> {
  const all: string[][] = [];
  for (const reader of READERS)
    all.push(
      (await server.objects(reader))
        .map(({ type, name }) => `${type} ${name ?? ""}`)
        .filter((text) => !text.startsWith("marking"))
        .sort(),
    );
  return all;
}

test("a store that is sealed – backed up – gives a file that says nothing without the sealing key, and is sealed again where it is restored", async () => {
  const server = await RealServer.start();
  const shown = await said(server);
  expect((await server.stop()).code).toBe(0);
  const env = { SEAL_KEY: "5".repeat(64) };
  const file = join(dirname(server.folder), "sealed.tb");
  const written = await command(["backup", file], { folder: server.folder, env });
  expect([written.code, written.stderr]).toEqual([0, expect.stringContaining("sealed")]);
  expect(readFileSync(file, "latin1").slice(0, 24)).toBe("tricord-backup-sealed/1\n");
  const folder = freshFolder(server.folder);
  const without = await command(["restore", file], { folder });
  expect(without.code).toBe(1);
  oneLine(without.stderr, /SEAL_KEY/);
  expect((await command(["restore", file], { folder, env })).code).toBe(0);
  const verified = await command(["store", "verify"], { folder, env });
  expect([verified.code, verified.stdout]).toEqual([0, ""]);
  const other = freshFolder(server.folder);
  writeFileSync(join(other, "secret.key"), "1".repeat(64));
  const strange = await command(["restore", file], { folder: other, env });
  expect(strange.code).toBe(1);
  oneLine(strange.stderr, /another secret/);
  // It is lost for good: content can be read still.
  expect((await command(["restore", file, "--other-secret"], { folder: other, env })).code).toBe(0);
  const start = await failedStart({ DATA_DIR: other, PORT: "0", ...env });
  expect(start.code).toBe(1);
  oneLine(start.stderr, /tricord secret adopt/);
  expect((await command(["secret", "adopt"], { folder: other, env })).code).toBe(0);
  const again = await RealServer.start({ folder: other, env });
  expect(await said(again)).toEqual(shown);
  expect((await again.stop()).code).toBe(0);
});

withMongo("tricord store move", () => {
  test("a pilot – moved from files to MongoDB with one command, and back – shows every reader what it showed before", async () => {
    const server = await RealServer.start();
    const shown = await views(server);
    expect((await server.stop()).code).toBe(0);
    const database = await namedDatabase(`tricord-moved-${process.pid}`);
    const back = freshFolder(server.folder);
    try {
      const from = await storeSettings(server.folder);
      const moved = await command(["store", "move", "--to", database.uri], { env: from });
      expect([moved.code, moved.stderr]).toEqual([0, expect.stringMatching(/the same on both sides\n$/)]);
      expect([moved.stdout.includes("MONGODB_URI"), moved.stdout.includes(database.uri)]).toEqual([true, false]);
      const away = await RealServer.start({ folder: server.folder, env: { MONGODB_URI: database.uri } });
      expect(await views(away)).toEqual(shown);
      expect((await away.stop()).code).toBe(0);
      const home = await command(["store", "move", "--to", back], { env: { ...from, MONGODB_URI: database.uri } });
      expect([home.code, home.stderr]).toEqual([0, expect.stringMatching(/the same on both sides\n$/)]);
      const verified = await command(["store", "verify"], { env: { DATA_DIR: back } });
      expect([verified.code, verified.stdout]).toEqual([0, ""]);
    } finally {
      await database.drop();
    }
  });
});
