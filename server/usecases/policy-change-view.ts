import type { PolicyChangeReply } from "../../schemas/api/policy-changes.ts";
import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { anybodyOf, type Changed, type PolicyGain, policyGains } from "../policy/policy-gains.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { keyed } from "../shared/digest.ts";
import { formatInstant } from "../shared/instant.ts";
import type { AgencyDoc, PolicyChangeDoc } from "../storage/documents.ts";
import type { Storage, Unit } from "../storage/port.ts";
import type { AuditStream } from "./append-audit.ts";
import type { Secrets } from "./plan-rows.ts";
import { type Resolved, resolveAgain } from "./policy-change-terms.ts";
import type { Snapshot, Snapshots } from "./snapshot.ts";
import { viewerOf } from "./viewer-of.ts";

export interface PolicyChangeParts {
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  readonly audit: AuditStream;
  readonly secrets: Secrets;
}

/** Does a change exist for this viewer: an administrator, or a signer of a country that it takes a signature of? */
export const mayKnow = ({ role, country }: Viewer, { countries }: Pick<PolicyChangeDoc, "countries">): boolean =>
  role === "admin" || (role === "signer" && country !== undefined && countries.includes(country));

/** Proposed still, and how it is by now: no job has to run for it to end. */
export function stateOf(
  doc: PolicyChangeDoc,
  now: number,
  resolved: Resolved | undefined,
): PolicyChangeReply["status"] {
  if (doc.status !== "proposed") return doc.status;
  if (doc.expires !== undefined && now >= doc.expires) return "expired";
  return resolved === undefined ? "stale" : "proposed";
}

/** Accounts that the labels name, of which who reads RED can't be told from the agency alone. */
const namedIn = (labels: readonly Label[]): Set<string> =>
  new Set(
    labels.flatMap(({ recipients, clientGrants, embargoReaders = [] }) => [
      ...recipients,
      ...clientGrants,
      ...embargoReaders,
    ]),
  );

/** Whoever is of these agencies, and those of their people that the labels name. */
function people(
  agencies: Iterable<AgencyDoc>,
  labels: readonly Label[],
  snapshot: Snapshot,
  seat: (viewer: Viewer) => Pick<Changed, "before" | "after">,
): Changed[] {
  const all = [...agencies];
  const among = new Set(all.map(({ id }) => id));
  const named = [...namedIn(labels)].flatMap((id) => {
    const viewer = snapshot.viewer(id);
    return viewer?.agency !== undefined && among.has(viewer.agency) ? [{ agency: viewer.agency, ...seat(viewer) }] : [];
  });
  return [
    ...all.map(({ id, country, categories }) => ({ agency: id, ...seat(anybodyOf(id, country, categories)) })),
    ...named,
  ];
}

function changedBy(
  now: Resolved,
  labels: readonly Label[],
  snapshot: Snapshot,
): { changed: Changed[]; after: Agreements } {
  const { agreements, agencies } = snapshot;
  switch (now.kind) {
    case "agreement": {
      const on = [...agencies.values()].filter(({ off }) => off === undefined);
      const changed = people(on, labels, snapshot, (viewer) => ({ before: viewer, after: viewer }));
      return { changed, after: { ...agreements, [now.after.id]: now.after } };
    }
    case "agency": {
      const was = now.before?.off === undefined ? now.before : undefined;
      const changed = people([now.after], labels, snapshot, ({ until: _, ...viewer }) => ({
        before: was === undefined ? undefined : { ...viewer, categories: was.categories },
        after: { ...viewer, categories: now.after.categories },
      }));
      return { changed, after: agreements };
    }
    case "quarantine": {
      const on = [...agencies.values()].filter(({ off }) => off === undefined);
      // Persons of the agency itself read it all the while.
      const others = on.filter(({ id }) => id !== now.after.agency);
      return { changed: people(others, labels, snapshot, (viewer) => ({ after: viewer })), after: agreements };
    }
    case "account": {
      const agency = now.after.agency === undefined ? undefined : agencies.get(now.after.agency);
      const seat = { before: snapshot.viewer(now.before.id), after: viewerOf(now.after, agency) };
      return { changed: agency === undefined ? [] : [{ agency: agency.id, ...seat }], after: agreements };
    }
  }
}

