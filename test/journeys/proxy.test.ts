import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../support/free-port.ts";
import { endAll, RealServer } from "../support/real-server.ts";

jest.setTimeout(600_000);

/** The name in the certificate; the connection goes to this machine. */
const NAME = "tricord.test";

const PROGRAMS = ["caddy", "openssl"] as const;
const [CADDY, OPENSSL] = PROGRAMS;
const found = (program: string): boolean => {
  try {
    execFileSync(program, ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const READY = PROGRAMS.every(found);
if (!READY) console.warn("The journey through the proxy did NOT run: it needs caddy and openssl on the path.");

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

(READY ? describe : describe.skip)("two processes behind the proxy of deploy/", () => {
  const folder = mkdtempSync(join(tmpdir(), "tricord-proxy-"));
  const [cert, key] = [join(folder, "cert"), join(folder, "key")];
  let port: number;
  let servers: RealServer[];
  let proxy: ChildProcess | undefined;
  let agent: Agent | undefined;
  let said = "";
  let env: Record<string, string>;

  const ask = (
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string | AsyncIterable<Buffer> } = {},
  ): Promise<Answer> =>
    new Promise((done, failed) => {
      const under = request(
        { method, path, port, host: "127.0.0.1", agent, servername: NAME, headers: { Host: NAME, ...headers } },
        (res) => {
          let text = "";
          res.setEncoding("utf8").on("data", (piece: string) => {
            text += piece;
          });
          res.on("error", failed);
          res.on("end", () => done({ status: res.statusCode ?? 0, headers: res.headers, text }));
        },
      );
      under.on("error", failed);
      if (body === undefined || typeof body === "string") under.end(body);
      else
        void (async () => {
          for await (const piece of body) if (!under.write(piece)) await new Promise((go) => under.once("drain", go));
          under.end();
        })();
    });

  const metric = async ({ stdout }: RealServer, name: string): Promise<number> => {
    const url = /http:\/\/\S+\/metrics/.exec(stdout)?.[0] ?? "";
    const lines = (await (await fetch(url)).text()).split("\n").filter((line) => line.startsWith(name));
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };

  beforeAll(async () => {
    port = await freePort();
    execFileSync(
      OPENSSL,
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
        ...["-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME}`, "-keyout", key, "-out", cert],
      ],
      { stdio: "ignore" },
    );
    agent = new Agent({ keepAlive: true, ca: readFileSync(cert), maxSockets: 16 });
    env = {
      PUBLIC_URL: `https://${NAME}`,
      TRUST_PROXY: "127.0.0.1",
      METRICS_PORT: "0",
      DRAIN_SECONDS: "4",
      SIGN_IN_FAILURES_PER_MINUTE: "3",
    };
    const first = await RealServer.start({ env });
    servers = [first, await RealServer.start({ env, folder: first.folder })];
    proxy = spawn(CADDY, ["run", "--config", "deploy/Caddyfile", "--adapter", "caddyfile"], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...{ PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
        ...{ TRICORD_HOST: NAME, PROXY_PORT: String(port), TLS_CERT_FILE: cert, TLS_KEY_FILE: key },
        TRICORD_UPSTREAMS: servers.map((server) => `127.0.0.1:${server.port}`).join(" "),
      },
    });
    proxy.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    for (let n = 0; n < 200; n++) {
      const { status } = await ask("GET", "/readyz").catch(() => ({ status: 0 }));
      if (status === 200) return;
      await pause(100);
    }
    throw new Error(`the proxy does not serve:\n${said}`);
  });
  afterAll(async () => {
    const gone = new Promise((done) => (proxy === undefined ? done(undefined) : proxy.once("close", done)));
    proxy?.kill("SIGTERM");
    await gone;
    agent?.destroy();
    await endAll();
    rmSync(folder, { recursive: true, force: true });
  });

  test("requests – many at once – are answered by both, over TLS alone", async () => {
    const headers = servers[0]?.credentials("feed-JP-NPA") ?? {};
    const replies = await Promise.all(
      Array.from({ length: 200 }, () => ask("GET", "/api/v1/objects?limit=1", { headers })),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    const counted = await Promise.all(
      servers.map((server) => metric(server, 'tricord_http_requests_total{method="GET",route="/api/v1/objects",')),
    );
    expect(counted.reduce((a, b) => a + b, 0)).toBe(200);
    expect(Math.min(...counted)).toBeGreaterThan(20);
    expect(replies[0]?.headers["strict-transport-security"]).toMatch(/max-age=/);
    const plain = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { Host: NAME } }).then(
      ({ status }) => status,
      () => 0,
    );
    expect([0, 400]).toContain(plain);
    expect((await ask("GET", "/metrics")).status).toBe(404);
  });

  test("TAXII – discovered through the proxy – names what is reached from outside", async () => {
    const headers = { ...servers[0]?.credentials("feed-JP-NPA"), Accept: "application/taxii+json;version=2.1" };
    const { status, text } = await ask("GET", "/taxii2/", { headers });
    expect([status, JSON.parse(text).default, JSON.parse(text).api_roots]).toEqual([
      200,
      `https://${NAME}/taxii2/dprk/`,
      [`https://${NAME}/taxii2/dprk/`],
    ]);
    const root = await ask("GET", new URL(JSON.parse(text).default as string).pathname, { headers });
    expect(root.status).toBe(200);
  });

  test("failed sign-ins – of a client that says it is somebody else – are counted under its own address", async () => {
    const tried: number[] = [];
    for (let n = 0; n < 12; n++) {
      const body = JSON.stringify({ username: `nobody-${n}`, password: "wrong words here" });
      const headers = {
        "Content-Type": "application/json",
        "X-Forwarded-For": `198.51.100.${n}`,
        Forwarded: `for=198.51.100.${n}`,
      };
      tried.push((await ask("POST", "/api/v1/auth/login", { headers, body })).status);
    }
    // Three at each of two processes, which keep their limits apart.
    expect(tried.filter((status) => status === 401).length).toBeLessThanOrEqual(6);
    expect(tried.at(-1)).toBe(429);
  });

  test("a large post – longer than memory would like – goes through as it comes, and becomes a job", async () => {
    const line = Buffer.from(`${"a note about files.example and 203.0.113.7 ".repeat(24)}\n`);
    const block = Buffer.concat(Array.from({ length: 1024 }, () => line));
    const blocks = Math.ceil(48_000_000 / block.length);
    async function* body(): AsyncGenerator<Buffer> {
      for (let n = 0; n < blocks; n++) yield block;
    }
    const headers = { ...servers[0]?.credentials("feed-JP-NPA"), "Content-Type": "text/plain" };
    const { status, text } = await ask("POST", "/api/v1/ingest?format=text", { headers, body: body() });
    expect([status, JSON.parse(text).status]).toEqual([202, "queued"]);
  });

  test("one process – told to end under load – no request is lost", async () => {
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error("there are two");
    const headers = first.credentials("feed-JP-NPA");
    let going = true;
    const statuses: string[] = [];
    const loops = Array.from({ length: 8 }, async (_, loop) => {
      for (let n = 0; going; n++) {
        const posts = n % 3 === 0;
        const body = JSON.stringify({
          type: "domain-name",
          spec_version: "2.1",
          id: idOf(loop, n),
          value: `l${loop}-n${n}.example`,
        });
        const asked = posts
          ? ask("POST", "/api/v1/ingest", { headers: { ...headers, "Content-Type": "application/json" }, body })
          : ask("GET", "/api/v1/objects?limit=5", { headers });
        statuses.push(
          await asked.then(
            ({ status }) => String(status),
            (error: unknown) => `${posts ? "POST" : "GET"} ${String(error)}`,
          ),
        );
      }
    });
    await pause(1000);
    const ended = await first.stop("SIGTERM");
    const whileGone = statuses.length;
    await pause(2000);
    going = false;
    await Promise.all(loops);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(whileGone).toBeGreaterThan(20);
    expect(statuses.length).toBeGreaterThan(whileGone);
    expect([...new Set(statuses)]).toEqual(["200"]);
    // The other one has all of it: both are of one store.
    const posted = await ask("GET", "/api/v1/objects?value=l0-n0.example", { headers });
    expect(posted.status).toBe(200);
    expect(JSON.parse(posted.text).objects.length).toBe(1);
  });

  test("the proxy's log – of all that – has no path, query or header in it", () => {
    const lines = said.split("\n").filter((line) => /"handled request"/.test(line));
    expect(lines.length).toBeGreaterThan(200);
    const telling = lines.filter((line) =>
      /\/api\/v1|taxii2|X-Api-Key|Authorization|\.example|uri|Receipt/i.test(line),
    );
    expect(telling.slice(0, 1)).toEqual([]);
  });
});

const idOf = (loop: number, n: number): string =>
  `domain-name--0c2b7e5d-1a90-4c3e-9f6a-${String(loop).padStart(4, "0")}${String(n).padStart(8, "0")}`;
