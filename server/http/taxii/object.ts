import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { TaxiiEnvelope } from "../../../schemas/taxii/envelope.ts";
import { DeleteQuery, type Filters, ObjectQuery, VersionsQuery } from "../../../schemas/taxii/query.ts";
import { TaxiiVersions } from "../../../schemas/taxii/versions.ts";
import { Fault } from "../../shared/fault.ts";
import type { Moment } from "../../shared/moment.ts";
import type { CollectionName, CollectionPage, PageAsk } from "../../usecases/taxii/collection-page.ts";
import { type Route, route } from "../route.ts";
import { TAXII_TYPE } from "./media-type.ts";
import { pageAnswer } from "./page-answer.ts";
import type { TaxiiParts } from "./parts.ts";
import { MOST_ITEMS, readFilters } from "./read-filters.ts";
import { collectionFor, LONGEST_ID, ObjectParams, taxii } from "./taxii-route.ts";

interface Asked {
  readonly viewer: Viewer;
  readonly moment: Moment;
  readonly params: { readonly object: string };
  readonly query: Filters;
}

const REASON = "deleted over TAXII";

/** One object: its content, its versions, taking it back (TAXII 2.1 sections 5.6 to 5.8). */
export function objectRoutes(parts: TaxiiParts): Route[] {
  const { collections, withdrawals } = parts;

  /** A page of one object. That filters leave nothing of it is an empty page; an object that is not there is a 404. */
  const pageOf = async (
    { viewer, moment, params, query }: Asked,
    collection: CollectionName,
    more: Pick<PageAsk, "bodies" | "versions">,
  ): Promise<CollectionPage> => {
    const filters = readFilters(query);
    const absent = new Fault("not_found", "there is no such object");
    if (params.object.length > LONGEST_ID) throw absent;
    const page = await collections.page(viewer, moment, { collection, ...filters, ...more, ids: [params.object] });
    if (page.entries.length === 0 && !(await collections.exists(viewer, moment, collection, params.object)))
      throw absent;
    return page;
  };

  return [
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/collections/{collection}/objects/{object}/",
      summary: "One object: its latest version, or those that the filters name",
      params: ObjectParams,
      query: ObjectQuery,
      replies: { 200: TaxiiEnvelope },
      handler: async (request) => {
        const collection = await collectionFor(parts, request, ["canRead"]);
        return pageAnswer(await pageOf(request, collection, { bodies: true }), "objects", ({ text }) => [text]);
      },
    }),
    route({
      ...taxii,
      method: "DELETE",
      path: "/taxii2/{root}/collections/{collection}/objects/{object}/",
      summary: "Withdraw what your agency said: all versions, or those that the filters name",
      params: ObjectParams,
      query: DeleteQuery,
      replies: { 200: "empty" },
      handler: async (request) => {
        const collection = await collectionFor(parts, request, ["canRead", "canWrite"]);
        const { viewer, moment, account, params, query } = request;
        const withdraw = (version?: string): Promise<unknown> =>
          withdrawals.withdraw({
            ...{ viewer, account: account.id, moment, object: params.object, reason: REASON, channel: "taxii" },
            ...(version === undefined ? {} : { version }),
          });
        const { versions, specVersions } = readFilters(query);
        if (params.object.length > LONGEST_ID) throw new Fault("not_found", "there is no such object");
        if (specVersions === undefined && (versions === undefined || "all" in versions)) await withdraw();
        else {
          const limit = String(MOST_ITEMS);
          const { entries } = await pageOf({ ...request, query: { ...query, limit } }, collection, {
            bodies: true,
            versions: versions ?? { all: true },
          });
          if (entries.length === 0) throw new Fault("not_found", "there is no such version");
          // What has no `modified` has one version alone, whatever it is named by.
          for (const { text } of entries) await withdraw((JSON.parse(text) as { modified?: string }).modified);
        }
        return { status: 200, type: TAXII_TYPE };
      },
    }),
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/collections/{collection}/objects/{object}/versions/",
      summary: "The versions of one object",
      params: ObjectParams,
      query: VersionsQuery,
      replies: { 200: TaxiiVersions },
      handler: async (request) => {
        const collection = await collectionFor(parts, request, ["canRead"]);
        const page = await pageOf(request, collection, { bodies: false, versions: { all: true } });
        return pageAnswer(page, "versions", ({ version }) => [JSON.stringify(version)]);
      },
    }),
  ];
}
