import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { after, RELEASE_VERBS, type ReleaseVerb, type ReleaseVerbName, stateAt } from "../policy/release-machine.ts";
import { mayApprove, type Other, type Party } from "../policy/release-rules.ts";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import { Releases as ReleasesIn } from "../storage/collections.ts";
import type { AccountDoc } from "../storage/documents.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import type { AuditStream } from "./append-audit.ts";
import type { Content } from "./content.ts";
import { inForce } from "./in-force.ts";
import type { Secrets } from "./plan-rows.ts";
import { relabel } from "./relabel.ts";
import { ownRows } from "./release-view.ts";
import type { Row } from "./sight.ts";
import type { Snapshot, Snapshots } from "./snapshot.ts";

/** What every verb of the release machine is handed. */
export interface ReleaseParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly snapshots: Snapshots;
  readonly audit: AuditStream;
  readonly secrets: Secrets;
  /** Seals the cursors of lists. */
  readonly cursorKey: Uint8Array;
  /** The time, ms: read under the write lock, so that stamps follow the order of commits. */
  readonly clock: () => number;
}

export interface Who {
  readonly viewer: Viewer;
  readonly account: string;
  readonly moment: Moment;
}

export const noRelease = (): Fault => new Fault("not_found", "there is no such release");
export const stale = (message = "it has changed since you opened it: read it again"): Fault =>
  new Fault("conflict", message, { code: "release.stale", path: "hash" });

/** The reason code given, or the verb's first; `Fault("unprocessable")` for one that the verb does not know. */
export function codeOf(verb: ReleaseVerbName, given: string | undefined): string {
  const { codes }: ReleaseVerb = RELEASE_VERBS[verb];
  const code = given ?? codes[0] ?? "";
  if (codes.includes(code)) return code;
  throw new Fault("unprocessable", `${code} is no reason to ${verb}: there are ${codes.join(", ")}`, {
    code: "release.reason_code",
    path: "code",
  });
}

/** The state that a verb leads to; `Fault("conflict")` where it does not start there (triage 1: nobody jumps a step). */
export function step(verb: ReleaseVerbName, release: ReleaseDoc, now: number): ReleaseDoc["status"] {
  const from = stateAt(release, now);
  const to = after(verb, from);
  if (to === undefined)
    throw new Fault("conflict", `this release is already ${from}`, { code: "release.decided", path: "status" });
  return to;
}

const signing = new WeakMap<Snapshot["accounts"], readonly AccountDoc[]>();

/** Does this human sign agreements, under some account in force? Then it releases under none (triage 3). Signers are found once a revision of the accounts. */
function isSigner(person: string, { accounts, at }: Snapshot): boolean {
  const signers = signing.get(accounts) ?? [...accounts.values()].filter(({ role }) => role === "signer");
  signing.set(accounts, signers);
  return signers.some((signer) => signer.person === person && inForce(signer, at));
}

/** An account as the second-person rule sees it; undefined for one that nobody knows. */
export function partyOf(id: string, snapshot: Snapshot): Party | undefined {
  const account = snapshot.accounts.get(id);
  if (account === undefined) return undefined;
  const country = account.agency === undefined ? account.country : snapshot.agencies.get(account.agency)?.country;
  return {
    id,
    role: account.role,
    agency: account.agency,
    country,
    person: account.person,
    vouchedBy: account.vouchedBy,
    delegateOf: account.delegateOf,
    signs: account.person !== undefined && isSigner(account.person, snapshot),
  };
}

/** Who posted the rows, each account once. */
export const authorsOf = (rows: readonly Row[], snapshot: Snapshot): (Other | undefined)[] =>
  [...new Set(rows.map(({ receivedFrom }) => receivedFrom))].map((id) => partyOf(id, snapshot));

/** Whom a release gives to, as far as the second-person table asks: of a change of label the countries that gain, or everybody. */
function givenTo(
  { row }: ReleaseDoc,
  gained: readonly string[],
  { agencies }: Snapshot,
): { readonly agreement: string; readonly countries: readonly string[] } {
  if (row !== undefined) return row;
  // Who is no agency is a country, of which an agency to come would gain.
  const countries = gained.map((who) => agencies.get(who)?.country ?? who);
  return { agreement: gained.includes("PUBLIC") ? "PUBLIC" : "", countries };
}

/** `Fault("forbidden")` unless this account may decide about the release as a second person (triage 3); of another label under the old one and the new. */
export function mustBeSecond(
  account: string,
  release: ReleaseDoc,
  rows: readonly Row[],
  gained: readonly string[],
  snapshot: Snapshot,
): void {
  const approver = partyOf(account, snapshot);
  if (approver === undefined) throw noRelease();
  for (const row of ownRows(rows)) {
    const label = snapshot.labels.get(row.label)?.label;
    if (label === undefined) throw noRelease();
    if (snapshot.agencies.get(label.originator)?.off !== undefined)
      throw new Fault("forbidden", `${label.originator} is off: nothing of it is released`, {
        code: "release.agency_off",
      });
    const to = (release.relabels ?? []).flatMap((one) => (one.contribution === row.contribution ? [one.to] : []));
    for (const one of [label, ...to]) {
      const refusal = mayApprove({
        approver,
        proposer: partyOf(release.proposedBy, snapshot),
        author: partyOf(row.receivedFrom, snapshot),
        label: one,
        row: givenTo(release, gained, snapshot),
      });
      if (refusal !== undefined) throw new Fault("forbidden", refusal.message, { code: refusal.code });
    }
  }
}

/** The row of a release that is of one: all but another label. */
export function rowOfRelease({ row }: Pick<ReleaseDoc, "row">): NonNullable<ReleaseDoc["row"]> {
  if (row === undefined) throw new Fault("internal", "a release of another label has no row");
  return row;
}

/** Gives each contribution of these rows the label that `change` makes of its own. In the caller's transaction. */
export async function relabelAll(
  unit: Unit,
  parts: Pick<ReleaseParts, "secrets" | "clock">,
  rows: readonly Row[],
  snapshot: Snapshot,
  moment: Moment,
  change: (label: Label, row: Row) => Label,
): Promise<void> {
  for (const row of ownRows(rows)) {
    const label = snapshot.labels.get(row.label)?.label;
    if (label === undefined) continue;
    const now = Math.max(moment.now, parts.clock());
    await relabel(unit, row.contribution, normaliseLabel(change(label, row)), parts.secrets, now);
  }
}

const SWEPT = 20;
/** Proposals whose time was over before this instant (ms), settled by the way, so that lists of what waits stay short. */
export async function sweepExpired(unit: Unit, country: string, now: number): Promise<void> {
  const releases = unit.collection(ReleasesIn);
  const old = await releases.scan({ index: "country", prefixes: [[country, "proposed"]], limit: SWEPT });
  for (const release of old)
    if (stateAt(release, now) === "expired") await releases.put({ ...release, status: "expired" });
}
