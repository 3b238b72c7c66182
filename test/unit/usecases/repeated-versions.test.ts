import { repeats, type Told, withoutRepeats } from "../../../server/usecases/repeated-versions.ts";

interface Row extends Told {
  readonly id: string;
  readonly lane: string;
}
const row = (
  id: string,
  day: number,
  said: string,
  { cut = ["description"], originator = "US-FBI", lane = "a" } = {},
): Row => {
  const modified = `2026-03-0${day}T00:00:00.000Z`;
  const bytes = Buffer.from(JSON.stringify({ type: "tool", id: "tool--1", modified, name: said }));
  return { id, stixId: "tool--1", version: modified, cut, originator, lane, bytes };
};
const left = (rows: readonly Row[], own = false): string[] =>
  withoutRepeats(
    rows,
    () => own,
    ({ lane }) => lane,
  ).map(({ id }) => id);

test("versions of a chain – of which some differ in nothing but their date where a part is cut – those are gone, the first of each stays", () => {
  const rows = [row("3", 3, "b"), row("1", 1, "a"), row("2", 2, "a"), row("5", 5, "a"), row("4", 4, "b")];
  expect(left(rows)).toEqual(["3", "1", "5"]);
});

test("versions that say the same – with nothing cut, of one's own side, of two agencies, under another marking – all stand", () => {
  const two = (more: object, other: object = more): Row[] => [row("1", 1, "a", more), row("2", 2, "a", other)];
  expect(left(two({ cut: [] }))).toEqual(["1", "2"]);
  expect(left(two({}), true)).toEqual(["1", "2"]);
  expect(left(two({}, { originator: "JP-NPA" }))).toEqual(["1", "2"]);
  expect(left(two({}, { lane: "b" }))).toEqual(["1", "2"]);
  expect(left(two({}))).toEqual(["1"]);
});

test("one version – said twice, over two channels – both stand, and what repeats it goes", () => {
  expect(left([row("1", 1, "a"), row("1 again", 1, "a"), row("2", 2, "a")])).toEqual(["1", "1 again"]);
});

test("a version from which a part is cut for the first time – that says what the whole one said – is a repeat; the whole one is not", () => {
  const [whole, part] = [row("1", 1, "a", { cut: [] }), row("2", 2, "a")];
  expect([repeats(part, whole), repeats(whole, part)]).toEqual([true, false]);
});
