import type { ColumnMap } from "../../schemas/api/column-maps.ts";
import type { ValueKind } from "../pipeline/steps.ts";
import { classify, isDefanged } from "./classify.ts";
import { looksLikeHost } from "./prose-rules.ts";

/** What a column or a type cell says its values are. `ip` leaves the version to the text, `value` everything. */
export interface Hint {
  readonly kind: ValueKind | "ip" | "value";
  /** A hash algorithm, or a wallet's family, chain or currency. */
  readonly sort?: string;
}
export type MentionRole = "notes" | "tags" | "reporter" | "first_seen" | "last_seen" | "link";

/** How dates of a column are written. */
export type DateForm = "iso" | "day-first" | "month-first" | "unix";

/** What a saved map says beyond what a table's own look tells. */
export interface Mapped {
  readonly tlp?: number;
  readonly confidence?: number;
  readonly dates: ReadonlyMap<number, DateForm>;
  readonly leftOut: ReadonlySet<number>;
  readonly constants: NonNullable<ColumnMap["constants"]>;
}

/** Which column is what. Columns are counted from 0. */
export interface Layout {
  readonly delimiter: string;
  readonly header: boolean;
  /** Cells that a row should have. */
  readonly width: number;
  /** Header cells, or empty texts where there is no header. */
  readonly names: readonly string[];
  /** Columns with values; several only for hashes of one file or typed columns side by side. */
  readonly values: ReadonlyMap<number, Hint>;
  readonly type?: number;
  readonly currency?: number;
  readonly mention: ReadonlyMap<number, MentionRole>;
  /** What only a saved map says. */
  readonly mapped?: Mapped;
}

/** Letters and digits only: `SHA-256`, `sha256` and `Sha 256` are one word. */
export const folded = (text: string): string =>
  text
    .slice(0, 200)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "");

const table = <T>(rows: readonly (readonly [T, string])[]): ReadonlyMap<string, T> =>
  new Map(rows.flatMap(([meaning, words]) => words.split(" ").map((word) => [word, meaning] as const)));

const file = (sort?: string): Hint => (sort === undefined ? { kind: "file" } : { kind: "file", sort });
const HASH_WORDS: readonly (readonly [Hint, string])[] = [
  [file("MD5"), "md5 filehashmd5 filemd5 md5hash hashmd5"],
  [file("SHA-1"), "sha1 filehashsha1 filesha1 sha1hash hashsha1"],
  [file("SHA-256"), "sha256 filehashsha256 filesha256 sha256hash hashsha256 sha2"],
  [file("SHA-512"), "sha512 filehashsha512 filesha512 sha512hash hashsha512"],
];

/** Words of a type column that are value kinds here. */
const TYPES = table<Hint>([
  [{ kind: "ip" }, "ip ipaddress ipaddr ipdst ipsrc ipdstport ipsrcport ipport ips c2ip"],
  [{ kind: "ipv4-addr" }, "ipv4 ipv4addr ipv4address"],
  [{ kind: "ipv6-addr" }, "ipv6 ipv6addr ipv6address"],
  [{ kind: "domain-name" }, "domain hostname host fqdn domainname domains c2domain"],
  [{ kind: "url" }, "url uri urls c2url"],
  [
    { kind: "email-addr" },
    "email mail emailaddr emailaddress emailsrc emaildst emailwhois whoisregistrantemail emailsender",
  ],
  [file(), "hash file filehash hashes"],
  ...HASH_WORDS,
  [{ kind: "autonomous-system" }, "asn as autonomoussystem autonomoussystemnumber"],
  [{ kind: "bank-account", sort: "iban" }, "iban"],
  [{ kind: "payment-card" }, "ccnumber paymentcard creditcard cardnumber"],
  [{ kind: "phone-number" }, "phone phonenumber telephone telephonenumber"],
  [{ kind: "cryptocurrency-transaction" }, "transaction txhash txid transactionhash cryptocurrencytransaction"],
  [
    { kind: "cryptocurrency-wallet" },
    "wallet walletaddress cryptocurrencywallet cryptowallet cryptoaddress blockchainaddress digitalcurrencyaddress",
  ],
  ..."btc xbt bitcoin eth ethereum trx tron usdt usdc arb bsc bnb matic polygon avax evm etc xmr monero ltc litecoin zec dash xrp bch bsv btg xvg sol solana doge ton"
    .split(" ")
    .map((word) => [{ kind: "cryptocurrency-wallet", sort: word }, word] as const),
]);

