import fc from "fast-check";
import type { AudienceReply, ObjectAudience, ObjectAudienceChange } from "../../schemas/api/audience.ts";
import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { failed } from "../support/compound.ts";
import { drawn } from "../support/drawn.ts";
import { inTurns } from "../support/in-turns.ts";
import { row, sampleUuid, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const HOUR = 3_600_000;
let world: TemporaryWorld;
const turns = inTurns(() => world);
const { ask } = turns;
const put = (as: string, path: string, body: unknown): Promise<Reply> => ask(as, { method: "POST", path, body });
const send = (as: string, object: StixJson, label: LabelRequest): Promise<Reply> => {
  turns.tick("post");
  return world.post(as, object, { label });
};
const release = async (object: string, proposal: ReturnType<typeof row>): Promise<void> => {
  turns.tick("release");
  await world.decide("rel-US-FBI", await world.propose("u1", object, proposal));
};
const audience = async (as: string, id: string): Promise<ObjectAudience["posts"][number]> => {
  const { status, json } = await ask(as, `/api/v1/objects/${id}/audience`);
  const [post] = (json as ObjectAudience).posts;
  if (status !== 200 || post === undefined) throw new Error(`${as} was told nothing of ${id}: ${status}`);
  return post;
};
const changed = async (as: string, id: string, body: object): Promise<ObjectAudienceChange["posts"][number]> => {
  const { status, json } = await put(as, `/api/v1/objects/${id}/audience`, body);
  const [post] = (json as ObjectAudienceChange).posts;
  if (status !== 200 || post === undefined) throw new Error(`${as} was told nothing of ${id}: ${status}`);
  return post;
};
const people = ({ readers }: Pick<AudienceReply, "readers">): string[] =>
  readers.flatMap((group) => group.people.map(({ id }) => id)).sort();
const agencies = (list: readonly { readonly agency: string }[]): string[] =>
  [...new Set(list.map(({ agency }) => agency))].sort();

const JAPAN = row("TRI", ["JPN"]);
const PEOPLE = [
  "u1",
  "u2",
  "u3",
  "u4",
  "j1",
  "j2",
  "j3",
  "j4",
  "k1",
  "k2",
  "k3",
  "rel-JP-NPA",
  "rel-KR-KISA",
  "rel-US-CISA",
];

beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

describe("who can see what stands", () => {
  test("a post with a rule on a field – now, and once its rows are on – people by name, what each lacks, feeds as their agency", async () => {
    const one = tool("whose readers are told", { description: "words" });
    await send("u1", one, {
      tlp: "GREEN",
      releases: [TRI],
      fieldRules: [{ selectors: ["description"], agencies: ["US-FBI", "JP-NPA"] }],
    });
    await release(one.id, JAPAN);
    const { now, released, label, post } = await audience("u1", one.id);
    expect(label.releases.map(({ countries, status }) => [countries, status])).toEqual([
      [["JPN"], "on"],
      [["KOR"], "off"],
      [["USA"], "on"],
    ]);
    expect(people(now)).toEqual(
      [
        "cu",
        "feed-US-FBI",
        "j1",
        "j2",
        "j3",
        "j4",
        "rel-JP-JAFIC",
        "rel-JP-NCO",
        "rel-JP-NPA",
        "rel-US-CISA",
        "rel-US-FBI",
        "rel-US-TREAS",
        "u1",
        "u2",
        "u3",
        "u4",
      ].sort(),
    );
    expect(agencies(now.readers)).toEqual(["JP-JAFIC", "JP-NCO", "JP-NPA", "US-CISA", "US-FBI", "US-TREAS"]);
    expect(now.readers.filter(({ agency }) => agency === "JP-JAFIC")).toMatchObject([
      {
        name: expect.stringContaining("Japan"),
        country: "JPN",
        without: ["description"],
        people: [{ id: "j2" }, { id: "rel-JP-JAFIC" }],
      },
    ]);
    expect(people(released ?? now)).toEqual(expect.arrayContaining(["k1", "k2", "k3", "rel-KR-NIS"]));
    expect(now.public).toBeUndefined();
    const { json } = await ask("u4", `/api/v1/mine/${post}`);
    expect((json as { id: string }).id).toBe(one.id);
  });

  test("random labels – against what each person is sent – the same people, the same fields, the very marking", async () => {
    const labels: fc.Arbitrary<LabelRequest> = fc
      .record({
        tlp: fc.constantFrom<NonNullable<LabelRequest["tlp"]>[]>("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"),
        topics: fc.constantFrom<string[][]>([], ["crypto"], ["itworker"]),
        classification: fc.constantFrom<NonNullable<LabelRequest["classification"]>[]>("U", "U", "R", "C"),
        caveats: fc.constantFrom<("NATL" | "NOATTRIB")[][]>([], [], ["NATL"], ["NOATTRIB"]),
        agencies: fc.constantFrom<("*" | string[])[]>("*", ["JP-NPA", "KR-KISA"], ["KR-NIS"]),
        rule: fc.boolean(),
      })
      .map(({ agencies: listed, rule, ...label }) => ({
        ...{ ...label, recipients: ["j1", "u3"] },
        releases: [
          row("TRI", ["USA"]),
          listed === "*"
            ? TRI
            : row("TRI", [...new Set(listed.map((id) => (id.startsWith("JP") ? "JPN" : "KOR")))], listed),
        ],
        ...(rule ? { fieldRules: [{ selectors: ["description"], agencies: ["JP-NPA", "US-FBI"] }] } : {}),
      }));
    let read = 0;
    let n = 0;
    await fc.assert(
      fc.asyncProperty(labels, async (label) => {
        n += 1;
        const one = tool(`random audience ${n}`, { description: "words", aliases: ["other"] });
        const posted = await send("u1", one, label);
        if (posted.status !== 200) return;
        const { now, label: standing } = await audience("u1", one.id);
        // Released by the way: each row that is off, by the second person.
        for (const { status: _, ...off } of standing.releases.filter(({ status }) => status === "off"))
          await release(one.id, off as ReturnType<typeof row>);
        const then = (await audience("u1", one.id)).now;
        expect(people(now).filter((id) => !people(then).includes(id))).toEqual([]);
        for (const person of PEOPLE) {
          const { status, json } = await ask(person, `/api/v1/objects/${one.id}`);
          const group = then.readers.find((some) => some.people.some(({ id }) => id === person));
          expect([person, status]).toEqual([person, group === undefined ? 404 : 200]);
          if (group === undefined) continue;
          read += 1;
          const { object, markings } = json as { object: StixJson; markings: StixJson[] };
          expect([person, "description" in object]).toEqual([person, !group.without.includes("description")]);
          expect(object.object_marking_refs).toContain(group.marking.id);
          expect(markings).toContainEqual(group.marking);
        }
      }),
      { numRuns: drawn(14, 5), seed: 21 },
    );
    expect(read).toBeGreaterThan(15);
  });

  test("asked by others – unknown, hidden, another agency's, a client, who is not shown all – one 404, or 403 where it is seen", async () => {
    const [hidden, seen, cut] = [
      tool("hidden from Korea"),
      tool("seen in Japan"),
      tool("cut for a colleague", { description: "x" }),
    ];
    await send("u1", hidden, { tlp: "AMBER", releases: [row("TRI", ["USA"])] });
    await send("u1", seen, { tlp: "GREEN", releases: [JAPAN] });
    await release(seen.id, JAPAN);
    await send("u1", cut, { tlp: "GREEN", fieldRules: [{ selectors: ["description"], tlp: "RED" }] });
    const nowhere = `tool--${sampleUuid("nowhere")}`;
    for (const path of [`/api/v1/objects/${hidden.id}/audience`, `/api/v1/objects/${nowhere}/audience`]) {
      const [shown, asked] = [await ask("k3", path), await put("k3", path, { row: JAPAN })];
      expect([shown.status, asked.status]).toEqual([404, 404]);
      expect(shown.body).toEqual(asked.body);
    }
    expect(failed(await ask("j1", `/api/v1/objects/${seen.id}/audience`))).toEqual([403, "originator-control"]);
    expect(failed(await put("j1", `/api/v1/objects/${seen.id}/audience`, { row: JAPAN }))).toEqual([
      403,
      "originator-control",
    ]);
    expect((await ask("cu", `/api/v1/objects/${hidden.id}/audience`)).status).toBe(404);
    expect(failed(await ask("feed-US-FBI", `/api/v1/objects/${cut.id}/audience`))).toEqual([403, "audience.cut"]);
    expect((await ask("u4", `/api/v1/objects/${cut.id}/audience`)).status).toBe(200);
    expect((await put("u1", `/api/v1/objects/${seen.id}/audience`, {})).status).toBe(400);
  });

  test("dates – an embargo, the end of a row – told as of now and at each date ahead", async () => {
    const one = tool("with dates");
    const [begins, ends] = [48, 96].map((hours) => formatInstant(START + hours * HOUR));
    await send("u1", one, {
      ...{ tlp: "GREEN", embargoUntil: begins, embargoReaders: ["u3"] },
      releases: [{ ...row("TRI", ["USA"], ["US-CISA"]), until: ends }],
    } as LabelRequest);
    const { now } = await audience("u1", one.id);
    expect(people(now)).toEqual(["feed-US-FBI", "rel-US-FBI", "u1", "u3", "u4"]);
    expect(now.later.map(({ at }) => at)).toEqual([begins, ends]);
    const [first, last] = now.later.map(({ change }) => change);
    expect([
      agencies(first?.added ?? []),
      first?.added.flatMap((some) => some.people.map(({ id }) => id)),
      first?.lost,
    ]).toEqual([["US-CISA"], ["rel-US-CISA"], []]);
    expect(last?.lost.flatMap((some) => some.people.map(({ id }) => id))).toEqual(["rel-US-CISA", "u3"]);
  });
});

describe("before it is saved", () => {
  test("a draft – a label, a preset, an object with markings of its own – who would read it now, and once it is released", async () => {
    const of = async (
      body: object,
    ): Promise<{ now: AudienceReply; released?: AudienceReply; label: { tlp: string } }> =>
      (await put("u1", "/api/v1/policy/audience", body)).json as never;
    const draft = await of({ label: { tlp: "AMBER+STRICT", releases: [row("TRI", ["JPN"], ["JP-NPA"])] } });
    expect(people(draft.now)).toEqual(["feed-US-FBI", "rel-US-FBI", "u1", "u4"]);
    expect(people(draft.released ?? draft.now)).toEqual([
      "feed-US-FBI",
      "j1",
      "j4",
      "rel-JP-NPA",
      "rel-US-FBI",
      "u1",
      "u4",
    ]);
    const open = await of({
      label: { tlp: "CLEAR", releases: [{ agreement: "PUBLIC", countries: [], agencies: "*" }] },
    });
    expect(open.released?.public).toMatchObject({ without: [] });
    expect(open.now.public).toBeUndefined();
    const strict = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003";
    const met = await of({
      label: { tlp: "GREEN", releases: [TRI] },
      object: tool("draft", { object_marking_refs: [strict] }),
    });
    expect(met.label.tlp).toBe("AMBER+STRICT");
    expect((await of({ preset: "own-country" })).label.tlp).toBe("AMBER");
    expect(failed(await put("u1", "/api/v1/policy/audience", { preset: "none" }))).toEqual([
      422,
      "label.unknown_preset",
    ]);
    expect((await ask("u1", "/api/v1/mine?limit=1000")).body.toString()).not.toContain(tool("draft").id);
  });

  test("another label, a row more – who is added, who is lost, whose fields change, and for whom two persons are needed", async () => {
    const one = tool("that may change", { description: "words" });
    await send("u1", one, { tlp: "GREEN", releases: [TRI] });
    await release(one.id, JAPAN);
    const narrow = await changed("u1", one.id, {
      label: { tlp: "GREEN", releases: [TRI], fieldRules: [{ selectors: ["description"], countries: ["USA"] }] },
    });
    expect([narrow.widens, narrow.change.added, narrow.change.lost]).toEqual([[], [], []]);
    expect(
      narrow.change.changed
        .filter(({ withheld }) => withheld.length > 0)
        .map(({ agency, withheld }) => [agency, withheld]),
    ).toEqual(["JP-JAFIC", "JP-NCO", "JP-NPA"].map((agency) => [agency, ["description"]]));
    const fewer = await changed("u1", one.id, {
      label: { tlp: "AMBER+STRICT", releases: [row("TRI", ["JPN"], ["JP-NPA"])] },
    });
    expect(agencies(fewer.change.lost)).toEqual(expect.arrayContaining(["JP-JAFIC", "JP-NCO", "US-CISA", "US-TREAS"]));
    const more = await changed("u1", one.id, { row: row("TRI", ["KOR"], ["KR-NIS"]) });
    expect([agencies(more.change.added), more.change.added[0]?.people.map(({ id }) => id), more.widens]).toEqual([
      ["KR-NIS"],
      ["k1", "rel-KR-NIS"],
      ["KR-NIS"],
    ]);
    expect((await audience("u1", one.id)).label.tlp).toBe("GREEN");
  });
});

test("people of a country with which no agreement is in force – of what everybody may read – are not named, nor is it said that they are there", async () => {
  const one = tool("that everybody may read");
  await send("u1", one, { tlp: "CLEAR", releases: [{ agreement: "PUBLIC", countries: [], agencies: "*" }] });
  await release(one.id, { agreement: "PUBLIC", countries: [], agencies: "*" });
  const before = (await audience("u1", one.id)).now;
  expect(people(before)).toEqual(expect.arrayContaining(["j1", "k1", "u2"]));
  expect(
    before.readers
      .flatMap((group) => group.people.map(({ id }) => id))
      .filter((id) => ["ad", "au", "lx", "sign-usa"].includes(id)),
  ).toEqual([]);
  const now = turns.now();
  world.at(now, "suspended");
  for (const id of ["TRI", "US-KR", "HUB"]) await world.changeAgreement(id, { status: "suspended" });
  const after = (await audience("u1", one.id)).now;
  expect(after.public).toMatchObject({ without: [] });
  expect(agencies(after.readers).filter((agency) => agency.startsWith("KR"))).toEqual([]);
  expect(people(after)).toEqual(people(before).filter((id) => !/^(k\d|rel-KR)/.test(id)));
  for (const id of ["TRI", "US-KR", "HUB"]) await world.changeAgreement(id, { status: "in-force" });
});

test("whom a label names – nobody, another agency's client, an auditor, who is not known – is one and the same 422; a label in place of one that names them may go on", async () => {
  const of = async (as: string, label: LabelRequest): Promise<unknown> => {
    const { status, json } = await put(as, "/api/v1/policy/audience", { label });
    const { error } = json as { error?: { code: string; message: string } };
    return [status, error?.code, error?.message.replace(/account .*/, "account")];
  };
  const unknown = [422, "label.unknown_account", "there is no account"];
  const red = (...recipients: string[]): LabelRequest => ({ tlp: "RED", recipients });
  const granted = (...clientGrants: string[]): LabelRequest => ({ tlp: "AMBER", clientGrants });
  for (const label of [red("nobody"), red("au"), granted("cj"), granted("f3")])
    expect(await of("u1", label)).toEqual(unknown);
  for (const label of [red("k1"), granted("cu")]) expect(await of("u1", label)).toEqual([200, undefined, undefined]);
  const one = tool("that names somebody");
  await send("u1", one, { tlp: "RED", recipients: ["k1", "j1"], releases: [row("TRI", ["KOR"])] });
  for (const id of ["TRI", "US-KR", "HUB"]) await world.changeAgreement(id, { status: "suspended" });
  expect(await of("u1", red("k1"))).toEqual(unknown);
  const { post, hash } = await audience("u1", one.id);
  const less = await put("u1", `/api/v1/mine/${post}/edit`, {
    ...{ hash, reason: "j1 needs it no more" },
    label: { tlp: "RED", recipients: ["k1"], releases: [row("TRI", ["KOR"])] },
  });
  expect([less.status, (await audience("u1", one.id)).label.recipients]).toEqual([200, ["k1"]]);
  for (const id of ["TRI", "US-KR", "HUB"]) await world.changeAgreement(id, { status: "in-force" });
});

test.each([[null], ["text"], [5], [[]]])(
  "a draft – whose granular markings have %j for one – is answered, without it",
  async (one) => {
    const object = { type: "tool", granular_markings: [one] };
    const { status, json } = await put("u1", "/api/v1/policy/audience", { label: { tlp: "GREEN" }, object });
    expect([status, (json as { label?: { tlp: string } }).label?.tlp]).toEqual([200, "GREEN"]);
  },
);
