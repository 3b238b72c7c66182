import type { Declared } from "../../storage/declared.ts";
import type { Collection, Doc, Scalar, Stored, Unit } from "../../storage/port.ts";

/** What a walk asks for at once: as many as come to about this many bytes, by those that came before. */
const PAGE_BYTES = 4 << 20;
const MOST = 500;

/**
 * Collections that are walked by an index of two fields, which each of their documents has: rows as pages are read, so that a store made from the walk has together what
 * is read together; chains from their beginning, so that one that grows meanwhile is cut off at its end and nowhere else.
 */
const INDEX: Readonly<{
  [collection: string]: { readonly index: string; readonly fields: readonly [string, string] };
}> = {
  rows: { index: "lane", fields: ["lane", "stamp"] },
  audit: { index: "stream", fields: ["stream", "n"] },
  disclosures: { index: "stream", fields: ["stream", "n"] },
};

/** Bytes of a document, about. */
type Sizes = (doc: Stored<Doc>) => number;

/** How many to ask for. */
class Pace {
  readonly #sizeOf: Sizes;
  limit = 100;

  constructor(sizeOf: Sizes) {
    this.#sizeOf = sizeOf;
  }

  saw(docs: readonly Stored<Doc>[]): void {
    if (docs.length === 0) return;
    const average = docs.reduce((sum, doc) => sum + this.#sizeOf(doc), 0) / docs.length;
    this.limit = Math.max(1, Math.min(MOST, Math.ceil(PAGE_BYTES / (average + 1)), 4 * this.limit));
  }
}

/** Every document of a collection once, in an order that is the same in every store that holds the same. */
export async function* walk(unit: Unit, spec: Declared, sizeOf: Sizes): AsyncGenerator<readonly Stored<Doc>[]> {
  const collection = unit.collection(spec);
  const pace = new Pace(sizeOf);
  const by = INDEX[spec.name];
  yield* by === undefined ? byId(collection, pace) : byIndex(collection, by.index, by.fields, pace);
}

async function* byId(collection: Collection<Doc>, pace: Pace): AsyncGenerator<readonly Stored<Doc>[]> {
  for (let after: string | undefined; ; ) {
    const { limit } = pace;
    const page = await collection.all({ limit, ...(after === undefined ? {} : { after }) });
    pace.saw(page);
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    after = page.at(-1)?.id;
  }
}

/** The least text behind another, for text without control characters. */
const behind = (text: string): string => `${text}\u0001`;

async function* byIndex(
  collection: Collection<Doc>,
  index: string,
  [first, second]: readonly [string, string],
  pace: Pace,
): AsyncGenerator<readonly Stored<Doc>[]> {
  const fieldOf = (doc: Stored<Doc>, field: string): Scalar =>
    (doc as Readonly<{ [field: string]: Scalar }>)[field] ?? "";
  for (let from = ""; ; ) {
    const [next] = await collection.scan({ index, prefixes: [[]], from, limit: 1 });
    if (next === undefined) return;
    const prefix = String(fieldOf(next, first));
    const [last] = await collection.scan({ index, prefixes: [[prefix]], reverse: true, limit: 1 });
    // What comes later than this is not looked at, or a walk along a chain that grows would have no end.
    const end = last === undefined ? undefined : { value: fieldOf(last, second), id: last.id };
    for (let after: { value: Scalar; id: string } | undefined; ; ) {
      const { limit } = pace;
      const scan = { index, prefixes: [[prefix]], limit, ...(after === undefined ? {} : { after }) };
      const page = await collection.scan(scan);
      pace.saw(page);
      const stop = page.findIndex(({ id }) => id === end?.id);
      const kept = stop === -1 ? page : page.slice(0, stop + 1);
      if (kept.length > 0) yield kept;
      const newest = kept.at(-1);
      if (stop !== -1 || newest === undefined || page.length < limit) break;
      after = { value: fieldOf(newest, second), id: newest.id };
    }
    from = behind(prefix);
  }
}
