import type { Agreements } from "../../../../schemas/policy/agreement.ts";
import type { Label } from "../../../../schemas/policy/label.ts";
import type { Viewer } from "../../../../schemas/policy/viewer.ts";
import { laneId } from "../../../../server/pipeline/lane.ts";
import { Lanes, Readers } from "../../../../server/storage/collections.ts";
import type { ReaderDoc } from "../../../../server/storage/documents.ts";
import type { Storage } from "../../../../server/storage/port.ts";
import { Admissions } from "../../../../server/usecases/admission.ts";
import { newestPlace, takePlaces } from "../../../../server/usecases/place-in-lanes.ts";
import { type LabelEntry, labelEntry, type Snapshot } from "../../../../server/usecases/snapshot.ts";
import { observe } from "../../../../server/usecases/taxii/observe.ts";
import { openTemporary } from "../../../support/temporary-store.ts";

const NOON = Date.UTC(2026, 3, 11, 12);
const MINUTE = 60_000;
const minute = (n: number): string => new Date(NOON + n * MINUTE).toISOString();

const READER: Viewer = {
  ...{ id: "j1", role: "analyst", clearance: "S", topics: ["*"], pii: true, active: true },
  ...{ agency: "JP-NPA", country: "JPN", categories: ["INT"] },
};
const TRI: Agreements = { TRI: { parties: ["USA", "JPN", "KOR"], ceiling: "S", status: "in-force" } };
const suspended: Agreements = { TRI: { parties: ["USA", "JPN", "KOR"], ceiling: "S", status: "suspended" } };
const lowered: Agreements = { TRI: { parties: ["USA", "JPN", "KOR"], ceiling: "U", status: "in-force" } };

const label = (more: Partial<Label> = {}): Label => ({
  ...{ tlp: "GREEN", classification: "U", caveats: [], topics: [], originator: "KR-NIS", originatorCountry: "KOR" },
  ...{ state: "released", recipients: [], clientGrants: [], fieldRules: [] },
  releases: [{ agreement: "TRI", countries: ["JPN"], agencies: "*", status: "on" }],
  ...more,
});

/** One reader, and what its observations come to: what is said of a label is said of its lane. */
class Desk {
  readonly #storage: Storage;
  #labels: LabelEntry[] = [];
  #revision = 1;
  #viewer = READER;
  #agreements = TRI;
  /** Minutes after noon. */
  now = 0;
  lastPage = 0;

  private constructor(storage: Storage) {
    this.#storage = storage;
  }

  static async open(...known: readonly string[]): Promise<Desk> {
    const desk = new Desk(await openTemporary());
    for (const name of known) await desk.comes(name);
    await desk.reads();
    return desk;
  }

