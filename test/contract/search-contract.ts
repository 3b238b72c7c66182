import { aThing, ids, manyThings, type OpenHandle, type Thing, Things } from "./things.ts";

/** Full text over terms, within scopes. */
export function searchContract(open: OpenHandle): void {
  const stored = async (docs: readonly Thing[]) => {
    const things = (await open()).collection(Things);
    await things.insert(docs);
    const search = async (scopes: readonly string[], terms: readonly string[], limit = 999): Promise<string[]> =>
      ids(await things.search({ scopes, terms, limit })).sort();
    return { things, search };
  };

  test("search – all terms, within the scopes asked for – gives those documents, and never a term", async () => {
    const { things, search } = await stored([
      aThing("a", { lane: "l1", terms: ["lazarus", "wallet"] }),
      aThing("b", { lane: "l1", terms: ["lazarus"] }),
      aThing("c", { lane: "l2", terms: ["lazarus", "wallet"] }),
      aThing("d", { lane: "l1" }),
    ]);
    expect(await search(["l1"], ["lazarus"])).toEqual(["a", "b"]);
    expect(await search(["l2", "l1", "l1"], ["wallet", "lazarus"])).toEqual(["a", "c"]);
    expect(await search(["l3"], ["lazarus"])).toEqual([]);
    expect(await search([], ["lazarus"])).toEqual([]);
    expect(await search(["l1"], [])).toEqual([]);
    expect(await search(["l1", "l2"], ["lazarus"], 2)).toHaveLength(2);
    expect(await things.get("a")).toEqual({ id: "a", owner: "a", lane: "l1", rev: 1 });
  });

  test("search – of one document alone – gives it if it holds all the terms in a scope asked for", async () => {
    const { things } = await stored([
      aThing("a", { lane: "l1", terms: ["lazarus", "wallet"] }),
      aThing("b", { lane: "l1", terms: ["lazarus"] }),
      aThing("c", { lane: "l2", terms: ["lazarus", "wallet"] }),
      aThing("d", { lane: "l1" }),
    ]);
    const one = async (id: string, scopes: readonly string[], terms: readonly string[]): Promise<string[]> =>
      ids(await things.search({ scopes, terms, limit: 9, id }));
    expect(await one("a", ["l1"], ["wallet", "lazarus"])).toEqual(["a"]);
    expect(await one("a", ["l2", "l1"], ["laz*"])).toEqual(["a"]);
    expect(await one("b", ["l1"], ["lazarus", "wallet"])).toEqual([]);
    expect(await one("c", ["l1"], ["lazarus"])).toEqual([]);
    expect(await one("d", ["l1"], ["lazarus"])).toEqual([]);
    expect(await one("e", ["l1"], ["lazarus"])).toEqual([]);
    expect(await one("a", ["l1"], [])).toEqual([]);
    expect(await one("a", [], ["lazarus"])).toEqual([]);
    await things.remove(["b"]);
    expect(await one("b", ["l1"], ["lazarus"])).toEqual([]);
  });

  test("search – a term that ends in a star – any word that starts so, in any script", async () => {
    const { search } = await stored([
      aThing("a", { lane: "l", terms: ["andariel", "北朝", "朝鮮"] }),
      aThing("b", { lane: "l", terms: ["andes", "북한", "한의"] }),
      aThing("c", { lane: "l", terms: ["and"] }),
    ]);
    expect(await search(["l"], ["and*"])).toEqual(["a", "b", "c"]);
    expect(await search(["l"], ["anda*"])).toEqual(["a"]);
    expect(await search(["l"], ["and"])).toEqual(["c"]);
    expect(await search(["l"], ["北朝", "朝鮮"])).toEqual(["a"]);
    expect(await search(["l"], ["북*"])).toEqual(["b"]);
  });

  test("search – scopes and terms full of the query language – are only words, and each finds itself alone", async () => {
    const odd = [
      "or",
      "and",
      "not",
      "near",
      '"',
      '""',
      "a b",
      "a-b",
      "a_b",
      "a__b",
      "_002d",
      "-",
      "words:x",
      "(",
      ")",
      "^a",
      "a+b",
      "'",
      ";--",
      "\u0000",
      "a\u0000b",
      "\ud800",
      "\u{1f600}",
      "A",
      "a",
      "\u00e9",
      "e\u0301",
      "{x}",
      "*a",
      "x".repeat(5000),
    ];
    const { search } = await stored(odd.map((word, at) => aThing(`t${at}`, { lane: 'l "x" OR *', terms: [word] })));
    for (const [at, word] of odd.entries()) expect(await search(['l "x" OR *', "other"], [word])).toEqual([`t${at}`]);
    expect(await search(["l"], ["a"])).toEqual([]);
  });

  test("search – 1,000 scopes and three terms – all documents that hold them", async () => {
    const { search } = await stored(
      manyThings(1000, (at) => ({ lane: `lane${at}`, terms: ["w", at % 10 === 0 ? "ten" : "other", `n${at}`] })),
    );
    const scopes = Array.from({ length: 1000 }, (_, at) => `lane${at}`);
    expect(await search(scopes, ["w", "ten", "n*"])).toHaveLength(100);
    expect(await search(scopes, ["w", "n777"])).toEqual(["t0777"]);
    expect(await search(scopes.slice(0, 500), ["w", "n777"])).toEqual([]);
  });

  test("search – hundreds of scopes, asked again while words come, move, go and are undone – what stands there each time", async () => {
    const store = await open();
    const things = store.collection(Things);
    const scopes = Array.from({ length: 300 }, (_, at) => `lane${at}`);
    const find = (terms: readonly string[], among = scopes) =>
      store.snapshot(async (unit) =>
        ids(await unit.collection(Things).search({ scopes: among, terms, limit: 999 })).sort(),
      );
    await things.insert(manyThings(300, (at) => ({ lane: `lane${at}`, terms: ["w", `n${at}`, `#k${at}`] })));
    expect(await find(["w"])).toHaveLength(300);
    expect(await find(["n299", "w"])).toEqual(["t0299"]);
    expect(await find(["n299", "n298"])).toEqual([]);
    expect(await find(["#k7"])).toEqual(["t0007"]);
    expect(await find(["come"])).toEqual([]);

    const undone = store.transaction(async (unit) => {
      const own = unit.collection(Things);
      await own.insert([aThing("u", { lane: "lane5", terms: ["undone"] })]);
      expect(ids(await own.search({ scopes, terms: ["undone"], limit: 9 }))).toEqual(["u"]);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await things.insert([aThing("a", { lane: "lane5", terms: ["come"] })]);
    await things.insertNew([aThing("b", { lane: "new", terms: ["come", "andariel"] })]);
    expect(await find(["come"])).toEqual(["a"]);
    expect(await find(["come"], [...scopes, "new"])).toEqual(["a", "b"]);
    for (const beginning of ["andariel*", "and*", "an*", "a*"])
      expect(await find([beginning], [...scopes, "new"])).toEqual(["b"]);
    expect(await find(["andx*"], [...scopes, "new"])).toEqual([]);
    expect(await find(["undone"])).toEqual([]);

    await things.put({ ...aThing("a", { lane: "lane6", terms: ["come", "moved"] }), rev: 1 });
    expect(await find(["moved", "come"])).toEqual(["a"]);
    expect(await find(["come"], scopes.slice(0, 200))).toEqual(["a"]);
    await things.remove(["a"]);
    expect(await find(["come"])).toEqual([]);
  });

  test("search – among hundreds of scopes one with thousands of words – finds each of them", async () => {
    const things = (await open()).collection(Things);
    await things.insert(manyThings(200, (at) => ({ lane: `lane${at}`, terms: [`n${at}`] })));
    const many = (from: number): string[] => Array.from({ length: 3000 }, (_, at) => `word${from + at}`);
    await things.insert([aThing("a", { lane: "large", terms: many(0) })]);
    await things.insert([aThing("b", { lane: "large", terms: many(2900) })]);
    await things.insert([aThing("c", { lane: "large", terms: ["late"] })]);
    const scopes = ["large", ...Array.from({ length: 200 }, (_, at) => `lane${at}`)];
    const find = async (term: string) => ids(await things.search({ scopes, terms: [term], limit: 9 })).sort();
    expect(await find("word2950")).toEqual(["a", "b"]);
    expect(await find("word5899")).toEqual(["b"]);
    expect(await find("late")).toEqual(["c"]);
    expect(await find("n199")).toEqual(["t0199"]);
    expect(await find("word5900")).toEqual([]);
  });

  test("put – terms given, left out, or emptied – they change, stay, or go", async () => {
    const { things, search } = await stored([aThing("a", { lane: "l", terms: ["one"] })]);
    await things.put({ ...aThing("a", { lane: "l", rank: 1 }), rev: 1 });
    expect(await search(["l"], ["one"])).toEqual(["a"]);
    await things.put({ ...aThing("a", { lane: "l", terms: ["two"] }), rev: 2 });
    expect(await search(["l"], ["one"])).toEqual([]);
    expect(await search(["l"], ["two"])).toEqual(["a"]);
    await things.put({ ...aThing("a", { lane: "m", terms: ["two"] }), rev: 3 });
    expect(await search(["l"], ["two"])).toEqual([]);
    expect(await search(["m"], ["two"])).toEqual(["a"]);
    await things.put({ ...aThing("a", { lane: "m", terms: [] }), rev: 4 });
    expect(await search(["m"], ["two"])).toEqual([]);
  });

  test("put – another scope and no terms – refused in words, nothing changes", async () => {
    const { things, search } = await stored([aThing("a", { lane: "l", terms: ["one"] })]);
    await expect(things.put({ ...aThing("a", { lane: "m" }), rev: 1 })).rejects.toMatchObject({ kind: "internal" });
    expect((await things.get("a"))?.lane).toBe("l");
    expect(await search(["l"], ["one"])).toEqual(["a"]);
  });
}
