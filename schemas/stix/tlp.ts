import { TLP, type Tlp } from "../policy/vocabulary.ts";
import type { MarkingDefinition } from "./meta.ts";

/** TLP 1 (STIX 2.1 section 7.2.1.4) and TLP 2.0 markings have fixed ids; anything else that says it is TLP is not. */

export const TLP_2_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/** The marking definition of each TLP 2.0 level. */
export const TLP_2_IDS = {
  CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
  GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
  AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
  "AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
  RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
} as const satisfies Record<Tlp, string>;

/** TLP 1; WHITE has the meaning of CLEAR (policy 4). */
export const TLP_1_IDS = {
  white: "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
  green: "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
  amber: "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
  red: "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
} as const;

/** AMBER+STRICT as OpenCTI writes it in the manner of TLP 1, under an id that all its copies share. */
const OTHER_AMBER_STRICT = "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37";

const LEVELS: ReadonlyMap<string, Tlp> = new Map<string, Tlp>([
  ...TLP.map((level) => [TLP_2_IDS[level], level] as const),
  [TLP_1_IDS.white, "CLEAR"],
  [TLP_1_IDS.green, "GREEN"],
  [TLP_1_IDS.amber, "AMBER"],
  [TLP_1_IDS.red, "RED"],
  [OTHER_AMBER_STRICT, "AMBER+STRICT"],
]);

/** The level that a marking's id stands for, TLP 1 or 2.0; `undefined` if it is no TLP marking. */
export const tlpOfMarking = (id: string): Tlp | undefined => LEVELS.get(id);
export const tlpMarkingId = (level: Tlp): string => TLP_2_IDS[level];

const tlpMarking = (level: Tlp): MarkingDefinition => ({
  type: "marking-definition",
  spec_version: "2.1",
  id: TLP_2_IDS[level],
  created: "2022-10-01T00:00:00.000Z",
  name: `TLP:${level}`,
  extensions: { [TLP_2_EXTENSION]: { extension_type: "property-extension", tlp_2_0: level.toLowerCase() } },
});

/** The five TLP 2.0 marking definitions, as published, loosest first. */
export const TLP_2_MARKINGS: readonly MarkingDefinition[] = TLP.map(tlpMarking);

const firstTlpMarking = (level: keyof typeof TLP_1_IDS): MarkingDefinition => ({
  type: "marking-definition",
  spec_version: "2.1",
  id: TLP_1_IDS[level],
  created: "2017-01-20T00:00:00.000Z",
  name: `TLP:${level.toUpperCase()}`,
  definition_type: "tlp",
  definition: { tlp: level },
});

/** The four TLP 1 marking definitions, as published, loosest first. */
export const TLP_1_MARKINGS: readonly MarkingDefinition[] = (["white", "green", "amber", "red"] as const).map(
  firstTlpMarking,
);

interface Marking {
  readonly definition_type?: unknown;
  readonly definition?: unknown;
  readonly extensions?: unknown;
  readonly x_opencti_definition?: unknown;
}

const textIn = (value: unknown, key: string): string | undefined => {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  const found: unknown = (value as Record<string, unknown>)[key];
  return typeof found === "string" ? found.toLowerCase() : undefined;
};

/** The level that a marking definition says, in lower case, by TLP 1 or TLP 2.0; `undefined` if it says none. */
export function saidTlp({ definition_type: type, definition, extensions }: Marking): string | undefined {
  const second =
    typeof extensions === "object" && extensions !== null
      ? textIn((extensions as Record<string, unknown>)[TLP_2_EXTENSION], "tlp_2_0")
      : undefined;
  return second ?? (type === "tlp" ? textIn(definition, "tlp") : undefined);
}

const LEVEL = /^tlp:(\S{1,20})$/;

/**
 * The same, and the level that OpenCTI puts beside a statement that states nothing, or into a definition of a type of its own:
 * what a sender means by it is no less than what the standard can say.
 */
export function claimedTlp(marking: Marking): string | undefined {
  const said = saidTlp(marking);
  if (said !== undefined) return said;
  const beside = textIn(marking, "x_opencti_definition") ?? textIn(marking.definition, "TLP");
  return beside === undefined ? undefined : LEVEL.exec(beside)?.[1];
}
