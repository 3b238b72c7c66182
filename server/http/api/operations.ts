import { HealthReply, ReadyReply } from "../../../schemas/api/operations.ts";
import { type Route, route } from "../route.ts";

/** For load balancers and operators; they tell nothing of content. `notReady` gives the reason, or undefined when all is well. */
export function operationsRoutes({ notReady }: { readonly notReady: () => Promise<string | undefined> }): Route[] {
  return [
    route({
      method: "GET",
      path: "/healthz",
      summary: "Whether the process answers",
      tag: "operations",
      needs: "anyone",
      replies: { 200: HealthReply },
      handler: async () => ({ status: 200, body: { status: "alive" } }),
    }),
    route({
      method: "GET",
      path: "/readyz",
      summary: "Whether to send requests here",
      tag: "operations",
      needs: "anyone",
      replies: { 200: ReadyReply, 503: ReadyReply },
      handler: async () => {
        const reason = await notReady();
        return reason === undefined
          ? { status: 200, body: { status: "ready" } }
          : { status: 503, body: { status: "not-ready", reason }, headers: { "Retry-After": "1" } };
      },
    }),
  ];
}
