import { z } from "zod";
import { Meta, SealKeys } from "../../server/storage/collections.ts";
import type { CollectionSpec, Storage } from "../../server/storage/port.ts";

/** A made-up collection with every kind of index, for the contract. */
export const Thing = z.object({
  id: z.string(),
  owner: z.string(),
  rank: z.number().optional(),
  key: z.string().optional(),
  lane: z.string().optional(),
  tags: z.array(z.string()).optional(),
  terms: z.array(z.string()).optional(),
  data: z.instanceof(Uint8Array).optional(),
  shade: z.union([z.string(), z.number()]).optional(),
  names: z.array(z.string()).optional(),
  note: z.unknown().optional(),
});
export type Thing = z.infer<typeof Thing>;

export const Things = {
  name: "things",
  shape: Thing,
  indexes: {
    owner: { fields: ["owner", "rank"] },
    lane: { fields: ["lane", "rank"], few: true },
    key: { fields: ["key"], unique: true },
    place: { fields: ["lane", "key"], unique: true },
    all: { fields: ["lane", "owner", "rank"], few: true },
  },
  multi: { tag: "tags", name: "names" },
  search: { scope: "lane", terms: "terms" },
  bytes: ["data"],
  hot: { shade: "value", names: "json", note: "json" },
} satisfies CollectionSpec<Thing>;

export const Note = z.object({ id: z.string(), text: z.string() });
export type Note = z.infer<typeof Note>;
export const Notes = {
  name: "notes",
  shape: Note,
  indexes: { text: { fields: ["text"] } },
  placement: "log",
} satisfies CollectionSpec<Note>;

export const CONTRACT_COLLECTIONS = [Meta, Things, Notes] as const;
/** The same with encryption at rest: a store of these and a seal has to keep the same contract. */
export const SEALED_COLLECTIONS = [
  Meta,
  { ...Things, sealedBy: { agency: "owner", at: "rank" } },
  { ...Notes, sealedBy: { at: "at" } },
  SealKeys,
] as const;

/** A store that several handles can be opened on, as several processes would. */
export interface StoreUnderTest {
  /** A handle that gives up on another's lock after `patience` ms. */
  open(patience?: number): Promise<Storage>;
  remove(): Promise<void>;
}

/** Opens a handle on the test's own store: the first call makes it, further calls are as another process would. */
export type OpenHandle = (patience?: number) => Promise<Storage>;

export const aThing = (id: string, fields: Partial<Thing> = {}): Thing => ({ id, owner: "a", ...fields });
export const manyThings = (n: number, fields: (at: number) => Partial<Thing> = () => ({})): Thing[] =>
  Array.from({ length: n }, (_, at) => aThing(`t${String(at).padStart(4, "0")}`, fields(at)));
export const ids = (docs: readonly { readonly id: string }[]): string[] => docs.map(({ id }) => id);
