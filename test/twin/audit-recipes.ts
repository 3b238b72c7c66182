import { DARK, DARK_ALONE, OPEN } from "./content.ts";
import { get, json, type Recipe, someOf, unknownId } from "./recipe.ts";

/** People and machines of every agency, who is nobody's to know, and nobody. */
const WHO = ["u1", "u2", "j1", "j2", "k1", "k3", "rel-JP-NPA", "feed-KR-KISA", "ad", "nobody"];
const WHEN = ["2026-04-11T09:30:00.000Z", "2026-04-11T09:30:40.000Z", "2026-04-11T09:32:00.000Z"];

/** What the viewer asks of the past of its own agency's posts, and of what it may not see or never posted. */
export const AUDIT_ASKS: Readonly<Record<string, Recipe>> = {
  "POST /api/v1/policy/replay": async (ask, known) => {
    const { json: page } = await ask(get("/api/v1/mine"));
    const posts = (page as { posts?: { id: string }[] } | undefined)?.posts ?? [];
    const own = someOf(posts, 3, known).map(({ id }) => id);
    const objects = [
      ...own.slice(0, 3),
      posts[0]?.id ?? unknownId,
      unknownId,
      DARK[0] ?? "",
      DARK_ALONE[0] ?? "",
      OPEN[0] ?? "",
    ];
    for (const [n, object] of [...new Set(objects)].entries())
      for (const [m, account] of WHO.entries())
        if ((n + m) % 2 === known.turn % 2)
          await ask(json("/api/v1/policy/replay", { account, object, at: WHEN[(n + m) % WHEN.length] }));
    const [object = unknownId] = objects;
    for (const body of [
      { account: "u1", object, at: WHEN[1], channel: "taxii" },
      { account: "j1", object, at: "2026-04-10T00:00:00Z" },
      { account: "j1", object, at: "2036-04-10T00:00:00Z" },
      { account: "j1", object, at: "2026-02-30T00:00:00Z" },
      { account: "j1", object },
      { object, at: WHEN[1] },
      { account: "j1", agency: "JP-NPA", object, at: WHEN[1] },
      ...["JP-NPA", "US-FBI", "KR-KISA", "KR-NIS", "XX-NONE"].flatMap((agency) =>
        WHEN.map((at) => ({ agency, object, at })),
      ),
    ])
      await ask(json("/api/v1/policy/replay", body));
  },
};
