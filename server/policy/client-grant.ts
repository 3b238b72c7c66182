import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import { isBefore } from "./dated.ts";
import { normaliseLabel } from "./label-text.ts";
import { tierProblem } from "./tiers.ts";

/** What a sponsor gives one of its clients of what another agency let it read. */
export interface SponsorGrant {
  /** The sponsor, and its country. */
  readonly agency: string;
  readonly country: string;
  readonly client: string;
  readonly until?: string | undefined;
}

const names = ({ agency, country }: SponsorGrant, row: ReleaseRow): boolean =>
  row.agreement !== "PUBLIC" &&
  row.status === "on" &&
  row.countries.includes(country) &&
  (row.agencies === "*" || row.agencies.includes(agency));

/** Is the sponsor let in by a row that is on, whatever else keeps its people out? */
export const namesSponsor = ({ releases }: Label, grant: SponsorGrant): boolean =>
  releases.some((row) => names(grant, row));

const earlier = (row: ReleaseRow, until: string | undefined): ReleaseRow =>
  until === undefined || (row.until !== undefined && isBefore(row.until, until)) ? row : { ...row, until };

/**
 * The label that a copy for the client stands under: the content's own, with the sponsor's rows alone, none later than the grant's end, and the client in place of everybody
 * whom it names. So every gate is asked for the client as for the sponsor's people (policy 4, AMBER). Undefined where nothing can be granted: not AMBER, LES or FIU (no client
 * passes these), no row for the sponsor, or the sponsor's own.
 */
export function grantLabel(label: Label, grant: SponsorGrant): Label | undefined {
  const { agency, client, until } = grant;
  if (label.tlp !== "AMBER" || label.originator === agency || label.grantedBy !== undefined) return undefined;
  if (label.caveats.includes("LES") || label.caveats.includes("FIU")) return undefined;
  const rows = label.releases.filter((row) => names(grant, row));
  if (rows.length === 0) return undefined;
  const { author: _, embargoReaders: __, ...kept } = label;
  const made = normaliseLabel({
    ...kept,
    releases: rows.map((row) => earlier({ ...row, countries: [grant.country] }, until)),
    recipients: [],
    clientGrants: [client],
    namedAs: { [client]: agency },
    grantedBy: agency,
  });
  return tierProblem(made) === undefined ? made : undefined;
}

/** The label of a copy that nobody reads any more. */
export const endedLabel = (label: Label, { agency, client }: Pick<SponsorGrant, "agency" | "client">): Label =>
  normaliseLabel({
    ...{ ...label, tlp: "AMBER", releases: [], fieldRules: [], recipients: [] },
    ...{ clientGrants: [client], namedAs: { [client]: agency }, grantedBy: agency },
  });
