import * as fc from "fast-check";
import type { Agreement } from "../../../schemas/policy/agreement.ts";
import type { FieldRule, Label, ReleaseRow } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { Admissions, admittedLanes } from "../../../server/usecases/admission.ts";
import { type LabelEntry, labelEntry, type Snapshot } from "../../../server/usecases/snapshot.ts";

const NOON = Date.UTC(2026, 3, 11, 12);
const reader: Viewer = {
  ...{ id: "j1", role: "analyst", clearance: "S", topics: ["*"], pii: true, active: true },
  ...{ agency: "JP-NPA", country: "JPN" },
};
const entry = (id: string, until: number): LabelEntry => {
  const label: Label = {
    ...{ tlp: "GREEN", classification: "U", caveats: [], topics: [], originator: "KR-NIS", originatorCountry: "KOR" },
    ...{ state: "released", recipients: [], clientGrants: [], fieldRules: [] },
    releases: [
      {
        ...{ agreement: "TRI", countries: ["JPN"], agencies: "*", status: "on" },
        until: new Date(until).toISOString(),
      },
    ],
  };
  return labelEntry(id, label);
};
const snapshot = (labelList: readonly LabelEntry[], at: number): Snapshot => ({
  ...{
    revision: 1,
    agencies: new Map(),
    accounts: new Map(),
    orders: [],
    quarantines: [],
    labels: new Map(),
    viewer: () => reader,
  },
  agreements: { TRI: { parties: ["JPN", "KOR"], ceiling: "S", status: "in-force" } },
  ...{ labelList, labelCount: labelList.length, at, kept: true },
});

test.each([
  ["the first labels of a store", []],
  ["further labels", [entry("known", NOON + 600_000)]],
])("admission – %s come after a reader has asked – it stands until their own dates and not longer", (_, known) => {
  const admissions = new Admissions();
  admissions.of(reader, snapshot(known, NOON), "taxii");
  const labels = [...known, entry("young", NOON + 60_000)];
  const { until, lanes } = admissions.of(reader, snapshot(labels, NOON + 1000), "taxii");
  expect(until).toBe(NOON + 60_000);
  expect(lanes.size).toBe(labels.length);
  const later = admissions.of(reader, snapshot(labels, NOON + 60_000), "taxii");
  expect([...later.lanes.values()].map(({ entry: { id } }) => id)).toEqual(known.map(({ id }) => id));
});

test("admissions – more lanes than are kept – who asked longest ago is judged again, and everybody reads the same as before", () => {
  const admissions = new Admissions(2);
  const labels = snapshot([entry("one", NOON + 600_000)], NOON);
  const ask = (id: string) => {
    const { lanes } = admissions.of({ ...reader, id }, labels, "taxii");
    expect(lanes.size).toBe(1);
    return lanes;
  };
  const [first, second] = [ask("j1"), ask("j2")];
  expect(ask("j1")).toBe(first);
  ask("j3");
  expect(ask("j1")).toBe(first);
  const again = ask("j2");
  expect(again).not.toBe(second);
  expect([...again.keys()]).toEqual([...second.keys()]);
});

