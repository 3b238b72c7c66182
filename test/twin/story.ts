import { createHash } from "node:crypto";
import fc from "fast-check";
import { Dice } from "./content.ts";
import { HIDDEN_KINDS, hidden, hiddenOf } from "./hidden.ts";
import { SEATS, type Seat } from "./seats.ts";
import { shown } from "./shown.ts";
import type { Slot } from "./steps.ts";
import { VARIED_KINDS, varied, variedOf } from "./varied.ts";

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
    .tuple(fc.array(numbers, { minLength: 14, maxLength: 22 }), fc.array(numbers, { minLength: 12, maxLength: 16 }))
    .map(([slots, meanwhile]) => storyOf(seat, slots, meanwhile));

/** Numbers of a slot, the same each time. */
function drawnNumbers(story: number, slot: number): number[] {
  const drawn = createHash("sha256").update(`story ${story}, slot ${slot}`).digest();
  return Array.from({ length: 11 }, (_, k) => drawn.readUInt16BE(2 * k) % 997);
}

/**
 * A story in which everything there is to differ by happens, so many times, with something to see between: where a planted leak is looked for. More is hidden in A
 * than in B, so that nothing which counts it comes out even.
 */
export function wholeStory(seat: Seat, story: number, times: number): Story {
  const slots: Slot[] = [];
  const add = (make: (scene: { seat: Seat; dice: Dice; step: number }) => Slot): void => {
    const at = slots.length;
    slots.push(make({ seat, dice: new Dice(drawnNumbers(story, at)), step: 3 * at }));
  };
  for (let n = 0; n < times; n++)
    for (const kind of VARIED_KINDS) {
      add((scene) => variedOf(kind, scene));
      if (slots.length % 3 === 0) add(shown);
    }
  for (const [n, kind] of HIDDEN_KINDS.entries()) {
    add(({ dice, step }) => {
      const steps = hiddenOf(kind, seat, dice, step, "A");
      return { what: "hidden", a: n % 3 === 0 ? [] : steps, b: n % 3 === 0 ? steps : [] };
    });
    if (slots.length % 4 === 0) add(shown);
  }
  return { seat, slots, meanwhile: [] };
}
