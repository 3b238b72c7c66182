import { createServer, type Socket } from "node:net";
import { mongo } from "mongoose";

type Body = Readonly<Record<string, unknown>>;

/** A server that speaks MongoDB's wire protocol and answers what a test says: for what no server of the tests can be brought to answer. */
export interface WireServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What it says to a command; `undefined`: nothing at all. */
export type Answer = (name: string, command: Body) => Body | undefined;

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const header = (length: number, to: number, code: number): Buffer => {
  const bytes = Buffer.alloc(16);
  for (const [at, value] of [length + 16, 1, to, code].entries()) bytes.writeInt32LE(value, at * 4);
  return bytes;
};

/** The command in a message, and how its reply is wrapped. */
function read(message: Buffer): { readonly command: Body; readonly wrap: (reply: Body) => Buffer } {
  const [id, code] = [message.readInt32LE(4), message.readInt32LE(12)];
  if (code === OP_MSG)
    return {
      command: mongo.BSON.deserialize(message.subarray(21, 21 + message.readInt32LE(21))),
      wrap: (reply) => {
        const body = Buffer.concat([Buffer.alloc(5), mongo.BSON.serialize(reply)]);
        return Buffer.concat([header(body.length, id, OP_MSG), body]);
      },
    };
  if (code !== OP_QUERY) throw new Error(`a message of an unknown kind: ${code}`);
  const start = message.indexOf(0, 20) + 9;
  return {
    command: mongo.BSON.deserialize(message.subarray(start, start + message.readInt32LE(start))),
    wrap: (reply) => {
      const fixed = Buffer.alloc(20);
      fixed.writeInt32LE(1, 16);
      const body = Buffer.concat([fixed, mongo.BSON.serialize(reply)]);
      return Buffer.concat([header(body.length, id, OP_REPLY), body]);
    },
  };
}

/** Listens on loopback. Commands without an answer of the test's are `{ ok: 1 }`. */
export async function wireServer(answer: Answer): Promise<WireServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let held: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 16 && held.length >= held.readInt32LE(0)) {
        const message = held.subarray(0, held.readInt32LE(0));
        held = held.subarray(message.length);
        const { command, wrap } = read(message);
        const reply = answer(Object.keys(command)[0] ?? "", command);
        if (reply !== undefined) socket.write(wrap({ ok: 1, ...reply }));
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
}
