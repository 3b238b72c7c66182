import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import type { Credential } from "../support/temporary-world.ts";
import type { Row } from "./steps.ts";

/** Whose eyes the worlds are compared through. */
export interface Seat {
  readonly id: string;
  readonly agency: string;
  readonly country: "JPN" | "KOR" | "USA";
  readonly credential: Credential;
  /** Another person of the agency. */
  readonly sibling: string;
  readonly posts: boolean;
  /** A person, who can be named on RED. */
  readonly person: boolean;
  readonly topic?: string;
  /** Something that no row can make up for. */
  readonly cannot: { readonly as: string; readonly label: LabelRequest };
}

export const ALL = ["JPN", "KOR", "USA"] as const;
export const tri = (countries: readonly string[], agencies: "*" | readonly string[] = "*"): Row => ({
  agreement: "TRI",
  countries,
  agencies,
});
export const SEATS: readonly Seat[] = [
  {
    id: "u1",
    agency: "US-FBI",
    country: "USA",
    credential: "token",
    sibling: "rel-US-FBI",
    posts: true,
    person: true,
    cannot: { as: "rel-US-TREAS", label: { tlp: "GREEN", caveats: ["FIU"], releases: [row(tri(["USA"]))] } },
  },
  {
    id: "u2",
    agency: "US-TREAS",
    country: "USA",
    credential: "token",
    sibling: "rel-US-TREAS",
    posts: true,
    person: true,
    topic: "crypto",
    cannot: { as: "rel-US-FBI", label: { tlp: "GREEN", caveats: ["LES"], releases: [row(tri(["USA"]))] } },
  },
  {
    id: "j2",
    agency: "JP-JAFIC",
    country: "JPN",
    credential: "token",
    sibling: "rel-JP-JAFIC",
    posts: true,
    person: true,
    topic: "crypto",
    cannot: { as: "rel-JP-JAFIC", label: { tlp: "GREEN", classification: "S" } },
  },
  {
    id: "j4",
    agency: "JP-NPA",
    country: "JPN",
    credential: "token",
    sibling: "j1",
    posts: true,
    person: true,
    topic: "itworker",
    cannot: { as: "j1", label: { tlp: "GREEN", classification: "C" } },
  },
  {
    id: "k3",
    agency: "KR-KISA",
    country: "KOR",
    credential: "token",
    sibling: "rel-KR-KISA",
    posts: true,
    person: true,
    cannot: { as: "rel-KR-KISA", label: { tlp: "GREEN", classification: "C" } },
  },
  {
    id: "f3",
    agency: "KR-KISA",
    country: "KOR",
    credential: "key",
    sibling: "k3",
    posts: true,
    person: false,
    cannot: { as: "rel-KR-KISA", label: { tlp: "GREEN", classification: "S" } },
  },
  {
    id: "cj",
    agency: "JP-NPA",
    country: "JPN",
    credential: "key",
    sibling: "j1",
    posts: false,
    person: false,
    topic: "crypto",
    cannot: { as: "j1", label: { tlp: "AMBER", releases: [row(tri(["JPN"]))] } },
  },
  {
    id: "rel-JP-NPA",
    agency: "JP-NPA",
    country: "JPN",
    credential: "token",
    sibling: "j1",
    posts: true,
    person: true,
    cannot: { as: "rel-JP-JAFIC", label: { tlp: "GREEN", caveats: ["FIU"], releases: [row(tri(["JPN"]))] } },
  },
];

const HOMES: Readonly<Record<string, { readonly country: Seat["country"]; readonly analyst: string }>> = {
  "US-FBI": { country: "USA", analyst: "u1" },
  "US-TREAS": { country: "USA", analyst: "u2" },
  "US-CISA": { country: "USA", analyst: "u3" },
  "JP-NPA": { country: "JPN", analyst: "j1" },
  "JP-JAFIC": { country: "JPN", analyst: "j2" },
  "JP-NCO": { country: "JPN", analyst: "j3" },
  "KR-NIS": { country: "KOR", analyst: "k1" },
  "KR-KNPA": { country: "KOR", analyst: "k2" },
  "KR-KISA": { country: "KOR", analyst: "k3" },
};
export const AGENCIES = Object.keys(HOMES);
export const countryOf = (agency: string): string => HOMES[agency]?.country ?? "";
export const analystOf = (agency: string): string => HOMES[agency]?.analyst ?? "";
/** Somebody whose reading is hidden: who answers for an agency's posts is told which agencies have received them. */
export const unseenReader = (seat: Seat, agency: string): string =>
  seat.id === "rel-JP-NPA" ? "lx" : analystOf(agency);
/** Rows of a request are its own to change. */
export function row({ agreement, countries, agencies }: Row): {
  agreement: string;
  countries: string[];
  agencies: "*" | string[];
} {
  return { agreement, countries: [...countries], agencies: agencies === "*" ? "*" : [...agencies] };
}

/** Where the viewer is not at home. */
export const abroadOf = (seat: Seat): Seat["country"][] => ALL.filter((country) => country !== seat.country);
/** Agencies of the viewer's own country but its own, and those of the others. */
export const nearOf = (seat: Seat): string[] =>
  AGENCIES.filter((agency) => agency !== seat.agency && countryOf(agency) === seat.country);
export const foreignOf = (seat: Seat): string[] => AGENCIES.filter((agency) => countryOf(agency) !== seat.country);

/**
 * A feed in each country that does nothing and reads what the other feed of its agency reads, and an auditor: nobody elsewhere may know of one more feed, since it is
 * told of as somebody of its agency, or of any auditor (policy Q49). They come and go.
 */
export const SPARE: readonly AccountDoc[] = [
  ...["US-CISA", "JP-NCO", "KR-KNPA"].map((agency) => ({
    ...{ id: `spare-${agency}`, name: `Spare of ${agency}`, role: "feed" as const, agency, clearance: "U" as const },
    ...{ topics: ["*"], pii: false, scope: "write" as const },
  })),
  {
    ...{ id: "spare-auditor", name: "Spare auditor", role: "auditor", clearance: "U", topics: [], pii: false },
    ...{ scope: "write", person: "spare-person" },
  },
];
