import type { Label, LabelRequest, ReleaseRow } from "../../schemas/policy/label.ts";
import { isBefore } from "./dated.ts";
import { normaliseLabel } from "./label-text.ts";

/** A label as the request that would ask for it: what a person changes to ask for another one. */
export const requestOf = (label: Label): LabelRequest => ({
  tlp: label.tlp,
  classification: label.classification,
  caveats: [...label.caveats],
  topics: [...label.topics],
  recipients: [...label.recipients],
  clientGrants: [...label.clientGrants],
  ...(label.embargoUntil === undefined ? {} : { embargoUntil: label.embargoUntil }),
  ...(label.embargoReaders === undefined ? {} : { embargoReaders: [...label.embargoReaders] }),
  releases: label.releases.map(({ status: _, ...row }) => ({ ...row })),
  fieldRules: label.fieldRules.map((rule) => ({ ...rule })),
});

/** Whether all that a row gives another row, which is on, gives already. */
const within = (row: ReleaseRow, held: ReleaseRow): boolean =>
  held.status === "on" &&
  held.agreement === row.agreement &&
  row.countries.every((country) => held.countries.includes(country)) &&
  (held.agencies === "*" || (row.agencies !== "*" && row.agencies.every((agency) => held.agencies.includes(agency)))) &&
  (held.until === undefined || (row.until !== undefined && !isBefore(held.until, row.until)));

/**
 * A label that was asked for, as it may take the place of one that stands: a row is on only where a row is on that gives as much, and the author and the
 * state stay. With `keepsOff` rows that the asked label has off stay off, as they do for content that nobody has released yet.
 */
export function inPlaceOf(standing: Label, asked: Label, author: string, keepsOff: boolean): Label {
  const releases = asked.releases.map((row): ReleaseRow => {
    const on = standing.releases.some((held) => within(row, held)) && !(keepsOff && row.status === "off");
    return { ...row, status: on ? "on" : "off" };
  });
  return normaliseLabel({ ...asked, releases, author, state: standing.state });
}
