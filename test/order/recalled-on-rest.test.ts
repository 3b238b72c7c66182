import * as fc from "fast-check";
import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import { composeContent } from "../../server/compose.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Fault } from "../../server/shared/fault.ts";
import type { Content } from "../../server/usecases/content.ts";
import { seenUnder } from "../../server/usecases/read-one.ts";
import type { RecallNotes } from "../../server/usecases/recall/recalls.ts";
import { sampleUuid } from "../support/samples.ts";
import { momentOf, START } from "../support/steering.ts";
import { READERS } from "./history.ts";
import { OrderWorld, type Stored } from "./order-world.ts";

jest.setTimeout(120_000);

const DAY = "2026-03-01T00:00:00.000Z";
const AGENCIES = ["US-FBI", "JP-NPA", "KR-NIS"] as const;
const WHO = ["reads-npa", "reads-kisa"] as const;
type Draw = readonly number[];
const pick = <T>(list: readonly T[], n = 0): T => list[n % list.length] as T;

const tri = (countries: ReleaseRow["countries"]): ReleaseRow => ({
  agreement: "TRI",
  countries,
  agencies: "*",
  status: "on",
});
/** Who is let in by a relabel: rows, and a rule that cuts for whoever is not of the USA. */
const LABELS: readonly Partial<Label>[] = [
  { releases: [tri(["JPN", "KOR", "USA"])], fieldRules: [] },
  { releases: [tri(["JPN", "USA"])], fieldRules: [] },
  { releases: [tri(["KOR"])], fieldRules: [] },
  { releases: [], fieldRules: [] },
  { releases: [tri(["JPN", "KOR", "USA"])], fieldRules: [{ selectors: ["description"], countries: ["USA"] }] },
  { state: "withdrawn" },
];

function objectOf([kind = 0, which = 0, words = 0]: Draw, agency: string): StixJson {
  const common = { spec_version: "2.1", created: DAY, description: `words ${words % 3}` };
  const own = (type: string): string => `${type}--${sampleUuid(`${agency} ${type} ${which % 2}`)}`;
  const toolId = (of: string, n: number): string => `tool--${sampleUuid(`${of} tool ${n % 2}`)}`;
  switch (kind % 4) {
    case 0:
      return { type: "ipv4-addr", spec_version: "2.1", value: `198.51.100.${which % 2}`, id: own("ipv4-addr") };
    case 1: {
      const pattern = `[domain-name:value = 'd${which % 2}.example']`;
      const more = { pattern, pattern_type: "stix", valid_from: DAY };
      return { ...common, type: "indicator", id: own("indicator"), modified: DAY, name: `of ${agency}`, ...more };
    }
    case 2: {
      const ends = { source_ref: toolId("US-FBI", which), target_ref: toolId(pick(AGENCIES, words), which + 1) };
      return {
        ...common,
        type: "relationship",
        id: own("relationship"),
        modified: DAY,
        relationship_type: "related-to",
        ...ends,
      };
    }
    default: {
      const modified = `2026-03-01T00:00:0${words % 3}.000Z`;
      return { ...common, type: "tool", id: toolId(agency, which), modified, name: `tool ${words % 3}` };
    }
  }
}

interface Told {
  recalled: number;
  given: number;
}

/** One history: what a reader was given is written down beside it, and what of that can't be read any more is what has to be recalled. */
class Story {
  readonly #world: OrderWorld;
  readonly #content: Content;
  readonly #recalls: RecallNotes;
  readonly #stored: Stored[] = [];
  readonly #had = new Map<string, Set<string>>(WHO.map((who) => [who, new Set<string>()]));
  readonly #next = new Map<string, string>();
  readonly #told: Told;
  #now = START;
  /** What was done, for who looks into a failure. */
  readonly #done: string[] = [];

  constructor(world: OrderWorld, told: Told) {
    this.#world = world;
    const { content, recalled } = composeContent(world.core, world.steer.moments);
    this.#content = content;
    this.#recalls = recalled.recalls;
    this.#told = told;
  }

  #moment() {
    return momentOf(this.#now, String(this.#now));
  }

