import type { Label } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { Admissions } from "../../../server/usecases/admission.ts";
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
  const ask = (id: string) => admissions.of({ ...reader, id }, labels, "taxii").lanes;
  const [first, second] = [ask("j1"), ask("j2")];
  expect(ask("j1")).toBe(first);
  ask("j3");
  expect(ask("j1")).toBe(first);
  const again = ask("j2");
  expect(again).not.toBe(second);
  expect([...again.keys()]).toEqual([...second.keys()]);
});
