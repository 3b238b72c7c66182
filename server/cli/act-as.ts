import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Core } from "../compose.ts";
import { grantedVerbs, type Scope, type Verb } from "../http/verbs.ts";
import { Fault } from "../shared/fault.ts";
import { type Moment, realMoments } from "../shared/moment.ts";
import { inForce } from "../usecases/in-force.ts";

export interface Acting {
  readonly viewer: Viewer;
  readonly account: string;
  readonly moment: Moment;
}

/** Who a command is run as: as over HTTP, an account in force whose role and scope leave it the verb; else `Fault("bad_request")` about `--as`. */
export async function actAs(core: Core, id: string, verb: Verb): Promise<Acting> {
  const moment = realMoments();
  const snapshot = await core.snapshots.read(core.storage, moment.now);
  const [account, viewer] = [snapshot.accounts.get(id), snapshot.viewer(id)];
  const refuse = (words: string): Fault =>
    new Fault("bad_request", `--as: ${words}`, { code: "command.account", path: "as" });
  if (account === undefined || viewer === undefined) throw refuse(`there is no account ${id}`);
  if (!inForce(account, moment.now)) throw refuse(`account ${id} is not in force`);
  const scopes: readonly Scope[] = account.scope === "write" ? ["read", "post"] : ["read"];
  if (!grantedVerbs(account.role, scopes).has(verb)) throw refuse(`account ${id} may not ${verb}`);
  return { viewer, account: id, moment };
}
