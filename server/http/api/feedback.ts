import { z } from "zod";
import { FeedbackBody, FeedbackReply } from "../../../schemas/api/feedback.ts";
import { ObjectId } from "../../../schemas/api/objects.ts";
import type { FeedbackFlow } from "../../usecases/feedback.ts";
import { type Route, route } from "../route.ts";

const IdParams = z.strictObject({ id: ObjectId });

/** What receivers make of an object, and what its originator hears of it. */
export function feedbackRoutes(feedback: FeedbackFlow): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/feedback",
      summary:
        "Tell the agencies behind an object what yours makes of it; they learn your country, and your agency if you name it",
      tag: "feedback",
      needs: "propose",
      params: IdParams,
      body: FeedbackBody,
      replies: { 200: FeedbackReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await feedback.give({ viewer, account: account.id, moment, object: params.id, feedback: body }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/objects/{id}/feedback",
      summary: "What your agency said of an object, and what others said of your agency's contributions to it",
      tag: "feedback",
      needs: "read",
      params: IdParams,
      replies: { 200: FeedbackReply },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await feedback.show(viewer, moment, params.id),
      }),
    }),
  ];
}
