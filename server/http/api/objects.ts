import { z } from "zod";
import { ExportReceipt } from "../../../schemas/api/exports.ts";
import {
  ExportQuery,
  ListQuery,
  LookupBody,
  LookupReply,
  MinePage,
  MineQuery,
  ObjectId,
  ObjectPage,
  OneObject,
  OneQuery,
  PageQuery,
  SourceList,
} from "../../../schemas/api/objects.ts";
import { Fault } from "../../shared/fault.ts";
import type { Content } from "../../usecases/content.ts";
import { EXPORT_TYPES } from "../../usecases/export-objects.ts";
import { type Route, route } from "../route.ts";

const IdParams = z.strictObject({ id: ObjectId });
/** Values of one look-up. */
const MOST_VALUES = 1000;
const limitOf = (limit: string | undefined): number => Math.min(Number(limit ?? "100"), 1000);

/** Reading content: every answer is filtered, cut and folded for the caller. */
export function objectRoutes(content: Content): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/objects",
      summary:
        "What you may read, one object a thing (or each contribution as sent, with view=originals), oldest first",
      tag: "objects",
      needs: "read",
      query: ListQuery,
      replies: { 200: ObjectPage },
      handler: async ({ query, viewer, moment }) => {
        const { limit, next, ...filters } = query;
        const page = await content.list(viewer, moment, filters, limitOf(limit), next);
        return { status: 200, raw: page };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/objects/{id}",
      summary:
        "One object, by its consolidated id or a sender's id that you see; on your own agency's side with its label and content hash; with lang, its translations",
      tag: "objects",
      needs: "read",
      params: IdParams,
      query: OneQuery,
      replies: { 200: OneObject },
      handler: async ({ params, query, viewer, moment }) => ({
        status: 200,
        body: await content.one(viewer, moment, params.id, query.lang),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/objects/{id}/sources",
      summary: "The contributions behind an object, each as you may see it",
      tag: "objects",
      needs: "read",
      params: IdParams,
      replies: { 200: SourceList },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: { sources: await content.sources(viewer, moment, params.id) },
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/objects/{id}/relationships",
      summary: "The relationships and sightings at an object",
      tag: "objects",
      needs: "read",
      params: IdParams,
      query: PageQuery,
      replies: { 200: ObjectPage },
      handler: async ({ params, query, viewer, moment }) => ({
        status: 200,
        body: await content.relationships(viewer, moment, params.id, limitOf(query.limit), query.next),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/lookup",
      summary: "What you may read about each value of a pasted list, in any spelling",
      tag: "objects",
      needs: "read",
      body: LookupBody,
      replies: { 200: LookupReply },
      handler: async ({ body, viewer, moment }) => {
        const given =
          body.values ??
          (body.text ?? "")
            .split(/\r?\n/)
            .map((line) => line.trim())
            .filter((line) => line !== "");
        if (given.length > MOST_VALUES)
          throw new Fault("unprocessable", `${given.length} lines; ${MOST_VALUES} are looked up at a time`, {
            code: "lookup.too_many",
            path: "text",
          });
        return { status: 200, body: { results: await content.lookup(viewer, moment, given) } };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/mine",
      summary: "Your agency's posts and what became of them",
      tag: "objects",
      needs: "read",
      query: MineQuery,
      replies: { 200: MinePage },
      handler: async ({ query, viewer, moment }) => ({
        status: 200,
        body: await content.mine(viewer, moment, limitOf(query.limit), query.next, { id: query.id }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/export",
      summary:
        "All you may take away, or one object, as a STIX bundle, CSV, list, MISP event or blocklist, stamped; counts say what is not in it",
      tag: "objects",
      needs: "read",
      query: ExportQuery,
      replies: { 200: { stream: EXPORT_TYPES } },
      handler: async ({ query, viewer, moment, signal }) => {
        const { stream, type, name, serial } = content.export(viewer, moment, query, signal);
        const headers = {
          "Content-Disposition": `attachment; filename="${name}"`,
          "Tricord-Receipt": `/api/v1/exports/${serial}`,
        };
        return { status: 200, stream, type, headers };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/exports/{serial}",
      summary: "What became of an export of yours, with what you may read and not take away",
      tag: "objects",
      needs: "read",
      params: z.strictObject({ serial: z.string().regex(/^[A-Za-z0-9_-]{16}$/) }),
      replies: { 200: ExportReceipt },
      handler: async ({ params, viewer }) => ({
        status: 200,
        body: JSON.parse(await content.exportReceipt(viewer, params.serial)),
      }),
    }),
  ];
}
