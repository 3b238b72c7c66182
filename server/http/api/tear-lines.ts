import { z } from "zod";
import { ObjectId } from "../../../schemas/api/objects.ts";
import { TearLineBody, TearLineList, TearLineMade } from "../../../schemas/api/tear-lines.ts";
import type { TearLines } from "../../usecases/tear-lines.ts";
import { type Route, route } from "../route.ts";

const ObjectParams = z.strictObject({ id: ObjectId });

/** Tear-lines of one's own agency's objects (policy 5). */
export function tearLineRoutes(tearLines: TearLines): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/tear-lines",
      summary:
        "Post a sanitised sibling of your agency's object, with an id and a label of its own; nothing that its readers see links the two",
      tag: "mine",
      needs: "propose",
      params: ObjectParams,
      body: TearLineBody,
      replies: { 201: TearLineMade },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 201,
        body: await tearLines.make({
          ...{ viewer, account: account.id, moment, object: params.id },
          ...{ tearLine: body.object, label: body.label, reason: body.reason, hash: body.hash },
        }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/objects/{id}/tear-lines",
      summary: "The tear-lines of your agency's object, for those of it who read the object",
      tag: "mine",
      needs: "read",
      params: ObjectParams,
      replies: { 200: TearLineList },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await tearLines.list({ viewer, moment, object: params.id }),
      }),
    }),
  ];
}
