import { z } from "zod";
import { ObjectId } from "../../../schemas/api/objects.ts";
import {
  DecideBody,
  EmergencyBody,
  NarrowBody,
  OnwardAsked,
  OnwardBody,
  OnwardList,
  OnwardQuery,
  ProposeBody,
  Proposed,
  RecallBody,
  ReleaseList,
  ReleaseQuery,
  ReleaseReply,
  TakeBackBody,
} from "../../../schemas/api/releases.ts";
import { Fault } from "../../shared/fault.ts";
import type { EmergencyReleases } from "../../usecases/emergency.ts";
import type { Onward } from "../../usecases/onward.ts";
import type { Releases } from "../../usecases/release.ts";
import type { TakingBack } from "../../usecases/release-back.ts";
import { MOST_SHOWN } from "../../usecases/release-own.ts";
import { type Route, route } from "../route.ts";

const ReleaseParams = z.strictObject({ release: z.string().min(1).max(100) });
const ObjectParams = z.strictObject({ id: ObjectId });
const limitOf = (limit: string | undefined): number => Math.min(Number(limit ?? "100"), MOST_SHOWN);

export interface ReleaseUseCases {
  readonly releases: Releases;
  readonly back: TakingBack;
  readonly onward: Onward;
  readonly emergencies: EmergencyReleases;
}

/** The release machine (triage 1 and 3): proposed, in clearance, released or refused; narrowed and recalled; onward requests; emergencies. */
export function releaseRoutes({ releases, back, onward, emergencies }: ReleaseUseCases): Route[] {
  const decision = (verb: "clear" | "approve" | "refuse", summary: string): Route =>
    route({
      method: "POST",
      path: `/api/v1/releases/{release}/${verb}`,
      summary,
      tag: "release",
      // Who may decide which, the second-person table says: for a row at home a reviewer will do.
      needs: "triage",
      params: ReleaseParams,
      body: DecideBody,
      replies: { 200: ReleaseReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await releases.decide({ viewer, account: account.id, moment, release: params.release, verb, ...body }),
      }),
    });
  return [
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/releases",
      summary: "Propose that your agency's contributions to an object be released under a row",
      tag: "release",
      needs: "propose",
      params: ObjectParams,
      body: ProposeBody,
      replies: { 202: Proposed },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 202,
        body: { release: await releases.propose({ viewer, account: account.id, moment, object: params.id, ...body }) },
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/emergency",
      summary:
        "Release what is class P0 to agencies listed by name for an hour, by one person; a second one is called to countersign",
      tag: "release",
      needs: "triage",
      params: ObjectParams,
      body: EmergencyBody,
      replies: { 200: ReleaseReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await emergencies.release({ viewer, account: account.id, moment, object: params.id, ...body }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/objects/{id}/recalls",
      summary:
        "Take back a row that is on, whoever turned it on, or leave less of it: at once; a second person confirms within a day",
      tag: "release",
      needs: "propose",
      params: ObjectParams,
      body: TakeBackBody,
      replies: { 200: ReleaseReply },
      handler: async ({ params, body: { to, ...body }, viewer, account, moment }) => ({
        status: 200,
        body: await back.row({
          ...{ viewer, account: account.id, moment, object: params.id, ...body },
          ...(to === undefined ? {} : { to }),
        }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/releases/onward",
      summary:
        "Ask the originators of an object to let others have it until a date; silence for five working days is a no",
      tag: "release",
      needs: "propose",
      body: OnwardBody,
      replies: { 202: OnwardAsked },
      handler: async ({ body, viewer, account, moment }) => ({
        status: 202,
        body: { requests: await onward.ask({ viewer, account: account.id, moment, ...body }) },
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/releases/onward",
      summary: "Your own onward requests and their outcome, oldest first",
      tag: "release",
      needs: "propose",
      query: OnwardQuery,
      replies: { 200: OnwardList },
      handler: async ({ query: { limit, next }, viewer, moment }) => ({
        status: 200,
        body: await onward.list(viewer, moment, { limit: limitOf(limit), next }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/v1/releases",
      summary:
        "Releases of your country's content that you may see, oldest first; with due, requests of others that wait for an answer and are due a reminder",
      tag: "release",
      needs: "propose",
      query: ReleaseQuery,
      replies: { 200: ReleaseList },
      handler: async ({ query: { status, due, limit, next }, viewer, moment }) => {
        if (status !== undefined && due !== undefined)
          throw new Fault("bad_request", "due takes the place of status: ask for one of them", {
            code: "query.due",
            path: "due",
          });
        const which = due === undefined ? { status: status ?? ("proposed" as const) } : { due: true as const };
        return { status: 200, body: await releases.list(viewer, moment, { ...which, limit: limitOf(limit), next }) };
      },
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
    decision("clear", "Take a proposal up for clearance, by somebody who may decide it"),
    decision(
      "approve",
      "Release: by another person, a releaser of the originator's country (a reviewer for a row at home), on what the hash says",
    ),
    decision("refuse", "Refuse a release"),
    route({
      method: "POST",
      path: "/api/v1/releases/{release}/narrow",
      summary: "Leave less of a row that was released: at once; a second person confirms within a day",
      tag: "release",
      needs: "propose",
      params: ReleaseParams,
      body: NarrowBody,
      replies: { 200: ReleaseReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await back.release({ viewer, account: account.id, moment, release: params.release, ...body }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/releases/{release}/recall",
      summary: "Take back a row that was released: at once; a second person confirms within a day",
      tag: "release",
      needs: "propose",
      params: ReleaseParams,
      body: RecallBody,
      replies: { 200: ReleaseReply },
      handler: async ({ params, body, viewer, account, moment }) => ({
        status: 200,
        body: await back.release({ viewer, account: account.id, moment, release: params.release, ...body }),
      }),
    }),
  ];
}
