import { isDeepStrictEqual } from "node:util";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { demonstrationGroup } from "../support/demonstration.ts";
import { drawn } from "../support/drawn.ts";
import { HostileWorld, TAXII_TYPE } from "../support/hostile-world.ts";
import { exchange, type RawAnswer } from "../support/raw-http.ts";
import { sampleUuid, TRI, tool } from "../support/samples.ts";

/** Objects that break parsers, writers and merges: taken or refused each for itself, and whoever reads afterwards reads everything. */
jest.setTimeout(600_000);

const DAY = "2026-03-01T00:00:00.000Z";
/** An object as text, since most of these are nothing that `JSON.stringify` writes. `{more}` goes in as it is. */
const text = (name: string, more: string, type = "tool"): string =>
  `{"type":"${type}","spec_version":"2.1","id":"${type}--${sampleUuid(name)}","created":"${DAY}","modified":"${DAY}"${more === "" ? "" : `,${more}`}}`;
const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const observable = (name: string, type: string, more: string): string =>
  `{"type":"${type}","spec_version":"2.1","id":"${type}--${sampleUuid(name)}",${more}}`;

const REFERENCES = drawn(10_000, 500);
const COMPARISONS = drawn(3000, 200);
const POISON: ReadonlyArray<readonly [string, string]> = [
  ["__proto__ as a property", text("n1", '"name":"n1","__proto__":{"admin":true}')],
  ["__proto__ deep within", text("n2", '"name":"n2","x_a":{"b":[{"__proto__":{"polluted":true}}]}')],
  ["constructor and prototype", text("n3", '"name":"n3","constructor":{"prototype":{"polluted":true}},"prototype":1')],
  ["a number past all numbers", text("n4", '"name":"n4","x_n":1e400')],
  ["a number below all numbers", text("n5", '"name":"n5","x_n":-1e400,"x_m":1e-400')],
  ["a whole number of 3,000 digits", text("n6", `"name":"n6","x_n":${"7".repeat(3000)}`)],
  ["a whole number of 20 digits", text("n7", '"name":"n7","x_n":12345678901234567890')],
  ["a fraction of 3,000 digits", text("n8", `"name":"n8","x_n":0.${"3".repeat(3000)}`)],
  ["minus nought", text("n9", '"name":"n9","x_n":-0')],
  ["half a surrogate in a name", text("n10", '"name":"\\ud800"')],
  ["the other half of a surrogate, in a key", text("n11", '"name":"n11","x_\\udc00":"\\udfff\\ud83d"')],
  ["an empty key", text("n12", '"name":"n12","":"empty"')],
  ["an empty key within", text("n13", '"name":"n13","x_a":{"":{"":[]}}')],
  ["a text of 5 MB", text("n14", `"name":"n14","description":"${"M".repeat(5_000_000)}"`)],
  ["a text of 200 kB in the middle of emoji", text("n15", `"name":"n15","description":"${"🙂".repeat(50_000)}"`)],
  ["90 lists in each other", text("n16", `"name":"n16","x_n":${nested(90)}`)],
  ["1,000 lists in each other", text("n17", `"name":"n17","x_n":${nested(1000)}`)],
  [
    "10,000 properties",
    text("n18", `"name":"n18",${Array.from({ length: 10_000 }, (_, i) => `"x_p${i}":${i}`).join()}`),
  ],
  ["the same property three times", text("n19", '"name":"a","name":"b","name":"n19"')],
  ["its id twice", text("n20", `"name":"n20","id":"tool--${sampleUuid("shared 0")}"`)],
  ["NUL and control characters", text("n21", '"name":"\\u0000\\u0001\\u001f\\u007f\\u2028\\u2029"')],
  [
    "marks of JSON in its texts",
    text("n22", '"name":"\\"}]},\\"more\\":true,\\"next\\":\\"x\\"","description":"\\\\\\\\\\""'),
  ],
  [
    "properties of a page and of a row",
    text(
      "n23",
      '"name":"n23","more":true,"next":"x","objects":[],"stamp":1,"lane":"x","tier":{},"label":{},"thing":"x"',
    ),
  ],
  [
    "names of methods",
    text("n24", '"name":"n24","toString":1,"valueOf":null,"toJSON":"x","then":"x","hasOwnProperty":0,"length":-1'),
  ],
  [
    "a date that is none",
    text("n25", '"name":"n25"').replace(`"modified":"${DAY}"`, '"modified":"2026-02-30T25:61:61Z"'),
  ],
  ["dates at both ends of time", text("n26", '"name":"n26"').replaceAll(DAY, "9999-12-31T23:59:59.999999999999Z")],
  ["a date of 3,000 digits", text("n27", '"name":"n27"').replaceAll(DAY, `2026-03-01T00:00:00.${"1".repeat(3000)}Z`)],
  ["markings that are no list", text("n28", '"name":"n28","object_marking_refs":{"0":"x"},"granular_markings":"all"')],
  ["a marking of itself", text("n29", `"name":"n29","object_marking_refs":["tool--${sampleUuid("n29")}"]`)],
  [
    `${REFERENCES} references`,
    text(
      "n30",
      `"name":"n30","published":"${DAY}","object_refs":[${Array.from({ length: REFERENCES }, (_, i) => `"tool--${sampleUuid(`ref ${i}`)}"`).join()}]`,
      "report",
    ),
  ],
  [
    "a report of itself",
    text("n31", `"name":"n31","published":"${DAY}","object_refs":["report--${sampleUuid("n31")}"]`, "report"),
  ],
  [
    "an edge from itself to itself",
    text(
      "n32",
      `"relationship_type":"uses","source_ref":"relationship--${sampleUuid("n32")}","target_ref":"relationship--${sampleUuid("n32")}"`,
      "relationship",
    ),
  ],
  [
    "a pattern of 2,000 brackets",
    text(
      "n33",
      `"name":"n33","pattern_type":"stix","valid_from":"${DAY}","pattern":"${"(".repeat(2000)}"`,
      "indicator",
    ),
  ],
  [
    `a pattern of ${COMPARISONS} comparisons`,
    text(
      "n34",
      `"name":"n34","pattern_type":"stix","valid_from":"${DAY}","pattern":"[${Array.from({ length: COMPARISONS }, (_, i) => `ipv4-addr:value = '10.0.${i >> 8}.${i & 255}'`).join(" OR ")}]"`,
      "indicator",
    ),
  ],
  [
    "a pattern that strings can't end",
    text(
      "n35",
      `"name":"n35","pattern_type":"stix","valid_from":"${DAY}","pattern":"[domain-name:value = '${"\\\\\\\\".repeat(5000)}"`,
      "indicator",
    ),
  ],
  ["a domain of 60,000 labels", observable("n36", "domain-name", `"value":"${"a.".repeat(60_000)}example"`)],
  [
    "a domain of other scripts and marks",
    observable("n37", "domain-name", '"value":"\u202e\u0430\u0440\u0440le.ex\\u0000ample"'),
  ],
  [
    "a URL of everything",
    observable("n38", "url", `"value":"http://user:p%00ss@[::ffff:1.2.3.4]:99999/${"%ff".repeat(2000)}?#?#"`),
  ],
  [
    "a file with the hash of a prototype",
    observable("n39", "file", '"hashes":{"__proto__":"x","constructor":"y","MD5":"d41d8cd98f00b204e9800998ecf8427e"}'),
  ],
  ["an address that ends in NUL", observable("n40", "ipv4-addr", '"value":"198.51.100.7\\u0000"')],
  [
    "an extension by a prototype's name",
    text("n41", '"name":"n41","extensions":{"__proto__":{"extension_type":"property-extension"},"toString":{}}'),
  ],
  ["a type by a prototype's name", text("n42", '"name":"n42"', "constructor")],
  ["a type of 300 letters", text("n43", '"name":"n43"', "x".repeat(300))],
  ["a type of somebody's own", text("n44", '"name":"n44","__proto__":null,"value":{"value":{}}', "x-n44")],
  ["null everywhere", text("n45", '"name":null,"description":null,"labels":[null],"external_references":[null]')],
  [
    "a bundle in a list of objects",
    `{"type":"bundle","id":"bundle--${sampleUuid("n46")}","objects":[${text("n46", '"name":"n46"')}]}`,
  ],
  ["nothing but a type", '{"type":"tool"}'],
  ["an id of 10 kB", text("n47", '"name":"n47"').replace(sampleUuid("n47"), "a".repeat(10_000))],
  ["an id by a prototype's name", text("n48", '"name":"n48"').replace(`tool--${sampleUuid("n48")}`, "__proto__")],
];
/** Their standing orders release it to everybody at once. */
const POSTERS = ["feed-US-CISA", "feed-JP-NPA", "feed-KR-KISA"];

