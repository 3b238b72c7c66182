import { z } from "zod";
import { ObjectId } from "../../../schemas/api/objects.ts";
import {
  DecideBody,
  ProposeBody,
  Proposed,
  ReleaseList,
  ReleaseQuery,
  ReleaseReply,
} from "../../../schemas/api/releases.ts";
import type { Releases } from "../../usecases/release.ts";
import { type Route, route } from "../route.ts";

const ReleaseParams = z.strictObject({ release: z.string().min(1).max(100) });

/** Release, the least of it: one proposes, a releaser of the originator's country approves or refuses (triage 3). */
export function releaseRoutes(releases: Releases): Route[] {
  const decision = (verb: "approve" | "refuse", summary: string): Route =>
    route({
      method: "POST",
      path: `/api/v1/releases/{release}/${verb}`,
      summary,
      tag: "release",
      needs: "approve",
      params: ReleaseParams,
      body: DecideBody,
      replies: { 200: ReleaseReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await releases.decide({
          viewer,
          account: account.id,
          moment,
          release: params.release,
          verb,
          reason: body.reason,
          hash: body.hash,
        }),
      }),
    });
  return [
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/releases",
      summary: "Propose that your agency's contributions to an object be released under a row",
      tag: "release",
      needs: "propose",
      params: z.strictObject({ id: ObjectId }),
      body: ProposeBody,
      replies: { 202: Proposed },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 202,
        body: { release: await releases.propose({ viewer, account: account.id, moment, object: params.id, ...body }) },
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/releases",
      summary: "Releases of your country's content that you may see",
      tag: "release",
      needs: "propose",
      query: ReleaseQuery,
      replies: { 200: ReleaseList },
      handler: async ({ query, viewer, moment }) => ({
        status: 200,
        body: { releases: await releases.list(viewer, moment, query.status ?? "proposed") },
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/releases/{release}",
      summary: "One release, with the hash that a decision binds to and the agencies that gain",
      tag: "release",
      needs: "propose",
      params: ReleaseParams,
      replies: { 200: ReleaseReply },
      handler: async ({ params, viewer, moment }) => ({
        status: 200,
        body: await releases.show(viewer, moment, params.release),
      }),
    }),
    decision("approve", "Release: by another person, a releaser of the originator's country, on what the hash says"),
    decision("refuse", "Refuse a release"),
  ];
}
