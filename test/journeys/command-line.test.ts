import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { drawn } from "../support/drawn.ts";
import { givenCases } from "../support/policy-cases.ts";
import { command, dataFolder, endAll, RealServer } from "../support/real-server.ts";
import { bundle, indicator, TRI, tool } from "../support/samples.ts";

jest.setTimeout(600_000);
afterAll(endAll);

const MANY = drawn(2500, 1100);
const AT_ONCE = drawn(1500, 300);
const GREEN = JSON.stringify({ tlp: "GREEN", releases: [TRI] });
const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const json = (text: string): unknown[] => lines(text).map((line) => JSON.parse(line) as unknown);

describe("beside a server that runs on the same store", () => {
  let server: RealServer;
  let folder: string;
  /** Files of the test, outside the store. */
  let place: (name: string, content: string | Uint8Array) => string;
  beforeAll(async () => {
    server = await RealServer.start();
    folder = server.folder;
    place = (name, content) => {
      const file = join(dirname(folder), name);
      writeFileSync(file, content);
      return file;
    };
  });
  const tricord = (args: readonly string[], input?: string | Uint8Array) =>
    command(args, { folder, ...(input === undefined ? {} : { input }) });

  test("ingest – a file, packed, with the label in a file – one line of counts, and the server's readers have it at once", async () => {
    const [a, b] = [tool("from the command"), indicator("packed", "[domain-name:value = 'packed.evil.example']")];
    const file = place("bundle.json.gz", gzipSync(JSON.stringify(bundle(a, b))));
    const label = place("label.json", GREEN);
    const done = await tricord(["ingest", file, "--as", "feed-US-CISA", "--label", `@${label}`]);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    expect(done.stdout).toBe(`${file}: received 2, created 2, updated 0, unchanged 0, rejected 0\n`);
    expect((await server.get(`/api/v1/objects/${a.id}`, "k3")).body.object).toMatchObject({ name: a.name });
    expect((await server.mine("u3")).find(({ id }) => id === a.id)).toMatchObject({ channel: "command", tlp: "GREEN" });
  });

  test("ingest – standard input, several files, a forced format – each with its own line", async () => {
    const [one, two] = [
      place("one.txt", "198.51.100.201\n198.51.100.202\n"),
      place("two.csv", "ip,note\n198.51.100.203,x\n"),
    ];
    const done = await tricord(["ingest", one, two, "-", "--as", "feed-US-CISA", "--label", GREEN], "198.51.100.204");
    expect([done.code, lines(done.stdout)]).toEqual([
      0,
      [
        `${one}: received 2, created 2, updated 0, unchanged 0, rejected 0`,
        `${two}: received 1, created 1, updated 0, unchanged 0, rejected 0`,
        "-: received 1, created 1, updated 0, unchanged 0, rejected 0",
      ],
    ]);
    const again = await tricord(["ingest", one, two, "--as", "feed-US-CISA", "--label", GREEN, "--json"]);
    expect(json(again.stdout)).toEqual([
      { file: one, counts: { received: 2, created: 0, unchanged: 2, updated: 0, rejected: 0 }, rejections: {} },
      { file: two, counts: { received: 1, created: 0, unchanged: 1, updated: 0, rejected: 0 }, rejections: {} },
    ]);
    const forced = await tricord(["ingest", two, "--as", "feed-US-CISA", "--label", GREEN, "--format", "text"]);
    expect(forced.stdout).toContain("received 1,");
  });

  test("ingest – more than a batch – batches of a thousand, each whole", async () => {
    const objects = Array.from({ length: MANY }, (_, n) => tool(`of many ${n}`));
    const file = place("many.json", JSON.stringify(bundle(...objects)));
    const done = await tricord(["ingest", file, "--as", "feed-US-CISA", "--label", GREEN]);
    expect(done.stdout).toBe(`${file}: received ${MANY}, created ${MANY}, updated 0, unchanged 0, rejected 0\n`);
    const sizes = new Map<string, number>();
    const ids = new Set(objects.map(({ id }) => id));
    for (const { id, batch } of await server.mine("feed-US-CISA"))
      if (ids.has(id)) sizes.set(batch, (sizes.get(batch) ?? 0) + 1);
    expect([...sizes.values()].sort()).toEqual(
      [...Array.from({ length: Math.floor(MANY / 1000) }, () => 1000), MANY % 1000].sort(),
    );
  });

  test("ingest – rejected objects – a line for each reason; every object rejected: exit 2", async () => {
    const wrong = [
      { ...tool("bad id"), id: "malware--0f6a1c2e-3b4d-4e5f-8a9b-0c1d2e3f4a5b" },
      { type: "tool", spec_version: "2.1" },
    ];
    const file = place("wrong.json", JSON.stringify(wrong));
    const done = await tricord(["ingest", file, "--as", "feed-US-CISA", "--label", GREEN, "--json"]);
    const [first, second, sum] = json(done.stdout);
    expect(done.code).toBe(2);
    expect(first).toMatchObject({ file, index: 0, outcome: "rejected", path: "id" });
    expect(second).toMatchObject({ file, index: 1, outcome: "rejected" });
    expect(sum).toMatchObject({ file, counts: { received: 2, rejected: 2 } });
  });

  test("ingest – dry – the same counts and who could read it, and nothing is stored", async () => {
    const thing = tool("only tried");
    const file = place("dry.json", JSON.stringify(thing));
    const label = JSON.stringify({
      tlp: "GREEN",
      releases: [{ agreement: "TRI", countries: ["USA", "JPN"], agencies: "*" }],
    });
    const done = await tricord(["ingest", file, "--as", "u3", "--label", label, "--dry-run"]);
    expect(done.stdout).toBe(
      [
        `${file}: received 1, created 1, updated 0, unchanged 0, rejected 0`,
        "  readers now: US-CISA, US-FBI, US-TREAS; once released: JP-JAFIC, JP-NCO, JP-NPA, US-CISA, US-FBI, US-TREAS",
        "",
      ].join("\n"),
    );
    expect((await server.get(`/api/v1/objects/${thing.id}`, "u3")).status).toBe(404);
  });

  test.each([
    ["an unknown account", ["--as", "nobody"], /^tricord: --as: there is no account nobody$/m],
    ["a feed whose scope is read only", ["--as", "r3"], /^tricord: --as: account r3 may not post$/m],
    ["a client, who only reads", ["--as", "cj"], /^tricord: --as: account cj may not post$/m],
    ["a label that is no JSON", ["--as", "u3", "--label", "{"], /the label is not JSON/],
    [
      "a label with the server's part",
      ["--as", "u3", "--label", '{"originator":"US-FBI"}'],
      /the label is not as it should be/,
    ],
    ["an unknown format", ["--as", "u3", "--format", "pdf"], /--format: one of/],
  ])("ingest – %s – one line that says so, exit 1, nothing stored", async (_, args, words) => {
    const done = await tricord(["ingest", "-", ...args], "198.51.100.250");
    expect([done.code, lines(done.stderr).length, done.stdout]).toEqual([1, 1, ""]);
    expect(done.stderr).toMatch(words);
    expect((await server.objects("u3", { value: "198.51.100.250" })).length).toBe(0);
  });

  test("ingest – a file that is not there – one line that says so, exit 1", async () => {
    const done = await tricord(["ingest", "/nowhere/x.json", "--as", "u3"]);
    expect([done.code, lines(done.stderr)]).toEqual([1, ["tricord: /nowhere/x.json can't be read (ENOENT)"]]);
    const label = await tricord(["ingest", "-", "--as", "u3", "--label", "@/nowhere/label.json"], "198.51.100.250");
    expect([label.code, lines(label.stderr)]).toEqual([
      1,
      ["tricord: --label: /nowhere/label.json can't be read (ENOENT)"],
    ]);
  });

  test("ingest – a folder – one line that says so, exit 1", async () => {
    const done = await tricord(["ingest", folder, "--as", "u3"]);
    expect([done.code, lines(done.stderr)]).toEqual([1, [`tricord: ${folder} can't be read (EISDIR)`]]);
  });

  test("export – as a reader – what the server gives the same reader", async () => {
    const done = await tricord([
      "export",
      "--as",
      "k3",
      "--format",
      "list",
      "--type",
      "ipv4-addr",
      "--source",
      "US-CISA",
    ]);
    const served = await server.get("/api/v1/export", "k3", { format: "list", type: "ipv4-addr", source: "US-CISA" });
    expect([done.code, done.stderr]).toEqual([0, ""]);
    // All but who, when and serial: the digest of the content stands in the stamp.
    const told = (text: string): string[] =>
      lines(text).filter((line) => !/^# (?:exported|serial|end of export) /.test(line));
    expect(told(done.stdout)).toEqual(told(served.text));
    expect(lines(done.stdout)).toContain("198.51.100.204\tTLP:GREEN");
    const hosts = await tricord(["export", "--as", "k3", "--format", "rpz", "--kind", "ipv4", "--type", "ipv4-addr"]);
    expect(lines(hosts.stdout)).toContain("32.204.100.51.198.rpz-ip CNAME .");
    const stix = await tricord(["export", "--as", "k3", "--received-before", "2020-01-01T00:00:00Z"]);
    expect(JSON.parse(stix.stdout)).toMatchObject({ type: "bundle", objects: expect.any(Array) });
    const wrong = await tricord(["export", "--as", "k3", "--tlp", "WHITE"]);
    expect([wrong.code, lines(wrong.stderr).length, wrong.stdout]).toEqual([1, 1, ""]);
    const nobody = await tricord(["export", "--as", "nobody"]);
    expect([nobody.code, nobody.stderr]).toEqual([1, "tricord: --as: there is no account nobody\n"]);
  });

  test("dedup report – as JSON – the things of the store by kind, number of sources and pair of sources", async () => {
    await server.ingest("feed-KR-KISA", "198.51.100.201", JSON.parse(GREEN), { format: "text" });
    const done = await tricord(["dedup", "report", "--json"]);
    const report = JSON.parse(done.stdout);
    expect(Object.keys(report)).toEqual(["contributions", "things", "values", "sameObjects"]);
    const { distinct, byKind, bySources, byPair, severalSources } = report.things;
    const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
    expect([sum(byKind), sum(bySources)]).toEqual([distinct, distinct]);
    expect(severalSources).toBe(distinct - bySources["1"]);
    expect(byPair["KR-KISA + US-CISA"]).toBeGreaterThanOrEqual(1);
    const before = byPair["KR-KISA + US-CISA"];
    await server.ingest("feed-KR-KISA", "198.51.100.202", JSON.parse(GREEN), { format: "text" });
    const after = JSON.parse((await tricord(["dedup", "report", "--json"])).stdout).things;
    expect([after.byPair["KR-KISA + US-CISA"], after.distinct]).toEqual([before + 1, distinct]);
    const text = (await tricord(["dedup", "report"])).stdout;
    expect(text).toContain(`things: ${after.distinct} distinct, ${after.severalSources} from two or more agencies`);
  });

  test("accounts – a password, a key and an end, made beside the server – count at the server's next request", async () => {
    const made = await tricord([
      "accounts",
      "create",
      "n1",
      "--role",
      "analyst",
      "--agency",
      "JP-NPA",
      "--clearance",
      "C",
    ]);
    const password = /password: (\S+)/.exec(made.stdout)?.[1] ?? "";
    const basic = { Authorization: `Basic ${Buffer.from(`n1:${password}`).toString("base64")}` };
    const me = () => server.send("GET", "/api/v1/me", { headers: basic });
    expect([(await me()).status, JSON.parse((await me()).text).agency]).toEqual([200, "JP-NPA"]);
    const key = /key: (\S+)/.exec((await tricord(["accounts", "key", "n1", "--scope", "read"])).stdout)?.[1] ?? "";
    const byKey = () => server.send("GET", "/api/v1/objects", { headers: { "X-Api-Key": key } });
    expect((await byKey()).status).toBe(200);
    expect(
      (await server.send("POST", "/api/v1/ingest", { headers: { "X-Api-Key": key }, body: "192.0.2.1" })).status,
    ).toBe(403);
    await tricord(["accounts", "end", "n1"]);
    expect([(await me()).status, (await byKey()).status]).toEqual([401, 401]);
  });

  test("two commands and the server – posting at once – all get through, each value once", async () => {
    const file = (n: number): string =>
      place(
        `at-once-${n}.txt`,
        Array.from({ length: AT_ONCE }, (_, i) => `10.77.${n}.${i % 250}\n10.78.${i >> 8}.${i & 255}`).join("\n"),
      );
    const since = new Date().toISOString();
    const served = server.ingest("feed-US-CISA", readFileSync(file(3)), JSON.parse(GREEN), { format: "text" });
    const [one, two] = await Promise.all(
      [1, 2].map((n) => tricord(["ingest", file(n), "--as", "feed-US-CISA", "--label", GREEN])),
    );
    const came = (end: typeof one): string | undefined => (end?.code === 0 ? "through" : end?.stderr);
    expect([came(one), came(two), (await served).status]).toEqual(["through", "through", 200]);
    // A contribution is one over a channel: what both commands sent is there once, and once more as the server got it.
    const posts = (await server.mine("feed-US-CISA")).filter(({ received }) => received >= since);
    expect(new Set(posts.map(({ id, channel }) => `${channel} ${id}`)).size).toBe(posts.length);
    const found = await server.post("/api/v1/lookup", "j1", {
      values: ["10.77.1.0", "10.77.2.249", "10.77.3.7", `10.78.${(AT_ONCE - 1) >> 8}.${(AT_ONCE - 1) & 255}`],
    });
    expect(found.body.results?.map(({ objects }) => objects?.length)).toEqual([1, 1, 1, 1]);
  });
});

describe("an installation without the demonstration", () => {
  test("the first administrator – on an empty store – is made by a command, and nobody else can sign in", async () => {
    const folder = dataFolder();
    const made = await command(["accounts", "create", "root", "--admin"], { folder, env: { DEMO: "false" } });
    expect([made.code, made.stderr]).toEqual([0, ""]);
    expect(made.stdout).toMatch(/^account root made: admin\npassword: [A-Za-z0-9_-]{24}\n$/);
    const password = /password: (\S+)/.exec(made.stdout)?.[1] ?? "";
    const server = await RealServer.start({ folder, env: { DEMO: "false" } });
    expect(server.stdout).not.toMatch(/Seeding|accounts/);
    const login = (username: string, given: string) =>
      server.send("POST", "/api/v1/auth/login", { body: { username, password: given } });
    const { accessToken } = JSON.parse((await login("root", password)).text);
    const me = await server.send("GET", "/api/v1/me", { headers: { Authorization: `Bearer ${accessToken}` } });
    expect(JSON.parse(me.text)).toMatchObject({ username: "root", role: "admin", verbs: ["govern", "manage"] });
    const objects = await server.send("GET", "/api/v1/objects", {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    expect([objects.status, objects.body.error?.code]).toEqual([403, "forbidden.verb"]);
    expect([(await login("u1", "u1")).status, (await login("root", "root")).status]).toEqual([401, 401]);
    expect((await server.stop("SIGTERM")).code).toBe(0);
  });

  test("seed – as a command on an empty store – loads what a first start loads, and refuses to do it twice", async () => {
    const folder = dataFolder();
    const seeded = await command(["seed"], { folder });
    expect([seeded.code, seeded.stderr]).toEqual([0, ""]);
    const counts = /received (\d+), created \d+, updated \d+, unchanged \d+, rejected 0/.exec(seeded.stdout);
    expect(Number(counts?.[1])).toBeGreaterThan(100);
    const again = await command(["seed"], { folder });
    expect([again.code, again.stderr]).toEqual([1, "tricord: the demonstration group is in this store already\n"]);
    const report = JSON.parse((await command(["dedup", "report", "--json"], { folder })).stdout);
    const server = await RealServer.start({ folder: dataFolder() });
    const first = /received (\d+), distinct (\d+)/.exec(server.stdout);
    expect([first?.[1], Number(first?.[2])]).toEqual([counts?.[1], report.things.distinct]);
    await server.stop();
  });
});

describe("policy decide", () => {
  test("all worked cases – one ask a line on standard input – the decisions of the cases, in order", async () => {
    const done = await command(["policy", "decide"], {
      input: givenCases.map(({ ask }) => `${JSON.stringify(ask)}\n`).join(""),
    });
    expect([done.code, done.stderr]).toEqual([0, ""]);
    const answers = json(done.stdout);
    expect(answers.length).toBe(givenCases.length);
    for (const [i, { id, expect: wanted }] of givenCases.entries()) {
      const without = wanted.without === undefined ? {} : { without: [...wanted.without].sort() };
      expect({ id, ...(answers[i] as object) }).toEqual({ id, ...wanted, ...without });
    }
  });

  test("lines that are no asks – between good ones – each answered in its place with code, path and words", async () => {
    const good = JSON.stringify(givenCases[0]?.ask);
    const input = [good, "{", "", '{"viewer":{}}', good].join("\n");
    const answers = json((await command(["policy", "decide"], { input })).stdout);
    expect(answers.length).toBe(5);
    expect(answers[4]).toEqual(answers[0]);
    const error = { code: expect.any(String), path: expect.any(String), message: expect.any(String) };
    expect(answers.slice(1, 4)).toEqual([{ error }, { error }, { error }]);
  });

  test("help – of each command – on standard output, exit 0", async () => {
    for (const words of [["--help"], ["ingest", "--help"], ["accounts", "create", "--help"]]) {
      const done = await command(words);
      expect([words, done.code, done.stderr]).toEqual([words, 0, ""]);
      expect(done.stdout).toMatch(/^Usage: tricord/);
    }
  });
});

describe("a slow reader at the end of a pipe", () => {
  test("the OpenAPI document – read a second after it was written – is whole", () => {
    const run = spawnSync("sh", ["-c", `"${process.execPath}" scripts/tricord.mjs openapi | (sleep 1; cat)`], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    expect(run.stdout).toBe(readFileSync("docs/openapi.json", "utf8"));
  });
});
