import type mongoose from "mongoose";
import { Fault } from "../../shared/fault.ts";
import type { Doc, Stored } from "../port.ts";
import type { Seal } from "../seal/seal.ts";
import { bringsTerms, encode, type Raw, scopeOf, storedNames } from "./codec.ts";
import type { RawCollection, Session } from "./collection-reads.ts";
import { type Layout, TERMS } from "./layout.ts";
import { guarded, misuse } from "./mongo-fault.ts";

type Operation = mongoose.mongo.AnyBulkWriteOperation<Raw>;
type Filter = mongoose.mongo.Filter<Raw>;

const stale = (): Fault => new Fault("conflict", "The document was changed or removed since it was read.");
const IDS_A_QUERY = 1000;

/** A `put` that waits to be sent: what it was read as, and the scope that it must still have. */
interface Put {
  readonly id: string;
  readonly rev: number;
  readonly scope: { readonly value: string | undefined } | undefined;
}

/**
 * The writes of one collection in one transaction. They are kept and sent together, before the transaction reads the collection again and at its end: what
 * one of them meets (a taken id, another `rev`) fails the transaction then.
 */
export class CollectionWrites {
  readonly #layout: Layout;
  readonly #collection: RawCollection;
  readonly #seal: Seal;
  readonly #operations: Operation[] = [];
  readonly #puts: Put[] = [];

  constructor(layout: Layout, collection: RawCollection, seal: Seal) {
    this.#layout = layout;
    this.#collection = collection;
    this.#seal = seal;
  }

  /** How many wait. */
  get size(): number {
    return this.#operations.length;
  }

  insert(docs: readonly Doc[]): void {
    this.#operations.push(
      ...docs.map((doc) => ({ insertOne: { document: encode(this.#layout, doc, 1, this.#seal) } })),
    );
  }

  /** Inserts those whose id and unique values are free, now that nobody else writes. Nothing may wait. */
  async insertNew(docs: readonly Doc[], session: Session): Promise<Set<string>> {
    const raws = docs.map((doc) => encode(this.#layout, doc, 1, this.#seal));
    const taken = await this.#taken(raws, session);
    const inserted = new Set<string>();
    for (const raw of raws) {
      const keys = uniqueKeys(this.#layout, raw);
      if (keys.some((key) => taken.has(key))) continue;
      for (const key of keys) taken.add(key);
      inserted.add(raw._id);
      this.#operations.push({ insertOne: { document: raw } });
    }
    return inserted;
  }

  /** Of the ids and unique values of these documents those that are taken. */
  async #taken(raws: readonly Raw[], session: Session): Promise<Set<string>> {
    const layout = this.#layout;
    const taken = new Set<string>();
    const note = async (fields: readonly string[], hint: string | undefined, some: readonly Raw[]): Promise<void> => {
      const filter = Object.fromEntries(
        fields.map((field) => [field, { $in: [...new Set(some.map((raw) => raw[field]))] }]),
      );
      const projection = Object.fromEntries(["_id", ...fields].map((field) => [field, 1 as const]));
      const found = this.#collection.find(filter as Filter, {
        session,
        projection,
        ...(hint === undefined ? {} : { hint }),
      });
      for await (const raw of found) for (const key of uniqueKeys(layout, raw as Raw)) taken.add(key);
    };
    for (let at = 0; at < raws.length; at += IDS_A_QUERY) {
      const some = raws.slice(at, at + IDS_A_QUERY);
      await note(["_id"], undefined, some);
      for (const [name, { fields, unique }] of layout.indexes) {
        const holding = unique ? some.filter((raw) => fields.every((field) => raw[field] !== undefined)) : [];
        if (holding.length > 0) await note(fields, name, holding);
      }
    }
    return taken;
  }

  put(doc: Stored<Doc>): void {
    const layout = this.#layout;
    const { _id, ...set } = encode(layout, doc, doc.rev + 1, this.#seal);
    const gone = storedNames(layout).filter((name) => !(name in set));
    const terms = bringsTerms(layout, doc);
    if (terms && !(TERMS in set)) gone.push(TERMS);
    const keeps = layout.search !== undefined && !terms;
    const scope = keeps ? { value: scopeOf(layout, doc) } : undefined;
    const held = scope === undefined ? {} : { [layout.search?.scope ?? ""]: scope.value ?? { $exists: false } };
    this.#puts.push({ id: _id, rev: doc.rev, scope });
    this.#operations.push({
      updateOne: {
        filter: { _id, _rev: doc.rev, ...held } as Filter,
        update: {
          $set: set,
          ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone.map((name) => [name, ""])) }),
        } as mongoose.mongo.UpdateFilter<Raw>,
      },
    });
  }

  remove(ids: readonly string[]): void {
    for (let at = 0; at < ids.length; at += IDS_A_QUERY)
      this.#operations.push({ deleteMany: { filter: { _id: { $in: ids.slice(at, at + IDS_A_QUERY) } } as Filter } });
  }

  /** Sends what waits. `Fault("conflict")` where an id or a unique value is taken, or a document is not as it was read. */
  async flush(session: Session): Promise<void> {
    const operations = this.#operations.splice(0);
    const puts = this.#puts.splice(0);
    if (operations.length === 0) return;
    const { matchedCount } = await guarded(() => this.#collection.bulkWrite(operations, { session, ordered: true }));
    if (matchedCount !== puts.length) await this.#refuse(puts, session);
  }

  /** Why one of these puts found no document: it was changed meanwhile, or it changed the scope of its terms and did not bring them. */
  async #refuse(puts: readonly Put[], session: Session): Promise<never> {
    const { search, name } = this.#layout;
    for (const { id, rev, scope } of puts) {
      if (scope === undefined || search === undefined) continue;
      const held = await this.#collection.findOne({ _id: id } as Filter, { session });
      if (held !== null && held._rev === rev && held[search.scope] !== scope.value)
        throw misuse(
          `A put that changes ${name}.${search.scope} has to give ${search.terms} again: they are not stored.`,
        );
    }
    throw stale();
  }
}

/** What no two documents may share: the id, and the values of each unique index that it is in. */
function uniqueKeys(layout: Layout, raw: Raw): string[] {
  const keys = [JSON.stringify(["", raw._id])];
  for (const [name, { fields, unique }] of layout.indexes)
    if (unique && fields.every((field) => raw[field] !== undefined))
      keys.push(JSON.stringify([name, ...fields.map((field) => raw[field])]));
  return keys;
}
