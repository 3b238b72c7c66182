import { shortestAddress } from "./address.ts";
import { shortestTimestamp } from "./instant.ts";
import type { Constant, Path } from "./tree.ts";

/** The one spelling of a constant (patterning 6): what stix2's equivalence takes for the same. */

/** A fraction as text without exponent, which the grammar does not know. */
function plainFraction(n: number): string {
  const text = String(n);
  const e = text.indexOf("e-");
  if (e === -1) return text;
  const digits = text.slice(0, e).replace("-", "").replace(".", "");
  return `${n < 0 ? "-" : ""}0.${"0".repeat(Number(text.slice(e + 2)) - 1)}${digits}`;
}

/** One text for one number: `1.0` is `1`, `.50` is `0.5`, `-0` is `0`. Whole numbers are exact, whatever their length. */
export function shortestNumber(text: string): string {
  if (!text.includes(".")) return text === "-0" ? "0" : text;
  const n = Number(text);
  if (!Number.isFinite(n)) return text;
  return Number.isInteger(n) ? BigInt(n).toString() : plainFraction(n);
}

const withText = (constant: Constant, text: string): Constant =>
  text === constant.text ? constant : { ...constant, text };

/** Spelling that no property cares about: numbers, fractions of seconds, digits of octets. */
export function plainConstant(constant: Constant): Constant {
  const { kind, text } = constant;
  if (kind === "string" || kind === "boolean") return constant;
  if (kind === "hex") return withText(constant, text.toLowerCase());
  if (kind === "binary") return withText(constant, Buffer.from(text, "base64").toString("base64"));
  if (kind === "timestamp") return withText(constant, shortestTimestamp(text));
  const number = shortestNumber(text);
  const now = number.includes(".") ? "float" : "integer";
  return number === text && kind === now ? constant : { ...constant, kind: now, text: number };
}

const isKey = (path: Path, i: number, name: string): boolean => {
  const step = path.steps[i];
  return step?.kind === "key" && step.name === name;
};

/** Whether the property is one whose case says nothing: the key and the names of values of a registry key. */
const isRegistryName = (path: Path): boolean =>
  path.type === "windows-registry-key" &&
  ((path.steps.length === 1 && isKey(path, 0, "key")) ||
    (path.steps.length === 3 && isKey(path, 0, "values") && path.steps[1]?.kind !== "key" && isKey(path, 2, "name")));

/** A text at a property that has a form of its own: registry keys in lower case, addresses in their shortest form (patterning 6, step 1). */
export function specialConstant(path: Path, constant: Constant): Constant {
  if (constant.kind !== "string") return constant;
  const { type, steps } = path;
  if (type === "ipv4-addr" || type === "ipv6-addr") {
    if (steps.length !== 1 || !isKey(path, 0, "value")) return constant;
    return withText(constant, shortestAddress(type === "ipv4-addr" ? 4 : 6, constant.text));
  }
  return isRegistryName(path) ? withText(constant, constant.text.toLowerCase()) : constant;
}
