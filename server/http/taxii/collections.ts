import { TaxiiCollection, TaxiiCollections } from "../../../schemas/taxii/collection.ts";
import { COLLECTION_NAMES } from "../../usecases/taxii/collection-ids.ts";
import type { CollectionName } from "../../usecases/taxii/collection-page.ts";
import { type Route, route } from "../route.ts";
import type { TaxiiParts } from "./parts.ts";
import { CollectionParams, checkRoot, collectionFor, hasAny, RootParams, rightsOf, taxii } from "./taxii-route.ts";

/** Of every object in every collection. */
export const OBJECT_TYPE = "application/stix+json;version=2.1";

const WORDS: Readonly<Record<CollectionName, { readonly title: string; readonly description: string }>> = {
  originals: {
    title: "Originals",
    description: "Each contribution as its sender wrote it, versions kept; posts go here",
  },
  consolidated: {
    title: "Consolidated",
    description: "One object a thing, folded from all that you may read about it",
  },
  recalls: { title: "Recalls", description: "What you were given and may not read any more: the ids alone" },
};

/** Which collections there are for whoever asks (TAXII 2.1 sections 5.1 and 5.2). */
export function collectionRoutes(parts: TaxiiParts): Route[] {
  type Caller = Parameters<typeof rightsOf>[1];
  const shown = (name: CollectionName, id: string, caller: Caller): TaxiiCollection => {
    const { canRead, canWrite } = rightsOf(name, caller);
    return { id, ...WORDS[name], alias: name, can_read: canRead, can_write: canWrite, media_types: [OBJECT_TYPE] };
  };
  return [
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/collections/",
      summary: "The collections that you may read or write",
      params: RootParams,
      replies: { 200: TaxiiCollections },
      handler: async ({ params, granted, moment }) => {
        checkRoot(parts, params);
        const ids = await parts.ids.read(moment);
        const collections = COLLECTION_NAMES.filter((name) => hasAny(rightsOf(name, { granted }))).map((name) =>
          shown(name, ids[name], { granted }),
        );
        return { status: 200, body: collections.length === 0 ? {} : { collections } };
      },
    }),
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/collections/{collection}/",
      summary: "One collection, by its id or alias",
      params: CollectionParams,
      replies: { 200: TaxiiCollection },
      handler: async (request) => {
        const name = await collectionFor(parts, request, []);
        return { status: 200, body: shown(name, (await parts.ids.read(request.moment))[name], request) };
      },
    }),
  ];
}
