import { z } from "zod";
import {
  ConfirmationList,
  ConfirmationQuery,
  ConfirmationReply,
  EditBody,
  EditReply,
  FateReply,
  PostToken,
  PreviewBody,
  PreviewReply,
  RelabelBody,
  RelabelProposed,
  WithdrawBody,
  WithdrawReply,
} from "../../../schemas/api/mine.ts";
import { ObjectId } from "../../../schemas/api/objects.ts";
import type { Confirmations } from "../../usecases/confirmations.ts";
import type { Edits } from "../../usecases/edit-mine.ts";
import type { Fates } from "../../usecases/fate.ts";
import type { RelabelProposals } from "../../usecases/relabel-proposal.ts";
import type { Withdrawals } from "../../usecases/withdraw.ts";
import { type Route, route } from "../route.ts";

export interface MineParts {
  readonly withdrawals: Withdrawals;
  readonly confirmations: Confirmations;
  readonly edits: Edits;
  readonly fates: Fates;
  readonly relabels: RelabelProposals;
}

const PostParams = z.strictObject({ post: PostToken });

/** One's own posts: taking them back, changing them, and what became of them. */
export function mineRoutes({ withdrawals, confirmations, edits, fates, relabels }: MineParts): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/withdraw",
      summary:
        "Take back your agency's contributions to an object, or one version of them: at once; a second person confirms within a day",
      tag: "mine",
      needs: "post",
      params: z.strictObject({ id: ObjectId }),
      body: WithdrawBody,
      replies: { 200: WithdrawReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await withdrawals.withdraw({ viewer, account: account.id, moment, object: params.id, ...body }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/mine/{post}",
      summary:
        "What became of one of your agency's posts: its label, releases, review, who can read it, what it merged with, feedback",
      tag: "mine",
      needs: "read",
      params: PostParams,
      replies: { 200: FateReply },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await fates.show(viewer, moment, params.post),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/policy/preview",
      summary: "Who would read a post of yours under a label, before it is saved; of a post, who would gain and lose",
      tag: "mine",
      needs: "post",
      body: PreviewBody,
      replies: { 200: PreviewReply },
      handler: async ({ body, viewer, moment }) => ({
        status: 200,
        body: await fates.preview(viewer, moment, body),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/mine/{post}/edit",
      summary:
        "Another version or a narrower label of one of your agency's posts, at once; 409 label.widens where anybody would gain by it",
      tag: "mine",
      needs: "post",
      params: PostParams,
      body: EditBody,
      replies: { 200: EditReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await edits.edit({ viewer, account: account.id, moment, post: params.post, ...body }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/mine/{post}/relabel",
      summary:
        "Propose another label of one of your agency's posts by which somebody would gain: pending until a second person approves the release",
      tag: "mine",
      needs: "propose",
      params: PostParams,
      body: RelabelBody,
      replies: { 202: RelabelProposed },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 202,
        body: await relabels.propose({ viewer, account: account.id, moment, post: params.post, ...body }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/confirmations",
      summary: "What one person of your agency withdrew or narrowed, and whether a second one confirmed it",
      tag: "mine",
      needs: "propose",
      query: ConfirmationQuery,
      replies: { 200: ConfirmationList },
      handler: async ({ query, viewer, moment }) => ({
        status: 200,
        body: { confirmations: await confirmations.list(viewer, moment, query.state ?? "open") },
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/confirmations/{confirmation}/confirm",
      summary: "Confirm what another person of your agency withdrew or narrowed",
      tag: "mine",
      needs: "propose",
      params: z.strictObject({ confirmation: z.string().min(1).max(100) }),
      replies: { 200: ConfirmationReply },
      handler: async ({ params, viewer, account, moment }) => ({
        status: 200,
        body: await confirmations.confirm({
          viewer,
          account: account.id,
          moment,
          confirmation: params.confirmation,
        }),
      }),
    }),
  ];
}
