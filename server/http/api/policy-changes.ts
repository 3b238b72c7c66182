import { z } from "zod";
import {
  AgencyReplies,
  AgreementList,
  PolicyChangeBody,
  PolicyChangeDecision,
  PolicyChangeList,
  PolicyChangeQuery,
  PolicyChangeReply,
  PolicyReason,
} from "../../../schemas/api/policy-changes.ts";
import { AgencyId } from "../../../schemas/policy/vocabulary.ts";
import { Fault } from "../../shared/fault.ts";
import type { Storage } from "../../storage/port.ts";
import type { PolicyChanges } from "../../usecases/policy-changes.ts";
import { agenciesOf, agreementsFor } from "../../usecases/policy-directory.ts";
import { type Route, route, type SignedIn } from "../route.ts";

const ChangeParams = z.strictObject({ change: z.string().min(1).max(100) });
const AgencyParams = z.strictObject({ agency: AgencyId });

/** A reader's scope governs by looking only. */
export function mayAct({ granted }: Pick<SignedIn, "granted">): void {
  if (!granted.has("sign") && !granted.has("manage"))
    throw new Fault("forbidden", "this account may not sign or manage", { code: "forbidden.verb" });
}

/** Agreements and agencies, live (triage 3): what narrows one person does at once, what widens is signed by a signer of each country concerned. */
export function policyChangeRoutes({
  changes,
  storage,
}: {
  readonly changes: PolicyChanges;
  readonly storage: Storage;
}): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/agreements",
      summary: "Agreements: those that your country is a party of",
      tag: "policy",
      needs: "govern",
      replies: { 200: AgreementList },
      handler: async ({ viewer }) => ({ status: 200, body: { agreements: await agreementsFor(storage, viewer) } }),
    }),
    route({
      method: "GET",
      path: "/api/v1/agencies",
      summary: "The agencies of the group",
      tag: "policy",
      needs: "govern",
      replies: { 200: AgencyReplies },
      handler: async () => ({ status: 200, body: { agencies: await agenciesOf(storage) } }),
    }),
    route({
      method: "POST",
      path: "/api/v1/agencies/{agency}/off",
      summary: "Turn an agency off: its accounts, keys and standing orders end at once",
      tag: "policy",
      needs: "govern",
      params: AgencyParams,
      body: PolicyReason,
      replies: { 201: PolicyChangeReply },
      handler: async ({ params, body, viewer, account, moment, granted }) => {
        mayAct({ granted });
        const who = { viewer, account: account.id, moment };
        return { status: 201, body: await changes.off({ ...who, agency: params.agency, reason: body.reason }) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/policy-changes",
      summary: "Changes of agreements, agencies and accounts that concern your country, newest first",
      tag: "policy",
      needs: "govern",
      query: PolicyChangeQuery,
      replies: { 200: PolicyChangeList },
      handler: async ({ query, viewer, account, moment }) => ({
        status: 200,
        body: { changes: await changes.list({ viewer, account: account.id, moment }, query.status) },
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/policy-changes",
      summary: "Change an agreement, an agency or an account: at once what narrows, else a proposal",
      tag: "policy",
      needs: "govern",
      body: PolicyChangeBody,
      replies: { 201: PolicyChangeReply },
      handler: async ({ body, viewer, account, moment, granted }) => {
        mayAct({ granted });
        const who = { viewer, account: account.id, moment };
        return { status: 201, body: await changes.propose({ ...who, ask: body.change, reason: body.reason }) };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/policy-changes/{change}",
      summary: "One change, with who would gain and the hash that a signature binds to",
      tag: "policy",
      needs: "govern",
      params: ChangeParams,
      replies: { 200: PolicyChangeReply },
      handler: async ({ params, viewer, account, moment }) => ({
        status: 200,
        body: await changes.show({ viewer, account: account.id, moment }, params.change),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/policy-changes/{change}/sign",
      summary: "Sign it for your country; the last country's signature applies it",
      tag: "policy",
      needs: "sign",
      params: ChangeParams,
      body: PolicyChangeDecision,
      replies: { 200: PolicyChangeReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await changes.sign({ viewer, account: account.id, moment, change: params.change, ...body }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/policy-changes/{change}/refuse",
      summary: "Refuse it, or take it back",
      tag: "policy",
      needs: "govern",
      params: ChangeParams,
      body: PolicyChangeDecision,
      replies: { 200: PolicyChangeReply },
      handler: async ({ params, body, viewer, account, moment, granted }) => {
        mayAct({ granted });
        const who = { viewer, account: account.id, moment };
        return { status: 200, body: await changes.refuse({ ...who, change: params.change, ...body }) };
      },
    }),
  ];
}
