import { createSecretKey, timingSafeEqual } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { keyed } from "../shared/digest.ts";
import type { Moment } from "../shared/moment.ts";

/** What an access token says besides its claims: whose it is, and the session that it lives and dies with. */
export const ISSUER = "tricord";
export const AUDIENCE = "tricord-api";
export const ALGORITHM = "HS256";
/** Seconds. */
export const ACCESS_LIFE = 15 * 60;

/** A signed access token for 15 minutes from the moment on; two of one second differ by their id. */
export function makeAccessToken(
  key: Uint8Array,
  ids: { readonly account: string; readonly session: string },
  moment: Moment,
): string {
  const iat = Math.floor(moment.now / 1000);
  const jti = Buffer.from(moment.random(12)).toString("base64url");
  const claims = { sub: ids.account, sid: ids.session, jti, iat, exp: iat + ACCESS_LIFE };
  return jsonwebtoken.sign(claims, createSecretKey(key), {
    algorithm: ALGORITHM,
    issuer: ISSUER,
    audience: AUDIENCE,
  });
}

const mac = (key: Uint8Array, text: string): string => keyed(key, `refresh\0${text}`);

/** A refresh token: session, chance and a keyed digest, so that one we never made can't be mistaken for an old one. */
export function makeRefreshToken(key: Uint8Array, session: string, moment: Moment): string {
  const text = `${session}.${Buffer.from(moment.random(24)).toString("base64url")}`;
  return `${text}.${mac(key, text)}`;
}

/** The session that a refresh token of ours names, or undefined. */
export function sessionOf(key: Uint8Array, token: string): string | undefined {
  const [session, chance, digest, ...more] = token.split(".");
  if (session === undefined || chance === undefined || digest === undefined || more.length > 0) return undefined;
  const wanted = Buffer.from(mac(key, `${session}.${chance}`));
  const given = Buffer.from(digest);
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? session : undefined;
}
