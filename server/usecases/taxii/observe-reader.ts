import type { Viewer } from "../../../schemas/policy/viewer.ts";
import type { Moment } from "../../shared/moment.ts";
import { Readers } from "../../storage/collections.ts";
import type { Storage } from "../../storage/port.ts";
import type { Admissions } from "../admission.ts";
import type { Meter } from "../meter.ts";
import type { Snapshots } from "../snapshot.ts";
import type { LaneHeads } from "./lane-heads.ts";
import { lastPageOf, noteEverybody } from "./last-pages.ts";
import { isCurrent, observe } from "./observe.ts";

export interface ObserveParts {
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  readonly admissions: Admissions;
  /** The time, ms. */
  readonly clock: () => number;
  readonly meter?: Meter;
  readonly heads?: LaneHeads;
}

/** Brings what was observed of one reader up to now, in a transaction of its own (order, admission intervals). Gives the newest place that was given away with it, if any. */
export async function observeReader(parts: ObserveParts, viewer: Viewer, moment: Moment): Promise<number | undefined> {
  const { storage, snapshots, admissions, clock } = parts;
  const lastPage = await lastPageOf(storage, viewer.id);
  const place = await storage.transaction(async (unit) => {
    const snapshot = await snapshots.read(unit, moment.now);
    const current = snapshot.viewer(viewer.id) ?? viewer;
    const admission = admissions.of(current, snapshot, "taxii");
    return observe(unit, current, snapshot, admission, { now: Math.max(moment.now, clock()), lastPage }, parts.heads);
  });
  parts.meter?.({ kind: "observed" });
  return place;
}

/** The same for every account that ever read by cursor: what an idle one lost is known although it did not ask meanwhile. Gives how many were behind. */
export async function observeIdleReaders(parts: ObserveParts, moment: Moment): Promise<number> {
  const { storage, snapshots } = parts;
  let behind = 0;
  const { at } = await snapshots.read(storage, moment.now);
  for (let after: string | undefined; ; ) {
    const page = await storage.collection(Readers).all({ limit: 100, ...(after === undefined ? {} : { after }) });
    for (const doc of page) {
      const snapshot = await snapshots.read(storage, moment.now);
      const viewer = snapshot.viewer(doc.id);
      if (viewer === undefined || isCurrent(doc, viewer, snapshot)) continue;
      await observeReader(parts, viewer, moment);
      behind += 1;
    }
    after = page.at(-1)?.id;
    if (page.length < 100) break;
  }
  await noteEverybody(storage, at);
  return behind;
}
