import { join } from "node:path";
import { COLLECTIONS } from "../../../../server/storage/collections.ts";
import type { Declared } from "../../../../server/storage/declared.ts";
import type { Scan } from "../../../../server/storage/port.ts";
import { Connection } from "../../../../server/storage/sqlite/connection.ts";
import { layoutOf } from "../../../../server/storage/sqlite/layout.ts";
import { openSqlite } from "../../../../server/storage/sqlite/open-sqlite.ts";
import { planScan } from "../../../../server/storage/sqlite/scan-plan.ts";
import { temporaryFolder } from "../../../support/temporary-store.ts";

const specs: readonly Declared[] = COLLECTIONS;
const asks = specs.flatMap((spec) => [
  ...Object.entries(spec.indexes).flatMap(([index, { fields, few }]) =>
    fields.map((_, at) => ({ spec, index, prefix: fields.slice(0, at + 1).map(() => "x"), sorted: few !== true })),
  ),
  ...Object.keys(spec.multi ?? {}).map((index) => ({ spec, index, prefix: ["x"], sorted: true })),
]);

test("every index of the store, with every prefix, forwards and back, from a bound or after a row – explained – is searched, never walked whole nor sorted", async () => {
  const { folder, remove } = temporaryFolder();
  await (await openSqlite({ folder })).close();
  const on = { content: "content.sqlite", log: "log.sqlite" };
  expect(asks.length).toBeGreaterThan(20);
  for (const { spec, index, prefix, sorted } of asks) {
    const connection = new Connection(join(folder, on[spec.placement ?? "content"]), { readOnly: true, cache: 1000 });
    const length = spec.indexes[index]?.fields.length ?? 1;
    const after: Pick<Scan, "after"> = prefix.length >= length - 1 ? { after: { value: 5, id: "b" } } : {};
    for (const how of [{}, { reverse: true }, { from: 3 }, after]) {
      const plan = planScan(layoutOf(spec), { index, prefixes: [prefix], ...how });
      const sql = `EXPLAIN QUERY PLAN SELECT ${plan.document}.id FROM ${plan.joined} WHERE ${plan.where} ORDER BY ${plan.order} LIMIT 10`;
      const steps = connection
        .statement(sql)
        .all(...prefix, ...plan.bounds)
        .map((row) => String(row[3]));
      expect(steps.filter((step) => step.startsWith("SCAN"))).toEqual([]);
      // An index that leaves the id out sorts by it among equal values only.
      const whole = sorted ? "TEMP B-TREE" : prefix.length < length ? "TEMP B-TREE FOR ORDER BY" : "no such step";
      expect(steps.filter((step) => step.includes(whole))).toEqual([]);
    }
    connection.close();
  }
  remove();
});
