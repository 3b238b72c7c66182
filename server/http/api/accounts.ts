import { z } from "zod";
import {
  AccountBody,
  AccountLess,
  AccountList,
  AccountQuery,
  AccountReply,
} from "../../../schemas/api/policy-changes.ts";
import { AccountId } from "../../../schemas/policy/vocabulary.ts";
import type { ManagedAccounts } from "../../usecases/manage-accounts.ts";
import { type Route, route } from "../route.ts";

const AccountParams = z.strictObject({ account: AccountId });

/** What one administrator does with accounts; what adds something to one is a policy change. */
export function accountRoutes(accounts: ManagedAccounts): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/accounts",
      summary: "The accounts, by name",
      tag: "accounts",
      needs: "manage",
      query: AccountQuery,
      replies: { 200: AccountList },
      handler: async ({ query, moment }) => ({ status: 200, body: await accounts.list(moment, query.after) }),
    }),
    route({
      method: "POST",
      path: "/api/v1/accounts",
      summary: "Make an account without clearance, topics or a right to personal data: these are signed for",
      tag: "accounts",
      needs: "manage",
      body: AccountBody,
      replies: { 201: AccountReply },
      handler: async ({ body, account, moment }) => ({
        status: 201,
        body: await accounts.create(body, { by: account.id, moment }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/accounts/{account}",
      summary: "One account",
      tag: "accounts",
      needs: "manage",
      params: AccountParams,
      replies: { 200: AccountReply },
      handler: async ({ params, moment }) => ({ status: 200, body: await accounts.show(params.account, moment) }),
    }),
    route({
      method: "PATCH",
      path: "/api/v1/accounts/{account}",
      summary: "Lower it: what adds something is a policy change",
      tag: "accounts",
      needs: "manage",
      params: AccountParams,
      body: AccountLess,
      replies: { 200: AccountReply },
      handler: async ({ params, body, account, moment }) => ({
        status: 200,
        body: await accounts.lower(params.account, body, { by: account.id, moment }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/accounts/{account}/end",
      summary: "End it, with its sessions and keys",
      tag: "accounts",
      needs: "manage",
      params: AccountParams,
      replies: { 204: "empty" },
      handler: async ({ params, account, moment }) => {
        await accounts.end(params.account, { by: account.id, moment });
        return { status: 204 };
      },
    }),
  ];
}
