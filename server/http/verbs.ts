import type { Role } from "../../schemas/policy/vocabulary.ts";

/** What a route may ask for. Roles give verbs and never reading: what is read is `decide`'s to say (policy 1.4 and 3, "Verbs"). */
export const VERBS = ["read", "post", "propose", "triage", "approve", "manage", "audit", "sign", "govern"] as const;
export type Verb = (typeof VERBS)[number];

/** The one table of who may use which verb (policy 3, "Verbs"). */
export const ROLE_VERBS = {
  analyst: ["read", "post", "propose"],
  reviewer: ["read", "post", "propose", "triage"],
  releaser: ["read", "post", "propose", "triage", "approve"],
  feed: ["read", "post"],
  client: ["read"],
  liaison: ["read"],
  admin: ["manage", "govern"],
  auditor: ["audit"],
  signer: ["sign", "govern"],
  public: [],
} as const satisfies Record<Role, readonly Verb[]>;

export type Scope = "read" | "post";

/** The scope that an account or a key must have for a verb: `read` for what changes nothing, `post` for the rest. */
export const VERB_SCOPE = {
  read: "read",
  audit: "read",
  govern: "read",
  post: "post",
  propose: "post",
  triage: "post",
  approve: "post",
  manage: "post",
  sign: "post",
} as const satisfies Record<Verb, Scope>;

/** The verbs of a role that the scopes leave: scopes narrow and never add. */
export const grantedVerbs = (role: Role, scopes: readonly Scope[]): ReadonlySet<Verb> =>
  new Set<Verb>(ROLE_VERBS[role].filter((verb) => scopes.includes(VERB_SCOPE[verb])));

/** What a key leaves of them: a machine reads and posts; proposing, approving and managing are a person's, who signs in (triage 3). */
export const machineVerbs = (role: Role, scopes: readonly Scope[]): ReadonlySet<Verb> =>
  new Set([...grantedVerbs(role, scopes)].filter((verb) => verb === "read" || verb === "post"));
