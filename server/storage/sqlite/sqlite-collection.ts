import type { Declared } from "../declared.ts";
import type { Collection, Doc } from "../port.ts";
import { type MissingKey, orMissing, type Seal } from "../seal/seal.ts";
import type { Connection } from "./connection.ts";
import { layoutOf } from "./layout.ts";
import { tableReads } from "./table-reads.ts";
import { tableWrites } from "./table-writes.ts";

/** How the steps of a collection reach a connection: in a transaction that is open, or each on its own. */
export interface Access {
  read<R>(run: (on: Connection) => R): Promise<R>;
  write<R>(run: (on: Connection) => R): Promise<R>;
}

/** Makes the port's view of a declared collection, for any way to reach a connection. */
export function sqliteCollection<T extends Doc>(spec: Declared, seal: Seal): (access: Access) => Collection<T> {
  const layout = layoutOf(spec);
  const reads = tableReads<T>(layout, seal);
  const writes = tableWrites(layout, seal);
  return (access) => {
    const read = <R>(run: (on: Connection) => R): Promise<R> =>
      seal.reading(() => access.read<R | MissingKey>((on) => orMissing(() => run(on))));
    // A write opens what it replaces before it changes anything, so that it can be done again.
    const write = async <R>(docs: readonly Doc[], run: (on: Connection) => R): Promise<R> => {
      if (seal.on) await seal.ready(layout, docs);
      return seal.reading(() => access.write<R | MissingKey>((on) => orMissing(() => run(on))));
    };
    return {
      get: (id) => read((on) => reads.get(on, id)),
      getMany: (ids) => read((on) => reads.getMany(on, ids)),
      scan: (scan) => read((on) => reads.scan(on, scan)),
      pick: (scan, fields) => read((on) => reads.pick(on, scan, fields)),
      find: (ask) => read((on) => reads.find(on, ask)),
      all: (ask) => read((on) => reads.all(on, ask)),
      count: (scan) => access.read((on) => reads.count(on, scan)),
      tally: (ask) => access.read((on) => reads.tally(on, ask)),
      search: (ask) => read((on) => reads.search(on, ask)),
      insert: (docs) => write(docs, (on) => writes.insert(on, docs)),
      insertNew: (docs) => write(docs, (on) => writes.insertNew(on, docs)),
      put: (doc) => write([doc], (on) => writes.put(on, doc)),
      remove: (ids) => write([], (on) => writes.remove(on, ids)),
    };
  };
}
