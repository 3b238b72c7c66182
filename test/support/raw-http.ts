import { connect } from "node:net";

/** A request line, headers and body exactly as they are written: what no client library would send. */
export interface RawRequest {
  readonly method: string;
  /** Latin-1: a character is a byte. */
  readonly path: string;
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body?: string | Uint8Array;
}

export interface RawAnswer {
  /** 0 where the connection ended without a whole answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const NOTHING: RawAnswer = { status: 0, headers: {}, body: Buffer.alloc(0) };

/** A body in chunks, as one; undefined where it does not end. */
function joined(chunks: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = chunks.indexOf("\r\n", at);
    const size = end === -1 ? Number.NaN : Number.parseInt(chunks.toString("latin1", at, end), 16);
    if (!Number.isInteger(size) || end + 2 + size > chunks.length) return undefined;
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(chunks.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

function parsed(bytes: Buffer, method: string): RawAnswer {
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.toString("latin1", 0, Math.max(end, 0)).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const rest = bytes.subarray(end + 4);
  if (status === 100) return parsed(rest, method);
  if (status === 0) return NOTHING;
  const chunked = headers["transfer-encoding"] === "chunked" && method !== "HEAD";
  const body = chunked ? joined(rest) : rest;
  const length = headers["content-length"];
  const whole = method === "HEAD" || chunked || length === undefined || Number(length) === rest.length;
  return body === undefined || !whole ? NOTHING : { status, headers, body };
}

/** Writes bytes to a server and reads until it closes the connection, at most `patience` ms: then, and where it is reset, there is no answer. */
export function exchangeBytes(port: number, bytes: Uint8Array, method = "", patience = 100_000): Promise<RawAnswer> {
  return new Promise((done) => {
    const pieces: Buffer[] = [];
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => socket.write(bytes));
    const end = (): void => {
      socket.destroy();
      done(parsed(Buffer.concat(pieces), method));
    };
    socket.setTimeout(patience, end);
    socket.on("data", (piece: Buffer) => pieces.push(piece));
    socket.on("error", end);
    socket.on("end", end);
  });
}

/** One request on a connection of its own. */
export function exchange(port: number, { method, path, headers = [], body }: RawRequest): Promise<RawAnswer> {
  const length = body === undefined ? [] : [["Content-Length", String(Buffer.byteLength(body))] as const];
  const lines = [["Host", `127.0.0.1:${port}`], ["Connection", "close"], ...length, ...headers].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return exchangeBytes(port, body === undefined ? head : Buffer.concat([head, Buffer.from(body as string)]), method);
}
