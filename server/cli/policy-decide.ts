import { decide } from "../policy/decide.ts";
import type { Problem } from "../shared/fault.ts";
import { askReader } from "./read-ask.ts";

/** Longest line that is read, in UTF-16 units; an ask is about a thousand. */
const LONGEST = 4 * 1024 * 1024;
/** Answers are written in pieces of about this size. */
const PIECE = 64 * 1024;

const failed = ({ code, path, message }: Problem): string => JSON.stringify({ error: { code, path, message } });

/** One ask as JSON text to one decision as JSON text: `{ verdict, without?, because }`, or `{ error: { code, path, message } }`. */
function answerer(): (line: string) => string {
  const read = askReader();
  return (line) => {
    if (line.length > LONGEST) {
      return failed({ code: "too_large", path: "", message: `a line is at most ${LONGEST} characters` });
    }
    if (line.includes("\uFFFD")) return failed({ code: "bad_utf8", path: "", message: "the line is not valid UTF-8" });
    const ask = read(line);
    if ("code" in ask) return failed(ask);
    const { verdict, without, because } = decide(ask);
    return JSON.stringify({ verdict, ...(without === undefined ? {} : { without }), because });
  };
}

/** Lines of a stream, however it is cut into pieces. A line over the limit is cut off there. The end of the last line may lack its newline. */
async function* lines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  let length = 0;
  const take = (text: string): void => {
    if (length <= LONGEST) begun.push(text);
    length += text.length;
  };
  for await (const chunk of input) {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const last = text.lastIndexOf("\n");
    if (last !== -1) {
      const whole = text.slice(0, last).split("\n");
      take(whole[0] ?? "");
      whole[0] = begun.join("");
      [begun, length] = [[], 0];
      yield whole;
    }
    take(text.slice(last + 1));
  }
  take(decoder.decode());
  if (length > 0) yield [begun.join("")];
}

/**
 * `tricord policy decide`: one JSON ask `{ viewer, label, agreements, at, channel? }` a line, one answer a line in the same
 * order, an error being an answer too. Reads no store. Settles when the input ends and all is written.
 */
export async function policyDecide(
  input: AsyncIterable<Uint8Array | string>,
  write: (text: string) => Promise<void> | void,
): Promise<void> {
  const answer = answerer();
  let out = "";
  for await (const some of lines(input)) {
    for (const line of some) {
      out += `${answer(line)}\n`;
      if (out.length < PIECE) continue;
      await write(out);
      out = "";
    }
  }
  if (out !== "") await write(out);
}
