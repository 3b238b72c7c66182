import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import type { z } from "zod";
import type { IngestReply, IngestResult, JobReply } from "../../schemas/api/ingest.ts";
import type {
  LookupReply,
  MinePage,
  OneObject,
  SourceList,
  StixReply as StixSchema,
} from "../../schemas/api/objects.ts";
import type { ReleaseReply } from "../../schemas/api/releases.ts";
import type { FaultReply } from "../../server/http/rest-face.ts";

export type StixReply = z.infer<typeof StixSchema>;
export type PostReply = z.infer<typeof MinePage>["posts"][number];
type LookupResult = z.infer<typeof LookupReply>["results"][number];

/** What the body of any reply may hold: a test says which it looks for. */
export type ReplyBody = Partial<
  FaultReply &
    Omit<IngestReply, "results"> & { results: Array<Partial<IngestResult & LookupResult>> } & z.infer<
      typeof OneObject
    > &
    z.infer<typeof SourceList> &
    z.infer<typeof MinePage> &
    Omit<JobReply, "status" | "error"> &
    Omit<ReleaseReply, "status" | "object"> & { status: string; objects: StixReply[]; releases: ReleaseReply[] }
>;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; empty where it is none. */
  readonly body: ReplyBody;
}

function asJson(text: string): ReplyBody {
  try {
    return JSON.parse(text) as ReplyBody;
  } catch {
    return {};
  }
}

/** One request, as any client would send it. Bytes and text go as they are and without a media type, anything else as JSON. */
export function send(
  url: string,
  method: string,
  { headers = {}, body, agent }: { headers?: Readonly<Record<string, string>>; body?: unknown; agent?: Agent } = {},
): Promise<Reply> {
  const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const bytes = raw ? body : JSON.stringify(body);
  return new Promise((done, failed) => {
    const asked = request(
      url,
      {
        method,
        ...(agent === undefined ? {} : { agent }),
        headers: { ...(raw ? {} : { "Content-Type": "application/json" }), ...headers },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece: Buffer) => pieces.push(piece));
        response.on("error", failed);
        response.on("end", () => {
          const text = Buffer.concat(pieces).toString("utf8");
          done({ status: response.statusCode ?? 0, headers: response.headers, text, body: asJson(text) });
        });
      },
    );
    asked.on("error", failed);
    asked.end(bytes);
  });
}
