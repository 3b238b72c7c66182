import type { Label } from "../../../schemas/policy/label.ts";
import { seal, unseal } from "../../shared/seal.ts";
import type { DeconflictionTicketDoc } from "../../storage/deconfliction-documents.ts";
import { labelOfRow } from "../own-rows.ts";
import type { Row, Seen, Sight } from "../sight.ts";

/** Under which things and keyed hashes the store finds a value. */
export interface Where {
  readonly things: readonly string[];
  readonly terms: readonly string[];
}

/** What a ticket is about, and the labels of all that its asker held of it: who is not admitted to one of them must not know of the ticket. */
interface About extends Where {
  /** Absent where there were too many: then the ticket is its asker's alone. */
  readonly labels?: readonly string[];
}

const PURPOSE = "deconfliction";
/** Labels that a sealed text has room for. */
const MOST_LABELS = 50;

/** Sealed for one ticket: a copy of the store tells neither what is asked about, nor that two ask about the same. */
export const sealAbout = (key: Uint8Array, ticket: string, { things, terms }: Where, held: readonly Held[]): string => {
  const labels = [...new Set(held.map(({ row }) => row.label))].sort();
  return seal(key, PURPOSE, { ticket, things, terms, ...(labels.length > MOST_LABELS ? {} : { labels }) });
};

/** What a ticket is about; nothing that is anywhere where it was sealed under another secret, as after a restore. */
export function openAbout(key: Uint8Array, { id, about }: Pick<DeconflictionTicketDoc, "id" | "about">): About {
  const opened = unseal(key, PURPOSE, about) as (About & { readonly ticket: string }) | undefined;
  return opened?.ticket === id ? opened : { things: [], terms: [] };
}

/** A contribution of the viewer's own agency that states a value, with the label it stands under. */
export interface Held {
  readonly row: Row;
  readonly label: Label;
}

interface Holding {
  readonly held: readonly Held[];
  /** When the agency first stated it, as far as the viewer sees, ms. */
  readonly since: number;
  /** Ids of what the viewer sees of these contributions. */
  objectsOf(held: readonly Held[]): string[];
}

/**
 * What the viewer's own agency holds of each of these values (policy 8): of its contributions those that the viewer sees now, that count and that are not
 * withdrawn. One look at the store for all of them; what others hold takes no part in it.
 */
export async function holdingsOf(sight: Sight, asked: readonly Where[]): Promise<Holding[]> {
  const rows = [
    ...(await sight.rowsOfThings(asked.flatMap(({ things }) => things))),
    ...(await sight.rowsOfValues([...new Set(asked.flatMap(({ terms }) => terms))])),
  ];
  const own = [...new Map(rows.map((row) => [row.id, row])).values()].flatMap((row): Held[] => {
    const label = sight.ownRow(row) ? labelOfRow(sight, row) : undefined;
    return label === undefined || label.state === "withdrawn" ? [] : [{ row, label }];
  });
  const shownAs = new Map<string, Seen>();
  for (const seen of await sight.seen(own.map(({ row }) => row)))
    for (const row of seen.rows) shownAs.set(row.id, seen);
  const objectsOf = (held: readonly Held[]): string[] =>
    [...new Set(held.flatMap(({ row }) => shownAs.get(row.id)?.id ?? []))].sort();
  return asked.map(({ things, terms }) => {
    const stating = own.filter(
      ({ row }) => things.includes(row.thing) || row.values?.some((term) => terms.includes(term)) === true,
    );
    return {
      held: stating.filter(({ row }) => shownAs.has(row.id)),
      since: Math.min(...stating.map(({ row }) => row.received)),
      objectsOf,
    };
  });
}
