import { Fault } from "../shared/fault.ts";

export interface TurnSettings {
  /** Pieces of work of one key at a time. */
  readonly atOnce: number;
  /** Those of one key that may wait; one more is `Fault("too_many_requests")`. */
  readonly waiting: number;
}

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** Lets only so much work of one key run at a time; the rest waits in line. */
export function makeTurns({ atOnce, waiting }: TurnSettings): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, Line>();
  return async (key, work) => {
    const line = lines.get(key) ?? { running: 0, waiting: [] };
    lines.set(key, line);
    if (line.running < atOnce) line.running++;
    else if (line.waiting.length < waiting) await new Promise<void>((begin) => line.waiting.push(begin));
    else throw new Fault("too_many_requests", "too many sign-ins at once from this address", { code: "limit.sign_in" });
    try {
      return await work();
    } finally {
      // A place is handed on to the next in line, or given up.
      const next = line.waiting.shift();
      if (next !== undefined) next();
      else if (--line.running === 0) lines.delete(key);
    }
  };
}
