import type { Viewer } from "../../schemas/policy/viewer.ts";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { Content } from "./content.ts";
import type { Sight } from "./sight.ts";
import type { Snapshots } from "./snapshot.ts";

export interface PolicyParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly snapshots: Snapshots;
}

const TRIES = 5;

/** Thrown inside the transaction when the policy moved since the sight was taken: look again. */
class Moved extends Error {}

/**
 * Runs `work` in one transaction under the policy that the sight was taken of; the sight reads in that transaction, so that what it finds is so when it is
 * written about. `Fault("unavailable")`, `<part>.policy_moves`, where the policy keeps changing.
 */
export async function underPolicy<R>(
  { storage, content, snapshots }: PolicyParts,
  { viewer, moment }: { readonly viewer: Viewer; readonly moment: Moment },
  part: string,
  work: (unit: Unit, sight: Sight) => Promise<R>,
): Promise<R> {
  for (let tries = 1; ; tries++) {
    const sight = await content.sight(viewer, moment, "api");
    try {
      return await storage.transaction(async (unit) => {
        const current = await snapshots.read(unit, moment.now);
        if (current.revision !== sight.snapshot.revision) throw new Moved();
        return work(unit, sight.within(unit));
      });
    } catch (error) {
      if (!(error instanceof Moved)) throw error;
      if (tries === TRIES)
        throw new Fault("unavailable", "the policy is changing; ask again", {
          code: `${part}.policy_moves`,
          retryAfter: 1,
        });
    }
  }
}
