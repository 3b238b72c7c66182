import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Problem } from "../shared/fault.ts";

/** A row as somebody asks for it: the status is the server's. */
export type AskedRow = Omit<ReleaseRow, "status">;

interface RowContext {
  readonly originatorCountry: string;
  /** Known agencies with their countries. */
  readonly agencies: ReadonlyMap<string, { readonly country: string }>;
  readonly agreements: Agreements;
}

/** What is wrong with a row that somebody asks for: it names what is not known, or can never admit anybody. */
export function checkRow(row: AskedRow, { originatorCountry, agencies, agreements }: RowContext): Problem | undefined {
  const problem = (code: string, path: string, message: string): Problem => ({ code, path: `row.${path}`, message });
  if (row.agreement === "PUBLIC") return undefined;
  const agreement = agreements[row.agreement];
  if (agreement === undefined) return problem("label.unknown_agreement", "agreement", `there is no agreement ${row.agreement}`);
  if (row.countries.length === 0) return problem("label.no_country", "countries", "a row names at least one country");
  for (const country of row.countries) {
    const abroad = country !== originatorCountry;
    if (abroad && (!agreement.parties.includes(country) || !agreement.parties.includes(originatorCountry)))
      return problem("label.not_a_party", "countries", `${country} and ${originatorCountry} are not both parties to ${row.agreement}`);
  }
  for (const id of row.agencies === "*" ? [] : row.agencies) {
    const agency = agencies.get(id);
    if (agency === undefined) return problem("label.unknown_agency", "agencies", `there is no agency ${id}`);
    if (!row.countries.includes(agency.country)) return problem("label.agency_not_of_country", "agencies", `${id} is of ${agency.country}, which the row does not name`);
  }
  return undefined;
}

const sameRow = (a: AskedRow, b: AskedRow): boolean =>
  JSON.stringify([a.agreement, a.countries, a.agencies, a.until]) === JSON.stringify([b.agreement, b.countries, b.agencies, b.until]);

/** The label with this row turned on, split by country as rows are kept (design 4); an equal row that was off gives way to it. */
export function withRowsOn(label: Label, row: AskedRow): Label {
  const countries = row.agreement === "PUBLIC" ? [[]] : row.countries.map((country) => [country]);
  const fresh = countries.map((of): ReleaseRow => ({ ...row, countries: of, status: "on" }));
  const kept = label.releases.filter((held) => !fresh.some((one) => sameRow(held, one)));
  return { ...label, releases: [...kept, ...fresh] };
}
