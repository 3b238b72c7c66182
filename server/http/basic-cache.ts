import { keyed } from "../shared/digest.ts";

/** What a name and password were accepted as, and under which state of the account and of the policy. */
export interface Accepted {
  readonly account: string;
  readonly rev: number;
  readonly revision: number;
}

export interface BasicCache {
  find(username: string, password: string, now: number): Accepted | undefined;
  remember(username: string, password: string, accepted: Accepted, now: number): void;
}

const LIFE = 60_000;
const MOST = 5000;

/**
 * Credentials accepted within the last minute, as digests under a key of this process alone, so that each request does not pay for the
 * password hash. Whoever finds an entry compares account and policy revision: a change of either makes it worthless.
 */
export function makeBasicCache(key: Uint8Array): BasicCache {
  const held = new Map<string, Accepted & { readonly until: number }>();
  const digest = (username: string, password: string): string =>
    keyed(key, `${username.length}:${username}${password}`);
  return {
    find(username, password, now) {
      const name = digest(username, password);
      const found = held.get(name);
      if (found === undefined || now < found.until) return found;
      held.delete(name);
      return undefined;
    },
    remember(username, password, accepted, now) {
      const name = digest(username, password);
      held.delete(name);
      held.set(name, { ...accepted, until: now + LIFE });
      const oldest = held.keys().next();
      if (held.size > MOST && oldest.done !== true) held.delete(oldest.value);
    },
  };
}
