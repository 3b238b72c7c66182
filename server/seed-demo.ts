import { isSeeded, loadSeed, type SeedTotals } from "../seed/load.ts";
import { type Core, composeContent, composeIngest } from "./compose.ts";
import { oneAtATime } from "./jobs/one-at-a-time.ts";
import { canonicalJson } from "./shared/canonical-json.ts";
import { Fault } from "./shared/fault.ts";
import { type Moments, realMoments } from "./shared/moment.ts";
import { Accounts } from "./storage/collections.ts";
import type { Unit } from "./storage/port.ts";
import { ingestPost } from "./usecases/ingest-post.ts";
import { hashPassword } from "./usecases/password.ts";

/** Loads the demonstration group through the same use cases that serve everybody: posts, proposals, approvals. */
async function seedDemo(
  core: Core,
  root: string,
  publicUrl: string,
  moments: Moments = realMoments,
  fence?: (unit: Unit) => Promise<void>,
): Promise<SeedTotals> {
  const parts = composeIngest(core);
  const { content, releases } = composeContent(core, moments);
  const viewerOf = async (account: string) => {
    const viewer = (await core.snapshots.read(core.storage, moments().now)).viewer(account);
    if (viewer === undefined)
      throw new Fault("internal", `the seed names an account that it does not make: ${account}`);
    return viewer;
  };
  return loadSeed({
    storage: core.storage,
    audit: core.audit,
    moment: moments(),
    hashPassword,
    root,
    dataDir: core.config.DATA_DIR,
    publicUrl,
    group: core.config.GROUP,
    ...(fence === undefined ? {} : { fence }),
    ingest: async ({ account, format, bytes, label }) => {
      const { reply } = await ingestPost(
        parts,
        bytes,
        { account, format, label: JSON.stringify(label), dryRun: false },
        moments(),
      );
      return JSON.parse(reply);
    },
    release: async ({ ids, proposedBy, approvedBy, reason }) => {
      const [proposer, approver] = [await viewerOf(proposedBy), await viewerOf(approvedBy)];
      for (const object of ids) {
        // Each decision changes the content's hash: read it again for the next row.
        for (;;) {
          const { hash, label } = await content.one(proposer, moments(), object);
          const off = label?.releases.find(({ status }) => status === "off");
          if (off === undefined || hash === undefined) break;
          const { status: _, ...row } = off;
          // Proposed before a load was cut off: decided now, not proposed twice.
          const { releases: open } = await releases.list(approver, moments(), { status: "proposed" });
          const waiting = open.find((one) => one.object === object && canonicalJson(one.row) === canonicalJson(row));
          const release =
            waiting?.release ??
            (await releases.propose({
              viewer: proposer,
              account: proposedBy,
              moment: moments(),
              object,
              row,
              reason,
              hash,
            }));
          const shown = await releases.show(approver, moments(), release);
          await releases.decide({
            viewer: approver,
            account: approvedBy,
            moment: moments(),
            release,
            verb: "approve",
            reason,
            hash: shown.hash,
          });
        }
      }
    },
  });
}

/** Whether the demonstration should be loaded now: it is wanted, and the store is new (or a load was cut off). */
async function wantsDemo(core: Core): Promise<boolean> {
  if (!core.config.DEMO || (await isSeeded(core.storage))) return false;
  const begun = await core.storage.collection(Accounts).all({ limit: 1 });
  return begun.length === 0 || (await core.storage.collection(Accounts).get("sign-usa")) !== undefined;
}

/** The demonstration as an operator asks for it: refused where the store is in use (`seed.done`, `seed.store_in_use`). */
export async function seedNow(core: Core, root: string, publicUrl: string): Promise<SeedTotals> {
  const totals = await oneAtATime(
    core.storage,
    "seed",
    realMoments,
    async () => true,
    ({ check }) => seedDemo(core, root, publicUrl, realMoments, check),
  );
  if (totals === undefined) throw new Fault("internal", "the demonstration was not loaded");
  return totals;
}

/** The demonstration on the first start: by one process, however many start at once, while the others wait. Undefined where there is nothing to load. */
export const seedOnce = (
  core: Core,
  root: string,
  publicUrl: string,
  begins: () => void,
): Promise<SeedTotals | undefined> =>
  oneAtATime(
    core.storage,
    "seed",
    realMoments,
    () => wantsDemo(core),
    ({ check }) => {
      begins();
      return seedDemo(core, root, publicUrl, realMoments, check);
    },
  );
