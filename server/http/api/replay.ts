import { ReplayBody, ReplayReply } from "../../../schemas/api/replay.ts";
import { Fault } from "../../shared/fault.ts";
import { instantOf, type Replays } from "../../usecases/replay.ts";
import { type Route, route } from "../route.ts";

/** Why somebody could read, or not read, what one's own agency said, on a day that is past. */
export const replayRoutes = (replays: Replays): Route[] => [
  route({
    method: "POST",
    path: "/api/v1/policy/replay",
    summary:
      "Why an account, or an agency's feeds and clients, could read, or not read, your agency's contributions to an object at a past instant: by the policy and the label of then",
    tag: "mine",
    needs: "triage",
    body: ReplayBody,
    replies: { 200: ReplayReply },
    handler: async ({ body, viewer, moment }) => {
      const { account, agency, object, channel = "page" } = body;
      const asked = { object, channel, at: instantOf(body.at) };
      if ((account === undefined) === (agency === undefined))
        throw new Fault("unprocessable", "it is asked of an account or of an agency's feeds and clients: one of both", {
          code: "replay.who",
          path: "account",
        });
      if (account !== undefined)
        return { status: 200, body: await replays.asOriginator(viewer, moment, { ...asked, account }) };
      return { status: 200, body: await replays.ofMachines(viewer, moment, { ...asked, agency: agency ?? "" }) };
    },
  }),
];
