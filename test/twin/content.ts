import { createHash } from "node:crypto";
import type { StixJson } from "../../server/pipeline/steps.ts";

/** What the worlds hold: few values and ids, so that visible and hidden content meets often. */

/** Chooses by numbers that the generator drew, over and over: the same numbers make the same story. */
export class Dice {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(limit: number): number {
    const drawn = this.#numbers[this.#at % this.#numbers.length] ?? 0;
    this.#at += 1;
    return (drawn + 7 * Math.floor(this.#at / (this.#numbers.length + 1))) % limit;
  }

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.below(from.length)];
    if (chosen === undefined) throw new Error("nothing to pick from");
    return chosen;
  }

  /** True once in `of`. */
  once(of: number): boolean {
    return this.below(of) === 0;
  }
}

export const uuidOf = (name: string): string => {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** Observables as kind and value; the last of each kind is said by hidden content only. */
export const VALUES: readonly (readonly [kind: string, value: string])[] = [
  ["ipv4-addr", "192.0.2.7"],
  ["ipv4-addr", "198.51.100.20"],
  ["domain-name", "login.example.net"],
  ["url", "https://files.example.net/a?b=1"],
  ["file", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["cryptocurrency-wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"],
  ["email-addr", "recruiter@example.org"],
];
/** Values that no visible post states. */
export const DARK_VALUES: readonly (readonly [kind: string, value: string])[] = [
  ["ipv4-addr", "203.0.113.99"],
  ["domain-name", "hidden.example.com"],
];

const NAMED = ["malware", "threat-actor", "identity", "tool"] as const;
/** Ids that anybody may use. */
const OPEN = NAMED.flatMap((type) => [0, 1].map((n) => `${type}--${uuidOf(`open ${type} ${n}`)}`));
/** Ids under which nothing is ever visible, and to which hidden edges and lists refer. */
export const DARK = ["malware", "identity"].flatMap((type) =>
  [0, 1].map((n) => `${type}--${uuidOf(`dark ${type} ${n}`)}`),
);
/** Ids of hidden objects that nothing refers to: whoever posts under one learns nothing of references to it. */
export const DARK_ALONE = ["malware", "identity"].map((type) => `${type}--${uuidOf(`alone ${type}`)}`);
const EDGES = [0, 1, 2].map((n) => `relationship--${uuidOf(`edge ${n}`)}`);
const SIGHTINGS = [0, 1].map((n) => `sighting--${uuidOf(`sighting ${n}`)}`);
const REPORTS = [0, 1].map((n) => `report--${uuidOf(`report ${n}`)}`);
const INDICATORS = [0, 1, 2].map((n) => `indicator--${uuidOf(`indicator ${n}`)}`);
const MARKINGS = [0, 1].map((n) => `marking-definition--${uuidOf(`marking ${n}`)}`);
export const DARK_MARKING = `marking-definition--${uuidOf("dark marking")}`;

const senderId = ([kind, value]: readonly [string, string], n: number): string =>
  `${kind}--${uuidOf(`${value} of sender ${n}`)}`;
/** Every sender's id there can be. */
export const SENDER_IDS: readonly string[] = [
  ...[...OPEN, ...DARK, ...DARK_ALONE, ...EDGES, ...SIGHTINGS, ...REPORTS, ...INDICATORS, ...MARKINGS, DARK_MARKING],
  ...[...VALUES, ...DARK_VALUES].flatMap((value) => [0, 1].map((n) => senderId(value, n))),
];

const CREATED = "2026-03-01T00:00:00.000Z";

/** What an object is made of besides the dice: its version's place in time, and words that tell one maker from another. */
export interface Making {
  /** A number of its own for each step: no two steps make the same version, so that none is refused for the other's sake. */
  readonly step: number;
  readonly words: string;
  /** Hidden makers say hidden things, too. */
  readonly dark: boolean;
}

const versionOf = (dice: Dice, step: number): string =>
  `2026-03-0${2 + dice.below(4)}T${String(Math.floor(step / 60)).padStart(2, "0")}:${String(step % 60).padStart(2, "0")}:00.000Z`;

const versioned = (id: string, dice: Dice, { step }: Making): StixJson => ({
  ...{ type: id.slice(0, id.indexOf("--")), spec_version: "2.1", id },
  ...{ created: CREATED, modified: versionOf(dice, step) },
});

const ofValue = ([kind, value]: readonly [string, string]): StixJson =>
  kind === "file" ? { hashes: { "SHA-256": value } } : { value };
const PATTERN_PATH: Readonly<Record<string, string>> = { file: "file:hashes.'SHA-256'" };
export const patternOf = ([kind, value]: readonly [string, string]): string =>
  `[${PATTERN_PATH[kind] ?? `${kind}:value`} = '${value}']`;

export function observable(value: readonly [string, string], dice: Dice, { words, step }: Making): StixJson {
  const id = senderId(value, dice.below(2));
  const note = dice.once(2) ? { x_note: `${words} ${step}` } : {};
  return { type: value[0], spec_version: "2.1", id, ...ofValue(value), ...note };
}

const named = (id: string, dice: Dice, making: Making): StixJson => ({
  ...versioned(id, dice, making),
  name: `${id.slice(0, id.indexOf("--"))} ${dice.below(3)}`,
  ...(id.startsWith("malware") ? { is_family: false } : {}),
  ...(id.startsWith("identity") ? { identity_class: "organization" } : {}),
  ...(dice.once(2) ? { description: `${making.words} writes ${making.step}` } : {}),
  ...(dice.once(4) ? { confidence: 10 * dice.below(10) } : {}),
});

/** Ids that an edge may end at: senders' and, for values, the standard's, which the worlds' use under a consolidated view. */
const ends = (dice: Dice, dark: boolean): string => {
  if (dark && dice.once(2)) return dice.pick(DARK);
  return dice.once(3) ? senderId(dice.pick(VALUES), dice.below(2)) : dice.pick(OPEN);
};

/** One object of any kind there is a rule for. */
export function anyObject(dice: Dice, making: Making): StixJson {
  const { dark, words, step } = making;
  switch (dice.below(9)) {
    case 0:
    case 1:
    case 2:
      return observable(dice.pick(dark && dice.once(2) ? DARK_VALUES : VALUES), dice, making);
    case 3:
    case 4: {
      const value = dice.pick(dark && dice.once(3) ? DARK_VALUES : VALUES);
      return {
        ...versioned(dice.pick(INDICATORS), dice, making),
        ...{ name: `${words} on ${value[0]}`, pattern: patternOf(value), pattern_type: "stix", valid_from: CREATED },
        ...(dice.once(3) ? { description: `seen by ${words} in ${step}` } : {}),
      };
    }
    case 5:
      return named(dark && dice.once(2) ? dice.pick([...DARK, ...DARK_ALONE]) : dice.pick(OPEN), dice, making);
    case 6:
      return {
        ...versioned(dice.pick(EDGES), dice, making),
        ...{ relationship_type: "related-to", source_ref: ends(dice, dark), target_ref: ends(dice, dark) },
      };
    case 7:
      return {
        ...versioned(dice.pick(SIGHTINGS), dice, making),
        ...{
          sighting_of_ref: dice.pick(OPEN),
          where_sighted_refs: [OPEN[4] ?? "", ...(dark ? DARK.slice(2) : [])],
          count: 1 + dice.below(9),
        },
      };
    default:
      return report(dice, making, dark ? DARK : []);
  }
}

/** A report that lists some of what there may be, and these besides. */
export function report(dice: Dice, making: Making, besides: readonly string[]): StixJson {
  const listed = [dice.pick(OPEN), dice.pick(INDICATORS), dice.pick(EDGES), senderId(dice.pick(VALUES), 0), ...besides];
  return {
    ...versioned(dice.pick(REPORTS), dice, making),
    ...{ name: `Report of ${making.words}`, published: CREATED, object_refs: [...new Set(listed)] },
  };
}

/** A tool under an id of its own: for what is released by itself. */
export const single = (name: string, { words, step }: Making, more: StixJson = {}): StixJson => ({
  ...{
    type: "tool",
    spec_version: "2.1",
    id: `tool--${uuidOf(name)}`,
    created: CREATED,
    modified: "2026-03-02T00:00:00.000Z",
  },
  ...{ name: `tool of ${words} in ${step}`, ...more },
});

/** A marking definition that claims a level, as some senders make them. */
export const claimedMarking = (id: string, tlp: string): StixJson => ({
  ...{ type: "marking-definition", spec_version: "2.1", id, created: CREATED },
  ...{ name: "house marking", definition_type: "tlp", definition: { tlp } },
});

export const edge = (id: string, source: string, target: string, dice: Dice, making: Making): StixJson => ({
  ...versioned(id, dice, making),
  ...{ relationship_type: "uses", source_ref: source, target_ref: target },
});
export const INDICATORS_FOR_VIEWER = `indicator--${uuidOf("of the viewer")}`;
export { EDGES, MARKINGS, OPEN, REPORTS };
