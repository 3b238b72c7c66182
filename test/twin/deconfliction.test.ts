import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { DECONFLICTION } from "../../server/policy/deconfliction.ts";
import { sampleUuid } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Ask, type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { compare } from "./compare.ts";

/**
 * Deconfliction through the asker's eyes (policy 8): pairs of worlds that differ in who else holds what is asked about, and in all that these do short of agreeing.
 * Every answer to the asker is the same, byte for byte, through the whole life of a ticket and after it.
 */
const HOUR = 3_600_000;
const { lasts, again } = DECONFLICTION;
const PATH = "/api/v1/deconfliction";
const VALUES = ["203.0.113.7", "203.0.113.8"] as const;
const [FIRST, SECOND] = VALUES;

const address = (value: string, by: string): StixJson => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", id: `ipv4-addr--${sampleUuid(`${value} ${by}`)}`, value },
});
interface Step {
  /** Hours after the asking; before it where negative. */
  readonly at: number;
  readonly do: (world: TemporaryWorld) => Promise<void>;
}
const says =
  (as: string, value: string, label: LabelRequest = { tlp: "RED" }) =>
  async (world: TemporaryWorld): Promise<void> => {
    const reply = await world.post(as, address(value, as), { label });
    if ((reply.json as { counts: { created: number } }).counts.created !== 1) throw new Error(reply.body.toString());
  };
const sends =
  (as: string, ask: Ask, status: number) =>
  async (world: TemporaryWorld): Promise<void> => {
    const reply = await world.ask(as, ask);
    if (reply.status !== status) throw new Error(`${as} ${ask.path}: ${reply.status} ${reply.body.toString()}`);
  };
/** Its releaser declines whatever it is asked: at least so much. */
const declines =
  (as: string, least: number) =>
  async (world: TemporaryWorld): Promise<void> => {
    const { json } = await world.ask(as, { method: "GET", path: `${PATH}/asked` });
    const { asks } = json as { asks: { ask: string }[] };
    if (asks.length < least) throw new Error(`${as} is asked ${asks.length} times`);
    for (const { ask } of asks) await sends(as, { method: "POST", path: `${PATH}/asked/${ask}/decline` }, 200)(world);
  };
const withdraws =
  (as: string, value: string) =>
  async (world: TemporaryWorld): Promise<void> => {
    const { json } = await world.ask(as, { method: "GET", path: `/api/v1/mine?id=${address(value, as).id}` });
    const [post] = (json as { posts: { id: string }[] }).posts;
    await sends(
      as,
      { method: "POST", path: `/api/v1/objects/${post?.id}/withdraw`, body: { reason: "gone" } },
      200,
    )(world);
  };
const asks = (as: string, value: string, topic: string): ((world: TemporaryWorld) => Promise<void>) =>
  sends(as, { method: "POST", path: PATH, body: { value, topic } }, 202);

/** What one world has and its twin has not. */
const HIDDEN: readonly (readonly [what: string, steps: readonly Step[]])[] = [
  ["somebody holds it, and is silent", [{ at: -1, do: says("k1", FIRST) }]],
  [
    "somebody holds it, and declines",
    [
      { at: -1, do: says("k1", FIRST) },
      { at: 2, do: declines("rel-KR-NIS", 1) },
    ],
  ],
  [
    "three hold it, two of both values; some decline late",
    [
      { at: -3, do: says("k1", FIRST) },
      { at: -2, do: says("k1", SECOND) },
      { at: -1, do: says("u1", FIRST, { tlp: "AMBER+STRICT" }) },
      { at: -1, do: says("u1", SECOND, { tlp: "AMBER", caveats: ["NATL"] }) },
      { at: 20, do: declines("rel-KR-NIS", 2) },
      { at: 71, do: declines("rel-US-FBI", 1) },
    ],
  ],
  [
    "somebody holds it and withdraws it, another says it after the asking",
    [
      { at: -2, do: says("k1", FIRST) },
      { at: 1, do: withdraws("k1", FIRST) },
      { at: 3, do: says("u1", FIRST) },
    ],
  ],
  [
    "a colleague has asked the same of what only that one may see",
    [
      { at: -5, do: says("rel-JP-NPA", FIRST) },
      { at: -4, do: says("k1", FIRST) },
      { at: -2, do: asks("rel-JP-NPA", FIRST, "crypto") },
      { at: 5, do: declines("rel-KR-NIS", 1) },
    ],
  ],
];

