import { Releases } from "../../server/storage/collections.ts";
import type { ReleaseDoc } from "../../server/storage/release-documents.ts";
import { START } from "../support/steering.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";
import { single } from "./content.ts";
import { row, tri } from "./seats.ts";

/** What needs more than a twin pair can hold. */
test("the list of releases – with a thousand hidden ones before the one that the viewer may see – shows that one", async () => {
  const world = await TemporaryWorld.open();
  const hidden = Array.from({ length: 1100 }, (_, i): ReleaseDoc => {
    const to = { agreement: "TRI", countries: ["USA"], agencies: "*" as const };
    return {
      ...{
        id: `hidden-${String(i).padStart(4, "0")}`,
        contributions: ["of nobody's sight"],
        object: "tool--x",
        row: to,
      },
      ...{ agency: "JP-NPA", country: "JPN", reason: "hidden", hash: "none", status: "proposed", proposedBy: "j1" },
      proposedAt: START - 1000,
    };
  });
  for (let at = 0; at < hidden.length; at += 500)
    await world.storage.transaction((unit) => unit.collection(Releases).insert(hidden.slice(at, at + 500)));
  const object = single("crowded", { step: 0, words: "j2", dark: false });
  world.at(START, "post");
  await world.post("j2", object, { label: { tlp: "GREEN", releases: [row(tri(["USA"]))] } });
  world.at(START + 1000, "propose");
  const release = await world.propose("j2", String(object.id), tri(["USA"]));
  const { json } = await world.ask("j2", { method: "GET", path: "/api/v1/releases" });
  expect((json as { releases: { release: string }[] }).releases.map((one) => one.release)).toEqual([release]);
  await world.close();
});
