import { canonicalJson } from "../shared/canonical-json.ts";
import { sha256 } from "../shared/digest.ts";
import { Accounts, Agencies, AgreementsIn, Meta, Orders, PolicyVersions } from "./collections.ts";
import type { AccountDoc, AgencyDoc, AgreementDoc, OrderDoc, PolicyVersionDoc } from "./documents.ts";
import type { Collection, Doc, Unit } from "./port.ts";

/** A document that decides who may read, by its kind. */
export type PolicyDocument =
  | { readonly kind: "account"; readonly doc: AccountDoc }
  | { readonly kind: "agency"; readonly doc: AgencyDoc }
  | { readonly kind: "agreement"; readonly doc: AgreementDoc }
  | { readonly kind: "order"; readonly doc: OrderDoc };

/** What `prev` says in the first version of all. */
const NO_PREV = "";

/** Ids in the order of their numbers: versions of one instant follow each other by id. */
export const versionId = (n: number): string => String(n).padStart(12, "0");

/** SHA-256 over the canonical JSON of a version without its digest; the previous one's digest is inside, which makes all of them one chain. */
export function versionDigest(version: Omit<PolicyVersionDoc, "digest">): string {
  const { id, n, prev, kind, of, revision, at, doc } = version;
  return sha256(canonicalJson({ id, n, prev, kind, of, revision, at, doc }));
}

/** What of a document is kept: how often the store wrote it and what only signs in decide nothing. */
export function keptOf({ doc }: PolicyDocument): Record<string, unknown> {
  const { rev: _, password: __, ...kept }: Record<string, unknown> = { ...doc };
  return kept;
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
  const [tail] = await versions.scan({ index: "n", prefixes: [[]], reverse: true, limit: 1 });
  let [n, prev] = [tail?.n ?? 0, tail?.digest ?? NO_PREV];
  const instant = Math.max(at, tail?.at ?? 0);
  const fresh = documents.map((document): PolicyVersionDoc => {
    n++;
    const { kind, doc } = document;
    const version = { id: versionId(n), n, prev, kind, of: doc.id, revision, at: instant, doc: keptOf(document) };
    prev = versionDigest(version);
    return { ...version, digest: prev };
  });
  await versions.insert(fresh);
}

const PAGE = 500;

/**
 * Format 5: the first version of each document that is there. What held before is not known, so they hold from the last minute on that this store is known
 * to have judged at.
 */
export async function keepFirstVersions(unit: Unit): Promise<void> {
  const held = new Map((await unit.collection(Meta).getMany(["policy", "judged"])).map(({ id, value }) => [id, value]));
  const first = { at: Number(held.get("judged") ?? 0), revision: Number(held.get("policy") ?? 0) };
  const keep = async <T extends Doc>(from: Collection<T>, named: (doc: T) => PolicyDocument): Promise<void> => {
    for (let after: string | undefined; ; ) {
      const page = await from.all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      if (page.length > 0) await appendVersions(unit, first, page.map(named));
      after = page.at(-1)?.id;
      if (page.length < PAGE) return;
    }
  };
  await keep(unit.collection(Agencies), (doc) => ({ kind: "agency", doc }));
  await keep(unit.collection(Accounts), (doc) => ({ kind: "account", doc }));
  await keep(unit.collection(AgreementsIn), (doc) => ({ kind: "agreement", doc }));
  await keep(unit.collection(Orders), (doc) => ({ kind: "order", doc }));
}
