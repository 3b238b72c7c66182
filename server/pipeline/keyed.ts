import type { Problem } from "../shared/fault.ts";
import type { Key, StixJson } from "./steps.ts";

export type Keyed =
  | { readonly key: Key; readonly warnings?: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

export const isRecord = (value: unknown): value is StixJson =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const failed = (code: string, path: string, message: string): Keyed => ({ problems: [{ code, path, message }] });

export const at = (path: string, warnings: readonly Problem[] | undefined): { warnings?: readonly Problem[] } =>
  warnings === undefined || warnings.length === 0
    ? {}
    : { warnings: warnings.map((warning) => ({ ...warning, path })) };

/** Keyed by originator and STIX id: never folds with another's. */
export const alone = (object: StixJson, originator: string): Keyed & { readonly key: Key } => ({
  key: { kind: String(object.type), fold: "alone", text: `${originator}|${String(object.id)}`, values: [] },
});
