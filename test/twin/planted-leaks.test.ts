import { createHash } from "node:crypto";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { laneId } from "../../server/pipeline/lane.ts";
import { Fault } from "../../server/shared/fault.ts";
import { Audit, Given, Labels, ReviewEntries, Rows } from "../../server/storage/collections.ts";
import type { RowDoc } from "../../server/storage/documents.ts";
import type { Storage, Unit } from "../../server/storage/port.ts";
import { Admissions } from "../../server/usecases/admission.ts";
import { Content } from "../../server/usecases/content.ts";
import { Renderer } from "../../server/usecases/render.ts";
import { Sight } from "../../server/usecases/sight.ts";
import type { Leak } from "./leak-finder.ts";
import { plantedSuite } from "./planted-suite.ts";

jest.setTimeout(600_000);

/** Which of the leaks that sit in functions is open now. */
const mockOpen = new Set<string>();
const mockAll = { limit: 100_000 };

/** Rows of anybody under an id, sender's or consolidated. */
async function mockRowsUnder(unit: Unit, id: string): Promise<RowDoc[]> {
  const rows = unit.collection(Rows);
  const uuid = id.slice(id.indexOf("--") + 2);
  return [
    ...(await rows.find({ index: "stix", values: [id] })),
    ...(await rows.find({ index: "thing", values: [uuid] })),
  ];
}
const mockUnitOf = (sight: Sight): Unit => Reflect.get(sight, "unit") as Unit;
const mockUuid = (text: string): string => {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

jest.mock("../../server/usecases/ingest-batch.ts", () => {
  const actual = jest.requireActual("../../server/usecases/ingest-batch.ts");
  return {
    ...actual,
    ingestBatch: async (parts: { storage: Storage }, ...rest: unknown[]) => {
      const { storage } = parts;
      const taken = new Set<string>();
      if (mockOpen.has("taken"))
        for (const { stixId } of await storage.collection(Rows).all(mockAll)) taken.add(stixId);
      const made = await actual.ingestBatch(parts, ...rest);
      if (mockOpen.has("batch"))
        return { ...made, batch: mockUuid(`${(await storage.collection(Rows).all(mockAll)).length}`) };
      if (mockOpen.has("audit"))
        return { ...made, receipt: mockUuid(`${(await storage.collection(Audit).all(mockAll)).length}`) };
      if (!mockOpen.has("taken")) return made;
      const results = made.results.map((result: { id: string; outcome: string }) =>
        result.outcome === "created" && taken.has(result.id) ? { ...result, outcome: "updated" } : result,
      );
      return { ...made, results };
    },
  };
});
jest.mock("../../server/usecases/read-objects.ts", () => {
  const actual = jest.requireActual("../../server/usecases/read-objects.ts");
  return {
    ...actual,
    readPage: async (...asked: [Unit, unknown, Sight, Renderer, unknown, { limit: number }]) => {
      const [unit, heads, sight, renderer, key, ask] = asked;
      if (!mockOpen.has("limit")) return actual.readPage(...asked);
      const rows = await unit.collection(Rows).all(mockAll);
      const hidden = rows.filter(({ lane }) => !sight.admission.lanes.has(lane)).length;
      return actual.readPage(unit, heads, sight, renderer, key, { ...ask, limit: 1 + (hidden % ask.limit) });
    },
  };
});
jest.mock("../../server/usecases/read-one.ts", () => {
  const actual = jest.requireActual("../../server/usecases/read-one.ts");
  return {
    ...actual,
    readOne: async (sight: Sight, renderer: Renderer, id: string) => {
      try {
        return await actual.readOne(sight, renderer, id);
      } catch (error) {
        const unit = mockUnitOf(sight);
        const there = mockOpen.has("forbidden") || mockOpen.has("withdrawn") ? await mockRowsUnder(unit, id) : [];
        if (mockOpen.has("forbidden") && there.length > 0) throw new Fault("forbidden", "not for you");
        const labels = await unit.collection(Labels).getMany(there.map(({ label }) => label));
        if (mockOpen.has("withdrawn") && labels.some(({ label }) => label.state === "withdrawn"))
          throw new Fault("forbidden", "this was withdrawn");
        throw error;
      }
    },
  };
});
jest.mock("../../server/usecases/triage-summary.ts", () => {
  const actual = jest.requireActual("../../server/usecases/triage-summary.ts");
  return {
    ...actual,
    summarise: async (unit: Unit, ...rest: unknown[]) => {
      const made = await actual.summarise(unit, ...rest);
      if (!mockOpen.has("summary")) return made;
      const waiting = (await unit.collection(ReviewEntries).all(mockAll)).filter(({ place }) =>
        place.startsWith(`${made.country}|open|`),
      );
      const [first, ...others] = made.classes;
      return { ...made, classes: [{ ...first, open: waiting.length }, ...others] };
    },
  };
});
jest.mock("../../server/usecases/position.ts", () => {
  const actual = jest.requireActual("../../server/usecases/position.ts");
  const clear = { ...actual };
  clear.positionOf = (row: RowDoc, others: readonly RowDoc[]) =>
    mockOpen.has("cursor") ? { ...actual.positionOf(row, others), id: row.id } : actual.positionOf(row, others);
  clear.sealPosition = (...of: unknown[]) =>
    mockOpen.has("cursor") ? Buffer.from(JSON.stringify(of[3])).toString("base64url") : actual.sealPosition(...of);
  clear.openPosition = (...of: unknown[]) =>
    mockOpen.has("cursor") && typeof of[3] === "string"
      ? JSON.parse(Buffer.from(of[3], "base64url").toString())
      : actual.openPosition(...of);
  return clear;
});
jest.mock("../../server/pipeline/references.ts", () => {
  const actual = jest.requireActual("../../server/pipeline/references.ts");
  return {
    ...actual,
    readerReferences: (object: unknown, shownAs: (id: string) => string | undefined, ...rest: unknown[]) =>
      actual.readerReferences(object, mockOpen.has("members") ? (id: string) => shownAs(id) ?? id : shownAs, ...rest),
  };
});
jest.mock("../../server/usecases/readers-under.ts", () => {
  const actual = jest.requireActual("../../server/usecases/readers-under.ts");
  return {
    ...actual,
    readersUnder: (labels: unknown, snapshot: { agencies: Map<string, unknown> }, looker: Viewer) => {
      if (!mockOpen.has("people")) return actual.readersUnder(labels, snapshot, looker);
      const all = [...snapshot.agencies.keys()].map((agency) =>
        actual.readersUnder(labels, snapshot, { ...looker, agency }),
      );
      return { agencies: all[0].agencies, people: all.flatMap(({ people }) => people) };
    },
  };
});
jest.mock("../../server/usecases/names-withheld.ts", () => {
  const actual = jest.requireActual("../../server/usecases/names-withheld.ts");
  return {
    ...actual,
    namesWithheld: async (
      unit: Unit,
      posted: readonly { index: number; object: { object_refs?: string[] } }[],
      ...rest: unknown[]
    ) => {
      const told = new Map(await actual.namesWithheld(unit, posted, ...rest));
      if (!mockOpen.has("names")) return told;
      for (const { index, object } of posted) {
        const held = await unit.collection(Rows).find({ index: "stix", values: object.object_refs ?? [] });
        const message = [...new Set(held.map(({ stixId }) => stixId))].sort().join();
        if (message !== "") told.set(index, { code: "label.names_withheld", path: "object_refs", message });
      }
      return told;
    },
  };
});
jest.mock("../../server/usecases/recall/recalls.ts", () => {
  const actual = jest.requireActual("../../server/usecases/recall/recalls.ts");
  class Leaky extends actual.RecallNotes {
    readonly storage: Storage;
    constructor(parts: { storage: Storage }) {
      super(parts);
      this.storage = parts.storage;
    }
    async list(...asked: unknown[]): Promise<unknown> {
      const page = await super.list(...asked);
      if (!mockOpen.has("why")) return page;
      const recalls: unknown[] = [];
      for (const recall of page.recalls) {
        const rows = await mockRowsUnder(this.storage, recall.object);
        const labels = await this.storage.collection(Labels).getMany(rows.map(({ label }) => label));
        recalls.push({ ...recall, text: labels.map(({ label }) => label.state).join() });
      }
      return { ...page, recalls };
    }
  }
  return { ...actual, RecallNotes: Leaky };
});
jest.mock("../../server/usecases/recall/received.ts", () => {
  const actual = jest.requireActual("../../server/usecases/recall/received.ts");
  class Leaky extends actual.Received {
    readonly storage: Storage;
    constructor(parts: { storage: Storage }) {
      super(parts);
      this.storage = parts.storage;
    }
    async list(...asked: unknown[]): Promise<unknown> {
      const page = await super.list(...asked);
      if (!mockOpen.has("persons")) return page;
      const given = await this.storage.collection(Given).all(mockAll);
      const first = (agency: string): string => {
        const runs = given.filter((one) => one.agency === agency).map(({ account, runs: of }) => [account, of]);
        return `XX-${mockUuid(JSON.stringify(runs)).slice(0, 8).toUpperCase()}`;
      };
      const disclosures = page.disclosures.map((one: { received: { agency: string }[] }) => ({
        ...one,
        received: one.received.map((by) => ({ ...by, agency: first(by.agency) })),
      }));
      return { ...page, disclosures };
    }
  }
  return { ...actual, Received: Leaky };
});
jest.mock("../../server/http/authenticate.ts", () => {
  const actual = jest.requireActual("../../server/http/authenticate.ts");
  return {
    ...actual,
    makeAuthenticate: (parts: unknown) => {
      const real = actual.makeAuthenticate(parts);
      return async (req: { res: { setHeader(name: string, value: string): void } }, moment: unknown) => {
        const who = await real(req, moment);
        if (mockOpen.has("header")) req.res.setHeader("Policy-Revision", String(who.revision));
        return who;
      };
    },
  };
});

const inFunction = (name: string) => (): void => void mockOpen.add(name);
const OBJECTS = ["GET /api/v1/objects"];
const OBJECT = ["GET /api/v1/objects/{id}"];
const INGEST = ["POST /api/v1/ingest"];

/** What each spoils stands in the table of channels (policy 7; docs/policy.md). */
const LEAKS: Readonly<Record<string, Leak>> = {
  "a recall that says what became of the object": { routes: ["GET /api/v1/recalls"], open: inFunction("why") },
  "a disclosure report that tells one person of an agency from another": {
    seat: "rel-JP-NPA",
    routes: ["GET /api/v1/disclosures"],
    open: inFunction("persons"),
  },
  "an admission that lets one hidden lane in": {
    routes: OBJECTS,
    open: () => {
      const real = Admissions.prototype.of;
      jest.spyOn(Admissions.prototype, "of").mockImplementation(function (this: Admissions, viewer, snapshot, channel) {
        const admission = real.call(this, viewer, snapshot, channel);
        const { lanes } = admission;
        const hidden = snapshot.labelList.findLast(({ id }) => ![...lanes.keys()].some((lane) => lane.startsWith(id)));
        if (hidden === undefined) return admission;
        const lane = laneId(hidden.id, 0);
        return { ...admission, lanes: new Map([...lanes, [lane, { lane, entry: hidden, cut: [] }]]) };
      });
    },
  },
  "a page whose limit counts hidden rows": { routes: OBJECTS, open: inFunction("limit") },
  "a summary of the queue that counts what its reader may not see": {
    seat: "rel-JP-NPA",
    routes: ["GET /api/v1/triage/summary"],
    open: inFunction("summary"),
  },
  "an object dated by a version that its reader can't see": {
    routes: OBJECTS,
    open: () => {
      const real = Renderer.prototype.render;
      jest.spyOn(Renderer.prototype, "render").mockImplementation(async function (
        this: Renderer,
        sight,
        objects,
        view,
      ) {
        const made = await real.call(this, sight, objects, view);
        const rows = mockUnitOf(sight).collection(Rows);
        return Promise.all(
          made.map(async (one) => {
            const { newest } = one.seen;
            if (newest.version === undefined || one.seen.fold !== "alone") return one;
            const said = await rows.find({ index: "stix", values: [newest.stixId] });
            const modified = said
              .map(({ version = "" }) => version)
              .sort()
              .at(-1);
            return { ...one, object: { ...one.object, modified } };
          }),
        );
      });
    },
  },
  "a cursor in the clear that names a row": { routes: OBJECTS, open: inFunction("cursor") },
  "a warning that a text names what its author can't see": { routes: INGEST, open: inFunction("names") },
  "a receipt that says an id is taken": { routes: INGEST, open: inFunction("taken") },
  "a batch id that counts what is stored": { routes: INGEST, open: inFunction("batch") },
  "a receipt that quotes its place in the audit": { routes: INGEST, open: inFunction("audit") },
  "an id made from all that is said of a thing": {
    routes: OBJECTS,
    open: () => {
      const real = Renderer.prototype.render;
      jest.spyOn(Renderer.prototype, "render").mockImplementation(async function (
        this: Renderer,
        sight,
        objects,
        view,
      ) {
        const made = await real.call(this, sight, objects, view);
        const rows = mockUnitOf(sight).collection(Rows);
        return Promise.all(
          made.map(async (one) => {
            const { fold, thing, kind } = one.seen;
            const said = await rows.find({ index: "thing", values: [thing] });
            const id = `${kind}--${mockUuid(`${thing} of ${said.length}`)}`;
            return fold === "alone" ? one : { ...one, object: { ...one.object, id } };
          }),
        );
      });
    },
  },
  "a hidden object that is refused where an unknown one is not there": {
    routes: OBJECT,
    open: inFunction("forbidden"),
  },
  "a header that names the policy revision": { routes: ["GET /api/v1/me"], open: inFunction("header") },
  "an edge that is shown although an end is hidden": {
    routes: OBJECTS,
    open: () => {
      jest.spyOn(Sight.prototype, "present").mockImplementation(async (rows) => [...rows]);
    },
  },
  "a list that names members that are hidden": { routes: OBJECTS, open: inFunction("members") },
  "a label on the wire that names the rows of others": {
    routes: OBJECT,
    open: () => {
      const real = Renderer.prototype.marking;
      jest.spyOn(Renderer.prototype, "marking").mockImplementation(function (this: Renderer, viewer, lane) {
        return { ...real.call(this, viewer, lane), releases: lane.entry.label.releases };
      });
    },
  },
  "a fold that takes hidden contributions in": {
    routes: OBJECTS,
    open: () => {
      const real = Sight.prototype.placed;
      jest.spyOn(Sight.prototype, "placed").mockImplementation(function (this: Sight, row) {
        return real.call(this, row) ?? (row.fold === "value" && row.cut.length === 0 ? row : undefined);
      });
    },
  },
  "a preview that names people of other agencies": {
    routes: ["POST /api/v1/policy/preview"],
    open: inFunction("people"),
  },
  "an object that says that it was withdrawn": { routes: OBJECT, open: inFunction("withdrawn") },
  "an export stamped with the revision of all policy": {
    routes: ["GET /api/v1/export"],
    open: () => {
      const real = Content.prototype.sight;
      jest.spyOn(Content.prototype, "sight").mockImplementation(async function (
        this: Content,
        viewer,
        moment,
        channel,
      ) {
        const sight = await real.call(this, viewer, moment, channel);
        if (channel !== "export") return sight;
        const { snapshot } = sight;
        const agreement = Object.values(snapshot.agreements)[0];
        if (agreement === undefined) return sight;
        const revision = { ...agreement, parties: partiesOf(viewer), title: String(snapshot.revision) };
        const agreements = { ...snapshot.agreements, revision };
        return new Sight(mockUnitOf(sight), sight.viewer, { ...snapshot, agreements }, sight.admission, sight.common);
      });
    },
  },
};

const partiesOf = ({ country }: Viewer): NonNullable<Viewer["country"]>[] => (country === undefined ? [] : [country]);

describe("the twin suite itself, over leaks in reading", () => {
  plantedSuite(LEAKS, () => {
    jest.restoreAllMocks();
    mockOpen.clear();
  });
});
