import { createHash } from "node:crypto";
import type { Express } from "express";
import { authRoutes } from "../../server/http/api/auth.ts";
import { docsRoutes } from "../../server/http/api/docs.ts";
import { operationsRoutes } from "../../server/http/api/operations.ts";
import { makeAuthenticate } from "../../server/http/authenticate.ts";
import { type LimitSettings, makeLimits } from "../../server/http/limits.ts";
import { openapiText } from "../../server/http/openapi.ts";
import type { Route } from "../../server/http/route.ts";
import { makeApp } from "../../server/http/router.ts";
import { deriveKeys, type Keys } from "../../server/keys.ts";
import { type Log, makeLog } from "../../server/shared/log.ts";
import type { Moments } from "../../server/shared/moment.ts";
import { Agencies, Audit } from "../../server/storage/collections.ts";
import type { Storage } from "../../server/storage/port.ts";
import type { NewAccount } from "../../server/usecases/accounts.ts";
import { makeAuditStream } from "../../server/usecases/append-audit.ts";
import { type Identity, makeIdentity } from "../../server/usecases/identity.ts";
import { openTemporary } from "./temporary-store.ts";

/** A clock that the test sets and chance that repeats: each world of tests is the same one. */
export interface TestWorld {
  now: number;
  readonly moments: Moments;
}

export function testWorld(seed = "test"): TestWorld {
  let drawn = 0;
  const world: TestWorld = {
    now: Date.UTC(2026, 3, 11, 9, 30),
    moments: () => ({
      now: world.now,
      random: (bytes) => {
        drawn++;
        const pieces = Array.from({ length: Math.ceil(bytes / 32) }, (_, i) =>
          createHash("sha256").update(`${seed}/${drawn}/${i}`).digest(),
        );
        return new Uint8Array(Buffer.concat(pieces).subarray(0, bytes));
      },
    }),
  };
  return world;
}

export const PASSWORD = "correct horse battery";

export interface TemporaryApp {
  readonly app: Express;
  readonly storage: Storage;
  readonly identity: Identity;
  readonly world: TestWorld;
  readonly keys: Keys;
  readonly routes: readonly Route[];
  /** An analyst of JP-NPA with `PASSWORD`, but for what is said. */
  account(account: Partial<NewAccount> & { id: string }): Promise<void>;
  close(): Promise<void>;
}

/** The spine over a store of its own: sign-in, documents, operations, and the test's own routes. */
export async function temporaryApp(
  options: { routes?: readonly Route[]; limits?: Partial<LimitSettings>; log?: Log } = {},
): Promise<TemporaryApp> {
  const storage = await openTemporary();
  const world = testWorld();
  const keys = deriveKeys(world.moments().random(32));
  const audit = makeAuditStream({ storage, collection: Audit, moment: world.moments() });
  const identity = makeIdentity({ storage, audit, tokenKey: keys.jwt });
  const limits = makeLimits({ perMinute: 6000, signInFailuresPerMinute: 1000, ...options.limits });
  const routes: Route[] = [
    ...authRoutes({ ...identity, limits }),
    ...operationsRoutes({ notReady: async () => undefined }),
    ...docsRoutes({ document: () => openapiText(routes) }),
    ...(options.routes ?? []),
  ];
  const { checkPassword } = identity;
  const authenticate = makeAuthenticate({
    ...{ storage, tokenKey: keys.jwt, checkPassword, limits },
    moment: world.moments(),
  });
  const log = options.log ?? makeLog("silent");
  const app = makeApp({ routes, authenticate, moments: world.moments, log, jsonLimit: 100_000 });
  await storage.collection(Agencies).insert([
    { id: "JP-NPA", name: "National Police Agency", country: "JPN", categories: ["LE"] },
    { id: "US-CISA", name: "Cybersecurity and Infrastructure Security Agency", country: "USA", categories: ["CERT"] },
  ]);
  return {
    ...{ app, storage, identity, world, keys, routes },
    account: ({ id, ...rest }) => {
      const role = rest.role ?? "analyst";
      const place = role === "admin" || role === "auditor" || role === "public" ? {} : { agency: "JP-NPA" };
      return identity.accounts.create(
        {
          ...{
            id,
            name: id,
            role,
            ...place,
            clearance: "U",
            topics: [],
            pii: false,
            scope: "write",
            password: PASSWORD,
          },
          ...rest,
        },
        "operator",
        world.moments(),
      );
    },
    close: () => storage.close(),
  };
}
