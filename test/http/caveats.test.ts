import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Label, type LabelRequest } from "../../schemas/policy/label.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { decide } from "../../server/policy/decide.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { Labels, Rows } from "../../server/storage/collections.ts";
import { sampleUuid, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

/** What one reader gets of a case: all, nothing, or all but these fields. */
type Expected = "full" | "hidden" | readonly string[];
interface Case {
  readonly id: string;
  readonly what: string;
  readonly author: string;
  readonly label: LabelRequest;
  readonly rows: readonly string[];
  readonly expect: Readonly<Record<string, Expected>>;
  readonly taxii?: Readonly<Record<string, Expected>>;
  readonly export?: Readonly<Record<string, Expected>>;
}
const { cases, rows } = JSON.parse(readFileSync(join(import.meta.dirname, "../cases/caveats.json"), "utf8")) as {
  readonly cases: readonly Case[];
  readonly rows: Readonly<Record<string, object>>;
};
const AGENCY: Readonly<Record<string, string>> = { u1: "US-FBI", u2: "US-TREAS", j1: "JP-NPA" };
const MACHINES = new Set(["f3", "cj"]);
const CHANNELS = ["api", "taxii", "export"] as const satisfies readonly Channel[];
const READERS = [...new Set(cases.flatMap((one) => Object.keys(one.expect)))];

const unitOf = (agency: string): StixJson => ({
  ...{ type: "identity", spec_version: "2.1", id: `identity--${sampleUuid(`unit of ${agency}`)}` },
  ...{ created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z" },
  ...{ name: `Unit of ${agency}`, identity_class: "organization" },
});
const FIELDS = ["aliases", "created_by_ref", "description", "external_references"] as const;
const objectOf = ({ id, author }: Case): StixJson & { readonly id: string } =>
  tool(`tool${id}`, {
    description: `description${id}`,
    aliases: [`note${id}`],
    created_by_ref: String(unitOf(AGENCY[author] ?? "").id),
    external_references: [{ source_name: `reference${id}` }],
  });
const expectedOf = (one: Case, reader: string, channel: (typeof CHANNELS)[number]): Expected =>
  (channel === "api" ? undefined : one[channel]?.[reader]) ?? one.expect[reader] ?? "hidden";

let world: TemporaryWorld;
let asked = 0;
const send = (as: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> => {
  world.at(START + ++asked * 1000, `request ${asked}`);
  return world.ask(as, { method: "GET", path, headers }, MACHINES.has(as) ? "key" : "token");
};
/** What a reader was given as a whole, by channel and id. */
const given = new Map<string, Map<string, StixJson>>();

beforeAll(async () => {
  world = await TemporaryWorld.open();
  for (const agency of Object.values(AGENCY))
    await world.post(`feed-${agency}`, unitOf(agency), {
      label: { tlp: "GREEN", releases: [rows.all as NonNullable<LabelRequest["releases"]>[number]] },
    });
  for (const one of cases) {
    const object = objectOf(one);
    world.at(START + ++asked * 1000, `request ${asked}`);
    const reply = await world.post(one.author, object, { label: one.label });
    expect(reply.json).toMatchObject({ counts: { created: 1 } });
    for (const row of one.rows) {
      world.at(START + ++asked * 1000, `request ${asked}`);
      const release = await world.propose(one.author, object.id, rows[row] ?? {});
      await world.decide(`rel-${AGENCY[one.author]}`, release);
    }
  }
  const accept = { Accept: "application/taxii+json;version=2.1" };
  for (const reader of READERS) {
    const taxii = await send(reader, "/taxii2/dprk/collections/originals/objects/?limit=1000", accept);
    const file = await send(reader, "/api/v1/export?format=stix");
    for (const [channel, { status, json }] of [
      ["taxii", taxii],
      ["export", file],
    ] as const) {
      expect(status).toBe(200);
      const { objects = [], more } = json as { objects?: StixJson[]; more?: boolean };
      expect(more).not.toBe(true);
      given.set(`${channel} ${reader}`, new Map(objects.map((object) => [String(object.id), object])));
    }
  }
});
afterAll(() => world.close());

/** As the table says it. */
const told = (object: StixJson | undefined): Expected => {
  if (object === undefined) return "hidden";
  const cut = FIELDS.filter((field) => object[field] === undefined);
  return cut.length === 0 ? "full" : [...cut].sort();
};
const finds = async (reader: string, text: string): Promise<boolean> => {
  const { json } = await send(reader, `/api/v1/objects?text=${text}`);
  return (json as { objects: unknown[] }).objects.length > 0;
};

describe.each(cases)("$id – $what", (one) => {
  const { id } = objectOf(one);
  test("over REST, by search, over TAXII and in a file – each reader gets what the table says", async () => {
    for (const reader of Object.keys(one.expect)) {
      const wanted = expectedOf(one, reader, "api");
      const { status, json } = await send(reader, `/api/v1/objects/${id}`);
      const shown = status === 200 ? (json as { object: StixJson }).object : undefined;
      expect([reader, status === 404 || status === 200, told(shown)]).toEqual([reader, true, wanted]);
      for (const word of ["tool", "description", "note"] as const) {
        const field = { tool: "name", description: "description", note: "aliases" }[word];
        const found = wanted !== "hidden" && (wanted === "full" || !wanted.includes(field));
        expect([reader, word, await finds(reader, `${word}${one.id}`)]).toEqual([reader, word, found]);
      }
      for (const channel of ["taxii", "export"] as const) {
        const object = given.get(`${channel} ${reader}`)?.get(id);
        expect([reader, channel, told(object)]).toEqual([reader, channel, expectedOf(one, reader, channel)]);
      }
      // What one sees and may not take away is said so; what one does not see is not there (policy Q25).
      const file = expectedOf(one, reader, "export");
      const alone = await send(reader, `/api/v1/export?format=stix&id=${id}`);
      expect([reader, alone.status]).toEqual([reader, wanted === "hidden" ? 404 : file === "hidden" ? 403 : 200]);
    }
  });

  test("judged by decide – the label as it is kept – says the same", async () => {
    const { storage } = world;
    const [row] = (await storage.collection(Rows).find({ index: "stix", values: [id] })).filter(
      (found) => found.id === found.contribution,
    );
    const kept = await storage.collection(Labels).get(row?.label ?? "");
    const label = Label.parse(kept?.label);
    const snapshot = await world.core.snapshots.read(storage, world.steer.now);
    for (const reader of Object.keys(one.expect))
      for (const channel of CHANNELS) {
        const viewer = snapshot.viewer(reader);
        if (viewer === undefined) throw new Error(`there is no ${reader}`);
        const decision = decide({
          ...{ viewer, label, agreements: snapshot.agreements, at: formatInstant(snapshot.at), channel },
        });
        const said = decision.verdict === "redacted" ? [...(decision.without ?? [])].sort() : decision.verdict;
        expect([reader, channel, said]).toEqual([reader, channel, expectedOf(one, reader, channel)]);
      }
  });
});

test("the case file – read from disk – has every caveat, on the whole and on a field, and readers who gain and who lose by each", () => {
  const whole = new Set(cases.flatMap(({ label }) => label.caveats ?? []));
  const fields = new Set(
    cases.flatMap(({ label }) => (label.fieldRules ?? []).flatMap(({ caveats }) => caveats ?? [])),
  );
  const all = ["FIU", "LES", "NATL", "NOATTRIB", "NOEXPORT"];
  expect([[...whole].sort(), [...fields].sort()]).toEqual([all, all]);
  for (const one of cases) {
    const verdicts = new Set(
      CHANNELS.flatMap((channel) =>
        Object.keys(one.expect).map((reader) => JSON.stringify(expectedOf(one, reader, channel))),
      ),
    );
    expect([one.id, verdicts.size > 1]).toEqual([one.id, true]);
  }
});

test("the source under NOATTRIB – asked for abroad – is found by no filter and named in no file", async () => {
  const id = objectOf(cases.find((one) => one.id === "V07") as Case).id;
  for (const [reader, found] of [
    ["u2", true],
    ["k3", false],
  ] as const) {
    const { json } = await send(reader, "/api/v1/objects?source=US-FBI&type=tool&text=toolV07");
    expect([reader, (json as { objects: unknown[] }).objects.length > 0]).toEqual([reader, found]);
    const { body } = await send(reader, `/api/v1/export?format=csv&id=${id}`);
    expect([reader, /US-FBI/.test(body.toString())]).toEqual([reader, found]);
    const sources = await send(reader, `/api/v1/objects/${id}/sources`);
    expect([reader, /US-FBI/.test(sources.body.toString())]).toEqual([reader, found]);
  }
});
