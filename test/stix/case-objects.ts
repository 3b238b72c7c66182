import objects from "../cases/stix-objects.json" with { type: "json" };

export type Json = Record<string, unknown>;

/** What is changed in an object of the case file: properties set, and properties taken away. */
export interface Change {
  readonly set: Json;
  readonly drop?: readonly string[];
}

const BASES: ReadonlyMap<string, { readonly minimal: Json; readonly full: Json }> = new Map(
  (objects as readonly { type: string; minimal: Json; full: Json }[]).map((one) => [one.type, one] as const),
);

/** An object of the case file with a change. */
export function changed(type: string, from: "minimal" | "full", { set, drop = [] }: Change): Json {
  const base = BASES.get(type)?.[from];
  if (base === undefined) throw new Error(`no case of ${type}`);
  return Object.fromEntries([
    ...Object.entries(base).filter(([name]) => !drop.includes(name) && !(name in set)),
    ...Object.entries(set),
  ]);
}
