import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { sampleUuid } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { READERS } from "./history.ts";
import { OrderWorld, type Stored } from "./order-world.ts";

jest.setTimeout(60_000);

const READER = "reads-npa";
const CREATED = "2026-03-01T00:00:00.000Z";
const EVERYONE: ReleaseRow = { agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*", status: "on" };
const tool = (name: string): StixJson => ({
  ...{ type: "tool", spec_version: "2.1", id: `tool--${sampleUuid(name)}` },
  ...{ created: CREATED, modified: CREATED, name },
});
const [LEFT, RIGHT] = [tool("left"), tool("right")];
const EDGE: StixJson = {
  ...{ type: "relationship", spec_version: "2.1", id: `relationship--${sampleUuid("between")}` },
  ...{ created: CREATED, modified: CREATED, relationship_type: "related-to" },
  ...{ source_ref: LEFT.id, target_ref: RIGHT.id },
};

/** One reader and two tools with an edge between them, a second for each step. */
class Scene {
  readonly #world: OrderWorld;
  readonly #stored = new Map<unknown, Stored>();
  #now = START;

  constructor(world: OrderWorld) {
    this.#world = world;
  }

  later(ms = 1000): void {
    this.#now += ms;
    this.#world.at(this.#now);
  }

  async post(...objects: StixJson[]): Promise<void> {
    this.later();
    const { status: _, ...row } = EVERYONE;
    const request = { tlp: "GREEN" as const, releases: [row] };
    for (const stored of await this.#world.post("feed-KR-NIS", objects, request))
      this.#stored.set(stored.object.id, stored);
  }

  async relabel({ id }: StixJson, change: Partial<Label>): Promise<void> {
    this.later();
    const stored = this.#stored.get(id);
    if (stored === undefined) throw new Error(`${String(id)} was not posted`);
    await this.#world.relabel(stored.contribution, { ...stored.label, ...change });
  }

  /** Ids of what there is, without markings. */
  async read(): Promise<string[]> {
    this.later();
    const entries = await this.#world.all(READER, { collection: "originals", versions: { all: true } });
    return entries.flatMap(({ id }) => (id.startsWith("marking-definition--") ? [] : [id])).sort();
  }

  async recalled(): Promise<unknown[]> {
    this.later();
    const notes = await this.#world.all(READER, { collection: "recalls" });
    return notes.flatMap(({ text }) => (JSON.parse(text) as { object_refs: string[] }).object_refs).sort();
  }

  minutes(n: number): string {
    return formatInstant(Math.floor(this.#now / 60_000) * 60_000 + n * 60_000);
  }
}

async function inScene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const world = await OrderWorld.open(READERS.filter(({ id }) => id === READER));
  try {
    await play(new Scene(world));
  } finally {
    await world.close();
  }
}

test("recalls – where one end of an edge was there only while the other was not – do not name the edge", () =>
  inScene(async (scene) => {
    await scene.post(RIGHT, EDGE);
    expect(await scene.read()).toEqual([RIGHT.id]);
    await scene.relabel(RIGHT, { embargoUntil: scene.minutes(5) });
    await scene.post(LEFT);
    expect(await scene.read()).toEqual([LEFT.id]);
    await scene.relabel(LEFT, { state: "withdrawn" });
    expect(await scene.read()).toEqual([]);
    scene.later(600_000);
    expect(await scene.read()).toEqual([RIGHT.id]);
    expect(await scene.recalled()).toEqual([LEFT.id]);
  }));

test("recalls – where an edge went with an end, was withdrawn itself, and the end came and went once more – name the edge", () =>
  inScene(async (scene) => {
    await scene.post(LEFT, RIGHT, EDGE);
    expect(await scene.read()).toEqual([EDGE.id, LEFT.id, RIGHT.id].sort());
    await scene.relabel(LEFT, { releases: [] });
    expect(await scene.read()).toEqual([RIGHT.id]);
    await scene.relabel(EDGE, { state: "withdrawn" });
    await scene.relabel(LEFT, { releases: [EVERYONE] });
    expect(await scene.read()).toEqual([LEFT.id, RIGHT.id].sort());
    await scene.relabel(LEFT, { releases: [] });
    expect(await scene.read()).toEqual([RIGHT.id]);
    expect(await scene.recalled()).toEqual([EDGE.id, LEFT.id].sort());
  }));