const IDS = ["TRI", "US-JP", "JP-KR", "PUBLIC"] as const;
const soon = fc.integer({ min: 1, max: 30 }).map((minutes) => new Date(NOON + minutes * 60_000).toISOString());
const agreement = fc.record<Agreement>(
  {
    parties: fc.subarray(["JPN", "KOR", "USA"], { minLength: 2 }),
    ceiling: fc.constantFrom("U", "C", "S"),
    status: fc.constantFrom("in-force", "suspended"),
    until: soon,
  },
  { requiredKeys: ["parties", "ceiling", "status"] },
);
/** One agreement is changed or taken out, or none is. */
const change = fc.option(fc.record({ id: fc.constantFrom(...IDS), to: fc.option(agreement) }), { freq: 3 });
const row = fc.record({
  agreement: fc.constantFrom(...IDS),
  countries: fc.subarray(["JPN", "USA"], { minLength: 1 }),
  agencies: fc.constantFrom<ReleaseRow["agencies"]>("*", "*", ["JP-NPA"], ["US-FBI"]),
  status: fc.constantFrom<ReleaseRow["status"]>("on", "on", "on", "off"),
});
const label = fc
  .record({
    tlp: fc.constantFrom<Label["tlp"]>("CLEAR", "CLEAR", "GREEN", "AMBER", "RED"),
    classification: fc.constantFrom<Label["classification"]>("U", "U", "U", "C"),
    caveats: fc.subarray<Label["caveats"][number]>(["NOATTRIB", "NOEXPORT"], { maxLength: 1 }),
    releases: fc.array(row, { minLength: 1, maxLength: 2 }),
    fieldRules: fc.constantFrom<FieldRule[]>(
      [],
      [{ selectors: ["description"], countries: ["KOR"] }],
      [{ selectors: ["description"], classification: "S" }],
    ),
  })
  .map(
    (drawn): Label => ({
      ...{ ...drawn, topics: [], originator: "KR-NIS", originatorCountry: "KOR", state: "released" },
      ...{ recipients: ["j1"], clientGrants: [] },
    }),
  );

test("admission – agreements, labels, the account and the time go on – what is kept of it is what a process that never asked before finds", () => {
  const step = fc.record({
    labels: fc.array(label, { maxLength: 6 }),
    change,
    minutes: fc.integer({ min: 0, max: 6 }),
    lower: fc.constantFrom(false, false, false, true),
    // Which labels are asked for; all lanes are gone through where this is null.
    asked: fc.option(fc.array(fc.nat({ max: 30 }), { maxLength: 8 }), { freq: 2 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 6 }), (steps) => {
      const admissions = new Admissions();
      const labelList: LabelEntry[] = [];
      const agreements: Record<string, Agreement> = {
        TRI: { parties: ["JPN", "KOR"], ceiling: "S", status: "in-force" },
      };
      let at = NOON;
      let revision = 0;
      for (const [i, { labels, change, minutes, lower, asked }] of steps.entries()) {
        labelList.push(...labels.map((one, n) => labelEntry(`label${i}x${n}`.padEnd(16, "-"), one)));
        if (change?.to) agreements[change.id] = change.to;
        else if (change) delete agreements[change.id];
        if (change || lower || steps[i - 1]?.lower) revision += 1;
        at += minutes * 60_000;
        // One list that grows, as the store's is.
        const now: Snapshot = { ...snapshot(labelList, at), revision, agreements: { ...agreements } };
        const asks: Viewer = lower ? { ...reader, clearance: "U" } : reader;
        const some = asked?.flatMap((n) => ["a", "b", "-"].map((tier) => `${labelList[n]?.id}${tier}`));
        const told = (known: Admissions): unknown => {
          const { lanes, until } = known.of(asks, now, "api");
          const found = some?.map((id) => [id, lanes.get(id)] as const) ?? [...lanes];
          // No date that is drawn comes after the hour that it is kept at most.
          return {
            until: Math.min(until, NOON + 3_600_000),
            lanes: found.map(([id, one]) => [id, one?.lane, one?.entry.id, one?.cut, lanes.has(id)]),
          };
        };
        const fresh = new Admissions();
        const whole = new Map(admittedLanes(asks, labelList, now, "api").map((lane) => [lane.lane, lane]));
        expect(new Map(fresh.of(asks, now, "api").lanes)).toEqual(whole);
        expect(told(admissions)).toEqual(told(fresh));
      }
    }),
    { numRuns: 1000 },
  );
});

test("admission – labels come after a reader has asked – none of them is judged before it asks again", () => {
  const admissions = new Admissions();
  const list = [entry("known", NOON + 600_000)];
  const { lanes } = admissions.of(reader, snapshot(list, NOON), "taxii");
  list.push(entry("young", NOON + 60_000));
  expect(lanes.get("younga")).toBeUndefined();
  // Its row has ended when the reader asks again.
  const later = admissions.of(reader, snapshot(list, NOON + 61_000), "taxii");
  expect([later.lanes.get("younga"), later.lanes.get("knowna")?.lane]).toEqual([undefined, "knowna"]);
});
