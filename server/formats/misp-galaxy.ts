import type { StixJson } from "../pipeline/steps.ts";
import { uuid5, uuidBytes } from "../shared/digest.ts";
import { formatInstant } from "../shared/instant.ts";
import { isJson, isSet, type Json, listOf, member, textOf, uuidOf } from "./misp-event.ts";

/** Namespace of ids that are made here, of what MISP gives no UUID. */
export const MISP_NAMESPACE = uuidBytes("9b0c6f0a-52b5-4e0a-8a51-5a2f8f0c3d11");

/** Which STIX type the clusters of a galaxy are, by the galaxy's name: the first that fits. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/intrusion-set|(?:^|-)groups?$/, "intrusion-set"],
  [/threat-actor|activity-group/, "threat-actor"],
  [/attack-pattern|technique/, "attack-pattern"],
  [/course-of-action|mitigation/, "course-of-action"],
  [/campaign/, "campaign"],
  [/vulnerability/, "vulnerability"],
  [/^(?:tool|exploit-kit|tds)$|-tool$|-software$/, "tool"],
  [/malware|malpedia|ransomware|botnet|banker|backdoor|stealer|cryptominers|^rat$|^android$/, "malware"],
];
const typeOf = (galaxy: string): string | undefined => TYPES.find(([name]) => name.test(galaxy.slice(0, 100)))?.[1];
const HAS_ALIASES = new Set(["intrusion-set", "threat-actor", "attack-pattern", "campaign", "malware", "tool"]);

/** `Spearphishing Attachment - T1566.001`. */
function nameOf(value: string): { readonly name: string; readonly reference?: StixJson } {
  const at = value.lastIndexOf(" - ");
  const id = at < 0 ? "" : value.slice(at + 3);
  if (!/^[A-Z]{1,3}\d{4}(?:\.\d{3})?$/.test(id)) return { name: value };
  return { name: value.slice(0, at), reference: { source_name: "mitre-attack", external_id: id } };
}

const textsOf = (json: unknown, name: string): string[] => {
  const value = isJson(json) ? member(json, name) : undefined;
  const list = Array.isArray(value) ? value : [value];
  return list.filter((one): one is string => typeof one === "string" && one.trim() !== "");
};

function clusterObject(type: string, uuid: string, value: string, cluster: Json): StixJson {
  const meta = member(cluster, "meta");
  const { name, reference } = nameOf(value);
  const aliases = HAS_ALIASES.has(type) ? [...new Set(textsOf(meta, "synonyms"))].filter((one) => one !== name) : [];
  const references = [
    ...(reference === undefined ? [] : [reference]),
    ...textsOf(meta, "refs").map((url) => ({ source_name: "misp-galaxy", url })),
  ];
  const version = Number(/^\d{1,9}$/.exec(textOf(cluster, "version") ?? "")?.[0] ?? 0);
  const description = textOf(cluster, "description");
  return {
    type,
    spec_version: "2.1",
    id: `${type}--${uuid}`,
    // A cluster has a number of its version and no dates: as milliseconds since 1970 the order of versions is right.
    created: formatInstant(0),
    modified: formatInstant(version),
    name,
    ...(description === undefined ? {} : { description }),
    ...(type === "malware" ? { is_family: true } : {}),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(references.length === 0 ? {} : { external_references: references }),
  };
}

export interface Cluster {
  readonly object: StixJson;
  /** As MISP has it: for its distribution. */
  readonly json: Json;
}
export interface Clusters {
  readonly clusters: readonly Cluster[];
  /** Tags of galaxies that are no kind of STIX object: labels. */
  readonly labels: readonly string[];
  readonly local: number;
}

/** The clusters that an event, object or attribute is tagged with, by their own data or, where there is none (a feed's file), by the tags alone. */
export function clustersOf(json: Json, tags: readonly string[]): Clusters {
  const clusters: Cluster[] = [];
  const labels: string[] = [];
  const seen = new Set<string>();
  let local = 0;
  for (const galaxy of listOf(json, "Galaxy")) {
    for (const cluster of listOf(galaxy, "GalaxyCluster")) {
      const value = textOf(cluster, "value");
      if (value === undefined || isSet(cluster, "deleted")) continue;
      const kind = textOf(galaxy, "type") ?? textOf(cluster, "type") ?? "";
      const tag = textOf(cluster, "tag_name") ?? `misp-galaxy:${kind}="${value}"`;
      seen.add(tag);
      const type = typeOf(kind);
      if (isSet(cluster, "local")) local++;
      else if (type === undefined) labels.push(tag);
      else {
        const uuid = uuidOf(cluster) ?? uuid5(MISP_NAMESPACE, `cluster|${tag}`);
        clusters.push({ object: clusterObject(type, uuid, value, cluster), json: cluster });
      }
    }
  }
  for (const tag of tags) {
    if (seen.has(tag)) continue;
    seen.add(tag);
    const [, kind, value] = /^misp-galaxy:([a-z0-9-]{1,80})="([^"]{1,300})"$/.exec(tag) ?? [];
    const type = kind === undefined ? undefined : typeOf(kind);
    if (type === undefined || value === undefined) labels.push(tag);
    else clusters.push({ object: clusterObject(type, uuid5(MISP_NAMESPACE, `cluster|${tag}`), value, {}), json: {} });
  }
  return { clusters, labels, local };
}
