import { MENTION_EXTENSION } from "../../../schemas/stix/mention.ts";
import { keyOf } from "../../../server/pipeline/key.ts";
import type { Item, StixJson } from "../../../server/pipeline/steps.ts";
import { validate } from "../../../server/pipeline/validate.ts";
import { read } from "./support.ts";

/** Events that we wrote: documentation addresses, names of nobody. */
export const uuid = (n: number): string => `5f3c1a00-0000-4000-8000-${String(n).padStart(12, "0")}`;
export const AT = "1775900000";
export const WHEN = "2026-04-11T09:33:20.000Z";
export const ORG = { name: "Example CERT", uuid: uuid(900) };
export type Json = Record<string, unknown>;

export const event = (more: Json = {}): Json => ({
  uuid: uuid(1),
  info: "Wallet drainers",
  date: "2026-04-10",
  timestamp: AT,
  threat_level_id: "1",
  analysis: "2",
  Orgc: ORG,
  ...more,
});
export const attribute = (type: string, value: string, more: Json = {}, n = 10): Json => ({
  uuid: uuid(n),
  type,
  value,
  category: "Network activity",
  to_ids: false,
  timestamp: AT,
  ...more,
});
export const itemsOf = (more: Json): Item[] => read(JSON.stringify({ Event: event(more) })).items;
export const of = (items: readonly Item[], type: string): StixJson[] =>
  items.flatMap((item) => ("object" in item && item.object.type === type ? [item.object] : []));
export const mention = (object: StixJson | undefined): StixJson =>
  ((object?.extensions as StixJson | undefined)?.[MENTION_EXTENSION] ?? {}) as StixJson;
export const valid = (items: readonly Item[]): string[] =>
  items.flatMap((item) => {
    if ("problem" in item) return [];
    const keyed = keyOf(item.object, "US-FBI");
    return [...validate(item.object).errors, ...("problems" in keyed ? keyed.problems : [])].map(
      ({ code, path: at }) => `${String(item.object.type)} ${code} ${at}`,
    );
  });
export const saidOf = (items: readonly Item[], type: string) =>
  items.flatMap((item) => ("object" in item && item.object.type === type ? [item.said ?? {}] : []));
export const codesOf = (items: readonly Item[]): string[] =>
  items.flatMap((item) =>
    "problem" in item ? [`! ${item.problem.code}`] : (item.warnings ?? []).map(({ code }) => code),
  );
