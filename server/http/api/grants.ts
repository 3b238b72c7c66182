import { z } from "zod";
import { GrantBody, GrantDecideBody, GrantEndBody, GrantList, GrantReply } from "../../../schemas/api/grants.ts";
import { ObjectId } from "../../../schemas/api/objects.ts";
import type { ClientGrants } from "../../usecases/client-grants.ts";
import { type Route, route } from "../route.ts";

const ObjectParams = z.strictObject({ id: ObjectId });
const GrantParams = z.strictObject({ grant: z.string().min(1).max(100) });

/** What a sponsor lets its clients read of other agencies' objects (policy 4, AMBER). */
export function grantRoutes(grants: ClientGrants): Route[] {
  const decision = (verb: "approve" | "refuse", summary: string): Route =>
    route({
      method: "POST",
      path: `/api/v1/grants/{grant}/${verb}`,
      summary,
      tag: "release",
      needs: "triage",
      params: GrantParams,
      body: GrantDecideBody,
      replies: { 200: GrantReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await grants.decide({ viewer, account: account.id, moment, grant: params.grant, verb, ...body }),
      }),
    });
  return [
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/grants",
      summary: "Propose that a client of your agency may read another agency's object, which you read as AMBER",
      tag: "release",
      needs: "propose",
      params: ObjectParams,
      body: GrantBody,
      replies: { 201: GrantReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 201,
        body: await grants.propose({ viewer, account: account.id, moment, object: params.id, ...body }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/objects/{id}/grants",
      summary: "Grants that your agency gave its clients on an object",
      tag: "release",
      needs: "propose",
      params: ObjectParams,
      replies: { 200: GrantList },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await grants.list({ viewer, moment, object: params.id }),
      }),
    }),
    decision("approve", "Give a client what was proposed, as a second person"),
    decision("refuse", "Refuse a proposed grant"),
    route({
      method: "POST",
      path: "/api/v1/grants/{grant}/end",
      summary: "Take a grant back, at once",
      tag: "release",
      needs: "triage",
      params: GrantParams,
      body: GrantEndBody,
      replies: { 200: GrantReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await grants.end({ viewer, account: account.id, moment, grant: params.grant, reason: body.reason }),
      }),
    }),
  ];
}
