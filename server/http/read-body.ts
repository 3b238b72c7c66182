import type { IncomingMessage } from "node:http";
import { Fault } from "../shared/fault.ts";
import type { ByteBody, ByteSpec } from "./route.ts";

const tooLarge = (limit: number): Fault =>
  new Fault("too_large", `the body is larger than ${limit} bytes`, { code: "body.too_large" });

/** Media type of a `Content-Type` header, in lower case, without parameters; empty where there is none. */
export const mediaType = (header: string | undefined): string =>
  (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** `Content-Length`, if the request has one; past the limit it is refused before a byte is read. */
function declaredLength(req: IncomingMessage, limit: number): number | undefined {
  const header = req.headers["content-length"];
  if (header === undefined) return undefined;
  const length = Number(header);
  if (length > limit) throw tooLarge(limit);
  return length;
}

/** The request's bytes, counted. When it ends early the rest is taken off the wire unread, so that the client can finish sending and read the reply. */
async function* counted(req: IncomingMessage, limit: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  let whole = false;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      const piece: Uint8Array = chunk;
      seen += piece.length;
      if (seen > limit) throw tooLarge(limit);
      yield piece;
    }
    whole = true;
  } finally {
    if (!whole) req.resume();
  }
}

/** A body for the handler to read: media type and encoding are checked here (415), the length as it comes (413). */
export function byteBody(req: IncomingMessage, spec: ByteSpec): ByteBody {
  const type = mediaType(req.headers["content-type"]);
  if (spec.types !== undefined && type !== "" && !spec.types.includes(type))
    throw new Fault("unsupported_media_type", `this route takes ${spec.types.join(", ")}, not ${type}`, {
      code: "body.media_type",
    });
  const encoding = (req.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip")
    throw new Fault("unsupported_media_type", `content encoding ${encoding} is not known; gzip and none are`, {
      code: "body.encoding",
    });
  const length = declaredLength(req, spec.limit);
  const stream = counted(req, spec.limit);
  return {
    type,
    encoding,
    length,
    stream,
    async read(limit = spec.limit) {
      if (length !== undefined && length > limit) throw tooLarge(limit);
      const pieces: Uint8Array[] = [];
      let seen = 0;
      for await (const piece of stream) {
        seen += piece.length;
        if (seen > limit) throw tooLarge(limit);
        pieces.push(piece);
      }
      return Buffer.concat(pieces);
    },
  };
}

/** All bytes of a JSON body: `application/json` or another `+json`, not compressed, at most `limit` bytes. */
export async function jsonBytes(req: IncomingMessage, limit: number): Promise<Buffer> {
  const type = mediaType(req.headers["content-type"]);
  if (type !== "application/json" && !type.endsWith("+json"))
    throw new Fault(
      "unsupported_media_type",
      `this route takes application/json, not ${type || "a body without a type"}`,
      {
        code: "body.media_type",
      },
    );
  const body = byteBody(req, { kind: "bytes", limit });
  if (body.encoding !== "identity")
    throw new Fault("unsupported_media_type", "this route takes no compressed body", { code: "body.encoding" });
  return body.read();
}
