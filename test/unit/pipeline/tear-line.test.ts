import { tearLineOf } from "../../../server/pipeline/tear-line.ts";

const UUID = "11111111-1111-4111-8111-111111111111";
const NOW = Date.UTC(2026, 3, 11, 9, 30);
const PARENT = {
  ...{ type: "indicator", id: "indicator--22222222-2222-4222-8222-222222222222", name: "parent" },
  ...{ created: "2026-04-11T08:15:30.000Z", modified: "2026-04-11T00:00:00.000Z", valid_from: "2026-04-10T00:00:00Z" },
  ...{ first_seen: "2026-04-09T07:07:07Z", pattern: "[x:y = 'z']" },
  external_references: [{ source_name: "case", external_id: "2026-1234", url: "https://example.org/2026" }],
};
const torn = (given: object, parents: readonly object[] = [PARENT]): ReturnType<typeof tearLineOf> =>
  tearLineOf(given as never, parents as never, { uuid: UUID, now: NOW });

test("a tear-line – without id and dates – gets a random id and the day, and another day where its parent has that one", () => {
  expect(torn({ type: "indicator", name: "torn" })).toEqual({
    object: {
      ...{ type: "indicator", name: "torn", id: `indicator--${UUID}` },
      // Its parent was changed at this day's midnight.
      ...{ created: "2026-04-10T00:00:00.000Z", modified: "2026-04-10T00:00:00.000Z" },
    },
  });
  expect(torn({ type: "tool", name: "torn" }, [])).toMatchObject({ object: { created: "2026-04-11T00:00:00.000Z" } });
});

test("a tear-line of an observable – by its value – has the standard's id and no dates", () => {
  const torn4 = torn({ type: "ipv4-addr", value: "192.0.2.7" });
  expect(torn4).toEqual({
    object: { type: "ipv4-addr", value: "192.0.2.7", id: "ipv4-addr--fe609036-dbde-52d8-a120-35d115a7d338" },
  });
});

const PAIRED: readonly (readonly [string, object, string])[] = [
  ["its parent's id", { type: "tool", id: PARENT.id }, "id"],
  [
    "its parent's UUID in capitals",
    { type: "tool", description: "see 22222222-2222-4222-8222-222222222222".toUpperCase() },
    "description",
  ],
  ["an id that is made of something", { type: "tool", id: "tool--22222222-2222-5222-8222-222222222223" }, "id"],
  ["its parent's created to the minute", { type: "tool", created: "2026-04-11T08:15:01Z" }, "created"],
  ["its parent's modified, at midnight", { type: "tool", modified: "2026-04-11T00:00:00Z" }, "modified"],
  ["another date of its parent, elsewhere", { type: "tool", kill: [{ at: "2026-04-09T07:07:59Z" }] }, "kill[0].at"],
  [
    "its parent's case number",
    { type: "tool", external_references: [{ external_id: "2026-1234" }] },
    "external_references[0].external_id",
  ],
  [
    "its parent's address",
    { type: "tool", external_references: [{ url: "https://example.org/2026" }] },
    "external_references[0].url",
  ],
];
test.each(PAIRED)("a tear-line – with %s – is refused, and the place named", (_, given, path) => {
  expect(torn(given)).toMatchObject({ problem: { code: "tear_line.pairs", path } });
});

test("a tear-line – with a day that its parent has too, a date of its own, a random id – is taken as it is", () => {
  const given = {
    ...{ type: "indicator", id: "indicator--33333333-3333-4333-8333-333333333333", pattern: PARENT.pattern },
    ...{ valid_from: "2026-04-10T00:00:00Z", created: "2026-04-12T00:00:00Z", modified: "2026-04-12T01:00:00Z" },
  };
  expect(torn(given)).toEqual({ object: given });
});