/** Labels that a change is about, as they read after it. */
function concerned(now: Resolved, labels: readonly Label[]): Label[] {
  if (now.kind === "agreement")
    return labels.filter(({ releases }) => releases.some(({ agreement }) => agreement === now.after.id));
  if (now.kind !== "quarantine") return [...labels];
  return labels.flatMap(({ quarantined, ...label }) => {
    const others = quarantined?.filter((id) => id !== now.after.id);
    if (others === undefined || others.length === quarantined?.length) return [];
    return [others.length === 0 ? label : { ...label, quarantined: others }];
  });
}

/** Who would come to read what of this country's content (triage 3, "with the audience shown"): of others' it tells nothing, whoever asks. */
export function gainsFor(country: string | undefined, now: Resolved, snapshot: Snapshot): PolicyGain[] {
  if (country === undefined || !now.countries.includes(country)) return [];
  const own = snapshot.labelList
    .slice(0, snapshot.labelCount)
    .flatMap(({ label }) => (label.originatorCountry === country ? [label] : []));
  const labels = concerned(now, own);
  const { changed, after } = changedBy(now, labels, snapshot);
  return policyGains(labels, changed, { before: snapshot.agreements, after }, formatInstant(snapshot.at));
}

/** What a signature binds to: what changes, what it was, whose signatures it takes, and whom one's own content would reach. */
export const changeHash = (doc: PolicyChangeDoc, gains: readonly PolicyGain[], { digest }: Secrets): string =>
  keyed(
    digest,
    `policy-change|${canonicalJson([doc.id, doc.kind, doc.of, doc.was, doc.to, doc.countries, doc.status, gains])}`,
  );

/** Who somebody is to this viewer: people of other countries are theirs to know (policy Q49). */
export function calledBy(account: string, viewer: Viewer, snapshot: Snapshot): string {
  const country = snapshot.viewer(account)?.country;
  if (viewer.role === "admin" || (country !== undefined && country === viewer.country)) return account;
  return country ?? "administrator";
}

/** A change as one who may know of it sees it; `whole` with its audience and the hash of a signature. */
export async function changeView(
  unit: Unit,
  doc: PolicyChangeDoc,
  viewer: Viewer,
  snapshot: Snapshot,
  whole?: { readonly secrets: Secrets },
): Promise<PolicyChangeReply> {
  const now = doc.status === "proposed" ? await resolveAgain(unit, doc) : undefined;
  const status = stateOf(doc, snapshot.at, now);
  const open = status === "proposed" && now !== undefined && whole !== undefined;
  const gains = open ? gainsFor(viewer.country, now, snapshot) : [];
  return {
    change: doc.id,
    kind: doc.kind,
    of: doc.of,
    was: doc.was,
    to: doc.to,
    narrows: doc.narrows,
    status,
    reason: doc.reason,
    by: calledBy(doc.by, viewer, snapshot),
    at: formatInstant(doc.at),
    ...(doc.expires === undefined ? {} : { expires: formatInstant(doc.expires) }),
    countries: [...doc.countries],
    signed: doc.signatures.map(({ country }) => country).sort(),
    ...(doc.decidedBy === undefined ? {} : { decidedBy: calledBy(doc.decidedBy, viewer, snapshot) }),
    ...(doc.decidedAt === undefined ? {} : { decidedAt: formatInstant(doc.decidedAt) }),
    ...(doc.decisionReason === undefined ? {} : { decisionReason: doc.decisionReason }),
    ...(open && viewer.country !== undefined ? { gains: [...gains] } : {}),
    ...(open ? { hash: changeHash(doc, gains, whole.secrets) } : {}),
  };
}
