import { type ExportRecord, type Tally, tlpText, valueOfTerm } from "./write-record.ts";

/** A value must stay on its line, whatever a sender put in it. */
const oneLine = (value: string): string => value.replace(/[\t\r\n\u2028\u2029]+/g, " ");

/**
 * Values as lines: one value, a tab and its TLP (policy 10). Objects without values have no line and are counted; a value that
 * several objects state has one for each, under the TLP of each.
 */
export async function* listLines(records: AsyncIterable<ExportRecord>, tally: Tally): AsyncGenerator<string> {
  for await (const { tlp, values } of records) {
    const own = new Set(values.map(valueOfTerm));
    if (own.size === 0) tally.leave("no-value");
    for (const value of own) {
      tally.written++;
      yield `${oneLine(value)}\t${tlpText(tlp)}\n`;
    }
  }
}
