import type { Declared } from "../../storage/declared.ts";
import type { Doc } from "../../storage/port.ts";
import type { Look } from "./walk.ts";

/** One field that names documents of a collection. */
export type Naming = readonly [target: Declared, field: string, ids: string | readonly string[] | undefined];

/** Actors and parties that are no document. */
const NOBODY: ReadonlySet<string> = new Set(["operator", "system", "samples", "*", "PUBLIC"]);

const listOf = (ids: Naming[2]): readonly string[] =>
  (ids === undefined ? [] : typeof ids === "string" ? [ids] : ids).filter((id) => !NOBODY.has(id));

/** Looks up what the documents of a page name, one question a collection. */
export const naming =
  <T extends Doc>(namesOf: (doc: T) => readonly Naming[]): Look<T> =>
  async (page, unit, report) => {
    const named = page.flatMap((doc) => namesOf(doc).map(([of, field, ids]) => ({ doc, of, field, ids: listOf(ids) })));
    const asked = new Map<Declared, Set<string>>();
    for (const { of, ids } of named) {
      const held = asked.get(of) ?? new Set();
      asked.set(of, held);
      for (const id of ids) held.add(id);
    }
    const there = new Map<Declared, ReadonlySet<string>>();
    for (const [of, ids] of asked)
      there.set(of, new Set((await unit.collection(of).getMany([...ids])).map(({ id }) => id)));
    for (const { doc, of, field, ids } of named)
      if (ids.some((id) => there.get(of)?.has(id) !== true))
        report("verify.refers", doc.id, `${field}: not among ${of.name}`);
  };
