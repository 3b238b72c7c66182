import { once } from "node:events";
import type { Response } from "express";
import { z } from "zod";
import { REST } from "./rest-face.ts";
import type { Answer, Route } from "./route.ts";

/** Small chunks of a stream are gathered to about this many bytes a write. */
const GATHER = 65_536;

/** Bytes of a JSON reply, parsed through the schema of its status: members that the schema does not name stay inside. */
function bodyBytes(route: Route, status: number, body: unknown): Buffer | undefined {
  const spec = route.replies[status];
  if (spec === undefined)
    throw new Error(`${route.method} ${route.path} answered ${status}, which its record does not list`);
  if (spec === "empty") return undefined;
  if (!(spec instanceof z.ZodType)) throw new Error(`${route.method} ${route.path} must stream its ${status}`);
  return Buffer.from(JSON.stringify(spec.parse(body)));
}

async function sendStream(stream: AsyncIterable<string | Uint8Array>, res: Response, begin: () => void): Promise<void> {
  const chunks = stream[Symbol.asyncIterator]();
  try {
    // The first chunk comes before the head, so that a fault in it is still a fault reply.
    let next = await chunks.next();
    begin();
    if (res.req.method === "HEAD") return;
    let held: Buffer[] = [];
    let size = 0;
    const flush = async (): Promise<void> => {
      if (size > 0 && !res.write(Buffer.concat(held)) && !res.destroyed) {
        // The listener that did not fire goes too: a long file would gather one with every wait.
        const waited = new AbortController();
        const { signal } = waited;
        await Promise.race([once(res, "drain", { signal }), once(res, "close", { signal })]).finally(() =>
          waited.abort(),
        );
      }
      held = [];
      size = 0;
    };
    for (; next.done !== true && !res.destroyed; next = await chunks.next()) {
      const piece = typeof next.value === "string" ? Buffer.from(next.value) : Buffer.from(next.value);
      held.push(piece);
      size += piece.length;
      if (size >= GATHER) await flush();
    }
    await flush();
  } finally {
    await chunks.return?.();
  }
}

/** Sends what a handler answered. Nothing is cached and nothing has an ETag: both would tell of changes that the reader may not see. */
export async function sendAnswer(answer: Answer, route: Route, res: Response): Promise<void> {
  const face = route.face ?? REST;
  const body =
    "stream" in answer
      ? undefined
      : "raw" in answer
        ? typeof answer.raw === "string"
          ? Buffer.from(answer.raw)
          : answer.raw
        : bodyBytes(route, answer.status, answer.body);
  const begin = (): void => {
    res.statusCode = answer.status;
    res.setHeader("Cache-Control", "no-store");
    const type = answer.type ?? (body !== undefined || "stream" in answer ? face.type : undefined);
    if (type !== undefined) res.setHeader("Content-Type", type);
    for (const [name, value] of Object.entries(answer.headers ?? {})) res.setHeader(name, value);
  };
  if ("stream" in answer) {
    await sendStream(answer.stream, res, begin);
    res.end();
    return;
  }
  begin();
  if (body !== undefined) res.setHeader("Content-Length", body.length);
  res.end(res.req.method === "HEAD" ? undefined : body);
}
