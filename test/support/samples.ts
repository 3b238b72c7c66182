import { createHash } from "node:crypto";
import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";

/** Made-up content for tests: ids follow from names, so that a failure can be read and repeated. */

export const sampleUuid = (name: string): string => {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const DAY = "2026-03-01T00:00:00.000Z";

/** A tool: it never merges, so that what one reader sees of it is what its sender sent. */
export const tool = (name: string, more: StixJson = {}): StixJson & { readonly id: string } => ({
  ...{ type: "tool", spec_version: "2.1", id: `tool--${sampleUuid(name)}` },
  ...{ created: DAY, modified: DAY, name },
  ...more,
});

/** An indicator of one value, by its pattern. */
export const indicator = (name: string, pattern: string, more: StixJson = {}): StixJson & { readonly id: string } => ({
  ...{ type: "indicator", spec_version: "2.1", id: `indicator--${sampleUuid(name)}` },
  ...{ created: DAY, modified: DAY, name, pattern, pattern_type: "stix", valid_from: DAY },
  ...more,
});

export const bundle = (...objects: readonly (StixJson | null)[]): StixJson => ({
  type: "bundle",
  id: `bundle--${sampleUuid(JSON.stringify(objects.map((object) => object?.id)))}`,
  objects,
});

/** A release row of a label request. */
export const row = (
  agreement: string,
  countries: readonly string[],
  agencies: "*" | readonly string[] = "*",
): NonNullable<LabelRequest["releases"]>[number] => ({
  agreement,
  countries: [...countries],
  agencies: agencies === "*" ? agencies : [...agencies],
});

export const TRI = row("TRI", ["JPN", "KOR", "USA"]);
