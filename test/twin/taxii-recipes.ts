import type { StixJson } from "../../server/pipeline/steps.ts";
import type { Ask } from "../support/temporary-world.ts";
import {
  DARK,
  DARK_ALONE,
  DARK_VALUES,
  Dice,
  OPEN,
  observable,
  SENDER_IDS,
  single,
  uuidOf,
  VALUES,
} from "./content.ts";
import { padding } from "./play.ts";
import { type AskBoth, get, type Known, query, type Recipe, someOf, unknownId } from "./recipe.ts";

/** What the viewer asks and sends over TAXII. */
const ROOT = "/taxii2/dprk/";
const NAMES = ["originals", "consolidated", "recalls"] as const;
const at = (collection: string, rest = ""): string => `${ROOT}collections/${collection}/${rest}`;
const GARBAGE = ["limit=0", "next=nonsense", "added_after=yesterday", "match[version]=all,first", "match[id]="];

interface Page {
  readonly more?: boolean;
  readonly next?: string;
}

/** A resource to its end by `next`; gives how many pages there were. */
async function follow(ask: AskBoth, path: string, members: Readonly<Record<string, string>>): Promise<number> {
  let next: string | undefined;
  for (let page = 1; page < 400; page++) {
    const { json } = await ask(get(`${path}?${query({ ...members, ...(next === undefined ? {} : { next }) })}`));
    next = (json as Page | undefined)?.next;
    if (next === undefined) return page;
  }
  throw new Error(`${path} has no end`);
}

/** A resource to its end by the date of the last item alone. */
async function poll(ask: AskBoth, path: string, limit: string): Promise<void> {
  let after: string | undefined;
  for (let page = 0; page < 400; page++) {
    const { json, headers } = await ask(
      get(`${path}?${query({ limit, ...(after === undefined ? {} : { added_after: after }) })}`),
    );
    after = headers["x-taxii-date-added-last"];
    if ((json as Page).more !== true || after === undefined) return;
  }
  throw new Error(`${path} has no end`);
}

const FILTERS: readonly Readonly<Record<string, string>>[] = [
  ...["indicator", "report,relationship", "ipv4-addr,no-such-type"].map((type) => ({ "match[type]": type })),
  ...["first", "all", "first,last", "2026-03-01T00:00:00Z"].map((version) => ({ "match[version]": version })),
  { "match[id]": [...DARK, ...OPEN, ...SENDER_IDS].slice(0, 40).join() },
  { "match[spec_version]": "2.0" },
  { added_after: "2026-04-11T09:30:50Z", "match[version]": "all" },
];

/** Everything under both readable collections by id: hidden, unknown and visible ones. */
const idsOf = (known: Known): string[] => [
  ...someOf(
    [...new Set([...DARK, ...DARK_ALONE, ...OPEN, ...SENDER_IDS, ...known.things, ...known.markings])],
    6,
    known,
  ),
  unknownId,
];

const post = (objects: readonly StixJson[], label?: string): Ask => ({
  ...{ method: "POST", path: at("originals", "objects/"), body: JSON.stringify({ objects }) },
  headers: {
    "Content-Type": "application/taxii+json;version=2.1",
    ...(label === undefined ? {} : { "Tricord-Label": label }),
  },
});

