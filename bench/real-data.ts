import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readSeed } from "../seed/shapes.ts";
import { type Core, composeContent, composeIngest, openCore } from "../server/compose.ts";
import { readConfig } from "../server/config.ts";
import type { Format } from "../server/pipeline/steps.ts";
import { realMoments } from "../server/shared/moment.ts";
import { Accounts, Agencies, AgreementsIn, Orders } from "../server/storage/collections.ts";
import { dedupReport } from "../server/usecases/dedup-report.ts";
import { ingestStream } from "../server/usecases/ingest-stream.ts";
import { bumpRevision } from "../server/usecases/policy-revision.ts";

/**
 * `npm run bench -- real [--keep FOLDER] [--log FILE]`: every set of the real data in, each as another agency, into an empty store. Prints received, distinct,
 * merged and rejected (by reason) for each and in all, and what two or more agencies reported. `--log` gets every result as a JSON line.
 */
interface SetOfFiles {
  readonly name: string;
  readonly agency: string;
  /** Below the data folder; a folder stands for the files in it with these endings. */
  readonly paths: readonly string[];
  readonly endings?: readonly string[];
  readonly format?: Format;
  /** Posted GREEN for all three countries, under a standing order of the agency's; the others without a label, so for the agency alone. */
  readonly released?: true;
}

