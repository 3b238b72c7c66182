import { PERSONA_EXTENSION } from "../../schemas/stix/revenue/persona.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Rows } from "../../server/storage/collections.ts";
import { demonstrationGroup } from "../support/demonstration.ts";
import { rawStore, textsIn } from "../support/raw-store.ts";
import { indicator, sampleUuid, TRI, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type OwnStore, ownStore } from "../support/temporary-store.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

const KEY = "5e".repeat(32);
const GREEN = { tlp: "GREEN" as const, releases: [TRI] };
const WALLET = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT";
const PHONE = "+821055512345";

const DAY = "2026-03-01T00:00:00.000Z";
const wallet: StixJson = {
  ...{ type: "cryptocurrency-wallet", spec_version: "2.1", id: `cryptocurrency-wallet--${sampleUuid("w")}` },
  value: WALLET,
};
const redNote = tool("Crimsonheron", { description: "paid through Vermilionbridge exchange" });
const persona: StixJson = {
  ...{ type: "threat-actor", spec_version: "2.1", id: `threat-actor--${sampleUuid("p")}`, created: DAY, modified: DAY },
  ...{ name: "Quietlantern", threat_actor_types: ["criminal"] },
  extensions: {
    [PERSONA_EXTENSION]: {
      extension_type: "property-extension",
      names: [{ name: "Choe Sundalbit" }],
      residence: "Yonbong",
    },
  },
};
const phone: StixJson = {
  ...{ type: "phone-number", spec_version: "2.1", id: `phone-number--${sampleUuid("n")}`, value: PHONE },
  extensions: { "extension-definition--14a97ee2-e666-5ada-a6bd-b7177f79e211": { extension_type: "new-sco" } },
};
const target = indicator(
  "Zebrafalcon landing",
  "[ipv4-addr:value = '198.51.100.77' OR ipv4-addr:value = '198.51.100.78']",
);
const report: StixJson = {
  ...{ type: "report", spec_version: "2.1", id: `report--${sampleUuid("r")}`, created: DAY, modified: DAY },
  ...{ name: "Amberwhale campaign", description: "Seen at Korundexchange", published: DAY, object_refs: [target.id] },
};

/** Words and values by where they stand. */
const CLOSE = {
  ...{
    "RED wallet": WALLET,
    "RED name": "Crimsonheron",
    "RED words": "Vermilionbridge",
  },
  ...{ "persona's name": "Sundalbit", residence: "Yonbong", "phone number": PHONE },
};
const OTHERS = {
  ...{ "GREEN title": "Amberwhale", "GREEN text": "Korundexchange" },
  ...{ "indicator's name": "Zebrafalcon", "value in a pattern": "198.51.100.77" },
  ...{ "quarantined text": "Brokenpelican", "reason of a release": "Silverottermemo", feedback: "Coppergrebe" },
  ...{ "column map": "Mapcolumnkestrel" },
};

let asked = 0;
const ask = (world: TemporaryWorld, as: string, path: string, body?: unknown, method?: "PUT"): Promise<Reply> => {
  world.at(START + ++asked * 1000, `request ${asked}`);
  return world.ask(as, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    path,
    ...(body === undefined ? {} : { body }),
  });
};
async function use(world: TemporaryWorld): Promise<void> {
  const post = async (as: string, objects: StixJson[], label: object, status = 200): Promise<void> => {
    world.at(START + ++asked * 1000, `post ${asked}`);
    expect((await world.post(as, objects, { label })).status).toBe(status);
  };
  await post("u1", [wallet, redNote], { tlp: "RED" });
  await post("feed-JP-NPA", [persona, phone, report, target, { type: "tool", name: "Brokenpelican" }], GREEN);
  const proposed = tool("proposed");
  await post("u1", [proposed], { tlp: "AMBER" });
  const row = { agreement: "TRI", countries: ["JPN"], agencies: "*" };
  await world.propose("u1", proposed.id, row, "because of Silverottermemo");
  const state = { verdict: "useful", note: "Coppergrebe told us" };
  expect((await ask(world, "u2", `/api/v1/objects/${report.id}/feedback`, state)).status).toBeLessThan(300);
  const map = { columns: [{ column: "Mapcolumnkestrel", as: "value" }] };
  expect((await ask(world, "u1", "/api/v1/column-maps/wallets", map, "PUT")).status).toBeLessThan(300);
}

