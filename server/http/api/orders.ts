import { z } from "zod";
import {
  OrderBody,
  OrderDecision,
  OrderList,
  OrderReply,
  OrderStop,
  SampleList,
  SampleQuery,
  SampleReply,
} from "../../../schemas/api/orders.ts";
import type { OrderSamples } from "../../usecases/samples.ts";
import type { StandingOrders } from "../../usecases/standing-orders.ts";
import { type Route, route } from "../route.ts";

const OrderParams = z.strictObject({ order: z.string().min(1).max(100) });
const SampleParams = z.strictObject({ sample: z.string().min(1).max(100) });

export interface OrderUseCases {
  readonly orders: StandingOrders;
  readonly samples: OrderSamples;
}

/** Standing release orders of feeds, and the samples of them that a human looks at (triage 3). */
export function orderRoutes({ orders, samples }: OrderUseCases): Route[] {
  const decision = (verb: "sign" | "refuse", summary: string): Route =>
    route({
      method: "POST",
      path: `/api/v1/orders/{order}/${verb}`,
      summary,
      tag: "orders",
      needs: "approve",
      params: OrderParams,
      body: OrderDecision,
      replies: { 200: OrderReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await orders.decide({ viewer, account: account.id, moment, order: params.order, verb, ...body }),
      }),
    });
  const look = (verb: "pass" | "fail", summary: string): Route =>
    route({
      method: "POST",
      path: `/api/v1/samples/{sample}/${verb}`,
      summary,
      tag: "orders",
      needs: "triage",
      params: SampleParams,
      body: OrderDecision,
      replies: { 200: SampleReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await samples.decide({ viewer, account: account.id, moment, sample: params.sample, verb, ...body }),
      }),
    });
  return [
    route({
      method: "GET",
      path: "/api/v1/orders",
      summary: "Standing release orders of your agency, with what they released today and how their samples did",
      tag: "orders",
      needs: "propose",
      replies: { 200: OrderList },
      handler: async ({ viewer, moment }) => ({ status: 200, body: { orders: await orders.list(viewer, moment) } }),
    }),
    route({
      method: "POST",
      path: "/api/v1/orders",
      summary:
        "Propose a standing release order for feeds of your agency, up to GREEN, class U, 90 days; signed, it takes the place of those for the same feeds",
      tag: "orders",
      needs: "propose",
      body: OrderBody,
      replies: { 201: OrderReply },
      handler: async ({ body, viewer, account, moment }) => ({
        status: 201,
        body: await orders.propose({ viewer, account: account.id, moment, order: body }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/orders/{order}",
      summary: "One standing release order, with the hash that a signature binds to",
      tag: "orders",
      needs: "propose",
      params: OrderParams,
      replies: { 200: OrderReply },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await orders.show(viewer, moment, params.order),
      }),
    }),
    decision("sign", "Sign it: a releaser of the agency, another person than who proposed it"),
    decision("refuse", "Refuse it"),
    route({
      method: "POST",
      path: "/api/v1/orders/{order}/stop",
      summary: "Stop it: it turns on nothing from this instant",
      tag: "orders",
      needs: "propose",
      params: OrderParams,
      body: OrderStop,
      replies: { 200: OrderReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await orders.stop({ viewer, account: account.id, moment, order: params.order, ...body }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/samples",
      summary: "What standing orders of your agency would have released and a human has to see first, oldest first",
      tag: "orders",
      needs: "triage",
      query: SampleQuery,
      replies: { 200: SampleList },
      handler: async ({ query: { status, limit, next }, viewer, moment }) => ({
        status: 200,
        body: await samples.list(viewer, moment, { status: status ?? "waiting", limit: Number(limit ?? "100"), next }),
      }),
    }),
    look("pass", "Seen and right: its rows are turned on, by you and the order"),
    look("fail", "Seen and wrong: it stays, and the third failure stops the order"),
  ];
}
