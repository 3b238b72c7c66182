import { Anchors, Audit, AuditHeads, DisclosureHeads, Disclosures, PolicyVersions } from "../../storage/collections.ts";
import type { AuditHeadDoc } from "../../storage/documents.ts";
import { versionId } from "../../storage/policy-versions.ts";
import type { Collection, CollectionSpec, Stored, Unit } from "../../storage/port.ts";
import { type Anchor, type AnchoredHead, anchorDigest, isSigned, publicKeyOf } from "../anchor-text.ts";
import { type ChainEnd, chainStep, NO_PREV } from "../audit-chain.ts";
import { endKept, madeAnew } from "./end-kept.ts";
import type { Finding, FindingCode } from "./finding.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

const IDS = 500;

/** The digests that rows have, by their ids. */
async function digestsOf<T extends { readonly id: string; readonly digest: string }>(
  rows: Pick<Collection<T>, "getMany">,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for (let at = 0; at < ids.length; at += IDS)
    for (const { id, digest } of await rows.getMany(ids.slice(at, at + IDS))) held.set(id, digest);
  return held;
}

const rowOf = ({ chain, stream, n }: Omit<AnchoredHead, "digest">): string =>
  chain === "policy_versions" ? versionId(n) : `${stream}:${n}`;

/** Those of some heads whose row is not in the store, or has another digest. Disclosures are read apart: they are in no snapshot of content. */
export async function headsNotThere(
  unit: Unit,
  log: Unit,
  heads: readonly AnchoredHead[],
): Promise<readonly AnchoredHead[]> {
  const idsOf = (chain: AnchoredHead["chain"]): string[] => [
    ...new Set(heads.flatMap((head) => (head.chain === chain ? [rowOf(head)] : []))),
  ];
  const there = {
    audit: await digestsOf(unit.collection(Audit), idsOf("audit")),
    disclosures: await digestsOf(log.collection(Disclosures), idsOf("disclosures")),
    policy_versions: await digestsOf(unit.collection(PolicyVersions), idsOf("policy_versions")),
  };
  return heads.filter((head) => there[head.chain].get(rowOf(head)) !== head.digest);
}

/** What an anchor's own words and signature leave to be desired: of a list in the order of their numbers, from the one after `end` on. */
export class AnchorChain {
  #end: ChainEnd | undefined;
  readonly #trusted: ReadonlySet<string> | undefined;
  readonly #strange = new Set<string>();

  /** Without an end to begin behind, the first one is taken as it stands. Without keys to trust, any will do. */
  constructor(trusted: readonly string[] | undefined, end?: ChainEnd) {
    this.#trusted = trusted === undefined ? undefined : new Set(trusted);
    this.#end = end;
  }

  look(anchor: Anchor): { readonly code: FindingCode; readonly message: string }[] {
    const found: { code: FindingCode; message: string }[] = [];
    const before = this.#end ?? { stream: Anchors.name, n: anchor.n - 1, digest: anchor.prev };
    const { broken, end } = chainStep(before, anchor, anchorDigest);
    this.#end = end;
    if (broken !== undefined) found.push({ code: `verify.chain_${broken.reason}`, message: `number ${broken.n}` });
    if (!isSigned(anchor)) found.push({ code: "verify.anchor_signature", message: "its key did not sign it" });
    else if (this.#trusted?.has(anchor.key) === false && !this.#strange.has(anchor.key)) {
      this.#strange.add(anchor.key);
      found.push({
        code: "verify.anchor_signature",
        message: `from number ${anchor.n} on there is the key ${anchor.key}`,
      });
    }
    return found;
  }
}

/** Keys whose anchors are believed: this installation's own, and those that are given. */
export const trustedKeys = ({ keys, trusted }: VerifyParts): readonly string[] | undefined =>
  keys === undefined && trusted === undefined
    ? undefined
    : [...(keys === undefined ? [] : [publicKeyOf(keys.anchor)]), ...(trusted ?? [])];

export const said = ({ chain, stream, n }: AnchoredHead): string => `${chain}, stream ${stream}, number ${n}`;

/** The anchors from the first on: numbers, links, digests, signatures, and the rows that they name. */
async function* anchors(parts: VerifyParts): AsyncGenerator<Looked> {
  const chain = new AnchorChain(trustedKeys(parts), { stream: Anchors.name, n: 0, digest: NO_PREV });
  yield* walk(parts, Anchors, async (page, unit, report) => {
    for (const anchor of page) for (const { code, message } of chain.look(anchor)) report(code, anchor.id, message);
    const lost = new Set(
      await headsNotThere(
        unit,
        parts.storage,
        page.flatMap(({ heads }) => heads),
      ),
    );
    for (const { id, heads } of page)
      for (const head of heads) if (lost.has(head)) report("verify.anchored", id, said(head));
  });
}

/**
 * Each stream ends with the row that was written last: whoever cuts off rows after the last anchor has to know of this, too. Others write meanwhile, so that only what
 * stays is looked at: a row that was the last one once is there for good.
 */
async function* ends(
  { storage }: VerifyParts,
  spec: CollectionSpec<AuditHeadDoc>,
  chain: "audit" | "disclosures",
): AsyncGenerator<Looked> {
  yield { collection: spec.name, looked: 0, found: [] };
  for (let after: string | undefined; ; ) {
    const page: Stored<AuditHeadDoc>[] = await storage
      .collection(spec)
      .all({ limit: IDS, ...(after === undefined ? {} : { after }) });
    const heads = page.map(({ id, n, digest }) => ({ chain, stream: id, n, digest }));
    const lost = await headsNotThere(storage, storage, heads);
    const told = [
      ...lost.map(({ stream, n }) => ({ id: stream, message: `number ${n}` })),
      ...page.flatMap(({ id, restarted }) => (restarted === undefined ? [] : [{ id, message: madeAnew(restarted) }])),
    ];
    const found = told.map((one): Finding => ({ code: "verify.chain_end", collection: spec.name, ...one }));
    yield { collection: spec.name, looked: page.length, found };
    after = page.at(-1)?.id;
    if (page.length < IDS) return;
  }
}

export async function* checkAnchors(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* anchors(parts);
  yield* endKept(parts, Anchors);
  yield* ends(parts, AuditHeads, "audit");
  yield* ends(parts, DisclosureHeads, "disclosures");
}
