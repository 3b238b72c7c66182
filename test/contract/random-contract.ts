import fc from "fast-check";
import type { Collection, Scan, Stored } from "../../server/storage/port.ts";
import { ids, type OpenHandle, type Thing, Things } from "./things.ts";

/** Random operations against a plain map, then every kind of read compared. */
export function randomContract(open: OpenHandle, histories: number): void {
  const id = fc.constantFrom(..."abcdefghijkl");
  const lane = fc.constantFrom("l0", "l1", "l2");
  const tags = fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 3 });
  const words = fc.array(fc.constantFrom("w", "word", "v"), { maxLength: 3 });
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined, freq: 4 });
  const thing: fc.Arbitrary<Thing> = fc
    .record({
      id,
      owner: fc.constantFrom("a", "b"),
      rank: maybe(fc.integer({ min: 0, max: 4 })),
      lane: maybe(lane),
      key: maybe(fc.constantFrom("1", "2", "3", "4")),
      tags: maybe(tags),
      terms: words,
    })
    .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Thing);
  const operation = fc.oneof(
    fc.record({ kind: fc.constant("insert" as const), docs: fc.array(thing, { minLength: 1, maxLength: 4 }) }),
    fc.record({ kind: fc.constant("insertNew" as const), docs: fc.array(thing, { minLength: 1, maxLength: 4 }) }),
    fc.record({ kind: fc.constant("put" as const), docs: fc.tuple(thing) }),
    fc.record({ kind: fc.constant("remove" as const), docs: fc.array(thing, { minLength: 1, maxLength: 2 }) }),
  );

  const places = ({ lane: at, key }: Thing): string[] =>
    key === undefined ? [] : at === undefined ? [key] : [key, `${at} ${key}`];
  const free = (model: ReadonlyMap<string, Stored<Thing>>, doc: Thing): boolean =>
    ![...model.values()].some((held) => held.id !== doc.id && places(held).some((p) => places(doc).includes(p)));

  /** What the model says of an operation; undefined for a conflict. */
  const apply = (model: Map<string, Stored<Thing>>, kind: string, docs: readonly Thing[]): Set<string> | undefined => {
    const next = new Map(model);
    const inserted = new Set<string>();
    for (const doc of docs) {
      const held = next.get(doc.id);
      if (kind === "remove") next.delete(doc.id);
      else if (kind === "put") {
        if (held === undefined || !free(next, doc)) return undefined;
        next.set(doc.id, { ...doc, rev: held.rev + 1 });
      } else if (held === undefined && free(next, doc)) {
        next.set(doc.id, { ...doc, rev: 1 });
        inserted.add(doc.id);
      } else if (kind === "insert") return undefined;
    }
    model.clear();
    for (const [key, value] of next) model.set(key, value);
    return inserted;
  };

  const run = async (
    things: Collection<Thing>,
    model: Map<string, Stored<Thing>>,
    kind: string,
    docs: readonly Thing[],
  ): Promise<unknown> => {
    if (kind === "insertNew") return things.insertNew(docs);
    if (kind === "remove") await things.remove(ids(docs));
    else if (kind === "insert") await things.insert(docs);
    else for (const doc of docs) await things.put({ ...doc, rev: model.get(doc.id)?.rev ?? 1 });
    return undefined;
  };

  const byId = (docs: Iterable<Stored<Thing>>): Omit<Stored<Thing>, "terms">[] =>
    [...docs].map(({ terms: _, ...doc }) => doc).sort((a, b) => (a.id < b.id ? -1 : 1));

  test("random writes – held against a plain map – every read agrees with it", async () => {
    const storage = await open();
    const things = storage.collection(Things);
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 25 }),
        fc.integer({ min: 1, max: 6 }),
        async (operations, limit) => {
          await things.remove([..."abcdefghijkl"]);
          const model = new Map<string, Stored<Thing>>();
          for (const { kind, docs } of operations) {
            const before = new Map(model);
            const wanted = apply(model, kind, docs);
            const got = run(things, before, kind, docs);
            if (wanted === undefined) await expect(got).rejects.toMatchObject({ kind: "conflict" });
            else if (kind === "insertNew") expect(await got).toEqual(wanted);
            else await got;
          }
          const held = [...model.values()];
          expect(byId(await things.all({ limit: 99 }))).toEqual(byId(held));
          for (const scan of scans(limit)) expect(ids(await things.scan(scan))).toEqual(ids(modelScan(held, scan)));
          for (const word of ["w", "w*", "v"]) {
            const found = await things.search({ scopes: ["l0", "l2"], terms: [word], limit: 99 });
            const matching = (term: string): boolean => (word === "w*" ? term.startsWith("w") : term === word);
            const right = held.filter((d) => ["l0", "l2"].includes(d.lane ?? "") && d.terms?.some(matching));
            expect(ids(found).sort()).toEqual(ids(right).sort());
          }
        },
      ),
      { numRuns: histories },
    );
  });
}

const scans = (limit: number): Scan[] => {
  const after = { value: 2, id: "f" };
  return [false, true].flatMap((reverse) => [
    { index: "owner", prefixes: [["a"], ["b"]], limit, reverse },
    { index: "owner", prefixes: [["b"]], from: 1, to: 3, limit, reverse },
    { index: "lane", prefixes: [["l2"], ["l0"]], after, limit, reverse },
    {
      index: "lane",
      prefixes: [["l0"], ["l1"], ["l2"], ...Array.from({ length: 20 }, (_, at) => [`m${at}`])],
      limit,
      reverse,
    },
    {
      index: "all",
      prefixes: [
        ["l0", "a"],
        ["l1", "a"],
      ],
      from: 0,
      limit,
      reverse,
    },
    { index: "all", prefixes: [["l1"]], limit, reverse },
    { index: "key", prefixes: [[]], from: "2", limit, reverse },
    { index: "tag", prefixes: [["x"], ["y"]], limit, reverse },
  ]);
};

/** The port's words, said the plainest way: keep, sort, cut. */
function modelScan(held: readonly Stored<Thing>[], scan: Scan): Stored<Thing>[] {
  const fields = scan.index === "tag" ? [] : Things.indexes[scan.index as keyof typeof Things.indexes].fields;
  const length = scan.index === "tag" ? 0 : (scan.prefixes[0]?.length ?? 0);
  const keyOf = (doc: Stored<Thing>): (string | number)[] => [
    ...fields.slice(length).map((field) => doc[field as "owner" | "rank" | "key" | "lane"] ?? ""),
    doc.id,
  ];
  const compare = (a: (string | number)[], b: (string | number)[]): number => {
    const at = a.findIndex((value, n) => value !== b[n]);
    return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
  };
  const turn = scan.reverse === true ? -1 : 1;
  return held
    .filter((doc) => fields.every((field) => doc[field as "owner"] !== undefined))
    .filter((doc) =>
      scan.prefixes.some((prefix) =>
        scan.index === "tag"
          ? doc.tags?.includes(String(prefix[0]))
          : prefix.every((value, at) => doc[fields[at] as "owner"] === value),
      ),
    )
    .filter((doc) => {
      const first = keyOf(doc)[0] ?? "";
      if (scan.from !== undefined && first < scan.from) return false;
      if (scan.to !== undefined && first >= scan.to) return false;
      return scan.after === undefined || turn * compare(keyOf(doc), [scan.after.value, scan.after.id]) > 0;
    })
    .sort((a, b) => turn * compare(keyOf(a), keyOf(b)))
    .slice(0, scan.limit);
}
