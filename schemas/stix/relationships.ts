/**
 * The relationships that the standard suggests (STIX 2.1 sections 4 and 6, errata 01 appendix B): source type, relationship
 * type, target types. Any other may join any two objects; these should be used where they fit (section 5.1).
 */
const SUGGESTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "attack-pattern": {
    delivers: "malware",
    targets: "identity location vulnerability",
    uses: "malware tool",
  },
  campaign: {
    "attributed-to": "intrusion-set threat-actor",
    compromises: "infrastructure",
    "originates-from": "location",
    targets: "identity location vulnerability",
    uses: "attack-pattern infrastructure malware tool",
  },
  "course-of-action": {
    investigates: "indicator",
    mitigates: "attack-pattern indicator malware tool vulnerability",
    remediates: "malware vulnerability",
  },
  identity: {
    "located-at": "location",
  },
  indicator: {
    indicates: "attack-pattern campaign infrastructure intrusion-set malware threat-actor tool",
    "based-on": "observed-data",
  },
  infrastructure: {
    "communicates-with": "infrastructure ipv4-addr ipv6-addr domain-name url",
    "consists-of": "infrastructure observed-data",
    controls: "infrastructure malware",
    delivers: "malware",
    has: "vulnerability",
    hosts: "tool malware",
    "located-at": "location",
    uses: "infrastructure",
  },
  "intrusion-set": {
    "attributed-to": "threat-actor",
    compromises: "infrastructure",
    hosts: "infrastructure",
    owns: "infrastructure",
    "originates-from": "location",
    targets: "identity location vulnerability",
    uses: "attack-pattern infrastructure malware tool",
  },
  malware: {
    "authored-by": "threat-actor intrusion-set",
    "beacons-to": "infrastructure",
    "exfiltrates-to": "infrastructure",
    "communicates-with": "ipv4-addr ipv6-addr domain-name url",
    controls: "malware",
    downloads: "malware tool file",
    drops: "malware tool file",
    exploits: "vulnerability",
    "originates-from": "location",
    targets: "identity infrastructure location vulnerability",
    uses: "attack-pattern infrastructure malware tool",
    "variant-of": "malware",
  },
  "malware-analysis": {
    characterizes: "malware",
    "av-analysis-of": "malware",
    "static-analysis-of": "malware",
    "dynamic-analysis-of": "malware",
  },
  "threat-actor": {
    "attributed-to": "identity",
    compromises: "infrastructure",
    hosts: "infrastructure",
    owns: "infrastructure",
    impersonates: "identity",
    "located-at": "location",
    targets: "identity location vulnerability",
    uses: "attack-pattern infrastructure malware tool",
  },
  tool: {
    delivers: "malware",
    drops: "malware",
    has: "vulnerability",
    targets: "identity infrastructure location vulnerability",
    uses: "infrastructure",
  },
  "domain-name": {
    "resolves-to": "domain-name ipv4-addr ipv6-addr",
  },
  "ipv4-addr": {
    "resolves-to": "mac-addr",
    "belongs-to": "autonomous-system",
  },
  "ipv6-addr": {
    "resolves-to": "mac-addr",
    "belongs-to": "autonomous-system",
  },
};

const TABLE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(SUGGESTED).flatMap(([source, types]) =>
    Object.entries(types).map(([type, targets]): [string, ReadonlySet<string>] => [
      `${source} ${type}`,
      new Set(targets.split(" ")),
    ]),
  ),
);

/** Between any two objects, the last two of one type (section 3.7). */
const COMMON = new Set(["related-to", "derived-from", "duplicate-of"]);

/** Whether the standard suggests this relationship between objects of these types. */
export function isSuggested(source: string, type: string, target: string): boolean {
  if (COMMON.has(type)) return type === "related-to" || source === target;
  return TABLE.get(`${source} ${type}`)?.has(target) === true;
}
