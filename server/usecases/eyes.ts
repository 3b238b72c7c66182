import type { Viewer } from "../../schemas/policy/viewer.ts";
import { type AdmittedLane, admittedLanes } from "./admission.ts";
import { isHeld } from "./held-sources.ts";
import type { Row, Sight } from "./sight.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a viewer may read, as far as a release asks: outside a transaction the request's sight, inside one what the transaction finds. */
export interface Eyes {
  readonly viewer: Viewer;
  readonly snapshot: Snapshot;
  /** The tier of a row where the viewer is admitted to it. */
  lane(row: Pick<Row, "lane" | "label">): AdmittedLane | undefined;
  /** Whether it is of the viewer's own agency. */
  own(row: Pick<Row, "originator">): boolean;
  /** Who gains by a row under a label, once it was worked out: a list has many of the same. */
  readonly gained: Map<string, readonly string[]>;
}

const sideOf = (viewer: Viewer): string | undefined => (viewer.role === "client" ? undefined : viewer.agency);

/** What a request's sight admits to. */
export const eyesOf = (sight: Sight): Eyes => ({
  viewer: sight.viewer,
  snapshot: sight.snapshot,
  lane: (row) => sight.admission.lanes.get(row.lane),
  own: (row) => sight.ownRow(row),
  gained: new Map(),
});

/** The same of a snapshot that was read in a transaction: judged label by label, as they are asked for. */
export function eyesOn(snapshot: Snapshot, viewer: Viewer): Eyes {
  const side = sideOf(viewer);
  const judged = new Map<string, AdmittedLane | undefined>();
  return {
    viewer,
    snapshot,
    lane: ({ lane, label }) => {
      if (!judged.has(label)) {
        const entry = snapshot.labels.get(label);
        const [admitted] = entry === undefined ? [] : admittedLanes(viewer, [entry], snapshot, "api");
        judged.set(label, admitted === undefined || isHeld(admitted, viewer, snapshot, "api") ? undefined : admitted);
      }
      const admitted = judged.get(label);
      return admitted?.lane === lane ? admitted : undefined;
    },
    own: ({ originator }) => side !== undefined && originator === side,
    gained: new Map(),
  };
}
