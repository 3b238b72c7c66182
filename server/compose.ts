import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Config } from "./config.ts";
import { roomIn } from "./disk-room.ts";
import { ownHosts } from "./formats/block-value.ts";
import type { DeconflictionUseCases } from "./http/api/deconfliction.ts";
import type { MineParts } from "./http/api/mine.ts";
import type { OrderUseCases } from "./http/api/orders.ts";
import type { RecallUseCases } from "./http/api/recalls.ts";
import type { ReleaseUseCases } from "./http/api/releases.ts";
import { type Keys, readKeys } from "./keys.ts";
import { openStore } from "./open-store.ts";
import { scratchIn } from "./scratch.ts";
import { sealOf } from "./seal-keys.ts";
import { type Moments, realMoments } from "./shared/moment.ts";
import { FolderSpool } from "./spool.ts";
import { Audit, Disclosures } from "./storage/collections.ts";
import { migrationsWith } from "./storage/migrations.ts";
import type { Storage } from "./storage/port.ts";
import type { Seal } from "./storage/seal/seal.ts";
import { StoreSpool } from "./store-spool.ts";
import { Admissions } from "./usecases/admission.ts";
import { type AuditStream, makeAuditStream } from "./usecases/append-audit.ts";
import { Audiences } from "./usecases/audience.ts";
import type { RestoreParts } from "./usecases/backup/restore.ts";
import { ClientGrants } from "./usecases/client-grants.ts";
import { Confirmations } from "./usecases/confirmations.ts";
import { Content } from "./usecases/content.ts";
import { Deconfliction } from "./usecases/deconfliction/ask.ts";
import { AskedContacts } from "./usecases/deconfliction/asked.ts";
import { deconflictionReport } from "./usecases/deconfliction/report.ts";
import { Edits } from "./usecases/edit-mine.ts";
import { EmergencyReleases } from "./usecases/emergency.ts";
import { type FateParts, Fates } from "./usecases/fate.ts";
import { FeedbackFlow } from "./usecases/feedback.ts";
import { commonObjects, groupOf } from "./usecases/group.ts";
import type { IngestParts } from "./usecases/ingest-batch.ts";
import type { IngestRunner, Spool } from "./usecases/intake.ts";
import type { Meter } from "./usecases/meter.ts";
import { Onward } from "./usecases/onward.ts";
import type { Secrets } from "./usecases/plan-rows.ts";
import { Quarantine } from "./usecases/quarantine.ts";
import { Disclosing } from "./usecases/recall/disclose.ts";
import { RecallNotes } from "./usecases/recall/recalls.ts";
import { Received } from "./usecases/recall/received.ts";
import { Settling } from "./usecases/recall/settle.ts";
import { RelabelProposals } from "./usecases/relabel-proposal.ts";
import { Releases } from "./usecases/release.ts";
import { TakingBack } from "./usecases/release-back.ts";
import type { ReleaseParts } from "./usecases/release-parts.ts";
import { Renderer } from "./usecases/render.ts";
import { Replays } from "./usecases/replay.ts";
import { refuseOtherSecret } from "./usecases/same-secret.ts";
import { OrderSamples } from "./usecases/samples.ts";
import { Snapshots } from "./usecases/snapshot.ts";
import { StandingOrders } from "./usecases/standing-orders.ts";
import { Collections } from "./usecases/taxii/collections.ts";
import { TearLines } from "./usecases/tear-lines.ts";
import { Triage } from "./usecases/triage.ts";
import { Withdrawals } from "./usecases/withdraw.ts";

/** What every process and thread of an installation opens: settings, keys, the store, and its own audit stream. The one place that picks adapters. */
export interface Core {
  readonly config: Config;
  readonly keys: Keys;
  readonly secrets: Secrets;
  /** Encryption at rest. */
  readonly seal: Seal;
  readonly storage: Storage;
  readonly audit: AuditStream;
  readonly snapshots: Snapshots;
  readonly spool: Spool;
  /** The time now, ms. */
  readonly clock: () => number;
  /** Waits; absent where time does not go by itself. */
  readonly pause?: (ms: number) => Promise<void>;
  /** Hears what metrics are made from. */
  readonly meter: Meter;
}

/** A gzip that is answered at once may unpack to this many times the inline limit; what is larger goes the streaming way. */
const INLINE_INFLATION = 8;