/** Tells both worlds, and asks the same of both between the steps, at the same instants. */
async function life(as: string, topic: string, steps: readonly Step[]): Promise<Reply[]> {
  const [a, b] = await Promise.all([TemporaryWorld.open(), TemporaryWorld.open()]);
  const begun = START + 100 * HOUR;
  const replies: Reply[] = [];
  let n = 0;
  const both = async (now: number, ask: Ask): Promise<Reply> => {
    n += 1;
    for (const world of [a, b]) world.at(now + n, `viewer/${n}`);
    const [one, other] = [await a.ask(as, ask), await b.ask(as, ask)];
    compare(ask, one, other);
    replies.push(one);
    return one;
  };
  try {
    const tell = async (from: number, to: number): Promise<void> => {
      for (const [i, step] of steps.entries())
        if (step.at > from && step.at <= to) {
          a.at(begun + step.at * HOUR - 60_000, `step/${i}`);
          await step.do(a);
        }
    };
    await tell(-100, -1);
    for (const world of [a, b])
      for (const value of VALUES) {
        world.at(begun - 30_000, `own/${value}`);
        await says(as, value, { tlp: "AMBER" })(world);
      }
    await tell(-1, 0);
    const read = async (now: number): Promise<void> => {
      const { json } = await both(now, { method: "GET", path: PATH });
      for (const { ticket } of (json as { tickets: { ticket: string }[] }).tickets)
        await both(now, { method: "GET", path: `${PATH}/${ticket}` });
      await both(now, { method: "GET", path: `${PATH}/${sampleUuid("no ticket")}` });
      await both(now, { method: "GET", path: `${PATH}/asked` });
      for (const value of VALUES) await both(now, { method: "GET", path: `/api/v1/objects?value=${value}` });
    };
    const asking = async (now: number): Promise<void> => {
      for (const value of [...VALUES, "203.0.113.99"])
        await both(now, { method: "POST", path: PATH, body: { value, topic } });
    };
    await asking(begun);
    let before = 0;
    for (const hours of [1, 2, 6, 24, 71, lasts / HOUR, lasts / HOUR + 1, (again + lasts) / HOUR]) {
      await tell(before, hours);
      before = hours;
      await read(begun + hours * HOUR);
      if ([2, 71, lasts / HOUR + 1].includes(hours)) await asking(begun + hours * HOUR);
    }
    return replies;
  } finally {
    await Promise.all([a, b].map((world) => world.close()));
  }
}

const WITH_A_COLLEAGUE = HIDDEN.filter(([what]) => what.startsWith("a colleague"));
test.each([
  ...HIDDEN.map(([what, steps]) => ["j1", "crypto", what, steps] as const),
  ...WITH_A_COLLEAGUE.map(([what, steps]) => ["j4", "itworker", what, steps] as const),
])(
  "asked by %s on %s; %s – nobody agrees – every answer is the same as where nobody holds it",
  async (as, topic, _, steps) => {
    const replies = await life(as, topic, steps);
    const outcomes = replies.flatMap(({ json }) => (json as { outcome?: string } | undefined)?.outcome ?? []);
    expect(new Set(outcomes)).toEqual(new Set(["waiting", "no contact offered"]));
    expect(replies.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(8);
  },
);

test("the pairs – where somebody agrees – are no twins any more: the comparison would see a match", async () => {
  const agrees = async (world: TemporaryWorld): Promise<void> => {
    const { json } = await world.ask("rel-KR-NIS", { method: "GET", path: `${PATH}/asked` });
    const [one] = (json as { asks: { ask: string }[] }).asks;
    await sends("rel-KR-NIS", { method: "POST", path: `${PATH}/asked/${one?.ask}/consent` }, 200)(world);
  };
  const steps: Step[] = [
    { at: -1, do: says("k1", FIRST) },
    { at: 2, do: agrees },
  ];
  await expect(life("j1", "crypto", steps)).rejects.toThrow(/KR-NIS/);
});
