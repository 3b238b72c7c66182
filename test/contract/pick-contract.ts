import { aThing, ids, manyThings, type OpenHandle, Things } from "./things.ts";

/** pick. */
export function pickContract(open: OpenHandle): void {
  const text = (words: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(words));

  test("pick – some fields of every kind – those and no other, bytes as text, absent ones undefined", async () => {
    const things = (await open()).collection(Things);
    const note = { deep: [null, "half \ud800", { "": 1.5 }] };
    await things.insert([
      aThing("a", {
        rank: 1,
        shade: "k\u0000\u{1f600}é",
        names: ["x", "y"],
        note,
        data: text("日本 \u{1f600}"),
        tags: ["t"],
      }),
      aThing("b", { rank: 2, shade: -0.25, data: new Uint8Array() }),
    ]);
    const scan = { index: "owner", prefixes: [["a"]], limit: 9 };
    expect(await things.pick(scan, ["id", "owner", "rank", "shade", "names", "note", "data"])).toEqual([
      { id: "a", owner: "a", rank: 1, shade: "k\u0000\u{1f600}é", names: ["x", "y"], note, data: "日本 \u{1f600}" },
      { id: "b", owner: "a", rank: 2, shade: -0.25, data: "" },
    ]);
    expect(await things.pick(scan, ["owner"])).toEqual([{ owner: "a" }, { owner: "a" }]);
    expect(await things.get("a")).toMatchObject({
      shade: "k\u0000\u{1f600}é",
      names: ["x", "y"],
      note,
      tags: ["t"],
      rev: 1,
    });
  });

  test("pick – one prefix, several, of a multi index, with bounds and both ways – the documents of the same scan", async () => {
    const things = (await open()).collection(Things);
    await things.insert(
      manyThings(300, (at) => ({
        ...{ lane: `l${at % 20}`, rank: at >> 1, shade: `s${at}`, data: text(`d${at}`) },
        ...{ tags: [`t${at % 2}`, "all"], names: [`n${at % 3}`, "all"] },
      })),
    );
    const lanes = Array.from({ length: 20 }, (_, at) => [`l${at}`]);
    for (const scan of [
      { index: "lane", prefixes: [["l3"]], limit: 7 },
      { index: "lane", prefixes: [["l3", 1]], limit: 7 },
      { index: "lane", prefixes: lanes, from: 20, to: 100, limit: 99 },
      { index: "lane", prefixes: lanes.slice(0, 3), reverse: true, limit: 99 },
      { index: "owner", prefixes: [["a"]], after: { value: 3, id: "t0006" }, limit: 5 },
      { index: "tag", prefixes: [["t1"]], limit: 9 },
      { index: "name", prefixes: [["all"], ["n1"]], limit: 999 },
    ]) {
      const docs = await things.scan(scan);
      const expected = docs.map(({ id, lane, rank, shade, names, data }) => ({
        ...{ id, lane, rank, shade, names },
        data: new TextDecoder().decode(data),
      }));
      expect(await things.pick(scan, ["id", "lane", "rank", "shade", "names", "data"])).toEqual(expected);
    }
  });

  test("pick – a field that is not kept apart, or a terms field – refused as store.misuse", async () => {
    const things = (await open()).collection(Things);
    const scan = { index: "owner", prefixes: [["a"]], limit: 9 };
    for (const field of ["tags", "terms"] as const)
      await expect(things.pick(scan, ["id", field])).rejects.toMatchObject({ code: "store.misuse" });
  });

  test("a hot list with a multi index – put with other members, then removed – found under those that it lists, and no more", async () => {
    const things = (await open()).collection(Things);
    await things.insert([aThing("a", { names: ["x", "y"] }), aThing("b", { names: ["y"] })]);
    await things.put({ ...aThing("a", { names: ["z", "y"] }), rev: 1 });
    const under = async (name: string): Promise<string[]> =>
      ids(await things.scan({ index: "name", prefixes: [[name]], limit: 9 }));
    expect([await under("x"), await under("y"), await under("z")]).toEqual([[], ["a", "b"], ["a"]]);
    await things.remove(["a"]);
    expect([await under("y"), await under("z")]).toEqual([["b"], []]);
  });

  test("a hot value that is neither text, a finite number nor absent – insert – refused as store.misuse", async () => {
    const things = (await open()).collection(Things);
    const odd = { ...aThing("a"), shade: ["x"] } as unknown as Parameters<typeof things.insert>[0][number];
    await expect(things.insert([odd])).rejects.toMatchObject({ code: "store.misuse" });
    await expect(things.insert([aThing("a", { shade: "half \ud800" })])).rejects.toMatchObject({ code: "store.text" });
  });
}
