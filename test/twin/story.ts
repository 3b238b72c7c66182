import fc from "fast-check";
import { Dice } from "./content.ts";
import { hidden } from "./hidden.ts";
import { SEATS, type Seat } from "./seats.ts";
import { shown } from "./shown.ts";
import type { Slot } from "./steps.ts";
import { varied } from "./varied.ts";

/** What happens in two worlds that are the same to one viewer. */
export interface Story {
  readonly seat: Seat;
  readonly slots: readonly Slot[];
  /** Hidden work that goes on while the viewer reads. */
  readonly meanwhile: readonly Slot[];
}

function nothing(seat: Seat, numbers: readonly number[], step: number): Slot {
  const dice = new Dice(numbers);
  const a = dice.once(3) ? [] : hidden(seat, dice, step, "A");
  const b = a.length > 0 && dice.once(3) ? [] : hidden(seat, new Dice([...numbers].reverse()), step, "B");
  return { what: "hidden", a, b };
}

/** A story from numbers: the same numbers tell the same one. */
function storyOf(seat: Seat, draws: readonly (readonly number[])[], later: readonly (readonly number[])[]): Story {
  const slots = draws.map((drawn, i) => {
    const [kind = 0, ...numbers] = drawn.map((number) => number + SEATS.indexOf(seat));
    const scene = { seat, dice: new Dice(numbers), step: 3 * i };
    return [shown, varied, () => nothing(seat, numbers, 3 * i)][kind % 3]?.(scene) ?? shown(scene);
  });
  return { seat, slots, meanwhile: later.map((numbers, i) => nothing(seat, numbers, 3 * (draws.length + i))) };
}

const numbers = fc.array(fc.nat(996), { minLength: 11, maxLength: 11 });

/** Random stories as one seat lives through them. */
export const stories = (seat: Seat): fc.Arbitrary<Story> =>
  fc
    .tuple(fc.array(numbers, { minLength: 14, maxLength: 22 }), fc.array(numbers, { minLength: 3, maxLength: 6 }))
    .map(([slots, meanwhile]) => storyOf(seat, slots, meanwhile));
