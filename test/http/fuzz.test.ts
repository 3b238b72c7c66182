import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { drawn } from "../support/drawn.ts";
import { bundle, indicator, sampleUuid, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";

/** Whatever is sent, the answer is one that we foresaw: never a 5xx, always quick, and the store stays readable for everybody. */
jest.setTimeout(900_000);
/** More in a long run: TRICORD_FUZZ_RUNS=5000. */
const RUNS = Number(process.env.TRICORD_FUZZ_RUNS ?? drawn(120, 15, 40));

let world: TemporaryWorld;
let asked = 0;
const ask = (as: string, what: Ask): Promise<Reply> => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
  return world.ask(as, what);
};
beforeAll(async () => {
  world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: "300000" } });
  const sent = await ask("feed-US-CISA", {
    ...{ method: "POST", path: "/api/v1/ingest", body: JSON.stringify(VALID) },
    headers: { "Tricord-Label": JSON.stringify({ tlp: "GREEN", releases: [TRI] }) },
  });
  if (sent.status !== 200)
    throw new Error(`the samples do not go in: ${sent.status} ${sent.body.toString().slice(0, 500)}`);
  expect((sent.json as { counts: unknown }).counts).toMatchObject({ created: VALID_OBJECTS.length, rejected: 0 });
});
afterAll(() => world.close());

/** How often each status was seen: a fuzz that is refused at the door shows nothing. */
const statuses = new Map<number, number>();
const foreseen = ({ status, body }: Reply): void => {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const text = body.toString();
  if (status >= 500) throw new Error(`answered ${status}: ${text.slice(0, 300)}`);
  if (status >= 400 && status !== 422)
    expect(JSON.parse(text)).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
};
const check = (property: fc.IAsyncProperty<never> | fc.IAsyncPropertyWithHooks<never>, numRuns = RUNS): Promise<void> =>
  fc.assert(property, { numRuns, interruptAfterTimeLimit: RUNS > 1000 ? 600_000 : 20_000 }) as Promise<void>;

