import { DARK, DARK_ALONE, OPEN, uuidOf } from "./content.ts";
import { type AskBoth, get, json, type Recipe, someOf, unknownId } from "./recipe.ts";

/** What the viewer had and lost, and who has received what its agency said. */

interface Page {
  readonly recalls?: readonly { readonly recall: string }[];
  readonly next?: string;
}

async function pages(ask: AskBoth, path: string, limit: string): Promise<Page[]> {
  const found: Page[] = [];
  for (let next: string | undefined = ""; next !== undefined && found.length < 20; ) {
    const { json: reply } = await ask(
      get(`${path}?limit=${limit}${next === "" ? "" : `&next=${encodeURIComponent(next)}`}`),
    );
    const page = (reply ?? {}) as Page;
    found.push(page);
    next = page.recalls?.length === 0 ? undefined : page.next;
  }
  return found;
}

export const RECALL_READS: Readonly<Record<string, Recipe>> = {
  "GET /api/v1/recalls": async (ask) => {
    await pages(ask, "/api/v1/recalls", "3");
    await ask(get("/api/v1/recalls"));
    await ask(get("/api/v1/recalls?next=nonsense"));
    await ask(get("/api/v1/recalls"), "none");
  },
  "GET /api/v1/disclosures": async (ask, known) => {
    await pages(ask, "/api/v1/disclosures", "7");
    for (const id of [unknownId, DARK[0] ?? "", OPEN[0] ?? "", ...DARK_ALONE, ...someOf(known.things, 7, known)])
      await ask(get(`/api/v1/disclosures?object=${id}`));
    await ask(get("/api/v1/disclosures?object=no-id"));
  },
};

export const RECALL_WRITES: Readonly<Record<string, Recipe>> = {
  "POST /api/v1/recalls/{recall}/acknowledge": async (ask) => {
    const { json: page } = await ask(get("/api/v1/recalls"));
    for (const { recall } of ((page ?? {}) as Page).recalls?.slice(0, 3) ?? [])
      await ask(json(`/api/v1/recalls/${recall}/acknowledge`, undefined));
    await ask(json(`/api/v1/recalls/${uuidOf("no recall")}/acknowledge`, undefined));
    await ask(get("/api/v1/recalls"));
  },
};
