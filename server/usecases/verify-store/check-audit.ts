import { Audit, AuditHeads, DisclosureHeads, Disclosures } from "../../storage/collections.ts";
import type { AuditHeadDoc } from "../../storage/documents.ts";
import type { CollectionSpec, Unit } from "../../storage/port.ts";
import { auditDigest, type ChainEnd, chainStep, NO_PREV } from "../audit-chain.ts";
import type { Finding } from "./finding.ts";
import type { Looked, VerifyParts } from "./walk.ts";

const PAGE = 500;

/**
 * Whether the record of a stream's last row knows of the row that was read as the last, and how not. Both are written together, so that a record that is read after the row
 * says as much or more; that what it says more is there is looked at with the records.
 */
async function behind(unit: Unit, heads: CollectionSpec<AuditHeadDoc>, end: ChainEnd & { readonly at: number }) {
  const head = await unit.collection(heads).get(end.stream);
  if (head === undefined) return `number ${end.n} is the last row, nothing is kept of it`;
  if (head.n < end.n) return `number ${end.n} is the last row, it was number ${head.n}`;
  return head.moved < end.at ? `number ${end.n} is later than is kept of it` : undefined;
}

/** Each stream of audit and disclosures from its first row on: numbers without a gap, links, digests, and the record of its end (design 6, "Audit"). Rows are only ever added behind the last. */
export async function* checkAudit({ storage }: VerifyParts): AsyncGenerator<Looked> {
  for (const [spec, heads] of [
    [Audit, AuditHeads],
    [Disclosures, DisclosureHeads],
  ] as const) {
    const rows = storage.collection(spec);
    yield { collection: spec.name, looked: 0, found: [] };
    for (let stream: string | undefined; ; ) {
      const [first] = await rows.scan({
        index: "stream",
        prefixes: [[]],
        limit: 1,
        ...(stream === undefined ? {} : { from: `${stream}\0` }),
      });
      if (first === undefined) break;
      stream = first.stream;
      let end: ChainEnd = { stream, n: 0, digest: NO_PREV };
      let latest = 0;
      for (let after: { value: number; id: string } | undefined; ; ) {
        const page = await rows.scan({
          index: "stream",
          prefixes: [[stream]],
          limit: PAGE,
          ...(after === undefined ? {} : { after }),
        });
        const found: Finding[] = [];
        for (const row of page) {
          const { broken, end: now } = chainStep(end, row, auditDigest);
          end = now;
          if (broken !== undefined)
            found.push({
              code: `verify.chain_${broken.reason}`,
              collection: spec.name,
              id: row.id,
              message: `stream ${stream}, number ${broken.n}`,
            });
        }
        yield { collection: spec.name, looked: page.length, found };
        const last = page.at(-1);
        latest = last?.at ?? latest;
        if (last === undefined || page.length < PAGE) break;
        after = { value: last.n, id: last.id };
      }
      const message = await behind(storage, heads, { ...end, at: latest });
      if (message !== undefined)
        yield {
          collection: spec.name,
          looked: 0,
          found: [
            {
              ...{ code: "verify.chain_end", collection: spec.name, id: `${stream}:${end.n}` },
              message: `stream ${stream}: ${message}`,
            },
          ],
        };
    }
  }
}
