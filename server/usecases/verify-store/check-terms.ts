import { Rows } from "../../storage/collections.ts";
import type { RowDoc } from "../../storage/documents.ts";
import type { Unit } from "../../storage/port.ts";
import type { RowPlan } from "../plan-rows.ts";
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

/** Each row is found in its lane by the words that its tier shows, and by none of those that its tier leaves out (policy 5). */
export async function lookForTerms(rows: readonly Worded[], unit: Unit, report: Report): Promise<void> {
  for (const { row, plan, whole } of rows) {
    const { terms = [] } = plan;
    if (terms.length > 0 && !(await answers(unit, row, terms)))
      report("verify.term_missing", row.id, `one of its ${terms.length} words does not lead to it`);
    const own = new Set(terms);
    for (const term of whole?.terms ?? []) {
      if (own.has(term) || !(await answers(unit, row, [term]))) continue;
      report("verify.term_extra", row.id, "a word that its tier leaves out leads to it");
      break;
    }
  }
}