const SETS: readonly SetOfFiles[] = [
  { name: "ATT&CK DPRK", released: true, agency: "US-CISA", paths: ["attack-dprk/bundle.json"] },
  { name: "ATT&CK Enterprise", agency: "US-DC3", paths: ["attack-enterprise/enterprise-attack-18.1-stix21.json.gz"] },
  {
    name: "ESET",
    released: true,
    agency: "JP-JPCERT",
    paths: ["eset"],
    endings: [".adoc", ".md5", ".sha1", ".sha256"],
  },
  { name: "maltrail", agency: "KR-KISA", paths: ["maltrail/2026-02-01", "maltrail/2026-04-30"], endings: [".txt"] },
  { name: "Volexity", released: true, agency: "US-FBI", paths: ["volexity"], endings: [".csv"] },
  { name: "WithSecure", agency: "JP-NPA", paths: ["withsecure/andariel_iocs.csv"] },
  { name: "Zscaler", agency: "JP-NCO", paths: ["zscaler-threatlabz/apt37_hashes.txt"] },
  { name: "Datadog", agency: "KR-NIS", paths: ["datadog/axios-npm_iocs.csv"] },
  {
    name: "OFAC",
    released: true,
    agency: "US-TREAS",
    paths: ["ofac/addresses", "ofac/dprk_attribution.csv", "ofac/sdn-dprk"],
    endings: [".txt", ".csv"],
  },
  { name: "public wallets", released: true, agency: "JP-JAFIC", paths: ["wallets-public"], endings: [".csv"] },
  { name: "tweetfeed CSV", released: true, agency: "KR-KNPA", paths: ["tweetfeed"], endings: [".csv"] },
  { name: "tweetfeed STIX", agency: "KR-FSI", paths: ["tweetfeed/stix/today.json", "tweetfeed/stix/week.json"] },
  {
    name: "STIX examples",
    agency: "JP-IPA",
    paths: [
      "stix-examples/oasis",
      "stix-examples/stixview",
      "stix-examples/dogesec-crypto2stix",
      "stix-examples/dogesec-extensions/examples",
      "stix-examples/opencti-datasets",
      "stix-examples/attack-flow/attack-flow-example.json",
    ],
    endings: [".json", ".gz"],
  },
];
/** Partners that the demonstration group lacks. */
const MORE = [
  { id: "US-DC3", name: "Department of Defense Cyber Crime Center", country: "USA", categories: ["CERT" as const] },
  { id: "JP-JPCERT", name: "JPCERT Coordination Center", country: "JPN", categories: ["CERT" as const] },
  { id: "JP-IPA", name: "Information-technology Promotion Agency", country: "JPN", categories: ["CERT" as const] },
  { id: "KR-FSI", name: "Financial Security Institute", country: "KOR", categories: ["CERT" as const] },
];
const RELEASED = { tlp: "GREEN", releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" }] };

function filesOf({ paths, endings }: SetOfFiles, root: string): string[] {
  const walk = (path: string): string[] =>
    statSync(path).isDirectory()
      ? readdirSync(path)
          .sort()
          .flatMap((name) => walk(join(path, name)))
      : [path];
  return paths.flatMap((path) =>
    walk(join(root, path)).filter(
      (file) =>
        !statSync(join(root, path)).isDirectory() ||
        endings === undefined ||
        endings.some((ending) => file.endsWith(ending)),
    ),
  );
}

const FROM = "2026-01-01T00:00:00.000Z";
export const orderOf = (agency: string) => ({
  id: `order-${agency}`,
  agency,
  accounts: [`feed-${agency}`],
  tlpUpTo: "GREEN" as const,
  classificationUpTo: "U" as const,
  agreements: ["TRI"],
  from: FROM,
  until: "2099-01-01T00:00:00.000Z",
  proposedBy: "operator",
  approvedBy: "operator",
});

/** What some people read of it, by type: as the labels say. */
async function readAs(core: Core, people: readonly string[]): Promise<void> {
  const { content } = composeContent(core, realMoments);
  for (const id of people) {
    const viewer = (await core.snapshots.read(core.storage, realMoments().now)).viewer(id);
    if (viewer === undefined) continue;
    const types: Record<string, number> = {};
    let next: string | undefined;
    do {
      const page = JSON.parse(await content.list(viewer, realMoments(), {}, 1000, next)) as {
        objects: { type: string }[];
        next?: string;
      };
      for (const { type } of page.objects) types[type] = (types[type] ?? 0) + 1;
      next = page.next;
    } while (next !== undefined);
    const counts = [
      "domain-name",
      "ipv4-addr",
      "url",
      "file",
      "cryptocurrency-wallet",
      "indicator",
      "intrusion-set",
      "relationship",
    ].map((type) => `${type} ${types[type] ?? 0}`);
    console.log(
      `${id} of ${viewer.agency} reads ${Object.values(types).reduce((a, b) => a + b, 0)}: ${counts.join(", ")}`,
    );
  }
}

const argument = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;

/** The agencies that the demonstration lacks, and a feed of each. */
export async function foundPartners(core: Core): Promise<void> {
  await core.storage.transaction(async (unit) => {
    await unit.collection(Agencies).insert(MORE);
    await unit.collection(Accounts).insert(
      MORE.map(({ id }) => ({
        id: `feed-${id}`,
        name: `Feed of ${id}`,
        role: "feed" as const,
        agency: id,
        clearance: "U" as const,
        topics: ["*"],
        pii: false,
        scope: "write" as const,
      })),
    );
    const released = SETS.filter((set) => set.released === true).map(({ agency }) => agency);
    const ordered = await unit.collection(Orders).getMany(released.map((agency) => `order-${agency}`));
    const has = new Set(ordered.map(({ agency }) => agency));
    await unit.collection(Orders).insert(released.filter((agency) => !has.has(agency)).map(orderOf));
    await bumpRevision(unit);
  });
}

/** Every set into a store that has the feeds; a line for each, every result to `log`. */
export async function loadSets(core: Core, root: string, log: string[]): Promise<void> {
  const all = { received: 0, accepted: 0, rejected: 0 };
  let before = (await dedupReport(core.storage)).things.distinct;
  const since = before;
  for (const set of SETS) {
    const counts = { received: 0, created: 0, unchanged: 0, updated: 0, rejected: 0 };
    const reasons: Record<string, number> = {};
    for (const file of filesOf(set, root)) {
      try {
        const ask = {
          account: `feed-${set.agency}`,
          ...(set.released === true ? { label: JSON.stringify(RELEASED) } : {}),
          dryRun: false,
          channel: "command",
        };
        await ingestStream(composeIngest(core), createReadStream(file), ask, realMoments, (reply) => {
          for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += reply.counts[name];
          for (const result of reply.results) {
            if (result.outcome === "rejected") reasons[result.code ?? ""] = (reasons[result.code ?? ""] ?? 0) + 1;
            log.push(JSON.stringify({ set: set.name, file: file.slice(root.length + 1), ...result }));
          }
        });
      } catch (error) {
        console.log(`  ${file.slice(root.length + 1)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    const { things } = await dedupReport(core.storage);
    const accepted = counts.received - counts.rejected;
    console.log(
      `${set.name} as ${set.agency}: received ${counts.received}, distinct new ${things.distinct - before}, merged ${accepted - (things.distinct - before)}, rejected ${counts.rejected}${
        Object.keys(reasons).length > 0
          ? ` (${Object.entries(reasons)
              .map(([code, n]) => `${n} ${code}`)
              .join(", ")})`
          : ""
      }`,
    );
    before = things.distinct;
    all.received += counts.received;
    all.accepted += accepted;
    all.rejected += counts.rejected;
  }
  console.log(
    `in all: received ${all.received}, distinct ${before - since}, merged ${all.accepted - (before - since)}, rejected ${all.rejected}`,
  );
}

export async function realData(): Promise<void> {
  const root = resolve(process.env.TRICORD_REAL_DATA ?? "../shared/data");
  if (!existsSync(root)) {
    console.log(`did not run: there is no real data at TRICORD_REAL_DATA (default ../shared/data)`);
    return;
  }
  const keep = argument("--keep");
  const folder = keep ?? mkdtempSync(join(tmpdir(), "tricord-real-"));
  const core = await openCore(readConfig({ DATA_DIR: folder }));
  const seed = readSeed(resolve("seed"));
  await core.storage.transaction(async (unit) => {
    await unit.collection(Agencies).insert(seed.agencies);
    await unit.collection(AgreementsIn).insert(seed.agreements);
    await unit.collection(Accounts).insert(seed.accounts);
  });
  await foundPartners(core);
  const log: string[] = [];
  await loadSets(core, root, log);
  const report = await dedupReport(core.storage);
  console.log(
    `things that two or more agencies reported: ${report.things.severalSources}; values: ${report.values.severalSources} of ${report.values.distinct}; objects sent alike: ${report.sameObjects.severalSources}`,
  );
  console.log(`by kind: ${JSON.stringify(report.things.byKind)}`);
  console.log(
    `by number of agencies: ${JSON.stringify(report.things.bySources)}; by pair: ${JSON.stringify(report.things.byPair)}`,
  );
  await readAs(core, ["u1", "j1", "k3", "u2"]);
  const file = argument("--log");
  if (file !== undefined) writeFileSync(file, `${log.join("\n")}\n`);
  await core.storage.close();
  if (keep === undefined) rmSync(folder, { recursive: true });
}
