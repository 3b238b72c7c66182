import { z } from "zod";
import { Fault } from "../../shared/fault.ts";
import type { Moment } from "../../shared/moment.ts";
import { COLLECTION_NAMES } from "../../usecases/taxii/collection-ids.ts";
import type { CollectionName } from "../../usecases/taxii/collection-page.ts";
import type { SignedIn } from "../route.ts";
import type { TaxiiParts } from "./parts.ts";
import { TAXII } from "./taxii-face.ts";

/** What every TAXII route has in common. What an account may do is the collection's to say, so that the verb is asked in the handler. */
export const taxii = { tag: "taxii", face: TAXII, needs: "signed-in" } as const;

// Text of any length: what names nothing is not found, whatever its form.
const Name = z.string();
export const RootParams = z.strictObject({ root: Name });
export const StatusParams = z.strictObject({ root: Name, status: Name });
export const CollectionParams = z.strictObject({ root: Name, collection: Name });
export const ObjectParams = z.strictObject({ root: Name, collection: Name, object: Name });

/** The longest id that is looked for; none is stored that is longer. */
export const LONGEST_ID = 300;

export interface Rights {
  readonly canRead: boolean;
  readonly canWrite: boolean;
}

/** What this credential may do with a collection (TAXII 2.1 section 5.2.1: rights are the client's, not the collection's). */
export const rightsOf = (name: CollectionName, { granted }: Pick<SignedIn, "granted">): Rights => ({
  canRead: granted.has("read"),
  canWrite: name === "originals" && granted.has("post"),
});

export const hasAny = ({ canRead, canWrite }: Rights): boolean => canRead || canWrite;

/** Whose API root a path names; any other is not there. */
export function checkRoot({ group }: TaxiiParts, { root }: { readonly root: string }): void {
  if (root !== group) throw new Fault("not_found", "there is no such API root");
}

interface Asked extends Pick<SignedIn, "granted"> {
  readonly params: { readonly root: string; readonly collection: string };
  readonly moment: Moment;
}

/**
 * The collection that a path names by id or alias. One that the caller may neither read nor write is not there (404), like an unknown one; one
 * that the caller has but not for this is a 403 (TAXII 2.1 section 3; policy 9).
 */
export async function collectionFor(
  parts: TaxiiParts,
  { params, granted, moment }: Asked,
  needed: readonly (keyof Rights)[],
): Promise<CollectionName> {
  checkRoot(parts, params);
  const ids = await parts.ids.read(moment);
  const name = COLLECTION_NAMES.find((one) => params.collection === one || params.collection === ids[one]);
  const rights = name === undefined ? undefined : rightsOf(name, { granted });
  if (name === undefined || rights === undefined || !hasAny(rights))
    throw new Fault("not_found", "there is no such collection");
  if (!needed.every((right) => rights[right]))
    throw new Fault(
      "forbidden",
      `this account may not ${needed.includes("canWrite") ? "write to" : "read"} this collection`,
      {
        code: "forbidden.collection",
      },
    );
  return name;
}