/** As JSON can say it: nought has no sign there. */
const sameValue = (object: StixJson): unknown => JSON.parse(JSON.stringify(object));

let hostile: HostileWorld;
const answers = new Map<string, RawAnswer[]>();
const post = (as: string, path: string, type: string, body: string): Promise<RawAnswer> =>
  hostile.attack("poison", as, {
    ...{ method: "POST", path, body },
    headers: [
      ["Content-Type", type],
      ["Tricord-Label", JSON.stringify({ tlp: "GREEN", releases: [TRI] })],
    ],
  });
const overTaxii = (as: string, objects: readonly string[]): Promise<RawAnswer> =>
  post(as, "/taxii2/dprk/collections/originals/objects/", TAXII_TYPE, `{"objects":[${objects.join()}]}`);
const overRest = (as: string, objects: readonly string[]): Promise<RawAnswer> =>
  post(
    as,
    "/api/v1/ingest?format=stix",
    "application/json",
    `{"type":"bundle","id":"bundle--${sampleUuid("p")}","objects":[${objects.join()}]}`,
  );

beforeAll(async () => {
  hostile = await HostileWorld.open(["500000", "33554432"]);
});
afterAll(() => hostile.close());

test("poison – each object with a good one before and behind it, over TAXII, REST or both, by three countries – is answered as documented, and the good ones go in", async () => {
  for (const [n, [name, object]] of POISON.entries()) {
    const as = POSTERS[n % POSTERS.length] ?? "";
    const good = [1, 2].map((i) => JSON.stringify(tool(`beside ${name} ${i}`)));
    const sent = [good[0] ?? "", object, good[1] ?? ""];
    // What came over one door only stands alone and is sent as it is stored; what came over both is two contributions.
    const doors = [[overTaxii], [overRest], [overTaxii, overRest]][Math.floor(n / POSTERS.length) % 3] ?? [];
    const replies: RawAnswer[] = [];
    for (const door of doors) replies.push(await door(as, sent));
    answers.set(name, replies);
    // What can't be read at all is refused whole; what is read goes in but for the one.
    for (const { status, body } of replies) {
      expect([name, status, [200, 202, 400, 413, 422].includes(status)]).toEqual([name, status, true]);
      if (status > 202) continue;
      const { success_count: success, job } = JSON.parse(body.toString()) as { success_count?: number; job?: string };
      if (job === undefined && success !== undefined && body.length < 300_000)
        expect([name, success >= 2 || /"status":"pending"/.test(body.toString())]).toEqual([name, true]);
    }
  }
  await hostile.world.runJobs();
  expect(hostile.faults).toEqual([]);
  const statuses = [...answers.values()].flat().map(({ status }) => status);
  expect([statuses.filter((status) => status <= 202).length > 40, statuses.some((status) => status === 400)]).toEqual([
    true,
    true,
  ]);
});

