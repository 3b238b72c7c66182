import type { LabelRequest } from "../../schemas/policy/label.ts";
import { DARK, DARK_ALONE, OPEN, single, uuidOf } from "./content.ts";
import { type AskBoth, get, json, type Known, type Recipe, someOf, unknownId } from "./recipe.ts";

/** What the viewer asks of its own agency's posts, of what was refused, and says to those whose content it got. */

interface Post {
  readonly post: string;
  readonly hash: string;
  readonly id: string;
}

async function posts(ask: AskBoth): Promise<readonly Post[]> {
  const { json: page } = await ask(get("/api/v1/mine"));
  return (page as { posts?: Post[] } | undefined)?.posts ?? [];
}

const guessed = (known: Known): string[] => [
  unknownId,
  DARK[0] ?? "",
  OPEN[0] ?? "",
  ...DARK_ALONE,
  ...someOf(known.things, 7, known),
];

async function entries(ask: AskBoth): Promise<readonly { readonly entry: string }[]> {
  const { json: page } = await ask(get("/api/v1/quarantine"));
  return (page as { entries?: { entry: string }[] } | undefined)?.entries ?? [];
}

const LABELS: readonly LabelRequest[] = [
  { tlp: "GREEN", releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" }] },
  { tlp: "AMBER+STRICT", releases: [{ agreement: "TRI", countries: ["JPN"], agencies: ["JP-NPA", "JP-JAFIC"] }] },
  { tlp: "AMBER", topics: ["crypto"] },
  { tlp: "CLEAR", releases: [{ agreement: "PUBLIC", countries: [], agencies: "*" }] },
];

export const MINE_READS: Readonly<Record<string, Recipe>> = {
  "GET /api/v1/mine/{post}": async (ask, known) => {
    for (const { post } of someOf(await posts(ask), 2, known)) await ask(get(`/api/v1/mine/${post}`));
    await ask(get("/api/v1/mine/nonsense"));
  },
  "GET /api/v1/confirmations": async (ask) => {
    for (const state of ["open", "overdue", "confirmed", "other"])
      await ask(get(`/api/v1/confirmations?state=${state}`));
  },
  "GET /api/v1/objects/{id}/feedback": async (ask, known) => {
    for (const id of guessed(known)) await ask(get(`/api/v1/objects/${id}/feedback`));
  },
  "GET /api/v1/quarantine": async (ask) => {
    let next: string | undefined = "";
    while (next !== undefined) {
      const { json: page } = await ask(get(`/api/v1/quarantine?limit=2${next === "" ? "" : `&next=${next}`}`));
      next = (page as { next?: string } | undefined)?.next;
    }
    for (const query of ["code=version.conflict", `batch=${uuidOf("no batch")}`, "next=nonsense", "limit=0"])
      await ask(get(`/api/v1/quarantine?${query}`));
  },
  "GET /api/v1/quarantine/{entry}": async (ask) => {
    for (const { entry } of (await entries(ask)).slice(0, 6)) await ask(get(`/api/v1/quarantine/${entry}`));
    await ask(get("/api/v1/quarantine/unknown"));
  },
};

export const MINE_WRITES: Readonly<Record<string, Recipe>> = {
  "POST /api/v1/policy/preview": async (ask) => {
    const [own] = await posts(ask);
    for (const label of LABELS) {
      await ask(json("/api/v1/policy/preview", { label }));
      if (own !== undefined) await ask(json("/api/v1/policy/preview", { label, post: own.post }));
    }
    for (const bad of [{ preset: "none" }, { post: "nonsense" }, { label: 5 }])
      await ask(json("/api/v1/policy/preview", bad));
  },
  "POST /api/v1/objects/{id}/feedback": async (ask, known) => {
    for (const id of guessed(known))
      for (const verdict of ["useful", "not useful", "acknowledge"])
        await ask(json(`/api/v1/objects/${id}/feedback`, { verdict, note: "as seen", nameUnit: verdict === "useful" }));
    await ask(json(`/api/v1/objects/${unknownId}/feedback`, {}));
  },
  "POST /api/v1/mine/{post}/edit": async (ask, known) => {
    for (const [n, { post, hash }] of someOf(await posts(ask), 3, known)
      .slice(0, 4)
      .entries()) {
      const label = LABELS[n % LABELS.length];
      await ask(json(`/api/v1/mine/${post}/edit`, { hash, reason: "a guess", label, dryRun: true }));
      await ask(json(`/api/v1/mine/${post}/edit`, { hash, reason: "changed", patch: { description: `edit ${n}` } }));
      await ask(json(`/api/v1/mine/${post}/edit`, { hash: "stale", reason: "changed", label: { tlp: "AMBER" } }));
    }
    for (const { post, hash } of someOf(await posts(ask), 4, known).slice(0, 3))
      await ask(json(`/api/v1/mine/${post}/edit`, { hash, reason: "narrower", label: { tlp: "AMBER" } }));
    await ask(json("/api/v1/mine/nonsense/edit", { hash: "x", reason: "guessed", patch: {} }));
    await ask(json("/api/v1/mine/nonsense/edit", {}));
  },
  "POST /api/v1/quarantine/{entry}/retry": async (ask) => {
    const making = { step: 901, words: "mended", dark: true };
    for (const [n, { entry }] of (await entries(ask)).slice(0, 6).entries()) {
      await ask(json(`/api/v1/quarantine/${entry}/retry`, {}));
      if (n % 2 === 0) await ask(json(`/api/v1/quarantine/${entry}/retry`, { object: single(`mended ${n}`, making) }));
    }
    await ask(json("/api/v1/quarantine/unknown/retry", {}));
    await ask(json("/api/v1/quarantine/unknown/retry", { object: 5 }));
  },
  "DELETE /api/v1/quarantine/{entry}": async (ask) => {
    const [first] = await entries(ask);
    for (const entry of ["unknown", ...(first === undefined ? [] : [first.entry, first.entry])])
      await ask({ method: "DELETE", path: `/api/v1/quarantine/${entry}` });
  },
  "POST /api/v1/objects/{id}/withdraw": async (ask, known) => {
    const own = someOf(await posts(ask), 5, known).slice(0, 6);
    for (const id of [...guessed(known), ...own.map((post) => post.id)])
      for (const hash of [undefined, "stale"])
        await ask(json(`/api/v1/objects/${id}/withdraw`, { reason: "wrong", ...(hash === undefined ? {} : { hash }) }));
    // What was withdrawn, and what is hidden under the same id, said again.
    await ask(
      json(
        "/api/v1/ingest",
        own.map(({ id }) => ({ ...single("again", { step: 902, words: "again", dark: true }), id })),
      ),
    );
    await ask(json(`/api/v1/objects/${unknownId}/withdraw`, {}));
  },
  "POST /api/v1/confirmations/{confirmation}/confirm": async (ask) => {
    const { json: list } = await ask(get("/api/v1/confirmations"));
    const [first] = (list as { confirmations?: { confirmation: string }[] } | undefined)?.confirmations ?? [];
    for (const id of [uuidOf("no confirmation"), ...(first === undefined ? [] : [first.confirmation])])
      await ask(json(`/api/v1/confirmations/${id}/confirm`, undefined));
  },
};
