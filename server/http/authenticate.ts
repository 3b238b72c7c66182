import { createSecretKey } from "node:crypto";
import type { Request } from "express";
import { Passport } from "passport";
import { HeaderAPIKeyStrategy } from "passport-headerapikey";
import { BasicStrategy } from "passport-http";
import { ExtractJwt, Strategy as JwtStrategy } from "passport-jwt";
import { z } from "zod";
import { Fault } from "../shared/fault.ts";
import type { Moment } from "../shared/moment.ts";
import { Sessions } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import { keyOf } from "../usecases/api-keys.ts";
import type { CheckPassword } from "../usecases/check-password.ts";
import { inForce } from "../usecases/in-force.ts";
import { makePeople, type People } from "../usecases/people.ts";
import { sessionLives } from "../usecases/sessions.ts";
import { ALGORITHM, AUDIENCE, ISSUER } from "../usecases/tokens.ts";
import { makeBasicCache } from "./basic-cache.ts";
import type { Limits } from "./limits.ts";
import { type Authenticate, addressOf } from "./router.ts";
import { grantedVerbs, machineVerbs, type Scope } from "./verbs.ts";

export interface AuthenticateParts {
  readonly storage: Storage;
  readonly tokenKey: Uint8Array;
  readonly checkPassword: CheckPassword;
  readonly limits: Limits;
  /** Of the process's start: the key of its cache of Basic credentials comes from it. */
  readonly moment: Moment;
}

/** What a strategy found out: an account, and what its credential leaves of its scopes. */
interface Credential {
  readonly account: string;
  readonly scopes: readonly Scope[];
  readonly session?: string;
  /** A key, which a program holds: it reads and posts, and never decides for a person. */
  readonly machine?: true;
}
type Done = (error: unknown, found?: Credential | false) => void;

const Claims = z.object({ sub: z.string(), sid: z.string(), iat: z.number(), exp: z.number() });
const ALL: readonly Scope[] = ["read", "post"];
const refused = (code: string, message: string): Fault => new Fault("unauthorized", message, { code });

/** Which one credential the request brings. Two at once would let each reader pick another. */
function schemeOf({ headers }: Request): "jwt" | "headerapikey" | "basic" {
  const scheme = /^(bearer|basic) /i.exec(headers.authorization ?? "")?.[1]?.toLowerCase();
  if (headers["x-api-key"] !== undefined) {
    if (headers.authorization === undefined) return "headerapikey";
    throw new Fault("bad_request", "send one credential, not both Authorization and X-Api-Key", {
      code: "credentials.two",
    });
  }
  if (scheme === "bearer") return "jwt";
  if (scheme === "basic") return "basic";
  throw refused("credentials.missing", "sign in first: a bearer token, an X-Api-Key or HTTP Basic");
}

/** The password of a Basic header whole: it may hold colons (RFC 7617), where the strategy hands on the part before the next one. */
function basicPassword({ headers }: Request): string {
  const pair = Buffer.from(headers.authorization?.split(" ")[1] ?? "", "base64").toString("utf8");
  return pair.slice(pair.indexOf(":") + 1);
}

/**
 * Who sends a request, by bearer token, API key or HTTP Basic. Session, key and account are read with each request, so that what was revoked or
 * ended is refused on the next one; time claims are judged at the request's moment. Faults: `unauthorized`, `too_many_requests`.
 */
