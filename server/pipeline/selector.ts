import { indexOf, selects, stepsOf } from "../../schemas/stix/validate/selectors.ts";
import type { StixJson } from "./steps.ts";

export { selects };

/** Selectors of granular markings and field rules: `description`, `hashes.SHA-256`, `external_references.[0].url` (STIX 2.1, granular markings). */

const isObject = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether what `inner` selects lies in what `outer` selects. */
export const covers = (outer: string, inner: string): boolean => inner === outer || inner.startsWith(`${outer}.`);

/** Takes the selected parts out of a value that is ours to change; what becomes empty goes too (STIX has no empty lists). */
function without(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (paths.some((path) => path.length === 0)) return undefined;
  if (Array.isArray(value)) {
    const kept = value
      .map((item, i) => {
        const mine = paths.filter((path) => indexOf(path[0] ?? "") === i).map((path) => path.slice(1));
        return mine.length === 0 ? item : without(item, mine);
      })
      .filter((item) => item !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  if (!isObject(value)) return value;
  const kept: StixJson = {};
  for (const [name, member] of Object.entries(value)) {
    const mine = paths.filter((path) => path[0] === name).map((path) => path.slice(1));
    const left = mine.length === 0 ? member : without(member, mine);
    if (left !== undefined) kept[name] = left;
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** How a selector reads after earlier members of its lists were cut. */
function shifted(selector: string, cut: readonly string[]): string {
  const steps = stepsOf(selector);
  return steps
    .map((step, at) => {
      const index = indexOf(step);
      if (index === undefined) return step;
      const list = steps.slice(0, at).join(".");
      const before = new Set<number>();
      for (const gone of cut) {
        const last = gone.startsWith(`${list}.`) ? gone.slice(list.length + 1) : "";
        const at = indexOf(last);
        if (at !== undefined && at < index) before.add(at);
      }
      return `[${index - before.size}]`;
    })
    .join(".");
}

/** The object without what the selectors name, its granular markings on cut paths gone too (design: tiers). The input is not changed. */
export function cutObject(object: StixJson, cut: readonly string[]): StixJson {
  const granular = object.granular_markings;
  const { granular_markings: _granular, ...rest } = object;
  const left = (without(rest, cut.map(stepsOf)) ?? {}) as StixJson;
  if (!Array.isArray(granular) || cut.includes("granular_markings")) return left;
  const markings = granular.flatMap((marking: StixJson) => {
    const selectors = (Array.isArray(marking.selectors) ? (marking.selectors as string[]) : [])
      .filter((selector) => !cut.some((gone) => covers(gone, selector)))
      .map((selector) => shifted(selector, cut));
    return selectors.length === 0 ? [] : [{ ...marking, selectors }];
  });
  return markings.length === 0 ? left : { ...left, granular_markings: markings };
}
