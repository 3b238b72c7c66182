import { z } from "zod";
import { keyed } from "../../shared/digest.ts";
import { COLLECTIONS, SealKeys, Spooled } from "../../storage/collections.ts";
import type { Declared } from "../../storage/declared.ts";
import { damaged } from "./frames.ts";

/** What a backup says of itself, as JSON in its frames. */
export const Header = z.object({
  /** The format of the store that it was taken of. */
  format: z.int().min(1),
  /** When it was begun. */
  created: z.string(),
  /** Keyed digest of a word: which secret the installation has. */
  secret: z.string(),
  collections: z.array(z.string()),
});
export type Header = z.infer<typeof Header>;
export const CollectionBegins = z.object({ name: z.string(), bytes: z.array(z.string()) });
export const CollectionEnds = z.object({ name: z.string(), count: z.int(), sha256: z.string() });
export type CollectionEnds = z.infer<typeof CollectionEnds>;
export const BodyBegins = z.object({ job: z.string() });
/** `cut`: its job ended while it was read, and the rest of it is not here. */
export const BodyEnds = z.object({ job: z.string(), length: z.int(), cut: z.literal(true).optional() });
export const Trailer = z.object({ sha256: z.string(), mac: z.string() });

/** A frame's JSON in its shape; `backup.damaged` where it is not. */
export function readJson<T>(payload: Buffer, shape: z.ZodType<T>): T {
  try {
    return shape.parse(JSON.parse(payload.toString("utf8")));
  } catch {
    throw damaged("what it says of itself can't be read");
  }
}

/** Which secret a backup was made under, without telling it. */
export const fingerprint = (key: Uint8Array): string => keyed(key, "tricord-backup/1 installation");

/** That a backup with this digest was made by who has the secret. */
export const macOf = (key: Uint8Array, sha256: string): string => keyed(key, `tricord-backup/1 whole ${sha256}`);

/**
 * Collections that a backup has nothing of: data keys, since the store that it is restored into makes its own, and pieces of posts that wait, whose bodies
 * are in it by themselves.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([SealKeys.name, Spooled.name]);

/** Those that are backed up. */
export const KEPT: readonly Declared[] = COLLECTIONS.filter(({ name }) => !LEFT_OUT.has(name));
export const specOf = (name: string): Declared | undefined => KEPT.find((spec) => spec.name === name);
