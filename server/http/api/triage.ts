import { z } from "zod";
import {
  AnswerBody,
  BulkBody,
  BulkReply,
  DuplicateBody,
  FateQuery,
  JudgeBody,
  NeedsInfoBody,
  QueuePage,
  QueueQuery,
  ReviewId,
  ReviewReply,
  SupersedeBody,
  TriageSummary,
} from "../../../schemas/api/triage.ts";
import type { Triage } from "../../usecases/triage.ts";
import { type Route, route } from "../route.ts";

const Params = z.strictObject({ review: ReviewId });
const tag = "triage";
const replies = { 200: ReviewReply };
const at = (verb: string): string => `/api/v1/triage/reviews/{review}${verb}`;

const said = ({ words, ...rest }: z.infer<typeof JudgeBody>): { reason: string; hash: string; words?: string } => ({
  ...rest,
  ...(words === undefined ? {} : { words }),
});

/** The quality review of a country's own posts (triage 1 and 2). */
export function triageRoutes(triage: Triage): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/triage/queue",
      summary: "What waits for review in your country, in the order in which to take it, or what is in another state",
      tag,
      needs: "triage",
      query: QueueQuery,
      replies: { 200: QueuePage },
      handler: async ({ query, viewer, moment }) => ({
        status: 200,
        body: await triage.queue({ viewer, moment }, query),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/triage/summary",
      summary: "What waits and what is late in your country, by class and stage",
      tag,
      needs: "triage",
      replies: { 200: TriageSummary },
      handler: async ({ viewer, moment }) => ({ status: 200, body: await triage.summary({ viewer, moment }) }),
    }),
    route({
      method: "GET",
      path: "/api/v1/triage/mine",
      summary: "Your own posts in review, the latest first: with state=needs-info those that you are asked about",
      tag,
      needs: "post",
      query: FateQuery,
      replies: { 200: QueuePage },
      handler: async ({ query, viewer, moment }) => ({
        status: 200,
        body: await triage.fate({ viewer, moment }, query),
      }),
    }),
    route({
      method: "GET",
      path: at(""),
      summary: "One item with its contents, its history and the hash that a decision binds to",
      tag,
      needs: "post",
      params: Params,
      replies,
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await triage.show({ viewer, moment }, params.review),
      }),
    }),
    route({
      method: "POST",
      path: at("/claim"),
      summary: "Take an item for 15 minutes, or renew that",
      tag,
      needs: "triage",
      params: Params,
      replies,
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await triage.act({ viewer, moment }, { review: params.review, verb: "claim" }),
      }),
    }),
    route({
      method: "DELETE",
      path: at("/claim"),
      summary: "Give an item back that you have taken",
      tag,
      needs: "triage",
      params: Params,
      replies,
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await triage.release({ viewer, moment }, params.review),
      }),
    }),
    ...(["accept", "reject"] as const).map((verb) =>
      route({
        method: "POST",
        path: at(`/${verb}`),
        summary: verb === "accept" ? "Accept an item" : "Reject an item, with the reason",
        tag,
        needs: "triage",
        params: Params,
        body: JudgeBody,
        replies,
        handler: async ({ params, body, viewer, moment }) => ({
          status: 200,
          body: await triage.act({ viewer, moment }, { review: params.review, verb, ...said(body) }),
        }),
      }),
    ),
    route({
      method: "POST",
      path: at("/needs-info"),
      summary: "Ask its poster a question; the answer brings it back",
      tag,
      needs: "triage",
      params: Params,
      body: NeedsInfoBody,
      replies,
      handler: async ({ params, body, viewer, moment }) => ({
        status: 200,
        body: await triage.act({ viewer, moment }, { review: params.review, verb: "needs-info", ...body }),
      }),
    }),
    route({
      method: "POST",
      path: at("/answer"),
      summary: "Answer what was asked about a post of your agency",
      tag,
      needs: "post",
      params: Params,
      body: AnswerBody,
      replies,
      handler: async ({ params, body, viewer, moment }) => ({
        status: 200,
        body: await triage.act({ viewer, moment }, { review: params.review, verb: "answer", ...body }),
      }),
    }),
    route({
      method: "POST",
      path: at("/duplicate"),
      summary: "Link an item to the object that it is a duplicate of",
      tag,
      needs: "triage",
      params: Params,
      body: DuplicateBody,
      replies,
      handler: async ({ params, body: { of, ...body }, viewer, moment }) => ({
        status: 200,
        body: await triage.act(
          { viewer, moment },
          { review: params.review, verb: "duplicate", ...said(body), link: of },
        ),
      }),
    }),
    route({
      method: "POST",
      path: at("/supersede"),
      summary: "Close an item that another has replaced",
      tag,
      needs: "triage",
      params: Params,
      body: SupersedeBody,
      replies,
      handler: async ({ params, body: { by, ...body }, viewer, moment }) => ({
        status: 200,
        body: await triage.act(
          { viewer, moment },
          { review: params.review, verb: "supersede", ...said(body), ...(by === undefined ? {} : { link: by }) },
        ),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/triage/bulk",
      summary: "One verb on up to 100 items, each for itself; with dryRun the same answer and no change",
      tag,
      needs: "triage",
      body: BulkBody,
      replies: { 200: BulkReply },
      handler: async ({ body, viewer, moment }) => ({ status: 200, body: await triage.bulk({ viewer, moment }, body) }),
    }),
  ];
}
