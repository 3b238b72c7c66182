import { PERSONA_EXTENSION } from "../../schemas/stix/revenue/persona.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import examples from "../cases/revenue-examples.json" with { type: "json" };
import { bundle, row, sampleUuid, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { OBJECTS, TaxiiWorld, TYPE } from "./taxii/taxii-world.ts";

/** Illicit revenue and translations, in by REST and out by REST and TAXII. */
jest.setTimeout(120_000);
const GREEN = { tlp: "GREEN" as const, releases: [TRI] };
const JAPAN = { tlp: "GREEN" as const, releases: [row("US-JP", ["JPN", "USA"])] };
type Found = StixJson & { readonly id: string };

const objects = examples.objects as readonly Found[];
const like = (id: string): Found => {
  const found = objects.find((one) => one.id.startsWith(`${id}--`));
  if (found === undefined) throw new Error(id);
  return found;
};

let taxii: TaxiiWorld;
let asked = 0;
async function ask(as: string, method: "GET" | "POST", path: string, more: object = {}): Promise<StixJson> {
  asked += 1;
  taxii.world.at(START + 5_000_000 + asked * 1000, `revenue ${asked}`);
  const { status, json } = await taxii.world.ask(as, { method, path, ...more });
  return { status, ...(json as StixJson) };
}
const get = (as: string, path: string): Promise<StixJson> => ask(as, "GET", path);
const post = (as: string, what: readonly StixJson[], label: object = GREEN): Promise<StixJson> =>
  ask(as, "POST", "/api/v1/ingest", {
    body: JSON.stringify(bundle(...what)),
    headers: { "Tricord-Label": JSON.stringify(label) },
  });
const listed = async (as: string, query: string): Promise<readonly Found[]> =>
  ((await get(as, `/api/v1/objects?limit=1000${query}`)).objects ?? []) as readonly Found[];
/** What the reader's own markings add to every object. */
const bare = ({ object_marking_refs: _, ...rest }: StixJson): StixJson => rest;

beforeAll(async () => {
  taxii = await TaxiiWorld.open();
  const reply = await post("feed-US-FBI", objects);
  expect({ status: reply.status, counts: reply.counts }).toEqual({
    status: 200,
    counts: expect.objectContaining({ created: objects.length, rejected: 0 }),
  });
});
afterAll(() => taxii.close());

test("the examples – read by a partner in originals – equal to what was posted, but for markings", async () => {
  const found = new Map((await listed("k3", "&view=originals")).map((one) => [one.id, bare(one)]));
  for (const one of objects) expect(found.get(one.id)).toEqual(one);
});

test("the examples – over TAXII – equal to what was posted, but for markings", async () => {
  const found = new Map((await taxii.all("feed-KR-KISA")).map((one) => [one.id, bare(one)]));
  for (const one of objects) expect(found.get(one.id)).toEqual(one);
});

test("the examples – consolidated – every reference, inside extensions too, leads to what is listed", async () => {
  const found = await listed("k3", "");
  const known = new Set(found.map(({ id }) => id));
  const inside = JSON.stringify(found.filter(({ type }) => type !== "marking-definition"));
  const referred = [...inside.matchAll(/"[a-z_]+_ref":"([^"]+)"/g)]
    .map(([, id]) => id ?? "")
    .filter((id) => !id.startsWith("identity--"));
  expect(referred.length).toBeGreaterThan(10);
  expect(referred.filter((id) => !known.has(id))).toEqual([]);
});

test("each extension of the examples – its definition asked for by id – is there for every partner", async () => {
  const ids = [...new Set(objects.flatMap((one) => Object.keys((one.extensions ?? {}) as StixJson)))];
  for (const id of ids)
    expect((await get("k3", `/api/v1/objects/${id}`)).object).toMatchObject({ id, type: "extension-definition" });
});

test("an account, a card, a telephone and a transaction – posted by another agency in other spellings – one object of two sources each", async () => {
  const again: StixJson[] = [
    { type: "bank-account", iban: "GB29 NWBK 6016 1331 9268 19" },
    { type: "bank-account", account_number: "110-000-000000", bic: "SHBKKRSEXXX" },
    { type: "payment-card", value: "4111 1111 1111 1111" },
    { type: "phone-number", value: "010-0000-0000", country: "KOR" },
    {
      type: "cryptocurrency-transaction",
      value: `0x${String(like("cryptocurrency-transaction").value).toUpperCase()}`,
      symbol: "XBT",
    },
  ].map((one, n) => ({ spec_version: "2.1", id: `${one.type}--${sampleUuid(`again ${n}`)}`, ...one }));
  expect((await post("feed-KR-KISA", again)).counts).toMatchObject({ created: again.length, rejected: 0 });
  for (const type of ["bank-account", "payment-card", "phone-number", "cryptocurrency-transaction"]) {
    const found = await listed("j1", `&type=${type}`);
    expect({ type, count: found.length }).toEqual({
      type,
      count: objects.filter((one) => one.type === type).length,
    });
    const counts: number[] = [];
    for (const { id } of found) {
      const { sources } = await get("j1", `/api/v1/objects/${id}/sources`);
      counts.push((sources as unknown[]).length);
    }
    // One of the two transactions was not posted again.
    const alone = type === "cryptocurrency-transaction" ? [1] : [];
    expect({ type, counts: counts.sort() }).toEqual({
      type,
      counts: [...alone, ...counts.slice(alone.length).fill(2)],
    });
  }
});

test("look-ups – in any spelling – find them", async () => {
  const hash = String(like("cryptocurrency-transaction").value);
  const values = [`0x${hash}`, "gb29 nwbk 6016 1331 9268 19", "+82 10 0000 0000", "4111-1111-1111-1111"];
  const { results } = await ask("j1", "POST", "/api/v1/lookup", {
    body: JSON.stringify({ values }),
    headers: { "Content-Type": "application/json" },
  });
  const types = (results as { objects: Found[] }[]).map(({ objects: hits }) => hits.map(({ type }) => type));
  expect(types).toEqual([["cryptocurrency-transaction"], ["bank-account"], ["phone-number"], ["payment-card"]]);
});

test("an amount that is a number – in one object of a bundle – that one refused with words, the rest in", async () => {
  const incident = structuredClone(like("incident")) as StixJson;
  incident.id = `incident--${sampleUuid("floats")}`;
  const text = JSON.stringify(incident).replace('"amount":"4502.9"', '"amount":4502.9');
  const reply = await post("feed-US-FBI", [JSON.parse(text) as StixJson, tool("beside floats")]);
  expect(reply.counts).toMatchObject({ created: 1, rejected: 1 });
  expect((reply.results as StixJson[])[0]).toMatchObject({
    code: "stix.type",
    message: expect.stringContaining("never a number"),
  });
});

test("a persona under a field rule for personal data – read without that right – stands without it, and its names find nothing", async () => {
  const persona = structuredClone(like("threat-actor")) as StixJson;
  persona.id = `threat-actor--${sampleUuid("persona")}`;
  persona.name = "Persona 8 (made up)";
  ((persona.extensions as StixJson)[PERSONA_EXTENSION] as StixJson).names = [{ name: "Unheard Ofname" }];
  const rule = { selectors: [`extensions.${PERSONA_EXTENSION}`], pii: true };
  const reply = await post("feed-US-FBI", [persona], { ...GREEN, fieldRules: [rule] });
  expect((reply.results as StixJson[])[0]).toEqual({ index: 0, id: persona.id, outcome: "created" });
  const has = async (as: string): Promise<unknown> => {
    const [found] = await listed(as, "&text=persona+8");
    return [found?.id, found?.extensions !== undefined, (await listed(as, "&text=ofname")).length];
  };
  // Personal data goes over a border by two persons alone; the rule holds in its own agency too.
  expect(await has("u1")).toEqual([persona.id, true, 1]);
  expect(await has("feed-US-FBI")).toEqual([persona.id, false, 0]);
  const open = await post("feed-US-FBI", [{ ...persona, id: `threat-actor--${sampleUuid("open persona")}` }]);
  expect((open.results as { warnings: StixJson[] }[])[0]?.warnings).toEqual([
    expect.objectContaining({ code: "label.personal_data" }),
  ]);
});

describe("translations", () => {
  const at = { created: "2026-04-01T00:00:00.000Z", modified: "2026-04-01T00:00:00.000Z" };
  const of = (name: string, object: string, contents: StixJson): Found => ({
    ...{ type: "language-content", spec_version: "2.1", id: `language-content--${sampleUuid(name)}`, ...at },
    ...{ object_ref: object, contents },
  });
  const seenBy = async (as: string): Promise<unknown> => [
    (await listed(as, "&type=language-content")).map(({ id }) => id),
    (await taxii.all(as.startsWith("j") ? "feed-JP-NPA" : "feed-KR-KISA", "?match[type]=language-content")).map(
      ({ id }) => id,
    ),
  ];
  const [shown, hidden] = [tool("seen by all in Korean"), tool("seen by Japan in Korean")];
  const open = of("of the open", shown.id, { ko: { name: "열린 도구" } });
  const closed = of("of the hidden", hidden.id, { ko: { name: "닫힌 도구", description: "비밀스런 설명" } });

  test("a translation for all – of an object for some – exists for those alone, by REST and TAXII; it comes and goes with its object", async () => {
    await post("feed-US-FBI", [open, closed]);
    const own = like("language-content").id;
    expect(await seenBy("k3")).toEqual([[own], [own]]);
    await post("feed-US-FBI", [shown], GREEN);
    await post("feed-US-FBI", [hidden], JAPAN);
    expect(await seenBy("j1")).toEqual([
      expect.arrayContaining([own, open.id, closed.id]),
      expect.arrayContaining([own, open.id, closed.id]),
    ]);
    const korea = [expect.arrayContaining([own, open.id]), expect.arrayContaining([own, open.id])];
    expect(await seenBy("k3")).toEqual(korea);
    expect(JSON.stringify(await seenBy("k3"))).not.toContain(closed.id);
    expect((await get("k3", `/api/v1/objects/${closed.id}`)).status).toBe(404);
    expect((await taxii.ask("feed-KR-KISA", `${OBJECTS}${closed.id}/`, { headers: { Accept: TYPE } })).status).toBe(
      404,
    );
    expect((await get("j1", `/api/v1/objects/${closed.id}`)).object).toMatchObject({ object_ref: hidden.id });
  });

  test("an object – searched by a name in its translation – is found by who sees both, and by nobody else", async () => {
    const found = async (as: string, text: string): Promise<unknown[]> =>
      (await listed(as, `&text=${encodeURIComponent(text)}`)).map(({ id }) => id).sort();
    expect(await found("k3", "열린")).toEqual([shown.id, open.id].sort());
    expect(await found("j1", "비밀스런")).toEqual([hidden.id, closed.id].sort());
    expect(await found("k3", "비밀스런")).toEqual([]);
    expect((await listed("j1", `&type=tool&text=${encodeURIComponent("닫힌")}`)).map(({ id }) => id)).toEqual([
      hidden.id,
    ]);
    expect(await found("k3", "트레이더트레이터")).toContain(like("intrusion-set").id);
  });

  test("a newer translation – without the old word – is what counts", async () => {
    const newer = { ...open, modified: "2026-04-02T00:00:00.000Z", contents: { ko: { name: "다른 낱말" } } };
    await post("feed-US-FBI", [newer]);
    expect(await listed("k3", `&text=${encodeURIComponent("열린")}`)).toEqual([]);
    expect((await listed("k3", `&text=${encodeURIComponent("낱말")}`)).length).toBe(2);
  });

  test("a translation of a relationship – is its own agency's alone; of a translation – nobody's but its own", async () => {
    const hop = of("of a hop", like("relationship").id, { ko: { description: "브리지" } });
    const again = of("of a translation", open.id, { ko: { name: "또" } });
    await post("feed-US-FBI", [hop, again]);
    for (const { id } of [hop, again]) {
      expect((await get("k3", `/api/v1/objects/${id}`)).status).toBe(404);
      expect((await get("u1", `/api/v1/objects/${id}`)).status).toBe(200);
    }
  });

  test("an object – asked for with a language – comes with the translations that the reader sees, each with its own markings", async () => {
    const ids = async (as: string, id: string, lang: string): Promise<unknown> => {
      const { status, translations, markings } = await get(as, `/api/v1/objects/${id}?lang=${lang}`);
      const own = (translations ?? []) as Found[];
      const named = own.flatMap(({ object_marking_refs: refs }) => (refs as string[]).slice(1));
      const known = new Set(((markings ?? []) as Found[]).map((one) => one.id));
      expect(named.filter((one) => !known.has(one))).toEqual([]);
      return [status, own.map((one) => one.id)];
    };
    const actor = like("intrusion-set").id;
    const own = like("language-content").id;
    expect(await ids("k3", actor, "ko")).toEqual([200, [own]]);
    expect(await ids("k3", actor, "JA")).toEqual([200, [own]]);
    expect(await ids("k3", actor, "*")).toEqual([200, [own]]);
    expect(await ids("k3", actor, "en")).toEqual([200, []]);
    expect(await ids("j1", hidden.id, "ko")).toEqual([200, [closed.id]]);
    expect(await ids("k3", hidden.id, "ko")).toEqual([404, []]);
    expect((await get("k3", `/api/v1/objects/${actor}`)).translations).toBeUndefined();
    expect((await get("k3", `/api/v1/objects/${actor}?lang=%20`)).status).toBe(400);
  });

  test("relationships at an object – with a translation – do not list it", async () => {
    const { objects: at1 } = await get("k3", `/api/v1/objects/${shown.id}/relationships`);
    expect(at1).toEqual([]);
  });
});

test("a bridge whose other half is hidden – read by a partner – keeps its own words, and the hidden list members go", async () => {
  const [near, far] = [sampleUuid("near"), sampleUuid("far")];
  const hash = (n: string): string => n.repeat(64).slice(0, 64);
  const tx = (n: string, uuid: string): Found => ({
    ...{ type: "cryptocurrency-transaction", spec_version: "2.1", id: `cryptocurrency-transaction--${uuid}` },
    ...{ value: hash(n), symbol: "BTC" },
  });
  const hop = structuredClone(like("relationship")) as StixJson;
  hop.id = `relationship--${sampleUuid("bridge")}`;
  const [first, second] = [tx("7", near), tx("8", far)];
  const [id] = Object.keys(hop.extensions as StixJson);
  const content = (hop.extensions as Record<string, StixJson>)[id ?? ""] ?? {};
  content.transaction_refs = [first.id, second.id];
  await post("feed-US-FBI", [first, hop], GREEN);
  await post("feed-US-FBI", [second], JAPAN);
  const refs = async (as: string): Promise<unknown> => {
    const { object } = await get(as, `/api/v1/objects/${String(hop.id)}`);
    return (object as { extensions: Record<string, StixJson> }).extensions[id ?? ""]?.transaction_refs;
  };
  const shown = async (as: string, one: StixJson): Promise<unknown> =>
    ((await get(as, `/api/v1/objects/${String(one.id)}`)).object as Found).id;
  expect(await refs("k3")).toEqual([await shown("k3", first)]);
  expect(await refs("j1")).toEqual([await shown("j1", first), await shown("j1", second)]);
});
