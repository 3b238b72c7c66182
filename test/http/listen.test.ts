import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { type Listening, listen } from "../../server/http/listen.ts";

const fetched = (port: number, onAsk?: (ask: ClientRequest) => void): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const ask = get({ host: "127.0.0.1", port, path: "/" }, (reply: IncomingMessage) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (piece: string) => {
        text += piece;
      });
      reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text }));
      reply.on("error", reject);
    });
    ask.on("error", reject);
    onAsk?.(ask);
  });

const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let seen = "";
    socket.on("data", (piece) => {
      seen += piece.toString();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(seen));
  });

/** An app whose answers wait until the test lets them go. */
function slowApp(): { app: Parameters<typeof listen>[0]["app"]; begun: Promise<void>; finish: () => void } {
  let [finish, begin] = [() => {}, () => {}];
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const app: Parameters<typeof listen>[0]["app"] = (_req, res) => {
    begin();
    void finished.then(() => res.end("done"));
  };
  return { app, begun, finish };
}

const ready = { app: (_req: unknown, res: { end(text: string): void }) => res.end("ok"), host: "127.0.0.1", port: 0 };

describe("listen", () => {
  const open: Listening[] = [];
  const start = async (parts: Parameters<typeof listen>[0]): Promise<Listening> => {
    const listening = await listen(parts);
    open.push(listening);
    return listening;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((listening) => listening.stop()));
  });

  test("listen – on port 0 – says which port it took, and answers there", async () => {
    const { port, host } = await start(ready);
    expect(host).toBe("127.0.0.1");
    expect(await fetched(port)).toEqual({ status: 200, text: "ok" });
  });

  test("listen – on a port in use, on an address that is not ours – is one clear line", async () => {
    const { port } = await start(ready);
    await expect(listen({ ...ready, port })).rejects.toMatchObject({
      ...{ kind: "unavailable", code: "listen.failed" },
      message: `PORT: ${port} on 127.0.0.1 is in use by another program`,
    });
    await expect(listen({ ...ready, host: "192.0.2.1" })).rejects.toThrow(
      "HOST: 192.0.2.1 is not an address of this machine",
    );
  });

  test("stop – with a request under way and an idle connection – lets the one finish, closes the other, takes no more", async () => {
    const { app, begun, finish } = slowApp();
    const listening = await start({ ...ready, app });
    const idle = connect(listening.port, "127.0.0.1");
    const idleClosed = new Promise((resolve) => idle.on("close", resolve));
    const asked = fetched(listening.port);
    await begun;
    let stopped = false;
    const stop = listening.stop().then(() => {
      stopped = true;
    });
    expect(listening.stopping).toBe(true);
    await expect(fetched(listening.port)).rejects.toThrow("ECONNREFUSED");
    expect(stopped).toBe(false);
    finish();
    expect(await asked).toEqual({ status: 200, text: "done" });
    await stop;
    await idleClosed;
  });

  test("stop – with a request that never ends – cuts it when time is up", async () => {
    const { app, begun } = slowApp();
    const listening = await start({ ...ready, app, drainMs: 100 });
    const asked = fetched(listening.port);
    const cut = expect(asked).rejects.toThrow("socket hang up");
    await begun;
    await listening.stop();
    await cut;
  });

  test("what is no HTTP, or has headers over 16 kB – sent to the port – is a 4xx in our form", async () => {
    const { port } = await start(ready);
    const [broken, large] = [
      await raw(port, "hello\r\n\r\n"),
      await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`),
    ];
    expect(broken).toMatch(/^HTTP\/1.1 400 .*"code":"request.broken"/s);
    expect(large).toMatch(/^HTTP\/1.1 431 .*"code":"headers.too_large"/s);
  });
});
