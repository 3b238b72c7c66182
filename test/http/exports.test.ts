import { createHash } from "node:crypto";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { composeContent } from "../../server/compose.ts";
import { composeApp } from "../../server/compose-http.ts";
import { cellsOf } from "../../server/formats/csv-rows.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { makeLog } from "../../server/shared/log.ts";
import { Disclosures } from "../../server/storage/collections.ts";
import { bundle, indicator, row, sampleUuid, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const TEXT_FORMATS = ["csv", "list", "plain", "hosts", "rpz"] as const;
const FORMATS = ["stix", "misp", ...TEXT_FORMATS] as const;
type Format = (typeof FORMATS)[number];

let world: TemporaryWorld;
let asked = 0;
const get = (as: string, path: string): Promise<Reply> => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
  return world.ask(as, { method: "GET", path });
};
const post = async (as: string, label: object, ...objects: StixJson[]): Promise<void> => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
  const reply = await world.post(as, bundle(...objects), { label });
  const { counts } = reply.json as { counts: { rejected: number } };
  if (counts.rejected > 0) throw new Error(reply.body.toString());
};
const query = (format: Format, more: Record<string, string> = {}): string =>
  `/api/v1/export?${new URLSearchParams({ format, ...more })}`;

interface File {
  readonly stamp: string[];
  /** What the digest is over. */
  readonly content: string;
  readonly end: string;
}

/** Takes a file apart as `docs/exports.md` says. */
function apart(format: Format, text: string): File {
  const end = format === "csv" ? "\r\n" : "\n";
  const lines = text.split(end);
  expect(lines.pop()).toBe("");
  const last = lines.pop() ?? "";
  if (format === "stix" || format === "misp") {
    const body = lines.slice(1).map((line) => `${line}\n`);
    const whole = JSON.parse(text);
    const stamp =
      format === "stix"
        ? whole.objects[0].definition.statement.split("\n")
        : (whole.Event.Tag as { name: string }[]).map(({ name }) => name);
    return { stamp, content: body.join(""), end: last };
  }
  const mark = format === "rpz" ? "; " : "# ";
  const at = lines.findIndex((line) => line.startsWith(`${mark}sha-256 `));
  const stamp = lines.slice(0, at + 1).map((line) => line.slice(2));
  const content = lines.slice(at + 1).map((line) => `${line}${end}`);
  return { stamp, content: content.join(""), end: last };
}
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

async function exported(
  as: string,
  format: Format,
  more: Record<string, string> = {},
): Promise<File & { reply: Reply }> {
  const reply = await get(as, query(format, more));
  if (reply.status !== 200) throw new Error(`${format}: ${reply.status} ${reply.body.toString().slice(0, 300)}`);
  return { ...apart(format, reply.body.toString()), reply };
}
const receiptOf = async (as: string, { headers }: Reply) => {
  const { status, json } = await get(as, headers["tricord-receipt"] ?? "");
  expect(status).toBe(200);
  return json as {
    serial: string;
    sha256: string;
    written: number;
    leftOut: Record<string, number>;
    banner: { tlp: string };
    withheld: { counts: Record<string, number>; objects: { id: string; reason: string }[] };
  };
};

const ADDRESS = { type: "ipv4-addr", spec_version: "2.1", value: "192.0.2.150" };
const sco = (object: StixJson): StixJson => ({
  spec_version: "2.1",
  id: `${String(object.type)}--${sampleUuid(JSON.stringify(object))}`,
  ...object,
});
const GREEN = { tlp: "GREEN", releases: [TRI] };
const noExport = tool("not to be taken away");
const red = tool("for a person");

