import type { Collection, Doc } from "../port.ts";
import type { Connection } from "./connection.ts";
import { type Declared, layoutOf } from "./layout.ts";
import { tableReads } from "./table-reads.ts";
import { tableWrites } from "./table-writes.ts";

/** How the steps of a collection reach a connection: in a transaction that is open, or each on its own. */
export interface Access {
  read<R>(run: (on: Connection) => R): Promise<R>;
  write<R>(run: (on: Connection) => R): Promise<R>;
}

/** Makes the port's view of a declared collection, for any way to reach a connection. */
export function sqliteCollection<T extends Doc>(spec: Declared): (access: Access) => Collection<T> {
  const layout = layoutOf(spec);
  const reads = tableReads<T>(layout);
  const writes = tableWrites(layout);
  return ({ read, write }) => ({
    get: (id) => read((on) => reads.get(on, id)),
    getMany: (ids) => read((on) => reads.getMany(on, ids)),
    scan: (scan) => read((on) => reads.scan(on, scan)),
    pick: (scan, fields) => read((on) => reads.pick(on, scan, fields)),
    find: (ask) => read((on) => reads.find(on, ask)),
    all: (ask) => read((on) => reads.all(on, ask)),
    count: (scan) => read((on) => reads.count(on, scan)),
    tally: (ask) => read((on) => reads.tally(on, ask)),
    search: (ask) => read((on) => reads.search(on, ask)),
    insert: (docs) => write((on) => writes.insert(on, docs)),
    insertNew: (docs) => write((on) => writes.insertNew(on, docs)),
    put: (doc) => write((on) => writes.put(on, doc)),
    remove: (ids) => write((on) => writes.remove(on, ids)),
  });
}
