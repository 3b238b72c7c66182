/** What was wanted and what was seen, told at the end as a table. */
export class Verdicts {
  readonly #lines: string[] = [];

  readonly say = (line: string): void => console.log(line);

  /** `wanted` is the most that is allowed, or the least. */
  readonly judge = (what: string, seen: number, wanted: number, bound: "most" | "least" = "most"): void => {
    const met = bound === "most" ? seen <= wanted : seen >= wanted;
    const words = `${met ? "met   " : "MISSED"} | ${bound === "most" ? "≤" : "≥"} ${shown(wanted)} | ${shown(seen)} | ${what}`;
    this.#lines.push(words);
    this.say(`  ${words}`);
  };

  table(): string {
    return ["       | wanted | seen | what", ...this.#lines].join("\n");
  }
}

const shown = (n: number): string =>
  n >= 1000 ? Math.round(n).toLocaleString("en") : n >= 10 || Number.isInteger(n) ? n.toFixed(0) : n.toPrecision(2);
