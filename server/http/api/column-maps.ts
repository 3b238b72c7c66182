import { ColumnMap, ColumnMapList, ColumnMapParams, ColumnMapReply } from "../../../schemas/api/column-maps.ts";
import type { ColumnMapStore } from "../../usecases/column-maps.ts";
import { type Route, route } from "../route.ts";

const PATH = "/api/v1/column-maps/{name}";

/** Saved column maps of one's own agency; a post names one in the header Tricord-Column-Map. */
export function columnMapRoutes(maps: ColumnMapStore): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/column-maps",
      summary: "Your agency's saved column maps",
      tag: "ingest",
      needs: "post",
      replies: { 200: ColumnMapList },
      handler: async ({ account }) => ({ status: 200, body: { maps: await maps.list(account) } }),
    }),
    route({
      method: "GET",
      path: PATH,
      summary: "One saved column map",
      tag: "ingest",
      needs: "post",
      params: ColumnMapParams,
      replies: { 200: ColumnMapReply },
      handler: async ({ params, account }) => ({ status: 200, body: await maps.read(account, params.name) }),
    }),
    route({
      method: "PUT",
      path: PATH,
      summary: "Save a column map under a name, in place of the one that is there",
      tag: "ingest",
      needs: "post",
      params: ColumnMapParams,
      body: ColumnMap,
      replies: { 200: ColumnMapReply },
      handler: async ({ params, body, account, moment }) => ({
        status: 200,
        body: await maps.save(account, params.name, body, moment),
      }),
    }),
    route({
      method: "DELETE",
      path: PATH,
      summary: "Remove a saved column map",
      tag: "ingest",
      needs: "post",
      params: ColumnMapParams,
      replies: { 204: "empty" },
      handler: async ({ params, account, moment }) => {
        await maps.remove(account, params.name, moment);
        return { status: 204 };
      },
    }),
  ];
}
