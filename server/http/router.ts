import express, { type Express, type NextFunction, type Request, type Response } from "express";
import helmet from "helmet";
import { z } from "zod";
import { Fault } from "../shared/fault.ts";
import type { Log } from "../shared/log.ts";
import type { Moment, Moments } from "../shared/moment.ts";
import type { Meter } from "../usecases/meter.ts";
import type { Face } from "./face.ts";
import { byteBody, jsonBytes } from "./read-body.ts";
import { readJson } from "./read-json.ts";
import { checked, PathText } from "./read-query.ts";
import { replyFault } from "./reply-fault.ts";
import { REST } from "./rest-face.ts";
import { NEEDS, type Route, type SignedIn } from "./route.ts";
import { sendAnswer } from "./send-answer.ts";

/** Who sends this request; `Fault("unauthorized")` for nobody we know, `Fault("too_many_requests")` past a limit. */
export type Authenticate = (req: Request, moment: Moment) => Promise<SignedIn>;

export interface AppParts {
  readonly routes: readonly Route[];
  readonly authenticate: Authenticate;
  readonly moments: Moments;
  readonly log: Log;
  readonly meter?: Meter;
  /** Addresses and networks of proxies whose word is taken for where a request comes from; none: the peer's own address. */
  readonly trustProxy?: readonly string[];
  /** Most bytes of a JSON body. Byte routes say their own. */
  readonly jsonLimit?: number;
}

const JSON_LIMIT = 1_048_576;
const PARAM = /\{([a-z][A-Za-z0-9]*)\}/g;
const shapeOf = (path: string): string => path.replaceAll(PARAM, "{}");
const paramNames = (path: string): string[] => [...path.matchAll(PARAM)].map((match) => match[1] ?? "");

/** What is wrong with a list of routes, in words; an empty list is right. The app does not start otherwise. */
export function routeFaults(routes: readonly Route[]): string[] {
  const seen = new Set<string>();
  return routes.flatMap((route) => {
    const name = `${route.method} ${route.path}`;
    const key = `${route.method} ${shapeOf(route.path)}`;
    const faults: string[] = [];
    if (seen.has(key)) faults.push(`${name}: there are two of it`);
    seen.add(key);
    if (!NEEDS.includes(route.needs))
      faults.push(`${name}: needs "${String(route.needs)}", which is not in the table of verbs`);
    if (route.query !== undefined && !(route.query.def.catchall instanceof z.ZodNever))
      faults.push(`${name}: its query is no z.strictObject`);
    if (
      route.params !== undefined &&
      Object.keys(route.params.shape).sort().join() !== paramNames(route.path).sort().join()
    )
      faults.push(`${name}: its path and its params differ`);
    if (Object.keys(route.replies).length === 0) faults.push(`${name}: it has no replies`);
    return faults;
  });
}

/** Literal segments before parameters, so that `/objects/mine` is never taken for an id. */
const byPath = (a: Route, b: Route): number => {
  const [x, y] = [shapeOf(a.path).replaceAll("{}", "\u{10ffff}"), shapeOf(b.path).replaceAll("{}", "\u{10ffff}")];
  return x < y ? -1 : x > y ? 1 : 0;
};

const hasBody = ({ headers }: Request): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

/** The body as the route takes it. One that may be left out (`schema.optional()`) is undefined where nothing was sent. */
async function bodyOf({ body: spec }: Route, req: Request, limit: number): Promise<unknown> {
  if (spec === undefined) return undefined;
  if (!(spec instanceof z.ZodType)) return byteBody(req, spec);
  if (!hasBody(req) && spec.safeParse(undefined).success) return undefined;
  return checked("body", spec, readJson(await jsonBytes(req, limit)));
}

