import { aThing, ids, manyThings, Notes, type OpenHandle, Thing, Things } from "./things.ts";

/** get, getMany, insert, insertNew, put, remove, all. */
export function documentContract(open: OpenHandle): void {
  test("get – of a document as rich as they come – gives the same values, with rev 1", async () => {
    const things = (await open()).collection(Things);
    const note = {
      deep: [{ a: null, b: [true, false, 1.5, -0.25, 1e300] }],
      "": "empty key",
      quote: 'a"b\\c\n\u0000\u2028',
    };
    const rich = aThing("rich", { rank: 9007199254740991, key: "k\u0000\u{1f600}é", tags: ["x", "y", "x"], note });
    await things.insert([rich]);
    expect(await things.get("rich")).toEqual({ ...rich, rev: 1 });
  });

  test("get – of a document with half a surrogate pair and __proto__ in a field without an index – gives both back as they were", async () => {
    const things = (await open()).collection(Things);
    const note: unknown = JSON.parse('{"__proto__":{"admin":true},"half":"\\ud800"}');
    await things.insert([aThing("p", { note })]);
    const read = await things.get("p");
    expect(JSON.stringify(read?.note)).toBe('{"__proto__":{"admin":true},"half":"\\ud800"}');
    expect(Object.hasOwn(read ?? {}, "admin")).toBe(false);
  });

  test("get – of an id that is not there, nor half of one – gives undefined", async () => {
    const things = (await open()).collection(Things);
    await things.insert([aThing("a"), aThing("\ufffd")]);
    expect(await things.get("b")).toBeUndefined();
    expect(await things.get("")).toBeUndefined();
    expect(await things.get("\ud800")).toBeUndefined();
  });

  test("get – of bytes, with none, some and all values – gives a plain Uint8Array of the same bytes", async () => {
    const things = (await open()).collection(Things);
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    await things.insert([aThing("none"), aThing("empty", { data: new Uint8Array() }), aThing("all", { data: all })]);
    expect(await things.get("none")).toEqual({ id: "none", owner: "a", rev: 1 });
    expect((await things.get("empty"))?.data).toEqual(new Uint8Array());
    expect((await things.get("all"))?.data).toEqual(all);
    expect(Thing.safeParse(await things.get("all")).success).toBe(true);
  });

  test("getMany – of known, unknown and repeated ids – gives each known document once", async () => {
    const things = (await open()).collection(Things);
    await things.insert(manyThings(1500));
    const asked = ["t0001", "nobody", "t1499", "t0001"];
    expect(ids(await things.getMany(asked)).sort()).toEqual(["t0001", "t1499"]);
    expect(await things.getMany([])).toEqual([]);
    expect(await things.getMany(ids(manyThings(1500)))).toHaveLength(1500);
  });

  test("insert – with an id that is taken – conflict, none of the batch is there, the first one stays", async () => {
    const things = (await open()).collection(Things);
    await things.insert([aThing("a", { owner: "first", tags: ["x"] })]);
    const batch = [aThing("b", { tags: ["x"] }), aThing("a", { owner: "second" })];
    await expect(things.insert(batch)).rejects.toMatchObject({ name: "Fault", kind: "conflict", code: "conflict" });
    expect(ids(await things.all({ limit: 10 }))).toEqual(["a"]);
    expect(ids(await things.find({ index: "tag", values: ["x"] }))).toEqual(["a"]);
    expect((await things.get("a"))?.owner).toBe("first");
  });

  test("insert – with a unique value that is taken – conflict that does not name the value; absent values never collide", async () => {
    const things = (await open()).collection(Things);
    await things.insert([aThing("a", { key: "192.0.2.7" }), aThing("b"), aThing("c")]);
    const refused = things.insert([aThing("d", { key: "192.0.2.7" })]);
    await expect(refused).rejects.toMatchObject({ kind: "conflict" });
    await expect(refused).rejects.not.toThrow(/192/);
    expect(ids(await things.all({ limit: 10 }))).toEqual(["a", "b", "c"]);
  });

  test("insert – half a surrogate pair as id, indexed value or tag – refused as store.text", async () => {
    const things = (await open()).collection(Things);
    for (const bad of [aThing("\ud800"), aThing("x", { owner: "\udc00" }), aThing("x", { tags: ["ok", "\ud83d"] })]) {
      await expect(things.insert([bad])).rejects.toMatchObject({ name: "Fault", code: "store.text" });
    }
    expect(await things.all({ limit: 10 })).toEqual([]);
  });

  test("insert – an indexed value that is neither text nor a finite number – refused", async () => {
    const things = (await open()).collection(Things);
    await expect(things.insert([aThing("x", { rank: Number.NaN })])).rejects.toMatchObject({ kind: "internal" });
    await expect(things.insert([aThing("x", { rank: Number.POSITIVE_INFINITY })])).rejects.toMatchObject({
      kind: "internal",
    });
    expect(await things.all({ limit: 10 })).toEqual([]);
  });

  test("insertNew – some ids or unique values taken – inserts the others, indexes those only, and gives their ids", async () => {
    const things = (await open()).collection(Things);
    await things.insert([aThing("a", { key: "k", tags: ["old"], lane: "l", terms: ["old"] })]);
    const batch = [
      aThing("a", { tags: ["new"], lane: "l", terms: ["new"] }),
      aThing("b", { key: "k", tags: ["new"], lane: "l", terms: ["new"] }),
      aThing("c", { key: "m", tags: ["new"], lane: "l", terms: ["new"] }),
      aThing("d", { key: "m", tags: ["new"], lane: "l", terms: ["new"] }),
    ];
    expect([...(await things.insertNew(batch))]).toEqual(["c"]);
    expect(ids(await things.find({ index: "tag", values: ["new", "old"] })).sort()).toEqual(["a", "c"]);
    expect(ids(await things.search({ scopes: ["l"], terms: ["new"], limit: 9 }))).toEqual(["c"]);
    expect(await things.insertNew(batch)).toEqual(new Set());
  });

  test("put – with the rev as read – replaces the whole document and counts rev up; with another – conflict, nothing changes", async () => {
    const things = (await open()).collection(Things);
    await things.insert([aThing("a", { rank: 1, note: "gone after", data: Uint8Array.of(1), tags: ["x", "y"] })]);
    const read = await things.get("a");
    if (read === undefined) throw new Error("not stored");
    await things.put({ id: "a", owner: "b", tags: ["y", "z"], rev: read.rev });
    expect(await things.get("a")).toEqual({ id: "a", owner: "b", tags: ["y", "z"], rev: 2 });
    await expect(things.put({ ...read, owner: "late" })).rejects.toMatchObject({ kind: "conflict" });
    await expect(things.put({ ...read, id: "nobody" })).rejects.toMatchObject({ kind: "conflict" });
    expect((await things.get("a"))?.owner).toBe("b");
    expect(ids(await things.find({ index: "tag", values: ["x"] }))).toEqual([]);
    expect(ids(await things.find({ index: "tag", values: ["z"] }))).toEqual(["a"]);
    expect(ids(await things.find({ index: "owner", values: ["a"] }))).toEqual([]);
  });

  test("put – with a unique value that another has – conflict, nothing changes", async () => {
    const things = (await open()).collection(Things);
    await things.insert([aThing("a", { key: "1", tags: ["x"] }), aThing("b", { key: "2" })]);
    await expect(things.put({ ...aThing("a", { key: "2", tags: ["z"] }), rev: 1 })).rejects.toMatchObject({
      kind: "conflict",
    });
    expect(await things.get("a")).toEqual({ ...aThing("a", { key: "1", tags: ["x"] }), rev: 1 });
    expect(ids(await things.find({ index: "tag", values: ["x", "z"] }))).toEqual(["a"]);
  });

  test("remove – of some that exist and some that don't – takes them out of every index, and their values are free", async () => {
    const things = (await open()).collection(Things);
    const gone = aThing("a", { key: "k", tags: ["x"], lane: "l", rank: 1, terms: ["w"] });
    await things.insert([gone, aThing("b", { tags: ["x"], lane: "l", rank: 1, terms: ["w"] })]);
    await things.remove(["a", "nobody", "a"]);
    expect(ids(await things.all({ limit: 9 }))).toEqual(["b"]);
    expect(ids(await things.find({ index: "tag", values: ["x"] }))).toEqual(["b"]);
    expect(ids(await things.search({ scopes: ["l"], terms: ["w"], limit: 9 }))).toEqual(["b"]);
    await things.insert([gone]);
    expect((await things.get("a"))?.rev).toBe(1);
  });

  test("all – page by page – gives every document once, by id", async () => {
    const things = (await open()).collection(Things);
    const names = ["", "B", "a", "a\u0000", "é", "\uffee", "\u{1f600}"];
    await things.insert([...names].reverse().map((id) => aThing(id)));
    const seen: string[] = [];
    for (let page = await things.all({ limit: 2 }); page.length > 0; ) {
      seen.push(...ids(page));
      page = await things.all({ after: seen[seen.length - 1] ?? "", limit: 2 });
    }
    expect(seen).toEqual(names);
  });

  test("a collection that was not declared – asked for – refused; one of placement log – used – as any other", async () => {
    const storage = await open();
    expect(() => storage.collection({ ...Things, name: "others" })).toThrow(/others/);
    const notes = storage.collection(Notes);
    await notes.insert([{ id: "n", text: "first" }]);
    await notes.put({ id: "n", text: "second", rev: 1 });
    expect(await notes.scan({ index: "text", prefixes: [[]], limit: 9 })).toEqual([
      { id: "n", text: "second", rev: 2 },
    ]);
  });
}
