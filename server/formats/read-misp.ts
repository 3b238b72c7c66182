import type { Item } from "../pipeline/steps.ts";

/** Events of MISP to items. */
export class MispReader {
  private index = 0;

  read(events: readonly unknown[]): Item[] {
    return events.map((_, i) => ({
      index: this.index++,
      problem: { code: "misp.event", path: `events[${i}]`, message: "is no event" },
    }));
  }
}
