import { indexTerms, keyedValue } from "../pipeline/index-terms.ts";
import { deadLane } from "../pipeline/lane.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import { Labels, Meta, Rows } from "./collections.ts";
import type { LabelDoc, RowDoc } from "./documents.ts";
import type { Storage, Stored, Unit } from "./port.ts";

const FORMAT = 4;
/** Documents of one step. */
const STEP = 500;
/** Where a walk that was broken off goes on. */
const REACHED = "format-4";

/** A row with its values, and the words of what is for few eyes, as keyed hashes; undefined where nothing changes. */
function keyedRow(row: Stored<RowDoc>, label: LabelDoc | undefined, key: Uint8Array): Stored<RowDoc> | undefined {
  const values = row.values?.map((term) => (term.includes(":#") ? term : keyedValue({ key }, term)));
  const keyed = values === undefined ? row : { ...row, values };
  if (label === undefined || row.lane === deadLane(row.label)) return keyed === row ? undefined : keyed;
  const shown = JSON.parse(Buffer.from(row.bytes).toString("utf8")) as StixJson;
  const terms = indexTerms(shown, label.label, row.cut, { key, all: false });
  // Open words stay as they are.
  if (terms[0]?.startsWith("#") === true) return { ...keyed, terms };
  return keyed === row ? undefined : keyed;
}

/**
 * Format 4 (design 5, encryption at rest): values are in their index as keyed hashes, and so are the words of what is TLP:RED or of persons. In transactions of
 * its own, from where the last one came to.
 */
export async function keyIndexes(storage: Storage, key: Uint8Array | undefined): Promise<void> {
  const step = async (unit: Unit): Promise<boolean> => {
    const [meta, rows] = [unit.collection(Meta), unit.collection(Rows)];
    // Another process may have come to the end meanwhile.
    if (Number((await meta.get("format"))?.value ?? 0) >= FORMAT) return false;
    const reached = await meta.get(REACHED);
    const page = await rows.all({
      limit: STEP,
      ...(reached === undefined ? {} : { after: String(reached.value) }),
    });
    const labels = new Map(
      (await unit.collection(Labels).getMany([...new Set(page.map(({ label }) => label))])).map((doc) => [doc.id, doc]),
    );
    for (const row of page) {
      const changed = keyedRow(row, labels.get(row.label), key ?? new Uint8Array());
      if (changed === undefined) continue;
      if (key === undefined)
        throw new Fault("unavailable", "The store's indexes are to be keyed: open it with the installation's secret.", {
          code: "store.format",
        });
      await rows.put(changed);
    }
    const last = page.at(-1);
    if (last === undefined) return false;
    if (reached === undefined) await meta.insert([{ id: REACHED, value: last.id }]);
    else await meta.put({ ...reached, value: last.id });
    return page.length === STEP;
  };
  while (await storage.transaction(step));
}

/** The walk is over. */
export const forgetReached = (unit: Unit): Promise<void> => unit.collection(Meta).remove([REACHED]);
