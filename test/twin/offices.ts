import { type Making, single } from "./content.ts";
import { post as postAny, posts } from "./hidden-kind.ts";
import { signers } from "./play-further.ts";
import {
  ALL,
  analystOf,
  countryOf,
  foreignOf,
  PUBLIC,
  quietFor,
  row,
  type Seat,
  signersOf,
  sourceOf,
  tri,
} from "./seats.ts";
import { type Scene, some } from "./shown.ts";
import type { Slot, Step } from "./steps.ts";

/** What signers, administrators and auditors are told: no content, but policy and who asked. */
type Teller = (scene: Scene) => Slot;
type Office = NonNullable<Seat["office"]>;

const making = ({ step }: Scene, words: string): Making => ({ step, words, dark: false });
const both = (what: string, steps: readonly Step[]): Slot => ({ what, a: steps, b: steps });
const pair = (what: string, make: (side: "A" | "B") => readonly Step[]): Slot => ({ what, a: make("A"), b: make("B") });
const address = (value: string, of: string, step: number) => ({
  ...{ type: "ipv4-addr", spec_version: "2.1", value },
  ...{
    id: String(single(`${value} of ${of} in ${step}`, { step, words: "", dark: false }).id).replace(
      "tool",
      "ipv4-addr",
    ),
  },
});
/** A source abroad, of the third country's. */
const sourceAbroad = ({ seat, dice }: Scene): string =>
  dice.pick(quietFor(seat).filter((one) => foreignOf(seat).includes(one)));

/** An agency asks for contacts: its post of the value, and the ask. */
function asks({ step, dice }: Scene, side: string, as: string): Step[] {
  const value = `198.19.${Math.floor(step / 3) % 250}.${side === "A" ? 1 : 2}`;
  const body = { value, topic: side === "A" ? "crypto" : "another" };
  return [
    ...posts(as, { tlp: dice.pick(["AMBER+STRICT", "GREEN"]) }, [address(value, as, step)]),
    { do: "act", as, asks: [{ method: "POST", path: "/api/v1/deconfliction", body }] },
  ];
}

/** The same in both worlds. */
export const officeShown: Teller = (scene) => {
  const { dice, step } = scene;
  switch (dice.below(6)) {
    case 0:
      return both("a source held", [
        ...posts(sourceOf("KR-KNPA"), { tlp: "GREEN" }, some(dice, making(scene, "held"))),
        {
          ...{ do: "hold", as: dice.pick(["sign-kor", "ad"]), agency: "KR-KNPA", account: sourceOf("KR-KNPA") },
          ...{ reason: `seen in ${step}`, freedBy: signers(dice.pick([[], ALL, ["KOR"]])) },
        },
      ]);
    case 1:
      return both("an agreement that changes", [
        { do: "suspend", agreement: "US-JP", by: signers(["JPN", "USA"]), again: dice.once(2) },
      ]);
    case 2:
      return both("a higher ceiling", [
        {
          do: "policy",
          as: dice.pick(["sign-kor", "ad"]),
          change: CEILING,
          by: signers(dice.pick([[], ["KOR"], ["JPN", "KOR"]])),
        },
      ]);
    case 3:
      return both("rights of somebody", [
        { do: "policy", as: "ad", change: { account: "idle", to: { topics: [`topic-${step}`] } }, by: [] },
      ]);
    case 4:
      return both("an agency that is new", [
        {
          do: "policy",
          as: "ad",
          change: { agency: `US-N${step}`, to: NEW },
          by: signers(dice.pick([["JPN"], ["JPN", "KOR"]])),
        },
      ]);
    default:
      return both("an ask", asks(scene, "A", "k2"));
  }
};
const CEILING = { agreement: "TRI", to: { ceiling: "S" } };
const NEW = { name: "New", country: "USA", categories: ["LE"] };

