import { ReplayBody, ReplayReply } from "../../../schemas/api/replay.ts";
import { instantOf, type Replays } from "../../usecases/replay.ts";
import { type Route, route } from "../route.ts";

/** Why somebody could read, or not read, what one's own agency said, on a day that is past. */
export const replayRoutes = (replays: Replays): Route[] => [
  route({
    method: "POST",
    path: "/api/v1/policy/replay",
    summary:
      "Why an account could read, or not read, your agency's contributions to an object at a past instant: by the policy and the label of then",
    tag: "mine",
    needs: "triage",
    body: ReplayBody,
    replies: { 200: ReplayReply },
    handler: async ({ body, viewer, moment }) => {
      const { account, object, channel = "page" } = body;
      const at = instantOf(body.at);
      return { status: 200, body: await replays.asOriginator(viewer, moment, { account, object, channel, at }) };
    },
  }),
];
