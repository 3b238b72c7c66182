import { Audit, Disclosures } from "../../storage/collections.ts";
import { auditDigest, type ChainEnd, chainStep, NO_PREV } from "../audit-chain.ts";
import type { Finding } from "./finding.ts";
import type { Looked, VerifyParts } from "./walk.ts";

const PAGE = 500;

/** Each stream of audit and disclosures from its first row on: numbers without a gap, links, digests (design 6, "Audit"). Rows are only ever added behind the last. */
export async function* checkAudit({ storage }: VerifyParts): AsyncGenerator<Looked> {
  for (const spec of [Audit, Disclosures]) {
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
        if (last === undefined || page.length < PAGE) break;
        after = { value: last.n, id: last.id };
      }
    }
  }
}