beforeAll(async () => {
  world = await TemporaryWorld.open({
    settings: { PUBLIC_URL: "https://tricord.example", OWN_HOSTS: "198.51.100.0/24" },
  });
  await post(
    "feed-US-CISA",
    GREEN,
    sco(ADDRESS),
    indicator("the address", "[ipv4-addr:value = '192.0.2.150']"),
    indicator("two", "[ipv4-addr:value = '192.0.2.150' OR domain-name:value = 'two.evil.example']"),
    indicator("over", "[domain-name:value = 'over.evil.example']", { valid_until: "2026-04-01T00:00:00Z" }),
    indicator("gone", "[domain-name:value = 'gone.evil.example']", { revoked: true }),
    indicator("not simple", "[ipv4-addr:value LIKE '192.%']"),
    sco({ type: "domain-name", value: "한국.evil.example" }),
    sco({ type: "domain-name", value: "intern.local" }),
    sco({ type: "domain-name", value: "www.tricord.example" }),
    sco({ type: "ipv4-addr", value: "198.51.100.7" }),
    sco({ type: "ipv4-addr", value: "10.0.0.1" }),
    sco({ type: "url", value: "https://evil.example/=cmd" }),
    sco({ type: "file", name: '=cmd|"/C calc"!A0', hashes: { MD5: "0123456789abcdef0123456789abcdef" } }),
    tool('=HYPERLINK("http://evil.example";"x")\n# end of export'),
    tool(`; ${"very long ".repeat(500)}`),
  );
  const strict = tool("strict");
  await post("j1", { tlp: "AMBER+STRICT", caveats: ["NOATTRIB"] }, strict);
  world.at(START + ++asked * 1000, `request ${asked}`);
  await world.decide("rel-JP-NPA", await world.propose("j1", strict.id, row("JP-KR", ["KOR"], ["KR-KISA"])));
  await post("u1", { tlp: "GREEN", caveats: ["NOEXPORT"] }, noExport);
  await post("u1", { tlp: "RED" }, red);
});
afterAll(() => world.close());

