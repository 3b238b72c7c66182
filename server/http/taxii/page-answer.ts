import { formatMicros } from "../../shared/instant.ts";
import type { CollectionPage, Entry } from "../../usecases/taxii/collection-page.ts";
import type { Answer, AnswerHeaders } from "../route.ts";

/** When the first and the last item of a reply were added (TAXII 2.1 section 3.5); of no item there is no such date. */
function dateHeaders(entries: readonly Entry[]): AnswerHeaders {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return {};
  return {
    "X-TAXII-Date-Added-First": formatMicros(first.added),
    "X-TAXII-Date-Added-Last": formatMicros(last.added),
  };
}

/** `{ more, next, <list> }` as text, from items that are text already: nothing is parsed or built on the way out. Empty members are left out. */
function pageText(list: "objects" | "versions", items: readonly string[], next: string | undefined): string {
  const members = [
    ...(next === undefined ? [] : [`"more":true,"next":${JSON.stringify(next)}`]),
    ...(items.length === 0 ? [] : [`${next === undefined ? '"more":false,' : ""}"${list}":[${items.join(",")}]`]),
  ];
  return `{${members.join(",")}}`;
}

/** A page of a collection as a reply: each entry as `textOf` writes it. */
export function pageAnswer(
  { entries, next }: CollectionPage,
  list: "objects" | "versions",
  textOf: (entry: Entry) => string,
): Answer {
  return { status: 200, raw: pageText(list, entries.map(textOf), next), headers: dateHeaders(entries) };
}
