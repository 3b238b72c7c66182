import type { IngestReply } from "../../../schemas/api/ingest.ts";
import { TaxiiEnvelope } from "../../../schemas/taxii/envelope.ts";
import { TaxiiManifest } from "../../../schemas/taxii/manifest.ts";
import { FilterQuery } from "../../../schemas/taxii/query.ts";
import { TaxiiStatus } from "../../../schemas/taxii/status.ts";
import { formatMicros } from "../../shared/instant.ts";
import type { Entry } from "../../usecases/taxii/collection-page.ts";
import { statusOfReply, statusOfWaiting } from "../../usecases/taxii/statuses.ts";
import { LABEL_HEADER, labelText } from "../label-header.ts";
import { bytes, type Route, route } from "../route.ts";
import { OBJECT_TYPE } from "./collections.ts";
import { pageAnswer } from "./page-answer.ts";
import type { TaxiiParts } from "./parts.ts";
import { readFilters } from "./read-filters.ts";
import { CollectionParams, checkRoot, collectionFor, StatusParams, taxii } from "./taxii-route.ts";

const record = ({ id, added, version }: Entry): string =>
  JSON.stringify({ id, date_added: formatMicros(added), version, media_type: OBJECT_TYPE });

/** The objects of a collection and their manifest; posting; what became of a post (TAXII 2.1 sections 5.3 to 5.5, 4.3). */
export function objectsRoutes(parts: TaxiiParts): Route[] {
  const { collections, intake, statuses } = parts;
  return [
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/collections/{collection}/objects/",
      summary: "Objects of a collection, in the order in which they came to you",
      params: CollectionParams,
      query: FilterQuery,
      replies: { 200: TaxiiEnvelope },
      handler: async (request) => {
        const collection = await collectionFor(parts, request, ["canRead"]);
        const ask = { collection, ...readFilters(request.query), bodies: true };
        return collections.written(request.viewer, request.moment, ask, (page) =>
          pageAnswer(page, "objects", ({ pieces }) => pieces),
        );
      },
    }),
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/collections/{collection}/manifest/",
      summary: "The same objects by id, version and when they were added",
      params: CollectionParams,
      query: FilterQuery,
      replies: { 200: TaxiiManifest },
      handler: async (request) => {
        const collection = await collectionFor(parts, request, ["canRead"]);
        const ask = { collection, ...readFilters(request.query), bodies: false };
        return collections.written(request.viewer, request.moment, ask, (page) =>
          pageAnswer(page, "objects", (entry) => [record(entry)]),
        );
      },
    }),
    route({
      ...taxii,
      method: "POST",
      path: "/taxii2/{root}/collections/{collection}/objects/",
      summary: "Post an envelope of STIX 2.1 objects, plain or gzip; each has its own fate in the status",
      params: CollectionParams,
      body: bytes(intake.uploadLimit),
      reads: { "Tricord-Label": "The sharing label of the post, as JSON (LabelRequest); else the agency's own preset" },
      replies: { 202: TaxiiStatus },
      handler: async (request) => {
        await collectionFor(parts, request, ["canWrite"]);
        const { body, headers, account, moment } = request;
        const label = labelText(headers[LABEL_HEADER]);
        const taken = await intake.take(
          body,
          {
            ...{ account: account.id, format: "stix", envelope: true, channel: "taxii", dryRun: false },
            ...(account.agency === undefined ? {} : { agency: account.agency }),
            ...(label === undefined ? {} : { label }),
          },
          moment,
        );
        const status =
          "job" in taken
            ? statusOfWaiting(taken.job, moment.now)
            : statusOfReply(JSON.parse(taken.reply) as IngestReply, moment.now);
        return { status: 202, body: status };
      },
    }),
    route({
      ...taxii,
      method: "GET",
      path: "/taxii2/{root}/status/{status}/",
      summary: "What became of a post of yours",
      params: StatusParams,
      replies: { 200: TaxiiStatus },
      handler: async ({ params, account }) => {
        checkRoot(parts, params);
        return { status: 200, body: await statuses.read(account.id, params.status) };
      },
    }),
  ];
}
