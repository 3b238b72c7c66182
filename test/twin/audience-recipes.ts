import type { LabelRequest } from "../../schemas/policy/label.ts";
import { DARK, DARK_ALONE, OPEN, single } from "./content.ts";
import { type AskBoth, get, json, type Known, type Recipe, someOf, unknownId } from "./recipe.ts";

/** What the viewer asks of who can see what, and makes of it: another label, a tear-line. */

interface Post {
  readonly post: string;
  readonly hash: string;
  readonly id: string;
}

const posts = async (ask: AskBoth): Promise<readonly Post[]> =>
  ((await ask(get("/api/v1/mine"))).json as { posts?: Post[] } | undefined)?.posts ?? [];

/** The viewer's own, and what it may not see or never posted. */
const asked = async (ask: AskBoth, known: Known): Promise<string[]> => [
  ...new Set([
    ...someOf(await posts(ask), 3, known)
      .slice(0, 4)
      .map(({ id }) => id),
    ...[unknownId, DARK[0] ?? "", DARK_ALONE[0] ?? "", OPEN[0] ?? ""],
    ...someOf(known.things, 9, known),
  ]),
];

const EVERYBODY = { agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const };
const LABELS: readonly LabelRequest[] = [
  { tlp: "GREEN", releases: [EVERYBODY] },
  { tlp: "AMBER", topics: ["crypto"], releases: [EVERYBODY] },
  { tlp: "RED", recipients: ["k1", "j1", "nobody"], releases: [EVERYBODY] },
  { tlp: "CLEAR", releases: [{ agreement: "PUBLIC", countries: [], agencies: "*" }] },
];

export const AUDIENCE_READS: Readonly<Record<string, Recipe>> = {
  "GET /api/v1/objects/{id}/audience": async (ask, known) => {
    for (const id of await asked(ask, known)) await ask(get(`/api/v1/objects/${id}/audience`));
  },
  "GET /api/v1/objects/{id}/tear-lines": async (ask, known) => {
    for (const id of await asked(ask, known)) await ask(get(`/api/v1/objects/${id}/tear-lines`));
  },
  "GET /api/v1/objects/{id}/grants": async (ask, known) => {
    for (const id of await asked(ask, known)) await ask(get(`/api/v1/objects/${id}/grants`));
  },
};

const decideGrant =
  (verb: "approve" | "refuse"): Recipe =>
  async (ask, known) => {
    for (const id of await asked(ask, known)) {
      const { grants = [] } = ((await ask(get(`/api/v1/objects/${id}/grants`))).json ?? {}) as {
        grants?: readonly { readonly grant: string; readonly hash: string }[];
      };
      for (const { grant, hash } of grants.slice(0, 2)) {
        await ask(json(`/api/v1/grants/${grant}/${verb}`, { hash: "stale", reason: "seen" }));
        await ask(json(`/api/v1/grants/${grant}/${verb}`, { hash, reason: "seen" }));
      }
    }
    await ask(json(`/api/v1/grants/none/${verb}`, { hash: "x", reason: "guessed" }));
    await ask(json(`/api/v1/grants/none/${verb}`, {}));
  };

export const AUDIENCE_WRITES: Readonly<Record<string, Recipe>> = {
  "POST /api/v1/objects/{id}/audience": async (ask, known) => {
    for (const [n, id] of (await asked(ask, known)).entries()) {
      const body = (n + known.turn) % 3 === 0 ? { row: EVERYBODY } : { label: LABELS[n % LABELS.length] };
      await ask(json(`/api/v1/objects/${id}/audience`, body));
    }
    await ask(json(`/api/v1/objects/${unknownId}/audience`, {}));
  },
  "POST /api/v1/policy/audience": async (ask) => {
    for (const label of LABELS) await ask(json("/api/v1/policy/audience", { label }));
    for (const body of [
      { preset: "none" },
      { label: 5 },
      { object: single("marked", { step: 903, words: "draft", dark: true }) },
    ])
      await ask(json("/api/v1/policy/audience", body));
  },
  "POST /api/v1/mine/{post}/relabel": async (ask, known) => {
    for (const [n, { post, hash }] of someOf(await posts(ask), 4, known)
      .slice(0, 4)
      .entries()) {
      const label = LABELS[n % 2];
      const proposed = await ask(json(`/api/v1/mine/${post}/relabel`, { label, hash, reason: "for more" }));
      await ask(json(`/api/v1/mine/${post}/relabel`, { label, hash: "stale", reason: "for more" }));
      const { release } = (proposed.json ?? {}) as { release?: string };
      if (release === undefined) continue;
      const shown = await ask(get(`/api/v1/releases/${release}`));
      const seen = (shown.json as { hash?: string } | undefined)?.hash ?? "none";
      await ask(json(`/api/v1/releases/${release}/approve`, { hash: seen, reason: "by myself" }));
    }
    await ask(json("/api/v1/mine/nonsense/relabel", { label: LABELS[0], hash: "x", reason: "guessed" }));
    await ask(json("/api/v1/mine/nonsense/relabel", {}));
  },
  "POST /api/v1/objects/{id}/tear-lines": async (ask, known) => {
    for (const [n, id] of (await asked(ask, known)).entries()) {
      const shown = await ask(get(`/api/v1/objects/${id}`));
      const hash = (shown.json as { hash?: string } | undefined)?.hash ?? "none";
      const object = { type: "tool", spec_version: "2.1", name: `torn ${n}` };
      await ask(json(`/api/v1/objects/${id}/tear-lines`, { object, label: LABELS[0], hash, reason: "to warn" }));
      await ask(get(`/api/v1/objects/${id}/tear-lines`));
    }
    await ask(json(`/api/v1/objects/${unknownId}/tear-lines`, {}));
  },
  "POST /api/v1/objects/{id}/grants": async (ask, known) => {
    for (const [n, id] of (await asked(ask, known)).entries())
      for (const client of ["cj", "cu", "nobody"])
        await ask(json(`/api/v1/objects/${id}/grants`, { client, reason: `for ${n}` }));
    await ask(json(`/api/v1/objects/${unknownId}/grants`, {}));
  },
  "POST /api/v1/grants/{grant}/approve": decideGrant("approve"),
  "POST /api/v1/grants/{grant}/refuse": decideGrant("refuse"),
  "POST /api/v1/grants/{grant}/end": async (ask, known) => {
    for (const id of await asked(ask, known)) {
      const { grants = [] } = ((await ask(get(`/api/v1/objects/${id}/grants`))).json ?? {}) as {
        grants?: readonly { readonly grant: string }[];
      };
      for (const { grant } of grants.slice(0, 1)) await ask(json(`/api/v1/grants/${grant}/end`, { reason: "no more" }));
    }
    await ask(json("/api/v1/grants/none/end", { reason: "guessed" }));
    await ask(json("/api/v1/grants/none/end", {}));
  },
};
