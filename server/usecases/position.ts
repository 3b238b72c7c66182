import { Fault } from "../shared/fault.ts";
import { seal, unseal } from "../shared/seal.ts";

/** A place in a reader's order: the last row that was given. */
export interface Position {
  readonly stamp: number;
  readonly id: string;
}

/** The cursor that goes on after a position; good only for the question it was made for (a digest of who asks what). */
export const sealPosition = (key: Uint8Array, purpose: string, asked: string, { stamp, id }: Position): string =>
  seal(key, purpose, { stamp, id, asked });

/** The position in a cursor; `Fault("bad_request", cursor.invalid)` for one that was cut, forged, or made for another question or account. */
export function openPosition(
  key: Uint8Array,
  purpose: string,
  asked: string,
  next: string | undefined,
): Position | undefined {
  if (next === undefined) return undefined;
  const opened = unseal(key, purpose, next) as (Position & { asked: string }) | undefined;
  if (opened?.asked === asked) return { stamp: opened.stamp, id: opened.id };
  throw new Fault(
    "bad_request",
    "next is not a cursor of this question: send it with the same filters and account as the request that gave it",
    {
      code: "cursor.invalid",
      path: "next",
    },
  );
}
