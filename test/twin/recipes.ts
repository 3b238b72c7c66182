import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { Ask } from "../support/temporary-world.ts";
import { AUDIENCE_READS, AUDIENCE_WRITES } from "./audience-recipes.ts";
import { AUDIT_ASKS } from "./audit-recipes.ts";
import {
  anyObject,
  claimedMarking,
  DARK,
  DARK_ALONE,
  DARK_MARKING,
  DARK_VALUES,
  Dice,
  INDICATORS_FOR_VIEWER,
  OPEN,
  observable,
  patternOf,
  REPORTS,
  report,
  SENDER_IDS,
  single,
  uuidOf,
  VALUES,
} from "./content.ts";
import { DECONFLICTION_READS, DECONFLICTION_WRITES } from "./deconfliction-recipes.ts";
import { MINE_READS, MINE_WRITES } from "./mine-recipes.ts";
import { padding } from "./play.ts";
import { POLICY_READS, POLICY_WRITES } from "./policy-recipes.ts";
import { RECALL_READS, RECALL_WRITES } from "./recall-recipes.ts";
import { type AskBoth, get, json, type Known, query, type Recipe, someOf, unknownId } from "./recipe.ts";
import { subjectOf } from "./seats.ts";
import { STIX_ASKS } from "./stix-recipes.ts";
import { TAXII_READS, TAXII_WRITES } from "./taxii-recipes.ts";
import { TRIAGE_READS, TRIAGE_WRITES } from "./triage-recipes.ts";

/** A list to its end, by `next`. Gives the ids of what was listed. */
async function follow(ask: AskBoth, path: string, members: Readonly<Record<string, string>>): Promise<string[]> {
  const ids: string[] = [];
  let next: string | undefined;
  for (let page = 0; page < 200; page++) {
    const reply = await ask(get(`${path}?${query({ ...members, ...(next === undefined ? {} : { next }) })}`));
    const body = reply.json as { objects?: { id: string }[]; next?: string } | undefined;
    ids.push(...(body?.objects ?? []).map(({ id }) => id));
    next = body?.next;
    if (next === undefined) return ids;
  }
  throw new Error(`${path} has no end`);
}

const FILTERS: readonly Readonly<Record<string, string>>[] = [
  ...["indicator", "report", "relationship", "tool", "ipv4-addr"].map((type) => ({ type })),
  ...[VALUES[0], VALUES[2], DARK_VALUES[0]].map((value) => ({ value: value?.[1] ?? "" })),
  ...["writes", "secret", "partner", "tool", "aloneb"].map((text) => ({ text })),
  ...["GREEN", "AMBER", "RED"].map((tlp) => ({ tlp })),
  ...["US-FBI", "JP-NPA", "KR-NIS"].map((source) => ({ source })),
  { received_after: "2026-04-11T09:30:50Z" },
  { received_before: "2026-04-11T09:30:50Z" },
  { type: "indicator", text: "on", tlp: "GREEN" },
];

const MALFORMED = [
  "limt=5",
  "limit=0",
  "next=nonsense",
  "type=UPPER",
  "received_after=2026-02-30T00:00:00Z",
  "tlp=PINK",
];

const idsOf = (known: Known): string[] => [
  ...someOf([...SENDER_IDS, ...known.things], known.round === "first" ? 2 : 4, known),
  ...someOf(known.markings, 2, known),
  unknownId,
];
/** Ids under which there is more to see than one object. */
const busyIds = (known: Known): string[] =>
  someOf([...new Set([...OPEN, ...DARK, ...REPORTS, ...known.things])], known.round === "first" ? 3 : 6, known);

const label = (request: LabelRequest): Readonly<Record<string, string>> => ({
  "Tricord-Label": JSON.stringify(request),
});
const ingest = (objects: readonly StixJson[] | string, request: LabelRequest | undefined, members = ""): Ask => ({
  ...{ method: "POST", path: `/api/v1/ingest${members}` },
  body: typeof objects === "string" ? objects : JSON.stringify(objects),
  ...(request === undefined ? {} : { headers: label(request) }),
});

