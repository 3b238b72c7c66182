import { z } from "zod";

const text = (description: string) => z.string().optional().meta({ description });
const list = (what: string) => text(`${what}; several with commas between, any of them`);

const paging = {
  added_after: text("Only what was added after this instant, RFC 3339 in UTC"),
  limit: text("Most items of the reply, from 1; the server's own most is 5,000"),
  next: text("Goes on where a reply with `more` ended"),
};
const specVersion = { "match[spec_version]": list("Version of STIX") };
const version = { "match[version]": list("`first`, `last`, an instant; or `all` alone") };

/** TAXII 2.1 section 3.4: the filters of objects and manifest. What else is in the query is ignored. */
export const FilterQuery = z.strictObject({
  ...paging,
  "match[id]": list("Id of an object"),
  "match[type]": list("Type of object"),
  ...version,
  ...specVersion,
});
/** Of one object. */
export const ObjectQuery = z.strictObject({ ...paging, ...version, ...specVersion });
/** Of its versions. */
export const VersionsQuery = z.strictObject({ ...paging, ...specVersion });
/** Of a deletion. */
export const DeleteQuery = z.strictObject({ ...version, ...specVersion });

export type Filters = Readonly<z.infer<typeof FilterQuery>>;