  async step(draw: Draw): Promise<void> {
    const [what = 0, a = 0, b = 0, c = 0] = draw;
    this.#done.push(`${what} ${a} ${b} ${c}`);
    this.#now += 1000 * (1 + (b % 90));
    this.#world.at(this.#now);
    const who = pick(WHO, a);
    if (what < 6) return this.#post(pick(AGENCIES, a), [b, c, what]);
    if (what < 10) return this.#relabel(a, b);
    if (what < 16) return this.#read(who, b, c);
    if (what >= 20) return this.#read(who, a, what);
    if (what === 16) return this.#world.changeAgreement("TRI", { status: "suspended" });
    if (what === 17) return this.#world.changeAgreement("TRI", { status: "in-force" });
    if (what === 18)
      return this.#world.changeAccount(who, { agency: pick(["JP-NPA", "JP-JAFIC", "KR-KISA"], b), topics: ["*"] });
    return this.#settle(who);
  }

  async #post(agency: string, draw: Draw): Promise<void> {
    // Who leaves an agency is not told of edges that it saw there without their ends (ADR 0011, 0024): no reader here was ever of the KR-NIS.
    const from = draw[0] === undefined || draw[0] % 4 !== 2 || agency !== "JP-NPA" ? agency : "KR-NIS";
    const object = objectOf(draw, from);
    const { status: _, ...row } = tri(["JPN", "KOR", "USA"]);
    try {
      this.#stored.push(...(await this.#world.post(`feed-${from}`, [object], { tlp: "GREEN", releases: [row] })));
    } catch (error) {
      // The same version in other words is refused: that is no story of a recall.
      if (!(error instanceof Error) || !error.message.includes("could not post")) throw error;
    }
  }

  async #relabel(which: number, how: number): Promise<void> {
    const stored = this.#stored[which % Math.max(1, this.#stored.length)];
    if (stored === undefined) return;
    await this.#world.relabel(stored.contribution, { ...stored.label, ...pick(LABELS, how) });
  }

  async #read(who: string, how: number, which: number): Promise<void> {
    const viewer = await this.#world.viewer(who);
    const had = this.#had.get(who) as Set<string>;
    const moment = this.#moment();
    const type = pick([undefined, "tool", "relationship", "ipv4-addr"], which);
    const filters = {
      view: pick(["consolidated", "originals"] as const, how),
      ...(type === undefined ? {} : { type }),
    };
    if (how % 4 === 3) {
      const id = pick([...had, ""], which);
      try {
        const { object } = await this.#content.one(viewer, moment, id);
        had.add(String(object.id));
        for (const one of await this.#content.sources(viewer, moment, id)) had.add(String(one.object.id));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
      return;
    }
    const text = await this.#content.list(viewer, moment, filters, 1 + (which % 4), undefined);
    for (const { id } of (JSON.parse(text) as { objects: { id: string }[] }).objects) {
      had.add(id);
      this.#told.given++;
    }
  }

  async #settle(who: string): Promise<void> {
    const viewer = await this.#world.viewer(who);
    const moment = this.#moment();
    const had = this.#had.get(who) as Set<string>;
    const next = this.#next.get(who);
    const page = await this.#recalls.list(viewer, moment, { limit: 1000, next });
    if (page.next !== undefined) this.#next.set(who, page.next);
    const sight = await this.#content.sight(viewer, moment, "api");
    const gone: string[] = [];
    for (const id of had) if ((await seenUnder(sight, id)) === undefined) gone.push(id);
    const said = page.recalls.map(({ object }) => object).sort();
    if (said.join() !== gone.sort().join())
      throw new Error(`${who}: ${said.join()} for ${gone.join()}\n${this.#done.join("\n")}`);
    for (const id of gone) had.delete(id);
    this.#told.recalled += gone.length;
  }

  async end(): Promise<void> {
    for (const who of WHO) {
      this.#now += 60_000;
      await this.#settle(who);
    }
  }
}

test("what is recalled – after any story of posts, labels, suspensions, moves and reads – is what was had and can't be read any more", async () => {
  const told: Told = { recalled: 0, given: 0 };
  const draw = fc.noBias(fc.tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(59)));
  const runs = Number(process.env.RECALL_RUNS ?? 12);
  await fc.assert(
    fc.asyncProperty(fc.array(draw, { minLength: 70, maxLength: 70 }), async (draws) => {
      const world = await OrderWorld.open(READERS);
      try {
        const story = new Story(world, told);
        for (const one of draws) await story.step(one);
        await story.end();
      } finally {
        await world.close();
      }
    }),
    { numRuns: runs, seed: Number(process.env.RECALL_SEED ?? 24), endOnFailure: true },
  );
  expect(told.recalled).toBeGreaterThan(runs);
  expect(told.given).toBeGreaterThan(runs * 5);
});