  /** A label comes, with a row in its lane or without. */
  async comes(name: string, more: Partial<Label> = {}, rows = true): Promise<void> {
    this.#labels = [...this.#labels, labelEntry(name, label(more))];
    const place = (NOON + this.now * MINUTE) * 1000;
    if (rows)
      await this.#storage.transaction((unit) =>
        unit.collection(Lanes).insert([{ id: laneId(name, 0), first: place, newest: place }]),
      );
  }

  changes(change: { agreements?: Agreements; viewer?: Partial<Viewer> }): void {
    this.#revision++;
    this.#agreements = change.agreements ?? this.#agreements;
    this.#viewer = { ...this.#viewer, ...change.viewer };
  }

  /** What is observed when the reader reads now; as far as `observe` is told, its last page was at `lastPage`. */
  async reads(now = this.now): Promise<number | undefined> {
    this.now = now;
    const snapshot: Snapshot = {
      ...{
        revision: this.#revision,
        agencies: new Map(),
        accounts: new Map(),
        agreements: this.#agreements,
        orders: [],
        quarantines: [],
      },
      viewer: () => this.#viewer,
      ...{ labels: new Map(), labelList: this.#labels, labelCount: this.#labels.length, at: NOON + now * MINUTE },
      kept: true,
    };
    const admission = new Admissions().of(this.#viewer, snapshot, "taxii");
    const when = { now: snapshot.at, lastPage: NOON + this.lastPage * MINUTE };
    const given = await this.#storage.transaction((unit) => observe(unit, this.#viewer, snapshot, admission, when));
    this.lastPage = now;
    return given;
  }

  /** What is told of a label's lane: when it was opened and closed, in minutes; nothing for one that was open since its first row, or never. */
  async told(name: string): Promise<Array<{ from?: number; to?: number }>> {
    const at = ([since]: readonly [number, number]): number => (since / 1000 - NOON) / MINUTE;
    const { intervals } = await this.doc();
    return intervals
      .filter(({ lane }) => lane === laneId(name, 0))
      .map(({ from, to }) => ({
        ...(from === undefined ? {} : { from: at(from) }),
        ...(to === undefined ? {} : { to: at(to) }),
      }));
  }

  async doc(): Promise<ReaderDoc> {
    const doc = await this.#storage.collection(Readers).get(READER.id);
    if (doc === undefined) throw new Error("the reader was not observed");
    return doc;
  }

  get storage(): Storage {
    return this.#storage;
  }
}

let desk: Desk;
afterEach(() => desk.storage.close());

describe("a label that came since the last page", () => {
  test("posted while nothing changed – open since its first row: nothing is told of it", async () => {
    desk = await Desk.open("old");
    desk.now = 1;
    await desk.comes("young");
    expect(await desk.reads(2)).toBeUndefined();
    expect(await desk.told("young")).toEqual([]);
  });

  test("its embargo was over before that page – though nothing was written at that page – open since its first row", async () => {
    desk = await Desk.open("old");
    desk.lastPage = 5;
    desk.now = 6;
    await desk.comes("young", { embargoUntil: minute(3) });
    await desk.reads(7);
    expect(await desk.told("young")).toEqual([]);
  });

  test("its embargo ended after that page – read once it was over – a block", async () => {
    desk = await Desk.open("old");
    desk.lastPage = 2;
    desk.now = 6;
    await desk.comes("young", { embargoUntil: minute(3) });
    expect(await desk.reads(7)).toBeGreaterThan((NOON + 7 * MINUTE) * 1000);
    expect(await desk.told("young")).toEqual([{ from: 7 }]);
  });

  test("its release ended after that page – read then – closed, for it had been open", async () => {
    desk = await Desk.open("old");
    desk.now = 1;
    await desk.comes("young", {
      releases: [{ agreement: "TRI", countries: ["JPN"], agencies: "*", status: "on", until: minute(3) }],
    });
    await desk.reads(4);
    expect(await desk.told("young")).toEqual([{ to: 4 }]);
  });

  test("posted while the agreement was seen suspended – resumed – a block", async () => {
    desk = await Desk.open("old");
    desk.changes({ agreements: suspended });
    await desk.reads(1);
    desk.now = 2;
    await desk.comes("young");
    desk.changes({ agreements: TRI });
    await desk.reads(3);
    expect(await desk.told("young")).toEqual([{ from: 3 }]);
  });

  test("posted while the agreement was suspended and nobody looked – resumed – open since its first row", async () => {
    desk = await Desk.open("old");
    desk.changes({ agreements: suspended });
    desk.now = 2;
    await desk.comes("young");
    desk.changes({ agreements: TRI });
    await desk.reads(3);
    expect(await desk.told("young")).toEqual([]);
  });

  test("labelled anew for others while a suspension was not seen – seen then – closed like the label that it had before", async () => {
    desk = await Desk.open("old");
    desk.changes({ agreements: suspended });
    desk.now = 1;
    await desk.comes("young");
    await desk.reads(2);
    expect([await desk.told("old"), await desk.told("young")]).toEqual([[{ to: 2 }], [{ to: 2 }]]);
  });

  test("it never held a row – gained or lost – nothing is told", async () => {
    desk = await Desk.open("old");
    await desk.comes("empty", { embargoUntil: minute(1) }, false);
    expect(await desk.reads(2)).toBeUndefined();
    expect(await desk.told("empty")).toEqual([]);
  });
});

describe("a label that the reader was observed with", () => {
  test("an embargo – passed between two pages – a block in the range of the second", async () => {
    desk = await Desk.open("old");
    await desk.comes("dark", { embargoUntil: minute(3) });
    await desk.reads(1);
    expect(await desk.told("dark")).toEqual([]);
    await desk.reads(4);
    expect(await desk.told("dark")).toEqual([{ from: 4 }]);
    expect(await desk.told("old")).toEqual([]);
  });

  test("a suspension – that nobody saw – neither lost nor gained", async () => {
    desk = await Desk.open("old");
    desk.changes({ agreements: suspended });
    desk.changes({ agreements: TRI });
    expect(await desk.reads(1)).toBeUndefined();
    expect(await desk.told("old")).toEqual([]);
  });

  test("a suspension – seen – lost there, and gained where its end is seen", async () => {
    desk = await Desk.open("old");
    desk.changes({ agreements: suspended });
    await desk.reads(1);
    desk.changes({ agreements: TRI });
    await desk.reads(2);
    expect(await desk.told("old")).toEqual([{ to: 1 }, { from: 2 }]);
  });

  test("the reader moves to another agency – one label names the former – that one is lost; what reads alike stays as it was", async () => {
    desk = await Desk.open("old");
    await desk.comes("for-one", {
      releases: [{ agreement: "TRI", countries: ["JPN"], agencies: ["JP-NPA"], status: "on" }],
    });
    await desk.reads(1);
    desk.changes({ viewer: { agency: "JP-JAFIC" } });
    await desk.reads(2);
    expect([await desk.told("old"), await desk.told("for-one")]).toEqual([[], [{ to: 2 }]]);
  });

  test("the reader moves to the agency that wrote it – read as it was written now – lost and gained in one range", async () => {
    desk = await Desk.open("old");
    desk.changes({ viewer: { agency: "KR-NIS", country: "KOR" } });
    await desk.reads(1);
    expect(await desk.told("old")).toEqual([{ to: 1 }, { from: 1 }]);
    const [closed, opened] = (await desk.doc()).intervals;
    expect(closed?.to).toEqual(opened?.from);
  });

  test("the ceiling of an agreement is lowered – below what one of two is classified – that one is lost", async () => {
    desk = await Desk.open("old");
    await desk.comes("classified", { classification: "C" });
    await desk.reads(1);
    desk.changes({ agreements: lowered });
    await desk.reads(2);
    expect([await desk.told("old"), await desk.told("classified")]).toEqual([[], [{ to: 2 }]]);
  });

  test("a label that reads the same comes for others – the ceiling lowered meanwhile, as nobody saw – both are lost in one range", async () => {
    desk = await Desk.open("old");
    await desk.comes("classified", { classification: "C" });
    await desk.reads(1);
    desk.changes({ agreements: lowered });
    await desk.comes("again", { classification: "C", recipients: ["k3"] });
    await desk.reads(2);
    expect([await desk.told("classified"), await desk.told("again")]).toEqual([[{ to: 2 }], [{ to: 2 }]]);
  });
});

describe("the range of a step", () => {
  test("what others took before – at the same instant – does not move it; what is written afterwards stands behind it", async () => {
    desk = await Desk.open("old");
    const now = (NOON + MINUTE) * 1000;
    await desk.storage.transaction((unit) => takePlaces(unit, now));
    desk.changes({ agreements: suspended });
    expect(await desk.reads(1)).toBe(now + 20_000);
    expect((await desk.doc()).intervals[0]?.to).toEqual([now, now + 20_000]);
    expect(await newestPlace(desk.storage)).toBe(now);
  });

  test("a second step before the clock has passed the first – begins where that ends", async () => {
    desk = await Desk.open("old");
    desk.changes({ agreements: suspended });
    const first = (await desk.reads(1)) ?? 0;
    desk.changes({ agreements: TRI });
    expect(await desk.reads(1)).toBe(first + 20_000);
  });
});
