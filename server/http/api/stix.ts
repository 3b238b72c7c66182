import { z } from "zod";
import {
  MatchBody,
  MatchReply,
  PatternBody,
  PatternLikeness,
  PatternPair,
  PatternVerdict,
  StixIdReply,
  StixVerdict,
} from "../../../schemas/api/stix.ts";
import { Bundle } from "../../../schemas/stix/bundle.ts";
import { CustomObject } from "../../../schemas/stix/objects.ts";
import { uuid4 } from "../../shared/moment.ts";
import type { StandardsRunner, StandardsVerb } from "../../usecases/standards.ts";
import { bytes, type ReplySpec, type Route, route } from "../route.ts";

interface StixParts {
  readonly standards: StandardsRunner;
  /** Most bytes of a body. */
  readonly limit: number;
}

/** The standard itself, for anybody who is signed in: nothing is stored, and no answer hangs on what is. */
export function stixRoutes({ standards, limit }: StixParts): Route[] {
  const asks = (verb: StandardsVerb, summary: string, json: z.ZodType, reply: ReplySpec): Route =>
    route({
      method: "POST",
      path: `/api/v1/stix/${verb}`,
      summary,
      tag: "stix",
      needs: "signed-in",
      body: bytes(limit, ["application/json"], json),
      replies: { 200: reply },
      handler: async ({ body, account, moment }) => ({
        status: 200,
        raw: await standards.answer(account.id, {
          verb,
          bytes: await body.read(),
          encoding: body.encoding,
          uuid: uuid4(moment),
        }),
      }),
    });
  return [
    asks(
      "validate",
      "Whether an object, a bundle or a list is STIX 2.1, with every rule that it breaks",
      z.union([CustomObject, Bundle, z.array(CustomObject)]),
      StixVerdict,
    ),
    asks("pattern/validate", "Whether a pattern is one, and its normal form", PatternBody, PatternVerdict),
    asks("pattern/equivalent", "Whether two patterns say the same", PatternPair, PatternLikeness),
    asks("pattern/match", "Whether a pattern matches observed data (a list of bundles)", MatchBody, MatchReply),
    asks("id", "The deterministic id of an observable that has none", z.record(z.string(), z.unknown()), StixIdReply),
  ];
}
