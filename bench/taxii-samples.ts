import { randomUUID } from "node:crypto";
import { attackObjects, type Sample } from "./corpus.ts";

let made = 0;

/**
 * Small indicators, about 330 bytes, each of its own address and with a `modified` of its own, some seconds apart: with one date for all, OpenTAXII's query for the
 * last versions picks an index that makes a page grow with the square of the collection, and real collections are not like that.
 */
export function taxiiIndicators(count: number): Sample[] {
  const from = Date.UTC(2024, 0, 1);
  return Array.from({ length: count }, () => {
    const n = made++;
    const id = `indicator--${randomUUID()}`;
    const at = new Date(from + n * 5003).toISOString();
    const text = JSON.stringify({
      type: "indicator",
      spec_version: "2.1",
      id,
      created: at,
      modified: at,
      name: `Address ${n}`,
      indicator_types: ["malicious-activity"],
      pattern: `[ipv4-addr:value = '${20 + (n >> 24)}.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}']`,
      pattern_type: "stix",
      valid_from: at,
    });
    return { id, text };
  });
}

/** The objects of ATT&CK Enterprise that have `modified` (OpenTAXII takes no others), or undefined where the real data is absent. */
export const attackSamples = (): Sample[] | undefined =>
  attackObjects()?.filter(({ text }) => /"modified":/.test(text));

/** The same objects under new ids, so that they can be posted again; references are left as they are. */
export const renewed = (samples: readonly Sample[]): Sample[] =>
  samples.map(({ id, text }) => {
    const fresh = `${id.slice(0, id.indexOf("--"))}--${randomUUID()}`;
    return { id: fresh, text: text.replace(`"id":"${id}"`, `"id":"${fresh}"`) };
  });
