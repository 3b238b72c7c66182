import { createHash } from "node:crypto";
import fc from "fast-check";
import { Dice } from "./content.ts";
import { hiddenKinds, hiddenOf } from "./hidden.ts";
import type { HiddenKind } from "./hidden-kind.ts";
import { officeShown, officeVaried } from "./offices.ts";
import { SEATS, type Seat } from "./seats.ts";
import { type Scene, shown } from "./shown.ts";
import type { Slot, Step } from "./steps.ts";
import { VARIED } from "./varied.ts";

/** What happens in two worlds that are the same to one viewer. */
export interface Story {
  readonly seat: Seat;
  readonly slots: readonly Slot[];
  /** Hidden work that goes on while the viewer reads. */
  readonly meanwhile: readonly Slot[];
}

type Teller = (scene: Scene) => Slot;
/** What a seat sees, and what it sees but for a part. */
const told = (seat: Seat): { shows: Teller; varied: readonly Teller[] } =>
  seat.office === undefined || seat.office === "liaison"
    ? { shows: shown, varied: VARIED }
    : { shows: officeShown, varied: officeVaried(seat.office) };

/** Gives kinds in turn, so that all have been after so many. */
function dealing<T>(kinds: readonly T[], from: number): () => T {
  let at = from;
  return () => {
    const kind = kinds[at++ % kinds.length];
    if (kind === undefined) throw new Error("there is nothing to tell of");
    return kind;
  };
}

function nothing(seat: Seat, numbers: readonly number[], step: number, deal: () => HiddenKind): Slot {
  const dice = new Dice(numbers);
  const kinds: HiddenKind[] = [];
  const hidden = (of: Dice, words: string): readonly Step[] => {
    const kind = deal();
    kinds.push(kind);
    return hiddenOf(kind, seat, of, step, words);
  };
  const a = dice.once(6) ? [] : hidden(dice, "A");
  const b = a.length > 0 && dice.once(6) ? [] : hidden(new Dice([...numbers].reverse()), "B");
  return { what: "hidden", kinds: kinds.map(({ name }) => name), a, b };
}

/** A story from numbers: the same numbers tell the same one. */
function storyOf(seat: Seat, draws: readonly (readonly number[])[], later: readonly (readonly number[])[]): Story {
  const place = SEATS.indexOf(seat);
  const deal = dealing(hiddenKinds(seat), (draws[0]?.[0] ?? 0) + 10 * place);
  const { shows, varied } = told(seat);
  const varies = dealing(varied, (draws[1]?.[0] ?? 0) + 4 * place);
  const slots = draws.map((drawn, i) => {
    const [kind = 0, ...numbers] = drawn.map((number) => number + place);
    const scene = { seat, dice: new Dice(numbers), step: 3 * i };
    return [shows, varies(), () => nothing(seat, numbers, 3 * i, deal)][kind % 3]?.(scene) ?? shows(scene);
  });
  const meanwhile = (): HiddenKind => {
    const kind = deal();
    return kind.before === true ? deal() : kind;
  };
  return {
    ...{ seat, slots },
    meanwhile: later.map((numbers, i) => nothing(seat, numbers, 3 * (draws.length + i), meanwhile)),
  };
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
  const add = (make: Teller): void => {
    const at = slots.length;
    slots.push(make({ seat, dice: new Dice(drawnNumbers(story, at)), step: 3 * at }));
  };
  const { shows, varied } = told(seat);
  for (let n = 0; n < times; n++)
    for (const varies of varied) {
      add(varies);
      if (slots.length % 3 === 0) add(shows);
    }
  for (const [n, kind] of hiddenKinds(seat).entries()) {
    add(({ dice, step }) => {
      const steps = hiddenOf(kind, seat, dice, step, "A");
      return { what: "hidden", kinds: [kind.name], a: n % 3 === 0 ? [] : steps, b: n % 3 === 0 ? steps : [] };
    });
    if (slots.length % 4 === 0) add(shows);
  }
  return { seat, slots, meanwhile: [] };
}
