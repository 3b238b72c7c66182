import { Reviews, Rows } from "../../server/storage/collections.ts";
import type { Storage } from "../../server/storage/port.ts";
import { hashPassword } from "../../server/usecases/password.ts";
import { START, steering } from "../support/steering.ts";
import { type Ask, type Credential, type Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { INLINE_LIMIT, play, type Traces } from "./play.ts";
import type { AskBoth, Known } from "./recipe.ts";
import { READS, VIEWER_PASSWORD, WRITES } from "./recipes.ts";
import { visibleTo } from "./same-sight.ts";
import { SEATS, type Seat, SPARE } from "./seats.ts";
import type { Post, Slot } from "./steps.ts";
import type { Story } from "./story.ts";

/** Two worlds that differ only in what is hidden from a viewer gave that viewer two answers. */
export class TwinDifference extends Error {}

/** The worlds differ in what the viewer may see: the story is wrong, not the server. */
export class NoTwins extends Error {}

export interface PairOptions {
  /** Put between both applications and their stores. */
  readonly wrapStorage?: (storage: Storage) => Storage;
}

export interface PairTally {
  readonly requests: number;
  readonly visible: number;
  readonly hidden: readonly [number, number];
  readonly routes: ReadonlySet<string>;
}

const SLOT = 10_000;
/** The viewer's own requests begin long after the story, one a second. */
const READING = START + 3_600_000;

let encoded: Promise<string> | undefined;

async function open(seat: Seat, options: PairOptions): Promise<TemporaryWorld> {
  const wrap = options.wrapStorage === undefined ? {} : { wrapStorage: options.wrapStorage };
  const world = await TemporaryWorld.open({ settings: { MAX_INLINE_BYTES: String(INLINE_LIMIT) }, ...wrap });
  await world.addDirectory({ accounts: SPARE });
  encoded ??= hashPassword(VIEWER_PASSWORD, steering().moments());
  await world.changeAccount(seat.id, { password: await encoded });
  return world;
}

async function tell(
  world: TemporaryWorld,
  slots: readonly Slot[],
  side: "a" | "b",
  from: number,
  into: Traces,
): Promise<void> {
  for (const [i, slot] of slots.entries()) {
    for (const [j, step] of slot[side].entries()) {
      const left = await play(world, step, from + i * SLOT + j * 1000, `${from + i}/${j}`);
      into.jobs.push(...left.jobs);
      into.releases.push(...left.releases);
    }
  }
}

/** Consolidated and keyed ids of all rows, and marking definitions that readers are shown. */
export async function guesses(
  world: TemporaryWorld,
): Promise<{ things: string[]; markings: string[]; reviews: string[] }> {
  const rows = await world.storage.collection(Rows).all({ limit: 100_000 });
  const reviews = (await world.storage.collection(Reviews).all({ limit: 100_000 })).flatMap(({ names }) => names);
  const markings = new Set<string>();
  for (const { id } of [...SEATS, { id: "k1" }, { id: "rel-US-FBI" }]) {
    const { json } = await world.ask(id, { method: "GET", path: "/api/v1/objects" });
    for (const object of (json as { objects?: { object_marking_refs?: string[] }[] }).objects ?? [])
      for (const marking of object.object_marking_refs ?? []) markings.add(marking);
  }
  return { things: rows.map(({ kind, thing }) => `${kind}--${thing}`), markings: [...markings], reviews };
}

/** What only one of the worlds holds, or holds in that form: what somebody who guesses would guess. */
function secretsOf({ slots }: Story): Post[] {
  const posts = slots.flatMap(({ a, b }) => {
    const texts = [a, b].map((steps) => steps.map((step) => JSON.stringify(step)));
    return [a, b].flatMap((steps, side) =>
      steps.filter((step) => texts[1 - side]?.includes(JSON.stringify(step)) === false),
    );
  });
  return posts.filter((step): step is Post => step.do === "post");
}

const VOLATILE = new Set(["date"]);
const headersOf = ({ headers }: Reply): string =>
  JSON.stringify(Object.entries(headers).filter(([name]) => !VOLATILE.has(name)));

function around(a: Buffer, b: Buffer): string {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
  const cut = (bytes: Buffer): string => bytes.subarray(Math.max(0, at - 200), at + 300).toString("utf8");
  return `at byte ${at}\n  A: …${cut(a)}…\n  B: …${cut(b)}…`;
}

/** Throws `TwinDifference` where two answers to one request are not the same byte for byte. */
export function compare(ask: Ask, a: Reply, b: Reply): void {
  const told = `${ask.method} ${ask.path}${ask.body === undefined ? "" : ` ${JSON.stringify(ask.body).slice(0, 600)}`}`;
  if (a.status !== b.status)
    throw new TwinDifference(
      `${told}\n  answers ${a.status} and ${b.status}\n  A: ${a.body.toString().slice(0, 300)}\n  B: ${b.body.toString().slice(0, 300)}`,
    );
  if (!a.body.equals(b.body)) throw new TwinDifference(`${told}\n  differs ${around(a.body, b.body)}`);
  if (headersOf(a) !== headersOf(b))
    throw new TwinDifference(`${told}\n  headers differ\n  A: ${headersOf(a)}\n  B: ${headersOf(b)}`);
}

/** The route of the document that a request is for. */
export function routeOf(paths: readonly string[], { method, path }: Ask): string | undefined {
  const [plain = ""] = path.split("?");
  const asked = plain.split("/");
  const found = paths.find((pattern) => {
    const [of = "", shape = ""] = pattern.split(" ");
    const parts = shape.split("/");
    return (
      of === method &&
      parts.length === asked.length &&
      parts.every((part, i) => part.startsWith("{") || part === asked[i])
    );
  });
  return found;
}

/** Every route of the OpenAPI document that the world itself serves: `GET /api/v1/objects/{id}`. */
export async function documentedRoutes(world: TemporaryWorld): Promise<string[]> {
  const { json } = await world.ask("", { method: "GET", path: "/api/v1/openapi.json" }, "none");
  const { paths } = json as { paths: Record<string, Record<string, unknown>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/**
 * Tells a story in two worlds, makes sure that they differ in nothing that the viewer may see, and sends the viewer's requests to both: reads,
 * writes, reads again, while hidden work goes on. Throws `TwinDifference` at the first answer that is not the same byte for byte.
 */
export async function runPair(story: Story, options: PairOptions = {}): Promise<PairTally> {
  const { seat } = story;
  const worlds = await Promise.all([open(seat, options), open(seat, options)]);
  const [a, b] = worlds;
  try {
    const left: Traces = { jobs: [], releases: [] };
    await Promise.all([tell(a, story.slots, "a", START, left), tell(b, story.slots, "b", START, left)]);
    const paths = await documentedRoutes(a);
    const routes = new Set<string>();
    let requests = 0;
    let meanwhile = 0;
    const runJobs = async (now: number, word: string): Promise<void> => {
      for (const world of worlds) {
        world.at(now, word);
        await world.runJobs();
      }
    };
    const both: AskBoth = async (ask, credential: Credential = seat.credential) => {
      requests++;
      const now = READING + requests * 1000;
      if (requests % 40 === 20 && meanwhile < story.meanwhile.length) {
        const slots = story.meanwhile.slice(meanwhile, meanwhile + 1);
        meanwhile++;
        await Promise.all([tell(a, slots, "a", now - 900, left), tell(b, slots, "b", now - 900, left)]);
      }
      routes.add(routeOf(paths, ask) ?? "");
      // The worker is behind with nobody's work but the viewer's own, whose chance must not hang on how many others it had before.
      const posts = ask.method === "POST" && (ask.path.startsWith("/api/v1/ingest") || ask.path.startsWith("/taxii2/"));
      if (posts) await runJobs(now - 1, `before/${requests}`);
      for (const world of worlds) world.at(now, `viewer/${requests}`);
      const [one, other] = await Promise.all([a.ask(seat.id, ask, credential), b.ask(seat.id, ask, credential)]);
      compare(ask, one, other);
      if (posts && one.status === 202) {
        const { job, id } = one.json as { job?: string; id?: string };
        left.jobs.push(job ?? id ?? "");
        await runJobs(now + 1, `viewer/${requests}/work`);
      }
      return one;
    };
    const known = async (round: Known["round"]): Promise<Known> => {
      const [one, other] = await Promise.all([guesses(a), guesses(b)]);
      const union = (x: readonly string[], y: readonly string[]): string[] => [...new Set([...x, ...y])].sort();
      const [jobs, releases] = [union(left.jobs, []), union(left.releases, [])];
      return {
        seat,
        round,
        jobs,
        releases,
        secrets: secretsOf(story),
        turn: story.slots.length,
        things: union(one.things, other.things),
        markings: union(one.markings, other.markings),
        reviews: union(one.reviews, other.reviews),
      };
    };
    const twins = async (): Promise<{ visible: number; hidden: readonly [number, number] }> => {
      const [one, other] = await Promise.all([visibleTo(a, seat.id), visibleTo(b, seat.id)]);
      const differing = one.visible
        .filter((text) => !other.visible.includes(text))
        .concat(other.visible.filter((text) => !one.visible.includes(text)));
      if (differing.length > 0) throw new NoTwins(differing.join("\n"));
      return { visible: one.visible.length, hidden: [one.hidden, other.hidden] };
    };
    const counted = await twins();
    for (const round of ["first", "second"] as const) {
      const now = await known(round);
      for (const recipe of Object.values(READS)) await recipe(both, now);
      if (round === "second") break;
      for (const recipe of Object.values(WRITES)) await recipe(both, now);
    }
    return { requests, routes, ...counted };
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
  }
}
