import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { Making } from "./content.ts";
import { ALL, row, type Seat, tri } from "./seats.ts";
import { type Scene, some } from "./shown.ts";
import type { Step } from "./steps.ts";

/** What a hidden step is made of besides the scene: an agency that is not the viewer's, and words of this world's own. */
export interface Hidden extends Scene {
  readonly agency: string;
  readonly making: Making;
}

/** Something of which a viewer sees nothing. */
export interface HiddenKind {
  readonly name: string;
  readonly steps: (of: Hidden) => readonly Step[];
  /** Those from whom it is hidden, if not from all. */
  readonly from?: (seat: Seat) => boolean;
  /** What it does for a moment would show: not while the viewer asks. */
  readonly before?: true;
}

export const forAll = { tlp: "GREEN" as const, releases: [row(tri(ALL))] };
export const posts = (as: string, label: LabelRequest, objects: readonly StixJson[]): Step[] => [
  { do: "post", as, objects, label },
];
export const post = ({ dice, making }: Hidden, as: string, label: LabelRequest): Step[] =>
  posts(as, label, some(dice, making));
/** Who is told of agreements and agencies, or of all of policy, by office. */
export const governs = ({ office }: Seat): boolean => office === "signer" || office === "admin";
/** A signer is told of what others would read of the own country's content. */
export const notSigner = ({ office }: Seat): boolean => office !== "signer";
