import type { Agreements } from "../../../schemas/policy/agreement.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import type { Role } from "../../../schemas/policy/vocabulary.ts";
import { type Acquaintance, acquaintance } from "../../../server/policy/acquaintance.ts";

const AT = "2026-04-11T09:30:00.000Z";
const between = (parties: string[], more: Partial<Agreements[string]> = {}): Agreements[string] => ({
  ...{ parties, ceiling: "U" as const, status: "in-force" as const },
  ...more,
});
const somebody = (id: string, role: Role, agency?: string): Pick<Viewer, "id" | "role" | "agency" | "country"> => ({
  ...{ id, role },
  ...(agency === undefined ? {} : { agency, country: { US: "USA", JP: "JPN", KR: "KOR" }[agency.slice(0, 2)] ?? "?" }),
});
const U1 = somebody("u1", "analyst", "US-FBI");
const JAPAN = { "US-JP": between(["JPN", "USA"]) };

const CASES: readonly (readonly [
  string,
  ReturnType<typeof somebody>,
  ReturnType<typeof somebody>,
  Agreements,
  Acquaintance,
])[] = [
  ["oneself, whatever one is", somebody("ad", "admin"), somebody("ad", "admin"), {}, "name"],
  ["a colleague", U1, somebody("u4", "releaser", "US-FBI"), {}, "name"],
  ["a feed of one's own agency", U1, somebody("feed", "feed", "US-FBI"), {}, "name"],
  ["a client of one's own agency", U1, somebody("cu", "client", "US-FBI"), {}, "name"],
  ["an auditor of one's own agency", U1, somebody("au", "auditor", "US-FBI"), {}, "none"],
  ["somebody of one's own country", U1, somebody("u2", "analyst", "US-TREAS"), {}, "name"],
  ["a feed of one's own country", U1, somebody("feed", "feed", "US-TREAS"), {}, "agency"],
  ["a client of another agency of one's own country", U1, somebody("c", "client", "US-TREAS"), {}, "agency"],
  ["somebody abroad, no agreement", U1, somebody("j1", "analyst", "JP-NPA"), {}, "none"],
  ["somebody abroad, an agreement in force", U1, somebody("j1", "analyst", "JP-NPA"), JAPAN, "name"],
  ["a feed abroad, an agreement in force", U1, somebody("f", "feed", "JP-NPA"), JAPAN, "agency"],
  ["a client abroad, an agreement in force", U1, somebody("cj", "client", "JP-NPA"), JAPAN, "agency"],
  ["an administrator abroad, an agreement in force", U1, somebody("a", "admin", "JP-NPA"), JAPAN, "none"],
  ["somebody of a country that is no party", U1, somebody("k1", "analyst", "KR-NIS"), JAPAN, "none"],
  [
    "an agreement that is suspended",
    U1,
    somebody("j1", "analyst", "JP-NPA"),
    { X: between(["JPN", "USA"], { status: "suspended" }) },
    "none",
  ],
  [
    "an agreement that is over",
    U1,
    somebody("j1", "analyst", "JP-NPA"),
    { X: between(["JPN", "USA"], { until: AT }) },
    "none",
  ],
  [
    "an agreement to come",
    U1,
    somebody("j1", "analyst", "JP-NPA"),
    { X: between(["JPN", "USA"], { from: "2026-04-12T00:00:00Z" }) },
    "none",
  ],
  ["PUBLIC alone", U1, somebody("j1", "analyst", "JP-NPA"), { PUBLIC: between(["JPN", "USA"]) }, "none"],
  ["a client looks at its sponsor", somebody("cu", "client", "US-FBI"), U1, JAPAN, "none"],
  ["who has no agency looks", somebody("lx", "liaison"), U1, JAPAN, "none"],
  ["who has no agency is looked at", U1, somebody("s", "analyst"), JAPAN, "none"],
];

test.each(CASES)(
  "whom an account may know – %s – as the directory's rule says",
  (_, looker, other, agreements, known) => {
    expect(acquaintance(looker, other, agreements, AT)).toBe(known);
  },
);
