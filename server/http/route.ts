import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Moment } from "../shared/moment.ts";
import type { AccountDoc } from "../storage/documents.ts";
import type { Face } from "./face.ts";
import { VERBS, type Verb } from "./verbs.ts";

/** Who may call: holders of a verb, any signed-in account, or anyone at all (never authenticated). */
export type Needs = Verb | "signed-in" | "anyone";
export const NEEDS: readonly string[] = [...VERBS, "signed-in", "anyone"];

/** A body that the handler reads itself. Only these bodies may come with `Content-Encoding: gzip`; the handler inflates. */
export interface ByteSpec {
  readonly kind: "bytes";
  /** Most bytes taken off the wire; one more is a 413. */
  readonly limit: number;
  /** Media types (without parameters) that are accepted; none: all. */
  readonly types?: readonly string[];
  /** For the document only: what the bytes are once they are parsed. */
  readonly json?: z.ZodType;
}
export const bytes = (limit: number, types?: readonly string[], json?: z.ZodType): ByteSpec => ({
  kind: "bytes",
  limit,
  ...(types === undefined ? {} : { types }),
  ...(json === undefined ? {} : { json }),
});

export interface ByteBody {
  /** Media type in lower case without parameters; empty where the request names none. */
  readonly type: string;
  readonly encoding: "identity" | "gzip";
  /** `Content-Length`, where the request says it. */
  readonly length: number | undefined;
  /** What comes off the wire, still compressed; ends in `Fault("too_large")` past the limit. Read it once. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** All of it, in memory, at most `limit` bytes (default: the route's limit); more is `Fault("too_large")`. */
  read(limit?: number): Promise<Buffer>;
}

/** `{ stream }`: bytes of one of these media types. `"empty"`: no body. Else the JSON body's schema, which a body is parsed through. */
export type ReplySpec = z.ZodType | { readonly stream: readonly string[] } | "empty";

export type Answer =
  /** Parsed through the schema of its status: members that the schema does not name stay inside. */
  | { readonly status: number; readonly body?: unknown; readonly type?: string; readonly headers?: AnswerHeaders }
  /** JSON text that is ready, sent as it is: the hot path (pages of stored bytes). */
  | {
      readonly status: number;
      readonly raw: string | Uint8Array;
      readonly type?: string;
      readonly headers?: AnswerHeaders;
    }
  /** A fault before the first chunk is a fault reply; after it the connection is cut, so that no reader takes a part for the whole. */
  | {
      readonly status: number;
      readonly stream: AsyncIterable<string | Uint8Array>;
      readonly type: string;
      readonly headers?: AnswerHeaders;
    };
export type AnswerHeaders = Readonly<Record<string, string>>;

/** Who is signed in. `account` is without its password. */
export interface SignedIn {
  readonly account: Omit<AccountDoc, "password">;
  readonly viewer: Viewer;
  /** What role and scopes allow. */
  readonly granted: ReadonlySet<Verb>;
  /** The session behind a bearer token. */
  readonly session?: string;
  /** The policy revision that this request is answered under. */
  readonly revision: number;
}

type ParamsOf<S> = S extends z.ZodType ? z.infer<S> : Readonly<Record<string, string>>;
type QueryOf<S> = S extends z.ZodType ? z.infer<S> : Readonly<Record<never, never>>;
type BodyOf<S> = S extends ByteSpec ? ByteBody : S extends z.ZodType ? z.infer<S> : undefined;
type CallerOf<N> = N extends "anyone" ? { readonly [K in keyof SignedIn]?: undefined } : SignedIn;

export type RouteRequest<N = Needs, P = undefined, Q = undefined, B = undefined> = CallerOf<N> & {
  readonly params: ParamsOf<P>;
  readonly query: QueryOf<Q>;
  readonly body: BodyOf<B>;
  readonly moment: Moment;
  readonly headers: IncomingHttpHeaders;
  /** The peer's address, for limits on those who are not signed in. */
  readonly address: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
};

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

interface RouteOf<N, P, Q, B> {
  readonly method: Method;
  /** `/api/v1/objects/{id}`. A path parameter without a schema is any text of 1 to 300 characters. */
  readonly path: string;
  /** One line for the document. */
  readonly summary: string;
  readonly tag: string;
  /** How it speaks on the wire; without one, as REST. */
  readonly face?: Face;
  readonly needs: N;
  readonly params?: P;
  /** `z.strictObject` of optional or required strings. An unknown or repeated parameter is a 400. */
  readonly query?: Q;
  readonly body?: B;
  /** For the document only: request headers that the handler reads. */
  readonly reads?: Readonly<Record<string, string>>;
  readonly replies: Readonly<Record<number, ReplySpec>>;
  handler(request: RouteRequest<N, P, Q, B>): Promise<Answer>;
}

/** A route as the router and the OpenAPI document see it. */
export interface Route
  extends Omit<
    RouteOf<Needs, z.ZodObject | undefined, z.ZodObject | undefined, z.ZodType | ByteSpec | undefined>,
    "handler"
  > {
  handler(request: never): Promise<Answer>;
}

/** One record a route: the express router and the OpenAPI document are both made from it. `needs` has no default. */
export const route = <
  const N extends Needs,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | ByteSpec | undefined = undefined,
>(
  record: RouteOf<N, P, Q, B>,
): Route => record;
