import type { Storage } from "../../server/storage/port.ts";

/** A store that answers as another does, but for what is given. */
export const wrappedStorage = (storage: Storage, instead: Partial<Storage>): Storage => ({
  can: storage.can,
  collection: (spec) => storage.collection(spec),
  transaction: (work) => storage.transaction(work),
  snapshot: (work) => storage.snapshot(work),
  now: () => storage.now(),
  unsealed: (collection, ask) => storage.unsealed(collection, ask),
  scrub: () => storage.scrub(),
  close: () => storage.close(),
  ...instead,
});
