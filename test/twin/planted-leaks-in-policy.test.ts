import type { PolicyChangeReply, QuarantineReply } from "../../schemas/api/policy-changes.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { Fault } from "../../server/shared/fault.ts";
import {
  DeconflictionTickets,
  Lockouts,
  Releases,
  SourceQuarantines,
  TearLines as TearLinesIn,
} from "../../server/storage/collections.ts";
import type { Storage, Unit } from "../../server/storage/port.ts";
import { Renderer } from "../../server/usecases/render.ts";
import type { Leak } from "./leak-finder.ts";
import { plantedSuite } from "./planted-suite.ts";

jest.setTimeout(600_000);

/** Which leak is open now. */
const mockOpen = new Set<string>();
const mockAll = { limit: 100_000 };

jest.mock("../../server/usecases/source-quarantine.ts", () => {
  const actual = jest.requireActual("../../server/usecases/source-quarantine.ts");
  class Leaky extends actual.SourceQuarantineFlow {
    readonly storage: Storage;
    constructor(parts: { storage: Storage }) {
      super(parts);
      this.storage = parts.storage;
    }
    async list(...asked: unknown[]): Promise<readonly QuarantineReply[]> {
      const list: readonly QuarantineReply[] = await super.list(...asked);
      if (!mockOpen.has("held")) return list;
      const held = await this.storage.collection(SourceQuarantines).all(mockAll);
      return list.map((one) => {
        const { account, reason } = held.find(({ id }) => id === one.quarantine) ?? {};
        return { ...one, ...(account === undefined ? {} : { account }), ...(reason === undefined ? {} : { reason }) };
      });
    }
  }
  return { ...actual, SourceQuarantineFlow: Leaky };
});
jest.mock("../../server/usecases/policy-change-view.ts", () => {
  const actual = jest.requireActual("../../server/usecases/policy-change-view.ts");
  return {
    ...actual,
    mayKnow: (viewer: Viewer, doc: unknown) =>
      mockOpen.has("changes") ? viewer.role === "signer" : actual.mayKnow(viewer, doc),
    calledBy: (account: string, ...rest: unknown[]) =>
      mockOpen.has("who") ? account : actual.calledBy(account, ...rest),
    changeView: async (
      unit: Unit,
      doc: unknown,
      viewer: Viewer,
      snapshot: { labelCount: number },
      ...rest: unknown[]
    ): Promise<PolicyChangeReply> => {
      const made: PolicyChangeReply = await actual.changeView(unit, doc, viewer, snapshot, ...rest);
      if (!mockOpen.has("gains") || made.gains === undefined) return made;
      return { ...made, reason: `${made.reason}, by ${snapshot.labelCount} labels` };
    },
  };
});
jest.mock("../../server/usecases/deconfliction/report.ts", () => {
  const actual = jest.requireActual("../../server/usecases/deconfliction/report.ts");
  return {
    ...actual,
    deconflictionReport: async (storage: Storage, ...rest: unknown[]) => {
      const made = await actual.deconflictionReport(storage, ...rest);
      if (!mockOpen.has("report")) return made;
      const topics = new Map((await storage.collection(DeconflictionTickets).all(mockAll)).map((one) => [one.id, one]));
      const days = made.days.map((day: { tickets: string[] }) => ({
        ...day,
        tickets: day.tickets.map((id) => `${id} ${topics.get(id)?.account}`),
      }));
      return { ...made, days };
    },
  };
});
jest.mock("../../server/usecases/deconfliction/ask.ts", () => {
  const actual = jest.requireActual("../../server/usecases/deconfliction/ask.ts");
  class Leaky extends actual.Deconfliction {
    readonly storage: Storage;
    constructor(parts: { storage: Storage }) {
      super(parts);
      this.storage = parts.storage;
    }
    async ask(asked: unknown): Promise<object> {
      const before = (await this.storage.collection(DeconflictionTickets).all(mockAll)).length;
      const made = await super.ask(asked);
      return mockOpen.has("ticket") ? { ...made, ticket: `ticket-${before}` } : made;
    }
  }
  return { ...actual, Deconfliction: Leaky };
});
jest.mock("../../server/usecases/manage-accounts.ts", () => {
  const actual = jest.requireActual("../../server/usecases/manage-accounts.ts");
  class Leaky extends actual.ManagedAccounts {
    readonly storage: Storage;
    constructor(parts: { storage: Storage }) {
      super(parts);
      this.storage = parts.storage;
    }
    async list(...asked: unknown[]): Promise<{ accounts: { name: string }[] }> {
      const made = await super.list(...asked);
      if (!mockOpen.has("sign-ins")) return made;
      const failed = (await this.storage.collection(Lockouts).all(mockAll)).length;
      const accounts = made.accounts.map((one: { name: string }) => ({ ...one, name: `${one.name} (${failed})` }));
      return { ...made, accounts };
    }
  }
  return { ...actual, ManagedAccounts: Leaky };
});
jest.mock("../../server/policy/acquaintance.ts", () => {
  const actual = jest.requireActual("../../server/policy/acquaintance.ts");
  return {
    ...actual,
    acquaintance: (...asked: unknown[]) => (mockOpen.has("acquaintance") ? "name" : actual.acquaintance(...asked)),
  };
});
jest.mock("../../server/usecases/tear-lines.ts", () => {
  const actual = jest.requireActual("../../server/usecases/tear-lines.ts");
  class Leaky extends actual.TearLines {
    readonly storage: Storage;
    constructor(parts: { storage: Storage }) {
      super(parts);
      this.storage = parts.storage;
    }
    async list(asked: { object: string }): Promise<unknown> {
      if (mockOpen.has("torn")) {
        const all = await this.storage.collection(TearLinesIn).all(mockAll);
        if (all.some(({ object }) => object === asked.object)) throw new Fault("forbidden", "it is a tear-line itself");
      }
      return super.list(asked);
    }
  }
  return { ...actual, TearLines: Leaky };
});
const inFunction = (name: string) => (): void => void mockOpen.add(name);
const SIGNER = "sign-usa";