/** The order of checks (policy 7): the request line, who it is, the verb, the schemas, and only then the one look-up of the handler. */
async function serve(route: Route, req: Request, res: Response, parts: AppParts): Promise<void> {
  const moment = momentOf(res);
  const face = route.face ?? REST;
  face.checkAccept(req.headers);
  const query = face.readQuery(req.url, Object.keys(route.query?.shape ?? {}));
  const known = res.locals.caller as SignedIn | undefined;
  const caller = route.needs === "anyone" ? undefined : (known ?? (await parts.authenticate(req, moment)));
  const { needs } = route;
  if (caller !== undefined && needs !== "signed-in" && needs !== "anyone" && !caller.granted.has(needs))
    throw new Fault("forbidden", `this account may not ${needs}`, { code: "forbidden.verb" });
  const params = checked("params", route.params ?? z.record(z.string(), PathText), req.params);
  const asked = route.query === undefined ? {} : checked("query", route.query, query);
  if (route.body !== undefined) face.checkContentType(req.headers);
  const body = await bodyOf(route, req, parts.jsonLimit ?? JSON_LIMIT);
  const gone = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) gone.abort();
  });
  const request = {
    ...caller,
    params,
    query: asked,
    body,
    moment,
    headers: req.headers,
    address: addressOf(req),
    signal: gone.signal,
  };
  // What `route()` held the handler's type against; a list of routes has no one type for it.
  await sendAnswer(await route.handler(request as never), route, res);
}

/** Where a request comes from, for limits on those who are not signed in: the peer, or what a trusted proxy says of it. */
export const addressOf = (req: Request): string => req.ip ?? "";

const momentOf = (res: Response): Moment => res.locals.moment as Moment;
const faceOf = (res: Response): Face => res.locals.face as Face;

const within = (path: string, { prefix }: Face): boolean => path === prefix || path.startsWith(`${prefix}/`);

/** Whoever asks of a face where that comes first; a request whose credential can't even be read is not signed in either. */
async function signIn(req: Request, res: Response, { authenticate }: AppParts): Promise<void> {
  try {
    res.locals.caller = await authenticate(req, momentOf(res));
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== "bad_request") throw error;
    throw new Fault("unauthorized", error.message, { code: error.code, cause: error });
  }
}

/** The web application made from the route records. Throws, so that nothing starts, if a record is wrong (`routeFaults`). */
export function makeApp(parts: AppParts): Express {
  const faults = routeFaults(parts.routes);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", false);
  app.set("strict routing", true);
  app.set("case sensitive routing", true);
  app.set("trust proxy", parts.trustProxy === undefined ? false : [...parts.trustProxy]);
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
      },
    }),
  );
  const faces = [...new Set(parts.routes.flatMap(({ face }) => face ?? []))];
  app.use((req, res, next) => {
    res.locals.moment = parts.moments();
    res.locals.face = faces.find((face) => within(req.path, face)) ?? REST;
    const started = performance.now();
    // The path's pattern and never its values or the query: those may be content (policy 7).
    res.once("close", () => {
      const ms = performance.now() - started;
      const { route, fault } = res.locals as { readonly route?: string; readonly fault?: string };
      const what = { method: req.method, status: res.statusCode };
      parts.log.info({ ...what, route, ms: Math.round(ms), ...(!res.writableFinished && { cut: true }) });
      parts.meter?.({
        ...{ kind: "request", ...what, ms },
        ...(route !== undefined && { route }),
        ...(fault !== undefined && { code: fault }),
      });
    });
    next();
  });
  app.use(async (req, res, next) => {
    if (faceOf(res).signInFirst) await signIn(req, res, parts);
    next();
  });
  const routes = [...parts.routes].sort(byPath);
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(shapeOf(route.path), [...(paths.get(shapeOf(route.path)) ?? []), route]);
  for (const group of paths.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const spellings = (first.face ?? REST).spellings(first.path.replaceAll(PARAM, ":$1"));
    for (const route of group) {
      const handle = (req: Request, res: Response): Promise<void> => {
        res.locals.route = route.path;
        return serve(route, req, res, parts);
      };
      for (const path of spellings) app[route.method.toLowerCase() as "get"](path, handle);
    }
    const allow = group.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])).sort();
    for (const path of spellings)
      app.all(path, (req, res) => {
        res.setHeader("Allow", allow.join(", "));
        throw new Fault("method_not_allowed", `${req.method} is not for this path; ${allow.join(", ")} are`);
      });
  }
  app.use(() => {
    throw new Fault("not_found", "no such path");
  });
  app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) =>
    replyFault(error, res, { moment: momentOf(res), log: parts.log, face: faceOf(res) }),
  );
  return app;
}