export const TAXII_READS: Readonly<Record<string, Recipe>> = {
  "GET /taxii2/": async (ask) => {
    await ask(get("/taxii2/"));
    await ask(get("/taxii2/"), "none");
    await ask({ method: "PUT", path: "/taxii2/" });
  },
  "GET /taxii2/{root}/": async (ask) => {
    for (const root of ["dprk", "other"]) await ask(get(`/taxii2/${root}/`));
  },
  "GET /taxii2/{root}/collections/": async (ask) => void (await ask(get(`${ROOT}collections/`))),
  "GET /taxii2/{root}/collections/{collection}/": async (ask) => {
    for (const name of [...NAMES, uuidOf("no collection"), "none"]) await ask(get(at(name)));
  },
  "GET /taxii2/{root}/collections/{collection}/objects/": async (ask, known) => {
    const first = known.round === "first";
    for (const [n, name] of NAMES.entries()) {
      await follow(ask, at(name, "objects/"), { "match[version]": "all" });
      if (!first) continue;
      await follow(ask, at(name, "objects/"), { limit: (n + known.turn) % 2 === 0 ? "5" : "19" });
      for (const filter of someOf(FILTERS, 5, known))
        await follow(ask, at(name, "objects/"), { ...filter, limit: "8" });
    }
    await poll(ask, at(first ? "originals" : "consolidated", "objects/"), "5");
    for (const bad of someOf(GARBAGE, 1, known)) await ask(get(`${at("originals", "objects/")}?${bad}`));
    await ask(get(at("originals", "objects/")), "none");
    await ask(get(at(uuidOf("no collection"), "objects/")));
  },
  "GET /taxii2/{root}/collections/{collection}/manifest/": async (ask, known) => {
    for (const name of NAMES) {
      await follow(ask, at(name, "manifest/"), { "match[version]": "all", limit: "15" });
      for (const filter of someOf(FILTERS, 5, known)) await ask(get(`${at(name, "manifest/")}?${query(filter)}`));
    }
  },
  "GET /taxii2/{root}/collections/{collection}/objects/{object}/": async (ask, known) => {
    for (const id of idsOf(known))
      for (const name of ["originals", "consolidated"])
        await ask(get(`${at(name, `objects/${id}/`)}${known.round === "first" ? "" : "?match[version]=all"}`));
  },
  "GET /taxii2/{root}/collections/{collection}/objects/{object}/versions/": async (ask, known) => {
    for (const id of idsOf(known)) await ask(get(at("originals", `objects/${id}/versions/`)));
  },
  "GET /taxii2/{root}/status/{status}/": async (ask, { jobs }) => {
    for (const id of [...jobs, uuidOf("no status"), "none"]) await ask(get(`${ROOT}status/${id}/`));
  },
};

export const TAXII_WRITES: Readonly<Record<string, Recipe>> = {
  "POST /taxii2/{root}/collections/{collection}/objects/": async (ask, { secrets }) => {
    const dice = new Dice([2, 1, 3, 0, 5, 8, 1]);
    const making = { step: 950, words: "over taxii", dark: true };
    const things = [
      ...[...DARK_VALUES.slice(0, 2), VALUES[0] ?? (["ipv4-addr", "192.0.2.1"] as const)].map((value) =>
        observable(value, dice, making),
      ),
      single("taxii 1", making),
      { ...single("taxii 2", making), modified: "not a date" },
    ];
    const green = JSON.stringify({
      tlp: "GREEN",
      releases: [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" }],
    });
    for (const asked of [post(things), post(things), post(things, green)]) {
      const { json } = await ask(asked);
      const id = (json as { id?: string } | undefined)?.id;
      if (id !== undefined) await ask(get(`${ROOT}status/${id}/`));
    }
    for (const { objects } of secrets.slice(-3)) {
      const guessed = objects.filter(({ id }) => !DARK.includes(String(id)));
      if (guessed.length > 0) await ask(post(guessed));
    }
    await ask(post([{ ...single("taxii 3", making), ...padding }]));
    await ask({ ...post([]), body: "{" });
    await ask({ ...post([]), path: at("consolidated", "objects/") });
  },
  "DELETE /taxii2/{root}/collections/{collection}/objects/{object}/": async (ask, known) => {
    const own = `tool--${uuidOf("taxii 1")}`;
    for (const id of [unknownId, ...DARK_ALONE, ...someOf(DARK, 3, known), ...someOf(OPEN, 3, known), own, own])
      await ask({ method: "DELETE", path: at("originals", `objects/${id}/`) });
    await ask({ method: "DELETE", path: at("consolidated", `objects/${unknownId}/`) });
    await ask({ method: "DELETE", path: `${at("originals", `objects/${unknownId}/`)}?match[version]=all,last` });
  },
};
