import { comment, type ExportRecord, tlpText, valueOfTerm } from "./write-record.ts";

const PIECE = 65_536;

/** A value must stay on its line, whatever a sender put in it. */
const oneLine = (value: string): string => value.replace(/[\t\r\n\u2028\u2029]+/g, " ");

/**
 * Values as text, in pieces: the stamp as comment lines, then one value a line, a tab and its TLP (policy 10). Objects
 * without values have no line; a value that several objects state has one for each, under the TLP of each.
 */
export async function* writeList(
  records: AsyncIterable<ExportRecord>,
  stamp: readonly string[],
): AsyncGenerator<string> {
  let waiting = stamp.map((line) => `${comment(line)}\n`).join("");
  for await (const { tlp, values } of records) {
    for (const value of new Set(values.map(valueOfTerm))) waiting += `${oneLine(value)}\t${tlpText(tlp)}\n`;
    if (waiting.length < PIECE) continue;
    yield waiting;
    waiting = "";
  }
  if (waiting !== "") yield waiting;
}
