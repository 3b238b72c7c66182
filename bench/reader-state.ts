import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Label } from "../schemas/policy/label.ts";
import { type Core, openCore } from "../server/compose.ts";
import { readConfig } from "../server/config.ts";
import { labelId, laneId } from "../server/pipeline/lane.ts";
import { seedOnce } from "../server/seed-demo.ts";
import { canonicalJson } from "../server/shared/canonical-json.ts";
import { realMoments } from "../server/shared/moment.ts";
import { Accounts, Agencies, AgreementsIn, Labels, Readers } from "../server/storage/collections.ts";
import type { AccountDoc } from "../server/storage/documents.ts";
import { Admissions } from "../server/usecases/admission.ts";
import { internLabels } from "../server/usecases/intern-labels.ts";
import { noteLanes } from "../server/usecases/place-in-lanes.ts";
import { bumpRevision } from "../server/usecases/policy-revision.ts";
import { Snapshots } from "../server/usecases/snapshot.ts";
import { observeReader } from "../server/usecases/taxii/observe-reader.ts";
import { middle, quantile, took } from "./store-measure.ts";

/**
 * How large the state of readers gets: so many accounts that read by cursor, over so many labels, observed by the real `observe` before, while and after an agreement is
 * suspended. Bytes are those of the documents as JSON; memory is what the heap holds after it was swept.
 */
const LEVELS = ["U", "C", "S"] as const;
const COUNTRIES = ["USA", "JPN", "KOR"];
const BATCH = 500;
const MINUTE = 60_000;
const FAR = Date.UTC(2090, 0, 1);

const say = (line: string): void => console.log(line);
const whole = (n: number): string => Math.round(n).toLocaleString("en");
const megabytes = (n: number): string => `${(n / 1e6).toFixed(1)} MB`;

setFlagsFromString("--expose-gc");
const sweep = runInNewContext("gc") as () => void;
function heap(): number {
  sweep();
  sweep();
  return process.memoryUsage().heapUsed;
}

/** Labels as a working group would come to have them: three in four to all partners of the trilateral agreement, the rest bilateral, national, or with a cut field. */
export function labelsOf(count: number, agencies: ReadonlyArray<readonly [id: string, country: string]>): Label[] {
  return Array.from({ length: count }, (_, n): Label => {
    const [originator = "", country = ""] = agencies[n % agencies.length] ?? [];
    const others = COUNTRIES.filter((one) => one !== country);
    const until = new Date(FAR + n * MINUTE).toISOString();
    const to = (agreement: string, countries: string[]) => ({
      ...{ agreement, countries, until },
      ...{ agencies: "*" as const, status: "on" as const },
    });
    const share = n % 20;
    const releases =
      share === 0 ? [] : share < 15 ? others.map((one) => to("TRI", [one])) : [to("TRI", others.slice(0, 1))];
    return {
      ...{
        tlp: share < 12 ? ("GREEN" as const) : ("AMBER" as const),
        classification: LEVELS[n % 7 === 0 ? 1 : 0] ?? "U",
      },
      ...{
        caveats: [],
        topics: [],
        originator,
        originatorCountry: country as Label["originatorCountry"],
        state: "released" as const,
      },
      ...{ releases: releases as Label["releases"], recipients: [], clientGrants: [] },
      fieldRules:
        share === 3 ? [{ selectors: ["description"], countries: [country as Label["originatorCountry"]] }] : [],
    };
  });
}

async function fill(core: Core, accounts: number, labels: number): Promise<string[]> {
  const { storage, keys } = core;
  const agencies = (await storage.collection(Agencies).all({ limit: 1000 })).map(
    ({ id, country }) => [id, country] as const,
  );
  const made = labelsOf(labels, agencies).map((label) => [labelId(keys.digest, canonicalJson(label)), label] as const);
  for (let at = 0; at < made.length; at += BATCH)
    await storage.transaction(async (unit) => {
      const some = made.slice(at, at + BATCH);
      await internLabels(unit, new Map(some));
      const place = Date.now() * 1000;
      await noteLanes(
        unit,
        some.flatMap(([id, { fieldRules }]) =>
          (fieldRules.length === 0 ? [0] : [0, 1]).map((tier) => ({ lane: laneId(id, tier), place })),
        ),
      );
    });
  const kinds = (await storage.collection(Accounts).all({ limit: 1000 })).filter(({ role }) =>
    /^(?:feed|analyst|reviewer|releaser)$/.test(role),
  );
  const readers = Array.from({ length: accounts }, (_, n): AccountDoc => {
    const { rev, password, person, ...kind } = kinds[n % kinds.length] as (typeof kinds)[number];
    return { ...kind, id: `reader-${n}`, name: `Reader ${n}` };
  });
  for (let at = 0; at < readers.length; at += BATCH)
    await storage.transaction(async (unit) => {
      await unit.collection(Accounts).insert(readers.slice(at, at + BATCH));
      await bumpRevision(unit);
    });
  return readers.map(({ id }) => id);
}

