import { cpSync } from "node:fs";
import { hashPassword } from "../../server/usecases/password.ts";
import { demonstrationGroup } from "../support/demonstration.ts";
import { START, steering } from "../support/steering.ts";
import { type OwnStore, ownStore } from "../support/temporary-store.ts";
import { TemporaryWorld } from "../support/temporary-world.ts";
import { STORE } from "../support/which-store.ts";
import { INLINE_LIMIT, noTraces, play, type Traces } from "./play.ts";
import { VIEWER_PASSWORD } from "./recipes.ts";
import { CAST, type Seat } from "./seats.ts";
import type { Slot } from "./steps.ts";
import type { Story } from "./story.ts";

const SLOT = 10_000;
const SETTINGS = { MAX_INLINE_BYTES: String(INLINE_LIMIT) };
let encoded: Promise<string> | undefined;

/** A world with everybody in it, in a store of its own or in one that stays when the world is closed. */
async function open(seat: Seat, stays?: OwnStore): Promise<TemporaryWorld> {
  const over = stays === undefined ? {} : { over: { ...stays, remove: () => Promise.resolve() } };
  const world = await TemporaryWorld.open({ settings: SETTINGS, ...over });
  if (stays !== undefined) await world.addDirectory(await demonstrationGroup());
  await world.addDirectory(CAST);
  encoded ??= hashPassword(VIEWER_PASSWORD, steering().moments());
  await world.changeAccount(seat.id, { password: await encoded });
  return world;
}

/** Plays slots from an instant on, `apart` ms from step to step. */
export async function tellSlots(
  world: TemporaryWorld,
  slots: readonly Slot[],
  side: "a" | "b",
  { from, apart, into }: { readonly from: number; readonly apart: number; readonly into: Traces },
): Promise<void> {
  for (const [i, slot] of slots.entries()) {
    for (const [j, step] of slot[side].entries()) {
      const left = await play(world, step, from + i * SLOT + j * apart, `${from + i}/${j}`).catch((error: unknown) => {
        throw new Error(`${slot.what}: ${JSON.stringify(slot[side])}`, { cause: error });
      });
      into.jobs.push(...left.jobs);
      into.releases.push(...left.releases);
      into.changes.push(...left.changes);
    }
  }
}

/** Both worlds of a story as it ends, and what could be asked for. */
export interface Told {
  readonly worlds: readonly [TemporaryWorld, TemporaryWorld];
  readonly left: Traces;
}

export async function tellStory(story: Story, stay?: readonly [OwnStore, OwnStore]): Promise<Told> {
  const worlds = await Promise.all([open(story.seat, stay?.[0]), open(story.seat, stay?.[1])]);
  const left = noTraces();
  const from = { from: START, apart: 1000, into: left };
  try {
    await Promise.all([tellSlots(worlds[0], story.slots, "a", from), tellSlots(worlds[1], story.slots, "b", from)]);
    return { worlds, left };
  } catch (error) {
    await Promise.all(worlds.map((world) => world.close()));
    throw error;
  }
}

interface Ended {
  readonly stores: readonly [OwnStore, OwnStore];
  readonly left: Traces;
}

/** A story that was told once, of which there are as many worlds as are asked for, each as it was told: what one of them goes through no other does. */
export class ToldOnce {
  readonly story: Story;
  readonly #kept: Ended | undefined;

  private constructor(story: Story, kept: Ended | undefined) {
    this.story = story;
    this.#kept = kept;
  }

  /** A server's database has no copy that is cheaper than the story. */
  static async tell(story: Story): Promise<ToldOnce> {
    if (STORE === "mongo") return new ToldOnce(story, undefined);
    const stores: readonly [OwnStore, OwnStore] = await Promise.all([ownStore(), ownStore()]);
    const { worlds, left } = await tellStory(story, stores);
    await Promise.all(worlds.map((world) => world.close()));
    return new ToldOnce(story, { stores, left });
  }

  async again(): Promise<Told> {
    if (this.#kept === undefined) return tellStory(this.story);
    const { stores, left } = this.#kept;
    const worlds = await Promise.all(
      stores.map(async ({ folder }) => {
        const over = await ownStore();
        cpSync(folder, over.folder, { recursive: true });
        return TemporaryWorld.open({ settings: SETTINGS, over });
      }),
    );
    const [a, b] = worlds;
    if (a === undefined || b === undefined) throw new Error("a story is told in two worlds");
    const copy: Traces = { jobs: [...left.jobs], releases: [...left.releases], changes: [...left.changes] };
    return { worlds: [a, b], left: copy };
  }

  async end(): Promise<void> {
    await Promise.all((this.#kept?.stores ?? []).map(({ remove }) => remove()));
  }
}
