import type { Viewer } from "../../schemas/policy/viewer.ts";
import { wireLabel } from "../policy/wire-label.ts";
import type { AdmittedLane } from "./admission.ts";

const texts = new WeakMap<AdmittedLane, string>();

/** A label as this reader may know it, as text: equal texts, nothing changed for the reader. Made once an admitted lane, which is one viewer's. */
export function wireText(viewer: Viewer, lane: AdmittedLane): string {
  const held = texts.get(lane);
  if (held !== undefined) return held;
  const text = JSON.stringify(wireLabel(lane.entry.label, viewer, lane.cut));
  texts.set(lane, text);
  return text;
}