async function suspend(core: Core, status: "suspended" | "in-force"): Promise<void> {
  await core.storage.transaction(async (unit) => {
    const held = await unit.collection(AgreementsIn).get("TRI");
    if (held === undefined) throw new Error("the demonstration has no agreement TRI");
    await unit.collection(AgreementsIn).put({ ...held, status });
    await bumpRevision(unit);
  });
}

/** Observes some of the accounts; says how long one takes, and what the documents of all of them come to. */
async function observeSome(core: Core, accounts: readonly string[], all: number, when: string): Promise<void> {
  const snapshots = new Snapshots(core.storage);
  const times: number[] = [];
  const cpu: number[] = [];
  const before = heap();
  const { labelList } = await snapshots.read(core.storage, Date.now());
  const afterLabels = heap();
  const admissions = new Admissions();
  for (const id of accounts) {
    const viewer = (await snapshots.read(core.storage, Date.now())).viewer(id);
    if (viewer === undefined) throw new Error(`there is no account ${id}`);
    const time = await took(() =>
      observeReader({ storage: core.storage, snapshots, admissions, clock: core.clock }, viewer, realMoments()),
    );
    times.push(time.ms);
    cpu.push(time.cpu);
  }
  const held = heap() - afterLabels;
  let bytes = 0;
  let intervals = 0;
  let largest = 0;
  for (const id of accounts) {
    const doc = await core.storage.collection(Readers).get(id);
    const size = JSON.stringify(doc).length;
    bytes += size;
    largest = Math.max(largest, size);
    intervals += doc?.intervals.length ?? 0;
  }
  const each = bytes / accounts.length;
  say(
    `${when}: an observation takes ${middle(times).toFixed(1)} ms (p95 ${quantile(times, 0.95).toFixed(1)}; ${middle(cpu).toFixed(1)} of processor); a reader's document ${whole(each)} bytes (the largest ${whole(largest)}) with ${whole(intervals / accounts.length)} intervals, ${megabytes(each * all)} for ${whole(all)} accounts`,
  );
  say(
    `  in memory: ${megabytes(afterLabels - before)} for ${whole(labelList.length)} labels and the directory, ${megabytes(held)} for what ${whole(accounts.length)} accounts are admitted to`,
  );
}

export async function readerState(accounts: number, labels: number, observed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tricord-readers-"));
  const config = readConfig({ DATA_DIR: folder, LOG_LEVEL: "error" });
  const core = await openCore(config);
  try {
    await seedOnce(core, resolve("."), config.PUBLIC_URL, () => {});
    const ids = await fill(core, accounts, labels);
    // One account's state says nothing of another's: what some have is what all have, times as many.
    const some = ids.filter((_, i) => i % Math.max(1, Math.floor(accounts / observed)) === 0).slice(0, observed);
    let bytes = 0;
    for (let after: string | undefined; ; ) {
      const page = await core.storage
        .collection(Labels)
        .all({ limit: 1000, ...(after === undefined ? {} : { after }) });
      bytes += page.reduce((sum, doc) => sum + JSON.stringify(doc).length, 0);
      after = page.at(-1)?.id;
      if (page.length < 1000) break;
    }
    say(
      `\n${whole(accounts)} accounts that read by cursor, ${whole(labels)} labels: the labels are ${megabytes(bytes)}`,
    );
    await observeSome(core, some, accounts, "first observation");
    await suspend(core, "suspended");
    await observeSome(core, some, accounts, "an agreement suspended");
    await suspend(core, "in-force");
    await observeSome(core, some, accounts, "and in force again");
    await core.storage.close();
    say(`  the store's file: ${megabytes(statSync(join(folder, "content.sqlite")).size)}`);
  } finally {
    await core.storage.close();
    rmSync(folder, { recursive: true });
  }
}
