import type { AccountDoc } from "../../server/storage/documents.ts";

/** A person of US-CISA who may read and write whatever is open to the agency, besides what the test is about. */
export const person = (id: string, role: AccountDoc["role"], more: Partial<AccountDoc> = {}): AccountDoc => ({
  ...{ id, name: id, role, agency: "US-CISA", clearance: "S", topics: ["*"], pii: true, scope: "write" },
  person: `p-${id}`,
  ...more,
});
