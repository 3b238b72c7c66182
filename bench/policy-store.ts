import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { type Core, openCore } from "../server/compose.ts";
import { readConfig } from "../server/config.ts";
import { keyOf } from "../server/pipeline/key.ts";
import { labelId } from "../server/pipeline/lane.ts";
import type { StixJson } from "../server/pipeline/steps.ts";
import { alikeOf } from "../server/policy/alike.ts";
import { labelText } from "../server/policy/label-text.ts";
import { seedOnce } from "../server/seed-demo.ts";
import { AgreementsIn, Rows } from "../server/storage/collections.ts";
import { internLabels } from "../server/usecases/intern-labels.ts";
import { freePlace, noteLanes, takePlaces } from "../server/usecases/place-in-lanes.ts";
import { planRows } from "../server/usecases/plan-rows.ts";
import { putPolicy } from "../server/usecases/policy-history.ts";
import { labelEntry } from "../server/usecases/snapshot.ts";
import { storeSample } from "./filled-store.ts";
import { labelsFor } from "./policy-labels.ts";

const ORIGINATOR = { agency: "US-CISA", account: "feed-US-CISA" };
const BATCH = 1000;
/** What of the content rows would differ if one had been written again. */
export interface RowsDigest {
  readonly rows: number;
  readonly revisions: number;
  readonly last: number;
}

/**
 * A store of so many objects under so many labels, in turn, so that every lane goes through all of it: the hardest case for a page. Rows are made by the ingest's own
 * steps (key, tiers, terms) and put in without a request, a receipt and a look at what is there, since it takes a quarter of an hour otherwise; each has a place of its own, as if it
 * had been posted alone.
 */
export class PolicyStore {
  readonly folder: string;
  /** Settings for a server on it. */
  readonly env: Readonly<Record<string, string>>;
  readonly labels: number;
  /** How many of them `decide` is asked about for one reader: the others differ from these in dates alone. */
  distinct = 0;
  /** By number of the object. */
  readonly ids: string[] = [];
  readonly #core: Core;
  readonly #posted: number[] = [];

  private constructor(core: Core, folder: string, labels: number) {
    this.#core = core;
    this.folder = folder;
    this.env = { DATA_DIR: folder };
    this.labels = labels;
  }

  static async filled(objects: number, labels: number): Promise<PolicyStore> {
    const folder = mkdtempSync(join(tmpdir(), "tricord-policy-"));
    const config = readConfig({ DATA_DIR: folder, LOG_LEVEL: "error" });
    const core = await openCore(config);
    await seedOnce(core, resolve("."), config.PUBLIC_URL, () => {});
    const made = new PolicyStore(core, folder, labels);
    await made.#fill(objects);
    return made;
  }

  /** Which label an object stands under. */
  labelOf(object: number): number {
    return object % this.labels;
  }

  /** When an object was posted, ms. */
  postedAt(object: number): number {
    return this.#posted[Math.floor(object / BATCH)] ?? 0;
  }

  async #fill(objects: number): Promise<void> {
    const { storage, keys, secrets } = this.#core;
    const labels = labelsFor(this.labels);
    this.distinct = new Set(labels.map((label) => alikeOf(label)?.text)).size;
    const ids = labels.map((label) => labelId(keys.digest, labelText(label)));
    const cuts = labels.map((label, n) => labelEntry(ids[n] ?? "", label).cuts);
    for (let at = 0; at < labels.length; at += BATCH)
      await storage.transaction((unit) =>
        internLabels(unit, new Map(labels.slice(at, at + BATCH).map((label, i) => [ids[at + i] ?? "", label]))),
      );
    for (let at = 0; at < objects; at += BATCH) {
      const received = Date.now();
      this.#posted.push(received);
      const origin = {
        ...{ originator: ORIGINATOR.agency, receivedFrom: ORIGINATOR.account, channel: "rest" },
        ...{ batch: `bench-${at}`, received },
      };
      const plans = Array.from({ length: Math.min(BATCH, objects - at) }, (_, i) => {
        const n = at + i;
        const { id, text } = storeSample(n);
        this.ids.push(id);
        const object = JSON.parse(text) as StixJson;
        const keyed = keyOf(object, ORIGINATOR.agency);
        const stored = labels[this.labelOf(n)];
        const label = ids[this.labelOf(n)];
        if (!("key" in keyed) || stored === undefined || label === undefined) throw new Error("no key");
        return planRows(
          {
            object,
            key: keyed.key,
            label,
            stored,
            cuts: cuts[this.labelOf(n)] ?? [[]],
            name: { posted: label },
            flags: [],
            consumed: [],
          },
          origin,
          secrets,
        );
      }).flat();
      await storage.transaction(async (unit) => {
        const base = await freePlace(unit, received);
        const rows = plans.map((plan, i) => ({ ...plan, stamp: base + i }));
        await noteLanes(
          unit,
          rows.map(({ lane, stamp }) => ({ lane, place: stamp })),
        );
        await takePlaces(unit, base + rows.length);
        await unit.collection(Rows).insert(rows);
      });
    }
  }

  /** One transaction, as the server itself would do it. */
  async suspend(status: "suspended" | "in-force"): Promise<void> {
    await this.#core.storage.transaction(async (unit) => {
      const held = await unit.collection(AgreementsIn).get("TRI");
      if (held === undefined) throw new Error("the demonstration has no agreement TRI");
      await putPolicy(unit, { kind: "agreement", doc: { ...held, status }, at: Date.now() });
    });
  }

  digest(): RowsDigest {
    const db = new Database(join(this.folder, "content.sqlite"), { readonly: true });
    try {
      const [rows, revisions, last] = db
        .prepare<[], [number, number, number]>("SELECT count(*), sum(_rev), max(_row) FROM rows")
        .raw(true)
        .get() ?? [0, 0, 0];
      return { rows, revisions, last };
    } finally {
      db.close();
    }
  }

  async remove(): Promise<void> {
    await this.#core.storage.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
