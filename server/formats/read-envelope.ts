import type { Item } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import { decodeUtf8, inflate } from "./decode.ts";
import { parseJson } from "./parse-json.ts";
import { isObject, stixItem } from "./read-stix.ts";

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
