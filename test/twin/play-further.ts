import type { Ask, Reply, TemporaryWorld } from "../support/temporary-world.ts";
import { signersOf } from "./seats.ts";
import type { Step } from "./steps.ts";

/** Steps of several requests: policy over the API, relabels, tear-lines, requests to others, recalls. A story is told whole, so that each throws where it can't be done. */

type Doing<K extends Step["do"]> = Extract<Step, { readonly do: K }>;
const body = ({ json }: Reply): Readonly<Record<string, unknown>> => (json ?? {}) as Record<string, unknown>;

/** A request that has to be done, with chance of its own. */
export async function must(world: TemporaryWorld, as: string, ask: Ask): Promise<Reply> {
  world.at(world.steer.now, `${world.steer.chance}+`);
  const reply = await world.ask(as, ask);
  if (reply.status >= 300)
    throw new Error(`${as} ${ask.method} ${ask.path}: ${reply.status} ${reply.body.toString().slice(0, 400)}`);
  return reply;
}
const get = async (world: TemporaryWorld, as: string, path: string): Promise<Readonly<Record<string, unknown>>> =>
  body(await must(world, as, { method: "GET", path }));
const post = async (
  world: TemporaryWorld,
  as: string,
  path: string,
  said: object,
): Promise<Readonly<Record<string, unknown>>> => body(await must(world, as, { method: "POST", path, body: said }));

const CHANGES = "/api/v1/policy-changes";

/** Proposes a change and has it signed; what narrows is done at once. Gives its id. */
export async function changePolicy(
  world: TemporaryWorld,
  { as, change, by, verb = "sign" }: Omit<Doing<"policy">, "do">,
): Promise<string> {
  const { change: id, status } = await post(world, as, CHANGES, { change, reason: "for the story" });
  const path = `${CHANGES}/${String(id)}`;
  for (const signer of status === "proposed" ? by.slice(0, verb === "sign" ? by.length : 1) : []) {
    const { hash } = await get(world, signer, path);
    await post(world, signer, `${path}/${verb}`, { reason: "seen", hash });
  }
  return String(id);
}

/** Suspends an agreement, whatever it was. Gives the ids of the changes that it took. */
export async function suspend(world: TemporaryWorld, { agreement, by, again }: Doing<"suspend">): Promise<string[]> {
  const [as = ""] = by;
  const become = (status: string): Promise<string> =>
    changePolicy(world, { as, by, change: { agreement, to: { status } } });
  const { agreements } = (await get(world, as, "/api/v1/agreements")) as {
    agreements: { agreement: string; status: string }[];
  };
  const now = agreements.find((one) => one.agreement === agreement)?.status;
  const changes = now === "suspended" ? [await become("in-force")] : [];
  changes.push(await become("suspended"));
  if (again) changes.push(await become("in-force"));
  return changes;
}

/** Holds a source, and frees it where somebody signs that. Gives the ids of the changes that it took. */
export async function hold(
  world: TemporaryWorld,
  { as, agency, account, reason, freedBy }: Doing<"hold">,
): Promise<string[]> {
  const since = "2026-04-11T09:30:00.000Z";
  const held = await post(world, as, "/api/v1/quarantines", { agency, account, since, reason });
  if (held.swept !== true) throw new Error(`the quarantine of ${account} is not whole`);
  if (freedBy.length === 0) return [];
  const change = { quarantine: String(held.quarantine), to: { lifted: true } };
  return [await changePolicy(world, { as: "ad", change, by: freedBy })];
}

export async function relabel(world: TemporaryWorld, step: Doing<"relabel">): Promise<string> {
  const { posts = [] } = (await get(world, step.as, `/api/v1/mine?id=${step.object}`)) as {
    posts?: { post: string; hash: string }[];
  };
  const mine = posts.at(-1);
  const path = `/api/v1/mine/${mine?.post}/relabel`;
  const asked = { label: step.label, hash: mine?.hash, reason: "for more" };
  const release = String((await post(world, step.as, path, asked)).release);
  await world.decide(step.by, release);
  return release;
}

export async function tear(
  world: TemporaryWorld,
  { as, parent, object, label }: Omit<Doing<"tear">, "do">,
): Promise<void> {
  const { hash } = await get(world, as, `/api/v1/objects/${parent}`);
  await post(world, as, `/api/v1/objects/${parent}/tear-lines`, { object, label, hash, reason: "to warn" });
}

export async function askOnward(world: TemporaryWorld, step: Doing<"onward">): Promise<string[]> {
  const { as, object, row, by, verb } = step;
  const made = await post(world, as, "/api/v1/releases/onward", { object, row, reason: "they work on it" });
  const requests = (made.requests ?? []) as string[];
  if (requests.length !== 1) throw new Error(`${as} asked ${requests.length} for ${object}`);
  if (verb !== "leave") for (const request of requests) await world.decide(by, request, verb);
  return requests;
}

export async function contact(world: TemporaryWorld, { as, value, by, verb }: Doing<"contact">): Promise<void> {
  await post(world, as, "/api/v1/deconfliction", { value, topic: "crypto" });
  const { asks = [] } = (await get(world, by, "/api/v1/deconfliction/asked")) as { asks?: { ask: string }[] };
  // Oldest first: what was asked now stands last.
  const asked = asks.at(-1);
  if (asked === undefined) throw new Error(`${by} is not asked for ${value}`);
  if (verb !== "leave")
    await must(world, by, { method: "POST", path: `/api/v1/deconfliction/asked/${asked.ask}/${verb}` });
}

export async function acknowledge(world: TemporaryWorld, { as, object }: Doing<"acknowledge">): Promise<void> {
  const { recalls = [] } = (await get(world, as, "/api/v1/recalls")) as {
    recalls?: { recall: string; object: string }[];
  };
  const own = recalls.find((one) => one.object === object);
  if (own === undefined) throw new Error(`${as} has no recall of ${object}`);
  await must(world, as, { method: "POST", path: `/api/v1/recalls/${own.recall}/acknowledge` });
}

/** Everybody who signs for these countries first. */
export const signers = (countries: readonly string[]): string[] => countries.map((country) => signersOf(country)[0]);
