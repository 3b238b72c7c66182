import type { Item } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import { decodeUtf8, inflate } from "./decode.ts";
import { inflateStream } from "./inflate-stream.ts";
import { parseJson } from "./parse-json.ts";
import { isObject, stixItem } from "./read-stix.ts";
import { JsonSplitter } from "./split-json.ts";

export const notEnvelope = (found: string): Fault =>
  new Fault("unprocessable", `${found}; a TAXII envelope { "objects": [ … ] } was expected`, {
    code: "input.not_envelope",
  });

/** The objects of an envelope (TAXII 2.1 section 3.7). Members that it does not know are left aside: clients send a whole bundle as one. */
function membersOf(json: unknown): readonly unknown[] {
  if (!isObject(json))
    throw notEnvelope(
      `the body is ${json === null ? "null" : Array.isArray(json) ? "a JSON list" : `only a ${typeof json}`}`,
    );
  if (!Object.hasOwn(json, "objects")) {
    // Nothing at all is an envelope of nothing; an object on its own would be lost without a word.
    if (Object.keys(json).length === 0 || json.type === "bundle") return [];
    throw notEnvelope("the body is a JSON object without objects");
  }
  if (!Array.isArray(json.objects)) throw notEnvelope('the member "objects" is no list');
  const wrong = json.objects.findIndex((member) => !isObject(member));
  if (wrong !== -1) throw notEnvelope(`objects[${wrong}] is no JSON object`);
  return json.objects;
}

/**
 * The objects of a TAXII envelope as they are: STIX 2.1 and nothing else, for `validate` to judge. Faults refuse the whole: those of
 * `readInput` for bytes and JSON, and `input.not_envelope` (422).
 */
export function readEnvelope(input: Uint8Array, inflated: number): Item[] {
  const bytes = inflate(input, inflated);
  return membersOf(parseJson(bytes, decodeUtf8(bytes))).map(stixItem);
}

/** Items of one group: what one transaction holds (design 5). */
const GROUP = 1000;
/** Bytes of the objects after which a group is closed although it has fewer. */
const GROUP_BYTES = 4_194_304;
const startsAsList = (head: Uint8Array): boolean =>
  /^\uFEFF?\s*\[/.test(Buffer.from(head.subarray(0, 1024)).toString());

/**
 * An envelope of any size as `readEnvelope` reads it, in groups of up to 1,000 items, and of fewer where these are large. A fault may come after groups that were handed over: they
 * stay valid. A member that is no object is a problem of its own here, since what came before it is taken already.
 */
export async function* readEnvelopeStream(source: AsyncIterable<Uint8Array>, inflated: number): AsyncGenerator<Item[]> {
  const splitter = new JsonSplitter(["objects"]);
  let waiting: Item[] = [];
  let size = 0;
  let index = 0;
  for await (const piece of inflateStream(source, inflated)) {
    for (const bytes of splitter.push(piece)) {
      if (index === 0 && startsAsList(splitter.before())) throw notEnvelope("the body is a JSON list");
      waiting.push(stixItem(parseJson(bytes, decodeUtf8(bytes)), index++));
      size += bytes.length;
      if (waiting.length < GROUP && size < GROUP_BYTES) continue;
      yield waiting;
      waiting = [];
      size = 0;
    }
  }
  const { around } = splitter.end();
  if (membersOf(parseJson(around, decodeUtf8(around))).length > 0) throw notEnvelope('"objects" is there twice');
  if (waiting.length > 0) yield waiting;
}
