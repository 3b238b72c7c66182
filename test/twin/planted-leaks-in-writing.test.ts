import { Rows } from "../../server/storage/collections.ts";
import type { RowDoc } from "../../server/storage/documents.ts";
import type { Storage, Unit } from "../../server/storage/port.ts";
import type { Sight } from "../../server/usecases/sight.ts";
import type { Leak } from "./leak-finder.ts";
import { plantedSuite } from "./planted-suite.ts";

jest.setTimeout(600_000);

/** Which leak is open now. */
const mockOpen = new Set<string>();
const mockAll = { limit: 100_000 };

jest.mock("../../server/usecases/admission.ts", () => {
  const actual = jest.requireActual("../../server/usecases/admission.ts");
  return {
    ...actual,
    admittedLanes: (...args: unknown[]) => {
      const [, entries] = args as [unknown, Iterable<{ id: string }>];
      if (!mockOpen.has("receipts")) return actual.admittedLanes(...args);
      return [...entries].map((entry) => ({ lane: `${entry.id}a`, entry, cut: [] }));
    },
  };
});
jest.mock("../../server/usecases/place-in-lanes.ts", () => {
  const actual = jest.requireActual("../../server/usecases/place-in-lanes.ts");
  return {
    ...actual,
    placeInLanes: async (unit: Storage, plans: unknown, now: number, held: unknown) => {
      const placed: RowDoc[] = await actual.placeInLanes(unit, plans, now, held);
      const before = mockOpen.has("stamps") ? (await unit.collection(Rows).all(mockAll)).length : 0;
      return placed.map((row) => ({ ...row, stamp: row.stamp + before * 1000 }));
    },
  };
});
jest.mock("../../server/usecases/plan-rows.ts", () => {
  const actual = jest.requireActual("../../server/usecases/plan-rows.ts");
  return {
    ...actual,
    planRows: (...args: unknown[]) => {
      const rows: RowDoc[] = actual.planRows(...args);
      const terms = rows[0]?.terms;
      return mockOpen.has("words") && terms !== undefined ? rows.map((row) => ({ ...row, terms })) : rows;
    },
  };
});
jest.mock("../../server/usecases/read-one.ts", () => {
  const actual = jest.requireActual("../../server/usecases/read-one.ts");
  return {
    ...actual,
    seenUnder: async (sight: Sight, id: string) => {
      const seen = await actual.seenUnder(sight, id);
      if (seen !== undefined || !mockOpen.has("duplicate")) return seen;
      const unit = Reflect.get(sight, "unit") as Unit;
      const [newest] = await unit.collection(Rows).find({ index: "stix", values: [id] });
      if (newest === undefined) return undefined;
      const { kind, fold, thing } = newest;
      return { id, kind, fold, thing, rows: [newest], newest };
    },
  };
});

const inFunction = (name: string) => (): void => void mockOpen.add(name);

const LEAKS: Readonly<Record<string, Leak>> = {
  "stamps that count all rows of the store": {
    tells: true,
    routes: ["GET /api/v1/objects"],
    open: inFunction("stamps"),
  },
  "a receipt that says `unchanged` of what a colleague holds hidden": {
    routes: ["POST /api/v1/ingest"],
    open: inFunction("receipts"),
  },
  "words of cut fields that are found": { tells: true, routes: ["GET /api/v1/objects"], open: inFunction("words") },
  "a duplicate of what the reviewer can't see that is taken": {
    seat: "rel-JP-NPA",
    routes: ["POST /api/v1/triage/reviews/{review}/duplicate"],
    open: inFunction("duplicate"),
  },
};

describe("the twin suite itself, over leaks in writing", () => {
  plantedSuite(LEAKS, () => mockOpen.clear());
});