/** Opens store, keys and audit as the settings say. `anySecret`: also a store that another installation's secret was used on, which else is refused (`keys.differ`). */
export async function openCore(
  config: Config,
  moments: Moments = realMoments,
  meter: Meter = () => undefined,
  { anySecret = false }: { readonly anySecret?: boolean } = {},
): Promise<Core> {
  const keys = await readKeys(config, moments());
  const seal = await sealOf(config);
  const storage = await openStore(config, { observe: meter, seal, migrations: migrationsWith(keys.index) });
  if (!anySecret)
    await refuseOtherSecret(storage, keys).catch(async (error: unknown) => {
      await storage.close();
      throw error;
    });
  const audit = makeAuditStream({ storage, collection: Audit, moment: moments() });
  return {
    config,
    keys,
    secrets: secretsOf(keys, seal),
    seal,
    storage,
    audit,
    snapshots: new Snapshots(storage),
    spool: spoolOf(config, storage, moments),
    clock: () => moments().now,
    meter,
    ...(moments === realMoments ? { pause: (ms: number) => setTimeout(ms) } : {}),
  };
}

/** Processes of one embedded store share its folder; those of a server may have nothing but it in common. */
const spoolOf = (config: Config, storage: Storage, moments: Moments): Spool =>
  config.MONGODB_URI === undefined
    ? new FolderSpool(resolve(config.DATA_DIR, "spool"), roomIn(config.DATA_DIR))
    : new StoreSpool(storage, () => moments().now);

/** A store to be restored: it may hold a part of a backup, and its secret has to be there. */
export async function openTarget(
  config: Config,
  keys: Keys,
  moments: Moments = realMoments,
): Promise<RestoreParts & { reopen(): Promise<void> }> {
  const open = async (restoring: boolean) => {
    const seal = await sealOf(config);
    return { seal, storage: await openStore(config, { seal, restoring, migrations: migrationsWith(keys.index) }) };
  };
  const { seal, storage } = await open(true);
  return {
    storage,
    spool: spoolOf(config, storage, moments),
    index: secretsOf(keys, seal).index,
    // Brings what was restored to this version's format.
    async reopen() {
      await storage.close();
      await (await open(false)).storage.close();
    },
  };
}

/** What rows and ids are made with. */
const secretsOf = ({ namespace, digest, index }: Keys, { on }: Seal): Secrets => ({
  ...{ namespace, digest },
  // A store that is sealed tells no words.
  index: { key: index, all: on },
});

/** What a thread needs to take posts in; it loads nothing that speaks HTTP. */
export const composeIngest = ({
  config,
  secrets,
  storage,
  audit,
  snapshots,
  spool,
  clock,
  meter,
}: Core): IngestParts & { inflatedLimit: number; spool: Spool } => ({
  storage,
  snapshots,
  audit,
  spool,
  clock,
  meter,
  secrets,
  ...(config.MONGODB_URI === undefined ? { room: roomIn(config.DATA_DIR) } : {}),
  inflatedLimit: Math.min(config.MAX_INLINE_BYTES * INLINE_INFLATION, config.MAX_INFLATED_BYTES),
});

/** Ingest of what is read as a stream: jobs and the command line. Its limit is the one on any post. */
export const composeStream = (core: Core): ReturnType<typeof composeIngest> => ({
  ...composeIngest(core),
  inflatedLimit: core.config.MAX_INFLATED_BYTES,
});

const disclosuresOf = ({ storage, meter }: Core, moments: Moments): AuditStream =>
  makeAuditStream({
    ...{ storage, collection: Disclosures, moment: moments() },
    committed: (records, ms) => meter({ kind: "disclosed", records, ms }),
  });

/** Recalls, and who has received what; `settling` is also a job's. */
export interface Recalled extends RecallUseCases {
  readonly settling: Settling;
}

