import { Rows } from "../../storage/collections.ts";
import type { RowDoc } from "../../storage/documents.ts";
import type { Unit } from "../../storage/port.ts";
import type { RowPlan } from "../plan-rows.ts";
import type { Report } from "./finding.ts";

/** Words in one question. */
const WORDS = 24;
/** The longest words of a row lead to it: each question has them, so that few rows answer it. */
const LEADS = 3;
/** Rows that a question may be answered with: where as many say all the same, one that is not among them can't be told from one that is not found. */
const ANSWERS = 200;

interface Worded {
  readonly row: RowDoc;
  /** As it was made again: with the words that it has. */
  readonly plan: RowPlan;
  /** The whole row's. */
  readonly whole: RowPlan | undefined;
}

const byLength = (a: string, b: string): number => b.length - a.length || (a < b ? -1 : 1);

/** Whether a row answers a question in its lane; undefined where that can't be told. */
async function answers(unit: Unit, { id, lane }: RowDoc, terms: readonly string[]): Promise<boolean | undefined> {
  const found = await unit.collection(Rows).search({ scopes: [lane], terms, limit: ANSWERS });
  if (found.some((row) => row.id === id)) return true;
  return found.length < ANSWERS ? false : undefined;
}

/** Each row is found in its lane by the words that its tier shows, and by none of those that its tier leaves out (policy 5). */
export async function lookForTerms(rows: readonly Worded[], unit: Unit, report: Report): Promise<void> {
  for (const { row, plan, whole } of rows) {
    const terms = [...(plan.terms ?? [])].sort(byLength);
    const leads = terms.slice(0, LEADS);
    const rest = terms.slice(LEADS);
    for (let at = 0; at === 0 || at < rest.length; at += WORDS) {
      const asked = [...leads, ...rest.slice(at, at + WORDS)];
      if (asked.length > 0 && (await answers(unit, row, asked)) === false)
        report("verify.term_missing", row.id, `one of ${asked.length} words does not lead to it`);
    }
    const own = new Set(terms);
    const hidden = (whole?.terms ?? []).filter((term) => !own.has(term));
    for (const term of hidden) {
      if ((await answers(unit, row, [term, ...leads])) !== true) continue;
      report("verify.term_extra", row.id, "a word that its tier leaves out leads to it");
      break;
    }
  }
}
