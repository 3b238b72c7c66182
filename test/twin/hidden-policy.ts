import { single } from "./content.ts";
import { governs, type HiddenKind, posts } from "./hidden-kind.ts";
import { signers } from "./play-further.ts";
import { ALL, analystOf, countryOf, foreignOf, quietFor, row, signersOf, sourceOf, UNKNOWN } from "./seats.ts";
import { agencyOff, some } from "./shown.ts";
import type { Step } from "./steps.ts";

/** Policy over the API that a viewer is not told of: sources held, agencies off, rights and agreements that change. */

const notGoverning: HiddenKind["from"] = (seat) => !governs(seat);
const OTHERS = { USA: ["JP-KR", "JPN", "KOR"], JPN: ["US-KR", "KOR", "USA"], KOR: ["US-JP", "JPN", "USA"] } as const;
/** Of which the viewer's country is a party. */
const OWN = { USA: ["US-JP", "JPN", "USA"], JPN: ["US-JP", "USA", "JPN"], KOR: ["US-KR", "USA", "KOR"] } as const;

export const POLICY: readonly HiddenKind[] = [
  {
    name: "a source in quarantine",
    from: notGoverning,
    steps: ({ dice, making, seat }) => {
      const agency = dice.pick(quietFor(seat));
      const account = sourceOf(agency);
      const as = dice.once(2) ? "ad" : signersOf(countryOf(agency))[0];
      const freedBy = dice.once(2) ? signers(ALL) : [];
      return [
        ...posts(account, { tlp: "AMBER+STRICT" }, some(dice, making)),
        { do: "hold", as, agency, account, reason: making.words, freedBy },
      ];
    },
  },
  {
    // Who may name agencies on a label is told which there are.
    name: "an agency off",
    from: (seat) => !governs(seat) && !seat.posts,
    steps: ({ dice, making, step }) => {
      const id = `US-O${step}`;
      const on: Step = { do: "policy", as: "ad", change: { agency: id, to: { off: false } }, by: signers(ALL) };
      return [...agencyOff(id, making.words, "ad"), ...(dice.once(2) ? [on] : [])];
    },
  },
  {
    name: "rights of somebody",
    from: notGoverning,
    steps: ({ dice, making, step }) => {
      const to = { topics: [`topic-${step}`, making.words.toLowerCase()] };
      const by = dice.once(3) ? [] : ["sign-usa"];
      const verb = dice.pick(["sign", "refuse"] as const);
      return [{ do: "policy", as: "ad", change: { account: UNKNOWN, to }, by, verb }];
    },
  },
  {
    // Of another country: its signers alone are told of it.
    name: "rights of somebody abroad",
    from: ({ office }) => office === "signer",
    steps: ({ dice, seat, step, making }) => {
      const agency = dice.pick(foreignOf(seat).filter((one) => quietFor(seat).includes(one)));
      const to = { topics: [`topic-${step}`, making.words.toLowerCase()] };
      const by = dice.once(2) ? [signersOf(countryOf(agency))[0]] : [];
      return [{ do: "policy", as: "ad", change: { account: sourceOf(agency, "B"), to }, by }];
    },
  },
  {
    name: "others' agreement suspended",
    from: ({ office }) => office !== "admin",
    steps: ({ dice, seat }) => {
      const [agreement, ...parties] = OTHERS[seat.country];
      return [{ do: "suspend", agreement, by: signers(parties), again: dice.once(2) }];
    },
  },
  {
    // The viewer's own country is a party; what hangs on it is hidden all the same. An export would say so for as long as it is suspended.
    name: "the own agreement suspended for a while",
    from: notGoverning,
    before: true,
    steps: ({ dice, seat, step, making }) => {
      const [agreement, other, home] = OWN[seat.country];
      const agency = dice.pick(foreignOf(seat).filter((one) => countryOf(one) === other));
      const object = single(`under ${agreement} ${step}`, making);
      const to = { agreement, countries: [home], agencies: "*" as const };
      const label = { tlp: "GREEN" as const, embargoUntil: "2027-01-01T00:00:00Z", releases: [row(to)] };
      const as = analystOf(agency);
      return [
        ...posts(as, label, [object]),
        { do: "release", as, object: String(object.id), row: to, by: `rel-${agency}`, verb: "approve" },
        { do: "suspend", agreement, by: signers([other, home]), again: true },
      ];
    },
  },
];
