import type { Express } from "express";
import { REGISTRY } from "../schemas/registry.ts";
import {
  type Core,
  composeContent,
  composeDeconfliction,
  composeMine,
  composeOrders,
  composeQuarantine,
  composeReleases,
  composeReplays,
  composeTriage,
} from "./compose.ts";
import { accountRoutes } from "./http/api/accounts.ts";
import { audienceRoutes } from "./http/api/audience.ts";
import { authRoutes } from "./http/api/auth.ts";
import { columnMapRoutes } from "./http/api/column-maps.ts";
import { deconflictionRoutes } from "./http/api/deconfliction.ts";
import { docsRoutes } from "./http/api/docs.ts";
import { feedbackRoutes } from "./http/api/feedback.ts";
import { grantRoutes } from "./http/api/grants.ts";
import { ingestRoutes } from "./http/api/ingest.ts";
import { mineRoutes } from "./http/api/mine.ts";
import { objectRoutes } from "./http/api/objects.ts";
import { operationsRoutes } from "./http/api/operations.ts";
import { orderRoutes } from "./http/api/orders.ts";
import { policyChangeRoutes } from "./http/api/policy-changes.ts";
import { promotionRoutes } from "./http/api/promotions.ts";
import { quarantineRoutes } from "./http/api/quarantine.ts";
import { recallRoutes } from "./http/api/recalls.ts";
import { releaseRoutes } from "./http/api/releases.ts";
import { replayRoutes } from "./http/api/replay.ts";
import { sourceQuarantineRoutes } from "./http/api/source-quarantines.ts";
import { stixRoutes } from "./http/api/stix.ts";
import { tearLineRoutes } from "./http/api/tear-lines.ts";
import { triageRoutes } from "./http/api/triage.ts";
import { makeAuthenticate } from "./http/authenticate.ts";
import { makeLimits } from "./http/limits.ts";
import { openapiText } from "./http/openapi.ts";
import type { Route } from "./http/route.ts";
import { makeApp } from "./http/router.ts";
import { taxiiRoutes } from "./http/taxii/taxii-routes.ts";
import type { Log } from "./shared/log.ts";
import type { Moments } from "./shared/moment.ts";
import { makeAccounts } from "./usecases/accounts.ts";
import { answerStandards } from "./usecases/answer-standards.ts";
import { makeCheckPassword } from "./usecases/check-password.ts";
import { ColumnMapStore } from "./usecases/column-maps.ts";
import { type IngestRunner, Intake } from "./usecases/intake.ts";
import { ManagedAccounts } from "./usecases/manage-accounts.ts";
import { PolicyChanges } from "./usecases/policy-changes.ts";
import { Promotions } from "./usecases/promotions.ts";
import { makeRefreshSession } from "./usecases/refresh-session.ts";
import { makeSignIn } from "./usecases/sign-in.ts";
import { makeSignOut } from "./usecases/sign-out.ts";
import { SourceQuarantineFlow } from "./usecases/source-quarantine.ts";
import type { StandardsRunner } from "./usecases/standards.ts";
import { CollectionIds } from "./usecases/taxii/collection-ids.ts";
import { Statuses } from "./usecases/taxii/statuses.ts";

export interface AppAsk {
  readonly runner: IngestRunner;
  readonly moments: Moments;
  readonly log: Log;
  /** Where questions about the standard are answered; absent: on the spot. */
  readonly standards?: StandardsRunner;
  /** Why requests should go elsewhere now; undefined when all is well. */
  readonly notReady?: () => Promise<string | undefined>;
  /** What others reach it under, where the settings can't know it. */
  readonly publicUrl?: () => string;
}

const ON_THE_SPOT: StandardsRunner = { answer: async (_account, ask) => answerStandards(ask) };

/** Every route there is: the application and the OpenAPI document are made from this list. */
export function composeRoutes(
  core: Core,
  { runner, moments, standards = ON_THE_SPOT, notReady, publicUrl }: Omit<AppAsk, "log">,
): { routes: readonly Route[]; authenticate: ReturnType<typeof makeAuthenticate> } {
  const { config, keys, storage, audit } = core;
  const limits = makeLimits({
    perMinute: config.RATE_LIMIT_PER_MINUTE,
    signInFailuresPerMinute: config.SIGN_IN_FAILURES_PER_MINUTE,
  });
  const checkPassword = makeCheckPassword({ storage, audit });
  const session = { storage, audit, tokenKey: keys.jwt };
  const { content, collections, releases, audiences, recalled } = composeContent(core, moments);
  const mine = composeMine(core, { content, releases });
  const intake = new Intake({
    storage,
    runner,
    spool: core.spool,
    inlineLimit: config.MAX_INLINE_BYTES,
    uploadLimit: config.MAX_UPLOAD_BYTES,
  });
  const held = new SourceQuarantineFlow(core);
  let document: string | undefined;
  const routes: Route[] = [
    ...operationsRoutes({ notReady: notReady ?? (async () => undefined) }),
    ...authRoutes({
      signIn: makeSignIn({ checkPassword, tokenKey: keys.jwt }),
      refreshSession: makeRefreshSession(session),
      signOut: makeSignOut(session),
      limits,
    }),
    ...ingestRoutes(intake),
    ...columnMapRoutes(new ColumnMapStore({ storage, audit })),
    ...objectRoutes(content),
    ...audienceRoutes(audiences),
    ...replayRoutes(composeReplays(core, { content, recalled })),
    ...releaseRoutes(composeReleases(core, content)),
    ...recallRoutes(recalled),
    ...deconflictionRoutes(composeDeconfliction(core, content)),
    ...orderRoutes(composeOrders(core, content)),
    ...promotionRoutes(new Promotions({ storage, audit })),
    ...policyChangeRoutes({ changes: new PolicyChanges({ ...core, free: (ask) => held.goOn(ask) }), storage }),
    ...sourceQuarantineRoutes(held),
    ...accountRoutes(new ManagedAccounts({ storage, audit, changes: makeAccounts({ storage, audit }) })),
    ...triageRoutes(composeTriage(core, content, moments)),
    ...mineRoutes(mine),
    ...tearLineRoutes(mine.tearLines),
    ...grantRoutes(mine.grants),
    ...feedbackRoutes(mine.feedback),
    ...stixRoutes({ standards, limit: config.MAX_INLINE_BYTES }),
    ...quarantineRoutes(composeQuarantine(core, runner)),
    ...taxiiRoutes({
      ...{ collections, intake, withdrawals: mine.withdrawals },
      statuses: new Statuses(storage),
      ids: new CollectionIds(storage),
      group: config.GROUP,
      publicUrl: publicUrl ?? (() => config.PUBLIC_URL),
    }),
    // Made when somebody asks for it: it takes longer than all else of a start.
    ...docsRoutes({ document: () => (document ??= openapiText(routes, Object.fromEntries(REGISTRY))) }),
  ];
  const authenticate = makeAuthenticate({ storage, tokenKey: keys.jwt, checkPassword, limits, moment: moments() });
  return { routes, authenticate };
}

/** The web application over all routes; throws where a route's record is wrong. */
export function composeApp(core: Core, ask: AppAsk): Express {
  const { routes, authenticate } = composeRoutes(core, ask);
  const { meter, config } = core;
  return makeApp({ routes, authenticate, moments: ask.moments, log: ask.log, meter, trustProxy: config.TRUST_PROXY });
}
