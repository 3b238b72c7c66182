import { Fault } from "../../server/shared/fault.ts";
import type { Collection, CollectionSpec, Doc, Storage, Unit } from "../../server/storage/port.ts";
import { wrappedStorage } from "./wrapped-storage.ts";

/** Words that a driver would say, and nobody outside may read. */
export const DRIVER_WORDS = "connect ECONNREFUSED mongodb://root:hunter2@db-7.internal:27017";

/** `once`: one step fails and what follows works. `away`: every step from that one on fails. */
export type Mode = "once" | "away";

export interface Faults {
  /** From now on the `at`th step fails (from 1); nothing fails with `Infinity`. */
  arm(at: number, mode: Mode): void;
  /** Whether one failed since it was armed. */
  readonly fired: boolean;
  wrap(storage: Storage): Storage;
}

const METHODS = [
  ...["get", "getMany", "insert", "insertNew", "put", "remove", "scan", "pick", "find", "all", "count", "tally"],
  "search",
] as const;

const unavailable = (): Fault =>
  new Fault("unavailable", "The store is away. Try again.", { code: "store.away", cause: new Error(DRIVER_WORDS) });

/** A store whose steps can be made to fail: each call of a collection, each begin and each commit is one. */
export function makeFaults(): Faults {
  let [at, steps, fired] = [Number.POSITIVE_INFINITY, 0, false];
  let mode: Mode = "once";
  const step = (): void => {
    steps += 1;
    if (mode === "once" ? steps !== at : steps < at) return;
    fired = true;
    throw unavailable();
  };
  const collectionOf = <T extends Doc>(held: Collection<T>): Collection<T> => {
    const made: Record<string, unknown> = {};
    for (const method of METHODS)
      made[method] = async (...args: readonly unknown[]) => {
        step();
        return (held as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown>>)[method]?.(
          ...args,
        );
      };
    return made as unknown as Collection<T>;
  };
  const unitOf = (unit: Unit): Unit => ({
    collection: <T extends Doc>(spec: CollectionSpec<T>) => collectionOf(unit.collection(spec)),
  });
  return {
    arm(which, how) {
      [at, steps, fired, mode] = [which, 0, false, how];
    },
    get fired() {
      return fired;
    },
    wrap: (storage) =>
      wrappedStorage(storage, {
        ...unitOf(storage),
        transaction: async (work) => {
          step();
          return storage.transaction(async (unit) => {
            const result = await work(unitOf(unit));
            // What fails here is rolled back: as a commit that did not go through.
            step();
            return result;
          });
        },
        snapshot: async (work) => {
          step();
          return storage.snapshot((unit) => work(unitOf(unit)));
        },
      }),
  };
}
