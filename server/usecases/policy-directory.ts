import type { AgencyReply, AgreementReply } from "../../schemas/api/policy-changes.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { Agencies, AgreementsIn } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";

/** The agreements that somebody who governs may know of: an administrator all, a signer those that the country is a party of. */
export async function agreementsFor(unit: Unit, { role, country }: Viewer): Promise<AgreementReply[]> {
  const held = await unit.collection(AgreementsIn).all({ limit: Number.MAX_SAFE_INTEGER });
  return held
    .filter(({ parties }) => role === "admin" || (country !== undefined && parties.includes(country)))
    .map(({ rev: _, id, parties, purposes, ...rest }) => ({
      agreement: id,
      ...rest,
      parties: [...parties],
      ...(purposes === undefined ? {} : { purposes: [...purposes] }),
    }));
}

/** The agencies of the group: every country signed for each. */
export async function agenciesOf(unit: Unit): Promise<AgencyReply[]> {
  const held = await unit.collection(Agencies).all({ limit: Number.MAX_SAFE_INTEGER });
  return held.map(({ id, name, country, categories, off }) => ({
    ...{ agency: id, name, country, categories: [...categories] },
    ...(off === undefined ? {} : { off }),
  }));
}
