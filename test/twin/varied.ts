import type { LabelRequest } from "../../schemas/policy/label.ts";
import { TLP_2_IDS } from "../../schemas/stix/tlp.ts";
import { DARK, Dice, EDGES, edge, type Making, OPEN, observable, report, single, uuidOf, VALUES } from "./content.ts";
import { AGENCIES, ALL, abroadOf, analystOf, countryOf, foreignOf, nearOf, row, tri } from "./seats.ts";
import { agencyOff, type Scene, shown, some, workflow } from "./shown.ts";
import type { Slot, Step } from "./steps.ts";

interface Varied extends Scene {
  /** Of another country than the viewer's. */
  readonly agency: string;
  readonly feed: string;
  readonly making: Making;
}
type Kind = (of: Varied) => Slot;

const forAll: LabelRequest = { tlp: "GREEN", releases: [row(tri(ALL))] };
const pair = (what: string, make: (side: "A" | "B") => readonly Step[]): Slot => ({ what, a: make("A"), b: make("B") });
/** The same dice for both sides. */
const sameDice = ({ dice }: Scene, ...more: readonly number[]): (() => Dice) => {
  const drawn = dice.below(97);
  return () => new Dice([drawn, ...more]);
};

const rowsForOthers: Kind = ({ seat, dice, feed, making }) => {
  const objects = some(dice, making);
  const [one = "", other = ""] = abroadOf(seat);
  const besides = [
    row(tri([one])),
    row(tri([other], [dice.pick(AGENCIES.filter((agency) => countryOf(agency) === other))])),
    row({ ...tri(ALL), agreement: "HUB" }),
  ];
  const chosen = { A: dice.below(8), B: dice.below(8) };
  return pair("rows for others", (side) => {
    const releases = [row(tri([seat.country])), ...besides.filter((_, i) => (chosen[side] >> i) % 2 === 1)];
    return [{ do: "post", as: feed, objects, label: { tlp: "GREEN", releases } }];
  });
};

/** Rows that stand at one instant in several lanes: their ids differ by the rows of others, their order must not. */
const severalLabels: Kind = ({ seat, step, feed, making }) => {
  const [one = "", other = ""] = abroadOf(seat);
  const named = ["first", "second", "third", "fourth"].map((name) => single(`${name} of several ${step}`, making));
  const marked = named.map((object, i) =>
    i % 2 === 0 ? object : { ...object, object_marking_refs: [TLP_2_IDS.GREEN] },
  );
  return pair("several labels at one instant", (side) => {
    const releases = [row(tri([seat.country])), row(tri([side === "A" ? one : other]))];
    return [{ do: "post", as: feed, objects: marked, label: { tlp: "CLEAR", releases } }];
  });
};

/** Cut for the viewer, by rules of one kind or another; the words under the cut differ, or are missing. */
const wordsUnderCut: Kind = ({ dice, step, agency, feed, making }) => {
  const home = countryOf(agency);
  const bodies = [{ agencies: [agency] }, { countries: [home] }, { agencies: [agency], countries: [home] }];
  const base = dice.once(2) ? observable(dice.pick(VALUES), dice, making) : single(`cut ${step}`, making);
  const body = { A: dice.pick(bodies), B: dice.pick(bodies) };
  const missing = dice.once(3);
  return pair("words under a cut", (side) => {
    const said =
      missing && side === "A" ? {} : { x_secret: `secret of ${side}`, description: `words of ${side}, alone${side}` };
    const fieldRules = [{ selectors: ["x_secret", "description"], ...body[side] }];
    return [{ do: "post", as: feed, objects: [{ ...base, ...said }], label: { ...forAll, fieldRules } }];
  });
};

const membersOfReport: Kind = ({ dice, feed, making }) => {
  const made = report(dice, making, []);
  const refs = made.object_refs as string[];
  const besides = { A: dice.pick(DARK), B: dice.pick(DARK) };
  return pair("hidden members of a report", (side) => {
    const listed = [...refs.slice(0, 2), besides[side], ...refs.slice(2)];
    return [{ do: "post", as: feed, objects: [{ ...made, object_refs: listed }], label: forAll }];
  });
};

const withheldSource: Kind = ({ seat, dice, step, making }) => {
  const home = dice.pick(abroadOf(seat));
  const near = AGENCIES.filter((one) => countryOf(one) === home);
  const from = { A: dice.pick(near), B: dice.pick(near) };
  const made = single(`unattributed ${step}`, making);
  return pair("a source that is withheld", (side) => {
    const references = [{ source_name: `of ${side}`, external_id: side }];
    const object = { ...made, created_by_ref: `identity--${uuidOf(side)}`, external_references: references };
    return [{ do: "post", as: `feed-${from[side]}`, objects: [object], label: { ...forAll, caveats: ["NOATTRIB"] } }];
  });
};

