import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { LabelRequest } from "../../../schemas/policy/label.ts";
import { sampleUuid, TRI, tool } from "../../support/samples.ts";
import { Shared } from "./open.ts";

/** A process of its own that writes: `post` batches (some for its agency alone at first), `release` those, or `withdraw` one in five. Arguments: settings of the store as JSON, what, name, how many batches. */
const [store = "{}", what = "", name = "", batches = "0"] = process.argv.slice(2);
const settings = JSON.parse(store) as { readonly DATA_DIR: string };

const on = (country: string) => ({
  agreement: "TRI",
  countries: [country],
  agencies: "*" as const,
  status: "on" as const,
});
/** One in five, told by the id alone. */
const isWithdrawn = (id: string): boolean => Number.parseInt(id.slice(-4), 16) % 5 === 0;

async function main(): Promise<void> {
  const shared = await Shared.open(settings);
  if (what === "post") {
    const shown: LabelRequest = { tlp: "GREEN", releases: [{ ...TRI, countries: [...TRI.countries], agencies: "*" }] };
    for (let batch = 0; batch < Number(batches); batch++) {
      const objects = Array.from({ length: 3 }, (_, i) =>
        tool(`${name} ${batch} ${i}`, { id: `tool--${sampleUuid(`${name} ${batch} ${i}`)}` }),
      );
      await shared.post(name, objects, batch % 2 === 0 ? shown : { tlp: "AMBER+STRICT" });
    }
  } else {
    for (let last = false; ; ) {
      const posted = existsSync(join(settings.DATA_DIR, "posted"));
      const changed = await shared.relabelEach((label, id) => {
        if (what === "withdraw")
          return isWithdrawn(id) && label.tlp === "GREEN" && label.state === "released"
            ? { ...label, state: "withdrawn" }
            : undefined;
        return label.tlp === "AMBER+STRICT"
          ? { ...label, tlp: "GREEN", releases: [on("JPN"), on("KOR"), on("USA")] }
          : undefined;
      });
      // What is released last is withdrawn later: whoever withdraws looks once more when all is released.
      if (posted && changed === 0 && (what === "release" || last)) break;
      last = posted && changed === 0 && existsSync(join(settings.DATA_DIR, "released"));
      await pause(5);
    }
  }
  await shared.close();
}

void main();
