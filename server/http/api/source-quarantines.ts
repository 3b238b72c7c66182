import { z } from "zod";
import { QuarantineBody, QuarantineReplies, QuarantineReply } from "../../../schemas/api/policy-changes.ts";
import type { SourceQuarantineFlow } from "../../usecases/source-quarantine.ts";
import { type Route, route } from "../route.ts";
import { mayAct } from "./policy-changes.ts";

const Params = z.strictObject({ quarantine: z.string().min(1).max(100) });

/** Quarantine of a source; it is lifted as a policy change, signed by every country. */
export function sourceQuarantineRoutes(flow: SourceQuarantineFlow): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/quarantines",
      summary: "Quarantines of sources",
      tag: "policy",
      needs: "govern",
      replies: { 200: QuarantineReplies },
      handler: async ({ viewer, account, moment }) => ({
        status: 200,
        body: { quarantines: await flow.list({ viewer, account: account.id, moment }) },
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/quarantines",
      summary:
        "Hold what an agency, or one account of it, posted since an instant: only its agency's people read it until this is lifted",
      tag: "policy",
      needs: "govern",
      body: QuarantineBody,
      replies: { 201: QuarantineReply },
      handler: async ({ body, viewer, account, moment, granted }) => {
        mayAct({ granted });
        return { status: 201, body: await flow.begin({ viewer, account: account.id, moment, body }) };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/quarantines/{quarantine}/continue",
      summary: "Reach what is left where a quarantine, or its lifting, was cut off on its way",
      tag: "policy",
      needs: "govern",
      params: Params,
      replies: { 200: QuarantineReply },
      handler: async ({ params, viewer, account, moment, granted }) => {
        mayAct({ granted });
        const who = { viewer, account: account.id, moment };
        return { status: 200, body: await flow.goOn({ ...who, quarantine: params.quarantine }) };
      },
    }),
  ];
}
