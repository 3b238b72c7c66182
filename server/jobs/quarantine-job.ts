import type { Log } from "../shared/log.ts";
import type { Moments } from "../shared/moment.ts";
import type { SourceQuarantineFlow } from "../usecases/source-quarantine.ts";
import { nowAndThen } from "./now-and-then.ts";

/** How often it is looked whether a quarantine was cut off on its way, ms. */
const EVERY = 10_000;

/** One look: what was unfinished at the look before and is still, is gone on with. Gives what is unfinished now. */
export async function quarantineOnce(
  flow: Pick<SourceQuarantineFlow, "unfinished" | "resume">,
  moments: Moments,
  before: readonly string[],
): Promise<readonly string[]> {
  for (const id of await flow.unfinished()) if (before.includes(id)) await flow.resume(id, moments());
  return flow.unfinished();
}

/** Finishes quarantines, and liftings, whose request was cut off: until then all of their agency's content is held. Several processes do no harm. Gives what ends it. */
export function startQuarantining(flow: SourceQuarantineFlow, moments: Moments, log: Log): { stop(): Promise<void> } {
  let left: readonly string[] = [];
  return nowAndThen(
    EVERY,
    async () => {
      left = await quarantineOnce(flow, moments, left);
    },
    (error) => log.warn({ err: error }, "a quarantine could not be finished; it is tried again"),
  );
}
