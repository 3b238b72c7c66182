import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { readSeed } from "../../seed/shapes.ts";
import { Meta } from "../../server/storage/collections.ts";
import { drawn } from "../support/drawn.ts";
import { freePort } from "../support/free-port.ts";
import {
  cutStart,
  dataFolder,
  type Ended,
  endAll,
  failedStart,
  openStoreOf,
  RealServer,
} from "../support/real-server.ts";
import { STORE } from "../support/which-store.ts";

const { accounts, entries } = readSeed("seed");
const LINES = drawn(4000, 900);

jest.setTimeout(600_000);
afterAll(endAll);

const json = async (answer: IncomingMessage): Promise<unknown> => JSON.parse((await answer.toArray()).join(""));

/** `received 381, distinct 335, merged 46, rejected 0` as numbers. */
function seedLine(stdout: string): Record<string, number> {
  const line = /received \d+, distinct \d+, merged \d+, rejected \d+/.exec(stdout)?.[0] ?? "";
  return Object.fromEntries([...line.matchAll(/([a-z]+) (\d+)/g)].map(([, name, count]) => [name, Number(count)]));
}

describe("the first start and the second", () => {
  const folder = dataFolder();
  let first: RealServer;
  let readByJ1: string[];
  beforeAll(async () => {
    first = await RealServer.start({ folder });
  });

  test("the first start – an empty data folder – prints what the seed's ingest did, the addresses and where the accounts are", () => {
    expect(first.stdout.split("\n").filter((line) => line !== "")).toEqual([
      "Seeding the demonstration group …",
      expect.stringMatching(/^ {2}received \d+, distinct \d+, merged \d+, rejected 0$/),
      `Tricord is ready: ${first.url}`,
      `  API       ${first.url}/api/v1/   (to browse: ${first.url}/docs)`,
      "  at rest   not sealed (SEAL_KEY_FILE seals content)",
      `  accounts  ${first.accountsFile}`,
    ]);
    const { received = 0, distinct = 0, merged = 0, rejected } = seedLine(first.stdout);
    expect(received).toBe(distinct + merged);
    expect(rejected).toBe(0);
    expect(received).toBeGreaterThan(entries.length);
    expect(first.stderr).toBe("");
  });

  test("the accounts file – after the first start – is the owner's alone and names every account of the demonstration once", () => {
    expect(statSync(first.accountsFile).mode & 0o777).toBe(0o600);
    const written = JSON.parse(readFileSync(first.accountsFile, "utf8"));
    expect(written.accounts.map(({ username }: { username: string }) => username).sort()).toEqual(
      accounts.map(({ id }) => id).sort(),
    );
    expect(new Set(written.accounts.map(({ password }: { password: string }) => password)).size).toBe(accounts.length);
    expect(written.taxii).toEqual({
      discovery: `${first.url}/taxii2/`,
      apiRoot: `${first.url}/taxii2/dprk/`,
      collections: {
        originals: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
        consolidated: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
        recalls: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
      },
    });
  });

  test("the files of the store – after the first start – are the owner's alone", () => {
    const names = [...(STORE === "sqlite" ? ["content.sqlite", "log.sqlite"] : []), "secret.key"];
    expect(names.map((name) => [name, statSync(join(folder, name)).mode & 0o777])).toEqual(
      names.map((name) => [name, 0o600]),
    );
  });

  test("each kind of signing in – password, token, key – the same account answers", async () => {
    const { username, password } = first.account("j1");
    const login = await first.send("POST", "/api/v1/auth/login", { body: { username, password } });
    expect(login.status).toBe(200);
    const { accessToken } = JSON.parse(login.text);
    const byToken = await first.send("GET", "/api/v1/me", { headers: { Authorization: `Bearer ${accessToken}` } });
    const byBasic = await first.get("/api/v1/me", "j1");
    expect(JSON.parse(byToken.text)).toMatchObject({ username: "j1", agency: "JP-NPA", country: "JPN" });
    expect(byBasic.text).toBe(byToken.text);
    const { apiKey = "" } = first.account("feed-KR-KISA");
    const byKey = await first.send("GET", "/api/v1/me", { headers: { "X-Api-Key": apiKey } });
    expect(JSON.parse(byKey.text)).toMatchObject({ username: "feed-KR-KISA", role: "feed", agency: "KR-KISA" });
  });

  test("the thread of the standard – more questions of one account than it may ask at a time, one that is no JSON – answers or 429, then 400", async () => {
    const bundle = { type: "bundle", id: "bundle--6a4e5f0e-6b0a-4e0b-9d0e-0b7d1c2f3a4b", objects: [] as object[] };
    for (let i = 0; i < 3000; i++) bundle.objects.push({ type: "domain-name", id: "domain-name--none", value: `${i}` });
    const asked = Array.from({ length: 8 }, () =>
      first.send("POST", "/api/v1/stix/validate", { as: "j1", body: bundle }),
    );
    const other = first.send("POST", "/api/v1/stix/id", { as: "u1", body: { type: "ipv4-addr", value: "192.0.2.1" } });
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(4);
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
    expect((await other).status).toBe(200);
    const broken = await first.send("POST", "/api/v1/stix/validate", {
      as: "j1",
      headers: { "Content-Type": "application/json" },
      body: "{",
    });
    expect(broken.status).toBe(400);
    expect(JSON.parse(broken.text).error.code).toBe("input.json");
  });

  test("SIGINT – a post under way and an idle connection – the post is answered, the connection closed, exit 0", async () => {
    readByJ1 = (await first.objects("j1")).map(({ id }) => id);
    const idle = connect(first.port, "127.0.0.1");
    await new Promise((done) => idle.once("connect", done));
    const idleClosed = new Promise((done) => idle.once("close", done));
    idle.resume();
    const lines = Array.from({ length: LINES }, (_, i) => `10.${i >> 8}.${i & 255}.7`).join("\n");
    // The server asks for the rest of it: however slow the machine is, the post is under way then.
    const under = request(`${first.url}/api/v1/ingest?format=text`, {
      method: "POST",
      headers: {
        ...first.credentials("feed-US-CISA"),
        ...{ "Tricord-Label": JSON.stringify({ tlp: "GREEN" }), "Content-Length": Buffer.byteLength(lines) },
        Expect: "100-continue",
      },
    });
    const answered = once(under, "response") as Promise<[IncomingMessage]>;
    under.flushHeaders();
    await once(under, "continue");
    const ending = first.stop("SIGINT");
    under.end(lines);
    const [answer] = await answered;
    expect(await json(answer)).toMatchObject({ counts: { received: LINES, created: LINES } });
    const ended = await ending;
    await idleClosed;
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(ended.stdout.split("\n").slice(-3)).toEqual(["SIGINT: finishing what is under way …", "Ended.", ""]);
    expect(ended.stderr).toBe("");
  });

  test("the second start – as `npm start` does it – seeds nothing and has what was acknowledged", async () => {
    const before = readFileSync(first.accountsFile, "utf8");
    const second = await RealServer.start({ folder, program: "scripts/start.mjs" });
    expect(readFileSync(second.accountsFile, "utf8")).toBe(before);
    expect((await second.objects("j1")).map(({ id }) => id)).toEqual(readByJ1);
    const posted = (await second.mine("feed-US-CISA")).filter(
      ({ type, tlp }) => type === "ipv4-addr" && tlp === "GREEN",
    );
    expect(posted.length).toBeGreaterThanOrEqual(LINES);
    const ended = await second.stop("SIGTERM");
    expect(ended.code).toBe(0);
    expect(ended.stdout).toBe(
      [
        `Tricord is ready: ${second.url}`,
        `  API       ${second.url}/api/v1/   (to browse: ${second.url}/docs)`,
        "  at rest   not sealed (SEAL_KEY_FILE seals content)",
        `  accounts  ${second.accountsFile}`,
        "SIGTERM: finishing what is under way …",
        "Ended.",
        "",
      ].join("\n"),
    );
  });
});

