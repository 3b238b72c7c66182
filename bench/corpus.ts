import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";

export interface Sample {
  readonly id: string;
  readonly text: string;
}

const uuidOf = (name: string): string => {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** Small indicators, each of its own address: about 330 bytes. `run` makes them differ from run to run. */
export function smallIndicators(count: number, run: string): Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `indicator--${uuidOf(`${run}/${i}`)}`;
    const address = `${10 + (i >> 16) + run.length}.${(i >> 8) & 255}.${i & 255}.${1 + (i % 250)}`;
    const text = JSON.stringify({
      type: "indicator",
      spec_version: "2.1",
      id,
      created: "2026-03-01T00:00:00.000Z",
      modified: "2026-03-01T00:00:00.000Z",
      name: `Address ${i} of ${run}`,
      indicator_types: ["malicious-activity"],
      pattern: `[ipv4-addr:value = '${address}']`,
      pattern_type: "stix",
      valid_from: "2026-03-01T00:00:00Z",
    });
    return { id, text };
  });
}

/** The objects of ATT&CK Enterprise, or undefined where the real data is absent. */
export function attackObjects(): Sample[] | undefined {
  const file = resolve(
    process.env.TRICORD_REAL_DATA ?? "../shared/data",
    "attack-enterprise/enterprise-attack-18.1-stix21.json.gz",
  );
  if (!existsSync(file)) return undefined;
  const bundle = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as { objects: { id: string }[] };
  return bundle.objects.map((object) => ({ id: object.id, text: JSON.stringify(object) }));
}
