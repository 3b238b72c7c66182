import { Accounts, Agencies, AgreementsIn, Orders, SourceQuarantines } from "../storage/collections.ts";
import type { AccountDoc, AgencyDoc, AgreementDoc, OrderDoc, SourceQuarantineDoc } from "../storage/documents.ts";
import { appendVersions, type PolicyDocument } from "../storage/policy-versions.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { bumpRevision } from "./policy-revision.ts";

/** A new document. `at`: when it is made, ms. */
export type PolicyInsert = PolicyDocument & { readonly at: number };

/** A document in the place of the one that was read. */
export type PolicyPut = { readonly at: number } & (
  | { readonly kind: "account"; readonly doc: Stored<AccountDoc> }
  | { readonly kind: "agency"; readonly doc: Stored<AgencyDoc> }
  | { readonly kind: "agreement"; readonly doc: Stored<AgreementDoc> }
  | { readonly kind: "order"; readonly doc: Stored<OrderDoc> }
  | { readonly kind: "quarantine"; readonly doc: Stored<SourceQuarantineDoc> }
);

function write(unit: Unit, change: PolicyInsert): Promise<void> {
  switch (change.kind) {
    case "account":
      return unit.collection(Accounts).insert([change.doc]);
    case "agency":
      return unit.collection(Agencies).insert([change.doc]);
    case "agreement":
      return unit.collection(AgreementsIn).insert([change.doc]);
    case "order":
      return unit.collection(Orders).insert([change.doc]);
    case "quarantine":
      return unit.collection(SourceQuarantines).insert([change.doc]);
  }
}

function replace(unit: Unit, change: PolicyPut): Promise<void> {
  switch (change.kind) {
    case "account":
      return unit.collection(Accounts).put(change.doc);
    case "agency":
      return unit.collection(Agencies).put(change.doc);
    case "agreement":
      return unit.collection(AgreementsIn).put(change.doc);
    case "order":
      return unit.collection(Orders).put(change.doc);
    case "quarantine":
      return unit.collection(SourceQuarantines).put(change.doc);
  }
}

/**
 * The one way in which accounts, agencies, agreements, standing orders and quarantines of sources come to be: the document, a version of it in the history that decisions are replayed
 * from, and the policy revision, which is counted once a transaction. Gives the revision. Faults: `conflict` for an id that is taken.
 */
export const insertPolicy = (unit: Unit, change: PolicyInsert): Promise<number> => insertPolicies(unit, [change]);

/** The same for several; with none the revision is counted all the same. */
export async function insertPolicies(unit: Unit, changes: readonly PolicyInsert[]): Promise<number> {
  for (const change of changes) await write(unit, change);
  const revision = await bumpRevision(unit);
  const at = Math.max(0, ...changes.map((change) => change.at));
  if (changes.length > 0) await appendVersions(unit, { at, revision }, changes);
  return revision;
}

/** As `insertPolicy`, for a document that is there. Faults: `conflict` where another wrote it since it was read. */
export async function putPolicy(unit: Unit, change: PolicyPut): Promise<number> {
  await replace(unit, change);
  const revision = await bumpRevision(unit);
  await appendVersions(unit, { at: change.at, revision }, [change]);
  return revision;
}
