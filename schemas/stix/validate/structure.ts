/// <reference lib="es2024.string" />
// Node 20 has `isWellFormed` and `toWellFormed`, the library of ES2023 does not.
import { sectionOf } from "./codes.ts";
import { type PathPart, pathText, show } from "./path-text.ts";
import { type Finding, MOST_PROBLEMS } from "./walk.ts";

/** Deeper nesting is refused: nothing in STIX needs it, and every later step walks the tree. */
export const DEEPEST = 64;
/** Values of one object, counted over the whole tree. The largest known (ATT&CK's own collection object) has some 75,000. */
export const MOST_VALUES = 200_000;

const forbidden = (key: string): boolean => key === "__proto__" || key === "constructor" || key === "prototype";

/** From here on a number is written with an exponent: it is a float, and whole only by its size. */
const WRITTEN_WITH_EXPONENT = 1e21;

/** What JSON readers take for the number that was written: beyond 2^53 whole numbers run together (STIX 2.1 section 2.10; RFC 7493 section 2.2). */
const isExact = (value: number): boolean =>
  Number.isFinite(value) &&
  (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= WRITTEN_WITH_EXPONENT);

/** How many values the tree holds, or -1 as soon as something in it is unsound. */
function count(value: unknown, depth: number): number {
  if (typeof value === "string") return value.isWellFormed() ? 1 : -1;
  if (typeof value === "number") return isExact(value) ? 1 : -1;
  if (typeof value === "boolean" || value === null || value === undefined) return 1;
  if (typeof value !== "object" || depth > DEEPEST) return -1;
  let sum = 1;
  if (Array.isArray(value)) {
    for (const item of value) {
      const more = count(item, depth + 1);
      if (more < 0) return -1;
      sum += more;
    }
    return sum;
  }
  for (const key in value) {
    if (forbidden(key) || !key.isWellFormed()) return -1;
    const more = count((value as Record<string, unknown>)[key], depth + 1);
    if (more < 0) return -1;
    sum += more;
  }
  return sum;
}

function* faults(value: unknown, path: readonly PathPart[]): Generator<Finding> {
  const problem = (code: string, message: string, at = path): Finding => ({
    code,
    path: pathText(at),
    message,
    rule: sectionOf(code, "", undefined),
  });
  if (typeof value === "string") {
    if (!value.isWellFormed()) yield problem("stix.text", "holds half of a surrogate pair, which is no character");
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) yield problem("stix.number", "is a number too large to be held");
    else if (!isExact(value))
      yield problem(
        "stix.number",
        "is a whole number beyond ±9007199254740991, which can't be kept to the digit (STIX 2.1, integer): write it as text",
      );
  } else if (typeof value === "object" && value !== null) {
    if (path.length >= DEEPEST) yield problem("stix.depth", `is nested deeper than ${DEEPEST} levels`);
    else if (Array.isArray(value)) for (const [at, item] of value.entries()) yield* faults(item, [...path, at]);
    else {
      for (const key of Object.keys(value)) {
        const inner = [...path, key];
        if (forbidden(key)) yield problem("stix.forbidden_key", `the key ${show(key)} is not accepted`, inner);
        else if (!key.isWellFormed()) yield problem("stix.text", `the key ${show(key)} holds half of a surrogate pair`);
        else yield* faults((value as Record<string, unknown>)[key], inner);
      }
    }
  } else if (typeof value !== "boolean" && value !== null && value !== undefined) {
    yield problem("stix.type", `is a ${typeof value}, which JSON does not have`);
  }
}

/**
 * What makes a tree unsafe to look at any further, whatever it means: forbidden keys, depth, size, text that is no
 * Unicode. Empty if it is sound; at most `MOST_PROBLEMS`.
 */
export function structureProblems(object: object): readonly Finding[] {
  const values = count(object, 1);
  if (values > MOST_VALUES) {
    const message = `has ${values} values; ${MOST_VALUES} are allowed in one object`;
    return [{ code: "stix.too_large", path: "", message, rule: sectionOf("stix.too_large", "", undefined) }];
  }
  if (values >= 0) return [];
  const found: Finding[] = [];
  for (const problem of faults(object, [])) {
    found.push(problem);
    if (found.length >= MOST_PROBLEMS) break;
  }
  return found;
}