/** The clients that there are, by their sponsor: nobody else may name them. */
const CLIENTS: Readonly<Record<string, string>> = { "JP-NPA": "cj", "US-FBI": "cu" };

const grantsAndTopics: Kind = (of) => {
  const { seat } = of;
  const dice = sameDice(of, 3, 1, 4, 1, 5);
  const topics = seat.topic === undefined ? [] : [seat.topic];
  const agency = of.dice.pick(foreignOf(seat).filter((one) => CLIENTS[one] !== undefined));
  return pair("grants and topics", (side) => {
    const more: LabelRequest =
      side === "A"
        ? {}
        : { clientGrants: [CLIENTS[agency] ?? ""], topics: topics.length === 0 ? [] : [...topics, "another"] };
    return workflow({ ...of, dice: dice() }, { agency, ...(seat.person ? { label: { topics, ...more } } : {}) });
  });
};

const rulesOnCut: Kind = (of) => {
  const dice = sameDice(of, 2, 7, 1, 8);
  const other = of.dice.once(2) ? { classification: "S" as const, agencies: [of.agency] } : { agencies: [of.agency] };
  const body = { A: { tlp: "RED" as const }, B: other };
  return pair("rules on what is cut", (side) => {
    const fieldRules = [{ selectors: ["description"], ...body[side] }];
    const label = { recipients: side === "A" ? ["u3"] : ["u4"], fieldRules };
    return workflow({ ...of, dice: dice() }, { label, object: { description: `words of ${side}` } });
  });
};

const recipients: Kind = (of) => {
  if (!of.seat.person) return shown(of);
  const dice = sameDice(of, 5, 3);
  return pair("recipients", (side) => {
    const named = side === "A" ? [of.seat.id] : [of.seat.id, "u3", "k2", "j3"];
    return workflow({ ...of, dice: dice() }, { label: { tlp: "RED", recipients: named } });
  });
};

/**
 * One batch: what is marked by itself goes its own way, what lacks an end is nothing. (Among the edges of one batch under one label the stamp of
 * each still counts those before it, hidden or not; lanes by signature come with the order of TAXII.)
 */
const restOfBatch: Kind = ({ dice, step, feed, making }) => {
  const objects = some(dice, making).filter(({ type }) => type !== "relationship" && type !== "sighting");
  objects.push(single(`of a batch ${step}`, making));
  const strict = { ...single(`strict ${step}`, making), object_marking_refs: [TLP_2_IDS["AMBER+STRICT"]] };
  const loose = edge(dice.pick(EDGES), dice.pick(OPEN), dice.pick(DARK), dice, { ...making, step: step + 1 });
  const before = dice.once(2);
  return pair("hidden objects of one batch", (side) => {
    const more = side === "A" ? [] : [strict, loose];
    return [{ do: "post", as: feed, objects: before ? [...more, ...objects] : [...objects, ...more], label: forAll }];
  });
};

/** Cut inside the viewer's own agency, for want of the right to personal data. */
const personalData: Kind = (of) => {
  const { seat, dice, step, making } = of;
  if (!["j2", "j4", "k3", "f3"].includes(seat.id)) return shown(of);
  const base = dice.once(2) ? observable(dice.pick(VALUES), dice, making) : single(`personal ${step}`, making);
  const as = seat.sibling === "k3" ? "rel-KR-KISA" : seat.sibling;
  const label: LabelRequest = { tlp: "GREEN", fieldRules: [{ selectors: ["description"], pii: true }] };
  return pair("personal data of the own agency", (side) => [
    { do: "post", as, objects: [{ ...base, description: `born in ${side}` }], label },
  ]);
};

/** Brought to the viewer in both worlds; in one it goes to others too, before or after, and may be taken back from them. */
const releasedFurther: Kind = (of) => {
  const [post, release] = workflow(of);
  const country = of.dice.pick(abroadOf(of.seat));
  const strict = post.label.tlp === "AMBER+STRICT";
  const to = tri([country], strict ? AGENCIES.filter((agency) => countryOf(agency) === country) : "*");
  const then = of.dice.pick(["stays", "recall", "narrow"] as const);
  const further: Step = {
    ...{ ...release, row: to, verb: of.dice.pick(["approve", "refuse", "leave"] as const) },
    ...(then === "stays" ? {} : { then }),
  };
  const first = of.dice.once(3);
  // The reading keeps the viewer's release at the same instant.
  const reader = of.seat.hears === true ? "lx" : post.as;
  const other = (side: "A" | "B"): Step => (side === "A" ? { do: "read", as: reader } : further);
  return pair("released to others too", (side) =>
    first ? [post, other(side), release] : [post, release, other(side)],
  );
};

