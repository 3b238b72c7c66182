import { bundleOf, TemporaryWorld } from "../support/temporary-world.ts";

const artifact = (at: number, bytes: number) => ({
  type: "artifact",
  spec_version: "2.1",
  id: `artifact--00000000-0000-4000-8000-00000000000${at}`,
  mime_type: "application/zip",
  payload_bin: "QUJD".repeat(bytes / 4),
});

test("an object larger than a document of a store may be, between two others – its own result says so, the others are in", async () => {
  const world = await TemporaryWorld.open();
  try {
    const reply = await world.post(
      "j1",
      bundleOf([artifact(1, 4_000), artifact(2, 16_000_000), artifact(3, 8_000_000)]),
    );
    expect(reply.status).toBe(200);
    const { counts, results } = reply.json as {
      counts: unknown;
      results: { index: number; outcome: string; code?: string }[];
    };
    expect(counts).toMatchObject({ received: 3, created: 2, rejected: 1 });
    expect(results.map(({ outcome, code }) => [outcome, code])).toEqual([
      ["created", undefined],
      ["rejected", "object.too_large"],
      ["created", undefined],
    ]);
    const read = await world.ask("j1", { method: "GET", path: "/api/v1/objects?type=artifact" });
    expect((read.json as { objects: unknown[] }).objects).toHaveLength(2);
  } finally {
    await world.close();
  }
});