describe.each(FORMATS)("a file as %s", (format) => {
  test("by a reader – stamped as policy 10 says, digest and counts right, the end there", async () => {
    const { stamp, content, end, reply } = await exported("k3", format);
    const receipt = await receiptOf("k3", reply);
    const name = `tricord-2026-04-11-${receipt.serial}.`;
    expect(reply.headers["content-disposition"]?.startsWith(`attachment; filename="${name}`)).toBe(true);
    expect(receipt.sha256).toBe(sha(content));
    const left = Object.entries(receipt.leftOut);
    const all = left.reduce((sum, [, count]) => sum + count, 0);
    const counts = `${receipt.written} written, ${all} left out${all === 0 ? "" : `: ${left.map(([why, n]) => `${why}=${n}`).join(" ")}`}`;
    if (format === "misp") {
      expect(stamp).toEqual(
        expect.arrayContaining([
          `tricord:sha-256="${sha(content)}"`,
          `tricord:content="${counts}"`,
          `tricord:serial="${receipt.serial}"`,
        ]),
      );
      expect(stamp[0]).toBe(`tlp:${receipt.banner.tlp.toLowerCase()}`);
      expect(end).toBe("]}}");
      return;
    }
    expect(stamp).toEqual([
      `TLP:${receipt.banner.tlp}`,
      expect.stringMatching(/^REL TO [A-Z]{3}(?:, [A-Z]{3})*$/),
      expect.stringMatching(/^agreement (?:JP-KR, )?TRI$/),
      expect.stringMatching(/^originator US-CISA/),
      "classification U",
      expect.stringMatching(/^caveats /),
      expect.stringMatching(/^permitted: use/),
      expect.stringMatching(/^exported 2026-04-11T09:\S+Z by KR-KISA, account [A-Za-z0-9_-]{12}$/),
      expect.stringMatching(new RegExp(`^serial ${receipt.serial}, policy [A-Za-z0-9_-]{16}$`)),
      counts,
      `sha-256 ${sha(content)}`,
    ]);
    if (format === "stix") expect(end).toBe("]}");
    else expect(end.slice(2)).toBe(`end of export ${receipt.serial}: ${counts}; sha-256 ${sha(content)}`);
  });

  test("its serial – in the disclosure log – before the bytes left, with what was shown", async () => {
    const { reply } = await exported("k3", format);
    const { serial, sha256 } = await receiptOf("k3", reply);
    const log = await world.storage.collection(Disclosures).all({ limit: 100_000 });
    const mine = log.filter(({ detail }) => detail?.serial === serial);
    expect(mine.map(({ what, actor }) => [what, actor])).toEqual([
      ["export", "k3"],
      ["export.made", "k3"],
    ]);
    expect(mine[1]?.detail).toMatchObject({ format, sha256 });
  });

  test("cut anywhere – told by its end", async () => {
    const text = (await exported("k3", format)).reply.body.toString().trimEnd();
    const whole = (part: string): boolean => {
      if (format === "stix" || format === "misp") {
        try {
          JSON.parse(part);
          return true;
        } catch {
          return false;
        }
      }
      return /(?:^|\n)[#;] end of export [A-Za-z0-9_-]{16}: [^\n]*; sha-256 [0-9a-f]{64}$/.test(part);
    };
    expect(whole(text)).toBe(true);
    for (let at = 0; at < text.length; at += 1 + Math.floor(text.length / 211))
      expect(whole(text.slice(0, at))).toBe(false);
    expect(whole(text.slice(0, -1))).toBe(false);
  });

  test("nothing at all – for a filter that leaves nothing – a whole file that says CLEAR and 0", async () => {
    const { reply, content } = await exported("k3", format, { text: "nobodywrotethis" });
    const receipt = await receiptOf("k3", reply);
    expect([receipt.written, receipt.banner.tlp]).toEqual([0, "CLEAR"]);
    expect(receipt.sha256).toBe(sha(content));
  });
});

describe("banners", () => {
  test("of mixed content – the tightest inside; of a part – the tightest of that", async () => {
    const rows = async (more: Record<string, string>): Promise<[string, Set<string>]> => {
      const { stamp, content } = await exported("k3", "csv", more);
      const inside = content.split("\r\n").slice(1, -1);
      return [stamp[0] ?? "", new Set(inside.flatMap((line) => /^TLP:[A-Z+]+(?=,)/.exec(line) ?? []))];
    };
    expect(await rows({})).toEqual(["TLP:AMBER+STRICT", new Set(["TLP:GREEN", "TLP:AMBER+STRICT"])]);
    expect(await rows({ type: "indicator" })).toEqual(["TLP:GREEN", new Set(["TLP:GREEN"])]);
    expect((await exported("k3", "csv", { text: "strict" })).stamp.slice(0, 4)).toEqual([
      "TLP:AMBER+STRICT",
      "REL TO KOR",
      "agreement JP-KR",
      "originator source withheld",
    ]);
  });

  test("of a blocklist – what is in it and not what was read for it", async () => {
    expect((await exported("k3", "hosts")).stamp[0]).toBe("TLP:GREEN");
    expect((await exported("k3", "misp", { type: "indicator" })).stamp[0]).toBe("tlp:green");
  });

  test("of one's own content – every country that it is released to", async () => {
    expect((await exported("u3", "csv", { type: "indicator", source: "US-CISA" })).stamp.slice(0, 2)).toEqual([
      "TLP:GREEN",
      "REL TO JPN, KOR, USA",
    ]);
  });
});

describe("what may not be taken away", () => {
  test("one object that is seen – NOEXPORT, RED – 403 with the reason; hidden, unknown – one 404", async () => {
    const one = async (as: string, id: string): Promise<unknown[]> => {
      const { status, json } = await get(as, query("csv", { id }));
      return [status, (json as { error?: { code: string } } | undefined)?.error?.code];
    };
    expect(await one("u1", noExport.id)).toEqual([403, "export.noexport"]);
    expect(await one("u1", red.id)).toEqual([403, "export.red"]);
    const hidden = await get("k3", query("csv", { id: noExport.id }));
    const unknown = await get("k3", query("csv", { id: `tool--${sampleUuid("never")}` }));
    expect([hidden.status, unknown.status, hidden.body.equals(unknown.body)]).toEqual([404, 404, true]);
  });

  test("one object – that may be taken – alone in its file", async () => {
    const { content, reply } = await exported("k3", "csv", { id: tool(`; ${"very long ".repeat(500)}`).id });
    expect(content.split("\r\n").length).toBe(3);
    expect((await receiptOf("k3", reply)).written).toBe(1);
  });

  test.each(["csv", "stix", "list"] as const)(
    "in bulk, as %s – left out, and listed for the asker alone",
    async (format) => {
      const { reply } = await exported("u1", format, { source: "US-FBI" });
      const text = reply.body.toString();
      const { withheld } = await receiptOf("u1", reply);
      expect(withheld.counts).toEqual({ noexport: 1, red: 1 });
      expect(new Set(withheld.objects.map(({ id, reason }) => `${reason} ${id}`))).toEqual(
        new Set([`noexport ${noExport.id}`, `red ${red.id}`]),
      );
      expect([text.includes(noExport.id), text.includes(red.id), /noexport|red=/.test(text)]).toEqual([
        false,
        false,
        false,
      ]);
      for (const as of ["k3", "u2"]) expect((await get(as, reply.headers["tricord-receipt"] ?? "")).status).toBe(404);
    },
  );

  test.each([{ type: "tool" }, { text: "taken away" }, { view: "originals" }, { type: "tool", tlp: "GREEN" }])(
    "in bulk, with %j – once each, and what others hold back is in nobody's receipt",
    async (more) => {
      const { reply } = await exported("u1", "csv", { ...more, source: "US-FBI" } as never);
      expect((await receiptOf("u1", reply)).withheld.counts.noexport).toBe(1);
      const other = await exported("k3", "csv", more as never);
      expect((await receiptOf("k3", other.reply)).withheld).toEqual({ counts: {}, objects: [] });
    },
  );
});

describe("blocklists", () => {
  test("plain – live values once each, nobody's own or internal hosts, each reason counted", async () => {
    const { content, reply } = await exported("k3", "plain");
    expect(content.split("\n").slice(0, -1)).toEqual([
      "two.evil.example",
      "xn--3e0b707e.evil.example",
      "0123456789abcdef0123456789abcdef",
      "192.0.2.150",
      "https://evil.example/=cmd",
    ]);
    expect((await receiptOf("k3", reply)).leftOut).toEqual({
      ...{ expired: 1, revoked: 1, pattern: 1, internal: 2, "own-group": 2, "no-value": 3 },
    });
  });

  test("plain – of one kind – that kind", async () => {
    expect((await exported("k3", "plain", { kind: "ipv4" })).content).toBe("192.0.2.150\n");
    expect((await exported("k3", "plain", { kind: "domains", type: "indicator" })).content).toBe("two.evil.example\n");
  });

  test("hosts and zone – names and addresses in their forms", async () => {
    expect((await exported("k3", "hosts")).content).toBe(
      "0.0.0.0 two.evil.example\n0.0.0.0 xn--3e0b707e.evil.example\n",
    );
    const { content, reply } = await exported("k3", "rpz");
    expect(reply.headers["content-type"]).toBe("text/dns; charset=utf-8");
    expect(content.split("\n").slice(3, -1)).toEqual([
      ...["two.evil.example CNAME .", "*.two.evil.example CNAME ."],
      ...["xn--3e0b707e.evil.example CNAME .", "*.xn--3e0b707e.evil.example CNAME .", "32.150.2.0.192.rpz-ip CNAME ."],
    ]);
  });

  test("a table – of hostile names – formulas are text, each object one row", async () => {
    const { content } = await exported("k3", "csv", { type: "tool", tlp: "GREEN" });
    const names = content
      .split("\r\n")
      .slice(1, -1)
      .map((line) => cellsOf(line, ",")[3]);
    expect(names).toEqual(
      expect.arrayContaining([expect.stringMatching(/^'=HYPERLINK/), expect.stringMatching(/^; very long/)]),
    );
  });

  test.each([
    ["kind=ipv4", "query.kind"],
    ["format=stix&kind=ipv4", "query.kind"],
    [`id=${noExport.id}&type=tool`, "query.id"],
    ["format=pdf", "query"],
    ["format=plain&kind=mail", "query"],
    ["id=nothing", "query"],
  ])("asked with %s – refused", async (text, code) => {
    const { status, json } = await get("k3", `/api/v1/export?${text}`);
    expect([status, (json as { error: { code: string } }).error.code.startsWith(code)]).toEqual([400, true]);
  });
});

describe("while a file is made and sent", () => {
  const viewer = async (id: string): Promise<Viewer> => {
    const found = (await world.core.snapshots.read(world.storage, world.steer.now)).viewer(id);
    if (found === undefined) throw new Error(`no ${id}`);
    return found;
  };
  /** The pieces of an export, with something done once the head has come. */
  const during = async (as: string, work: () => Promise<void>): Promise<string> => {
    const { content } = composeContent(world.core, world.steer.moments);
    world.at(START + ++asked * 1000, `request ${asked}`);
    const { stream } = content.export(await viewer(as), world.steer.moments(), { format: "csv" });
    const pieces: Buffer[] = [];
    for await (const piece of stream) {
      pieces.push(Buffer.from(piece));
      if (pieces.length === 1) await work();
    }
    return Buffer.concat(pieces).toString();
  };
  const suspend = (id: string, status: "suspended" | "in-force") => world.changeAgreement(id, { status });

  test("an agreement that some of it rests on – is suspended – it stops", async () => {
    try {
      await expect(during("k3", () => suspend("TRI", "suspended"))).rejects.toMatchObject({
        kind: "unavailable",
        code: "export.changed",
      });
    } finally {
      await suspend("TRI", "in-force");
    }
  });

  test("one's own content – its banner names a country that falls away – it stops", async () => {
    try {
      await expect(during("u3", () => suspend("TRI", "suspended"))).rejects.toMatchObject({ code: "export.changed" });
    } finally {
      await suspend("TRI", "in-force");
    }
  });

  test("the account – ends – it stops", async () => {
    try {
      await expect(
        during("k3", () => world.changeAccount("k3", { until: new Date(START).toISOString() })),
      ).rejects.toMatchObject({ code: "export.changed" });
    } finally {
      await world.changeAccount("k3", { until: new Date(START + 1e11).toISOString() });
    }
  });

  test("the client – goes before the first byte – nothing more is made", async () => {
    const { content } = composeContent(world.core, world.steer.moments);
    const { stream } = content.export(await viewer("k3"), world.steer.moments(), {}, AbortSignal.abort());
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "export.gone" });
  });

  test("what touches nothing inside – another agreement, new content – it goes on to its end", async () => {
    try {
      const text = await during("k3", async () => {
        await suspend("US-JP", "suspended");
        await post("feed-US-CISA", { ...GREEN, topics: ["meanwhile"] }, tool("meanwhile"));
      });
      expect(text).toMatch(/# end of export /);
      expect(text).not.toContain("meanwhile");
    } finally {
      await suspend("US-JP", "in-force");
    }
  });

  describe("over HTTP, of many megabytes", () => {
    let server: Server;
    beforeAll(async () => {
      for (let from = 0; from < 4500; from += 900) {
        const many = Array.from({ length: 900 }, (_, n) =>
          tool(`large ${from + n}`, { description: "y".repeat(4000) }),
        );
        await post("feed-JP-NCO", GREEN, ...many);
      }
      const runner = { post: () => Promise.reject(new Error("no posts here")), wake: () => undefined };
      server = createServer(composeApp(world.core, { runner, moments: world.steer.moments, log: makeLog("silent") }));
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    });
    afterAll(() => new Promise((done) => server.close(done)));

    /** Scratch files that are open still (their names are gone), where the system tells. */
    const held = (): number =>
      existsSync("/proc/self/fd")
        ? readdirSync("/proc/self/fd").filter((name) => {
            try {
              return readlinkSync(`/proc/self/fd/${name}`).includes(".scratch");
            } catch {
              return false;
            }
          }).length
        : 0;

    /** A download by `k3` as STIX with something done after the first bytes. */
    const download = (work: (res: IncomingMessage) => Promise<void>): Promise<{ text: string; whole: boolean }> =>
      new Promise((done, failed) => {
        world.at(START + ++asked * 1000, `request ${asked}`);
        const { port } = server.address() as AddressInfo;
        const headers = world.credentials("k3", "key");
        const sent = request({ port, path: query("stix", { source: "JP-NCO" }), agent: false, headers }, (res) => {
          const pieces: Buffer[] = [];
          const end = (whole: boolean): void => done({ text: Buffer.concat(pieces).toString(), whole });
          res.on("error", () => end(false));
          res.on("close", () => end(res.complete));
          res.once("data", (first: Buffer) => {
            pieces.push(first);
            res.pause();
            res.on("data", (piece: Buffer) => pieces.push(piece));
            res.pause();
            work(res).then(() => res.resume(), failed);
          });
        });
        sent.on("error", failed);
        sent.end();
      });
    /** Waits until the server let go. */
    const letGo = async (): Promise<number> => {
      while (held() > 0) await new Promise((next) => setTimeout(next, 10));
      return held();
    };

    test("a client that waits – and reads on – gets all of it, in bounded memory on a file without a name", async () => {
      const { text, whole } = await download(async () => {
        expect([held() > 0, existsSync("/proc/self/fd")]).toEqual([
          existsSync("/proc/self/fd"),
          existsSync("/proc/self/fd"),
        ]);
      });
      expect(whole).toBe(true);
      expect(text.length).toBeGreaterThan(18_000_000);
      const { objects } = JSON.parse(text) as { objects: { type: string }[] };
      expect(objects.filter(({ type }) => type === "tool").length).toBe(4500);
      expect(await letGo()).toBe(0);
    });

    test("a client that goes – in the midst – has no end, and the server lets go of the file", async () => {
      const { text, whole } = await download(async (res) => void res.destroy());
      expect([whole, text.endsWith("]}\n")]).toEqual([false, false]);
      expect(await letGo()).toBe(0);
    });

    test("a suspension – while it is sent – cuts the connection, so that no reader takes a part for the whole", async () => {
      try {
        const { text, whole } = await download(() => suspend("TRI", "suspended"));
        expect([whole, text.endsWith("]}\n"), text.length > 0]).toEqual([false, false, true]);
        expect(await letGo()).toBe(0);
      } finally {
        await suspend("TRI", "in-force");
      }
    });
  });
});
