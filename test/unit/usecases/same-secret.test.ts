import { adoptSecret, refuseOtherSecret } from "../../../server/usecases/same-secret.ts";
import { openTemporary } from "../../support/temporary-store.ts";

test("a store – opened with another secret than it was made with – refused, until the new one is adopted", async () => {
  const storage = await openTemporary();
  const [one, other] = [{ which: Buffer.alloc(16, 1) }, { which: Buffer.alloc(16, 2) }];
  await refuseOtherSecret(storage, one);
  await refuseOtherSecret(storage, one);
  await expect(refuseOtherSecret(storage, other)).rejects.toMatchObject({ code: "keys.differ" });
  await storage.transaction((unit) => adoptSecret(unit, other));
  await refuseOtherSecret(storage, other);
  await expect(refuseOtherSecret(storage, one)).rejects.toMatchObject({ code: "keys.differ" });
  await storage.close();
});