const base = tool("fuzz base");
const common = { spec_version: "2.1", created: base.created, modified: base.modified };
const VALID_OBJECTS: readonly StixJson[] = [
  tool("fuzz tool", {
    aliases: ["a"],
    external_references: [
      { source_name: "s", url: "https://x.example/", hashes: { MD5: "d41d8cd98f00b204e9800998ecf8427e" } },
    ],
  }),
  indicator(
    "fuzz indicator",
    "[ipv4-addr:value = '10.8.0.1'] OR [file:hashes.'SHA-256' = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']",
    {
      granular_markings: [
        { marking_ref: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", selectors: ["name"] },
      ],
    },
  ),
  {
    ...common,
    type: "relationship",
    id: `relationship--${sampleUuid("fuzz edge")}`,
    relationship_type: "indicates",
    source_ref: indicator("fuzz indicator", "").id,
    target_ref: tool("fuzz tool").id,
  },
  {
    ...common,
    type: "report",
    id: `report--${sampleUuid("fuzz report")}`,
    name: "R",
    published: base.created,
    object_refs: [tool("fuzz tool").id],
  },
  {
    ...common,
    type: "sighting",
    id: `sighting--${sampleUuid("fuzz sighting")}`,
    sighting_of_ref: indicator("fuzz indicator", "").id,
    count: 3,
  },
  {
    type: "domain-name",
    spec_version: "2.1",
    id: `domain-name--${sampleUuid("fuzz domain")}`,
    value: "fuzz.evil.example",
  },
  {
    type: "file",
    spec_version: "2.1",
    id: `file--${sampleUuid("fuzz file")}`,
    name: "a.exe",
    hashes: { MD5: "d41d8cd98f00b204e9800998ecf8427e" },
    extensions: { "pdf-ext": { version: "1.7" } },
  },
  {
    type: "email-message",
    spec_version: "2.1",
    id: `email-message--${sampleUuid("fuzz mail")}`,
    is_multipart: false,
    subject: "s",
    body: "b",
  },
];
const VALID = bundle(...VALID_OBJECTS);
/** Every type with every property. */
const FULL = (JSON.parse(readFileSync("test/cases/stix-objects.json", "utf8")) as { full: StixJson }[]).map(
  ({ full }) => full,
);

/** Text of every sort that has broken somebody's parser. */
const nasty = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(
    ...[
      "__proto__",
      "constructor",
      "toString",
      "",
      " ",
      "\u0000",
      "\ud800",
      "\udc00x",
      "\ufeff",
      "\u202e",
      "'",
      "';--",
      "%00",
      "../..",
      "{{7*7}}",
      "=1+1",
      "*",
      "[",
      "]]>",
      "a\r\nb",
    ],
    ...[
      "192.0.2.1/33",
      "http://[::",
      "xn--",
      "xn--a",
      "1.2.3.4.5.6",
      "0x",
      "[ipv4-addr:value = '",
      "a@b@c",
      "-1",
      "NaN",
      "1e999",
      "2026-02-30T00:00:00Z",
      "9999-12-31T23:59:59.999999999Z",
    ],
    "x".repeat(9000),
    "[.]".repeat(500),
    "é".repeat(300),
  ),
);
const odd: fc.Arbitrary<unknown> = fc.oneof(
  nasty,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 2 ** 53, [], {}, [[]], [null], ["x", 7]),
);
/** A value with one thing in it put otherwise: replaced, removed, added, said twice. */
function mutated(value: unknown, steps: readonly number[], change: string, by: unknown, key: string): unknown {
  const [step, ...rest] = steps;
  if (typeof value !== "object" || value === null || step === undefined) return by;
  if (Array.isArray(value)) {
    const at = step % (value.length + 1);
    if (rest.length === 0 && change === "add") return [...value, by];
    if (rest.length === 0 && change === "remove") return value.filter((_, i) => i !== at);
    return value.map((item, i) => (i === at ? mutated(item, rest, change, by, key) : item));
  }
  const entries = Object.entries(value);
  const at = entries.length === 0 ? 0 : step % entries.length;
  if (rest.length === 0 && change === "add") return Object.fromEntries([...entries, [key, by]]);
  if (rest.length === 0 && change === "remove") return Object.fromEntries(entries.filter((_, i) => i !== at));
  if (rest.length === 0 && change === "rename")
    return Object.fromEntries(entries.map(([name, held], i) => [i === at ? key : name, held]));
  return Object.fromEntries(
    entries.map(([name, held], i) => [name, i === at ? mutated(held, rest, change, by, key) : held]),
  );
}
const mutation = fc.record({
  steps: fc.array(fc.nat(12), { minLength: 1, maxLength: 5 }),
  change: fc.constantFrom("replace", "remove", "add", "rename"),
  by: odd,
  key: nasty,
});
const poster = fc.constantFrom("feed-US-CISA", "u3", "j1", "f3");
const FORMATS = ["", "?format=stix", "?format=csv", "?format=text", "?dry_run=true", "?preset=partners-green"];

