import type { StixJson } from "../pipeline/steps.ts";

/** An object on its way out, with what an export prints beside it. */
export interface ExportRecord {
  readonly object: StixJson;
  /** TLP 2.0 without the prefix: `AMBER+STRICT`. */
  readonly tlp: string;
  /** Terms of the values it states: `kind:canonical` or `kind:sort:canonical`. */
  readonly values: readonly string[];
}

/** Characters of one piece of text: small enough to stay in bounds, large enough not to pay for each line. */
export const PIECE = 65_536;

/** What a file holds and what it lacks, by reason: nothing that was asked for goes missing without a count. */
export class Tally {
  written = 0;
  readonly #left = new Map<string, number>();

  leave(reason: string, count = 1): void {
    this.#left.set(reason, (this.#left.get(reason) ?? 0) + count);
  }

  /** Reasons with their counts, in the order of their names. */
  get left(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#left].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** `12 written, 3 left out: no-value=1 private=2`. */
  get text(): string {
    const reasons = Object.entries(this.left);
    const all = reasons.reduce((sum, [, count]) => sum + count, 0);
    const named = reasons.map(([reason, count]) => `${reason}=${count}`).join(" ");
    return `${this.written} written, ${all} left out${all === 0 ? "" : `: ${named}`}`;
  }
}

/** The label exactly as policy 10 wants it: capitals, no blank after the colon. */
export const tlpText = (tlp: string): string => `TLP:${tlp}`;

const SORTED: ReadonlySet<string> = new Set([
  "file",
  "cryptocurrency-wallet",
  "cryptocurrency-transaction",
  "bank-account",
]);

/** A value term without its kind, and without the sort that some kinds have: the hash of a file, the family of a wallet. */
export function valueOfTerm(term: string): string {
  const [kind = ""] = term.split(":", 1);
  const value = term.slice(kind.length + 1);
  return SORTED.has(kind) && value.includes(":") ? value.slice(value.indexOf(":") + 1) : value;
}

/** A line of the stamp as a comment; a line break in it can't start a line of its own. */
export const comment = (line: string, mark = "#"): string => `${mark} ${line.replace(/[\r\n\u2028\u2029]+/g, " ")}`;

/** Gathers lines to pieces of about `PIECE` characters. */
export async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let waiting = "";
  for await (const line of lines) {
    waiting += line;
    if (waiting.length < PIECE) continue;
    yield waiting;
    waiting = "";
  }
  if (waiting !== "") yield waiting;
}
