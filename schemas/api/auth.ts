import { z } from "zod";
import { AccountId, AgencyId, Category, Country, Level, Role, Topic, When } from "../policy/vocabulary.ts";

/** Any text is taken as a name, so that a name that can't exist answers as one that does not. */
export const LoginRequest = z
  .strictObject({ username: z.string().min(1).max(256), password: z.string().min(1).max(1024) })
  .meta({ id: "LoginRequest" });
export type LoginRequest = z.infer<typeof LoginRequest>;

export const RefreshRequest = z
  .strictObject({ refreshToken: z.string().min(1).max(512) })
  .meta({ id: "RefreshRequest" });
export type RefreshRequest = z.infer<typeof RefreshRequest>;

export const LogoutRequest = z
  .strictObject({ refreshToken: z.string().min(1).max(512).optional() })
  .meta({ id: "LogoutRequest" });
export type LogoutRequest = z.infer<typeof LogoutRequest>;

/** `expiresIn`: seconds that the access token lives. A refresh token is good once. */
export const TokenReply = z
  .object({ accessToken: z.string(), refreshToken: z.string(), expiresIn: z.int() })
  .meta({ id: "TokenReply" });
export type TokenReply = z.infer<typeof TokenReply>;

/** The account that asks, as the server sees it. */
export const MeReply = z
  .object({
    username: AccountId,
    name: z.string(),
    role: Role,
    agency: AgencyId.optional(),
    country: Country.optional(),
    categories: z.array(Category).optional(),
    clearance: Level,
    topics: z.array(z.union([Topic, z.literal("*")])),
    pii: z.boolean(),
    from: When.optional(),
    until: When.optional(),
    /** What role and scopes allow. */
    verbs: z.array(z.string()),
  })
  .meta({ id: "MeReply" });
export type MeReply = z.infer<typeof MeReply>;
