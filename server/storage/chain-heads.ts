import { Audit, AuditHeads, ChainHeads, DisclosureHeads, Disclosures } from "./collections.ts";
import type { AuditDoc, AuditHeadDoc } from "./documents.ts";
import type { CollectionSpec, Doc, Storage, Stored, Unit } from "./port.ts";

/** A row of a chain that is the only one of its kind: the history of policy, the anchors. */
type Linked = Doc & { readonly n: number; readonly digest: string; readonly at: number };

/** The last row of such a chain, by the rows themselves. */
export async function lastOf<T extends Linked>(unit: Unit, spec: CollectionSpec<T>): Promise<Stored<T> | undefined> {
  const [last] = await unit.collection(spec).scan({ index: "n", prefixes: [[]], reverse: true, limit: 1 });
  return last;
}

/**
 * The last row of such a chain, by the record that is kept apart: who goes on behind it leaves a gap where rows were cut off. Rows without a record are gone on behind as well, so that
 * nobody stops a service by removing one; but the next record says so for good (`restarted`).
 */
export async function endOf<T extends Linked>(unit: Unit, spec: CollectionSpec<T>): Promise<AuditHeadDoc | undefined> {
  const held = await unit.collection(ChainHeads).get(spec.name);
  if (held !== undefined) return held;
  const last = await lastOf(unit, spec);
  return last === undefined
    ? undefined
    : { id: spec.name, n: last.n, digest: last.digest, moved: last.at, restarted: last.n };
}

/** What a record hands on to the one that takes its place. */
const restartedOf = (end: AuditHeadDoc | undefined): Pick<AuditHeadDoc, "restarted"> =>
  end?.restarted === undefined ? {} : { restarted: end.restarted };

/** Keeps the record of the last row, in the transaction that adds it. `end`: what it was added behind, as `endOf` gave it. */
export async function noteEnd(
  unit: Unit,
  { name }: { readonly name: string },
  { n, digest, at }: Omit<Linked, "id">,
  end?: AuditHeadDoc,
): Promise<void> {
  const heads = unit.collection(ChainHeads);
  const held = await heads.get(name);
  if (held === undefined) await heads.insert([{ id: name, n, digest, moved: at, ...restartedOf(end) }]);
  else await heads.put({ ...held, n, digest, moved: at });
}

/** The last row of every stream there is, by the rows themselves. */
export async function* tailsOf(unit: Unit, rows: CollectionSpec<AuditDoc>): AsyncGenerator<Stored<AuditDoc>> {
  for (let stream: string | undefined; ; ) {
    const next: Stored<AuditDoc>[] = await unit.collection(rows).scan({
      index: "stream",
      prefixes: [[]],
      limit: 1,
      ...(stream === undefined ? {} : { from: `${stream}\0` }),
    });
    stream = next[0]?.stream;
    if (stream === undefined) return;
    const [tail] = await unit.collection(rows).scan({ index: "stream", prefixes: [[stream]], reverse: true, limit: 1 });
    if (tail !== undefined) yield tail;
  }
}

/** Streams whose records one transaction makes. */
const STEP = 200;

/** Format 6: streams that were over before there were records of last rows get theirs; those that have one keep it. */
export async function keepStreamHeads(storage: Storage): Promise<void> {
  for (const [rows, heads] of [
    [Audit, AuditHeads],
    [Disclosures, DisclosureHeads],
  ] as const) {
    let found: AuditHeadDoc[] = [];
    const keep = async (): Promise<void> => {
      const known = new Set((await storage.collection(heads).getMany(found.map(({ id }) => id))).map(({ id }) => id));
      const fresh = found.filter(({ id }) => !known.has(id));
      if (fresh.length > 0) await storage.transaction((unit) => unit.collection<AuditHeadDoc>(heads).insertNew(fresh));
      found = [];
    };
    for await (const { stream, n, digest, at } of tailsOf(storage, rows)) {
      found.push({ id: stream, n, digest, moved: at });
      if (found.length === STEP) await keep();
    }
    if (found.length > 0) await keep();
  }
}
