import { bundleOf, type TemporaryWorld } from "../support/temporary-world.ts";
import type { Step } from "./steps.ts";

/** What the steps of a story left behind that a viewer could ask for. */
export interface Traces {
  readonly jobs: string[];
  readonly releases: string[];
}

/** Over the limit that the worlds are opened with, so that the post waits as a job. */
export const INLINE_LIMIT = 65_536;
export const padding = { x_padding: "x".repeat(INLINE_LIMIT) };

/** Plays one step at an instant, with chance that depends on the word alone. Throws where the step can't be done: a story is told whole. */
export async function play(world: TemporaryWorld, step: Step, now: number, word: string): Promise<Traces> {
  const left: Traces = { jobs: [], releases: [] };
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
    case "agency":
      await world.addDirectory({ agencies: [step.agency] });
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
    case "read":
      await world.ask(step.as, { method: "GET", path: "/api/v1/objects?limit=5" });
      await world.ask(step.as, { method: "GET", path: "/api/v1/export?format=list" });
      break;
  }
  return left;
}