/** What the viewer writes: what only hidden content says, under ids that hidden content has. */
function writings(): StixJson[] {
  const dice = new Dice([1, 0, 2, 1, 3, 5, 8, 1, 4]);
  const making = { step: 900, words: "the viewer", dark: true };
  return [
    ...[...DARK_VALUES, VALUES[0] ?? ["ipv4-addr", ""]].map((value) =>
      observable(value as readonly [string, string], dice, making),
    ),
    ...DARK_ALONE.slice(0, 1).map((id) => ({ ...single("", making), id, type: "malware", is_family: false })),
    { ...single("proposed 3", making) },
    { ...single("tierless 6", making) },
    { ...single("chain 3", making), modified: "2026-03-08T00:00:00.000Z" },
    ...[0, 1, 2].map((n) => ({ ...anyObject(new Dice([n + 3, n, 2 * n, 5, 1]), making) })),
    { ...report(dice, making, [...DARK, ...DARK_ALONE]), id: `report--${uuidOf("of the viewer")}` },
    { ...single("marked", making), object_marking_refs: [DARK_MARKING] },
    claimedMarking(`marking-definition--${uuidOf("marking 0")}`, "green"),
    {
      ...{
        type: "indicator",
        spec_version: "2.1",
        id: INDICATORS_FOR_VIEWER,
        created: "2026-03-01T00:00:00.000Z",
        modified: "2026-03-01T00:00:00.000Z",
      },
      ...{
        name: "mine",
        pattern: patternOf(DARK_VALUES[0] as readonly [string, string]),
        pattern_type: "stix",
        valid_from: "2026-03-01T00:00:00Z",
      },
    },
  ];
}

const login = (username: string, password: string): Ask => json("/api/v1/auth/login", { username, password });
export const VIEWER_PASSWORD = "correct horse battery";

