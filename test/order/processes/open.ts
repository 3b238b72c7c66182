import type { Label, LabelRequest } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { type Core, composeContent, composeIngest, openCore } from "../../../server/compose.ts";
import { readConfig } from "../../../server/config.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";
import { normaliseLabel } from "../../../server/policy/label-text.ts";
import { realMoments } from "../../../server/shared/moment.ts";
import { Labels, Rows } from "../../../server/storage/collections.ts";
import { ingestBatch } from "../../../server/usecases/ingest-batch.ts";
import { relabel } from "../../../server/usecases/relabel.ts";
import type { Collections } from "../../../server/usecases/taxii/collections.ts";

/** What a process of these tests does with the store that it shares with others, at the real time. */
export class Shared {
  readonly core: Core;
  readonly collections: Collections;

  private constructor(core: Core) {
    this.core = core;
    this.collections = composeContent(core, realMoments).collections;
  }

  /** `settings` of the store, as the environment would give them. */
  static async open(settings: Readonly<Record<string, string>>): Promise<Shared> {
    return new Shared(await openCore(readConfig({ LOG_LEVEL: "silent", ...settings })));
  }

  async post(as: string, objects: readonly StixJson[], request: LabelRequest): Promise<void> {
    const items = objects.map((object, index) => ({ index, object }));
    const ask = { account: as, label: { request }, channel: "rest", dryRun: false };
    const { counts } = await ingestBatch(composeIngest(this.core), items, ask, realMoments());
    if (counts.created !== objects.length) throw new Error(`not all of it is in: ${JSON.stringify(counts)}`);
  }

  /** Gives contributions whose label `changes` says so another one, one transaction each; how many. */
  async relabelEach(changes: (label: Label, id: string) => Label | undefined): Promise<number> {
    const { storage, secrets, clock } = this.core;
    const labels = new Map((await storage.collection(Labels).all({ limit: 10_000 })).map((doc) => [doc.id, doc.label]));
    let changed = 0;
    for (const { id, label, stixId } of await storage.collection(Rows).all({ limit: 100_000 })) {
      const held = labels.get(label);
      if (held === undefined || changes(held, stixId) === undefined) continue;
      await storage.transaction(async (unit) => {
        const row = await unit.collection(Rows).get(id);
        const now = row === undefined ? undefined : (await unit.collection(Labels).get(row.label))?.label;
        const next = now === undefined ? undefined : changes(now, stixId);
        // Another process may have changed it meanwhile.
        if (next === undefined) return;
        await relabel(unit, id, normaliseLabel(next), secrets, clock());
        changed++;
      });
    }
    return changed;
  }

  close(): Promise<void> {
    return this.core.storage.close();
  }
}

/** Of a caller only the id counts: the rest is the directory's. */
export const callerOf = (id: string): Viewer => ({
  id,
  role: "public",
  clearance: "U",
  topics: [],
  pii: false,
  active: true,
});
