import type { Label, LabelRequest, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Role } from "../../schemas/policy/vocabulary.ts";
import { isBefore } from "./dated.ts";
import { normaliseLabel } from "./label-text.ts";
import { inAll } from "./meet.ts";
import { type RowWorld, splitRow } from "./release-rows.ts";
import { rowNeedsSecondPerson } from "./release-rules.ts";

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
  ...(label.countShareable === true ? { countShareable: true } : {}),
});

/** Whether another row names all that a row names, for as long. */
export const rowWithin = (row: ReleaseRow, held: ReleaseRow): boolean =>
  held.agreement === row.agreement &&
  row.countries.every((country) => held.countries.includes(country)) &&
  (held.agencies === "*" || (row.agencies !== "*" && row.agencies.every((agency) => held.agencies.includes(agency)))) &&
  (held.until === undefined || (row.until !== undefined && !isBefore(held.until, row.until)));

export interface InPlace {
  /** The label that stands. */
  readonly standing: Label;
  /** What is asked for in its place, and what came of it, met with the object's own markings and standing orders applied. */
  readonly request: LabelRequest;
  readonly bound: Label;
  readonly author: string;
  readonly agencies: RowWorld["agencies"];
  /** For content that nobody has released yet, by whose poster: rows that need a second person wait for one (triage 3). */
  readonly fresh?: Role;
}

/**
 * The label in the place of one that stands: the rows are those asked for, and one is on only where a row that is on gives as much; author and state stay. `wished`
 * has on what stands nowhere: who gains by it is who would have to be asked.
 */
export function inPlaceOf({ standing, request, bound, author, agencies, fresh }: InPlace): {
  readonly label: Label;
  readonly wished: Label;
} {
  const on = (row: ReleaseRow, list: readonly ReleaseRow[]): boolean =>
    list.some((held) => held.status === "on" && rowWithin(row, held));
  const asked = (request.releases ?? []).flatMap((row) => splitRow(row, "off", agencies));
  const rows = asked.map((row) => {
    const waits = fresh !== undefined && rowNeedsSecondPerson(row, bound, fresh) && !on(row, bound.releases);
    const status = on(row, standing.releases) && !waits ? ("on" as const) : ("off" as const);
    return { row: { ...row, status }, known: standing.releases.some((held) => rowWithin(row, held)) };
  });
  const recipients = inAll([bound.recipients, request.recipients ?? []]);
  // An edit takes nothing out of a quarantine.
  const quarantined = [...(standing.quarantined ?? []), ...(bound.quarantined ?? [])];
  const made = (releases: ReleaseRow[]): Label =>
    normaliseLabel({ ...bound, recipients, releases, author, state: standing.state, quarantined });
  return {
    label: made(rows.map(({ row }) => row)),
    wished: made(rows.map(({ row, known }) => (known ? row : { ...row, status: "on" }))),
  };
}
