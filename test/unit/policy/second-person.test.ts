import { readFileSync } from "node:fs";
import path from "node:path";
import type { Label } from "../../../schemas/policy/label.ts";
import type { Role } from "../../../schemas/policy/vocabulary.ts";
import {
  after,
  RELEASE_STATES,
  RELEASE_VERBS,
  type ReleaseState,
  type ReleaseVerb,
  type ReleaseVerbName,
  stateAt,
} from "../../../server/policy/release-machine.ts";
import {
  mayApprove,
  mayPropose,
  type Needed,
  neededFor,
  type Other,
  type Party,
  type Refusal,
} from "../../../server/policy/release-rules.ts";

interface Row {
  readonly agreement: string;
  readonly countries: readonly string[];
}
interface Cases {
  readonly needed: readonly {
    id: string;
    what: string;
    label: Partial<Label>;
    row: Row;
    poster: Role;
    needed: Needed;
  }[];
  readonly approvals: readonly {
    id: string;
    by: string;
    approver: Party;
    proposer?: Other;
    author: Other;
    label: Partial<Label>;
    row: Row;
    code: Refusal["code"] | null;
  }[];
  readonly proposals: readonly { id: string; by: string; proposer: Party; author?: Other; may: boolean }[];
}
const cases = JSON.parse(readFileSync(path.resolve(process.cwd(), "test/cases/second-person.json"), "utf8")) as Cases;

const plain: Label = {
  ...{ tlp: "GREEN", classification: "U", caveats: [], topics: [], originator: "US-CISA", originatorCountry: "USA" },
  ...{ state: "released", releases: [], recipients: [], clientGrants: [], fieldRules: [] },
};

test.each(cases.needed)("neededFor – $id, $what – $needed", ({ label, row, poster, needed }) => {
  expect(neededFor(row, { ...plain, ...label }, poster)).toBe(needed);
});

test.each(cases.approvals)("mayApprove – $id, by $by – $code", ({ approver, proposer, author, label, row, code }) => {
  expect(mayApprove({ approver, proposer, author, label: { ...plain, ...label }, row })?.code ?? null).toBe(code);
});

test.each(cases.proposals)("mayPropose – $id, $by – $may", ({ proposer, author, may }) => {
  expect(mayPropose(proposer, author)).toBe(may);
});

test("the case file – read from disk – has a case for every need and every refusal", () => {
  const needs: readonly Needed[] = ["author", "reviewer", "releaser", "custodian", "every-country"];
  expect([...new Set(cases.needed.map(({ needed }) => needed))].sort()).toEqual([...needs].sort());
  const codes: readonly (Refusal["code"] | null)[] = [
    ...(["release.same_person", "release.own_promotion", "release.delegate", "release.signer"] as const),
    ...(["release.not_originating_country", "release.not_releaser", "release.custodian_required", null] as const),
  ];
  expect([...new Set(cases.approvals.map(({ code }) => code))].sort()).toEqual([...codes].sort());
});

const VERBS = Object.keys(RELEASE_VERBS) as ReleaseVerbName[];
const FROM = ["none", ...RELEASE_STATES] as const;

test("the release machine – every verb from every state – leads where triage 1 says, and nowhere else", () => {
  const found = VERBS.flatMap((verb) =>
    FROM.flatMap((from) => {
      const to = after(verb, from);
      return to === undefined ? [] : [`${from} ${verb} ${to}`];
    }),
  );
  expect(found.sort()).toEqual(
    [
      ...["none propose proposed", "proposed clear in-clearance"],
      ...["proposed approve released", "in-clearance approve released"],
      ...["proposed refuse refused", "in-clearance refuse refused"],
      ...["proposed expire expired", "in-clearance expire expired"],
      ...[
        "released narrow narrowed",
        "narrowed narrow narrowed",
        "released recall recalled",
        "narrowed recall recalled",
      ],
    ].sort(),
  );
});

test("the release machine – its verbs – each has roles and reason codes, but for the clock's", () => {
  for (const verb of VERBS) {
    const { roles, codes, looks }: ReleaseVerb = RELEASE_VERBS[verb];
    const clock = verb === "expire";
    expect([verb, roles.length > 0, codes.length > 0, looks]).toEqual([verb, !clock, !clock, !clock]);
    expect([...roles].filter((role) => role === "feed" || role === "client" || role === "admin")).toEqual([]);
  }
});

test.each<[ReleaseState, number | undefined, ReleaseState]>([
  ["proposed", 100, "expired"],
  ["in-clearance", 100, "expired"],
  ["proposed", 101, "proposed"],
  ["proposed", undefined, "proposed"],
  ["released", 100, "released"],
  ["refused", 100, "refused"],
  ["narrowed", 100, "narrowed"],
])("stateAt – %s that ends at %s, at 100 – %s", (status, expires, state) => {
  expect(stateAt({ status, ...(expires === undefined ? {} : { expires }) }, 100)).toBe(state);
});
