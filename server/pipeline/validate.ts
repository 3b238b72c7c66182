import { TLP } from "../../schemas/policy/vocabulary.ts";
import { claimedTlp, tlpOfMarking } from "../../schemas/stix/tlp.ts";

import { checkObject } from "../../schemas/stix/validate/check-object.ts";
import { codeOf } from "../../schemas/stix/validate/codes.ts";
import { repair } from "../../schemas/stix/validate/repair.ts";
import type { Finding } from "../../schemas/stix/validate/walk.ts";
import type { Problem } from "../shared/fault.ts";
import { KNOWN } from "./known-beyond.ts";
import type { StixJson, Validated } from "./steps.ts";

const NONE: readonly Problem[] = Object.freeze([]);
const bare = ({ code, path, message }: Problem): Problem => ({ code, path, message });
const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const LEVELS: ReadonlySet<string> = new Set(["white", ...TLP.map((level) => level.toLowerCase())]);

/**
 * TLP under an id of the sender's own: what it says is honoured as a label, as long as that is a level which there is. One
 * under the id of another level says two things, and is refused.
 */
const isReadableTlp = ({ code }: Finding, object: StixJson): boolean => {
  if (code !== "stix.tlp") return false;
  const claimed = claimedTlp(object) ?? "";
  const level = tlpOfMarking(String(object.id))?.toLowerCase();
  return LEVELS.has(claimed) && (level === undefined || level === claimed);
};

/** Errors that refuse an object, and those that feeds in use have and that do no harm. */
function sortOut(object: StixJson, errors: readonly Finding[]): { refused: Problem[]; tolerated: Problem[] } {
  const sorted: { refused: Problem[]; tolerated: Problem[] } = { refused: [], tolerated: [] };
  for (const error of errors) {
    const passes = codeOf(error.code).intake !== "refuse" || isReadableTlp(error, object);
    sorted[passes ? "tolerated" : "refused"].push(bare(error));
  }
  return sorted;
}

/** Which warnings a sender hears of: of what its pattern can never match, and of slips that change what is found. */
const isTold = (code: string): boolean =>
  code.startsWith("pattern.") || (codeOf(code).level === "should" && codeOf(code).intake === "warn");

/** Putting one thing right can show the next; a fault has no more layers than this. */
const MOST_ROUNDS = 3;

/**
 * Whether a JSON value can be taken in as an object of STIX 2.1 with errata 01, by the rules of `checkObject`: common faults of
 * producers are repaired, and what does no harm is passed, each with a warning. Gives the very object back, or a repaired copy.
 * Never throws, changes nothing, and reports all errors up to fifty.
 */
export function validate(input: unknown): Validated {
  let checked = checkObject(input, KNOWN);
  if (!isObject(input)) return { errors: checked.errors.map(bare), warnings: NONE };
  // Of an object of STIX 2.0 it is enough to say so: what else 2.1 asks of it, lifting gives it.
  const older = checked.errors.find(({ code }) => code === "stix.version_2_0");
  if (older !== undefined) return { errors: [bare(older)], warnings: NONE };
  let object = input;
  const repairs: Problem[] = [];
  for (let round = 0; round < MOST_ROUNDS && checked.errors.length > 0; round++) {
    const repaired = repair(object, checked.errors, checked.places);
    if (repaired === undefined) break;
    object = repaired.object;
    repairs.push(...repaired.warnings);
    checked = checkObject(object, KNOWN);
  }
  const { refused, tolerated } = sortOut(object, checked.errors);
  if (refused.length > 0) return { errors: refused, warnings: NONE };
  const slips = checked.warnings.filter(({ code }) => isTold(code)).map(bare);
  const warnings = [...repairs, ...tolerated, ...slips];
  return { object, errors: NONE, warnings: warnings.length === 0 ? NONE : warnings };
}
