import type { Connection } from "./connection.ts";
import { type Declared, definitions, layoutOf } from "./layout.ts";

/** Makes what is missing of the declared collections, all or nothing. */
export function makeTables(on: Connection, collections: readonly Declared[]): void {
  on.db
    .transaction(() => {
      for (const spec of collections) for (const sql of definitions(layoutOf(spec))) on.db.exec(sql);
    })
    .immediate();
}
