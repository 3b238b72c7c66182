import type { StixJson } from "../../server/pipeline/steps.ts";
import { sampleUuid } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { READERS } from "./history.ts";
import { OrderWorld } from "./order-world.ts";

jest.setTimeout(60_000);

const READER = "reads-npa";
const CREATED = "2026-03-01T00:00:00.000Z";
const tool = (name: string): StixJson => ({
  ...{ type: "tool", spec_version: "2.1", id: `tool--${sampleUuid(name)}` },
  ...{ created: CREATED, modified: CREATED, name },
});
const [LOST, OTHER] = [tool("lost and there again"), tool("there meanwhile")];

test("a marking – whose label was lost, passed by a second client meanwhile, and is there again – comes again before what carries it", async () => {
  const world = await OrderWorld.open(READERS.filter(({ id }) => id === READER));
  let now = START;
  const later = (): void => {
    now += 1000;
    world.at(now);
  };
  const read = async (after?: number): Promise<{ ids: string[]; last: number | undefined }> => {
    later();
    const entries = await world.all(READER, { collection: "originals", ...(after === undefined ? {} : { after }) });
    return { ids: entries.map(({ id }) => id), last: entries.at(-1)?.added };
  };
  try {
    later();
    const everyone = { agreement: "TRI", countries: ["USA", "JPN", "KOR"], agencies: "*" as const };
    await world.post("feed-KR-NIS", [LOST], { tlp: "GREEN", releases: [everyone] });
    const first = await read();
    expect(first.ids).toEqual([expect.stringMatching(/^marking-definition--/), LOST.id]);
    later();
    await world.changeAgreement("TRI", { status: "suspended" });
    later();
    const two = { agreement: "US-JP", countries: ["USA", "JPN"], agencies: "*" as const };
    await world.post("feed-US-CISA", [OTHER], { tlp: "GREEN", releases: [two] });
    const second = await read();
    expect(second.ids).toEqual([expect.stringMatching(/^marking-definition--/), OTHER.id]);
    later();
    await world.changeAgreement("TRI", { status: "in-force" });
    const again = await read(second.last);
    expect(again.ids).toEqual(first.ids);
    // Where it was told of anew it stays, for whoever begins anew too.
    expect((await read(second.last)).ids).toEqual(first.ids);
    expect((await read()).ids).toEqual([...second.ids, ...first.ids]);
  } finally {
    await world.close();
  }
});
