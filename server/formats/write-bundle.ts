import type { StixJson } from "../pipeline/steps.ts";
import { tlpText } from "./write-record.ts";
import { type ExportStamp, type Framing, relTo, stampLines } from "./write-stamp.ts";

/** Objects of a bundle as text, one a line, each with the comma before it: the stamp stands first. */
export async function* bundleLines(objects: AsyncIterable<StixJson>): AsyncGenerator<string> {
  for await (const object of objects) yield `,${JSON.stringify(object)}\n`;
}

/**
 * A STIX 2.1 bundle round its objects: the stamp as a statement marking is the first object (policy 10), and the closing brackets
 * say that nothing is missing. `marking` and `bundle` are their ids, `author` the group's identity.
 */
export const bundleFraming = (ids: {
  readonly bundle: string;
  readonly marking: string;
  readonly author: string;
}): Framing => ({
  head: (stamp: ExportStamp) => {
    const marking = {
      type: "marking-definition",
      spec_version: "2.1",
      id: ids.marking,
      created_by_ref: ids.author,
      created: stamp.at,
      name: `${tlpText(stamp.banner.tlp)} ${relTo(stamp.banner)}, export ${stamp.serial}`,
      definition_type: "statement",
      definition: { statement: stampLines(stamp).join("\n") },
    };
    return `{"type":"bundle","id":${JSON.stringify(ids.bundle)},"objects":[${JSON.stringify(marking)}\n`;
  },
  tail: () => "]}\n",
});