/** Header text as HTTP allows it. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 200,
});

test("bytes – any, plain or packed, in any format – never a 5xx", async () => {
  const property = fc.asyncProperty(
    fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      nasty.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => gzipSync(bytes)),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), bytes])),
    ),
    fc.constantFrom(...FORMATS),
    fc.constantFrom<Record<string, string>>(
      {},
      { "Content-Type": "application/json" },
      { "Content-Type": "text/csv" },
      { "Content-Encoding": "gzip" },
    ),
    async (body, query, headers) =>
      foreseen(
        await ask("feed-US-CISA", { method: "POST", path: `/api/v1/ingest${query}`, body: Buffer.from(body), headers }),
      ),
  );
  await check(property as never);
});

test("JSON – any – never a 5xx", async () => {
  const property = fc.asyncProperty(
    fc.jsonValue({ maxDepth: 4 }),
    fc.constantFrom("bundle", "objects", "alone"),
    async (value, place) => {
      const body =
        place === "alone"
          ? value
          : place === "objects"
            ? { objects: value }
            : { type: "bundle", id: "bundle--1", objects: [value, value] };
      foreseen(
        await ask("feed-US-CISA", { method: "POST", path: "/api/v1/ingest?format=stix", body: JSON.stringify(body) }),
      );
    },
  );
  await check(property as never);
});

test("valid bundles – with some things put otherwise – never a 5xx, one result for each object", async () => {
  const property = fc.asyncProperty(
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
    poster,
    fc.boolean(),
    async (changes, as, labelled) => {
      const objects = VALID_OBJECTS.map((object, i) =>
        changes.reduce<unknown>(
          (held, { steps: [first = 0, ...rest], change, by, key }) =>
            first % VALID_OBJECTS.length === i
              ? mutated(held, rest.length === 0 ? [first] : rest, change, by, key)
              : held,
          object,
        ),
      );
      const headers: Record<string, string> = labelled
        ? {
            "Tricord-Label":
              '{"tlp":"GREEN","releases":[{"agreement":"TRI","countries":["JPN","KOR","USA"],"agencies":"*"}]}',
          }
        : {};
      const reply = await ask(as, {
        method: "POST",
        path: "/api/v1/ingest?format=stix",
        body: JSON.stringify({ type: "bundle", id: VALID.id, objects }),
        headers,
      });
      foreseen(reply);
      const { results, counts } = reply.json as { results?: unknown[]; counts?: Record<string, number> };
      if (results !== undefined) expect([results.length, counts?.received]).toEqual([objects.length, objects.length]);
    },
  );
  await check(property as never, RUNS * 3);
});

test("an object of each type with all its properties – some of them put otherwise – never a 5xx", async () => {
  const property = fc.asyncProperty(
    fc.constantFrom(...FULL),
    fc.array(mutation, { minLength: 0, maxLength: 2 }),
    poster,
    async (object, changes, as) => {
      const changed = changes.reduce<unknown>(
        (held, { steps, change, by, key }) => mutated(held, steps, change, by, key),
        object,
      );
      foreseen(
        await ask(as, { method: "POST", path: "/api/v1/ingest?format=stix", body: JSON.stringify(changed) ?? "" }),
      );
    },
  );
  await check(property as never, RUNS * 3);
});

test("the text of a valid bundle – cut, doubled, or with some bytes changed – never a 5xx", async () => {
  const text = Buffer.from(JSON.stringify(VALID));
  const property = fc.asyncProperty(
    fc.array(fc.tuple(fc.nat(text.length - 1), fc.nat(255)), { maxLength: 6 }),
    fc.nat(text.length),
    async (changes, end) => {
      const bytes = Buffer.from(text.subarray(0, end % 3 === 0 ? end : text.length));
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      foreseen(await ask("feed-JP-NCO", { method: "POST", path: "/api/v1/ingest", body: bytes }));
    },
  );
  await check(property as never);
});

test("tables and texts – of any words – never a 5xx", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.array(nasty, { maxLength: 4 }), { maxLength: 6 }),
    fc.constantFrom(",", ";", "\t", " "),
    fc.constantFrom("ip,note\n", "value,type\n", "", "indicator;type\n", '"'),
    fc.constantFrom(...FORMATS),
    async (rows, delimiter, header, query) => {
      const body = header + rows.map((cells) => cells.join(delimiter)).join("\n");
      foreseen(await ask("feed-KR-KISA", { method: "POST", path: `/api/v1/ingest${query}`, body: Buffer.from(body) }));
    },
  );
  await check(property as never);
});

test("labels – any header, and requests with some things put otherwise – never a 5xx", async () => {
  const request = {
    ...{
      tlp: "AMBER",
      classification: "R",
      caveats: ["NOATTRIB"],
      topics: ["crypto"],
      recipients: ["j1"],
      clientGrants: [],
    },
    ...{
      embargoUntil: "2027-01-01T00:00:00Z",
      embargoReaders: ["j3"],
      releases: [{ ...TRI, until: "2028-01-01T00:00:00Z" }],
    },
    fieldRules: [
      { selectors: ["description", "aliases"], countries: ["USA"], caveats: ["LES"], pii: true, notice: true },
    ],
  };
  const asHeader = (value: unknown): string =>
    JSON.stringify(value)
      .replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .slice(0, 11_000);
  const label = fc.oneof(
    headerText,
    odd.map(asHeader),
    fc
      .array(mutation, { minLength: 1, maxLength: 2 })
      .map((changes) =>
        asHeader(
          changes.reduce<unknown>((held, { steps, change, by, key }) => mutated(held, steps, change, by, key), request),
        ),
      ),
  );
  const property = fc.asyncProperty(label, poster, fc.nat(1000), async (text, as, n) => {
    const body = JSON.stringify(tool(`fuzz label ${n}`, { description: "d", aliases: ["b"] }));
    foreseen(await ask(as, { method: "POST", path: "/api/v1/ingest", body, headers: { "Tricord-Label": text } }));
  });
  await check(property as never, RUNS * 2);
});

test("queries, ids and names in paths – any – never a 5xx", async () => {
  const part = fc.oneof(
    nasty.map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, "?"))),
    fc.stringMatching(/^[!-~]{0,30}$/).map((text) => text.replace(/[#?/\\]/g, "-")),
  );
  const name = fc.oneof(
    fc.constantFrom(
      "limit",
      "next",
      "type",
      "value",
      "text",
      "tlp",
      "source",
      "view",
      "received_after",
      "received_before",
      "format",
      "status",
    ),
    part,
  );
  const query = fc
    .array(
      fc.tuple(
        name,
        fc.oneof(
          part,
          fc.constantFrom(
            "5",
            "tool",
            "GREEN",
            "US-CISA",
            "originals",
            "10.8.0.1",
            "fuzz",
            "stix",
            "csv",
            "2026-01-01T00:00:00Z",
          ),
        ),
      ),
      { maxLength: 4 },
    )
    .map((pairs) => pairs.map(([a, b]) => `${a}=${b}`).join("&"));
  const id = fc.oneof(
    part,
    fc.constantFrom(...VALID_OBJECTS.map((object) => String(object.id))),
    fc.uuid().map((uuid) => `tool--${uuid}`),
  );
  const path = fc.oneof(
    fc
      .tuple(fc.constantFrom("/objects", "/export", "/mine", "/releases", "/jobs"), query)
      .map(([at, text]) => `${at}?${text}`),
    fc
      .tuple(id, fc.constantFrom("", "/sources", "/relationships", "/releases"), query)
      .map(([which, tail, text]) => `/objects/${which}${tail}?${text}`),
    fc.tuple(fc.constantFrom("/jobs/", "/releases/"), part).map(([at, text]) => at + text),
  );
  const property = fc.asyncProperty(path, fc.constantFrom("u3", "k3", "cj", "ad"), async (at, as) => {
    if (at.length < 8000) foreseen(await ask(as, { method: "GET", path: `/api/v1${at}` }));
  });
  await check(property as never, RUNS * 2);
});

test("look-ups and proposals – of any words – never a 5xx", async () => {
  const property = fc.asyncProperty(
    fc.array(nasty, { minLength: 1, maxLength: 8 }),
    odd,
    odd,
    async (values, more, hash) => {
      foreseen(await ask("k3", { method: "POST", path: "/api/v1/lookup", body: { values } }));
      foreseen(await ask("k3", { method: "POST", path: "/api/v1/lookup", body: { text: values.join("\n") } }));
      foreseen(await ask("k3", { method: "POST", path: "/api/v1/lookup", body: more as object }));
      const path = `/api/v1/objects/${VALID_OBJECTS[0]?.id}/releases`;
      foreseen(await ask("u3", { method: "POST", path, body: { row: TRI, reason: values[0] ?? "", hash } }));
      foreseen(await ask("u3", { method: "POST", path, body: { row: more, reason: "r", hash: "x" } }));
    },
  );
  await check(property as never);
});

test("afterwards – counted – answers of each kind were seen, so that the fuzz went through the door", () => {
  const seen = (from: number, to: number): number =>
    [...statuses].reduce((sum, [status, count]) => (status >= from && status < to ? sum + count : sum), 0);
  expect([seen(200, 300) > RUNS, seen(400, 500) > RUNS, seen(500, 600)]).toEqual([true, true, 0]);
  expect([400, 403, 404, 422].filter((status) => !statuses.has(status))).toEqual([]);
});

test.each(["u3", "j1", "k3", "rel-KR-KISA"])(
  "afterwards – as %s – every list, export and object of it can be read",
  async (as) => {
    for (const view of ["consolidated", "originals"]) {
      const ids: string[] = [];
      for (let next: string | undefined = ""; next !== undefined; ) {
        const reply = await ask(as, {
          method: "GET",
          path: `/api/v1/objects?limit=200&view=${view}${next === "" ? "" : `&next=${next}`}`,
        });
        expect(reply.status).toBe(200);
        const page = reply.json as { objects: { id: string }[]; next?: string };
        ids.push(...page.objects.map(({ id }) => id));
        next = page.next;
      }
      expect(ids.length).toBeGreaterThan(0);
      if (view === "consolidated") {
        expect(new Set(ids).size).toBe(ids.length);
        const unread: unknown[] = [];
        for (const id of ids) {
          const { status } = await ask(as, { method: "GET", path: `/api/v1/objects/${encodeURIComponent(id)}` });
          if (status !== 200) unread.push([id, status]);
        }
        expect(unread).toEqual([]);
      }
    }
    for (const path of ["/mine?limit=1000", "/export?format=stix", "/export?format=csv", "/export?format=list"])
      expect((await ask(as, { method: "GET", path: `/api/v1${path}` })).status).toBe(200);
  },
);
