import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CODES } from "../../schemas/stix/validate/codes.ts";
import { RULES } from "../../schemas/stix/validate/rules.ts";
import rules from "../cases/stix-rules.json" with { type: "json" };
import together from "../cases/stix-together.json" with { type: "json" };

const page = readFileSync(join(process.cwd(), "docs/stix.md"), "utf8");
const short = (code: string): string => (code.startsWith("stix.") ? code.slice("stix.".length) : code);
/** The cells of the rows that begin with this one. */
const rows = (first: string): string[][] =>
  page
    .split("\n")
    .filter((line) => line.startsWith(`| ${first} | `))
    .map((line) =>
      line
        .slice(2)
        .split(" |")
        .map((cell) => cell.trim()),
    );

test.each(Object.entries(RULES))(
  "docs/stix.md – rule %s – its codes, its reason and its number of cases",
  (number, { codes, unseen }) => {
    const words = [
      ...(codes.length === 0 ? [] : [codes.map((code) => `\`${short(code)}\``).join(" ")]),
      ...(unseen === undefined ? [] : [`not seen: ${unseen}`]),
    ];
    const cases = [...rules, ...together].filter(({ rule }) => rule === Number(number)).length;
    expect(rows(number).map(([, , said, count]) => [said, count])).toEqual([
      [words.join("; "), cases === 0 ? "" : String(2 * cases)],
    ]);
  },
);

test.each(Object.entries(CODES))(
  "docs/stix.md – code %s – its level and its fate at intake",
  (code, { level, intake }) => {
    const fate = intake === "refuse" ? "refused" : intake === "warn" ? "goes in, with a warning" : "goes in";
    const found = rows(`\`${short(code)}\``).map(([, , said, there]) => [said, there]);
    expect(found).toContainEqual([level === "must" ? "MUST" : "SHOULD", fate]);
  },
);
