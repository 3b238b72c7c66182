import { parentPort } from "node:worker_threads";
import { Fault } from "./shared/fault.ts";
import type { FromStandards, ToStandards } from "./standards-thread.ts";
import { answerStandards } from "./usecases/answer-standards.ts";

/** The thread that answers questions about the standard: nothing of the store is in it. */
const port = parentPort;
if (port === null) throw new Error("the standards worker is started by the server");
const say = (message: FromStandards): void => port.postMessage(message);

port.on("message", ({ n, ask }: ToStandards) => {
  try {
    say({ n, reply: answerStandards(ask) });
  } catch (error) {
    if (error instanceof Fault) {
      const { kind, message, code, path } = error;
      say({ n, fault: { kind, message, code, path } });
    } else say({ n, bug: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
