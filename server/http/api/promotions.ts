import { z } from "zod";
import { PromotionBody, PromotionList, PromotionReply } from "../../../schemas/api/promotions.ts";
import { AccountId } from "../../../schemas/policy/vocabulary.ts";
import type { Promotions } from "../../usecases/promotions.ts";
import { type Route, route } from "../route.ts";

const AccountParams = z.strictObject({ account: AccountId });

/** Making a reviewer or a releaser: two administrators, two humans, a day apart (triage 3). */
export function promotionRoutes(promotions: Promotions): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/promotions",
      summary: "Accounts that wait to become reviewers or releasers",
      tag: "accounts",
      needs: "manage",
      replies: { 200: PromotionList },
      handler: async () => ({ status: 200, body: { promotions: await promotions.list() } }),
    }),
    route({
      method: "POST",
      path: "/api/v1/promotions",
      summary: "Propose that an analyst becomes a reviewer of the agency, or an analyst or reviewer its releaser",
      tag: "accounts",
      needs: "manage",
      body: PromotionBody,
      replies: { 201: PromotionReply },
      handler: async ({ body, account, moment }) => ({
        status: 201,
        body: await promotions.propose({ ...body, by: account.id, moment }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/promotions/{account}/confirm",
      summary: "Confirm it: another administrator, another person, a day later",
      tag: "accounts",
      needs: "manage",
      params: AccountParams,
      replies: { 204: "empty" },
      handler: async ({ params, account, moment }) => {
        await promotions.confirm({ account: params.account, by: account.id, moment });
        return { status: 204 };
      },
    }),
    route({
      method: "DELETE",
      path: "/api/v1/promotions/{account}",
      summary: "Let it be",
      tag: "accounts",
      needs: "manage",
      params: AccountParams,
      replies: { 204: "empty" },
      handler: async ({ params, account, moment }) => {
        await promotions.drop({ account: params.account, by: account.id, moment });
        return { status: 204 };
      },
    }),
  ];
}
