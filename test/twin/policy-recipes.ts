import { uuidOf } from "./content.ts";
import { type AskBoth, get, json, type Known, type Recipe, someOf } from "./recipe.ts";
import { subjectOf } from "./seats.ts";

/** What the viewer asks of the policy and does to it: who neither signs nor manages gets the same 403, whatever goes on; the others what they may know of. */
const NO_CHANGE = uuidOf("no change");
const CHANGES = "/api/v1/policy-changes";

const suspended = { status: "suspended" };
const proposals = (agency: string, account: string) => [
  { change: { agreement: "US-JP", to: suspended }, reason: "asked" },
  { change: { agreement: "JP-KR", to: { ...suspended, ceiling: "S" } }, reason: "asked" },
  { change: { agreement: "TRI", to: { ceiling: "S" } }, reason: "asked" },
  { change: { agency: "US-X1", to: { name: "New", country: "USA", categories: [] } }, reason: "asked" },
  { change: { agency, to: { categories: ["INT"] } }, reason: "asked" },
  { change: { account, to: { agency: "US-CISA" } }, reason: "asked" },
  { change: { account: "nobody", to: { clearance: "S" } }, reason: "asked" },
  { change: { quarantine: NO_CHANGE, to: { lifted: true } }, reason: "asked" },
];

interface Listed {
  readonly changes?: readonly { readonly change: string; readonly status: string }[];
  readonly quarantines?: readonly { readonly quarantine: string }[];
  readonly accounts?: readonly { readonly account: string }[];
  readonly next?: string;
}
const read = async (both: AskBoth, path: string): Promise<Listed> => ((await both(get(path))).json ?? {}) as Listed;

/** Those that wait and are shown, and those that others know of. */
async function decide(both: AskBoth, known: Known, verb: "sign" | "refuse"): Promise<void> {
  const { changes = [] } = await read(both, `${CHANGES}?status=proposed`);
  for (const { change } of changes.slice(0, 3)) {
    const { json: shown } = await both(get(`${CHANGES}/${change}`));
    const { hash = "none" } = (shown ?? {}) as { hash?: string };
    for (const said of ["stale", hash])
      await both(json(`${CHANGES}/${change}/${verb}`, { reason: "seen", hash: said }));
  }
  for (const change of [...someOf(known.changes, 3, known).slice(0, 4), NO_CHANGE])
    await both(json(`${CHANGES}/${change}/${verb}`, { reason: "seen", hash: "guess" }));
  await both(json(`${CHANGES}/${NO_CHANGE}/${verb}`, {}));
}

const quarantinesOf = async (both: AskBoth): Promise<string[]> =>
  ((await read(both, "/api/v1/quarantines")).quarantines ?? []).map(({ quarantine }) => quarantine);

export const POLICY_READS: Readonly<Record<string, Recipe>> = {
  "GET /api/v1/agreements": async (both) => void (await both(get("/api/v1/agreements"))),
  "GET /api/v1/agencies": async (both) => void (await both(get("/api/v1/agencies"))),
  [`GET ${CHANGES}`]: async (both) => {
    for (const query of ["", "?status=proposed", "?status=applied", "?status=stale", "?status=odd"])
      await both(get(`${CHANGES}${query}`));
  },
  [`GET ${CHANGES}/{change}`]: async (both, known) => {
    const { changes = [] } = await read(both, CHANGES);
    const shown = changes.map(({ change }) => change);
    for (const id of [...someOf(shown, 2, known).slice(0, 6), ...someOf(known.changes, 2, known), NO_CHANGE])
      await both(get(`${CHANGES}/${id}`));
  },
  "GET /api/v1/quarantines": async (both) => void (await quarantinesOf(both)),
  "GET /api/v1/accounts": async (both) => {
    const { accounts = [] } = await read(both, "/api/v1/accounts");
    for (const after of [accounts[3]?.account ?? "k1", "new-3", "zz"])
      await both(get(`/api/v1/accounts?after=${after}`));
  },
  "GET /api/v1/accounts/{account}": async (both, { seat }) => {
    const { account } = subjectOf(seat);
    for (const id of [seat.id, seat.sibling, account, "nobody", "new-3", "j1", "sign-kor"])
      await both(get(`/api/v1/accounts/${id}`));
  },
};

export const POLICY_WRITES: Readonly<Record<string, Recipe>> = {
  [`POST ${CHANGES}`]: async (both, { seat }) => {
    const { agency, account } = subjectOf(seat);
    for (const body of [...proposals(agency, account), {}]) await both(json(CHANGES, body));
  },
  [`POST ${CHANGES}/{change}/sign`]: (both, known) => decide(both, known, "sign"),
  [`POST ${CHANGES}/{change}/refuse`]: (both, known) => decide(both, known, "refuse"),
  "POST /api/v1/quarantines": async (both, { seat }) => {
    for (const agency of [subjectOf(seat).agency, "US-X1", "JP-NPA"])
      await both(
        json("/api/v1/quarantines", { agency, account: "j1", since: "2026-04-01T00:00:00Z", reason: "asked" }),
      );
    const { agency, account } = subjectOf(seat);
    await both(json("/api/v1/quarantines", { agency, account, since: "2026-04-01T00:00:00Z", reason: "asked" }));
  },
  "POST /api/v1/quarantines/{quarantine}/continue": async (both) => {
    for (const id of [...(await quarantinesOf(both)).slice(0, 3), NO_CHANGE])
      await both({ method: "POST", path: `/api/v1/quarantines/${id}/continue` });
  },
  "POST /api/v1/accounts": async (both, { seat }) => {
    const account = { account: "new-3", name: "New", role: "analyst", agency: subjectOf(seat).agency };
    for (const body of [account, account, {}]) await both(json("/api/v1/accounts", body));
  },
  "PATCH /api/v1/accounts/{account}": async (both, { seat }) => {
    for (const id of [subjectOf(seat).account, "new-3", "nobody"])
      for (const body of [{ clearance: "U" }, { clearance: "S" }])
        await both({ method: "PATCH", path: `/api/v1/accounts/${id}`, body });
  },
  // Last, since nobody of it is left afterwards.
  "POST /api/v1/accounts/{account}/end": async (both, { seat }) => {
    for (const id of [subjectOf(seat).account, "new-3", "nobody"])
      await both({ method: "POST", path: `/api/v1/accounts/${id}/end` });
  },
  "POST /api/v1/agencies/{agency}/off": async (both, { seat }) => {
    const { agency } = subjectOf(seat);
    for (const id of [agency, agency, "US-X1", "JP-NPA"].slice(0, seat.office === "admin" ? 3 : 4))
      await both(json(`/api/v1/agencies/${id}/off`, { reason: "asked" }));
  },
};
