import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Banner } from "../../schemas/policy/banner.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Caveat, Level, Tlp } from "../../schemas/policy/vocabulary.ts";
import { hasBegun, stillLasts } from "./dated.ts";
import { decide } from "./decide.ts";
import { ofOriginator } from "./gates.ts";
import { byText, higherLevel, sortedSet, tighterTlp } from "./meet.ts";
import { wireLabel } from "./wire-label.ts";

type Audience = Banner["relTo"];

/** A label with what is cut for the maker. */
export interface Inside {
  readonly label: Label;
  readonly cut: readonly string[];
}

/** Somebody of nowhere: sees what everybody does. */
const ANYBODY: Viewer = {
  id: "anybody",
  role: "public",
  clearance: "U",
  topics: [],
  pii: false,
  active: true,
};

/** Countries that one's own rows admit now: on, not over, and under an agreement in force with the country. */
function ownAudience(label: Label, agreements: Agreements, at: string): string[] {
  const home = label.originatorCountry;
  if (label.caveats.includes("NATL")) return [home];
  const admitted = label.releases
    .filter(({ status, until, agreement }) => status === "on" && agreement !== "PUBLIC" && stillLasts(at, until))
    .flatMap(({ agreement: id, countries }) => {
      const agreement = Object.hasOwn(agreements, id) ? agreements[id] : undefined;
      const on = agreement?.status === "in-force" && hasBegun(at, agreement.from) && stillLasts(at, agreement.until);
      return countries.filter(
        (country) =>
          country === home || (on && agreement.parties.includes(home) && agreement.parties.includes(country)),
      );
    });
  return [home, ...admitted];
}

const meetAudience = (a: Audience, b: Audience): Audience => {
  if (a === "PUBLIC") return b;
  return b === "PUBLIC" ? a : a.filter((country) => b.includes(country));
};

/**
 * The banner of a file with this inside: the tightest TLP, the highest classification, all caveats, the countries that all of it
 * may go to. One's own agency knows all rows of its labels; anybody else knows of its own country, and of the originator's where that is
 * not withheld, and of no other row (policy 7: nobody else's rows). Nothing inside: CLEAR.
 */
export function bannerOf(inside: Iterable<Inside>, viewer: Viewer, agreements: Agreements, at: string): Banner {
  let tlp: Tlp = "CLEAR";
  let classification: Level = "U";
  let relTo: Audience = "PUBLIC";
  let sourceWithheld = false;
  const caveats = new Set<Caveat>();
  const under = new Set<string>();
  const originators = new Set<string>();
  for (const { label, cut } of inside) {
    const wire = wireLabel(label, viewer, cut);
    tlp = tighterTlp(tlp, label.tlp);
    classification = higherLevel(classification, label.classification);
    for (const caveat of label.caveats) caveats.add(caveat);
    if (wire.originator === undefined) sourceWithheld = true;
    else originators.add(wire.originator);
    const own = ofOriginator(viewer, label);
    for (const { agreement, until } of own ? label.releases.filter(({ status }) => status === "on") : wire.releases)
      if (stillLasts(at, until)) under.add(agreement);
    if (decide({ viewer: ANYBODY, label, agreements, at, channel: "export" }).verdict !== "hidden") continue;
    const known = own
      ? ownAudience(label, agreements, at)
      : [
          ...(viewer.country === undefined ? [] : [viewer.country]),
          ...(wire.originator === undefined ? [] : [label.originatorCountry]),
        ];
    relTo = meetAudience(relTo, known);
  }
  return {
    tlp,
    classification,
    caveats: [...caveats].sort(byText),
    relTo: relTo === "PUBLIC" ? relTo : sortedSet(relTo),
    agreements: [...under].sort(byText),
    originators: [...originators].sort(byText),
    sourceWithheld,
  };
}
