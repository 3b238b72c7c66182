import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import type { Directory } from "../support/demonstration.ts";
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
  /** Reviews or approves for its agency: is told which agencies have received what it posted. */
  readonly hears?: true;
  /** Reads no label. What it is told of instead is its country's or the group's policy; a liaison and an auditor are told of neither. */
  readonly office?: "signer" | "admin" | "auditor" | "liaison";
  /** Another agency and an account of it, where its own are none to work on. */
  readonly subject?: { readonly agency: string; readonly account: string };
  readonly topic?: string;
  /** Something that no row can make up for. */
  readonly cannot: { readonly as: string; readonly label: LabelRequest };
}

export const ALL = ["JPN", "KOR", "USA"] as const;
/** An agency that does nothing, and somebody of it. */
const IDLE = { agency: "US-IDLE", account: "idle" };
/** Somebody of it whom nobody is told of. */
export const UNKNOWN = "idle-auditor";
export const PUBLIC: Row = { agreement: "PUBLIC", countries: [], agencies: "*" };
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
    hears: true,
    cannot: { as: "rel-JP-JAFIC", label: { tlp: "GREEN", caveats: ["FIU"], releases: [row(tri(["JPN"]))] } },
  },
  {
    id: "j3",
    agency: "JP-NCO",
    country: "JPN",
    credential: "token",
    sibling: "rel-JP-NCO",
    posts: true,
    person: true,
    hears: true,
    cannot: { as: "rel-JP-JAFIC", label: { tlp: "GREEN", caveats: ["FIU"], releases: [row(tri(["JPN"]))] } },
  },
  office("lx", "liaison", "USA"),
  office("sign-usa", "signer", "USA"),
  office("ad", "admin", "JPN"),
  office("au", "auditor", "KOR"),
];

/** Who reads public content at most. But for a signer the country is nobody's: content that is hidden is made the most of for it. */
function office(id: string, role: NonNullable<Seat["office"]>, country: Seat["country"]): Seat {
  return {
    ...{ id, agency: "", country, credential: "token", sibling: "rel-KR-KNPA", posts: false, person: false },
    ...{ office: role, subject: IDLE },
    cannot: { as: "rel-JP-JAFIC", label: { tlp: "GREEN", caveats: ["FIU"] } },
  };
}
/** What it works on where its own agency is none: the account, or one that nothing hangs on. */
export const subjectOf = ({ subject, agency, sibling }: Seat): { agency: string; account: string } =>
  subject ?? { agency, account: sibling };

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
export const unseenReader = (seat: Seat, agency: string): string => (seat.hears === true ? "lx" : analystOf(agency));
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

/** The one of these three that an agency of the group is where nothing shown hangs on. */
const QUIET = ["US-CISA", "JP-NCO", "KR-KNPA"];
const feedOf = (id: string, agency: string): AccountDoc => ({
  ...{ id, name: `Feed ${id}`, role: "feed", agency, clearance: "U", topics: ["*"], pii: false, scope: "write" },
});

/**
 * A feed in each country that does nothing and reads what the other feed of its agency reads, and an auditor: nobody elsewhere may know of one more feed, since it is
 * told of as somebody of its agency, or of any auditor (policy Q49). They come and go.
 */
export const SPARE: readonly AccountDoc[] = [
  ...QUIET.map((agency) => feedOf(`spare-${agency}`, agency)),
  {
    ...{ id: "spare-auditor", name: "Spare auditor", role: "auditor", clearance: "U", topics: [], pii: false },
    ...{ scope: "write", person: "spare-person" },
  },
];
/** Feeds that post what nobody else reads, to be held in quarantine. */
export const sourceOf = (agency: string, side: "A" | "B" = "A"): string => `source-${side.toLowerCase()}-${agency}`;
/** Where a viewer may not know of one feed more or less. */
export const quietFor = (seat: Seat): string[] => QUIET.filter((agency) => agency !== seat.agency);

const signerOf = (id: string, country: string): AccountDoc => ({
  ...{ id, name: id, role: "signer", country, clearance: "U", topics: [], pii: false, scope: "write", person: id },
});
/** Who signs for a country: two in each, of whom other countries can't tell one from the other. */
export const signersOf = (country: string): readonly [string, string] => [
  `sign-${country.toLowerCase()}`,
  `deputy-${country.toLowerCase()}`,
];

/** Who takes part besides the demonstration group. */
export const CAST: Partial<Directory> = {
  agencies: [{ id: IDLE.agency, name: "Idle", country: "USA", categories: [] }],
  accounts: [
    ...SPARE,
    ...QUIET.flatMap((agency) => (["A", "B"] as const).map((side) => feedOf(sourceOf(agency, side), agency))),
    ...ALL.map((country) => signerOf(signersOf(country)[1], country)),
    {
      ...{ id: UNKNOWN, name: "Idle", role: "auditor", agency: IDLE.agency, clearance: "U", topics: [], pii: false },
      scope: "write",
    },
    {
      ...{ id: IDLE.account, name: "Idle", role: "analyst", agency: IDLE.agency, clearance: "U", topics: [] },
      ...{ pii: false, scope: "write", person: IDLE.account },
    },
  ],
};
