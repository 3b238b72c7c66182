import { z } from "zod";
import { AccountId, Tlp, When } from "../policy/vocabulary.ts";

/** Saved column maps: how an agency's people read the tables of one sender, under a name. */

export const ColumnMapName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "1 to 64 lower-case letters, digits, - and _; a letter or digit first")
  .meta({ id: "ColumnMapName" });

/** Its heading, or its number from 1. */
const Column = z.union([z.string().trim().min(1).max(200), z.int().min(1).max(1000)]);
const KINDS = [
  ...(["ipv4-addr", "ipv6-addr", "ip", "domain-name", "url", "email-addr"] as const),
  ...(["file", "autonomous-system", "cryptocurrency-wallet"] as const),
] as const;
const Kind = z.enum(KINDS);
const Confidence = z.int().min(0).max(100);
const Short = z.string().min(1).max(1000);

export const MAP_ROLES = [
  ...(["value", "kind", "currency", "notes", "tags", "reporter", "first_seen", "last_seen", "link"] as const),
  ...(["tlp", "confidence", "ignore"] as const),
] as const;

const MappedColumn = z.strictObject({
  column: Column,
  as: z.enum(MAP_ROLES),
  /** Of a value: what it is; left out, each cell tells. */
  kind: Kind.optional(),
  /** Of a date: how it is written; left out, as `2026-04-11` or `2026-04-11T09:30:00Z`. */
  dates: z.enum(["iso", "day-first", "month-first", "unix"]).optional(),
});

type Draft = { readonly header?: boolean | undefined; readonly columns: readonly z.infer<typeof MappedColumn>[] };
interface Flaw {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Rules that join the entries of a map. */
function flaws({ header, columns }: Draft): Flaw[] {
  const found: Flaw[] = [];
  const seen = new Set<string>();
  const roles = new Set<string>();
  for (const [i, { column, as, kind, dates }] of columns.entries()) {
    const at = (member: string, message: string): void => void found.push({ path: ["columns", i, member], message });
    if (header === false && typeof column === "string")
      at("column", "a table without headings has numbers for columns");
    if (seen.has(`${typeof column} ${column}`)) at("column", "this column is mapped twice");
    seen.add(`${typeof column} ${column}`);
    if (roles.has(as) && as !== "value" && as !== "ignore") at("as", `two columns are mapped as ${as}; one is allowed`);
    roles.add(as);
    if (kind !== undefined && as !== "value") at("kind", "only a column of values has a kind");
    if (dates !== undefined && as !== "first_seen" && as !== "last_seen")
      at("dates", "only a column of dates has this");
  }
  if (!roles.has("value")) found.push({ path: ["columns"], message: "no column is mapped as value" });
  return found;
}

/** Columns that are not named are kept beside the value under their headings, unless `others` says to leave them out. */
export const ColumnMap = z
  .strictObject({
    delimiter: z.enum([",", ";", "\t", "|"]).optional(),
    header: z.boolean().optional(),
    /** Lines before the table. */
    skipLines: z.int().min(0).max(1000).optional(),
    columns: z.array(MappedColumn).min(1).max(100),
    others: z.enum(["keep", "leave-out"]).optional(),
    /** For every row; a cell that says something wins. */
    constants: z
      .strictObject({
        kind: Kind.optional(),
        currency: z.string().min(1).max(64).optional(),
        notes: Short.optional(),
        tags: z.array(z.string().min(1).max(200)).max(50).optional(),
        reporter: Short.optional(),
        link: Short.optional(),
        tlp: Tlp.optional(),
        confidence: Confidence.optional(),
      })
      .optional(),
  })
  .superRefine((map, context) => {
    for (const { path, message } of flaws(map)) context.addIssue({ code: "custom", path: [...path], message });
  })
  .meta({ id: "ColumnMap" });
export type ColumnMap = z.infer<typeof ColumnMap>;

export const ColumnMapReply = z
  .object({ name: ColumnMapName, map: ColumnMap, changedBy: AccountId, changedAt: When })
  .meta({ id: "SavedColumnMap" });
export type ColumnMapReply = z.infer<typeof ColumnMapReply>;
export const ColumnMapList = z.object({ maps: z.array(ColumnMapReply) }).meta({ id: "ColumnMapList" });
export const ColumnMapParams = z.strictObject({ name: ColumnMapName });
