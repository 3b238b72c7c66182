import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Fault } from "../shared/fault.ts";
import type { Face } from "./face.ts";
import { REST } from "./rest-face.ts";
import { TAXII } from "./taxii/taxii-face.ts";

export interface ListenParts {
  readonly app: RequestListener;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Milliseconds that requests under way get when it stops. */
  readonly drainMs?: number;
  /** The settings that give port and host, for the words of a failure. Default: PORT, HOST. */
  readonly settings?: { readonly port: string; readonly host: string };
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** From now on each reply ends its connection, so that a proxy holds none when this stops. New ones are still served. */
  drain(): void;
  /** No new connection, requests under way finish, idle connections close; resolves when all is done or time is up. Twice is as once. */
  stop(): Promise<void>;
  /** Whether `stop` was called: `/readyz` says so. */
  readonly stopping: boolean;
}

const DRAIN = 10_000;
/** A large post over a slow line takes its time; the headers may not. */
const REQUEST_TIMEOUT = 30 * 60_000;

type Names = NonNullable<ListenParts["settings"]>;
const WORDS: Readonly<Record<string, (parts: ListenParts, names: Names) => string>> = {
  EADDRINUSE: ({ host, port }, names) => `${names.port}: ${port} on ${host} is in use by another program`,
  EADDRNOTAVAIL: ({ host }, names) => `${names.host}: ${host} is not an address of this machine`,
  ENOTFOUND: ({ host }, names) => `${names.host}: ${host} is not known`,
  EAI_AGAIN: ({ host }, names) => `${names.host}: ${host} is not known`,
  EACCES: ({ port }, names) => `${names.port}: this user may not listen on ${port}`,
};

function cannotListen(cause: NodeJS.ErrnoException, parts: ListenParts): unknown {
  const words = WORDS[cause.code ?? ""];
  const names = parts.settings ?? { port: "PORT", host: "HOST" };
  return words === undefined ? cause : new Fault("unavailable", words(parts, names), { code: "listen.failed", cause });
}

/** Whose path a request line names, where as much of it was read. */
const faceOf = (line: string): Face => (/^[A-Za-z]+ \/taxii2(?:[/? ]|$)/.test(line) ? TAXII : REST);

interface Refused {
  readonly status: number;
  readonly reason: string;
  readonly code: string;
  readonly message: string;
}

/** The whole reply to what no route gets to see, after which the connection ends. */
function refuse(socket: Duplex, line: string, { status, reason, code, message }: Refused, more = ""): void {
  const face = faceOf(line);
  const body = JSON.stringify(face.faultBody({ status, code, message }));
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\n${more}Content-Type: ${face.type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}

type Broken = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** What can't even be read as HTTP gets the same form of reply as everything else, and the connection ends. */
function refuseBroken(error: Broken, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, reason, code, message] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? ([
          431,
          "Request Header Fields Too Large",
          "headers.too_large",
          "the request line and headers are larger than 16 kB",
        ] as const)
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? ([408, "Request Timeout", "request.timeout", "the request did not arrive in time"] as const)
        : ([400, "Bad Request", "request.broken", "this is not an HTTP request"] as const);
  refuse(socket, error.rawPacket?.toString("latin1", 0, 32) ?? "", { status, reason, code, message });
}

const METHODS = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE\r\n";

/** Node answers these by itself without a word, or not at all: here they get the same form of reply as everything else. */
function answerAll(server: Server): void {
  server.on("connect", (req: IncomingMessage, socket: Duplex) =>
    refuse(
      socket,
      `CONNECT ${req.url}`,
      { status: 405, reason: "Method Not Allowed", code: "method_not_allowed", message: "this is no proxy" },
      METHODS,
    ),
  );
  // An expectation other than 100-continue may be left aside (RFC 9110 section 10.1.1).
  server.on("checkExpectation", (req, res) => server.emit("request", req, res));
}

/** A request of HTTP/1.1 names its host (RFC 9112 section 3.2). */
const withHost =
  (app: RequestListener, draining: () => boolean): RequestListener =>
  (req, res) => {
    if (draining()) res.shouldKeepAlive = false;
    if (req.headers.host !== undefined || req.httpVersion !== "1.1") return app(req, res);
    const message = "a request of HTTP/1.1 names its host";
    refuse(req.socket, `${req.method} ${req.url}`, {
      status: 400,
      reason: "Bad Request",
      code: "request.host",
      message,
    });
  };

/**
 * Closes the connections that serve no request now, and from then on each one as soon as its request is done. Node's own counts a
 * connection that has not asked anything yet (a browser opens such in advance) as busy.
 */
function trackIdle(server: Server): () => void {
  const busy = new Map<Socket, number>();
  let closing = false;
  server.on("connection", (socket: Socket) => {
    busy.set(socket, 0);
    socket.once("close", () => busy.delete(socket));
  });
  server.on("request", ({ socket }, res) => {
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    res.once("close", () => {
      const left = (busy.get(socket) ?? 1) - 1;
      if (busy.has(socket)) busy.set(socket, left);
      if (closing && left === 0) socket.destroySoon();
    });
  });
  return () => {
    closing = true;
    for (const [socket, requests] of busy) if (requests === 0) socket.destroy();
  };
}

const listening = (server: Server, parts: ListenParts): Promise<void> =>
  new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(cannotListen(error, parts));
    server.once("error", failed);
    server.listen(parts.port, parts.host, () => {
      server.off("error", failed);
      resolve();
    });
  });

/** Listens until it is stopped. A port in use or an address that is not ours is `Fault("unavailable")` with one clear line. */
export async function listen(parts: ListenParts): Promise<Listening> {
  let draining = false;
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT, requireHostHeader: false },
    withHost(parts.app, () => draining),
  );
  server.on("clientError", refuseBroken);
  answerAll(server);
  const closeIdle = trackIdle(server);
  await listening(server, parts);
  const address = server.address() as AddressInfo;
  let ended: Promise<void> | undefined;

  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      const late = setTimeout(() => server.closeAllConnections(), parts.drainMs ?? DRAIN);
      server.close(() => {
        clearTimeout(late);
        resolve();
      });
      closeIdle();
    });

  return {
    host: address.address,
    port: address.port,
    drain: () => {
      draining = true;
    },
    stop: () => {
      draining = true;
      ended ??= stop();
      return ended;
    },
    get stopping() {
      return ended !== undefined;
    },
  };
}

/** A signal that comes this soon after the first is the same Ctrl-C, sent to the group and passed on by npm, ms. */
const SAME_KEYSTROKE = 1000;

/** Resolves with its name when the process is told to end (Ctrl-C, or a service manager). Another one, later, ends it at once. */
export function toldToEnd(process: Pick<NodeJS.Process, "on" | "exit">): Promise<"SIGINT" | "SIGTERM"> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const told = (signal: "SIGINT" | "SIGTERM") => (): void => {
      const now = performance.now();
      if (first !== undefined && now - first > SAME_KEYSTROKE) process.exit(130);
      first ??= now;
      resolve(signal);
    };
    process.on("SIGINT", told("SIGINT"));
    process.on("SIGTERM", told("SIGTERM"));
  });
}
