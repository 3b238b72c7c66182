import type { Response } from "express";
import { FAULTS, Fault } from "../shared/fault.ts";
import type { Log } from "../shared/log.ts";
import type { Moment } from "../shared/moment.ts";
import type { Face, ShownFault } from "./face.ts";

/** Input that is quoted back is cut, so that a reply never grows with what it complains of. */
const clip = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);

/** Errors that express and its router throw while they read the request line, as faults; others stay as they are. */
function foreseen(error: unknown): unknown {
  if (error instanceof Fault) return error;
  if (error instanceof URIError || (error instanceof Error && "status" in error && error.status === 400))
    return new Fault("bad_request", "the path has a percent sign that is no UTF-8 escape", { code: "path.encoding" });
  return error;
}

/**
 * The only place that turns a fault into a reply, in the words of the face that was asked: REST has `{ error: { code, path?, message } }`.
 * Hidden, unknown and withdrawn have one body (policy 1.5). Anything else is a bug: a bare 500 with an `error_id`, the detail in the log only.
 */
export function replyFault(
  thrown: unknown,
  res: Response,
  { moment, log, face }: { moment: Moment; log: Log; face: Face },
): void {
  if (res.headersSent || res.destroyed) {
    if (!(thrown instanceof Fault)) log.warn({ err: thrown }, "a reply was cut short");
    res.destroy();
    return;
  }
  const error = foreseen(thrown);
  let shown: ShownFault;
  if (error instanceof Fault && error.kind !== "internal") {
    const status = FAULTS[error.kind];
    shown =
      error.kind === "not_found"
        ? { status, code: "not_found", message: "There is nothing here." }
        : {
            status,
            code: error.code,
            ...(error.path !== undefined && { path: clip(error.path, 300) }),
            message: clip(error.message, 1000),
          };
    res.locals.fault = error.code;
    if (error.kind === "unauthorized") res.setHeader("WWW-Authenticate", face.challenge);
    if (error.kind === "too_many_requests" || error.kind === "unavailable")
      res.setHeader("Retry-After", String(Math.max(1, Math.ceil(error.retryAfter ?? 1))));
  } else {
    const errorId = Buffer.from(moment.random(8)).toString("hex");
    log.error({ err: error, error_id: errorId }, "a request failed in a way nobody foresaw");
    shown = { status: 500, code: "internal", message: "Something went wrong here.", errorId };
  }
  const text = Buffer.from(JSON.stringify(face.faultBody(shown)));
  res.statusCode = shown.status;
  res.setHeader("Content-Type", face.type);
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Content-Length", text.length);
  res.end(res.req.method === "HEAD" ? undefined : text);
}
