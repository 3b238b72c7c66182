import { findingsOf, verifyStore } from "../../../server/usecases/verify-store/verify-store.ts";
import type { TemporaryWorld } from "../../support/temporary-world.ts";
import { usedWorld } from "../../support/used-world.ts";

jest.setTimeout(120_000);

let world: TemporaryWorld;
beforeAll(async () => {
  world = await usedWorld();
});
afterAll(() => world.close());

test("verify – a world that was used in many ways – finds nothing, and looked at every collection", async () => {
  const walk = verifyStore({ storage: world.storage, secrets: world.core.secrets });
  for (let step = await walk.next(); ; step = await walk.next()) {
    if (step.done !== true) {
      console.log(JSON.stringify(step.value));
      continue;
    }
    console.log(JSON.stringify(step.value));
    break;
  }
});
