import { lastOf } from "../../storage/chain-heads.ts";
import { ChainHeads } from "../../storage/collections.ts";
import type { CollectionSpec, Doc } from "../../storage/port.ts";
import type { Finding } from "./finding.ts";
import type { Looked, VerifyParts } from "./walk.ts";

/** Of a record that a writer did not find: what had been cut off behind that number is not known any more. */
export const madeAnew = (n: number): string =>
  `the record of the end was removed and made anew behind number ${n}; rows behind it may be lost`;

/** The last row of a chain that is the only one of its kind, and the record of it that is kept apart: each says the same of the other. */
export async function* endKept<T extends Doc & { readonly n: number; readonly digest: string; readonly at: number }>(
  { storage }: VerifyParts,
  spec: CollectionSpec<T>,
): AsyncGenerator<Looked> {
  const [head, last] = await storage.snapshot(async (unit) => [
    await unit.collection(ChainHeads).get(spec.name),
    await lastOf(unit, spec),
  ]);
  const found: Finding[] = [];
  if (head?.n !== last?.n || head?.digest !== last?.digest || head?.moved !== last?.at) {
    const told = head === undefined ? "nothing is kept of it" : `it was number ${head.n}`;
    const message = `${last === undefined ? "no row is there" : `number ${last.n} is the last row`}, ${told}`;
    found.push({ code: "verify.chain_end", collection: spec.name, id: spec.name, message });
  }
  if (head?.restarted !== undefined)
    found.push({ code: "verify.chain_end", collection: spec.name, id: spec.name, message: madeAnew(head.restarted) });
  yield { collection: spec.name, looked: 0, found };
}
