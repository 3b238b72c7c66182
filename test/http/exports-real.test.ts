import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { cellsOf } from "../../server/formats/csv-rows.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { drawn } from "../support/drawn.ts";
import { START } from "../support/steering.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";

jest.setTimeout(600_000);

/** Real public data in, every format out, where the data is there. */
const root = path.resolve(process.cwd(), process.env.TRICORD_REAL_DATA ?? "../shared/data");
const there = existsSync(root);
if (!there) console.warn(`real data is not at ${root}: the tests of exports on it did not run`);
const SETS: readonly (readonly [folder: string, ending: string])[] = [
  ["volexity", ".csv"],
  ["withsecure", ".csv"],
  ["datadog", ".csv"],
  ["tweetfeed", ".csv"],
  ["wallets-public", ".csv"],
  ["ofac/addresses", ".txt"],
  ["unit42-stix-reports", ".json"],
  ["attack-dprk", ".json"],
];

/** Bytes of a file. */
const LARGEST = drawn(Number.POSITIVE_INFINITY, 5000, 60_000);
const LABEL = {
  tlp: "GREEN" as const,
  releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const }],
};

interface Receipt {
  readonly written: number;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly sha256: string;
}

(there ? describe : describe.skip)("real data", () => {
  let world: TemporaryWorld;
  let asked = 0;
  /** Consolidated objects that k3 sees. */
  let objects = 0;
  const get = async (pathname: string) => {
    world.at(START + ++asked * 1000, `request ${asked}`);
    const reply = await world.ask("k3", { method: "GET", path: pathname });
    expect(reply.status).toBe(200);
    return reply;
  };
  const exported = async (format: string): Promise<{ text: string; receipt: Receipt; left: number }> => {
    const { body, headers } = await get(`/api/v1/export?format=${format}`);
    const receipt = (await get(headers["tricord-receipt"] ?? "")).json as Receipt;
    const left = Object.values(receipt.leftOut).reduce((sum, count) => sum + count, 0);
    return { text: body.toString(), receipt, left };
  };
  /** The lines below a stamp and above the end; their digest is what the receipt says. */
  const lines = (text: string, receipt: Receipt, mark = "#", end = "\n"): string[] => {
    const all = text.split(end);
    const content = all.slice(all.findIndex((line) => line.startsWith(`${mark} sha-256 `)) + 1, -2);
    const digest = createHash("sha256")
      .update(content.map((line) => line + end).join(""))
      .digest("hex");
    expect(digest).toBe(receipt.sha256);
    return content;
  };

  beforeAll(async () => {
    world = await TemporaryWorld.open();
    for (const [folder, ending] of SETS) {
      const names = readdirSync(path.join(root, folder)).filter(
        (name) => name.endsWith(ending) && statSync(path.join(root, folder, name)).size <= LARGEST,
      );
      for (const name of names.sort()) {
        world.at(START + ++asked * 1000, `request ${asked}`);
        const text = readFileSync(path.join(root, folder, name), "utf8");
        const { status, body } = await world.post("feed-US-CISA", text, { label: LABEL });
        if (status !== 200 && status !== 422) throw new Error(`${name}: ${status} ${body.toString().slice(0, 300)}`);
      }
    }
    let next: string | undefined;
    do {
      const { json } = await get(`/api/v1/objects?limit=1000${next === undefined ? "" : `&next=${next}`}`);
      const page = json as { objects: unknown[]; next?: string };
      objects += page.objects.length;
      next = page.next;
    } while (next !== undefined);
    expect(objects).toBeGreaterThan(drawn(4000, 100, 100));
  });
  afterAll(() => world.close());

  test("bundle and table – of all of it – an object each, none lost", async () => {
    const { text, receipt, left } = await exported("stix");
    const bundle = JSON.parse(text) as { objects: StixJson[] };
    expect([receipt.written, left]).toEqual([objects, 0]);
    expect(new Set(bundle.objects.map(({ id }) => id)).size).toBe(bundle.objects.length);
    const table = await exported("csv");
    const records = lines(table.text, table.receipt, "#", "\r\n");
    expect([table.receipt.written, table.left]).toEqual([objects, 0]);
    expect(records.filter((row) => /^TLP:GREEN,/.test(row)).length).toBe(objects);
    for (const row of records.slice(0, 2000)) expect(cellsOf(row, ",").length).toBe(8);
  });

  test("MISP – of all of it – every object written or counted, every UUID and every value once", async () => {
    const { text, receipt, left } = await exported("misp");
    const { Event: event } = JSON.parse(text) as {
      Event: {
        Attribute: { uuid: string; type: string; value: string; distribution: string }[];
        Object: { uuid: string; Attribute: { uuid: string }[] }[];
        EventReport: { uuid: string }[];
        Tag: { name: string }[];
      };
    };
    expect(receipt.written + left).toBe(objects);
    expect(Object.keys(receipt.leftOut)).toEqual(["no-misp-type"]);
    const uuids = [
      ...event.Attribute.map(({ uuid }) => uuid),
      ...event.Object.flatMap(({ uuid, Attribute }) => [uuid, ...Attribute.map((part) => part.uuid)]),
      ...event.EventReport.map(({ uuid }) => uuid),
    ];
    expect(new Set(uuids).size).toBe(uuids.length);
    const keys = event.Attribute.map(({ type, value }) => `${type} ${value}`);
    expect(keys.length).toBeGreaterThan(drawn(3000, 50, 50));
    expect(new Set(keys).size).toBe(keys.length);
    expect(event.Attribute.filter(({ distribution }) => distribution !== "0")).toEqual([]);
    expect(event.Tag.filter(({ name }) => name.length > 255)).toEqual([]);
  });

  test("blocklists – of all of it – every value once, every line legal, the counts those of the lines", async () => {
    const plain = await exported("plain");
    const values = lines(plain.text, plain.receipt);
    expect(values.length).toBe(plain.receipt.written);
    expect(new Set(values).size).toBe(values.length);
    expect(values.filter((value) => !/^[!-~]+$/.test(value))).toEqual([]);
    expect(values.length).toBeGreaterThan(drawn(3000, 50, 50));
    const hosts = await exported("hosts");
    const names = lines(hosts.text, hosts.receipt);
    expect(names.filter((line) => !/^0\.0\.0\.0 [a-z0-9_.-]+\.[a-z0-9-]+$/.test(line))).toEqual([]);
    expect(names.length).toBe(hosts.receipt.written);
    const zone = await exported("rpz");
    const records = lines(zone.text, zone.receipt, ";").slice(3);
    const addresses = records.filter((record) => record.endsWith(".rpz-ip CNAME .")).length;
    expect(addresses + (records.length - addresses) / 2).toBe(zone.receipt.written);
    expect(new Set(records).size).toBe(records.length);
    const label = /^(?:\*|[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)$/;
    const illegal = records.filter((record) => {
      const [name = "", ...rest] = record.split(" ");
      return rest.join(" ") !== "CNAME ." || name.length > 205 || !name.split(".").every((one) => label.test(one));
    });
    expect(illegal).toEqual([]);
    // What one list holds of names the other does.
    const listed = new Set(values);
    expect(names.filter((line) => !listed.has(line.slice("0.0.0.0 ".length)))).toEqual([]);
  });
});
