import fc from "fast-check";
import { laneId } from "../../server/pipeline/lane.ts";
import { Rows } from "../../server/storage/collections.ts";
import type { RowDoc } from "../../server/storage/documents.ts";
import type { Collection, CollectionSpec, Doc, Scan, Storage } from "../../server/storage/port.ts";
import { Admissions } from "../../server/usecases/admission.ts";
import { Renderer } from "../../server/usecases/render.ts";
import { Sight } from "../../server/usecases/sight.ts";
import { drawn } from "../support/drawn.ts";
import { type PairOptions, runPair, TwinDifference } from "./run-pair.ts";
import { SEATS } from "./seats.ts";
import { stories } from "./story.ts";

jest.setTimeout(600_000);

/** Which of the leaks that sit in functions is open now. */
const mockOpen = { receipts: false, stamps: false };

jest.mock("../../server/usecases/admission.ts", () => {
  const actual = jest.requireActual("../../server/usecases/admission.ts");
  return {
    ...actual,
    admittedLanes: (...args: unknown[]) => {
      const [, entries] = args as [unknown, Iterable<{ id: string }>];
      if (!mockOpen.receipts) return actual.admittedLanes(...args);
      return [...entries].map((entry) => ({ lane: `${entry.id}a`, entry, cut: [] }));
    },
  };
});
jest.mock("../../server/usecases/place-in-lanes.ts", () => {
  const actual = jest.requireActual("../../server/usecases/place-in-lanes.ts");
  return {
    ...actual,
    placeInLanes: async (unit: Storage, plans: unknown, now: number) => {
      const placed: RowDoc[] = await actual.placeInLanes(unit, plans, now);
      const before = mockOpen.stamps ? (await unit.collection(Rows).all({ limit: 100_000 })).length : 0;
      return placed.map((row) => ({ ...row, stamp: row.stamp + before * 1000 }));
    },
  };
});

/** A store whose scans of rows count what the caller may not see towards the limit. */
function countingHidden(storage: Storage): Storage {
  const leaky = (rows: Collection<RowDoc>): Collection<RowDoc> => ({
    ...rows,
    scan: async (scan: Scan) => {
      const page = await rows.scan(scan);
      if (scan.reverse === true || (scan.index !== "lane" && scan.index !== "kind")) return page;
      const hidden = (await rows.all({ limit: 100_000 })).filter(
        (row) => !scan.prefixes.some(([lane]) => lane === row.lane),
      );
      const last = page.at(-1);
      const among = hidden.filter(({ stamp }) => last !== undefined && stamp < last.stamp).length;
      return page.slice(0, Math.max(1, page.length - among));
    },
  });
  return {
    ...storage,
    collection: <T extends Doc>(spec: CollectionSpec<T>): Collection<T> =>
      spec.name === Rows.name
        ? (leaky(storage.collection(Rows)) as unknown as Collection<T>)
        : storage.collection(spec),
  };
}

interface Leak {
  readonly open: () => PairOptions;
}

const LEAKS: Readonly<Record<string, Leak>> = {
  "an admission that lets one hidden lane in": {
    open: () => {
      const real = Admissions.prototype.of;
      jest.spyOn(Admissions.prototype, "of").mockImplementation(function (this: Admissions, viewer, snapshot, channel) {
        const admission = real.call(this, viewer, snapshot, channel);
        const { lanes } = admission;
        const hidden = snapshot.labelList.find(({ id }) => ![...lanes.keys()].some((lane) => lane.startsWith(id)));
        if (hidden === undefined) return admission;
        const lane = laneId(hidden.id, 0);
        return { ...admission, lanes: new Map([...lanes, [lane, { lane, entry: hidden, cut: [] }]]) };
      });
      return {};
    },
  },
  "a page whose limit counts hidden rows": { open: () => ({ wrapStorage: countingHidden }) },
  "a receipt that says `unchanged` of what a colleague holds hidden": {
    open: () => {
      mockOpen.receipts = true;
      return {};
    },
  },
  "a fold that takes hidden contributions in": {
    open: () => {
      const real = Sight.prototype.placed;
      jest.spyOn(Sight.prototype, "placed").mockImplementation(function (this: Sight, row) {
        return real.call(this, row) ?? (row.fold === "value" && row.cut.length === 0 ? row : undefined);
      });
      return {};
    },
  },
  "an edge that is shown although an end is hidden": {
    open: () => {
      jest.spyOn(Sight.prototype, "present").mockImplementation(async (rows) => [...rows]);
      return {};
    },
  },
  "a label on the wire that names the rows of others": {
    open: () => {
      const real = Renderer.prototype.marking;
      jest.spyOn(Renderer.prototype, "marking").mockImplementation(function (this: Renderer, viewer, lane) {
        return { ...real.call(this, viewer, lane), releases: lane.entry.label.releases };
      });
      return {};
    },
  },
  "stamps that count all rows of the store": {
    open: () => {
      mockOpen.stamps = true;
      return {};
    },
  },
};

describe("the twin suite itself", () => {
  afterEach(() => {
    jest.restoreAllMocks();
    mockOpen.receipts = false;
    mockOpen.stamps = false;
  });

  /** Stories of an analyst without rights to personal data, whose colleagues post some. */
  const seat = SEATS.find(({ id }) => id === "k3");
  if (seat === undefined) throw new Error("there is no k3");
  const tales = fc.sample(stories(seat), { seed: 4, numRuns: 6 });

  /** How many of the stories it took to see all leaks. */
  let needed = 1;
  const noticed = async (options: PairOptions, most = tales.length): Promise<string> => {
    for (const [n, story] of tales.slice(0, most).entries()) {
      try {
        await runPair(story, options);
      } catch (error) {
        if (!(error instanceof TwinDifference)) throw error;
        needed = Math.max(needed, n + 1);
        return error.message;
      }
    }
    return "nothing";
  };

  const planted = Object.entries(LEAKS).filter((_, n) => n % drawn(1, 4) === 0);
  test.each(planted)("a planted leak – %s – is caught", async (_, leak) => {
    const told = await noticed(leak.open());
    if (process.env.TWIN_TALK !== undefined) console.log(told.slice(0, 600));
    expect(told).toMatch(/^(GET|POST) /);
  });

  test("no leak – the stories told in which leaks were looked for – nothing is seen", async () => {
    expect(await noticed({}, needed)).toBe("nothing");
  });
});
