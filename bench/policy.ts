import { policySpeed } from "./policy-speed.ts";
import { PolicyStore } from "./policy-store.ts";
import { suspension } from "./policy-suspension.ts";
import { Verdicts } from "./policy-verdicts.ts";

/**
 * `npm run bench -- policy [--only speed,suspension] [--objects 100000,1000000] [--labels 400,20000] [--times 5] [--read 20000]`: what deciding costs in process, and what an
 * agreement that is suspended and in force again costs who reads: of stores of each size under each number of labels, the first answer over REST and the first page of TAXII of
 * accounts that lost with it, whether anything is answered as before, and whether a content row was written. `--times`: so often a store's agreement is suspended and put in
 * force again; `--read`: so many objects a reader had got by TAXII before.
 */
const argument = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const numbers = (text: string): number[] => text.split(",").map(Number);

export async function policyBench(): Promise<void> {
  const only = new Set((argument("--only") ?? "speed,suspension").split(","));
  const verdicts = new Verdicts();
  if (only.has("speed")) policySpeed(verdicts);
  if (only.has("suspension"))
    for (const labels of numbers(argument("--labels") ?? "400,20000"))
      for (const objects of numbers(argument("--objects") ?? "100000,1000000")) {
        const began = performance.now();
        const store = await PolicyStore.filled(objects, labels);
        try {
          const filled = (performance.now() - began) / 1000;
          verdicts.say(`\n${objects} objects under ${labels} labels: filled in ${filled.toFixed(0)} s`);
          await suspension(store, verdicts, {
            times: Number(argument("--times") ?? 5),
            read: Number(argument("--read") ?? 20_000),
          });
        } finally {
          await store.remove();
        }
      }
  verdicts.say(`\n${verdicts.table()}`);
}