/** What the labels of the viewer's country say is shown to its signer; what is under them is not. */
const wordsAtHome: Teller = ({ seat, dice, step }) => {
  const label = { tlp: "GREEN" as const, releases: [row(tri([dice.pick(ALL)]))] };
  const as = `feed-${seat.country === "USA" ? "US-FBI" : "KR-KISA"}`;
  return pair("words that nobody of its office reads", (side) => [
    { do: "post", as, label, objects: [single(`of ${side} in ${step}`, { step, words: side, dark: true })] },
  ]);
};

const contentAbroad: Teller = (scene) => {
  const agency = scene.dice.pick(foreignOf(scene.seat));
  const object = single(`published ${scene.step}`, making(scene, agency));
  const as = analystOf(agency);
  const published: Step[] = [
    { do: "post", as, objects: [object], label: { tlp: "CLEAR", releases: [row(PUBLIC)] } },
    { do: "release", as, object: String(object.id), row: PUBLIC, by: `rel-${agency}`, verb: "leave" },
  ];
  return pair("content that others released", (side) =>
    side === "A" ? published : postAny({ ...scene, agency, making: making(scene, "B") }, as, { tlp: "AMBER" }),
  );
};

/** Abroad a source that is held is its agency's, whichever account of it is meant and why. */
const sourceHeld: Teller = (scene) => {
  const agency = sourceAbroad(scene);
  const [signer, deputy] = signersOf(countryOf(agency));
  return pair("a source abroad that is held", (side) => [
    ...posts(
      sourceOf(agency, side),
      { tlp: "AMBER+STRICT" },
      side === "A" ? [single(`held ${scene.step}`, making(scene, "A"))] : some(scene.dice, making(scene, "B")),
    ),
    {
      ...{ do: "hold", as: side === "A" ? signer : deputy, agency, freedBy: [] },
      ...{ account: sourceOf(agency, side), reason: `because of ${side}` },
    },
  ]);
};

/** Who of another country proposed or signed. */
const whoSigned: Teller = (scene) => {
  const country = scene.dice.pick(ALL.filter((one) => one !== scene.seat.country));
  const [signer, deputy] = signersOf(country);
  return pair("signed by one or another abroad", (side) => {
    const [as, by] = side === "A" ? [signer, deputy] : [deputy, signer];
    return [{ do: "policy", as, change: CEILING, by: [by] }];
  });
};

/** How much a source that is held had said, and to whom. */
const heldContent: Teller = (scene) =>
  pair("what a source had said", (side) => [
    ...posts(
      sourceOf("KR-KNPA"),
      { tlp: "GREEN", releases: side === "A" ? [row(tri(ALL))] : [row(tri(["KOR"]))] },
      side === "A" ? [single(`said ${scene.step}`, making(scene, "A"))] : some(scene.dice, making(scene, "B")),
    ),
    { do: "hold", as: "ad", agency: "KR-KNPA", account: sourceOf("KR-KNPA"), reason: "seen", freedBy: [] },
  ]);

/** One of an agency asks about one value or another, whoever holds it and whatever that one says. */
const whatWasAsked: Teller = (scene) => {
  const { step, dice } = scene;
  const verb = dice.pick(["consent", "decline"] as const);
  return pair("asked about one value or another", (side) => {
    const [as, other] = side === "A" ? ["u1", "j1"] : ["rel-US-FBI", "k1"];
    const [, agency] = side === "A" ? ["", "JP-NPA"] : ["", "KR-NIS"];
    const value = `198.19.${Math.floor(step / 3) % 250}.${side === "A" ? 3 : 4}`;
    const held = (of: string): Step[] => posts(of, { tlp: "AMBER+STRICT" }, [address(value, of, step)]);
    return [...held(other), ...held(as), { do: "contact", as, value, by: `rel-${agency}`, verb }];
  });
};

const KINDS: Readonly<Record<Exclude<Office, "liaison">, readonly Teller[]>> = {
  signer: [wordsAtHome, contentAbroad, sourceHeld, whoSigned],
  admin: [wordsAtHome, contentAbroad, heldContent],
  auditor: [wordsAtHome, contentAbroad, whatWasAsked],
};
/** What an office is told, but for a part that is hidden and differs. */
export const officeVaried = (office: Office): readonly Teller[] => (office === "liaison" ? [] : KINDS[office]);
