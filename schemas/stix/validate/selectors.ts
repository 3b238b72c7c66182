/** Selectors of granular markings: `description`, `hashes.SHA-256`, `external_references.[0].url` (STIX 2.1 section 7.2.3). */

const INDEX = /^\[(?:0|[1-9]\d{0,5})\]$/;
const NAME = /^[A-Za-z0-9_-]{1,250}$/;

/** The index that a component names. */
export const indexOf = (step: string): number | undefined => (INDEX.test(step) ? Number(step.slice(1, -1)) : undefined);

export const stepsOf = (selector: string): string[] => selector.split(".");

/** Longer selects nothing that could be there, and costs time. */
const LONGEST = 10_000;

/** Components joined by dots, each a name or an index, a name first. */
export function isSelector(selector: string): boolean {
  if (selector.length > LONGEST) return false;
  return stepsOf(selector).every((step, at) => NAME.test(step) || (at > 0 && INDEX.test(step)));
}

const stepInto = (value: unknown, step: string): unknown => {
  if (Array.isArray(value)) {
    const index = indexOf(step);
    return index === undefined ? undefined : value[index];
  }
  return typeof value === "object" && value !== null && Object.hasOwn(value, step)
    ? (value as Record<string, unknown>)[step]
    : undefined;
};

/** Whether the selector points at something in the object. */
export const selects = (object: object, selector: string): boolean =>
  stepsOf(selector).reduce<unknown>((value, step) => stepInto(value, step), object) !== undefined;
