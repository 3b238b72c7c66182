import { drawn } from "../support/drawn.ts";
import { type Leak, LeakFinder } from "./leak-finder.ts";

/** Opens each leak, looks for it by the twin suite's own questions, and asks the same without it (policy 7). On the stand-in for MongoDB one in four. */
export function plantedSuite(leaks: Readonly<Record<string, Leak>>, close: () => void): void {
  const finder = new LeakFinder(close);
  afterAll(() => finder.end());
  const planted = Object.entries(leaks).filter((_, n) => n % drawn(1, 4) === 0);

  test.each(planted)("a planted leak – %s – is caught, and nothing is found without it", async (_, leak) => {
    const { told, without } = await finder.find(leak);
    if (process.env.TWIN_TALK !== undefined) console.log(told.slice(0, 600));
    expect(without).toBe("nothing");
    expect(told).toMatch(/^(GET|POST) /);
  });
}
