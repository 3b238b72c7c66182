import { arrange } from "../../../server/pipeline/arrange.ts";
import { readerReferences, referencedIds } from "../../../server/pipeline/references.ts";
import type { StixJson } from "../../../server/pipeline/steps.ts";

const [A, B, C] = ["a", "b", "c"].map((name) => `cryptocurrency-wallet--${name}`) as [string, string, string];
const EXTENSION = "extension-definition--125cd2c3-79ce-44ab-93db-0ebd3da8ddbd";

const transaction: StixJson = {
  type: "cryptocurrency-transaction",
  input: [{ address_ref: A, amount: 1 }],
  extensions: {
    [EXTENSION]: {
      bridge_to_ref: "cryptocurrency-transaction--x",
      inputs: [{ wallet_ref: B, amount: "1" }],
      seen_refs: [A, C],
    },
  },
  external_references: [{ source_name: "x", other_ref: "no--reference" }],
};

test("referencedIds – of what stands in extensions and sides of a transaction – found, other parts left alone", () => {
  expect(referencedIds(transaction)).toEqual([A, "cryptocurrency-transaction--x", B, A, C]);
});

test("readerReferences – in extensions – pointed at what the reader sees, hidden members of lists gone, the input unchanged", () => {
  const before = structuredClone(transaction);
  const shown = readerReferences(transaction, (id) => (id === C ? undefined : `${id}-shown`), false, "identity--group");
  expect(shown).toEqual({
    ...transaction,
    input: [{ address_ref: `${A}-shown`, amount: 1 }],
    extensions: {
      [EXTENSION]: {
        bridge_to_ref: "cryptocurrency-transaction--x-shown",
        inputs: [{ wallet_ref: `${B}-shown`, amount: "1" }],
        seen_refs: [`${A}-shown`],
      },
    },
  });
  expect(transaction).toEqual(before);
});

test("readerReferences – where nothing changes – the very object; where a list in an extension is emptied – without it", () => {
  expect(readerReferences(transaction, (id) => id, false, "")).toBe(transaction);
  const hidden = readerReferences(
    { extensions: { [EXTENSION]: { hop: 1, seen_refs: [A] } } },
    () => undefined,
    false,
    "",
  );
  expect(hidden).toEqual({ extensions: { [EXTENSION]: { hop: 1 } } });
  const own = { extensions: { [EXTENSION]: { seen_refs: [A] } } };
  expect(readerReferences(own, () => undefined, true, "")).toBe(own);
});

test("arrange – references within – can't be sent as stored", () => {
  expect(arrange(transaction).refers).toBe("in lists");
  expect(arrange({ type: "x", extensions: { [EXTENSION]: { kind: "mixer" } } }).refers).toBe("nothing");
  expect(arrange({ type: "x", sighting_of_ref: A }).refers).toBe("singly");
});

test("referencedIds – of nesting that never ends – looks eight steps deep", () => {
  let deep: StixJson = { deep_ref: A };
  for (let i = 0; i < 60; i++) deep = { inner: deep };
  expect(referencedIds({ extensions: deep })).toEqual([]);
});

test("readerReferences – of a sighting at places of which one is hidden – without its count, unless that is shared or its own agency reads", () => {
  const [open, hidden] = ["identity--open", "identity--hidden"];
  const seen: StixJson = { type: "sighting", sighting_of_ref: A, where_sighted_refs: [open, hidden], count: 7 };
  const shownAs = (id: string): string | undefined => (id === hidden ? undefined : id);
  const cut = { type: "sighting", sighting_of_ref: A, where_sighted_refs: [open] };
  expect(readerReferences(seen, shownAs, false, "")).toEqual(cut);
  expect(readerReferences(seen, shownAs, false, "", true)).toEqual({ ...cut, count: 7 });
  expect(readerReferences(seen, shownAs, true, "")).toBe(seen);
  expect(readerReferences(seen, (id) => id, false, "")).toBe(seen);
  const elsewhere = { ...seen, type: "observed-data" };
  expect(readerReferences(elsewhere, shownAs, false, "").count).toBe(7);
});
