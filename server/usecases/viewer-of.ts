import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { AccountDoc, AgencyDoc } from "../storage/documents.ts";

/** The account as `decide` sees it (policy 2): country and categories are its agency's; a role without an agency may have a country of its own. */
export function viewerOf(account: Omit<AccountDoc, "password">, agency: AgencyDoc | undefined): Viewer {
  const country = agency?.country ?? account.country;
  return {
    id: account.id,
    role: account.role,
    clearance: account.clearance,
    topics: account.topics,
    pii: account.pii,
    active: true,
    ...(account.from !== undefined && { from: account.from }),
    ...(account.until !== undefined && { until: account.until }),
    ...(agency !== undefined && { agency: agency.id, categories: agency.categories }),
    ...(country !== undefined && { country }),
  };
}