/** Reading and releasing, as the server and the command line use them. */
export function composeContent(
  core: Core,
  moments: Moments,
): { content: Content; releases: Releases; collections: Collections; audiences: Audiences; recalled: Recalled } {
  const { config, secrets, storage, snapshots, clock, meter } = core;
  const keys = { ...core.keys, index: secrets.index };
  const group = groupOf(config.GROUP);
  const renderer = new Renderer(keys.namespace, group, commonObjects(group));
  const budget = { people: config.DAILY_BUDGET_PEOPLE, machines: config.DAILY_BUDGET_MACHINES };
  const disclosures = disclosuresOf(core, moments);
  const disclosing = new Disclosing({ storage, disclosures, budget });
  const parts = { storage, snapshots, admissions: new Admissions(), renderer, disclosing, keys, clock, meter };
  const collections = new Collections({ ...parts, ...(core.pause === undefined ? {} : { pause: core.pause }) });
  const content = new Content({
    ...parts,
    scratch: scratchIn(resolve(config.DATA_DIR, "spool")),
    own: ownHosts(config.PUBLIC_URL, config.OWN_HOSTS),
  });
  const settling = new Settling({ storage, content, snapshots, collections, renderer });
  return {
    ...{ content, collections },
    recalled: {
      settling,
      recalls: new RecallNotes({ storage, settling, disclosures, cursorKey: keys.cursor }),
      received: new Received({ storage, content, tokenKey: keys.cursor, secrets: core.secrets }),
    },
    audiences: new Audiences({ storage, content, renderer, secrets, tokenKey: keys.cursor }),
    releases: new Releases(releaseParts(core, content)),
  };
}

const releaseParts = ({ keys, secrets, storage, audit, snapshots, clock }: Core, content: Content): ReleaseParts => ({
  ...{ storage, content, snapshots, audit, clock },
  secrets,
  cursorKey: keys.cursor,
});

/** Why somebody could read something on a day that is past, as the server and the command line use it. */
export const composeReplays = (
  { storage }: Core,
  { content, recalled }: { readonly content: Content; readonly recalled: Pick<Recalled, "received"> },
): Replays => new Replays({ storage, content, received: recalled.received });

/** Standing release orders and their samples, as the server and the command line use them. */
export function composeOrders(core: Core, content: Content): OrderUseCases {
  const parts = releaseParts(core, content);
  return { orders: new StandingOrders(parts), samples: new OrderSamples(parts) };
}

/** The release machine, as the server and the command line use it. */
export function composeReleases(core: Core, content: Content): ReleaseUseCases {
  const parts = releaseParts(core, content);
  return {
    releases: new Releases(parts),
    back: new TakingBack(parts),
    onward: new Onward(parts),
    emergencies: new EmergencyReleases(parts),
  };
}

/** Deconfliction, as the server uses it. */
export function composeDeconfliction(core: Core, content: Content): DeconflictionUseCases {
  const parts = releaseParts(core, content);
  return {
    tickets: new Deconfliction(parts),
    asked: new AskedContacts(parts),
    report: (moment, days) => deconflictionReport(core.storage, moment, days),
  };
}

/** What an agency does with its own posts, as the server and the command line use it. */
export function composeMine(
  core: Core,
  { content, releases }: { readonly content: Content; readonly releases: FateParts["releases"] },
): MineParts & { readonly feedback: FeedbackFlow; readonly tearLines: TearLines; readonly grants: ClientGrants } {
  const { secrets, storage, audit, snapshots, clock } = core;
  return {
    feedback: new FeedbackFlow({ storage, content, snapshots, audit }),
    fates: new Fates({ storage, content, releases, tokenKey: core.keys.cursor }),
    edits: new Edits({ ...composeIngest(core), content, tokenKey: core.keys.cursor }),
    withdrawals: new Withdrawals({ storage, content, snapshots, audit, secrets, clock }),
    confirmations: new Confirmations({ storage, content, audit }),
    relabels: new RelabelProposals(releaseParts(core, content)),
    grants: new ClientGrants(releaseParts(core, content)),
    tearLines: new TearLines({ ...composeIngest(core), content, tokenKey: core.keys.cursor }),
  };
}

/** What was refused, as the server and the command line use it. */
export const composeQuarantine = (
  { storage, snapshots, audit, keys }: Core,
  runner: Pick<IngestRunner, "post">,
): Quarantine => new Quarantine({ storage, snapshots, audit, runner, cursorKey: keys.cursor });

/** The quality review, as the server and the command line use it. */
export function composeTriage(core: Core, content: Content, moments: Moments): Triage {
  const { keys, storage, audit, snapshots } = core;
  const disclosures = disclosuresOf(core, moments);
  return new Triage({ storage, content, snapshots, audit, disclosures, keys });
}
