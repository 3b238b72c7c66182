import type { Banner } from "../../schemas/policy/banner.ts";
import { comment, tlpText } from "./write-record.ts";

/** Who took it away, when, under which policy, and what it is (policy 10). */
export interface ExportStamp {
  readonly banner: Banner;
  /** What all agreements inside allow it to be used for; empty: they name nothing in common. */
  readonly purposes: readonly string[];
  /** UTC. */
  readonly at: string;
  readonly serial: string;
  readonly agency: string;
  /** Pseudonymous number of the account. */
  readonly account: string;
  /** Digest of what its maker may know of the policy. */
  readonly policy: string;
  /** `12 written, 3 left out: …`. */
  readonly tally: string;
  /** SHA-256 of the content in hexadecimal. */
  readonly sha256: string;
}

/** What a holder may do, by TLP 2.0 (policy 4). */
const ALLOWED: Readonly<Record<string, string>> = {
  CLEAR: "use; pass on as far as it is released",
  GREEN: "use; pass on inside the working-group community, never publicly",
  AMBER: "use in your agency, and by clients of yours that hold a grant, where there is a need to know",
  "AMBER+STRICT": "use in the agencies that are listed by name, where there is a need to know; no clients",
  RED: "read by the persons named, nobody else",
};

/** What caveats ask for. */
const CAVEATS: Readonly<Record<string, string>> = {
  NATL: "own country only",
  LES: "law enforcement only",
  FIU: "finance intelligence units only",
  NOATTRIB: "the source is not to be named",
  NOEXPORT: "not to be taken away",
};

const listed = (items: readonly string[], none: string): string => (items.length === 0 ? none : items.join(", "));

/** `REL TO JPN, KOR, USA`, in the order of the letters (policy 10). */
export const relTo = ({ relTo: audience }: Banner): string =>
  `REL TO ${audience === "PUBLIC" ? "PUBLIC" : listed(audience, "nobody")}`;

/** The permitted actions in words. */
export function permitted({ banner, purposes }: Pick<ExportStamp, "banner" | "purposes">): string {
  const open = banner.relTo === "PUBLIC";
  return [
    open ? "use and pass on without limit" : (ALLOWED[banner.tlp] ?? "nothing"),
    ...(open ? [] : ["nothing to anybody else without the originator's consent"]),
    ...banner.caveats.map((caveat) => CAVEATS[caveat] ?? caveat),
    ...(purposes.length === 0 ? [] : [`for ${purposes.join(", ")}`]),
  ].join("; ");
}

/** The stamp line by line, as policy 10 lists it; the last line is the digest of the content. */
export const stampLines = (stamp: ExportStamp): string[] => {
  const { banner } = stamp;
  const originators = [...banner.originators, ...(banner.sourceWithheld ? ["source withheld"] : [])];
  return [
    tlpText(banner.tlp),
    relTo(banner),
    `agreement ${listed(banner.agreements, "none")}`,
    `originator ${listed(originators, "none")}`,
    `classification ${banner.classification}`,
    `caveats ${listed(banner.caveats, "none")}`,
    `permitted: ${permitted(stamp)}`,
    `exported ${stamp.at} by ${stamp.agency}, account ${stamp.account}`,
    `serial ${stamp.serial}, policy ${stamp.policy}`,
    stamp.tally,
    `sha-256 ${stamp.sha256}`,
  ];
};

/** What a file ends with: one that lacks it was cut. */
export const endLine = ({ serial, tally, sha256 }: ExportStamp): string =>
  `end of export ${serial}: ${tally}; sha-256 ${sha256}`;

/** First and last lines of a file. */
export interface Framing {
  head(stamp: ExportStamp): string;
  tail(stamp: ExportStamp): string;
}

/** Comment lines before the content and one behind it. */
export const commented = (mark: "#" | ";", end: "\n" | "\r\n" = "\n"): Framing => ({
  head: (stamp) =>
    stampLines(stamp)
      .map((line) => `${comment(line, mark)}${end}`)
      .join(""),
  tail: (stamp) => `${comment(endLine(stamp), mark)}${end}`,
});
