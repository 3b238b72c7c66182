import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { Problem } from "../shared/fault.ts";
import {
  agencyProblems,
  countriesOutside,
  countryProblems,
  minuteUp,
  type RowWorld,
  rowProblems,
} from "./release-rows.ts";

/** What a request for a label is checked against. */
export interface RequestWorld extends RowWorld {
  /** May the poster name this account? An unknown one and one that the poster may not know are the same. */
  readonly knowsAccount: (id: string) => boolean;
}

const accountProblems = (ids: readonly string[] | undefined, path: string, world: RequestWorld): Problem[] =>
  (ids ?? []).flatMap((id, i): Problem[] =>
    world.knowsAccount(id)
      ? []
      : [{ code: "label.unknown_account", path: `${path}[${i}]`, message: `there is no account ${id}` }],
  );

/**
 * What is wrong with a request, apart from its shape: agencies, agreements, countries and accounts that nobody knows, an
 * agency outside the countries of its row, an impossible date, `*` as a topic. `at` goes before each path (`""`, or `label.`).
 */
export function requestProblems(request: LabelRequest, world: RequestWorld, at = ""): Problem[] {
  const { topics = [], embargoUntil, releases = [], fieldRules = [] } = request;
  const problems = [
    ...accountProblems(request.recipients, `${at}recipients`, world),
    ...accountProblems(request.clientGrants, `${at}clientGrants`, world),
    ...accountProblems(request.embargoReaders, `${at}embargoReaders`, world),
    ...releases.flatMap((row, i) => rowProblems(row, world, `${at}releases[${i}]`)),
  ];
  for (const [i, rule] of fieldRules.entries()) {
    const path = `${at}fieldRules[${i}]`;
    problems.push(...countryProblems(rule.countries ?? [], world, path));
    problems.push(...agencyProblems(rule.agencies ?? "*", undefined, world, path));
  }
  if (topics.includes("*")) {
    const message = "* is no topic: a label without topics is for everyone it is released to";
    problems.push({ code: "label.bad_topic", path: `${at}topics[${topics.indexOf("*")}]`, message });
  }
  if (embargoUntil !== undefined && minuteUp(embargoUntil) === undefined) {
    problems.push({ code: "label.bad_date", path: `${at}embargoUntil`, message: `${embargoUntil} is no date` });
  }
  return problems;
}

/**
 * Agreements that an object claims for itself and that its poster's country is no party to: nothing of that country's is created under them
 * (policy 6, Q13). What a whole post asks for is warned of instead: a party that leaves must not stop its feeds.
 */
export const foreignAgreements = (request: LabelRequest, world: RequestWorld, at = ""): Problem[] =>
  (request.releases ?? []).flatMap(({ agreement }, i) => {
    const held = Object.hasOwn(world.agreements, agreement) ? world.agreements[agreement] : undefined;
    if (agreement === "PUBLIC" || held === undefined || held.parties.includes(world.originatorCountry)) return [];
    const message = `${world.originatorCountry} is no party of ${agreement}: nothing of it is created under that`;
    return [{ code: "label.not_party", path: `${at}releases[${i}].agreement`, message }];
  });

/** Rows that name countries their agreement can't serve: stored, but admitting nobody there. */
export const requestWarnings = (request: LabelRequest, world: RequestWorld, at = ""): Problem[] =>
  (request.releases ?? []).flatMap((row, i) =>
    countriesOutside(row, world).map((country) => ({
      code: "label.country_not_party",
      path: `${at}releases[${i}].countries`,
      message: `${row.agreement} does not hold between ${world.originatorCountry} and ${country}: nobody there will read by this row`,
    })),
  );
