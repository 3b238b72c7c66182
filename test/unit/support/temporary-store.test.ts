import { openTemporary } from "../../support/temporary-store.ts";

test("openTemporary – closed – takes nothing more", async () => {
  const storage = await openTemporary();
  await storage.close();
  await expect(storage.transaction(async () => 1)).rejects.toMatchObject({ code: "store.closed" });
});
