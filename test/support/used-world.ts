import { scoId } from "../../schemas/stix/id-contributing.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { bundle, indicator, row, sampleUuid, TRI, tool } from "./samples.ts";
import { START } from "./steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "./temporary-world.ts";

const DAY = 86_400_000;
const GROUP = { tlp: "GREEN" as const, releases: [TRI] };
const HOME = { tlp: "GREEN" as const, releases: [row("TRI", ["USA"])] };
const DATED = { created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z" };

const ip = (value: string): StixJson & { id: string } => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", id: scoId("ipv4-addr", { value }) ?? "", value },
});
const file = (name: string, hashes: StixJson): StixJson & { id: string } => ({
  ...{ type: "file", spec_version: "2.1", id: `file--${sampleUuid(name)}`, name, hashes },
});
const edge = (from: string, to: string): StixJson & { id: string } => ({
  ...{ type: "relationship", spec_version: "2.1", id: `relationship--${sampleUuid(`${from} ${to}`)}`, ...DATED },
  ...{ relationship_type: "indicates", source_ref: from, target_ref: to },
});
const malware = (name: string): StixJson & { id: string } => ({
  ...{ type: "malware", spec_version: "2.1", id: `malware--${sampleUuid(name)}`, ...DATED },
  ...{ name, is_family: true },
});
const report = (name: string, refs: readonly string[]): StixJson & { id: string } => ({
  ...{ type: "report", spec_version: "2.1", id: `report--${sampleUuid(name)}`, ...DATED },
  ...{ name, published: "2026-03-01T00:00:00Z", object_refs: [...refs] },
});
const urgent = (name: string): StixJson & { id: string } => ({
  ...{ type: "campaign", spec_version: "2.1", id: `campaign--${sampleUuid(name)}`, ...DATED },
  ...{ name, labels: ["funds-moving"] },
});

/** A tool with fields that rules take out. */
export const RULED = tool("ruled", { description: "sleeping harbour", aliases: ["quiet pier"] });
/** Stands alone in a lane of its own. */
export const LONELY = tool("lonely lighthouse");
/** Listed by no report. */
export const BESIDE = tool("beside");
/** Several agencies say it. */
const SHARED = "[ipv4-addr:value = '198.51.100.7']";
/** Of several values. */
export const HASHED = file("hashed", { MD5: "0".repeat(32), "SHA-256": "a".repeat(64) });

/**
 * A world that was used in all the ways that leave something in the store: posts of several agencies under labels with and without field rules, merges, versions,
 * edges before and after their ends, releases, an emergency, edits, withdrawals and posts again, quarantine, review, feedback, samples of an order, jobs,
 * column maps, exports, polls before and after an agreement was suspended.
 */
