import { DARK_VALUES, uuidOf, VALUES } from "./content.ts";
import { type AskBoth, get, json, type Recipe } from "./recipe.ts";

/** What the viewer asks others about, and is asked. */
const PATH = "/api/v1/deconfliction";

interface Listed {
  readonly tickets?: readonly { readonly ticket: string }[];
  readonly asks?: readonly { readonly ask: string }[];
  readonly next?: string;
}
const read = async (ask: AskBoth, path: string): Promise<Listed> =>
  ((await ask(get(path))).json as Listed | undefined) ?? {};

/** Those that are asked of the viewer, and one that nobody was. */
async function answer(ask: AskBoth, verb: "consent" | "decline"): Promise<void> {
  const { asks = [] } = await read(ask, `${PATH}/asked`);
  for (const one of [...asks.map((found) => found.ask), "guessed"])
    await ask({ method: "POST", path: `${PATH}/asked/${one}/${verb}` });
}

export const DECONFLICTION_READS: Readonly<Record<string, Recipe>> = {
  [`GET ${PATH}`]: async (ask) => {
    await read(ask, PATH);
    for (let next: string | undefined = ""; next !== undefined; )
      next = (await read(ask, `${PATH}?limit=1${next === "" ? "" : `&next=${encodeURIComponent(next)}`}`)).next;
    for (const query of ["limit=0", "next=nonsense"]) await ask(get(`${PATH}?${query}`));
  },
  [`GET ${PATH}/{ticket}`]: async (ask) => {
    const { tickets = [] } = await read(ask, PATH);
    for (const { ticket } of tickets) await ask(get(`${PATH}/${ticket}`));
    await ask(get(`${PATH}/${uuidOf("no ticket")}`));
  },
  [`GET ${PATH}/asked`]: async (ask) => void (await read(ask, `${PATH}/asked`)),
  [`GET ${PATH}/report`]: async (ask) => {
    for (const query of ["", "?days=1", "?days=7", "?days=99", "?days=0"]) await ask(get(`${PATH}/report${query}`));
  },
};

export const DECONFLICTION_WRITES: Readonly<Record<string, Recipe>> = {
  [`POST ${PATH}`]: async (ask, { seat }) => {
    const topic = seat.topic ?? "crypto";
    for (const [, value] of [...VALUES, ...DARK_VALUES]) await ask(json(PATH, { value, topic }));
    await ask(json(PATH, { value: DARK_VALUES[0]?.[1], topic }));
    for (const body of [
      { value: "no value at all", topic },
      { value: [VALUES[0]?.[1]], topic },
      { value: VALUES[0]?.[1], topic: "something else" },
      { value: VALUES[0]?.[1] },
    ])
      await ask(json(PATH, body));
  },
  [`POST ${PATH}/asked/{ask}/consent`]: (ask) => answer(ask, "consent"),
  [`POST ${PATH}/asked/{ask}/decline`]: (ask) => answer(ask, "decline"),
};
