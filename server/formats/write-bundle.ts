import type { StixJson } from "../pipeline/steps.ts";

/** Characters of one piece: small enough to stay in bounds, large enough not to pay for each object. */
const PIECE = 65_536;

/**
 * A STIX 2.1 bundle as text, in pieces, one object a line. Marking definitions come among the objects (policy 10). A bundle
 * without objects has no member `objects`, since a list is never empty (STIX 2.1 sections 2.9 and 8).
 */
export async function* writeBundle(objects: AsyncIterable<StixJson>, id: string): AsyncGenerator<string> {
  let waiting = `{"type":"bundle","id":${JSON.stringify(id)}`;
  let first = true;
  for await (const object of objects) {
    waiting += `${first ? ',"objects":[\n' : ",\n"}${JSON.stringify(object)}`;
    first = false;
    if (waiting.length < PIECE) continue;
    yield waiting;
    waiting = "";
  }
  yield `${waiting}${first ? "" : "\n]"}}\n`;
}
