import type { Viewer } from "../../schemas/policy/viewer.ts";
import { Accounts, Agencies, Meta } from "../storage/collections.ts";
import type { AccountDoc } from "../storage/documents.ts";
import type { Storage } from "../storage/port.ts";
import { viewerOf } from "./viewer-of.ts";

export interface Person {
  readonly account: Omit<AccountDoc, "password">;
  readonly viewer: Viewer;
  /** Counts the writes of the account. */
  readonly rev: number;
}

/** The accounts as one policy revision has them. */
export interface People {
  readonly revision: number;
  /** How late gates have been judged by any process, ms: what had ended by then stays ended, whatever a clock says (design 6). */
  readonly judged: number;
  find(id: string): Promise<Person | undefined>;
}

const MOST = 20_000;

/** Reads the revision with each call, and an account only when the revision moved since it was read last. */
export function makePeople(storage: Storage): () => Promise<People> {
  let known = new Map<string, Person>();
  let knownAt = -1;
  return async () => {
    const counters = new Map(
      (await storage.collection(Meta).getMany(["policy", "judged"])).map(({ id, value }) => [id, Number(value)]),
    );
    const revision = counters.get("policy") ?? 0;
    if (revision !== knownAt) {
      known = new Map();
      knownAt = revision;
    }
    const mine = known;
    return {
      revision,
      judged: counters.get("judged") ?? 0,
      async find(id) {
        const held = mine.get(id);
        if (held !== undefined) return held;
        const found = await storage.collection(Accounts).get(id);
        if (found === undefined) return undefined;
        const { password: _, rev, ...account } = found;
        const agency =
          account.agency === undefined ? undefined : await storage.collection(Agencies).get(account.agency);
        const person = { account, viewer: viewerOf(account, agency), rev };
        if (mine.size < MOST) mine.set(id, person);
        return person;
      },
    };
  };
}
