import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { DARK, type Dice, EDGES, edge, type Making, OPEN, single } from "./content.ts";
import { AGENCIES, ALL, abroadOf, analystOf, nearOf, row, type Seat, SPARE, tri } from "./seats.ts";
import { type Scene, some } from "./shown.ts";
import type { Step } from "./steps.ts";

/** What a hidden step is made of besides the scene: an agency that is not the viewer's, and words of this world's own. */
interface Hidden extends Scene {
  readonly agency: string;
  readonly making: Making;
}
type Kind = (of: Hidden) => Step[];

const forAll = { tlp: "GREEN" as const, releases: [row(tri(ALL))] };
const posts = (as: string, label: LabelRequest, objects: readonly StixJson[]): Step[] => [
  { do: "post", as, objects, label },
];
const post = ({ dice, making }: Hidden, as: string, label: LabelRequest): Step[] =>
  posts(as, label, some(dice, making));

/** Content that no gate lets through to the viewer, whatever the reason. */
const CONTENT: readonly Kind[] = [
  // Nobody but the originator.
  (of) => post(of, analystOf(of.agency), { tlp: of.dice.pick(["AMBER+STRICT", "AMBER", "GREEN"]) }),
  // Other countries.
  (of) => {
    const abroad = abroadOf(of.seat);
    const countries = of.dice.once(2) ? abroad : [of.dice.pick(abroad)];
    return post(of, `feed-${of.agency}`, { tlp: "GREEN", releases: [row(tri(countries))] });
  },
  // Other agencies of the viewer's country.
  (of) => post(of, `feed-${of.agency}`, { tlp: "GREEN", releases: [row(tri([of.seat.country], nearOf(of.seat)))] }),
  // For named persons, in the viewer's own agency; one who approves there reads all that is RED, so for that one next door.
  (of) => post(of, of.seat.id === "rel-JP-NPA" ? "j3" : of.seat.sibling, { tlp: "RED" }),
  // A clearance or a category that the viewer lacks.
  (of) => post(of, of.seat.cannot.as, of.seat.cannot.label),
  // A topic that the viewer lacks, in its own agency or next door.
  (of) => {
    if (of.seat.topic === undefined) return post(of, analystOf(of.agency), { tlp: "AMBER" });
    const as = of.dice.once(2) ? of.seat.sibling : `rel-${of.dice.pick(nearOf(of.seat))}`;
    return post(of, as, { tlp: "AMBER", topics: ["something else"], releases: [row(tri([of.seat.country]))] });
  },
  // An embargo.
  (of) => {
    const label = { releases: [row(tri([of.seat.country]))], embargoUntil: "2027-01-01T00:00:00Z" };
    return post(of, `rel-${of.dice.pick(nearOf(of.seat))}`, { tlp: "GREEN", ...label });
  },
  // An edge whose label admits the viewer; its end is nothing that the viewer ever sees.
  ({ dice, making, agency }) =>
    posts(`feed-${agency}`, forAll, [edge(dice.pick(EDGES), dice.pick(OPEN), dice.pick(DARK), dice, making)]),
  // A tier without a row: what STIX requires is cut for everybody but its own agency.
  ({ dice, making, agency, step }) => {
    const rule = { selectors: [dice.pick(["name", "created"])], agencies: [agency] };
    return posts(`feed-${agency}`, { ...forAll, fieldRules: [rule] }, [single(`tierless ${step}`, making)]);
  },
];

/** What happens to others: releases, agreements, accounts, agencies, jobs, sign-ins, reading. */
const EVENTS: readonly Kind[] = [
  ({ dice, making, agency, step, seat }) => {
    const as = analystOf(agency);
    const object = single(`proposed ${step}`, making);
    const to = tri([dice.pick(abroadOf(seat))]);
    const verb = dice.pick(["approve", "refuse", "leave"] as const);
    const release: Step = { do: "release", as, object: String(object.id), row: to, by: `rel-${agency}`, verb };
    return [...posts(as, { tlp: "AMBER" }, [object]), release];
  },
  ({ dice, making, seat }) => {
    const id = { USA: "JP-KR", JPN: "US-KR", KOR: "US-JP" }[seat.country];
    const changes = [
      { status: "suspended" },
      { status: "in-force" },
      { ceiling: "U" },
      { title: making.words },
    ] as const;
    return [{ do: "agreement", id, change: dice.pick(changes) }];
  },
  ({ dice, making, agency, step }) => {
    const account: AccountDoc = {
      ...{ id: `new-${step}`, name: making.words, role: "analyst", agency, clearance: "U", topics: [], pii: false },
      scope: "write",
    };
    return dice.once(2) ? [{ do: "account", account }] : [{ do: "end", account: dice.pick(SPARE).id }];
  },
  ({ making, agency, step }) => [
    { do: "agency", agency: { id: `US-X${step}`, name: making.words, country: "USA", categories: ["INT"] } },
    { do: "read", as: analystOf(agency) },
  ],
  ({ dice, making, agency }) => {
    const objects = some(dice, making);
    return [{ do: "job", as: analystOf(agency), objects, label: { tlp: "AMBER+STRICT" }, run: dice.once(2) }];
  },
  ({ dice, agency }) =>
    dice.once(3)
      ? [{ do: "fail", username: dice.pick(["k1", "nobody at all"]) }]
      : [{ do: "read", as: analystOf(agency) }],
];

const KINDS = [...CONTENT, ...EVENTS];

/** Something of which the viewer sees nothing. */
export function hidden(seat: Seat, dice: Dice, step: number, words: string): Step[] {
  const agency = dice.pick(AGENCIES.filter((one) => one !== seat.agency));
  return dice.pick(KINDS)({ seat, dice, step, agency, making: { step, words, dark: true } });
}
