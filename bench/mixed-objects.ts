import { createHash } from "node:crypto";

/** Numbers that look random and are the same in every run: a bench must not measure another bundle each time. */
export function drawn(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WORDS =
  "actor address bridge campaign cluster contract custody deposit domain drained exchange facility fake front funds infrastructure interview invoice laundering lure malware mixer observed operator package payload persona phishing proceeds recruiter relay report sanction server staged swap theft token transfer validator victim wallet withdrawal worker".split(
    " ",
  );
const WALLET = "extension-definition--be78509e-6958-51b1-8b26-d17ee0eba2d7";
/** Ids that a report or a relationship may name. */
const REMEMBERED = 4096;
const AT = "2026-03-01T00:00:00.000Z";

const uuidOf = (name: string): string => {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/**
 * Objects of a large feed without end, as JSON: of a hundred 44 indicators (address, domain or hash), 16 wallets, 10 domain names, 20 relationships, 6 malware, and 4 reports of
 * some pages that name 5 to 40 of the others; each 20,000th is a report that names 4,000. About 700 bytes each.
 */
export function* mixedObjects(seed = 1): Generator<string> {
  const random = drawn(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const words = (n: number): string => Array.from({ length: n }, () => WORDS[below(WORDS.length)]).join(" ");
  const hex = (n: number): string => Array.from({ length: n }, () => below(16).toString(16)).join("");
  const ids: string[] = [];
  const indicators: string[] = [];
  const remember = (list: string[], id: string, n: number): void => {
    if (list.length < REMEMBERED) list.push(id);
    else list[n % REMEMBERED] = id;
  };
  const some = (n: number): string[] => [...new Set(Array.from({ length: n }, () => ids[below(ids.length)] ?? ""))];
  const dated = (type: string, n: number): Record<string, unknown> => ({
    ...{ type, spec_version: "2.1", id: `${type}--${uuidOf(`${seed}/${n}`)}`, created: AT, modified: AT },
  });
  const pattern = (n: number): string => {
    const kind = n % 3;
    if (kind === 0) return `[ipv4-addr:value = '${1 + below(223)}.${below(256)}.${below(256)}.${below(256)}']`;
    if (kind === 1) return `[domain-name:value = '${WORDS[below(WORDS.length)]}-${hex(8)}.example']`;
    return `[file:hashes.'SHA-256' = '${hex(64)}']`;
  };
  const made = (n: number): Record<string, unknown> => {
    if (n % 20_000 === 19_999)
      return { ...dated("report", n), name: words(6), published: AT, object_refs: some(4000), description: words(400) };
    const share = n % 100;
    if (share < 44)
      return {
        ...dated("indicator", n),
        ...{ name: words(4), description: words(12), indicator_types: ["malicious-activity"] },
        ...{ pattern: pattern(n), pattern_type: "stix", valid_from: AT },
      };
    if (share < 60) {
      const value = `0x${hex(40)}`;
      return {
        ...{ type: "cryptocurrency-wallet", spec_version: "2.1", id: `cryptocurrency-wallet--${uuidOf(value)}` },
        ...{ value, extensions: { [WALLET]: { extension_type: "new-sco" } } },
      };
    }
    if (share < 70) {
      const value = `${WORDS[below(WORDS.length)]}-${hex(10)}.example`;
      return { type: "domain-name", spec_version: "2.1", id: `domain-name--${uuidOf(value)}`, value };
    }
    if (share < 90)
      return {
        ...dated("relationship", n),
        ...{ relationship_type: "indicates", description: words(6) },
        ...{ source_ref: indicators[below(indicators.length)], target_ref: ids[below(ids.length)] },
      };
    if (share < 96) return { ...dated("malware", n), name: words(2), is_family: false, description: words(60) };
    const report = { ...dated("report", n), name: words(6), report_types: ["threat-report"], published: AT };
    return { ...report, object_refs: some(5 + below(36)), description: words(500) };
  };
  for (let n = 0; ; n++) {
    const object = made(n);
    if (object.type === "indicator") remember(indicators, String(object.id), n);
    if (object.type !== "relationship" && object.type !== "report") remember(ids, String(object.id), n);
    yield JSON.stringify(object);
  }
}
