import { z } from "zod";
import {
  AskedList,
  AskedReply,
  DeconflictionBody,
  DeconflictionReport,
  ReportQuery,
  TicketList,
  TicketQuery,
  TicketReply,
} from "../../../schemas/api/deconfliction.ts";
import type { Moment } from "../../shared/moment.ts";
import type { Deconfliction } from "../../usecases/deconfliction/ask.ts";
import type { AskedContacts } from "../../usecases/deconfliction/asked.ts";
import { MOST_SHOWN } from "../../usecases/release-own.ts";
import { type Route, route } from "../route.ts";

const TicketParams = z.strictObject({ ticket: z.string().min(1).max(100) });
const AskParams = z.strictObject({ ask: z.string().min(1).max(100) });

export interface DeconflictionUseCases {
  readonly tickets: Deconfliction;
  readonly asked: AskedContacts;
  readonly report: (moment: Moment, days: number) => Promise<z.infer<typeof DeconflictionReport>>;
}

/** Deconfliction (policy 8): whether somebody else works on a value, without saying who holds what unless both agree. */
export function deconflictionRoutes({ tickets, asked, report }: DeconflictionUseCases): Route[] {
  const answer = (verb: "consent" | "decline", summary: string): Route =>
    route({
      method: "POST",
      path: `/api/v1/deconfliction/asked/{ask}/${verb}`,
      summary,
      tag: "deconfliction",
      needs: "approve",
      params: AskParams,
      replies: { 200: AskedReply },
      handler: async ({ params, viewer, account, moment }) => ({
        status: 200,
        body: await asked.answer({ viewer, account: account.id, moment, ask: params.ask, answer: verb }),
      }),
    });
  return [
    route({
      method: "POST",
      path: "/api/v1/deconfliction",
      summary:
        "Ask whether another agency has an operational interest in a value that yours holds; who asks agrees to be named to those who agree",
      tag: "deconfliction",
      needs: "propose",
      body: DeconflictionBody,
      replies: { 202: TicketReply },
      handler: async ({ body, viewer, account, moment }) => ({
        status: 202,
        body: await tickets.ask({ viewer, account: account.id, moment, ...body }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/deconfliction",
      summary: "Your agency's tickets that you may see, newest first",
      tag: "deconfliction",
      needs: "propose",
      query: TicketQuery,
      replies: { 200: TicketList },
      handler: async ({ query: { limit, next }, viewer, moment }) => ({
        status: 200,
        body: await tickets.list(viewer, moment, { limit: Math.min(Number(limit ?? "100"), MOST_SHOWN), next }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/deconfliction/{ticket}",
      summary: "One ticket; nothing shows before its end but a contact that was offered",
      tag: "deconfliction",
      needs: "propose",
      params: TicketParams,
      replies: { 200: TicketReply },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await tickets.show(viewer, moment, params.ticket),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/deconfliction/asked",
      summary: "What your agency is asked as one that holds something, oldest first",
      tag: "deconfliction",
      needs: "approve",
      replies: { 200: AskedList },
      handler: async ({ viewer, moment }) => ({ status: 200, body: { asks: await asked.list(viewer, moment) } }),
    }),
    answer("consent", "Name your agency and yourself to who asks, and be told who that is"),
    answer("decline", "Name nobody; who asks is told the same as if nobody had been asked"),
    route({
      method: "GET",
      path: "/api/v1/deconfliction/report",
      summary: "Asks by agency and day, for the auditor",
      tag: "deconfliction",
      needs: "audit",
      query: ReportQuery,
      replies: { 200: DeconflictionReport },
      handler: async ({ query: { days }, moment }) => ({
        status: 200,
        body: await report(moment, Number(days ?? "30")),
      }),
    }),
  ];
}
