import { policyDecide } from "../../../server/cli/policy-decide.ts";
import { cases, givenCases } from "../../support/policy-cases.ts";

async function* pieces(bytes: Uint8Array | string, size: number): AsyncGenerator<Uint8Array | string> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.slice(i, i + size);
}

async function answers(input: AsyncIterable<Uint8Array | string>): Promise<unknown[]> {
  let out = "";
  await policyDecide(input, async (text) => {
    out += text;
  });
  expect(out === "" || out.endsWith("\n")).toBe(true);
  return out
    .split("\n")
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}

const one = async (line: string): Promise<unknown> => (await answers(pieces(`${line}\n`, 1 << 20)))[0];
const first = () => {
  const found = givenCases[0];
  if (found === undefined) throw new Error("the case file is empty");
  return structuredClone(found.ask) as unknown as Record<string, Record<string, unknown>> & { at: string };
};

test.each([1, 7, 1000, 1 << 20])(
  "policyDecide – all cases in pieces of %i bytes – every answer, in order",
  async (size) => {
    // A case whose date is no date is a refusal to `decide`, and a mistake in an ask.
    const good = cases.filter(({ id }) => id !== "M065" && id !== "M066");
    const some = size === 1 ? good.slice(0, 5) : good;
    const input = Buffer.from(some.map(({ ask }) => JSON.stringify(ask)).join("\n"));
    expect(await answers(pieces(input, size))).toEqual(some.map((worked) => worked.expect));
  },
);

test("policyDecide – the same asks again, spaced out and in another key order – the same answers", async () => {
  const spaced = givenCases.map(({ ask: { viewer, ...rest } }) =>
    JSON.stringify({ ...rest, viewer }, null, 1).replaceAll("\n", "\t"),
  );
  const twice = [...spaced, ...spaced].join("\r\n");
  expect(await answers(pieces(twice, 500))).toEqual([...givenCases, ...givenCases].map((worked) => worked.expect));
});

test.each<[string, (ask: ReturnType<typeof first>) => unknown, string, string]>([
  ["no viewer", ({ viewer: _, ...ask }) => ask, "bad_ask", "viewer"],
  ["an unknown role", (ask) => ({ ...ask, viewer: { ...ask.viewer, role: "king" } }), "bad_ask", "viewer.role"],
  [
    "no topics on the label",
    (ask) => ({ ...ask, label: { ...ask.label, topics: undefined } }),
    "bad_ask",
    "label.topics",
  ],
  [
    "a row without countries",
    (ask) => ({ ...ask, label: { ...ask.label, releases: [{ agreement: "TRI" }] } }),
    "bad_ask",
    "label.releases[0].countries",
  ],
  ["an unknown channel", (ask) => ({ ...ask, channel: "fax" }), "bad_ask", "channel"],
  ["a date in words", (ask) => ({ ...ask, at: "today" }), "bad_ask", "at"],
  ["an impossible date", (ask) => ({ ...ask, at: "2026-02-30T00:00:00Z" }), "bad_date", "at"],
  [
    "an impossible embargo",
    (ask) => ({ ...ask, label: { ...ask.label, embargoUntil: "2026-04-11T25:00:00Z" } }),
    "bad_date",
    "label.embargoUntil",
  ],
  ["a list", () => [], "bad_ask", ""],
  ["null", () => null, "bad_ask", ""],
])("policyDecide – %s – an error with its place", async (_, change, code, path) => {
  expect(await one(JSON.stringify(change(first())))).toEqual({ error: { code, path, message: expect.any(String) } });
});

test.each([
  ["cut off", '{"viewer":{"id":"u1"', "bad_json"],
  ["empty", "", "bad_json"],
  ["blanks", "  ", "bad_json"],
  ["words", "hello", "bad_json"],
  ["two asks on one line", "{}{}", "bad_json"],
  ["200,000 levels deep", "[".repeat(200_000), "bad_json"],
])("policyDecide – a line that is %s – an error, and the next line is answered", async (_, line, code) => {
  const good = JSON.stringify(first());
  expect(await answers(pieces(`${line}\n${good}\n`, 1 << 16))).toEqual([
    { error: { code, path: "", message: expect.any(String) } },
    givenCases[0]?.expect,
  ]);
});

test("policyDecide – broken JSON inside a value – never taken for the good one before it", async () => {
  const good = JSON.stringify(first());
  const broken = good.replace('"topics":[]', '"topics":[,]');
  expect(broken).not.toBe(good);
  const [a, b, c] = await answers(pieces([good, broken, good].join("\n"), 1 << 16));
  expect([a, c]).toEqual([givenCases[0]?.expect, givenCases[0]?.expect]);
  expect(b).toMatchObject({ error: { code: "bad_json" } });
});

test("policyDecide – a key twice – the last one counts, as in JSON.parse", async () => {
  const ask = first();
  const line = JSON.stringify(ask);
  const blind = JSON.stringify({ ...ask.viewer, active: false });
  expect(await one(`{"viewer":${blind},${line.slice(1)}`)).toEqual(givenCases[0]?.expect);
  expect(await one(`${line.slice(0, -1)},"viewer":${blind}}`)).toEqual({ verdict: "hidden", because: "account" });
});

test("policyDecide – unknown keys, __proto__ among them – passed over", async () => {
  const ask = first();
  const line = JSON.stringify({ ...ask, extra: 1, viewer: { ...ask.viewer, name: "x" } });
  expect(await one(line.replace('"extra":1', '"extra":1,"__proto__":{"at":"x"}'))).toEqual(givenCases[0]?.expect);
});

test("policyDecide – an account that does not say that it is active – taken as active", async () => {
  const ask = first();
  const { active: _, ...viewer } = ask.viewer as Record<string, unknown>;
  expect(await one(JSON.stringify({ ...ask, viewer }))).toEqual(givenCases[0]?.expect);
});

test("policyDecide – bytes that are no UTF-8, and a line over the limit – errors of their own", async () => {
  const bad = Buffer.concat([Buffer.from('{"viewer":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]);
  expect(await answers(pieces(bad, 4))).toMatchObject([{ error: { code: "bad_utf8" } }]);
  const long = `${" ".repeat(5 * 1024 * 1024)}\n{}\n`;
  expect(await answers(pieces(long, 1 << 16))).toMatchObject([
    { error: { code: "too_large" } },
    { error: { code: "bad_ask" } },
  ]);
});

test("policyDecide – no input – no output", async () => {
  expect(await answers(pieces("", 10))).toEqual([]);
});

test("policyDecide – a writer that is slow – waited for, nothing lost", async () => {
  const many = Array.from({ length: 3000 }, () => JSON.stringify(first())).join("\n");
  let [busy, count] = [false, 0];
  await policyDecide(pieces(many, 1 << 16), async (text) => {
    expect(busy).toBe(false);
    busy = true;
    await new Promise((done) => setTimeout(done, 1));
    busy = false;
    count += text.split("\n").length - 1;
  });
  expect(count).toBe(3000);
});