/** One recipe a route of the OpenAPI document. */
export const READS: Readonly<Record<string, Recipe>> = {
  "GET /healthz": async (ask) => void (await ask(get("/healthz"), "none")),
  "GET /readyz": async (ask) => void (await ask(get("/readyz"), "none")),
  "GET /docs": async (ask) => void (await ask(get("/docs"), "none")),
  "GET /docs/": async (ask) => void (await ask(get("/docs/"), "none")),
  "GET /docs/{file}": async (ask, { round }) => {
    if (round === "second") return;
    for (const file of ["start.js", "secret.js"]) await ask(get(`/docs/${file}`), "none");
  },
  // Made once a process, of nothing that a store holds: the dearest answer there is, and asked through few eyes.
  "GET /api/v1/openapi.json": async (ask, { round, seat }) => {
    if (round === "first" && ["u1", "rel-JP-NPA"].includes(seat.id)) await ask(get("/api/v1/openapi.json"), "none");
  },
  "GET /api/v1/me": async (ask) => {
    await ask(get("/api/v1/me"));
    await ask(get("/api/v1/me"), "none");
  },
  "GET /api/v1/objects": async (ask, known) => {
    const first = known.round === "first";
    if (first) await follow(ask, "/api/v1/objects", { limit: "3" });
    if (first) await follow(ask, "/api/v1/objects", { limit: "4", view: "originals" });
    await follow(ask, "/api/v1/objects", {});
    await follow(ask, "/api/v1/objects", { view: "originals" });
    for (const [i, filter] of someOf(FILTERS, 3, known).entries()) {
      const limit = ["3", "7", "100"][(i + known.turn) % 3] ?? "1";
      const view = (i + known.turn) % 2 === 0 ? {} : { view: "originals" };
      await follow(ask, "/api/v1/objects", { ...filter, limit, ...view });
    }
    for (const bad of someOf(MALFORMED, 2, known)) await ask(get(`/api/v1/objects?${bad}`));
    await ask(get("/api/v1/objects"), "none");
  },
  "GET /api/v1/objects/{id}": async (ask, known) => {
    for (const id of idsOf(known)) await ask(get(`/api/v1/objects/${id}`));
    for (const id of busyIds(known)) await ask(get(`/api/v1/objects/${id}?lang=*`));
    await ask(get("/api/v1/objects/no-id-at-all"));
  },
  "GET /api/v1/objects/{id}/sources": async (ask, known) => {
    for (const id of busyIds(known)) await ask(get(`/api/v1/objects/${id}/sources`));
  },
  "GET /api/v1/objects/{id}/relationships": async (ask, known) => {
    for (const id of busyIds(known)) await follow(ask, `/api/v1/objects/${id}/relationships`, { limit: "1" });
    await ask(get(`/api/v1/objects/${unknownId}/relationships?next=nonsense`));
  },
  "POST /api/v1/lookup": async (ask) => {
    await ask(json("/api/v1/lookup", { values: [...VALUES, ...DARK_VALUES].map(([, value]) => value) }));
    await ask(json("/api/v1/lookup", { text: "hxxps://files[.]example[.]net/a?b=1\n203[.]0[.]113[.]99\nnothing" }));
    await ask(json("/api/v1/lookup", {}));
  },
  "GET /api/v1/mine": async (ask, known) => {
    await follow(ask, "/api/v1/mine", { limit: known.round === "first" ? "4" : "9" });
    await ask(get("/api/v1/mine"));
    for (const id of [...someOf([...SENDER_IDS], 3, known), DARK[0] ?? unknownId, unknownId])
      await ask(get(`/api/v1/mine?id=${id}`));
  },
  "GET /api/v1/export": async (ask, known) => {
    const formats = ["stix", "csv", "list", "misp", "plain", "hosts", "rpz"];
    const receipts: string[] = [];
    for (const format of someOf(formats, 2, known)) {
      const { headers } = await ask(get(`/api/v1/export?format=${format}`));
      receipts.push(headers["tricord-receipt"] ?? "");
    }
    await ask(get("/api/v1/export?view=originals&format=stix"));
    if (known.round === "first") await ask(get("/api/v1/export?format=csv&type=indicator&tlp=GREEN"));
    for (const text of someOf(["writes", "secret", "tool"], 3, known)) {
      const { headers } = await ask(get(`/api/v1/export?format=misp&text=${text}`));
      receipts.push(headers["tricord-receipt"] ?? "");
    }
    for (const receipt of receipts) await ask(get(receipt));
    for (const id of someOf(idsOf(known), 4, known)) await ask(get(`/api/v1/export?format=csv&id=${id}`));
    await ask(get("/api/v1/export?format=csv&kind=ipv4"));
  },
  "GET /api/v1/exports/{serial}": async (ask) => void (await ask(get("/api/v1/exports/0123456789abcdef"))),
  "GET /api/v1/releases": async (ask) => {
    for (const status of ["proposed", "in-clearance", "released", "refused", "expired", "narrowed", "recalled"])
      await ask(get(`/api/v1/releases?status=${status}`));
    await ask(get("/api/v1/releases?due=true"));
    let next: string | undefined;
    do {
      const { json: page } = await ask(get(`/api/v1/releases?limit=1${next === undefined ? "" : `&next=${next}`}`));
      next = (page as { next?: string } | undefined)?.next;
    } while (next !== undefined);
  },
  "GET /api/v1/promotions": async (ask) => void (await ask(get("/api/v1/promotions"))),
  "GET /api/v1/orders": async (ask) => void (await ask(get("/api/v1/orders"))),
  "GET /api/v1/orders/{order}": async (ask) => {
    for (const id of ORDERS) await ask(get(`/api/v1/orders/${id}`));
  },
  "GET /api/v1/samples": async (ask) => {
    for (const status of ["waiting", "passed", "failed", "other"]) await ask(get(`/api/v1/samples?status=${status}`));
  },
  "GET /api/v1/releases/onward": async (ask) => {
    await ask(get("/api/v1/releases/onward"));
    await ask(get("/api/v1/releases/onward?limit=1"));
    await ask(get("/api/v1/releases/onward?next=nonsense"));
  },
  "GET /api/v1/releases/{release}": async (ask, { releases }) => {
    for (const id of [...releases, uuidOf("no release")]) await ask(get(`/api/v1/releases/${id}`));
  },
  ...TAXII_READS,
  ...TRIAGE_READS,
  ...STIX_ASKS,
  ...MINE_READS,
  ...RECALL_READS,
  ...AUDIENCE_READS,
  ...AUDIT_ASKS,
  ...DECONFLICTION_READS,
  ...POLICY_READS,
  "GET /api/v1/column-maps": async (ask) => {
    await ask(get("/api/v1/column-maps"));
    await ask(get("/api/v1/column-maps"), "none");
  },
  "GET /api/v1/column-maps/{name}": async (ask) => {
    for (const name of ["watch-list", "of-others", "Not A Name"])
      await ask(get(`/api/v1/column-maps/${encodeURIComponent(name)}`));
  },
  "GET /api/v1/jobs/{job}": async (ask, { jobs }) => {
    for (const id of [...jobs, uuidOf("no job")]) await ask(get(`/api/v1/jobs/${id}`));
  },
};

