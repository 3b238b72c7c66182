import { READS, WRITES } from "./recipes.ts";
import type { Story } from "./story.ts";
import { type PairTally, TwinPair } from "./twin-pair.ts";

/** What is asked again of every pair once the viewer has written; of all else a third, another one with each pair. */
const LISTS = /objects\/?$|\/mine$/;

/**
 * Tells a story in two worlds, makes sure that they differ in nothing that the viewer may see, and sends the viewer's requests to both: reads,
 * writes, reads again, one by one and at once, while hidden work goes on. Throws `TwinDifference` at the first answer that is not the same byte for byte.
 */
export async function runPair(story: Story): Promise<PairTally> {
  const pair = await TwinPair.tell(story);
  try {
    const counted = await pair.twins();
    for (const round of ["first", "second"] as const) {
      const known = await pair.known(round);
      for (const [n, [route, recipe]] of Object.entries(READS).entries())
        if (round === "first" || LISTS.test(route) || n % 3 === known.turn % 3) await pair.follow(route, recipe, known);
      await pair.crowd();
      if (round === "second") break;
      for (const [route, recipe] of Object.entries(WRITES)) await pair.follow(route, recipe, known);
      await pair.odd();
    }
    return { ...pair.asked, ...counted };
  } finally {
    await pair.close();
  }
}