describe.each([
  ["sealed", { SEAL_KEY: KEY }, [], []],
  ["not sealed", {}, Object.keys(CLOSE), Object.keys(OTHERS)],
])("a store that is %s", (how, settings, close, others) => {
  let store: OwnStore;
  let world: TemporaryWorld;
  beforeAll(async () => {
    store = await ownStore();
    world = await TemporaryWorld.open({ settings, over: store });
    await world.addDirectory(await demonstrationGroup());
    await use(world);
  });
  afterAll(() => world.close());

  test(`its files – ${how === "sealed" ? "hold none of what was said" : "hold it, so that this test would see it"}`, async () => {
    const raw = await rawStore(store);
    expect(textsIn(raw, CLOSE)).toEqual(close);
    expect(textsIn(raw, OTHERS)).toEqual(others);
  });

  test("its index of values – asked for a value as it is – knows none; of words – for those that are RED or of persons – none", async () => {
    const rows = world.storage.collection(Rows);
    const values = [`ipv4-addr:198.51.100.77`, `phone-number:${PHONE}`, `cryptocurrency-wallet:bitcoin:${WALLET}`];
    expect(await rows.find({ index: "values", values })).toEqual([]);
    const lanes = [...new Set((await rows.all({ limit: 100 })).map(({ lane }) => lane))];
    const found = async (term: string) => (await rows.search({ scopes: lanes, terms: [term], limit: 9 })).length;
    const words = ["vermilionbridge", "crimsonheron", "sundalbit", "yonbong", WALLET.toLowerCase()];
    expect(await Promise.all(words.map(found))).toEqual(words.map(() => 0));
    expect(await found("amberwhale")).toBe(how === "sealed" ? 0 : 1);
  });

  test("values and words – asked for by who may see them – find all, RED and GREEN as one thing, and nobody else finds them", async () => {
    const again = { ...wallet, id: `cryptocurrency-wallet--${sampleUuid("another")}` };
    world.at(START + ++asked * 1000, "green");
    await world.post("feed-KR-KISA", [again], { label: GREEN });
    const sources = async (as: string, value: string): Promise<unknown> => {
      const reply = await ask(world, as, "/api/v1/lookup", { values: [value] });
      const [first] = (reply.json as { results: { objects: { id: string }[] }[] }).results;
      const ids = first?.objects.map(({ id }) => id) ?? [];
      if (ids[0] === undefined) return [];
      const { sources: list } = (await ask(world, as, `/api/v1/objects/${ids[0]}/sources`)).json as {
        sources: unknown[];
      };
      return [ids.length, list.length];
    };
    expect([await sources("u1", WALLET), await sources("j1", WALLET)]).toEqual([
      [1, 2],
      [1, 1],
    ]);
    expect(await sources("u2", "198.51.100.78")).toEqual([1, 1]);
    const names = async (as: string, text: string): Promise<unknown> => {
      const reply = await ask(world, as, `/api/v1/objects?text=${encodeURIComponent(text)}`);
      return (reply.json as { objects?: { name: string }[] }).objects?.map(({ name }) => name) ?? reply.status;
    };
    expect(await names("u1", "vermilionbridge EXCHANGE")).toEqual(["Crimsonheron"]);
    expect(await names("j1", "vermilionbridge exchange")).toEqual([]);
    expect(await names("u1", "sundalbit")).toEqual(["Quietlantern"]);
    expect(await names("u1", "amberwhale")).toEqual(["Amberwhale campaign"]);
    expect(await names("u1", "amberw*")).toEqual(how === "sealed" ? 422 : ["Amberwhale campaign"]);
    expect(await names("u1", "vermilion*")).toEqual(how === "sealed" ? 422 : []);
  });
});
