import { z } from "zod";
import { IngestReply } from "../../../schemas/api/ingest.ts";
import {
  QuarantineId,
  QuarantinePage,
  QuarantineQuery,
  QuarantineShown,
  RetryBody,
} from "../../../schemas/api/quarantine.ts";
import type { Quarantine } from "../../usecases/quarantine.ts";
import { type Route, route } from "../route.ts";

const EntryParams = z.strictObject({ entry: QuarantineId });

/** What was refused: kept for its sender, to be mended and sent again. */
export function quarantineRoutes(quarantine: Quarantine): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/quarantine",
      summary: "Objects of your agency's posts that were refused, newest first",
      tag: "quarantine",
      needs: "post",
      query: QuarantineQuery,
      replies: { 200: QuarantinePage },
      handler: async ({ query, viewer, moment }) => {
        const { limit = "100", ...ask } = query;
        return { status: 200, body: await quarantine.list(viewer, moment, { ...ask, limit: Number(limit) }) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/quarantine/{entry}",
      summary: "One refused object as it came, with what is wrong with it",
      tag: "quarantine",
      needs: "post",
      params: EntryParams,
      replies: { 200: QuarantineShown },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await quarantine.show(viewer, moment, params.entry),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/quarantine/{entry}/retry",
      summary: "Send it again, mended or as it came: what gets in leaves quarantine",
      tag: "quarantine",
      needs: "post",
      params: EntryParams,
      body: RetryBody,
      replies: { 200: IngestReply, 422: IngestReply },
      handler: async ({ params, body, viewer, account, moment }) => {
        const { status, reply } = await quarantine.retry(viewer, account.id, moment, params.entry, body);
        return { status, raw: reply };
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/quarantine/{entry}",
      summary: "Drop a refused object",
      tag: "quarantine",
      needs: "post",
      params: EntryParams,
      replies: { 204: "empty" },
      handler: async ({ params, viewer, account, moment }) => {
        await quarantine.drop(viewer, account.id, moment, params.entry);
        return { status: 204 };
      },
    }),
  ];
}
