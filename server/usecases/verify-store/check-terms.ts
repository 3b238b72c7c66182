import { Rows } from "../../storage/collections.ts";
import type { RowDoc } from "../../storage/documents.ts";
import type { Unit } from "../../storage/port.ts";
import type { RowPlan } from "../plan-rows.ts";
import type { CommonWords } from "./common-words.ts";
import type { Report } from "./finding.ts";

interface Worded {
  readonly row: RowDoc;
  /** As it was made again: with the words that it has. */
  readonly plan: RowPlan;
  /** The whole row's. */
  readonly whole: RowPlan | undefined;
}

const answers = async (unit: Unit, { id, lane }: RowDoc, terms: readonly string[]): Promise<boolean> =>
  (await unit.collection(Rows).search({ scopes: [lane], terms, id, limit: 1 })).length > 0;

/** Rows in which a word is asked for each time; it is common after that. */
const COMMON = 1000;
const VERY_COMMON = 20_000;
/** Words that a tier leaves out, asked for of one row. */
const MOST_HIDDEN = 50;

/** The words of a row to ask for: all but the common ones, and of these the least common where it has no other. */
function askedOf({ lane }: RowDoc, terms: readonly string[], common: CommonWords): readonly string[] {
  const asked: string[] = [];
  let [least, rarest]: [number, string | undefined] = [Number.POSITIVE_INFINITY, undefined];
  for (const term of terms) {
    const seen = common.see(lane, term);
    if (seen <= COMMON) asked.push(term);
    if (seen < least) [least, rarest] = [seen, term];
  }
  // Where all its words are very common, a share of the rows is asked for: a look-up costs as many steps as rows have the word.
  return asked.length > 0 || rarest === undefined || least % Math.ceil(least / VERY_COMMON) !== 0 ? asked : [rarest];
}

/**
 * Each row is found in its lane by the words that its tier shows, and by none of those that its tier leaves out (policy 5). Words that thousands of rows of a lane have are
 * asked for in the first thousand of them, and of a row that has no other the least common one.
 */
export async function lookForTerms(
  rows: readonly Worded[],
  unit: Unit,
  common: CommonWords,
  report: Report,
): Promise<void> {
  for (const { row, plan, whole } of rows) {
    const { terms = [] } = plan;
    const asked = askedOf(row, terms, common);
    if (asked.length > 0 && !(await answers(unit, row, asked)))
      report("verify.term_missing", row.id, `one of ${asked.length} of its words does not lead to it`);
    const own = new Set(terms);
    const hidden = (whole?.terms ?? []).filter((term) => !own.has(term));
    for (const term of hidden.slice(0, MOST_HIDDEN)) {
      if (!(await answers(unit, row, [term]))) continue;
      report("verify.term_extra", row.id, "a word that its tier leaves out leads to it");
      break;
    }
  }
}
