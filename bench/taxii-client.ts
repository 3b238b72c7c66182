import { Agent, type IncomingHttpHeaders, request } from "node:http";

/** A collection's objects as somebody comes to them: where, and with which credential. */
export interface Door {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** From the first byte sent to the last one received. */
  readonly ms: number;
}

const TAXII = "application/taxii+json;version=2.1";
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends over a kept connection. A connection that the server had closed meanwhile is tried once more. */
export function send(
  method: "GET" | "POST",
  { url, headers }: Door,
  query: Readonly<Record<string, string>> = {},
  body?: string,
  tries = 2,
): Promise<Answer> {
  const asked = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const started = performance.now();
  return new Promise((done, failed) => {
    const sent = request(
      asked.length > 0 ? `${url}?${asked.join("&")}` : url,
      {
        agent,
        method,
        headers: {
          Accept: TAXII,
          ...(bytes !== undefined && { "Content-Type": TAXII, "Content-Length": bytes.length }),
          ...headers,
        },
      },
      (reply) => {
        const chunks: Buffer[] = [];
        reply.on("data", (chunk: Buffer) => chunks.push(chunk));
        reply.once("error", failed);
        reply.once("end", () =>
          done({
            status: reply.statusCode ?? 0,
            headers: reply.headers,
            body: Buffer.concat(chunks),
            ms: performance.now() - started,
          }),
        );
      },
    );
    sent.once("error", (error: NodeJS.ErrnoException) => {
      if (tries > 1 && sent.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE"))
        send(method, { url, headers }, query, body, tries - 1).then(done, failed);
      else failed(error);
    });
    sent.end(bytes);
  });
}

/** A page or a status; anything but 200 and 202 is an error. */
export async function ask(
  method: "GET" | "POST",
  door: Door,
  query: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  const answer = await send(method, door, query, body);
  if (answer.status === 200 || answer.status === 202) return answer;
  throw new Error(`${method} ${door.url} answered ${answer.status}: ${answer.body.toString("utf8", 0, 300)}`);
}

/** The cursor of a page, without parsing the objects: servers write it before or after them. */
export function nextOf({ body }: Answer): string | undefined {
  const find = (text: string): string | undefined => /"next":\s*"([^"]+)"/.exec(text)?.[1];
  return find(body.toString("latin1", 0, 400)) ?? find(body.toString("latin1", Math.max(0, body.length - 400)));
}

/** How many objects a page has, by their ids. */
export function countOf({ body }: Answer): number {
  let count = 0;
  for (let at = body.indexOf('"id":'); at >= 0; at = body.indexOf('"id":', at + 5)) count += 1;
  return count;
}

export const lastAdded = ({ headers }: Answer): string | undefined => {
  const value = headers["x-taxii-date-added-last"];
  return typeof value === "string" ? value : undefined;
};
