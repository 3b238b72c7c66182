import { row, tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";

const HOME = { tlp: "GREEN" as const, releases: [row("TRI", ["USA"], ["US-TREAS"])] };

/** A world in which something else is done just before the next transaction that is begun while `meanwhile` is set. */
async function interrupted(): Promise<{ world: TemporaryWorld; meanwhile: (work: () => Promise<void>) => void }> {
  let next: (() => Promise<void>) | undefined;
  const world = await TemporaryWorld.open({
    wrapStorage: (storage) =>
      new Proxy(storage, {
        get(target, name) {
          if (name === "transaction")
            return async (work: Parameters<typeof target.transaction>[0]) => {
              const before = next;
              next = undefined;
              await before?.();
              return target.transaction(work);
            };
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  return {
    world,
    meanwhile: (work) => {
      next = work;
    },
  };
}

test.each([
  [
    "withdrawn",
    async (world: TemporaryWorld, id: string) => {
      const path = `/api/v1/objects/${id}/withdraw`;
      expect((await world.ask("u1", { method: "POST", path, body: { reason: "gone" } })).status).toBe(200);
    },
  ],
  [
    "closed to its reader, who is moved to another agency",
    (world: TemporaryWorld) => world.changeAccount("u2", { agency: "US-CISA" }),
  ],
])("feedback – on what is %s between look and write – is a 404 and writes nothing", async (_, happens) => {
  const { world, meanwhile } = await interrupted();
  try {
    const one = tool("taken back under the eyes of its reader");
    world.at(START + 1000, "post");
    await world.post("u1", one, { label: HOME });
    world.at(START + 2000, "look once, so that the next transaction is the verdict's own");
    await world.ask("u2", { method: "GET", path: `/api/v1/objects/${one.id}` });
    meanwhile(() => happens(world, one.id));
    const body = { verdict: "useful", note: "never to be said" };
    const reply = await world.ask("u2", { method: "POST", path: `/api/v1/objects/${one.id}/feedback`, body });
    expect(reply.status).toBe(404);
    const { json } = await world.ask("u1", { method: "GET", path: "/api/v1/mine?limit=10" });
    const [{ post }] = (json as { posts: [{ post: string }] }).posts;
    const fate = (await world.ask("u1", { method: "GET", path: `/api/v1/mine/${post}` })).json;
    expect(fate).toMatchObject({ feedback: [] });
  } finally {
    await world.close();
  }
});
