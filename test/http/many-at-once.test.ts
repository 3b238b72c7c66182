import { bundleOf, TemporaryWorld } from "../support/temporary-world.ts";

/** A store that takes no more than three objects of one post in one transaction, as one on MongoDB takes no more than some thousands. */
const open = (): Promise<TemporaryWorld> =>
  TemporaryWorld.open({ wrapStorage: (storage) => ({ ...storage, can: { ...storage.can, postObjects: 3 } }) });

const addresses = (n: number) =>
  bundleOf(
    Array.from({ length: n }, (_, at) => ({
      type: "ipv4-addr",
      spec_version: "2.1",
      id: `ipv4-addr--00000000-0000-5000-8000-${String(at).padStart(12, "0")}`,
      value: `198.51.100.${at + 1}`,
    })),
  );

test("a post of as many objects as one transaction takes – answered at once", async () => {
  const world = await open();
  try {
    const reply = await world.post("j1", addresses(3));
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ counts: { received: 3, created: 3 } });
  } finally {
    await world.close();
  }
});

test("a post of more – 202 with a job that does all of it, and nothing twice", async () => {
  const world = await open();
  try {
    const reply = await world.post("j1", addresses(4));
    expect(reply.status).toBe(202);
    const { job } = reply.json as { job: string };
    await world.runJobs();
    const done = await world.ask("j1", { method: "GET", path: `/api/v1/jobs/${job}` });
    expect(done.json).toMatchObject({ status: "done", counts: { received: 4, created: 4, rejected: 0 } });
    const again = await world.post("j1", addresses(3));
    expect(again.json).toMatchObject({ counts: { received: 3, unchanged: 3 } });
  } finally {
    await world.close();
  }
});

test("a dry run of more – 413 in words: it makes no job", async () => {
  const world = await open();
  try {
    const reply = await world.post("j1", addresses(4), { query: "?dry_run=true" });
    expect(reply.status).toBe(413);
    expect(reply.json).toMatchObject({ error: { code: "ingest.too_many_at_once" } });
  } finally {
    await world.close();
  }
});

test("a TAXII post of more – 202 with a status that is pending, then complete", async () => {
  const world = await open();
  try {
    const { objects } = addresses(4) as { objects: unknown[] };
    const type = "application/taxii+json;version=2.1";
    const reply = await world.ask("j1", {
      method: "POST",
      path: "/taxii2/dprk/collections/originals/objects/",
      headers: { accept: type, "content-type": type },
      body: JSON.stringify({ objects }),
    });
    expect(reply.status).toBe(202);
    expect(reply.json).toMatchObject({ status: "pending" });
    await world.runJobs();
    const { id } = reply.json as { id: string };
    const after = await world.ask("j1", {
      method: "GET",
      path: `/taxii2/dprk/status/${id}/`,
      headers: { accept: type },
    });
    expect(after.json).toMatchObject({ status: "complete", success_count: 4, failure_count: 0 });
  } finally {
    await world.close();
  }
});
