import { z } from "zod";
import { sha256 } from "../../shared/digest.ts";
import { Anchors, Audit, Receipts } from "../../storage/collections.ts";
import type { AuditDoc } from "../../storage/documents.ts";
import type { Storage } from "../../storage/port.ts";
import { type Anchor, anchorLine } from "../anchor-text.ts";
import { anchorsAfter } from "../anchoring.ts";
import { AnchorChain, headsNotThere, said, trustedKeys } from "./check-anchors.ts";
import type { Finding } from "./finding.ts";
import type { Check } from "./walk.ts";

const PAGE = 500;
const idOf = ({ n }: Anchor): string => String(n);

/**
 * Anchors that somebody else holds, in their order, against the store: each has to be there with the same words, and what it names has to be there whatever the store
 * says of its own anchors. So that neither a tail that was cut off nor a history that was written anew with this secret passes.
 */
export const heldAnchors = (held: readonly Anchor[]): Check =>
  async function* (parts) {
    const chain = new AnchorChain(trustedKeys(parts));
    const { storage } = parts;
    for (let from = 0; from < held.length; from += PAGE) {
      const page = held.slice(from, from + PAGE);
      const found: Finding[] = [];
      const report = (code: Finding["code"], anchor: Anchor, message: string): void => {
        found.push({ code, collection: Anchors.name, id: idOf(anchor), message });
      };
      for (const anchor of page)
        for (const { code, message } of chain.look(anchor)) report(code, anchor, `held elsewhere: ${message}`);
      const first = page[0]?.n ?? 0;
      const there = new Map<number, Anchor>();
      for await (const anchor of anchorsAfter(storage, first - 1)) {
        if (anchor.n > (page.at(-1)?.n ?? 0)) break;
        there.set(anchor.n, anchor);
      }
      for (const anchor of page) {
        const own = there.get(anchor.n);
        if (own === undefined) report("verify.anchor_held", anchor, "it is not in the store");
        else if (anchorLine(own) !== anchorLine(anchor)) report("verify.anchor_held", anchor, "the store has another");
      }
      const lost = new Set(
        await headsNotThere(
          storage,
          storage,
          page.flatMap(({ heads }) => heads),
        ),
      );
      for (const anchor of page)
        for (const head of anchor.heads)
          if (lost.has(head)) report("verify.anchored", anchor, `held elsewhere: ${said(head)}`);
      yield { collection: Anchors.name, looked: 0, found };
    }
  };

/** The answer to a post, as its sender keeps it. */
export const HeldReceipt = z.object({
  batch: z.string(),
  receipt: z.string(),
  results: z.array(z.unknown()),
});
export type HeldReceipt = z.infer<typeof HeldReceipt>;

/** Whether a receipt is what a row says of it. */
export const isReceiptOf = ({ detail, actor }: AuditDoc, { batch, receipt, results }: HeldReceipt): boolean =>
  detail?.batch === batch &&
  detail.receipt === receipt &&
  sha256(`${batch}|${actor}|${JSON.stringify(results)}`) === receipt;

/** Where a receipt stands: its audit row, and the first anchor that is over it. */
export interface ReceiptPlace {
  readonly stream: string;
  readonly n: number;
  readonly digest: string;
  readonly anchor?: Pick<Anchor, "n" | "at">;
}

/** The audit row of a batch: where its receipt says, or, where that is gone, wherever it is. */
async function auditRowOf(storage: Storage, { batch, receipt }: HeldReceipt): Promise<AuditDoc | undefined> {
  const rows = storage.collection(Audit);
  const mark = (await storage.collection(Receipts).get(batch))?.audit;
  const marked = mark === undefined ? undefined : await rows.get(`${mark.stream}:${mark.n}`);
  if (marked?.detail?.receipt === receipt) return marked;
  for (let after: string | undefined; ; ) {
    const page = await rows.all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    const found = page.find(({ detail }) => detail?.batch === batch && detail.receipt === receipt);
    if (found !== undefined) return found;
    after = page.at(-1)?.id;
    if (page.length < PAGE) return undefined;
  }
}

async function anchorOver(storage: Storage, row: AuditDoc): Promise<Anchor | undefined> {
  for await (const anchor of anchorsAfter(storage))
    if (anchor.heads.some(({ chain, stream, n }) => chain === "audit" && stream === row.stream && n >= row.n))
      return anchor;
  return undefined;
}

/**
 * A receipt that its sender holds, against the audit: the row that has its digest is there, and the digest is that of what the receipt says. Whether the row's chain is
 * whole is for the other checks. `tell` hears where it stands.
 */
export const heldReceipt = (held: HeldReceipt, tell: (place: ReceiptPlace) => void): Check =>
  async function* ({ storage }) {
    const found: Finding[] = [];
    const report = (message: string): void => {
      found.push({ code: "verify.receipt_held", collection: Receipts.name, id: held.batch, message });
    };
    const row = await auditRowOf(storage, held);
    if (row === undefined) report("no row of the audit has its digest");
    else if (!isReceiptOf(row, held)) report("its results are not those that its digest is of");
    else {
      const anchor = await anchorOver(storage, row);
      const { stream, n, digest } = row;
      tell({ stream, n, digest, ...(anchor === undefined ? {} : { anchor: { n: anchor.n, at: anchor.at } }) });
    }
    yield { collection: Receipts.name, looked: 0, found };
  };
