import { LoginRequest, LogoutRequest, MeReply, RefreshRequest, TokenReply } from "../../../schemas/api/auth.ts";
import { Fault } from "../../shared/fault.ts";
import type { RefreshSession } from "../../usecases/refresh-session.ts";
import type { SignIn } from "../../usecases/sign-in.ts";
import type { SignOut } from "../../usecases/sign-out.ts";
import type { Limits } from "../limits.ts";
import { type Route, route } from "../route.ts";

export interface AuthParts {
  readonly signIn: SignIn;
  readonly refreshSession: RefreshSession;
  readonly signOut: SignOut;
  readonly limits: Limits;
}

/** Signing in and out, and who one is. */
export function authRoutes({ signIn, refreshSession, signOut, limits }: AuthParts): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/auth/login",
      summary: "Sign in with user name and password",
      tag: "auth",
      needs: "anyone",
      body: LoginRequest,
      replies: { 200: TokenReply },
      handler: async ({ body, address, moment }) => ({
        status: 200,
        body: await limits.signIn(address, () => signIn(body, moment)),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/auth/refresh",
      summary: "Trade a refresh token for a new pair; using one twice ends the session",
      tag: "auth",
      needs: "anyone",
      body: RefreshRequest,
      replies: { 200: TokenReply },
      handler: async ({ body, address, moment }) => ({
        status: 200,
        body: await limits.signIn(address, () => refreshSession(body.refreshToken, moment)),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/auth/logout",
      summary: "End the session of this bearer token",
      tag: "auth",
      needs: "signed-in",
      body: LogoutRequest.optional(),
      replies: { 204: "empty" },
      handler: async ({ account, session, body, moment }) => {
        if (session === undefined)
          throw new Fault("bad_request", "only a bearer token has a session to end; keys are revoked by the operator", {
            code: "session.none",
          });
        await signOut({ account: account.id, session, refreshToken: body?.refreshToken }, moment);
        return { status: 204 };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/me",
      summary: "Who I am: role, agency, clearance and verbs",
      tag: "auth",
      needs: "signed-in",
      replies: { 200: MeReply },
      handler: async ({ account, viewer, granted }) => ({
        status: 200,
        body: { ...viewer, username: account.id, name: account.name, verbs: [...granted].sort() },
      }),
    }),
  ];
}