describe("a start that can't be", () => {
  const oneLine = (text: string): string[] => text.split("\n").filter((line) => line !== "");

  test.each([
    ["a port that is no number", { PORT: "eighty" }, ['tricord: PORT: a whole number; it is "eighty"']],
    ["an empty setting", { HOST: "" }, ["tricord: HOST: it is empty; leave it out or give it a value"]],
    [
      "a public address with a path",
      { PUBLIC_URL: "https://tricord.example/x" },
      ['tricord: PUBLIC_URL: http:// or https://, host and port, nothing after; it is "https://tricord.example/x"'],
    ],
    [
      "an address of another kind of database",
      { MONGODB_URI: "postgres://user:secret@db/tricord" },
      ["tricord: MONGODB_URI: mongodb://host/database?replicaSet=name; it is set"],
    ],
    [
      "a database that nobody answers for",
      { MONGODB_URI: "mongodb://user:secret@127.0.0.1:1/tricord?replicaSet=rs0" },
      ["tricord: The store can't be reached. Try again."],
    ],
    [
      "a data folder that can't be made",
      { DATA_DIR: "/dev/null/x" },
      ["tricord: DATA_DIR: /dev/null/x/secret.key can't be read or made (ENOTDIR)"],
    ],
    [
      "an address that is not this machine's",
      { HOST: "198.51.100.1", DEMO: "false" },
      ["tricord: HOST: 198.51.100.1 is not an address of this machine"],
    ],
  ])("starting – %s – one clear line and exit 1", async (_, env, lines) => {
    const ended = await failedStart({ DATA_DIR: dataFolder(), PORT: "0", ...env });
    expect([ended.code, oneLine(ended.stderr)]).toEqual([1, lines]);
    expect(ended.stdout).toBe("");
  });

  test("starting – a data folder that is a file – one clear line and exit 1", async () => {
    const file = dataFolder();
    writeFileSync(file, "not a folder");
    const ended = await failedStart({ DATA_DIR: file, PORT: "0" });
    expect([ended.code, oneLine(ended.stderr)]).toEqual([
      1,
      [`tricord: DATA_DIR: ${file}/secret.key can't be read or made (ENOTDIR)`],
    ]);
  });

  test("starting – the port is in use – one clear line and exit 1", async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((done) => other.listen(port, "127.0.0.1", done));
    const ended = await failedStart({ DATA_DIR: dataFolder(), PORT: String(port), DEMO: "false" });
    await new Promise((done) => other.close(done));
    expect([ended.code, oneLine(ended.stderr)]).toEqual([
      1,
      [`tricord: PORT: ${port} on 127.0.0.1 is in use by another program`],
    ]);
  });

  test("starting – a store that a later version wrote – one clear line and exit 1", async () => {
    const folder = dataFolder();
    const ours = await RealServer.start({ folder, env: { DEMO: "false" } });
    await ours.stop();
    const store = await openStoreOf(folder);
    const format = await store.collection(Meta).get("format");
    if (format !== undefined) await store.collection(Meta).put({ ...format, value: 9999 });
    await store.close();
    const ended = await failedStart({ DATA_DIR: folder, PORT: "0" });
    expect([ended.code, oneLine(ended.stderr).length]).toEqual([1, 1]);
    expect(ended.stderr).toContain("9999");
  });
});

test("a seed that kill -9 cut off – started again – it is taken up where it stopped", async () => {
  const whole = await RealServer.start();
  const wanted = await whole.objects("j1");
  await whole.stop();
  for (const delay of [0, 250, 600]) {
    const begin = async (ms: number): Promise<{ folder: string; cut: Ended }> => {
      const folder = dataFolder();
      const cut = await cutStart({ folder, delay: ms });
      // A machine that is through by then is cut off earlier.
      return cut.stdout.includes("is ready") && ms >= 1 ? begin(ms / 2) : { folder, cut };
    };
    const { folder, cut } = await begin(delay);
    expect([cut.signal, cut.stdout.includes("is ready")]).toEqual(["SIGKILL", false]);
    const again = await RealServer.start({ folder });
    expect((await again.objects("j1")).length).toBe(wanted.length);
    await again.stop();
  }
});