test("poison that was taken – read back by its agency from originals – is equal in value to what was sent", async () => {
  let equal = 0;
  const lost: unknown[] = [];
  for (const [n, [name, object]] of POISON.entries()) {
    const as = POSTERS[n % POSTERS.length] ?? "";
    const sent = JSON.parse(object) as StixJson;
    const { status, body } = await exchange(hostile.port, {
      ...{
        method: "GET",
        path: `/taxii2/dprk/collections/originals/objects/${encodeURIComponent(String(sent.id))}/?match[version]=all`,
      },
      headers: hostile.headersOf(as),
    });
    if (status !== 200) continue;
    const { objects = [] } = JSON.parse(body.toString()) as { objects?: StixJson[] };
    const own = objects.find(({ name: one }) => one === sent.name);
    if (own === undefined) continue;
    equal++;
    // An infinite number can't be written again, and nobody can say what was meant.
    if (!isDeepStrictEqual(sameValue(own), sameValue(sent))) lost.push([name, JSON.stringify(own).slice(0, 300)]);
  }
  expect(lost).toEqual([]);
  expect(equal).toBeGreaterThan(15);
});

test("afterwards – every account – reads each collection to its end, in large pages or small ones", async () => {
  const good = POISON.map(([name]) => tool(`beside ${name} 1`).id).filter((_, n) => {
    const replies = answers.get(POISON[n]?.[0] ?? "") ?? [];
    return replies.some(({ status }) => status <= 202);
  });
  const wrong: unknown[] = [];
  const people = (await demonstrationGroup()).accounts.flatMap(({ id, agency }) => (agency === undefined ? [] : [id]));
  expect(people.length).toBeGreaterThan(30);
  const get = async (
    as: string,
    path: string,
  ): Promise<{
    status: number;
    json: { objects?: { id?: unknown; type?: unknown }[]; next?: string; more?: boolean };
  }> => {
    const { status, body } = await hostile.attack("a read after poison", as, { method: "GET", path });
    return { status, json: status === 200 ? (JSON.parse(body.toString()) as never) : {} };
  };
  // What one reads is megabytes, and most of a country's people read the same.
  const readers = people.filter((_, n) => n % drawn(1, 1, 3) === 0);
  for (const [n, as] of readers.entries()) {
    const seen = new Set<unknown>();
    for (const collection of ["originals", "consolidated", "recalls"])
      for (const [resource, limit] of [
        ["objects", n % 8 === 0 ? 30 : 200],
        ["manifest", 1000],
      ] as const) {
        if (resource === "manifest" && n % 8 !== 0) continue;
        let next: string | undefined;
        for (let pages = 0; ; pages++) {
          const path = `/taxii2/dprk/collections/${collection}/${resource}/?limit=${limit}&match[version]=all${next === undefined ? "" : `&next=${next}`}`;
          const { status, json } = await get(as, path);
          if (status !== 200 || pages > 50) {
            wrong.push([as, path, status]);
            break;
          }
          for (const { id } of json.objects ?? []) {
            if (typeof id !== "string") wrong.push([as, path, id]);
            if (collection === "originals") seen.add(id);
          }
          if (json.more !== true) break;
          next = json.next;
        }
      }
    const missing = good.filter((id) => !seen.has(id));
    if (missing.length > 0) wrong.push([as, "misses", missing]);
  }
  expect(wrong).toEqual([]);
  expect(hostile.faults).toEqual([]);
});
