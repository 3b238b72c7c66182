import type { Label, LabelRequest } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { type Core, composeContent, composeIngest, openCore } from "../../server/compose.ts";
import { readConfig } from "../../server/config.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { normaliseLabel } from "../../server/policy/label-text.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { Accounts, Agencies, AgreementsIn, Labels, Rows } from "../../server/storage/collections.ts";
import type { AccountDoc, AgreementDoc } from "../../server/storage/documents.ts";
import type { Unit } from "../../server/storage/port.ts";
import { Admissions } from "../../server/usecases/admission.ts";
import { ingestBatch } from "../../server/usecases/ingest-batch.ts";
import { insertPolicies, putPolicy } from "../../server/usecases/policy-history.ts";
import { bumpRevision } from "../../server/usecases/policy-revision.ts";
import { relabel } from "../../server/usecases/relabel.ts";
import { Snapshots } from "../../server/usecases/snapshot.ts";
import type { CollectionPage, Entry, PageAsk } from "../../server/usecases/taxii/collection-page.ts";
import type { Collections } from "../../server/usecases/taxii/collections.ts";
import { observeIdleReaders } from "../../server/usecases/taxii/observe-reader.ts";
import { viewerOf } from "../../server/usecases/viewer-of.ts";
import { demonstrationGroup } from "../support/demonstration.ts";
import { momentOf, START, type Steering, steering } from "../support/steering.ts";
import { ownStore } from "../support/temporary-store.ts";

const DAY = 86_400_000;

/** A contribution as the store has it: what the plain models of these tests begin with. */
export interface Stored {
  readonly contribution: string;
  readonly agency: string;
  readonly object: StixJson;
  readonly label: Label;
}

/** The line and the collections over a store of their own, without HTTP, so that thousands of steps take seconds. Time goes as the test says. */
export class OrderWorld {
  readonly core: Core;
  readonly steer: Steering;
  collections: Collections;
  readonly #remove: () => Promise<void>;

  private constructor(core: Core, steer: Steering, remove: () => Promise<void>) {
    this.core = core;
    this.steer = steer;
    this.collections = composeContent(core, steer.moments).collections;
    this.#remove = remove;
  }

  /** With the demonstration group and these readers besides. */
  static async open(readers: readonly AccountDoc[] = []): Promise<OrderWorld> {
    const { settings, remove } = await ownStore();
    const steer = steering();
    const core = await openCore(readConfig({ LOG_LEVEL: "silent", ...settings }), steer.moments);
    const world = new OrderWorld(core, steer, remove);
    const { agencies, accounts, agreements, orders } = await demonstrationGroup();
    await world.change(async (unit) => {
      const at = steer.now;
      const people = [...accounts.map((one) => ({ ...one, clearance: "S" as const })), ...readers];
      await insertPolicies(unit, [
        ...agencies.map((doc) => ({ kind: "agency" as const, doc, at })),
        ...people.map((doc) => ({ kind: "account" as const, doc, at })),
        ...agreements.map((doc) => ({ kind: "agreement" as const, doc, at })),
        ...orders.map(({ days, ...order }) => {
          const dates = { from: formatInstant(START - DAY), until: formatInstant(START + days * DAY) };
          return { kind: "order" as const, doc: { ...order, sample: 0, ...dates }, at };
        }),
      ]);
    });
    return world;
  }

  /** The instant and the chance of what comes next. */
  at(now: number, chance = String(now)): void {
    this.steer.now = now;
    this.steer.chance = chance;
  }

  /** As after a start of the process: nothing that was kept in memory is there. */
  restart(): void {
    const core = { ...this.core, snapshots: new Snapshots(this.core.storage) };
    this.collections = composeContent(core, this.steer.moments).collections;
  }

  async change(work: (unit: Unit) => Promise<void>): Promise<void> {
    await this.core.storage.transaction(async (unit) => {
      await work(unit);
      await bumpRevision(unit);
    });
  }

