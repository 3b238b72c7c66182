import { parseInstant } from "../shared/instant.ts";

/** Whether the account is in force at that instant, ms: from `from` on, before `until` (policy 3, gate 0). A date that can't be read is not in force. */
export function inForce(
  account: { readonly from?: string | undefined; readonly until?: string | undefined },
  now: number,
): boolean {
  const from = account.from === undefined ? undefined : parseInstant(account.from);
  const until = account.until === undefined ? undefined : parseInstant(account.until);
  if (account.from !== undefined && (from === undefined || now < from.ms)) return false;
  return account.until === undefined || (until !== undefined && now < until.ms);
}
