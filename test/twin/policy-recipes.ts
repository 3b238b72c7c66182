import { uuidOf } from "./content.ts";
import { type AskBoth, get, json, type Recipe } from "./recipe.ts";

/** What somebody who neither signs nor manages asks of the policy: every answer is the same 403, whatever goes on. */
const NO_CHANGE = uuidOf("no change");
const CHANGES = "/api/v1/policy-changes";

const ask = {
  suspend: { change: { agreement: "TRI", to: { status: "suspended" } }, reason: "asked" },
  hidden: { change: { agreement: "JP-KR", to: { status: "in-force" } }, reason: "asked" },
  agency: { change: { agency: "US-X1", to: { name: "New", country: "USA", categories: [] } }, reason: "asked" },
  account: { change: { account: "j1", to: { agency: "JP-NCO" } }, reason: "asked" },
} as const;

const decide = async (both: AskBoth, verb: "sign" | "refuse"): Promise<void> => {
  await both(json(`${CHANGES}/${NO_CHANGE}/${verb}`, { reason: "seen", hash: "guess" }));
  await both(json(`${CHANGES}/${NO_CHANGE}/${verb}`, {}));
};

export const POLICY_READS: Readonly<Record<string, Recipe>> = {
  "GET /api/v1/agreements": async (both) => void (await both(get("/api/v1/agreements"))),
  "GET /api/v1/agencies": async (both) => void (await both(get("/api/v1/agencies"))),
  [`GET ${CHANGES}`]: async (both) => {
    for (const query of ["", "?status=proposed", "?status=odd"]) await both(get(`${CHANGES}${query}`));
  },
  [`GET ${CHANGES}/{change}`]: async (both) => void (await both(get(`${CHANGES}/${NO_CHANGE}`))),
  "GET /api/v1/quarantines": async (both) => void (await both(get("/api/v1/quarantines"))),
  "GET /api/v1/accounts": async (both) => void (await both(get("/api/v1/accounts"))),
  "GET /api/v1/accounts/{account}": async (both, { seat }) => {
    for (const id of [seat.id, seat.sibling, "nobody", "new-3"]) await both(get(`/api/v1/accounts/${id}`));
  },
};

export const POLICY_WRITES: Readonly<Record<string, Recipe>> = {
  [`POST ${CHANGES}`]: async (both) => {
    for (const body of [...Object.values(ask), {}]) await both(json(CHANGES, body));
  },
  [`POST ${CHANGES}/{change}/sign`]: (both) => decide(both, "sign"),
  [`POST ${CHANGES}/{change}/refuse`]: (both) => decide(both, "refuse"),
  "POST /api/v1/agencies/{agency}/off": async (both, { seat }) => {
    for (const id of [seat.agency, "US-X1"]) await both(json(`/api/v1/agencies/${id}/off`, { reason: "asked" }));
  },
  "POST /api/v1/quarantines": async (both, { seat }) => {
    for (const agency of [seat.agency, "US-X1"])
      await both(json("/api/v1/quarantines", { agency, since: "2026-04-01T00:00:00Z", reason: "asked" }));
  },
  "POST /api/v1/quarantines/{quarantine}/continue": async (both) =>
    void (await both({ method: "POST", path: `/api/v1/quarantines/${NO_CHANGE}/continue` })),
  "POST /api/v1/accounts": async (both, { seat }) => {
    const account = { account: "new-3", name: "New", role: "analyst", agency: seat.agency };
    for (const body of [account, {}]) await both(json("/api/v1/accounts", body));
  },
  "PATCH /api/v1/accounts/{account}": async (both, { seat }) => {
    for (const id of [seat.sibling, "new-3"])
      await both({ method: "PATCH", path: `/api/v1/accounts/${id}`, body: { clearance: "U" } });
  },
  "POST /api/v1/accounts/{account}/end": async (both, { seat }) => {
    for (const id of [seat.sibling, "new-3"]) await both({ method: "POST", path: `/api/v1/accounts/${id}/end` });
  },
};