export function makeAuthenticate(parts: AuthenticateParts): Authenticate {
  const { storage, limits, checkPassword } = parts;
  const readPeople = makePeople(storage);
  const accepted = makeBasicCache(parts.moment.random(32));
  const asked = new WeakMap<object, { readonly moment: Moment; readonly people: People }>();
  const contextOf = (req: object): { readonly moment: Moment; readonly people: People } => {
    const context = asked.get(req);
    if (context === undefined) throw new Error("a strategy ran outside a request");
    return context;
  };
  const settle = (work: Promise<Credential>, done: Done): void => {
    work.then((found) => done(null, found), done);
  };

  const byToken = async (req: Request, payload: unknown): Promise<Credential> => {
    const { moment } = contextOf(req);
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw refused("token.refused", "this access token is not one of ours");
    const { sub, sid, iat, exp } = claims.data;
    if (moment.now >= exp * 1000) throw refused("token.expired", "this access token has expired; refresh it");
    const session = await storage.collection(Sessions).get(sid);
    if (
      session === undefined ||
      session.account !== sub ||
      !sessionLives(session, moment.now) ||
      iat * 1000 > moment.now + 60_000
    )
      throw refused("token.refused", "the session of this access token has ended; sign in again");
    return { account: sub, scopes: ALL, session: sid };
  };

  const byKey = async (req: Request, key: string): Promise<Credential> => {
    const { moment, people } = contextOf(req);
    const held = await keyOf(storage, key, Math.max(moment.now, people.judged));
    if (held === undefined) throw refused("key.refused", "this API key is unknown, expired or revoked");
    return { account: held.account, scopes: held.scopes, machine: true };
  };

  const byPassword = async (req: Request, username: string): Promise<Credential> => {
    const { moment, people } = contextOf(req);
    const password = basicPassword(req);
    const known = accepted.find(username, password, moment.now);
    if (
      known !== undefined &&
      known.revision === people.revision &&
      known.rev === (await people.find(known.account))?.rev
    )
      return { account: known.account, scopes: ALL };
    const account = await limits.signIn(addressOf(req), () =>
      checkPassword({ username, password, by: "basic" }, moment),
    );
    accepted.remember(
      username,
      password,
      { account: account.id, rev: account.rev, revision: people.revision },
      moment.now,
    );
    return { account: account.id, scopes: ALL };
  };

  const passport = new Passport();
  passport.use(
    new JwtStrategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        // A key object costs a fiftieth of raw bytes, which jsonwebtoken tries to read as a public key each time. The types don't know it.
        secretOrKey: createSecretKey(parts.tokenKey) as unknown as Buffer,
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        // Judged in `byToken`, at the request's moment instead of the machine's clock.
        ignoreExpiration: true,
        passReqToCallback: true,
      },
      (req: Request, payload: unknown, done: Done) => settle(byToken(req, payload), done),
    ),
  );
  passport.use(
    new HeaderAPIKeyStrategy({ header: "X-Api-Key", prefix: "" }, true, (key, done, req) => {
      if (req === undefined) throw new Error("the strategy was to hand on the request");
      settle(byKey(req, key), done as Done);
    }),
  );
  passport.use(
    new BasicStrategy({ passReqToCallback: true }, (req, username, _password, done) =>
      settle(byPassword(req, username), done),
    ),
  );

  const credentialOf = (req: Request): Promise<Credential> =>
    new Promise((resolve, reject) => {
      const scheme = schemeOf(req);
      const answer = (error: unknown, found: Credential | false | undefined): void => {
        if (error !== null && error !== undefined) reject(error);
        else if (found === false || found === undefined)
          reject(refused("credentials.refused", "this credential is not one of ours, or was changed"));
        else resolve(found);
      };
      passport.authenticate(scheme, { session: false }, answer)(req, req.res, reject);
    });

  return async (req, moment) => {
    const people = await readPeople();
    asked.set(req, { moment, people });
    const { account: id, scopes, session, machine } = await credentialOf(req);
    const person = await people.find(id);
    if (person === undefined || !inForce(person.account, Math.max(moment.now, people.judged)))
      throw refused("account.ended", "this account is not in force");
    await limits.charge(id);
    const left = person.account.scope === "read" ? scopes.filter((scope) => scope === "read") : scopes;
    return {
      account: person.account,
      viewer: person.viewer,
      granted: machine === true ? machineVerbs(person.account.role, left) : grantedVerbs(person.account.role, left),
      revision: people.revision,
      ...(session !== undefined && { session }),
    };
  };
}
