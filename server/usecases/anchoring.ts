import { endOf, lastOf, noteEnd, tailsOf } from "../storage/chain-heads.ts";
import { Anchors, Audit, AuditHeads, DisclosureHeads, Disclosures, PolicyVersions } from "../storage/collections.ts";
import type { AnchorDoc, AuditHeadDoc } from "../storage/documents.ts";
import { versionId } from "../storage/policy-versions.ts";
import type { CollectionSpec, Storage, Stored, Unit } from "../storage/port.ts";
import { type Anchor, type AnchoredHead, signAnchor } from "./anchor-text.ts";
import { NO_PREV } from "./audit-chain.ts";

export interface AnchorParts {
  readonly storage: Storage;
  /** The seed of the key that signs. */
  readonly keys: { readonly anchor: Uint8Array };
}

/** A row may be committed this much later than the instant it says, and clocks may differ by it, ms. */
const SLACK = 15 * 60_000;
const PAGE = 500;
/** Anchors that are looked through at once for what they name: half an hour makes 180 of them. */
const WINDOW = 200;
/** Streams that one anchor names at most. */
const MOST = 1000;

const nameOf = ({ chain, stream }: Pick<AnchoredHead, "chain" | "stream">): string => `${chain}|${stream}`;

/** The anchor that was made last. */
export const lastAnchor = (unit: Unit): Promise<Stored<AnchorDoc> | undefined> => lastOf(unit, Anchors);

/** Anchors in their order, behind a number. */
export async function* anchorsAfter(unit: Unit, n = 0): AsyncGenerator<Stored<AnchorDoc>> {
  for (let from = n + 1; ; ) {
    const page = await unit.collection(Anchors).scan({ index: "n", prefixes: [[]], from, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    from = last.n + 1;
  }
}

/** The last row of every stream there is, by the rows themselves. */
async function* everyHead(unit: Unit, chain: "audit" | "disclosures"): AsyncGenerator<AnchoredHead> {
  for await (const { stream, n, digest } of tailsOf(unit, chain === "audit" ? Audit : Disclosures))
    yield { chain, stream, n, digest };
}

/** The last rows of streams that moved since an instant. */
async function* movedHeads(
  unit: Unit,
  chain: "audit" | "disclosures",
  spec: CollectionSpec<AuditHeadDoc>,
  since: number,
): AsyncGenerator<AnchoredHead> {
  for (let after: { value: number; id: string } | undefined; ; ) {
    const page: Stored<AuditHeadDoc>[] = await unit.collection(spec).scan({
      index: "moved",
      prefixes: [[]],
      from: since,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const { id, n, digest } of page) yield { chain, stream: id, n, digest };
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = { value: last.moved, id: last.id };
  }
}

async function listOf<T>(from: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of from) list.push(one);
  return list;
}

/** The history of policy is one chain. */
async function policyHead(unit: Unit, since = 0): Promise<AnchoredHead[]> {
  const end = await endOf(unit, PolicyVersions);
  if (end === undefined || end.moved < since) return [];
  return [{ chain: "policy_versions", stream: PolicyVersions.name, n: end.n, digest: end.digest }];
}

/** Since when streams are looked at: nothing before it is unanchored. Without an anchor all of them are. */
const sinceOf = (last: AnchorDoc | undefined, now: number): number | undefined =>
  last === undefined ? undefined : Math.min(last.at, now) - SLACK;

/** Disclosures stand apart from content, and are read first: an anchor names what was there before it. */
const disclosureHeads = (storage: Storage, since: number | undefined): Promise<AnchoredHead[]> =>
  listOf(
    since === undefined
      ? everyHead(storage, "disclosures")
      : movedHeads(storage, "disclosures", DisclosureHeads, since),
  );

/** How far anchors made since an instant came with each stream. */
async function anchoredSince(unit: Unit, since: number, last: AnchorDoc): Promise<Map<string, number>> {
  const known = new Map<string, number>();
  for (let n = last.n; n > 0; n -= WINDOW) {
    const page = await unit
      .collection(Anchors)
      .scan({ index: "n", prefixes: [[]], from: Math.max(1, n - WINDOW + 1), to: n + 1, limit: WINDOW });
    for (const { heads } of page)
      for (const head of heads) known.set(nameOf(head), Math.max(known.get(nameOf(head)) ?? 0, head.n));
    if ((page[0]?.at ?? 0) < since) break;
  }
  return known;
}

/** What no anchor names yet. */
async function unanchored(
  unit: Unit,
  last: AnchorDoc | undefined,
  now: number,
  disclosures: readonly AnchoredHead[],
): Promise<AnchoredHead[]> {
  const since = sinceOf(last, now);
  if (last === undefined || since === undefined)
    return [...(await listOf(everyHead(unit, "audit"))), ...disclosures, ...(await policyHead(unit))];
  const known = await anchoredSince(unit, since - SLACK, last);
  const audit = await listOf(movedHeads(unit, "audit", AuditHeads, since));
  const moved = [...audit, ...disclosures, ...(await policyHead(unit, since))];
  return moved.filter((head) => (known.get(nameOf(head)) ?? 0) < head.n);
}

/** Whether anything moved that no anchor names. */
export async function isUnanchored({ storage }: AnchorParts, now: number): Promise<boolean> {
  const last = await lastAnchor(storage);
  const disclosures = await disclosureHeads(storage, sinceOf(last, now));
  return (await unanchored(storage, last, now, disclosures)).length > 0;
}

/**
 * Anchors what moved since the anchor before (design 6, "Audit"): its last rows, signed, linked to the anchor before. Gives the anchors made; none where nothing moved.
 * `check` is called in the transaction: that this process may do it.
 */
export async function makeAnchors(
  { storage, keys }: AnchorParts,
  now: number,
  check: (unit: Unit) => Promise<void> = async () => undefined,
): Promise<Anchor[]> {
  const disclosures = await disclosureHeads(storage, sinceOf(await lastAnchor(storage), now));
  return storage.transaction(async (unit) => {
    await check(unit);
    const last = await lastAnchor(unit);
    const heads = await unanchored(unit, last, now, disclosures);
    const end = await endOf(unit, Anchors);
    let [n, prev] = [end?.n ?? 0, end?.digest ?? NO_PREV];
    const made: Anchor[] = [];
    for (let at = 0; at < heads.length; at += MOST) {
      n++;
      const anchor = signAnchor(keys.anchor, { n, prev, at: now, heads: heads.slice(at, at + MOST) });
      prev = anchor.digest;
      made.push(anchor);
    }
    await unit.collection(Anchors).insert(made.map((anchor) => ({ ...anchor, id: versionId(anchor.n) })));
    const newest = made.at(-1);
    if (newest !== undefined) await noteEnd(unit, Anchors, newest, end);
    return made;
  });
}
