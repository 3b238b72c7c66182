import { DARK } from "./content.ts";
import { type AskBoth, get, json, type Known, query, type Recipe, someOf } from "./recipe.ts";

/** What the viewer asks of the quality review and does there. */
const NO_REVIEW = "0".repeat(32);
const QUEUE = "/api/v1/triage/queue";

/** A list of items to its end. */
async function follow(ask: AskBoth, path: string, members: Readonly<Record<string, string>>): Promise<void> {
  let next: string | undefined;
  for (let page = 0; page < 100; page++) {
    const { json: body } = await ask(get(`${path}?${query({ ...members, ...(next === undefined ? {} : { next }) })}`));
    next = (body as { next?: string } | undefined)?.next;
    if (next === undefined) return;
  }
  throw new Error(`${path} has no end`);
}

const hashOf = async (ask: AskBoth, id: string): Promise<string> => {
  const { json: shown } = await ask(get(`/api/v1/triage/reviews/${id}`));
  return (shown as { hash?: string } | undefined)?.hash ?? "guessed";
};

/** One verb on what the viewer finds waiting, and on what it can only guess. */
const judge =
  (verb: string, body: Readonly<Record<string, unknown>>): Recipe =>
  async (ask, known) => {
    const { json: open } = await ask(get(`${QUEUE}?limit=3`));
    const found = ((open as { items?: { review: string }[] } | undefined)?.items ?? []).map(({ review }) => review);
    const ids = [...found.slice(-1), ...someOf(known.reviews, 6, known).slice(0, 6), NO_REVIEW];
    for (const [n, id] of ids.entries()) {
      const hash = await hashOf(ask, id);
      const said = verb === "duplicate" ? { ...body, of: DARK[(known.turn + n) % DARK.length] } : body;
      await ask(json(`/api/v1/triage/reviews/${id}/${verb}`, verb === "answer" ? said : { ...said, hash }));
    }
    await ask(json(`/api/v1/triage/reviews/${NO_REVIEW}/${verb}`, {}));
  };

const lease =
  (method: "POST" | "DELETE"): Recipe =>
  async (ask, known) => {
    for (const id of [...someOf(known.reviews, 4, known).slice(0, 8), NO_REVIEW])
      await ask({ method, path: `/api/v1/triage/reviews/${id}/claim` });
  };

const bulk: Recipe = async (ask, known) => {
  const items: { review: string; hash: string }[] = [];
  // A review that several found stands among what is known several times; an item may stand there once.
  for (const review of new Set([...someOf(known.reviews, 4, known).slice(0, 8), NO_REVIEW]))
    items.push({ review, hash: await hashOf(ask, review) });
  for (const dryRun of [true, false])
    await ask(json("/api/v1/triage/bulk", { verb: "accept", reason: "as-reported", items, dryRun }));
};

export const TRIAGE_READS: Readonly<Record<string, Recipe>> = {
  [`GET ${QUEUE}`]: async (ask, known: Known) => {
    for (const limit of ["2", "9"]) await follow(ask, QUEUE, { limit });
    const filters = ["state=accepted", "state=needs-info", "class=P3", "type=report", "mine=true", "originator=JP-NPA"];
    for (const filter of someOf(filters, 2, known)) await ask(get(`${QUEUE}?${filter}`));
    await ask(get(`${QUEUE}?next=nonsense`));
  },
  "GET /api/v1/triage/summary": async (ask) => void (await ask(get("/api/v1/triage/summary"))),
  "GET /api/v1/triage/mine": async (ask) => {
    await follow(ask, "/api/v1/triage/mine", { limit: "2" });
    await ask(get("/api/v1/triage/mine?state=submitted"));
  },
  "GET /api/v1/triage/reviews/{review}": async (ask, known) => {
    for (const id of [...someOf(known.reviews, 3, known), NO_REVIEW]) await ask(get(`/api/v1/triage/reviews/${id}`));
  },
};

export const TRIAGE_WRITES: Readonly<Record<string, Recipe>> = {
  "POST /api/v1/triage/reviews/{review}/claim": lease("POST"),
  "DELETE /api/v1/triage/reviews/{review}/claim": lease("DELETE"),
  "POST /api/v1/triage/reviews/{review}/needs-info": judge("needs-info", { reason: "date-unclear", words: "When?" }),
  "POST /api/v1/triage/reviews/{review}/answer": judge("answer", { words: "Then." }),
  "POST /api/v1/triage/reviews/{review}/duplicate": judge("duplicate", { reason: "same-event" }),
  "POST /api/v1/triage/reviews/{review}/reject": judge("reject", { reason: "outdated" }),
  "POST /api/v1/triage/reviews/{review}/accept": judge("accept", { reason: "verified" }),
  "POST /api/v1/triage/reviews/{review}/supersede": judge("supersede", { reason: "replaced", by: NO_REVIEW }),
  "POST /api/v1/triage/bulk": bulk,
};