/** Words of a type column that are kinds of indicators, but not of values that have a canonical form here. */
const OTHER_TYPES = new Set(
  `useragent filepath path filename registry registrykey regkey regkeyvalue mutex package npmpackage pypipackage software process
  cve vulnerability yara sigma snort certificate x509 x509fingerprintsha1 ja3 ja3fingerprintmd5 ja3s imphash pehash ssdeep tlsh
  pdb servicename windowsservice scheduledtask task command commandline cmdline string pattern username account
  macaddress mac port asnname namedpipe pipe bucket repository github telegram discord`.split(/\s+/),
);

/** The kind that a type cell names; `other` for a known kind without canonical form; `undefined` for any other word. */
export const typeOf = (cell: string): Hint | "other" | undefined =>
  TYPES.get(folded(cell)) ?? (OTHER_TYPES.has(folded(cell)) ? "other" : undefined);

/** Headers of a column that holds the value whatever other columns there are, best first. */
const VALUE_HEADERS = "indicator ioc iocs indicatorvalue iocvalue observable value attributevalue".split(" ");
const ADDRESS_HEADERS =
  "address bannedaddress wallet walletaddress account cryptoaddress cryptocurrencyaddress digitalcurrencyaddress addresses".split(
    " ",
  );
const TYPED_HEADERS = table<Hint>([
  ...HASH_WORDS,
  [file(), "hash filehash hashes"],
  [{ kind: "domain-name" }, "domain domainname hostname fqdn host domains"],
  [{ kind: "ip" }, "ip ipaddress ipaddr ipv4 ipv6 ips srcip dstip"],
  [{ kind: "email-addr" }, "email emailaddress mail"],
  [{ kind: "autonomous-system" }, "asn"],
  [{ kind: "bank-account", sort: "iban" }, "iban"],
]);
const URL_HEADERS = new Set(["url", "urls", "uri", "c2url", "maliciousurl"]);
const ROLES = table<MentionRole | "type" | "currency">([
  ["type", "type entitytype indicatortype ioctype kind attributetype observabletype valuetype"],
  ["currency", "currency chain coin asset blockchain network cryptocurrency"],
  ["notes", "notes note description desc comment comments context details remarks"],
  ["tags", "tags tag labels hashtags"],
  ["reporter", "reporter author source reportedby contributor analyst"],
  ["first_seen", "firstseen date time datetime timestamp firstseenutc created dateadded seen observed"],
  ["last_seen", "lastseen lastseenutc"],
  ["link", "link reference references ref sourceurl referenceurl permalink tweet url uri"],
]);

const at = (names: readonly string[], wanted: (name: string) => boolean): number[] =>
  names.flatMap((name, column) => (wanted(name) ? [column] : []));

function valuesByHeader(names: readonly string[]): Map<number, Hint> {
  for (const word of VALUE_HEADERS) {
    const column = names.indexOf(word);
    if (column >= 0) return new Map([[column, { kind: "value" }]]);
  }
  const addresses = at(names, (name) => ADDRESS_HEADERS.includes(name)).slice(0, 1);
  if (addresses.length > 0) return new Map(addresses.map((column) => [column, { kind: "value" }]));
  const typed = names.flatMap((name, column) => {
    const hint = TYPED_HEADERS.get(name);
    return hint === undefined ? [] : [[column, hint] as const];
  });
  // Beside hashes alone a URL tells where to read more; beside hosts it is one more value.
  const hashesOnly = typed.length > 0 && typed.every(([, { kind }]) => kind === "file");
  const urls = hashesOnly ? [] : at(names, (name) => URL_HEADERS.has(name));
  return new Map([...typed, ...urls.map((column) => [column, { kind: "url" }] as const)]);
}

function rolesByHeader(names: readonly string[], values: ReadonlyMap<number, Hint>) {
  const mention = new Map<number, MentionRole>();
  const taken = new Set<string>();
  const found: { type?: number; currency?: number } = {};
  for (const [column, name] of names.entries()) {
    const role = ROLES.get(name);
    if (role === undefined || values.has(column) || taken.has(role)) continue;
    taken.add(role);
    if (role === "type" || role === "currency") found[role] = column;
    else mention.set(column, role);
  }
  return { mention, ...found };
}

const share = (cells: readonly string[], test: (cell: string) => boolean): number =>
  cells.length === 0 ? 0 : cells.filter(test).length / cells.length;

/** A type column must name kinds in at least half of its cells: `type` may also head "phishing" or "C2". */
const declares = (rows: readonly (readonly string[])[], column: number): boolean =>
  share(
    rows.map((row) => row[column] ?? "").filter((cell) => cell !== ""),
    (cell) => typeOf(cell) !== undefined,
  ) >= 0.5;

