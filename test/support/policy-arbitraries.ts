import fc from "fast-check";
import type { Agreement, Agreements } from "../../schemas/policy/agreement.ts";
import type { Ask } from "../../schemas/policy/decision.ts";
import type { FieldRule, Label, ReleaseRow } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Category } from "../../schemas/policy/vocabulary.ts";

/** Random worlds, small enough that people, agencies, topics and dates meet often. */

interface Agency {
  readonly id: string;
  readonly country: string;
  readonly categories: Category[];
}

export const AGENCIES: readonly Agency[] = [
  { id: "US-FBI", country: "USA", categories: ["LE"] },
  { id: "US-TREAS", country: "USA", categories: ["FIU", "SANC"] },
  { id: "US-CISA", country: "USA", categories: ["CERT"] },
  { id: "JP-NPA", country: "JPN", categories: ["LE"] },
  { id: "JP-JAFIC", country: "JPN", categories: ["FIU"] },
  { id: "JP-NCO", country: "JPN", categories: ["CERT"] },
  { id: "KR-NIS", country: "KOR", categories: ["INT"] },
  { id: "KR-KNPA", country: "KOR", categories: ["LE", "FIU"] },
];
export const COUNTRIES = ["JPN", "KOR", "USA"] as const;
const TOPICS = ["crypto", "itworker"] as const;
export const PEOPLE = ["a1", "a2", "a3", "a4", "a5"] as const;
export const SELECTORS = ["description", "x_a", "x_b", "hashes.MD5", "external_references", "created_by_ref"] as const;
/** Whole minutes. */
export const DATES = [
  "2026-04-10T00:00:00.000Z",
  "2026-04-11T00:00:00.000Z",
  "2026-04-11T00:01:00Z",
  "2026-04-12T00:00:00.000Z",
  "2026-07-20T00:00:00.000Z",
] as const;

export const instants = fc.constantFrom(...DATES);
export const levels = fc.constantFrom("U", "R", "C", "S");
export const tlps = fc.constantFrom("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED");
export const channels = fc.constantFrom("page", "api", "taxii", "stream", "export", "mail", "webhook");
export const caveatNames = fc.constantFrom("NATL", "LES", "FIU", "NOATTRIB", "NOEXPORT");
/** A value once in `one` draws, else nothing. */
const rarely = <T>(arb: fc.Arbitrary<T>, one: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: one - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: arb });
const few = <T>(arb: fc.Arbitrary<T>, most: number): fc.Arbitrary<T[]> => fc.uniqueArray(arb, { maxLength: most });

/** Drops members that are undefined, as `exactOptionalPropertyTypes` asks. */
const without = <T extends object>(value: { [K in keyof T]?: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

const someCountries = fc.subarray([...COUNTRIES]);
export const agencyLists: fc.Arbitrary<ReleaseRow["agencies"]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant("*" as const) },
  { weight: 2, arbitrary: fc.subarray(AGENCIES.map((agency) => agency.id)) },
);

/** A viewer with an agency, or of a role that has none. */
export const viewersArb: fc.Arbitrary<Viewer> = fc
  .record({
    id: fc.constantFrom(...PEOPLE),
    role: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("analyst", "releaser", "feed", "client") },
      { weight: 1, arbitrary: fc.constantFrom("reviewer", "liaison", "admin", "auditor", "signer", "public") },
    ),
    clearance: fc.oneof({ weight: 2, arbitrary: fc.constant("S" as const) }, { weight: 1, arbitrary: levels }),
    topics: fc.oneof(
      { weight: 2, arbitrary: fc.constant<string[]>(["*"]) },
      { weight: 1, arbitrary: few(fc.constantFrom<string[]>(...TOPICS), 2) },
    ),
    pii: fc.boolean(),
    active: fc.oneof({ weight: 19, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    from: rarely(instants, 12),
    until: rarely(instants, 12),
    home: fc.option(fc.constantFrom(...AGENCIES), { nil: undefined, freq: 12 }),
  })
  .map(({ home, ...rest }) =>
    without<Viewer>({
      ...rest,
      agency: home?.id,
      country: home?.country,
      categories: home === undefined ? undefined : [...home.categories],
    }),
  );

