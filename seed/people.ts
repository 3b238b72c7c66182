import { sha256 } from "../server/shared/digest.ts";
import { formatInstant } from "../server/shared/instant.ts";
import type { Moment } from "../server/shared/moment.ts";
import type { AccountDoc, AgencyDoc, ApiKeyDoc } from "../server/storage/documents.ts";
import { KEY_PREFIX } from "../server/usecases/api-keys.ts";
import { makePassword } from "../server/usecases/password.ts";
import type { SeedAccount } from "./shapes.ts";

const DAY = 86_400_000;
const KEY_DAYS = 365;

/** A line of `demo-accounts.json`: all that somebody needs to sign in, and what to expect then. */
export interface DemoAccount {
  readonly username: string;
  readonly password: string;
  readonly apiKey?: string;
  readonly name: string;
  readonly role: string;
  readonly agency?: string;
  readonly country?: string;
  readonly clearance: string;
  readonly topics: readonly string[];
  readonly pii: boolean;
  readonly scope: "read" | "write";
}

export interface MadePeople {
  readonly accounts: readonly AccountDoc[];
  readonly keys: readonly ApiKeyDoc[];
  readonly demo: readonly DemoAccount[];
}

/** Gives each account of the demonstration a random password and each service account a key; only digests go to the store. */
export async function makePeople(parts: {
  readonly accounts: readonly SeedAccount[];
  readonly agencies: readonly AgencyDoc[];
  readonly moment: Moment;
  readonly hashPassword: (password: string, moment: Moment) => Promise<string>;
}): Promise<MadePeople> {
  const { moment, hashPassword } = parts;
  const countries = new Map(parts.agencies.map(({ id, country }) => [id, country]));
  const made = await Promise.all(
    parts.accounts.map(async ({ keyScopes, ...account }) => {
      const password = makePassword(moment);
      const key =
        keyScopes === undefined ? undefined : `${KEY_PREFIX}${Buffer.from(moment.random(32)).toString("base64url")}`;
      const stored: AccountDoc = { ...account, password: await hashPassword(password, moment) };
      const keyDoc: ApiKeyDoc | undefined =
        key === undefined
          ? undefined
          : {
              ...{ id: sha256(key), account: account.id, name: "demonstration", scopes: keyScopes ?? [] },
              ...{ created: formatInstant(moment.now), expires: formatInstant(moment.now + KEY_DAYS * DAY) },
            };
      return { stored, keyDoc, demo: demoLine(account, countries, password, key) };
    }),
  );
  return {
    accounts: made.map(({ stored }) => stored),
    keys: made.flatMap(({ keyDoc }) => keyDoc ?? []),
    demo: made.map(({ demo }) => demo),
  };
}

function demoLine(
  account: Omit<SeedAccount, "keyScopes">,
  countries: ReadonlyMap<string, string>,
  password: string,
  apiKey: string | undefined,
): DemoAccount {
  const { id, name, role, agency, clearance, topics, pii, scope } = account;
  const country = agency === undefined ? account.country : countries.get(agency);
  return {
    ...{ username: id, password },
    ...(apiKey !== undefined && { apiKey }),
    ...{ name, role },
    ...(agency !== undefined && { agency }),
    ...(country !== undefined && { country }),
    ...{ clearance, topics, pii, scope },
  };
}
