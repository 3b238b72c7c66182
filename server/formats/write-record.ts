import type { StixJson } from "../pipeline/steps.ts";

/** An object on its way out, with what an export prints beside it. */
export interface ExportRecord {
  readonly object: StixJson;
  /** TLP 2.0 without the prefix: `AMBER+STRICT`. */
  readonly tlp: string;
  /** Terms of the values it states: `kind:canonical` or `kind:sort:canonical`. */
  readonly values: readonly string[];
}

/** The label exactly as policy 10 wants it: capitals, no blank after the colon. */
export const tlpText = (tlp: string): string => `TLP:${tlp}`;

/** A value term without its kind, and without the sort that files and wallets have. */
export function valueOfTerm(term: string): string {
  const [kind = ""] = term.split(":", 1);
  const value = term.slice(kind.length + 1);
  const sorted = kind === "file" || kind === "cryptocurrency-wallet";
  return sorted && value.includes(":") ? value.slice(value.indexOf(":") + 1) : value;
}

/** A line of the stamp as a comment; a line break in it can't start a line of its own. */
export const comment = (line: string): string => `# ${line.replace(/[\r\n\u2028\u2029]+/g, " ")}`;