/** What the viewer had been given is gone: in one world withdrawn, in the other taken back from it alone, or from all but one agency that is not the viewer's. */
const goneForAReason: Kind = (of) => {
  const [post, release] = workflow(of);
  const poll: Step = { do: "poll", as: of.seat.id };
  const alone = of.dice.once(2) || release.row.agencies !== "*";
  const back: Step = { do: "back", as: post.as, object: release.object, row: release.row };
  const withdrawn: Step = { do: "withdraw", as: post.as, object: release.object };
  return pair("gone for one reason or another", (side) => [
    ...[post, release, poll],
    side === "A" ? withdrawn : alone ? back : { ...back, but: nearOf(of.seat).slice(0, 1) },
  ]);
};

/** What the viewer's agency said is read abroad, by one person of an agency or by another. */
const readByOne: Kind = (of) => {
  const { seat, step, agency, making } = of;
  if (seat.agency === "") return shown(of);
  const object = single(`read abroad ${step}`, making);
  const post: Step = { do: "post", as: `feed-${seat.agency}`, objects: [object], label: forAll };
  const asks = [{ method: "GET" as const, path: `/api/v1/objects/${String(object.id)}` }];
  return pair("read by one or another of an agency", (side) => [
    post,
    { do: "ask", as: side === "A" ? analystOf(agency) : `rel-${agency}`, asks },
  ]);
};

const laterForFewer: Kind = ({ step, agency, feed, making }) => {
  const first = single(`chain ${step}`, making);
  const later = { ...first, name: `later of ${step}`, modified: "2026-03-08T00:00:00.000Z" };
  const own: Step = { do: "post", as: feed, objects: [first], label: forAll };
  const narrow: Step = { do: "post", as: analystOf(agency), objects: [later], label: { tlp: "AMBER+STRICT" } };
  return pair("a later version for fewer", (side) => (side === "A" ? [own] : [own, narrow]));
};

/** A sanitised sibling of something hidden reads like an object that has none. */
const tornOrWhole: Kind = (of) => {
  const { step, agency, making } = of;
  const dates = { created: "2026-03-04T07:08:00.000Z", modified: "2026-03-04T07:08:00.000Z" };
  const [post, release] = workflow(of, { agency, object: dates });
  const parent = single(`parent of ${step}`, making);
  const hidden: Step = { do: "post", as: post.as, objects: [parent], label: { tlp: "AMBER+STRICT" } };
  const [object = parent] = post.objects;
  const torn: Step = { do: "tear", as: post.as, parent: String(parent.id), object, label: post.label };
  return pair("a tear-line, or an object of its own", (side) => [hidden, side === "A" ? torn : post, release]);
};

/** Its originator lets others have it too, by another label. */
const relabelledFurther: Kind = (of) => {
  const [post, release] = workflow(of);
  const country = of.dice.pick(abroadOf(of.seat));
  const strict = post.label.tlp === "AMBER+STRICT";
  const others = row(tri([country], strict ? AGENCIES.filter((agency) => countryOf(agency) === country) : "*"));
  const label = { ...post.label, releases: [row(release.row), others] };
  const wider: Step = { do: "relabel", as: post.as, object: release.object, label, by: release.by };
  return pair("relabelled for others too", (side) => [post, release, ...(side === "A" ? [wider] : [])]);
};

/** By whom, why and as what its people were known. */
const offByOne: Kind = ({ step }) =>
  pair("an agency off, by one or another", (side) =>
    agencyOff(`US-O${step}`, `of ${side}`, side === "A" ? "ad" : "sign-usa"),
  );

/** Each way in which a part of what the viewer sees differs. */
const VARIED_KINDS: readonly Kind[] = [
  ...[rowsForOthers, severalLabels, wordsUnderCut, membersOfReport, withheldSource, grantsAndTopics, rulesOnCut],
  ...[recipients, restOfBatch, personalData, releasedFurther, goneForAReason, readByOne, laterForFewer],
  ...[tornOrWhole, relabelledFurther, offByOne],
];

/** Something that the viewer sees in both worlds, but for a part that is hidden and differs: each kind of it. */
export const VARIED: readonly ((scene: Scene) => Slot)[] = VARIED_KINDS.map((kind) => (scene) => {
  const agency = scene.dice.pick(foreignOf(scene.seat));
  const making = { step: scene.step, words: "a partner", dark: false };
  return kind({ ...scene, agency, feed: `feed-${agency}`, making });
});
