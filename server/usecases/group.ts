import { EXTENSION_AUTHOR } from "../../schemas/stix/extension-author.ts";
import { OWN_EXTENSION_DEFINITIONS } from "../../schemas/stix/own-extensions.ts";
import { PUBLISHED_DEFINITIONS } from "../../schemas/stix/revenue/published-definitions.ts";
import { TLP_2_MARKINGS } from "../../schemas/stix/tlp.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { uuid5, uuidBytes } from "../shared/digest.ts";
import type { Group } from "./render.ts";

/** `created` of all that the group itself authors: the day the working group was announced. One constant, so that nothing moves it (order, consolidated). */
const CREATED = "2023-08-18T00:00:00.000Z";

/** The group by its short name: its identity is the author of shared objects. */
export function groupOf(id: string): Group {
  return {
    id,
    groupIdentity: `identity--${uuid5(uuidBytes("ed6e1c0f-a3c7-4371-a9ff-60e1185a3c4f"), `group|${id}`)}`,
    created: CREATED,
  };
}

/**
 * Objects that everybody who signs in may have by id: the group, the standard TLP markings, our extension definitions and their author, and those of
 * the published types that are used as they are.
 */
export function commonObjects(group: Group): ReadonlyMap<string, StixJson> {
  const identity: StixJson = {
    type: "identity",
    spec_version: "2.1",
    id: group.groupIdentity,
    created: group.created,
    modified: group.created,
    name: `Working group ${group.id}`,
    identity_class: "group",
  };
  return new Map(
    [identity, EXTENSION_AUTHOR, ...TLP_2_MARKINGS, ...OWN_EXTENSION_DEFINITIONS, ...PUBLISHED_DEFINITIONS].map(
      (object) => [String(object.id), object as StixJson],
    ),
  );
}
