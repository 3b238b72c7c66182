import type { Scan } from "../../server/storage/port.ts";
import { aThing, ids, manyThings, type OpenHandle, type Thing, Things } from "./things.ts";

/** scan, find and count. */
export function scanContract(open: OpenHandle, many: number): void {
  const stored = async (docs: readonly Thing[]) => {
    const things = (await open()).collection(Things);
    await things.insert(docs);
    return { things, scan: async (scan: Scan): Promise<string[]> => ids(await things.scan(scan)) };
  };

  test("scan – one prefix – in the order of the next field, ties by id, from inclusive, to exclusive", async () => {
    const docs = [
      aThing("d", { rank: 2 }),
      aThing("c", { rank: 2 }),
      aThing("a", { rank: 3 }),
      aThing("b", { rank: 10 }),
      aThing("x", { owner: "b", rank: 2 }),
      aThing("none"),
    ];
    const { scan } = await stored(docs);
    expect(await scan({ index: "owner", prefixes: [["a"]], limit: 9 })).toEqual(["c", "d", "a", "b"]);
    expect(await scan({ index: "owner", prefixes: [["a"]], from: 2, to: 10, limit: 9 })).toEqual(["c", "d", "a"]);
    expect(await scan({ index: "owner", prefixes: [["a"]], from: 3, limit: 1 })).toEqual(["a"]);
    expect(await scan({ index: "owner", prefixes: [["a"]], reverse: true, to: 10, limit: 9 })).toEqual(["a", "d", "c"]);
    expect(await scan({ index: "owner", prefixes: [["nobody"]], limit: 9 })).toEqual([]);
    expect(await scan({ index: "owner", prefixes: [], limit: 9 })).toEqual([]);
  });

  test("scan – values beyond the basic plane, empty ones, numbers – text in the order of its UTF-8 bytes, numbers as numbers", async () => {
    const keys = ["", "A", "a", "aa", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"];
    const { scan } = await stored([...keys.map((key, at) => aThing(`t${at}`, { key })).reverse()]);
    expect(await scan({ index: "key", prefixes: [[]], limit: 99 })).toEqual(keys.map((_, at) => `t${at}`));
    const half = await scan({ index: "key", prefixes: [[]], from: "\ue000", to: "\u{10ffff}", limit: 99 });
    expect(half).toEqual(["t6", "t7", "t8"]);
  });

  test("scan – such values under several prefixes – merged in the same order", async () => {
    const keys = ["", "A", "a", "aa", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"];
    const { scan } = await stored(keys.map((key, at) => aThing(`t${at}`, { lane: `l${at % 3}`, key })).reverse());
    const every = keys.map((_, at) => `t${at}`);
    const prefixes = [["l0"], ["l1"], ["l2"]];
    expect(await scan({ index: "place", prefixes, limit: 99 })).toEqual(every);
    expect(await scan({ index: "place", prefixes, reverse: true, limit: 99 })).toEqual([...every].reverse());
  });

  test("scan – several prefixes – merged by what follows the prefix, then id; a repeated prefix counts once", async () => {
    const docs = manyThings(40, (at) => ({ lane: `l${at % 4}`, rank: at >> 3, owner: at % 2 === 0 ? "a" : "b" }));
    const { scan } = await stored(docs);
    const wanted = docs.filter(({ lane }) => lane !== "l3").map(({ id }) => id);
    const prefixes = [["l2"], ["l0"], ["l1"], ["nothing"], ["l0"]];
    expect(await scan({ index: "lane", prefixes, limit: 99 })).toEqual(wanted);
    expect(await scan({ index: "lane", prefixes, limit: 7 })).toEqual(wanted.slice(0, 7));
    expect(await scan({ index: "lane", prefixes, reverse: true, limit: 99 })).toEqual([...wanted].reverse());
    const two = [
      ["l0", "a"],
      ["l2", "a"],
    ];
    expect(await scan({ index: "all", prefixes: two, limit: 99 })).toEqual(
      docs.filter(({ owner }) => owner === "a").map(({ id }) => id),
    );
  });

  test.each([
    [2, 1 / 12],
    [20, 1 / 12],
    [300, 1 / 12],
    [600, 3 / 5],
  ])(
    "scan – %s prefixes, page by page with `after` (%s of all a page), both ways – each document once and in order",
    async (lanes, share) => {
      const docs = manyThings(many, (at) => ({
        lane: `l${(at * at) % lanes}`,
        owner: `l${(at * at) % lanes}`,
        rank: (at * 7) % 50,
      }));
      const { things } = await stored(docs);
      const limit = Math.ceil(many * share);
      const prefixes = Array.from({ length: lanes }, (_, at) => [`l${at}`]);
      const order = [...docs]
        .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0) || (a.id < b.id ? -1 : 1))
        .map(({ id }) => id);
      for (const index of ["lane", "owner"]) {
        for (const reverse of [false, true]) {
          const seen: string[] = [];
          let page = await things.scan({ index, prefixes, reverse, limit });
          while (page.length > 0) {
            seen.push(...ids(page));
            const last = page[page.length - 1];
            const after = { value: last?.rank ?? 0, id: last?.id ?? "" };
            page = await things.scan({ index, prefixes, reverse, after, limit });
          }
          expect(seen).toEqual(reverse ? [...order].reverse() : order);
        }
      }
    },
  );

  test("scan – the whole of an index, and a full prefix – by all fields, and by id with `after` and bounds on the id", async () => {
    const { scan } = await stored(manyThings(9, (at) => ({ owner: `o${at % 2}`, rank: 5, lane: "l" })));
    expect(await scan({ index: "owner", prefixes: [[]], limit: 6 })).toEqual([
      "t0000",
      "t0002",
      "t0004",
      "t0006",
      "t0008",
      "t0001",
    ]);
    expect(
      await scan({
        index: "owner",
        prefixes: [
          ["o1", 5],
          ["o0", 5],
        ],
        limit: 3,
      }),
    ).toEqual(["t0000", "t0001", "t0002"]);
    const after = { value: "", id: "t0002" };
    for (const index of ["owner"]) {
      expect(await scan({ index, prefixes: [["o0", 5]], after, limit: 2 })).toEqual(["t0004", "t0006"]);
      expect(await scan({ index, prefixes: [["o0", 5]], from: "t0002", to: "t0006", limit: 9 })).toEqual([
        "t0002",
        "t0004",
      ]);
    }
    expect(await scan({ index: "lane", prefixes: [["l", 5]], after, limit: 2 })).toEqual(["t0003", "t0004"]);
  });

  test("scan – a document that lacks a field of the index – is not in that index", async () => {
    const { scan, things } = await stored([
      aThing("a", { rank: 1, lane: "l" }),
      aThing("b", { lane: "l" }),
      aThing("c", { rank: 2 }),
    ]);
    expect(await scan({ index: "owner", prefixes: [["a"]], limit: 9 })).toEqual(["a", "c"]);
    expect(await scan({ index: "lane", prefixes: [["l"]], limit: 9 })).toEqual(["a"]);
    expect(await scan({ index: "all", prefixes: [["l", "a"]], limit: 9 })).toEqual(["a"]);
    expect(ids(await things.find({ index: "owner", values: ["a"] })).sort()).toEqual(["a", "c"]);
    expect(await things.count({ index: "owner", prefixes: [["a"]] })).toBe(2);
  });

  test("scan – a multi index – by id, each document once though it stands under several values", async () => {
    const { scan, things } = await stored(
      manyThings(60, (at) => ({ tags: ["all", `m${at % 3}`, `m${at % 2}`, "all"] })),
    );
    const every = ids(manyThings(60));
    expect(await scan({ index: "tag", prefixes: [["all"]], limit: 99 })).toEqual(every);
    expect(await scan({ index: "tag", prefixes: [["all"], ["m0"], ["m1"]], limit: 99 })).toEqual(every);
    expect(await scan({ index: "tag", prefixes: [["m2"], ["all"], ["m0"]], reverse: true, limit: 2 })).toEqual([
      "t0059",
      "t0058",
    ]);
    expect(await scan({ index: "tag", prefixes: [["m2"]], after: { value: "", id: "t0004" }, limit: 2 })).toEqual([
      "t0005",
      "t0008",
    ]);
    const lots = [["all"], ["m0"], ...Array.from({ length: 50 }, (_, at) => [`nothing${at}`])];
    expect(await scan({ index: "tag", prefixes: lots, limit: 99 })).toEqual(every);
    expect(await things.count({ index: "tag", prefixes: [["all"], ["m0"], ["m2"]] })).toBe(60);
    expect(ids(await things.find({ index: "tag", values: ["all", "m0"] })).sort()).toEqual(every);
  });

  test("find – many values of the first field – all documents under them, each once", async () => {
    const { things } = await stored(manyThings(300, (at) => ({ owner: `o${at % 150}`, rank: at })));
    const values = Array.from({ length: 100 }, (_, at) => `o${at}`);
    expect(ids(await things.find({ index: "owner", values: [...values, "o0", "nobody"] })).sort()).toEqual(
      ids(manyThings(300)).filter((_, at) => at % 150 < 100),
    );
    expect(await things.find({ index: "owner", values: [] })).toEqual([]);
  });

  test("count – several prefixes and bounds – as many as the scan would give", async () => {
    const { things } = await stored(manyThings(100, (at) => ({ lane: `l${at % 5}`, rank: at })));
    expect(await things.count({ index: "lane", prefixes: [["l0"], ["l1"], ["l1"]], from: 10, to: 20 })).toBe(4);
    expect(await things.count({ index: "lane", prefixes: [[]] })).toBe(100);
    expect(await things.count({ index: "lane", prefixes: [] })).toBe(0);
  });

  const misuses: readonly (readonly [string, Scan])[] = [
    ["an index that is not declared", { index: "note", prefixes: [["x"]], limit: 1 }],
    ["a prefix longer than the index", { index: "key", prefixes: [["x", "y"]], limit: 1 }],
    ["prefixes of different lengths", { index: "lane", prefixes: [["x"], ["x", 1]], limit: 1 }],
    ["a limit of 0", { index: "lane", prefixes: [["x"]], limit: 0 }],
    ["a limit that is no whole number", { index: "lane", prefixes: [["x"]], limit: 1.5 }],
    ["an empty prefix of a multi index", { index: "tag", prefixes: [[]], limit: 1 }],
    ["`after` where two fields follow", { index: "all", prefixes: [["x"]], after: { value: "a", id: "b" }, limit: 1 }],
  ];
  test.each(misuses)("scan – %s – refused in words", async (_, scan) => {
    const { things } = await stored([aThing("a")]);
    await expect(things.scan(scan)).rejects.toMatchObject({ name: "Fault", kind: "internal" });
  });
}