  async changeAgreement(id: string, change: Partial<Omit<AgreementDoc, "id">>): Promise<void> {
    await this.change(async (unit) => {
      const held = await unit.collection(AgreementsIn).get(id);
      if (held !== undefined)
        await putPolicy(unit, { kind: "agreement", doc: { ...held, ...change }, at: this.steer.now });
    });
  }

  async changeAccount(id: string, change: Partial<Omit<AccountDoc, "id">>): Promise<void> {
    await this.change(async (unit) => {
      const held = await unit.collection(Accounts).get(id);
      if (held !== undefined)
        await putPolicy(unit, { kind: "account", doc: { ...held, ...change }, at: this.steer.now });
    });
  }

  /** Gives back what the post made that was not there. */
  async post(as: string, objects: readonly StixJson[], request: LabelRequest): Promise<Stored[]> {
    const reply = await ingestBatch(
      composeIngest(this.core),
      objects.map((object, index) => ({ index, object })),
      { account: as, label: { request }, channel: "rest", dryRun: false },
      this.steer.moments(),
    );
    const refused = reply.results.find(({ outcome }) => outcome === "rejected");
    if (refused !== undefined) throw new Error(`${as} could not post: ${JSON.stringify(refused)}`);
    const ids = objects.map((object) => String(object.id));
    const rows = await this.core.storage.collection(Rows).find({ index: "stix", values: ids });
    const made = rows.filter((row) => row.batch === reply.batch && row.id === row.contribution);
    const labels = new Map(
      (await this.core.storage.collection(Labels).getMany(made.map(({ label }) => label))).map((doc) => [
        doc.id,
        doc.label,
      ]),
    );
    return made.map(({ contribution, originator, bytes, label }) => {
      const stored = labels.get(label);
      if (stored === undefined) throw new Error(`a label is not there: ${label}`);
      return {
        contribution,
        agency: originator,
        object: JSON.parse(Buffer.from(bytes).toString("utf8")),
        label: stored,
      };
    });
  }

  /** Gives a contribution another label, as releases, narrowing and withdrawing do; gives the label back as it is stored. */
  async relabel(contribution: string, label: Label): Promise<Label> {
    const normal = normaliseLabel(label);
    await this.core.storage.transaction((unit) =>
      relabel(unit, contribution, normal, this.core.secrets, this.steer.now),
    );
    return normal;
  }

  page(account: string, ask: PageAsk): Promise<CollectionPage> {
    return this.collections.page(plainViewer(account), momentOf(this.steer.now, this.steer.chance), ask);
  }

  /** What the job does for those who do not ask meanwhile. */
  async lookAfterIdle(): Promise<void> {
    const { storage, snapshots, clock } = this.core;
    await observeIdleReaders({ storage, snapshots, clock, admissions: new Admissions() }, this.steer.moments());
  }

  /** All that a question finds, by `next`. */
  async all(account: string, ask: Omit<PageAsk, "limit" | "next" | "bodies">): Promise<Entry[]> {
    const found: Entry[] = [];
    for (let next: string | undefined; ; ) {
      const page = await this.page(account, {
        ...ask,
        limit: 10_000,
        bodies: true,
        ...(next === undefined ? {} : { next }),
      });
      found.push(...page.entries);
      if (page.next === undefined) return found;
      next = page.next;
    }
  }

  /** Who an account is, as the directory has it now. */
  async viewer(account: string): Promise<Viewer> {
    const doc = await this.core.storage.collection(Accounts).get(account);
    if (doc === undefined) throw new Error(`there is no ${account}`);
    const agency = doc.agency === undefined ? undefined : await this.core.storage.collection(Agencies).get(doc.agency);
    return viewerOf(doc, agency);
  }

  async close(): Promise<void> {
    await this.core.storage.close();
    await this.#remove();
  }
}

/** Of a caller only the id counts: the rest is the directory's. */
const plainViewer = (id: string): Viewer => ({
  id,
  role: "public",
  clearance: "U",
  topics: [],
  pii: false,
  active: true,
});
