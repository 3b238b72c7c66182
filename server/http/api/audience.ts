import { z } from "zod";
import {
  AudienceBody,
  DraftAudience,
  DraftBody,
  ObjectAudience,
  ObjectAudienceChange,
} from "../../../schemas/api/audience.ts";
import { ObjectId } from "../../../schemas/api/objects.ts";
import type { Audiences } from "../../usecases/audience.ts";
import { type Route, route } from "../route.ts";

const ObjectParams = z.strictObject({ id: ObjectId });

/** Who can see this: of one's own agency's content, before it is posted and as it stands. */
export function audienceRoutes(audiences: Audiences): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/objects/{id}/audience",
      summary:
        "Who can see your agency's contributions to an object: agencies and people, the fields each lacks, the marking as each reads it; now and at each date ahead",
      tag: "mine",
      needs: "read",
      params: ObjectParams,
      replies: { 200: ObjectAudience },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await audiences.show(viewer, moment, params.id),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/audience",
      summary:
        "The difference that another label or a row more would make: who is added, who is lost, whose fields change; nothing is saved",
      tag: "mine",
      needs: "post",
      params: ObjectParams,
      body: AudienceBody,
      replies: { 200: ObjectAudienceChange },
      handler: async ({ params, body, viewer, moment }) => ({
        status: 200,
        body: await audiences.change(viewer, moment, params.id, body),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/policy/audience",
      summary: "Who would see a post of yours under a label, by name, before it is posted",
      tag: "mine",
      needs: "post",
      body: DraftBody,
      replies: { 200: DraftAudience },
      handler: async ({ body, viewer, moment }) => ({ status: 200, body: await audiences.draft(viewer, moment, body) }),
    }),
  ];
}
