import { START } from "./steering.ts";
import type { Ask, Reply, TemporaryWorld } from "./temporary-world.ts";

export interface Turns {
  /** When what is under way happens, ms. */
  now(): number;
  /** The world moves on a second, and what comes next has its own chance. */
  tick(what?: string): void;
  /** A request as an account; a path alone is read. */
  ask(as: string, what: Ask | string): Promise<Reply>;
}

/** Requests one after the other, a second apart from `START` on. */
export function inTurns(world: () => TemporaryWorld): Turns {
  let turn = 0;
  const now = (): number => START + turn * 1000;
  const tick = (what = "request"): void => {
    turn += 1;
    world().at(now(), `${what} ${turn}`);
  };
  return {
    now,
    tick,
    ask(as, what) {
      tick();
      return world().ask(as, typeof what === "string" ? { method: "GET", path: what } : what);
    },
  };
}
