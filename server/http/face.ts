import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";

/** A fault as its reply says it: cut to what may be told. */
export interface ShownFault {
  readonly status: number;
  readonly code: string;
  readonly path?: string;
  readonly message: string;
  readonly errorId?: string;
}

/** How a part of the paths speaks on the wire: what differs between REST and TAXII. */
export interface Face {
  /** Its paths are this one and all below, those that lead nowhere too. */
  readonly prefix: string;
  /** Media type of JSON replies, errors too. */
  readonly type: string;
  /** The schemes that a 401 names. */
  readonly challenge: string;
  readonly faultReply: z.ZodType;
  faultBody(fault: ShownFault): object;
  /** Who it is comes before everything else, and is asked on paths that lead nowhere: who is not signed in learns of no path and no rule. */
  readonly signInFirst: boolean;
  /** The spellings under which a route's path is served, alike. */
  spellings(path: string): readonly string[];
  /** The known parameters of a request's query; faults for what is wrong in it. */
  readQuery(url: string, known: readonly string[]): Record<string, string>;
  /** Refuses who would not read the reply: `Fault("not_acceptable")`. */
  checkAccept(headers: IncomingHttpHeaders): void;
  /** Refuses a body that is of another kind: `Fault("unsupported_media_type")`. Asked on routes that take a body. */
  checkContentType(headers: IncomingHttpHeaders): void;
}
