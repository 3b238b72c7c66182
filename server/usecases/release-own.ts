import { checkRow, withRowsOn } from "../policy/release-rows.ts";
import { tierProblem } from "../policy/tiers.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { seal, unseal } from "../shared/seal.ts";
import type { ReleaseDoc } from "../storage/release-documents.ts";
import { ownContent } from "./content-hash.ts";
import { notThere, seenUnder } from "./read-one.ts";
import type { Row, Seen, Sight } from "./sight.ts";

/** Shown on one page of a list, at most. */
export const MOST_SHOWN = 500;

/** Where a list goes on, sealed for one question of one account. */
export interface Place {
  readonly value: number;
  readonly id: string;
}
export const sealPlace = (key: Uint8Array, asked: string, { value, id }: Place): string =>
  seal(key, "releases", { value, id, asked });
/** `Fault("bad_request")`, `cursor.invalid`, for a cursor that was cut, forged, or made for another question or account. */
export function openPlace(key: Uint8Array, asked: string, next: string | undefined): Place | undefined {
  if (next === undefined) return undefined;
  const opened = unseal(key, "releases", next) as (Place & { asked: string }) | undefined;
  if (opened?.asked === asked) return { value: opened.value, id: opened.id };
  const message =
    "next is not a cursor of this question: send it with the same status and account as the one that gave it";
  throw new Fault("bad_request", message, { code: "cursor.invalid", path: "next" });
}

/** `Fault("unprocessable")` for a row that can't be, for the labels that it is asked for. */
export function mustFit(
  row: NonNullable<ReleaseDoc["row"]>,
  rows: readonly Row[],
  { snapshot }: Pick<Sight, "snapshot">,
): void {
  const labels = rows.flatMap((one) => snapshot.labels.get(one.label)?.label ?? []);
  const [problem] = labels
    .flatMap((label) => [
      checkRow(row, {
        originatorCountry: label.originatorCountry,
        agencies: snapshot.agencies,
        agreements: snapshot.agreements,
        at: formatInstant(snapshot.at),
      }),
      tierProblem(withRowsOn(label, row)),
    ])
    .filter((found) => found !== undefined);
  if (problem !== undefined)
    throw new Fault("unprocessable", problem.message, { code: problem.code, path: problem.path });
}

/** The caller's agency's contributions to an object that it sees; 404 where it sees nothing, 403 where its agency said nothing of it (policy Q40), in these words. */
export async function ownOf(
  sight: Sight,
  object: string,
  only = "only its originator can release it: ask the originating agency (POST /api/v1/releases/onward)",
): Promise<{ seen: Seen; own: NonNullable<ReturnType<typeof ownContent>> }> {
  const seen = await seenUnder(sight, object);
  if (seen === undefined) throw notThere();
  const own = ownContent(sight, seen);
  if (own === undefined) {
    throw new Fault("forbidden", only, { code: "originator-control" });
  }
  return { seen, own };
}
