import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { anyObject, type Dice, type Making, single } from "./content.ts";
import { AGENCIES, ALL, analystOf, countryOf, foreignOf, PUBLIC, row, type Seat, tri } from "./seats.ts";
import type { Post, Release, Slot, Step } from "./steps.ts";

/** Who looks, what the dice say, and a number of its own for what is made now. */
export interface Scene {
  readonly seat: Seat;
  readonly dice: Dice;
  readonly step: number;
}

/** Of a few objects of any kind. */
export const some = (dice: Dice, making: Making): StixJson[] =>
  Array.from({ length: 1 + dice.below(3) }, () => anyObject(dice, making));

/** A person's post from another country, and its release, which brings it to the viewer; who reads no label is brought what is published. */
export function workflow(
  { seat, dice, step }: Scene,
  more: { readonly label?: LabelRequest; readonly object?: StixJson; readonly agency?: string } = {},
): readonly [Post, Release] {
  const agency = more.agency ?? dice.pick(foreignOf(seat));
  const object = single(`released ${step}`, { step, words: "a partner", dark: false }, more.object);
  const strict = seat.person && dice.once(2);
  const published = seat.office !== undefined;
  const to = published ? PUBLIC : tri([seat.country], strict ? [seat.agency] : "*");
  const tlp = published ? "CLEAR" : seat.person ? (strict ? "AMBER+STRICT" : "AMBER") : "GREEN";
  const label: LabelRequest = { tlp, ...more.label, releases: [row(to)] };
  const as = analystOf(agency);
  return [
    { do: "post", as, objects: [object], label },
    { do: "release", as, object: String(object.id), row: to, by: `rel-${agency}`, verb: "approve" },
  ];
}

/** An agency whose one account nobody is told of, and which is turned off. */
export function agencyOff(id: string, words: string, by: string): Step[] {
  const account: AccountDoc = {
    ...{ id: `of-${id}`, name: words, role: "auditor", agency: id, clearance: "U", topics: [], pii: false },
    scope: "write",
  };
  const off = { method: "POST" as const, path: `/api/v1/agencies/${id}/off`, body: { reason: `said ${words}` } };
  return [
    { do: "agency", agency: { id, name: words, country: "USA", categories: ["INT"] }, accounts: [account] },
    { do: "act", as: by, asks: [off] },
  ];
}

/** Something that the viewer sees the same in both worlds. */
export function shown(scene: Scene): Slot {
  const { seat, dice, step } = scene;
  const both = (what: string, steps: readonly Step[]): Slot => ({ what, a: steps, b: steps });
  const posted = (as: string, label: LabelRequest): Step[] => [
    { do: "post", as, objects: some(dice, { step, words: as, dark: false }), label },
  ];
  switch (seat.office === undefined ? dice.below(seat.posts ? 6 : 4) : 3) {
    case 0:
    case 1: {
      const tlp = dice.once(3) ? "CLEAR" : "GREEN";
      return both("a feed's post for all", posted(`feed-${dice.pick(AGENCIES)}`, { tlp, releases: [row(tri(ALL))] }));
    }
    case 2: {
      const agency = dice.pick(AGENCIES.filter((one) => countryOf(one) === seat.country));
      const as = analystOf(agency) === seat.id ? `rel-${agency}` : analystOf(agency);
      return both("a post at home", posted(as, { tlp: "GREEN", releases: [row(tri([seat.country]))] }));
    }
    case 3:
      return both("released from abroad", workflow(scene));
    case 4:
      return both("a colleague's post", posted(seat.sibling, { tlp: "GREEN" }));
    default:
      return both("the viewer's own post", posted(seat.id, { tlp: "GREEN" }));
  }
}