/** The kind of a cell by its look; a file name that could be a domain is none. */
const kindOf = (cell: string): string | undefined => {
  const found = cell.length < 4 ? undefined : classify(cell);
  if (found === undefined || "problem" in found) return undefined;
  const { kind } = found.value;
  return kind === "domain-name" && !isDefanged(cell) && !looksLikeHost(cell) ? undefined : kind;
};
const matches = (hint: Hint, kind: string | undefined): boolean =>
  kind !== undefined && (hint.kind === kind || (hint.kind === "ip" && kind.startsWith("ip")));

/** Without a header that helps: which columns hold types, values, times, tags and links, by what their cells look like. */
function byContent(
  rows: readonly (readonly string[])[],
  width: number,
): Omit<Layout, "delimiter" | "header" | "width" | "names"> | undefined {
  const columns = Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? ""));
  const filled = columns.map((cells) => cells.filter((cell) => cell !== ""));
  const kinds = columns.map((cells) => cells.map(kindOf));
  const type = filled.findIndex(
    (cells) => cells.length > 0 && share(cells, (cell) => typeOf(cell) !== undefined) >= 0.8,
  );
  const score = (column: number): number => {
    const own = kinds[column] ?? [];
    if (type >= 0) {
      const fits = rows.filter((row, i) => {
        const hint = typeOf(row[type] ?? "");
        return hint !== undefined && hint !== "other" && matches(hint, own[i]);
      });
      return fits.length / Math.max(1, rows.length);
    }
    const valued = own.filter((kind) => kind !== undefined);
    // A column of URLs alone is more often the place to read more.
    const links = valued.length > 0 && valued.every((kind) => kind === "url");
    return (valued.length / Math.max(1, filled[column]?.length ?? 0)) * (links ? 0.7 : 1);
  };
  const scores = columns.map((_, column) => (column === type ? 0 : score(column)));
  const best = scores.reduce((top, value, column) => (value > (scores[top] ?? 0) ? column : top), 0);
  if ((scores[best] ?? 0) < 0.5 || (type < 0 && rows.length < 2)) return undefined;
  const values = new Map<number, Hint>([[best, { kind: "value" }]]);
  // Hosts beside hashes, or hashes of several algorithms: each such column counts.
  if (type < 0) for (const [column, value] of scores.entries()) if (value >= 0.8) values.set(column, { kind: "value" });
  const mention = new Map<number, MentionRole>();
  const assign = (role: MentionRole, test: (cell: string) => boolean): void => {
    const column = filled.findIndex(
      (cells, c) => c !== type && !values.has(c) && !mention.has(c) && share(cells, test) >= 0.8,
    );
    if (column >= 0) mention.set(column, role);
  };
  assign("first_seen", (cell) => /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(cell));
  assign("tags", (cell) => /^#\S/.test(cell));
  assign("link", (cell) => /^https?:\/\//.test(cell));
  return { values, mention, ...(type < 0 ? {} : { type }) };
}

/** The commonest number of cells. */
function usualWidth(rows: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].reduce((top, entry) => (entry[1] > top[1] ? entry : top), [0, 0] as [number, number])[0];
}

/**
 * The layout of a table by its first rows: by header names, else by what the cells look like. `undefined` where no column
 * holds values.
 */
export function detectLayout(rows: readonly (readonly string[])[], delimiter: string): Layout | undefined {
  const [first, ...others] = rows;
  if (first === undefined) return undefined;
  const names = first.map(folded);
  const values = valuesByHeader(names);
  // The word "url" heads a column, or is the type of a first row that holds a value beside it.
  if (values.size > 0 && first.every((cell) => cell.length <= 60 && kindOf(cell) === undefined)) {
    const { mention, type, currency } = rolesByHeader(names, values);
    const typed = type !== undefined && (others.length === 0 || declares(others, type)) ? { type } : {};
    return {
      delimiter,
      header: true,
      width: first.length,
      names: first,
      values,
      mention,
      ...typed,
      ...(currency === undefined ? {} : { currency }),
    };
  }
  const width = usualWidth(rows);
  // A single column without a header of its own is a list, or a report.
  if (width < 2) return undefined;
  // Rows that a comma inside a value has shifted say nothing of their columns.
  const straight = (others.length === 0 ? rows : others).filter(({ length }) => length === width);
  const found = byContent(straight, width);
  if (found === undefined) return undefined;
  // A first row whose value cells hold no value, while the rows below do, is a header in other words.
  const header =
    others.length > 0 &&
    first.length === width &&
    [...found.values.keys()].every(
      (c) =>
        kindOf(first[c] ?? "") === undefined &&
        !(found.type !== undefined && typeOf(first[found.type] ?? "") !== undefined),
    );
  return { delimiter, header, width, names: header ? first : Array.from({ length: width }, () => ""), ...found };
}
