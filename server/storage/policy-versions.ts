import { canonicalJson } from "../shared/canonical-json.ts";
import { sha256 } from "../shared/digest.ts";
import { endOf, lastOf, noteEnd } from "./chain-heads.ts";
import {
  Accounts,
  Agencies,
  AgreementsIn,
  Anchors,
  Meta,
  Orders,
  PolicyVersions,
  SourceQuarantines,
} from "./collections.ts";
import type {
  AccountDoc,
  AgencyDoc,
  AgreementDoc,
  OrderDoc,
  PolicyVersionDoc,
  SourceQuarantineDoc,
} from "./documents.ts";
import type { CollectionSpec, Doc, Unit } from "./port.ts";

/** A document that decides who may read, by its kind. */
export type PolicyDocument =
  | { readonly kind: "account"; readonly doc: AccountDoc }
  | { readonly kind: "agency"; readonly doc: AgencyDoc }
  | { readonly kind: "agreement"; readonly doc: AgreementDoc }
  | { readonly kind: "order"; readonly doc: OrderDoc }
  | { readonly kind: "quarantine"; readonly doc: SourceQuarantineDoc };

/** What `prev` says in the first version of all. */
const NO_PREV = "";

/** Ids in the order of their numbers: versions of one instant follow each other by id. */
export const versionId = (n: number): string => String(n).padStart(12, "0");

/** SHA-256 over the canonical JSON of a version without its digest; the previous one's digest is inside, which makes all of them one chain. */
export function versionDigest(version: Omit<PolicyVersionDoc, "digest">): string {
  const { id, n, prev, kind, of, revision, at, doc } = version;
  return sha256(canonicalJson({ id, n, prev, kind, of, revision, at, doc }));
}

/**
 * What of a document is kept: how often the store wrote it and what only signs in decide nothing. Nor does the reason of a quarantine, which may be sealed where it stands and
 * would be open here.
 */
export function keptOf({ kind, doc }: PolicyDocument): Record<string, unknown> {
  const { rev: _, password: __, reason, ...kept }: Record<string, unknown> = { ...doc };
  return kind === "quarantine" || reason === undefined ? kept : { ...kept, reason };
}

/**
 * Appends versions, in the transaction that writes the documents. Their instant (ms) is never before that of the version before: what held at an instant
 * is then the last version that is not after it, whatever clocks did.
 */
export async function appendVersions(
  unit: Unit,
  { at, revision }: { readonly at: number; readonly revision: number },
  documents: readonly PolicyDocument[],
): Promise<void> {
  const versions = unit.collection(PolicyVersions);
  const end = await endOf(unit, PolicyVersions);
  let [n, prev] = [end?.n ?? 0, end?.digest ?? NO_PREV];
  const instant = Math.max(at, end?.moved ?? 0);
  const fresh = documents.map((document): PolicyVersionDoc => {
    n++;
    const { kind, doc } = document;
    const version = { id: versionId(n), n, prev, kind, of: doc.id, revision, at: instant, doc: keptOf(document) };
    prev = versionDigest(version);
    return { ...version, digest: prev };
  });
  await versions.insert(fresh);
  if (fresh.length > 0) await noteEnd(unit, PolicyVersions, { n, digest: prev, at: instant }, end);
}

const PAGE = 500;

/**
 * The first versions of documents that are there. What held before is not known, so they hold from the last minute on that this store is known
 * to have judged at.
 */
async function keepFirst<T extends Doc>(
  unit: Unit,
  from: CollectionSpec<T>,
  named: (doc: T) => PolicyDocument,
): Promise<void> {
  const held = new Map((await unit.collection(Meta).getMany(["policy", "judged"])).map(({ id, value }) => [id, value]));
  const first = { at: Number(held.get("judged") ?? 0), revision: Number(held.get("policy") ?? 0) };
  for (let after: string | undefined; ; ) {
    const page = await unit.collection(from).all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    if (page.length > 0) await appendVersions(unit, first, page.map(named));
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

/** Format 5: of whoever reads and what is agreed. */
export async function keepFirstVersions(unit: Unit): Promise<void> {
  await keepFirst(unit, Agencies, (doc) => ({ kind: "agency", doc }));
  await keepFirst(unit, Accounts, (doc) => ({ kind: "account", doc }));
  await keepFirst(unit, AgreementsIn, (doc) => ({ kind: "agreement", doc }));
  await keepFirst(unit, Orders, (doc) => ({ kind: "order", doc }));
}

/** Format 6: the records of where the chains end, first, so that rows of before them count as no record that was removed; and versions of quarantines of sources. */
export async function keepQuarantinesAndEnds(unit: Unit): Promise<void> {
  const version = await lastOf(unit, PolicyVersions);
  if (version !== undefined) await noteEnd(unit, PolicyVersions, version);
  const anchor = await lastOf(unit, Anchors);
  if (anchor !== undefined) await noteEnd(unit, Anchors, anchor);
  await keepFirst(unit, SourceQuarantines, (doc) => ({ kind: "quarantine", doc }));
}
