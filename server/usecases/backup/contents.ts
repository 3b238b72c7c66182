import { Meta } from "../../storage/collections.ts";
import type { Declared } from "../../storage/declared.ts";
import { RESTORING } from "../../storage/half-restored.ts";
import type { Doc, Stored, Unit } from "../../storage/port.ts";
import type { CollectionEnds } from "./manifest.ts";
import { Contents, type Record, recordOf } from "./record.ts";
import { walk } from "./walk.ts";

/** Says of a store itself which format it has and whether it can be used: no part of what is backed up. */
const OF_THE_STORE: ReadonlySet<string> = new Set(["format", RESTORING]);

const isKept = (spec: Declared, { id }: Doc): boolean => spec.name !== Meta.name || !OF_THE_STORE.has(id);

/** The documents of a collection as records; gives their number and hash. */
export async function eachRecord(
  unit: Unit,
  spec: Declared,
  take: (record: Record) => Promise<void> | undefined,
): Promise<CollectionEnds> {
  const bytes = spec.bytes ?? [];
  const contents = new Contents();
  const sizeOf = (doc: Stored<Doc>): number => {
    const fields: Readonly<{ [field: string]: unknown }> = doc;
    return bytes.reduce((sum, field) => sum + ((fields[field] as Uint8Array | undefined)?.length ?? 0), 1000);
  };
  for await (const page of walk(unit, spec, sizeOf)) {
    for (const doc of page) {
      if (!isKept(spec, doc)) continue;
      const record = recordOf(doc, bytes);
      contents.add(record);
      await take(record);
    }
  }
  return { name: spec.name, count: contents.count, sha256: contents.sha256() };
}

/** Number and hash of a collection's documents: equal in two stores that hold the same. */
export const contentsOf = (unit: Unit, spec: Declared): Promise<CollectionEnds> =>
  eachRecord(unit, spec, () => undefined);
