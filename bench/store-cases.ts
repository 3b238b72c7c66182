import type { BareTable } from "./bare-store.ts";
import type { Sample } from "./corpus.ts";
import { addressOf, type FilledStore, SHARE_A_WORD, type Who, wordOf } from "./filled-store.ts";
import { type Took, took } from "./store-measure.ts";

/** A store of one size with the bare table of as many rows beside it. */
export interface Bench {
  readonly size: number;
  readonly store: FilledStore;
  readonly bare: BareTable;
  /** Ids in the bare table. */
  readonly ids: readonly string[];
}

/** One thing that is asked of a store, and of the bare table, at a place that chance gives (0 to 1). */
export interface Case {
  readonly name: string;
  /** A page is to cost the same whatever the store's size; a look-up and a search are told. */
  readonly isPage?: true;
  readonly ask: (bench: Bench, chance: number) => Promise<Took>;
  readonly bare: (bench: Bench, chance: number) => Promise<Took>;
}

const PAGE = 100;
const SHORT = 10;
const VALUES = 100;
/** Bytes of one poll's answer are not the matter here: a poll that follows has one new object. */
const MICROS = 1000;

const placeOf = (chance: number, room: number): number => Math.floor(chance * Math.max(1, room));

function expect(found: number, wanted: number, what: string): void {
  if (found !== wanted) throw new Error(`${what} gave ${found} rows instead of ${wanted}`);
}

/** Where a page of so many rows begins for a reader, ms. */
function startOf({ size, store }: Bench, who: Who, rows: number, chance: number): number {
  if (who === "all") return store.postedAt(placeOf(chance, size - 2 * rows));
  return store.postedAt(store.few[placeOf(chance, store.few.length - rows + 1)] ?? 0);
}

const barePage =
  (rows: number) =>
  ({ size, bare }: Bench, chance: number): Promise<Took> =>
    took(async () => expect(bare.page(placeOf(chance, size - 2 * rows), rows), rows, "the bare table"));

const bareIds =
  (rows: number) =>
  ({ ids, bare }: Bench, chance: number): Promise<Took> => {
    const from = placeOf(chance, ids.length - rows);
    return took(async () => expect(bare.byIds(ids.slice(from, from + rows)), rows, "the bare table"));
  };

/** A measured question whose rows are counted when the clock has stopped. */
async function asked(what: string, rows: number, ask: () => Promise<() => number>): Promise<Took> {
  let count = (): number => 0;
  const time = await took(async () => {
    count = await ask();
  });
  expect(count(), rows, what);
  return time;
}

const rest = (who: Who, rows: number): Case => ({
  name: `page of ${rows} by REST, reader of ${who}`,
  isPage: true,
  ask: (bench, chance) => {
    return asked("a page", rows, () => bench.store.list(who, startOf(bench, who, rows, chance), rows));
  },
  bare: barePage(rows),
});

const taxii = (who: Who, rows: number): Case => ({
  name: `page of ${rows} by TAXII, reader of ${who}`,
  isPage: true,
  ask: (bench, chance) => {
    // Markings may stand before the first object that has them: the page is asked for with room for them.
    const after = startOf(bench, who, rows, chance) * MICROS - 1;
    return took(async () => {
      const { ids } = await bench.store.poll(who, after, rows);
      if (ids.length === 0 || ids.length > rows) throw new Error(`a poll gave ${ids.length} rows`);
    });
  },
  bare: barePage(rows),
});

const incremental = (who: Who): Case => ({
  name: `incremental poll, reader of ${who}`,
  isPage: true,
  ask: async ({ store }) => {
    const [one] = store.fresh(1) as [Sample];
    const after = (Date.now() - 1) * MICROS;
    await store.post([one], who);
    let ids: readonly string[] = [];
    const time = await took(async () => {
      ({ ids } = await store.poll(who, after, PAGE));
    });
    if (!ids.includes(one.id)) throw new Error("a poll lacks the object that was posted before it");
    return time;
  },
  bare: barePage(1),
});

const lookup: Case = {
  name: `look-up of ${VALUES} values`,
  ask: ({ size, store }, chance) => {
    const from = placeOf(chance, size - VALUES);
    const values = Array.from({ length: VALUES }, (_, i) => addressOf(from + i));
    return asked("a look-up", VALUES, () => store.lookup("all", values));
  },
  bare: bareIds(VALUES),
};

const search: Case = {
  name: `search of two words, ${SHARE_A_WORD} matches`,
  ask: ({ size, store }, chance) =>
    asked("a search", SHARE_A_WORD, () =>
      store.search("all", `address ${wordOf(placeOf(chance, size - SHARE_A_WORD))}`),
    ),
  bare: bareIds(SHARE_A_WORD),
};

export const PAGES: readonly Case[] = [
  rest("all", PAGE),
  rest("all", SHORT),
  rest("few", SHORT),
  taxii("all", PAGE),
  taxii("all", SHORT),
  taxii("few", SHORT),
  incremental("all"),
  incremental("few"),
];
export const LOOKUPS: readonly Case[] = [lookup];
export const SEARCHES: readonly Case[] = [search];

/** What is compared between the reader of all and that of one row in a thousand. */
export const SHORT_PAGES = { all: rest("all", SHORT).name, few: rest("few", SHORT).name };
