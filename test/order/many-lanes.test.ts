import { composeContent } from "../../server/compose.ts";
import { tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";

/** More than are read together (`walk-order.ts`). */
const LANES = 300;

let world: TemporaryWorld;
beforeAll(async () => {
  world = await TemporaryWorld.open();
});
afterAll(() => world.close());

test("pages of a reader of 300 lanes, some of which go on for long – by next and by added_after, of any size, over TAXII and REST – each object once, in the order in which they came", async () => {
  const label = (n: number) => ({
    tlp: "GREEN" as const,
    releases: [
      {
        ...{ agreement: "TRI" as const, countries: ["JPN" as const, "USA" as const], agencies: "*" as const },
        until: new Date(Date.UTC(2090, 0, 1) + n * 60_000).toISOString(),
      },
    ],
  });
  const posted: string[] = [];
  const post = async (name: string, n: number): Promise<void> => {
    world.at(START + posted.length * 1000, name);
    await world.post("feed-US-CISA", tool(name), { label: label(n) });
    posted.push(tool(name).id);
  };
  for (let n = 0; n < LANES; n++) {
    await post(`of its own ${n}`, n);
    if (n % 25 === 0) await post(`of the first ${n}`, 0);
    if (n % 40 === 39) await post(`of the one before ${n}`, n - 1);
  }
  world.at(START + 3_600_000, "poll");
  const { collections, content } = composeContent(world.core, world.steer.moments);
  const viewer = (await world.core.snapshots.read(world.storage, START)).viewer("j1");
  if (viewer === undefined) throw new Error("there is no j1");
  const follow = async (limit: number, from?: number): Promise<{ ids: string[]; places: number[] }> => {
    const [ids, places]: [string[], number[]] = [[], []];
    const after = from === undefined ? {} : { after: from };
    for (let next: string | undefined; ; ) {
      const ask = { collection: "originals" as const, limit, bodies: true, ...after };
      const page = await collections.page(viewer, world.steer.moments(), {
        ...ask,
        ...(next === undefined ? {} : { next }),
      });
      for (const { id, added } of page.entries) {
        if (!id.startsWith("tool--")) continue;
        ids.push(id);
        places.push(added);
      }
      next = page.next;
      if (next === undefined) return { ids, places };
    }
  };
  const whole = await follow(5000);
  expect(whole.ids).toEqual(posted);
  expect((await follow(7)).ids).toEqual(posted);
  for (const at of [0, 100, 280, posted.length - 3])
    expect((await follow(11, whole.places[at])).ids).toEqual(posted.slice(at + 1));
  const list = async (limit: number, from?: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let next: string | undefined; ; ) {
      const filters = {
        view: "originals" as const,
        type: "tool" as const,
        ...(from === undefined ? {} : { received_after: new Date(START + from * 1000).toISOString() }),
      };
      const page = JSON.parse(await content.list(viewer, world.steer.moments(), filters, limit, next)) as {
        objects: Array<{ id: string }>;
        next?: string;
      };
      ids.push(...page.objects.map(({ id }) => id));
      next = page.next;
      if (next === undefined) return ids;
    }
  };
  expect(await list(500)).toEqual(posted);
  expect(await list(13)).toEqual(posted);
  for (const at of [1, 100, 280, posted.length - 3]) expect(await list(11, at)).toEqual(posted.slice(at));
});
