import { bundleOf, type TemporaryWorld } from "../support/temporary-world.ts";
import { acknowledge, askOnward, changePolicy, contact, hold, must, relabel, suspend, tear } from "./play-further.ts";
import { AGENCIES, countryOf } from "./seats.ts";
import type { Release, Step } from "./steps.ts";

/** What the steps of a story left behind that a viewer could ask for. */
export interface Traces {
  readonly jobs: string[];
  readonly releases: string[];
  readonly changes: string[];
}
/** Nothing yet. */
export const noTraces = (): Traces => ({ jobs: [], releases: [], changes: [] });

/** Over the limit that the worlds are opened with, so that the post waits as a job. */
export const INLINE_LIMIT = 65_536;
export const padding = { x_padding: "x".repeat(INLINE_LIMIT) };

async function takeBack(world: TemporaryWorld, { by, row, then }: Release, release: string): Promise<void> {
  const path = `/api/v1/releases/${release}`;
  const { json } = await world.ask(by, { method: "GET", path });
  const here = row.agencies === "*" ? AGENCIES : row.agencies;
  const to = { ...row, agencies: here.filter((agency) => row.countries.includes(countryOf(agency))).slice(0, 1) };
  const body = { reason: "no longer", hash: (json as { hash: string }).hash, ...(then === "narrow" ? { to } : {}) };
  const reply = await world.ask(by, { method: "POST", path: `${path}/${then}`, body });
  if (reply.status !== 200) throw new Error(`${by} could not ${then} ${release}: ${reply.body.toString()}`);
}

async function review(world: TemporaryWorld, as: string, originator: string): Promise<void> {
  const { json } = await world.ask(as, {
    method: "GET",
    path: `/api/v1/triage/queue?originator=${originator}&limit=1`,
  });
  const [first] = (json as { items?: { review: string }[] }).items ?? [];
  if (first === undefined) return;
  const path = `/api/v1/triage/reviews/${first.review}`;
  await world.ask(as, { method: "POST", path: `${path}/claim` });
  const { json: shown } = await world.ask(as, { method: "GET", path });
  const body = { reason: "verified", hash: (shown as { hash?: string }).hash ?? "" };
  await world.ask(as, { method: "POST", path: `${path}/accept`, body });
}

/** Plays one step at an instant, with chance that depends on the word alone. Throws where the step can't be done: a story is told whole. */
export async function play(world: TemporaryWorld, step: Step, now: number, word: string): Promise<Traces> {
  const left = noTraces();
  world.at(now, word);
  switch (step.do) {
    case "post": {
      const reply = await world.post(step.as, step.objects, { label: step.label });
      if (reply.status !== 200) throw new Error(`${step.as} could not post: ${reply.status} ${reply.body.toString()}`);
      break;
    }
    case "release": {
      const release = await world.propose(step.as, step.object, step.row);
      left.releases.push(release);
      world.at(now + 1, `${word}/decided`);
      if (step.verb !== "leave") await world.decide(step.by, release, step.verb);
      if (step.verb === "approve" && step.then !== undefined) await takeBack(world, step, release);
      break;
    }
    case "agreement":
      await world.changeAgreement(step.id, step.change);
      break;
    case "account":
      await world.addDirectory({ accounts: [step.account] });
      break;
    case "end":
      await world.changeAccount(step.account, { until: "2026-01-01T00:00:00Z" });
      break;
    case "person":
      await world.changeAccount(step.account, step.change);
      break;
    case "categories":
      await world.changeAgency(step.agency, { categories: step.categories });
      break;
    case "withdraw": {
      const body = { reason: "a mistake" };
      const reply = await world.ask(step.as, { method: "POST", path: `/api/v1/objects/${step.object}/withdraw`, body });
      if (reply.status !== 200) throw new Error(`${step.as} could not withdraw: ${reply.body.toString()}`);
      break;
    }
    case "back": {
      const path = `/api/v1/objects/${step.object}`;
      const { json } = await world.ask(step.as, { method: "GET", path });
      const to = step.but === undefined ? {} : { to: { ...step.row, agencies: step.but } };
      const body = { row: step.row, reason: "not for them", hash: (json as { hash?: string }).hash ?? "none", ...to };
      const reply = await world.ask(step.as, { method: "POST", path: `${path}/recalls`, body });
      if (reply.status !== 200) throw new Error(`${step.as} could not take back: ${reply.body.toString()}`);
      break;
    }
    case "review":
      await review(world, step.as, step.originator);
      break;
    case "ask":
      for (const ask of step.asks) await world.ask(step.as, ask);
      break;
    case "act":
      for (const ask of step.asks) await must(world, step.as, ask);
      break;
    case "policy":
      left.changes.push(await changePolicy(world, step));
      break;
    case "suspend":
      left.changes.push(...(await suspend(world, step)));
      break;
    case "hold":
      left.changes.push(...(await hold(world, step)));
      break;
    case "relabel":
      left.releases.push(await relabel(world, step));
      break;
    case "tear":
      await tear(world, step);
      break;
    case "onward":
      left.releases.push(...(await askOnward(world, step)));
      break;
    case "contact":
      await contact(world, step);
      break;
    case "acknowledge":
      await acknowledge(world, step);
      break;
    case "agency":
      await world.addDirectory({ agencies: [step.agency], accounts: step.accounts ?? [] });
      break;
    case "job": {
      const body = JSON.stringify(
        bundleOf(step.objects.map((object, i) => (i === 0 ? { ...object, ...padding } : object))),
      );
      const headers = { "Tricord-Label": JSON.stringify(step.label) };
      const reply = await world.ask(step.as, { method: "POST", path: "/api/v1/ingest", body, headers });
      if (reply.status !== 202) throw new Error(`${step.as} got no job: ${reply.status} ${reply.body.toString()}`);
      left.jobs.push((reply.json as { job: string }).job);
      world.at(now + 1, `${word}/run`);
      if (step.run) await world.runJobs();
      break;
    }
    case "fail": {
      const body = { username: step.username, password: "not the password" };
      await world.ask("", { method: "POST", path: "/api/v1/auth/login", body }, "none");
      break;
    }
    case "poll":
      for (const name of ["originals", "consolidated", "recalls"])
        await world.ask(step.as, { method: "GET", path: `/taxii2/dprk/collections/${name}/objects/?limit=1000` });
      break;
    case "read":
      await world.ask(step.as, { method: "GET", path: "/api/v1/objects?limit=5" });
      await world.ask(step.as, { method: "GET", path: "/api/v1/export?format=list" });
      break;
  }
  return left;
}
