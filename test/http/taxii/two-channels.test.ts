import type { LabelRequest } from "../../../schemas/policy/label.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { row, sampleUuid, tool } from "../../support/samples.ts";
import { START } from "../../support/steering.ts";
import type { Reply } from "../../support/temporary-world.ts";
import { TaxiiWorld } from "./taxii-world.ts";

/** The same said twice, over TAXII and REST: what the receipt says of it (design 4), and that both stay. */
jest.setTimeout(120_000);
const HOME: LabelRequest = { tlp: "GREEN", releases: [row("TRI", ["USA"])] };
let taxii: TaxiiWorld;
let asked = 0;
beforeAll(async () => {
  taxii = await TaxiiWorld.open();
});
afterAll(() => taxii.close());

const address = (name: string, value: string): StixJson & { readonly id: string } => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", id: `ipv4-addr--${sampleUuid(name)}`, value },
});
const later = (): void => {
  asked += 1;
  taxii.world.at(START + 3_600_000 + asked * 1000, `over REST ${asked}`);
};
const rest = async (as: string, objects: readonly StixJson[], label = HOME, query = ""): Promise<unknown> => {
  later();
  const { json } = await taxii.world.post(as, objects, { label, query });
  const { results } = json as { results: { outcome: string; warnings?: { code: string }[] }[] };
  return results.map(({ outcome, warnings = [] }) => [
    outcome,
    warnings.flatMap(({ code }) => (code.startsWith("label.") ? [code] : [])),
  ]);
};
const ask = (as: string, path: string): Promise<Reply> => {
  later();
  return taxii.world.ask(as, { method: "GET", path: `/api/v1${path}` });
};
const SAME = ["unchanged", []];

test("what was said over TAXII – said again over REST under the same label – is unchanged, and both channels are its sources", async () => {
  const [one, value] = [tool("said twice"), address("said twice", "198.51.100.77")];
  await taxii.put("u1", [one, value], HOME);
  expect(await rest("u1", [one, value], HOME, "?dry_run=true")).toEqual([SAME, SAME]);
  expect(await rest("u1", [one, value])).toEqual([SAME, SAME]);
  expect(await rest("rel-US-FBI", [one, value])).toEqual([SAME, SAME]);
  for (const { id } of [one, value]) {
    const { json } = await ask("u1", `/mine?id=${id}`);
    expect((json as { posts: StixJson[] }).posts.map(({ channel, by }) => [channel, by])).toEqual([
      ["taxii", "u1"],
      ["rest", "u1"],
    ]);
  }
  const { sources } = (await ask("u2", `/objects/${one.id}/sources`)).json as { sources: StixJson[] };
  expect(sources.map(({ channel }) => channel).sort()).toEqual(["rest", "taxii"]);
  const { items } = (await ask("u1", "/triage/mine")).json as { items: { review: string }[] };
  for (const { review } of items.slice(0, 2)) {
    const { contents } = (await ask("u1", `/triage/reviews/${review}`)).json as { contents: StixJson[] };
    expect(contents.map(({ id }) => id).sort()).toEqual([one.id, value.id].sort());
  }
});

test("what was said over REST – said again over TAXII – is a success that changes nothing", async () => {
  const one = tool("said over REST first");
  expect(await rest("u1", [one])).toEqual([["created", []]]);
  await taxii.put("u1", [one], HOME);
  expect(await rest("u1", [one])).toEqual([SAME]);
});

test("what was said over TAXII – under another label, in other words, or labelled anew since – is no unchanged", async () => {
  const [one, worded, released] = [
    tool("another label"),
    address("other words", "198.51.100.78"),
    tool("released since"),
  ];
  await taxii.put("u1", [one, worded, released], HOME);
  later();
  const wide = { agreement: "TRI", countries: ["JPN"], agencies: "*" };
  await taxii.world.decide("rel-US-FBI", await taxii.world.propose("u1", released.id, wide));
  const outcomes = async (objects: StixJson[], label = HOME): Promise<unknown[]> =>
    ((await rest("u1", objects, label)) as unknown[][]).map(([outcome]) => outcome);
  expect(await outcomes([one], { ...HOME, tlp: "AMBER" })).toEqual(["updated"]);
  expect(await outcomes([{ ...worded, defanged: true }])).toEqual(["updated"]);
  expect(await outcomes([released])).toEqual(["updated"]);
});

test("what a colleague or another agency said over TAXII – and the account does not see, or not as its own – is created", async () => {
  const [red, other] = [tool("for one person alone"), tool("of another agency")];
  await taxii.put("u1", [red], { tlp: "RED" });
  await taxii.put("u2", [other], HOME);
  expect(await rest("feed-US-FBI", [red])).toEqual([["created", []]]);
  expect(await rest("u1", [other])).toEqual([["created", []]]);
});

test("an observable – edited to what the agency said over TAXII before – leaves its old value, and says so", async () => {
  const before = address("edited from", "198.51.100.79");
  await taxii.put("u1", [{ ...before, value: "198.51.100.80" }], HOME);
  await rest("u1", [before]);
  const { posts } = (await ask("u1", `/mine?id=${before.id}`)).json as { posts: StixJson[] };
  const { post, hash } = posts.find(({ channel }) => channel === "rest") ?? {};
  later();
  const reply = await taxii.world.ask("u1", {
    ...{ method: "POST", path: `/api/v1/mine/${String(post)}/edit` },
    body: { hash, reason: "the wrong one", patch: { value: "198.51.100.80" } },
  });
  expect(reply.json).toMatchObject({ outcome: "updated" });
  expect((await ask("u2", "/objects?value=198.51.100.79")).json).toMatchObject({ objects: [] });
});
