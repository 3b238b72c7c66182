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

/** Text that is written as UTF-8 piece by piece: no text of a whole page is made that would only be copied. */
class Utf8 {
  #bytes = Buffer.allocUnsafe(65_536);
  #length = 0;

  add(text: string): void {
    // No character takes more than three bytes a unit.
    const most = this.#length + 3 * text.length;
    if (most > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(most, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += this.#bytes.write(text, this.#length);
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** `{ more, next, <list> }`, from items that are text already: nothing is parsed or built on the way out. Empty members are left out. */
function pageBytes<E extends Entry>(
  list: "objects" | "versions",
  { entries, next }: CollectionPage<E>,
  piecesOf: (entry: E) => readonly string[],
): Buffer {
  const bytes = new Utf8();
  bytes.add(next === undefined ? "{" : `{"more":true,"next":${JSON.stringify(next)}`);
  if (entries.length > 0) bytes.add(`${next === undefined ? '"more":false' : ""},"${list}":[`);
  let first = true;
  for (const entry of entries) {
    if (!first) bytes.add(",");
    first = false;
    for (const piece of piecesOf(entry)) bytes.add(piece);
  }
  bytes.add(entries.length > 0 ? "]}" : "}");
  return bytes.bytes;
}

/** A page of a collection as a reply: each entry as `piecesOf` writes it. */
export function pageAnswer<E extends Entry>(
  page: CollectionPage<E>,
  list: "objects" | "versions",
  piecesOf: (entry: E) => readonly string[],
): Answer {
  return { status: 200, raw: pageBytes(list, page, piecesOf), headers: dateHeaders(page.entries) };
}