export const rowsArb: fc.Arbitrary<ReleaseRow> = fc
  .record({
    agreement: fc.oneof(
      { weight: 2, arbitrary: fc.constant("TRI") },
      { weight: 3, arbitrary: fc.constantFrom("US-JP", "US-KR", "JP-KR", "HUB", "PUBLIC", "NONE") },
    ),
    countries: someCountries,
    agencies: agencyLists,
    until: rarely(instants, 6),
    status: fc.oneof({ weight: 5, arbitrary: fc.constant("on" as const) }, fc.constant("off" as const)),
  })
  .map((row) =>
    without<ReleaseRow>(row.agreement === "PUBLIC" ? { ...row, countries: [], agencies: "*" as const } : row),
  );

export const rulesArb: fc.Arbitrary<FieldRule> = fc
  .record({
    selectors: fc.oneof(
      {
        weight: 15,
        arbitrary: fc.uniqueArray(fc.constantFrom<string[]>(...SELECTORS), { minLength: 1, maxLength: 2 }),
      },
      { weight: 1, arbitrary: fc.constant<string[]>(["name"]) },
    ),
    tlp: rarely(tlps, 2),
    countries: rarely(someCountries, 3),
    agencies: rarely(agencyLists, 3),
    classification: rarely(levels, 4),
    caveats: rarely(few(caveatNames, 2), 5),
    pii: rarely(fc.boolean(), 5),
    notice: rarely(fc.boolean(), 8),
  })
  .map((rule) => without<FieldRule>(rule));

export const labelsArb: fc.Arbitrary<Label> = fc
  .record({
    tlp: fc.oneof({ weight: 1, arbitrary: tlps }, { weight: 2, arbitrary: fc.constantFrom("CLEAR", "GREEN", "AMBER") }),
    classification: fc.oneof({ weight: 3, arbitrary: fc.constant("U" as const) }, { weight: 1, arbitrary: levels }),
    caveats: fc.oneof({ weight: 3, arbitrary: few(caveatNames, 0) }, { weight: 1, arbitrary: few(caveatNames, 2) }),
    topics: few(fc.constantFrom(...TOPICS), 1),
    home: fc.constantFrom(...AGENCIES),
    author: fc.constantFrom(...PEOPLE),
    state: fc.oneof(
      { weight: 8, arbitrary: fc.constant("released" as const) },
      { weight: 1, arbitrary: fc.constantFrom("draft", "submitted", "withdrawn") },
    ),
    releases: fc.array(rowsArb, { maxLength: 4 }),
    recipients: few(fc.constantFrom(...PEOPLE), 3),
    clientGrants: few(fc.constantFrom(...PEOPLE), 3),
    embargoUntil: rarely(instants, 8),
    embargoReaders: rarely(few(fc.constantFrom(...PEOPLE), 2), 3),
    fieldRules: fc.array(rulesArb, { maxLength: 6 }),
  })
  .map(({ home, ...rest }) => without<Label>({ ...rest, originator: home.id, originatorCountry: home.country }));

const agreementArb = (parties: string[]): fc.Arbitrary<Agreement> =>
  fc
    .record({
      parties: fc.constant(parties),
      ceiling: fc.oneof({ weight: 2, arbitrary: fc.constant("S" as const) }, { weight: 1, arbitrary: levels }),
      status: fc.oneof(
        { weight: 5, arbitrary: fc.constant("in-force" as const) },
        { weight: 1, arbitrary: fc.constant("suspended" as const) },
      ),
      from: rarely(instants, 10),
      until: rarely(instants, 10),
    })
    .map((agreement) => without<Agreement>(agreement));

export const agreementsArb: fc.Arbitrary<Agreements> = fc.record({
  TRI: agreementArb(["JPN", "KOR", "USA"]),
  "US-JP": agreementArb(["JPN", "USA"]),
  "US-KR": agreementArb(["KOR", "USA"]),
  "JP-KR": agreementArb(["JPN", "KOR"]),
  HUB: agreementArb(["JPN", "KOR", "USA"]),
});

export const asksArb: fc.Arbitrary<Ask> = fc.record({
  viewer: viewersArb,
  label: labelsArb,
  agreements: agreementsArb,
  at: instants,
  channel: channels,
});