export async function usedWorld(): Promise<TemporaryWorld> {
  const world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: "20000" } });
  try {
    await use(world);
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

async function use(world: TemporaryWorld): Promise<void> {
  let step = 0;
  const tick = (ms = 1000): void => {
    step += 1;
    world.at(world.steer.now + ms, `step ${step}`);
  };
  world.at(START, "used");
  const must = (reply: Reply, what: string): Reply => {
    if (reply.status >= 300) throw new Error(`${what}: ${reply.status} ${reply.body.toString().slice(0, 300)}`);
    return reply;
  };
  const ask = async (as: string, method: Ask["method"], path: string, body?: unknown): Promise<Reply> => {
    tick();
    return must(await world.ask(as, { method, path, ...(body === undefined ? {} : { body }) }), `${as} ${path}`);
  };
  const post = async (as: string, objects: readonly StixJson[], label: object = GROUP): Promise<Reply> => {
    tick();
    return must(await world.post(as, bundle(...objects), { label: label as never }), `${as} posts`);
  };
  const release = async (as: string, by: string, object: string, asked: object): Promise<string> => {
    tick();
    const proposed = await world.propose(as, object, asked);
    await world.decide(by, proposed);
    return proposed;
  };
  const shown = async (as: string, id: string): Promise<{ hash: string }> =>
    (await ask(as, "GET", `/api/v1/objects/${id}`)).json as { hash: string };
  const readers = ["j1", "k1", "u2", "feed-JP-NPA", "cj"];
  const poll = async (): Promise<void> => {
    for (const reader of readers)
      for (const collection of ["originals", "consolidated", "recalls"]) {
        const { id } = (
          (await ask(reader, "GET", "/taxii2/dprk/collections/")).json as {
            collections: { id: string; title: string; alias?: string }[];
          }
        ).collections.find(({ alias, title }) => alias === collection || title.toLowerCase().includes(collection)) ?? {
          id: collection,
        };
        await ask(reader, "GET", `/taxii2/dprk/collections/${id}/objects/`);
      }
  };

  const family = malware("family");
  const late = malware("comes late");
  const first = indicator("of the fbi", SHARED);
  await post("u1", [RULED, first], {
    ...{ tlp: "GREEN", releases: [TRI] },
    fieldRules: [
      { selectors: ["description"], countries: ["USA"] },
      { selectors: ["aliases"], agencies: ["US-FBI"] },
    ],
  });
  await post("j1", [indicator("of the npa", SHARED), family, edge(indicator("of the npa", SHARED).id, family.id)]);
  await post("feed-KR-KISA", [indicator("of kisa", SHARED), edge(indicator("of kisa", SHARED).id, late.id)]);
  await post("k3", [late, HASHED, ip("198.51.100.7")]);
  await post("feed-US-CISA", [
    HASHED,
    ip("198.51.100.7"),
    ip("198.51.100.8"),
    { ...family, modified: "2026-03-02T00:00:00.000Z" },
  ]);
  await post("u3", [LONELY], { tlp: "AMBER", releases: [row("US-JP", ["JPN"], ["JP-NCO"])], topics: ["dprk-cyber"] });
  await post("j2", [tool("for few")], { tlp: "RED", recipients: ["j2", "rel-JP-JAFIC"] });
  await post("k1", [report("weekly", [tool("listed").id, first.id]), tool("listed"), BESIDE]);
  await post("feed-JP-NCO", [tool("fed")]);
  await poll();

  // Labels that change: a release, an edit, a withdrawal and the same again.
  const several = [tool("released"), tool("withdrawn"), tool("again")];
  await post("u1", [...several, edge(tool("released").id, tool("withdrawn").id)], HOME);
  await release("u1", "rel-US-FBI", tool("released").id, row("TRI", ["JPN"]));
  await release("u1", "rel-US-FBI", RULED.id, row("US-JP", ["JPN"]));
  // A tier that there is only while Japan reads: once that is taken back its row is left where nobody is admitted.
  const passing = tool("passing", { aliases: ["soon gone"] });
  await post("u1", [passing], { ...HOME, fieldRules: [{ selectors: ["aliases"], countries: ["USA"] }] });
  const taken = await release("u1", "rel-US-FBI", passing.id, row("TRI", ["JPN"]));
  const { hash: seen } = (await ask("u1", "GET", `/api/v1/releases/${taken}`)).json as { hash: string };
  await ask("u1", "POST", `/api/v1/releases/${taken}/recall`, { reason: "wrong", code: "wrong-content", hash: seen });
  for (const { id } of several.slice(1)) await ask("u1", "POST", `/api/v1/objects/${id}/withdraw`, { reason: "wrong" });
  await post("u1", [tool("again")], HOME);
  await world.propose("u1", tool("again").id, row("TRI", ["KOR"]));
  await post("u3", [urgent("leaving now")], { tlp: "GREEN" });
  await ask("rel-US-CISA", "POST", `/api/v1/objects/${urgent("leaving now").id}/emergency`, {
    ...{ row: row("TRI", ["JPN"], ["JP-NPA"]), reason: "leaving", code: "funds-moving" },
    hash: (await shown("rel-US-CISA", urgent("leaving now").id)).hash,
  });
  await poll();

  // What is refused, large, kept beside content.
  tick();
  await world.post("u1", [tool("broken", { name: 7 }), tool("whole")], { label: GROUP });
  tick();
  const many = Array.from({ length: 120 }, (_, i) => indicator(`many ${i}`, `[domain-name:value = 'd${i}.example']`));
  must(await world.post("feed-US-FBI", bundle(...many), { label: GROUP }), "a large post");
  await world.runJobs();
  await ask("u1", "PUT", "/api/v1/column-maps/list", { columns: [{ column: "Indicator", as: "value" }] });
  await ask("j1", "POST", `/api/v1/objects/${tool("fed").id}/feedback`, { verdict: "useful" });
  await ask("j1", "GET", "/api/v1/export?format=stix");
  const { items } = (await ask("rel-KR-NIS", "GET", "/api/v1/triage/queue")).json as { items: { review: string }[] };
  for (const { review } of items.slice(0, 2)) {
    const { hash } = (await ask("rel-KR-NIS", "GET", `/api/v1/triage/reviews/${review}`)).json as { hash: string };
    await ask("rel-KR-NIS", "POST", `/api/v1/triage/reviews/${review}/accept`, { hash, reason: "as-reported" });
  }
  await world.changeAgreement("TRI", { status: "suspended" });
  await poll();
  await world.changeAgreement("TRI", { status: "in-force" });
  tick(DAY);
  await poll();
}
