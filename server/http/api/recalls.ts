import { z } from "zod";
import { DisclosurePage, DisclosureQuery, Recall, RecallPage, RecallQuery } from "../../../schemas/api/recalls.ts";
import type { RecallNotes } from "../../usecases/recall/recalls.ts";
import type { Received } from "../../usecases/recall/received.ts";
import { type Route, route } from "../route.ts";

export interface RecallUseCases {
  readonly recalls: RecallNotes;
  readonly received: Received;
}

const MOST_RECALLS = 1000;
const MOST_POSTS = 50;
const limitOf = (limit: string | undefined, usual: number, most: number): number =>
  Math.min(Number(limit ?? usual), most);

/** What one had and may not read any more; who has received what one's own agency said. */
export function recallRoutes({ recalls, received }: RecallUseCases): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/recalls",
      summary:
        "What you were given and may not read any more, newest last; narrowed, withdrawn and suspended read alike",
      tag: "recall",
      needs: "read",
      query: RecallQuery,
      replies: { 200: RecallPage },
      handler: async ({ query, viewer, moment }) => ({
        status: 200,
        body: await recalls.list(viewer, moment, { limit: limitOf(query.limit, 100, MOST_RECALLS), next: query.next }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/recalls/{recall}/acknowledge",
      summary: "Say that you know of a recall of yours; its originator learns your agency and the time",
      tag: "recall",
      // Whoever reads has to be able to: a feed that only reads too.
      needs: "read",
      params: z.strictObject({ recall: z.string().min(1).max(100) }),
      replies: { 200: Recall },
      handler: async ({ params, viewer, moment, revision }) => ({
        status: 200,
        body: await recalls.acknowledge(viewer, moment, revision, params.recall),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/disclosures",
      summary:
        "Which agencies have received your agency's contributions, how and when, and whether they know of a recall",
      tag: "recall",
      needs: "triage",
      query: DisclosureQuery,
      replies: { 200: DisclosurePage },
      handler: async ({ query: { object, limit, next }, viewer, moment }) => ({
        status: 200,
        body:
          object === undefined
            ? await received.list(viewer, moment, { limit: limitOf(limit, 20, MOST_POSTS), next })
            : await received.object(viewer, moment, object),
      }),
    }),
  ];
}
