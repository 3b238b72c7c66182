import type { Dice } from "./content.ts";
import { CONTENT } from "./hidden-content.ts";
import { EVENTS } from "./hidden-events.ts";
import type { HiddenKind } from "./hidden-kind.ts";
import { POLICY } from "./hidden-policy.ts";
import { AGENCIES, foreignOf, type Seat } from "./seats.ts";
import type { Step } from "./steps.ts";

/** Each way to be hidden from a viewer, of all three sorts in turn. */
export function hiddenKinds(seat: Seat): readonly HiddenKind[] {
  const sorts = [CONTENT, EVENTS, POLICY].map((kinds) => kinds.filter(({ from }) => from?.(seat) ?? true));
  const most = Math.max(...sorts.map(({ length }) => length));
  return Array.from({ length: most }, (_, n) => sorts.flatMap((kinds) => kinds[n] ?? [])).flat();
}

/** Something of one kind, of which the viewer sees nothing. */
export function hiddenOf(kind: HiddenKind, seat: Seat, dice: Dice, step: number, words: string): readonly Step[] {
  // A signer is told of what is its own country's as far as others would read it.
  const others = seat.office === "signer" ? foreignOf(seat) : AGENCIES.filter((one) => one !== seat.agency);
  return kind.steps({ seat, dice, step, agency: dice.pick(others), making: { step, words, dark: true } });
}
