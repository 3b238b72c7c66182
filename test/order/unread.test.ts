import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import type { CollectionName } from "../../server/usecases/taxii/collection-page.ts";
import { sampleUuid } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { READERS } from "./history.ts";
import { OrderWorld, type Stored } from "./order-world.ts";

jest.setTimeout(60_000);

const READER = "reads-npa";
const CREATED = "2026-03-01T00:00:00.000Z";
const EVERYONE: LabelRequest = {
  tlp: "GREEN",
  releases: [{ agreement: "TRI", countries: ["USA", "JPN", "KOR"], agencies: "*" }],
};
const HIDDEN: LabelRequest = { tlp: "AMBER+STRICT" };

const tool = (name: string, day = 1): StixJson => ({
  ...{ type: "tool", spec_version: "2.1", id: `tool--${sampleUuid(name)}` },
  ...{ created: CREATED, modified: `2026-03-0${day}T00:00:00.000Z`, name: `${name} ${day}` },
});
const address = (sender: string): StixJson => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", id: `ipv4-addr--${sampleUuid(sender)}`, value: "198.51.100.7" },
});
const END = tool("the end of all pages");

/** A world with one reader, in which every step is a second later than the one before. */
class Watch {
  readonly #world: OrderWorld;
  #now = START;

  private constructor(world: OrderWorld) {
    this.#world = world;
  }

  static open = async (): Promise<Watch> => new Watch(await OrderWorld.open(READERS.filter(({ id }) => id === READER)));

  later(ms = 1000): void {
    this.#now += ms;
    this.#world.at(this.#now);
  }

  async post(as: string, object: StixJson, request = EVERYONE): Promise<Stored> {
    this.later();
    const [made] = await this.#world.post(as, [object], request);
    if (made === undefined) throw new Error("nothing was made");
    return made;
  }

  async withdraw({ contribution, label }: Stored): Promise<void> {
    this.later();
    await this.#world.relabel(contribution, { ...label, state: "withdrawn" });
  }

  /** What the reader is given of what is no marking, and where. */
  async read(collection: CollectionName, more: { ids?: string[]; after?: number } = {}): Promise<StandsAt[]> {
    this.later();
    const entries = await this.#world.all(READER, { collection, ...more });
    return entries
      .filter(({ id }) => !id.startsWith("marking-definition--"))
      .map(({ added, text }) => ({ added, object: JSON.parse(text) as StixJson }));
  }

  close = (): Promise<void> => this.#world.close();
}

interface StandsAt {
  readonly added: number;
  readonly object: StixJson;
}

const words = (entries: readonly StandsAt[]): unknown[] => entries.map(({ object }) => object.name ?? object.value);

let watch: Watch;
beforeEach(async () => {
  watch = await Watch.open();
});
afterEach(() => watch.close());

describe("something that came and went", () => {
  test("a newer version – while the account read nothing – the one before stays where it stood", async () => {
    await watch.post("feed-KR-NIS", tool("told"));
    await watch.post("feed-KR-NIS", END);
    const before = await watch.read("originals");
    expect(words(before)).toEqual(["told 1", "the end of all pages 1"]);
    await watch.withdraw(await watch.post("feed-KR-NIS", tool("told", 2)));
    expect(await watch.read("originals", { after: before.at(-1)?.added ?? 0 })).toEqual([]);
    expect(await watch.read("originals")).toEqual(before);
  });

  test("a newer version – while the account read – the one before is given again where that was lost", async () => {
    await watch.post("feed-KR-NIS", tool("told"));
    const newer = await watch.post("feed-KR-NIS", tool("told", 2));
    const before = await watch.read("originals");
    expect(words(before)).toEqual(["told 2"]);
    await watch.withdraw(newer);
    expect(words(await watch.read("originals", { after: before.at(-1)?.added ?? 0 }))).toEqual(["told 1"]);
  });

  test("a second source of a value – while the account read nothing – the fold stays where it stood", async () => {
    await watch.post("feed-KR-NIS", address("first"));
    await watch.post("feed-KR-NIS", END);
    const before = await watch.read("consolidated");
    expect(words(before)).toEqual(["198.51.100.7", "the end of all pages 1"]);
    await watch.withdraw(await watch.post("feed-US-CISA", address("second")));
    expect(await watch.read("consolidated", { after: before.at(-1)?.added ?? 0 })).toEqual([]);
    expect(await watch.read("consolidated")).toEqual(before);
  });

  test("a second source of a value – while the account read – the fold is given again where it was lost", async () => {
    await watch.post("feed-KR-NIS", address("first"));
    const second = await watch.post("feed-US-CISA", address("second"));
    const before = await watch.read("consolidated");
    await watch.withdraw(second);
    expect(words(await watch.read("consolidated", { after: before.at(-1)?.added ?? 0 }))).toEqual(["198.51.100.7"]);
  });

  test("a second source of a value that was given, lost and recalled – while the account read nothing – is not recalled again", async () => {
    await watch.withdraw(await watch.post("feed-KR-NIS", address("unread")));
    const first = await watch.post("feed-KR-NIS", address("first"));
    await watch.read("consolidated");
    await watch.withdraw(first);
    const before = await watch.read("recalls");
    expect(before).toHaveLength(1);
    await watch.withdraw(await watch.post("feed-US-CISA", address("second")));
    expect(await watch.read("recalls")).toEqual(before);
  });

  test("the same – while the account read recalls – is recalled at its last loss", async () => {
    const first = await watch.post("feed-KR-NIS", address("first"));
    const other = await watch.post("feed-KR-NIS", tool("lost with it"));
    const [fold] = await watch.read("consolidated");
    await watch.withdraw(first);
    const second = await watch.post("feed-US-CISA", address("second"));
    await watch.withdraw(other);
    const ofFold = async (): Promise<number[]> =>
      (await watch.read("recalls")).flatMap(({ added, object }) =>
        (object.object_refs as unknown[]).includes(fold?.object.id) ? [added] : [],
      );
    expect(await ofFold()).toEqual([]);
    await watch.withdraw(second);
    const [place, ...more] = await ofFold();
    expect(place).toBeGreaterThan((START + 8000) * 1000);
    expect(more).toEqual([]);
  });
});

test.each([
  ["nothing", []],
  ["a label that it does not see", [HIDDEN]],
])(
  "a post whose embargo was over before the last page – since which %s had come – stands where it was posted",
  async (_, hidden) => {
    const until = formatInstant(START + 60_000);
    await watch.read("originals");
    for (const request of hidden) await watch.post("feed-KR-NIS", tool("dark"), request);
    watch.later(120_000);
    expect(await watch.read("originals")).toEqual([]);
    await watch.post("feed-KR-NIS", tool("told"), { ...EVERYONE, embargoUntil: until });
    const [told] = await watch.read("originals");
    const posted = START + 1000 + hidden.length * 1000 + 120_000 + 1000 + 1000;
    expect(told?.added).toBe(posted * 1000);
  },
);
