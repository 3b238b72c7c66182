import { type Canonicalised, canonicaliseValue } from "../pipeline/canonicalise/value.ts";
import type { CanonicalValue } from "../pipeline/steps.ts";
import type { Problem } from "../shared/fault.ts";
import { classify, hashOf, isHex } from "./classify.ts";
import { folded, type Hint } from "./csv-columns.ts";

type CellProblem = Omit<Problem, "path">;
/** The things of a cell (each the values of one object), or why the row is rejected. */
export type Cell =
  | { readonly things: readonly (readonly [CanonicalValue, ...CanonicalValue[]])[] }
  | { readonly problem: CellProblem };

/** Families without a canonical form here, by the currency that lists name. */
const FAMILIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    xmr: "monero",
    ltc: "litecoin",
    doge: "dogecoin",
    zec: "zcash",
    bch: "bitcoin-cash",
    bsv: "bitcoin-sv",
    btg: "bitcoin-gold",
    xvg: "verge",
    xrp: "ripple",
    sol: "solana",
    xlm: "stellar",
    ada: "cardano",
    dot: "polkadot",
    algo: "algorand",
  }),
);
const LONGEST_FAMILY = 64;

/** A wallet of a declared family: canonical where the family has a form, else kept as it is written under the name of the family. */
function walletCell(text: string, currency: string | undefined): Canonicalised {
  const found = canonicaliseValue("cryptocurrency-wallet", text, currency);
  if (!("problem" in found) || found.problem.code !== "wallet.unsupported_family" || currency === undefined)
    return found;
  const label = folded(currency).slice(0, LONGEST_FAMILY);
  const family = FAMILIES.get(label) ?? label;
  return { value: { kind: "cryptocurrency-wallet", sort: family, canonical: text } };
}

/** Hashes of one cell or row are one file, unless an algorithm comes twice: then each is a file of its own. */
export function groupHashes(hashes: readonly CanonicalValue[]): (readonly [CanonicalValue, ...CanonicalValue[]])[] {
  const [first, ...others] = hashes;
  if (first === undefined) return [];
  const sorts = new Set(hashes.map(({ sort }) => sort));
  return sorts.size === hashes.length ? [[first, ...others]] : hashes.map((hash) => [hash] as const);
}

function hashCell(text: string, sort: string | undefined): Cell {
  const parts = text.split(/[\s,;|/]+/).filter((part) => part !== "");
  const hashes: CanonicalValue[] = [];
  for (const part of parts) {
    const bare = part.replace(/^(?:md5|sha-?1|sha-?256|sha-?512)[:=]/i, "").replace(/^0x/i, "");
    // The length tells the algorithm; a column's header or type that says another is wrong about this cell.
    const found = isHex(bare) ? hashOf(bare) : canonicaliseValue("file", part, sort);
    if ("problem" in found) return found;
    const differs = sort !== undefined && found.value.sort !== sort;
    hashes.push(
      differs ? noted(found.value, `declared as ${sort}, but it has the length of ${found.value.sort}`) : found.value,
    );
  }
  return { things: groupHashes(hashes) };
}

const noted = (value: CanonicalValue, message: string): CanonicalValue => ({
  ...value,
  warnings: [...(value.warnings ?? []), { code: "csv.kind_differs", path: "", message }],
});

const one = (found: Canonicalised): Cell => ("problem" in found ? found : { things: [[found.value]] });

/** A cell that says nothing of its kind: one value, several hashes of one file, or a list of values. */
function anyCell(text: string, currency: string | undefined): Cell {
  const whole = classify(text);
  const declared = currency === undefined || currency === "" ? undefined : currency;
  if (
    declared !== undefined &&
    (whole === undefined ||
      "problem" in whole ||
      whole.value.kind === "cryptocurrency-wallet" ||
      whole.value.kind === "file")
  )
    return one(walletCell(text, declared));
  if (whole !== undefined && "value" in whole) return one(whole);
  const parts = text.split(/[\s,;|]+/).filter((part) => part !== "");
  if (parts.length > 0 && parts.every(isHex)) return hashCell(text, undefined);
  const values = parts.length < 2 ? [] : parts.map(classify);
  const things = values.flatMap((found) => (found !== undefined && "value" in found ? [[found.value] as const] : []));
  if (things.length > 0 && things.length === parts.length) return { things };
  if (whole !== undefined) return one(whole);
  const message = `"${text.slice(0, 80)}" is no address, domain, URL, e-mail, hash, AS number or wallet of a known form`;
  return { problem: { code: "csv.unrecognised", message } };
}

const canonicalAs = (text: string, { kind, sort }: Hint, currency: string | undefined): Cell => {
  if (kind === "file") return hashCell(text, sort);
  if (kind === "cryptocurrency-wallet") return one(walletCell(text, currency ?? sort));
  if (kind === "cryptocurrency-transaction") return one(canonicaliseValue(kind, text, currency ?? sort));
  const exact = kind === "ip" ? (/:.*:/.test(text) ? "ipv6-addr" : "ipv4-addr") : kind;
  return exact === "value" ? anyCell(text, currency) : one(canonicaliseValue(exact, text, sort));
};

/** Kinds that a declaration settles: what has their form by its look may be another's, such as a hash that is no file's. */
const SURE: ReadonlySet<string> = new Set(["cryptocurrency-wallet", "cryptocurrency-transaction"]);

/**
 * The values of a cell. Its declared kind comes first; where the text is plainly of another kind (a URL declared as a
 * domain), it is read as that, with a warning `csv.kind_differs`. A damaged hash rejects the row (`value.hash_length`).
 */
export function readCell(text: string, hint: Hint, currency: string | undefined): Cell {
  const found = canonicalAs(text, hint, currency);
  if (!("problem" in found) || hint.kind === "value" || SURE.has(hint.kind)) return found;
  const other = classify(text);
  if (other === undefined || "problem" in other || (hint.kind === "file" && isHex(text))) return found;
  return { things: [[noted(other.value, `declared as ${hint.kind}, but it is of the kind ${other.value.kind}`)]] };
}