/** What the viewer does once, between two rounds of reads. */
export const WRITES: Readonly<Record<string, Recipe>> = {
  "POST /api/v1/auth/login": async (ask, { seat }) => {
    await ask(login(seat.id, "wrong"), "none");
    await ask(login("spare-KR-KNPA", "wrong"), "none");
    await ask(login(seat.id, VIEWER_PASSWORD), "none");
  },
  "POST /api/v1/auth/refresh": async (ask, { seat }) => {
    const { json: pair } = await ask(login(seat.id, VIEWER_PASSWORD), "none");
    const refreshToken = (pair as { refreshToken?: string } | undefined)?.refreshToken ?? "none";
    for (let twice = 0; twice < 2; twice++) await ask(json("/api/v1/auth/refresh", { refreshToken }), "none");
  },
  "POST /api/v1/auth/logout": async (ask, { seat }) => {
    const { json: pair } = await ask(login(seat.id, VIEWER_PASSWORD), "none");
    const token = (pair as { accessToken?: string } | undefined)?.accessToken ?? "none";
    const headers = { Authorization: `Bearer ${token}` };
    await ask({ method: "POST", path: "/api/v1/auth/logout", headers }, "none");
    await ask({ method: "GET", path: "/api/v1/me", headers }, "none");
    await ask({ method: "POST", path: "/api/v1/auth/logout" }, "key");
  },
  "POST /api/v1/ingest": async (ask, { seat, secrets }) => {
    const rows = [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const }];
    const requests: (LabelRequest | undefined)[] = [{ tlp: "GREEN", releases: rows }, { tlp: "AMBER" }, undefined];
    const things = writings();
    for (const request of requests) await ask(ingest(things, request, "?dry_run=true"));
    await ask(ingest(things, requests[0]));
    await ask(ingest(things, requests[0]));
    await ask(ingest(things.slice(0, 5), requests[1]));
    // Under an id that others' content refers to, the viewer's own object would rightly change what it sees of them.
    for (const { objects, label: said } of secrets.slice(-5)) {
      const guessed = objects.filter(({ id }) => !DARK.includes(String(id)));
      if (guessed.length === 0) continue;
      await ask(ingest(guessed, said, "?dry_run=true"));
      await ask(ingest(guessed, said));
      await ask(ingest(guessed, { tlp: "GREEN" }));
    }
    await ask(ingest("found 203[.]0[.]113[.]99 and hidden.example.com", { tlp: "GREEN" }, "?format=text"));
    await ask(ingest('value,type\n192.0.2.7,ip\n"broken', { tlp: "AMBER" }, "?format=csv"));
    await ask(ingest("{", { tlp: "AMBER" }));
    await ask(
      ingest(things, { tlp: "GREEN", releases: [{ agreement: "NOSUCH", countries: [seat.country], agencies: "*" }] }),
    );
    await ask(ingest(things, { tlp: "GREEN", releases: [{ ...rows[0], agencies: ["US-NOBODY"] } as never] }));
    await ask(ingest([{ ...(things[0] ?? {}), ...padding }], requests[1]));
  },
  "PUT /api/v1/column-maps/{name}": async (ask) => {
    const map = { columns: [{ column: "ioc", as: "value" }] };
    const put = (name: string, body: unknown): Ask => ({ method: "PUT", path: `/api/v1/column-maps/${name}`, body });
    await ask(put("watch-list", map));
    await ask(put("watch-list", { ...map, skipLines: 1 }));
    await ask(put("watch-list", { columns: [] }));
    const table = "preamble\nioc,note\n192.0.2.7,seen\n";
    for (const name of ["watch-list", "of-others"]) {
      const posted = ingest(table, { tlp: "AMBER" }, "?dry_run=true");
      await ask({ ...posted, headers: { ...posted.headers, "Tricord-Column-Map": name } });
    }
  },
  "DELETE /api/v1/column-maps/{name}": async (ask) => {
    for (const name of ["of-others", "watch-list", "watch-list"])
      await ask({ method: "DELETE", path: `/api/v1/column-maps/${name}` });
  },
  "POST /api/v1/objects/{id}/releases": async (ask, known) => {
    const proposal = {
      row: { agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" },
      reason: "more should see it",
      hash: "stale",
    };
    const ids = [
      unknownId,
      DARK[0] ?? "",
      ...DARK_ALONE,
      OPEN[0] ?? "",
      ...someOf(known.things, 7, known),
      `tool--${uuidOf("proposed 3")}`,
    ];
    for (const id of ids) {
      await ask(json(`/api/v1/objects/${id}/releases`, proposal));
      const { json: shown } = await ask(get(`/api/v1/objects/${id}`));
      const hash = (shown as { hash?: string } | undefined)?.hash;
      if (hash !== undefined) await ask(json(`/api/v1/objects/${id}/releases`, { ...proposal, hash }));
    }
    await ask(json(`/api/v1/objects/${unknownId}/releases`, { reason: "" }));
  },
  ...TAXII_WRITES,
  ...TRIAGE_WRITES,
  "POST /api/v1/promotions": async (ask, { seat }) => {
    for (const account of [subjectOf(seat).account, "nobody"]) await ask(json("/api/v1/promotions", { account }));
  },
  "POST /api/v1/promotions/{account}/confirm": async (ask, { seat }) =>
    void (await ask({ method: "POST", path: `/api/v1/promotions/${subjectOf(seat).account}/confirm` })),
  "DELETE /api/v1/promotions/{account}": async (ask, { seat }) =>
    void (await ask({ method: "DELETE", path: `/api/v1/promotions/${subjectOf(seat).account}` })),
  "POST /api/v1/orders": async (ask, { seat }) => {
    const order = {
      accounts: [`feed-${seat.agency || "US-FBI"}`],
      tlpUpTo: "GREEN",
      agreements: ["TRI"],
      days: 9,
      ceiling: 9,
    };
    await ask(json("/api/v1/orders", { ...order, reason: "less at a time" }));
    await ask(json("/api/v1/orders", { ...order, accounts: ["feed-KR-KNPA"], reason: "another's" }));
    await ask(json("/api/v1/orders", order));
  },
  "POST /api/v1/orders/{order}/sign": (ask) => decideOrders(ask, "sign"),
  "POST /api/v1/orders/{order}/refuse": (ask) => decideOrders(ask, "refuse"),
  "POST /api/v1/orders/{order}/stop": (ask) => decideOrders(ask, "stop"),
  "POST /api/v1/samples/{sample}/pass": (ask) => decideSamples(ask, "pass"),
  "POST /api/v1/samples/{sample}/fail": (ask) => decideSamples(ask, "fail"),
  "POST /api/v1/releases/{release}/clear": (ask, known) => decideAll(ask, known, "clear"),
  "POST /api/v1/releases/{release}/approve": (ask, known) => decideAll(ask, known, "approve"),
  "POST /api/v1/releases/{release}/refuse": (ask, known) => decideAll(ask, known, "refuse"),
  "POST /api/v1/releases/{release}/narrow": (ask, known) =>
    decideAll(ask, known, "narrow", { to: { agreement: "TRI", countries: ["JPN"], agencies: [] } }),
  "POST /api/v1/releases/{release}/recall": (ask, known) => decideAll(ask, known, "recall"),
  "POST /api/v1/releases/onward": async (ask, known) => {
    const row = { agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*", until: "2026-08-01T00:00:00Z" };
    const two = { ...row, agreement: "US-KR", countries: ["KOR"] };
    for (const object of [unknownId, DARK[0] ?? "", OPEN[0] ?? "", ...DARK_ALONE, ...someOf(known.things, 5, known)])
      for (const asked of [row, two])
        await ask(json("/api/v1/releases/onward", { object, row: asked, reason: "they work on it" }));
    await ask(json("/api/v1/releases/onward", { object: unknownId }));
  },
  "POST /api/v1/objects/{id}/emergency": (ask, known) =>
    onObjects(ask, known, "emergency", {
      ...{ row: { agreement: "TRI", countries: ["JPN"], agencies: ["JP-NPA"] }, reason: "now", code: "funds-moving" },
    }),
  "POST /api/v1/objects/{id}/recalls": (ask, known) =>
    onObjects(ask, known, "recalls", {
      ...{ row: { agreement: "TRI", countries: ["KOR"], agencies: "*" }, reason: "not for them" },
    }),
  ...MINE_WRITES,
  ...RECALL_WRITES,
  ...AUDIENCE_WRITES,
  ...DECONFLICTION_WRITES,
  ...POLICY_WRITES,
};

const ORDERS = [
  "order-US-FBI",
  "order-US-TREAS",
  "order-JP-JAFIC",
  "order-JP-NPA",
  "order-KR-KISA",
  uuidOf("no order"),
];

/** The orders of every agency, and those that the viewer is shown. */
async function decideOrders(ask: AskBoth, verb: "sign" | "refuse" | "stop"): Promise<void> {
  const { json: list } = await ask(get("/api/v1/orders"));
  const shown = (list as { orders?: { order: string; hash: string; status: string }[] } | undefined)?.orders ?? [];
  const said = (hash: string): object => (verb === "stop" ? { reason: "seen" } : { reason: "seen", hash });
  for (const { order, hash, status } of shown)
    if (status === "proposed") await ask(json(`/api/v1/orders/${order}/${verb}`, said(hash)));
  for (const id of ORDERS.slice(-3))
    await ask(json(`/api/v1/orders/${id}/${verb}`, verb === "stop" ? {} : said("guess")));
}

async function decideSamples(ask: AskBoth, verb: "pass" | "fail"): Promise<void> {
  const { json: list } = await ask(get("/api/v1/samples"));
  const shown = (list as { samples?: { sample: string; hash: string }[] } | undefined)?.samples ?? [];
  for (const { sample, hash } of shown) await ask(json(`/api/v1/samples/${sample}/${verb}`, { reason: "seen", hash }));
  await ask(json(`/api/v1/samples/${uuidOf("no sample")}/${verb}`, { reason: "seen", hash: "guess" }));
}

/** What its agency does with content at once: under guessed hashes, and under those that the viewer is shown. */
async function onObjects(ask: AskBoth, known: Known, verb: string, body: object): Promise<void> {
  for (const id of [unknownId, DARK[0] ?? "", OPEN[0] ?? "", ...someOf(known.things, 9, known)]) {
    await ask(json(`/api/v1/objects/${id}/${verb}`, { ...body, hash: "stale" }));
    const { json: shown } = await ask(get(`/api/v1/objects/${id}`));
    const hash = (shown as { hash?: string } | undefined)?.hash;
    if (hash !== undefined) await ask(json(`/api/v1/objects/${id}/${verb}`, { ...body, hash }));
  }
  await ask(json(`/api/v1/objects/${unknownId}/${verb}`, {}));
}

type ReleaseVerb = "clear" | "approve" | "refuse" | "narrow" | "recall";
async function decideAll(ask: AskBoth, { releases }: Known, verb: ReleaseVerb, more: object = {}): Promise<void> {
  const status = verb === "narrow" || verb === "recall" ? "released" : verb === "clear" ? "proposed" : "in-clearance";
  const { json: open } = await ask(get(`/api/v1/releases${verb === "refuse" ? "" : `?status=${status}`}`));
  const shown = (open as { releases?: { release: string; hash: string }[] } | undefined)?.releases ?? [];
  for (const { release, hash } of shown.slice(0, 3))
    await ask(json(`/api/v1/releases/${release}/${verb}`, { reason: "as seen", hash, ...more }));
  for (const id of [...releases, uuidOf("no release")])
    await ask(json(`/api/v1/releases/${id}/${verb}`, { reason: "guessed", hash: "guessed", ...more }));
  await ask(json(`/api/v1/releases/${uuidOf("no release")}/${verb}`, {}));
}