/** What each spoils stands in the table of channels (policy 7; docs/policy.md). */
const LEAKS: Readonly<Record<string, Leak>> = {
  "a quarantine that names an account abroad": {
    seat: SIGNER,
    routes: ["GET /api/v1/quarantines"],
    open: inFunction("held"),
  },
  "a quarantine that says who abroad asked for it": {
    seat: SIGNER,
    routes: ["GET /api/v1/quarantines"],
    open: inFunction("who"),
  },
  "a change of policy that other countries are shown": {
    seat: SIGNER,
    routes: ["GET /api/v1/policy-changes"],
    open: inFunction("changes"),
  },
  "a change of policy that counts everybody's labels": {
    seat: SIGNER,
    routes: ["GET /api/v1/policy-changes/{change}"],
    open: inFunction("gains"),
  },
  "a list of accounts that counts failed sign-ins": {
    seat: "ad",
    routes: ["GET /api/v1/accounts"],
    open: inFunction("sign-ins"),
  },
  "a report of asks that says who asked": {
    seat: "au",
    routes: ["GET /api/v1/deconfliction/report"],
    open: inFunction("report"),
  },
  "a ticket that counts those of others": { routes: ["POST /api/v1/deconfliction"], open: inFunction("ticket") },
  "an audience that names whom nobody may know": {
    routes: ["POST /api/v1/policy/audience"],
    open: inFunction("acquaintance"),
  },
  "a tear-line that says that it is one": {
    routes: ["GET /api/v1/objects/{id}/tear-lines"],
    open: inFunction("torn"),
  },
  "an object that says how often it was relabelled": {
    routes: ["GET /api/v1/objects"],
    open: () => {
      const real = Renderer.prototype.render;
      jest.spyOn(Renderer.prototype, "render").mockImplementation(async function (
        this: Renderer,
        sight,
        objects,
        view,
      ) {
        const made = await real.call(this, sight, objects, view);
        const releases = await (Reflect.get(sight, "unit") as Unit).collection(Releases).all(mockAll);
        const relabels = releases.filter(({ kind }) => kind === "relabel");
        return made.map((one) => {
          const x_relabelled = relabels.filter(({ object }) => object === one.seen.newest.stixId).length;
          return { ...one, object: { ...one.object, x_relabelled } };
        });
      });
    },
  },
};

describe("the twin suite itself, over leaks in policy", () => {
  plantedSuite(LEAKS, () => {
    jest.restoreAllMocks();
    mockOpen.clear();
  });
});
