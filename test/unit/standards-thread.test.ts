import { makeLog } from "../../server/shared/log.ts";
import { StandardsThread } from "../../server/standards-thread.ts";
import type { StandardsAsk } from "../../server/usecases/standards.ts";

/** A thread that does what it is asked to: answer, fault, fail, end, or say nothing. */
const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ n, ask }) => {
      const what = Buffer.from(ask.bytes).toString();
      if (what === "fault") parentPort.postMessage({ n, fault: { kind: "bad_request", message: "no", code: "c.d", path: "p" } });
      else if (what === "bug") parentPort.postMessage({ n, bug: "stack" });
      else if (what === "end") process.exit(3);
      else if (what !== "silence") parentPort.postMessage({ n, reply: what });
    });`)}`,
);
const asked = (what: string): StandardsAsk => ({
  ...{ verb: "validate", bytes: Buffer.from(what), encoding: "identity", uuid: "" },
});
const threads: StandardsThread[] = [];
const start = (longest?: number): StandardsThread => {
  const thread = new StandardsThread(entry, makeLog("silent"), longest);
  threads.push(thread);
  return thread;
};
afterAll(() => Promise.all(threads.map((thread) => thread.close())));

test("a question – answered, refused with a fault, or met with a bug – each comes back as what it is", async () => {
  const thread = start();
  expect(await thread.answer("u1", asked("fine"))).toBe("fine");
  await expect(thread.answer("u1", asked("fault"))).rejects.toMatchObject({
    kind: "bad_request",
    code: "c.d",
    path: "p",
  });
  await expect(thread.answer("u1", asked("bug"))).rejects.toThrow("stack");
});

test("questions of one account – the fifth at a time – is refused; another account's is answered, and its own later", async () => {
  const thread = start();
  const four = [1, 2, 3, 4].map((n) => thread.answer("u1", asked(`${n}`)));
  await expect(thread.answer("u1", asked("5"))).rejects.toMatchObject({
    kind: "too_many_requests",
    code: "limit.standards",
  });
  expect(await thread.answer("u2", asked("other"))).toBe("other");
  expect(await Promise.all(four)).toEqual(["1", "2", "3", "4"]);
  expect(await thread.answer("u1", asked("again"))).toBe("again");
});

test("a thread that ends – while it answers – that question fails, and the next is answered by a new one", async () => {
  const thread = start();
  await expect(thread.answer("u1", asked("end"))).rejects.toMatchObject({ code: "standards.too_large" });
  expect(await thread.answer("u1", asked("next"))).toBe("next");
});

test("a question that takes too long – is given up, and those behind it are answered", async () => {
  const thread = start(1500);
  const behind = [thread.answer("u1", asked("silence")), thread.answer("u2", asked("behind"))];
  await expect(behind[0]).rejects.toMatchObject({ kind: "unprocessable", code: "standards.too_long" });
  expect(await behind[1]).toBe("behind");
}, 30_000);
