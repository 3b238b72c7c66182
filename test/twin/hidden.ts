import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { AccountDoc, AgencyDoc } from "../../server/storage/documents.ts";
import type { Ask } from "../support/temporary-world.ts";
import { DARK, type Dice, EDGES, edge, type Making, OPEN, single } from "./content.ts";
import {
  AGENCIES,
  ALL,
  abroadOf,
  analystOf,
  foreignOf,
  nearOf,
  row,
  type Seat,
  SPARE,
  tri,
  unseenReader,
} from "./seats.ts";
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

const CATEGORIES: readonly AgencyDoc["categories"][] = [["INT"], ["LE", "FIU"], []];

/** What happens to others: releases, agreements, accounts, agencies, jobs, sign-ins, reading. */
const EVENTS: readonly Kind[] = [
  ({ dice, making, agency, step, seat }) => {
    const as = analystOf(agency);
    const object = single(`proposed ${step}`, making);
    const to = tri([dice.pick(abroadOf(seat))]);
    const verb = dice.pick(["approve", "refuse", "leave"] as const);
    const then = dice.pick(["stays", "recall", "narrow"] as const);
    const release: Step = {
      ...{ do: "release", as, object: String(object.id), row: to, by: `rel-${agency}`, verb },
      ...(then === "stays" ? {} : { then }),
    };
    return [...posts(as, { tlp: "AMBER" }, [object]), release];
  },
  // Withdrawn again; and refused, so that it is kept for the sender.
  ({ making, agency, step }) => {
    const as = analystOf(agency);
    const object = single(`taken back ${step}`, making);
    const bad = { ...single(`refused ${step}`, making), modified: "no date" };
    return [...posts(as, { tlp: "AMBER" }, [object, bad]), { do: "withdraw", as, object: String(object.id) }];
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
    // People of other agencies may be known by name; their machines, and who looks after ours, may not (policy Q49).
    const role = dice.pick(["feed", "auditor", "liaison"] as const);
    const account: AccountDoc = {
      ...{ id: `new-${step}`, name: making.words, role, clearance: "U", topics: ["*"], pii: false, scope: "write" },
      ...(role === "feed" ? { agency } : {}),
    };
    return dice.once(2) ? [{ do: "account", account }] : [{ do: "end", account: dice.pick(SPARE).id }];
  },
  // A machine abroad has another name or goes to another agency there; an auditor may read more, were it for clearance alone.
  ({ dice, making, seat }) => {
    const abroad = foreignOf(seat);
    const feed = dice.pick(SPARE.filter(({ agency = "" }) => abroad.includes(agency))).id;
    const more: Partial<AccountDoc> = { clearance: "S", pii: true };
    return [
      dice.pick<Step>([
        { do: "person", account: feed, change: { name: making.words } },
        { do: "person", account: feed, change: { agency: dice.pick(abroad) } },
        { do: "person", account: "spare-auditor", change: more },
      ]),
    ];
  },
  // No content of a story hangs on what these are.
  ({ dice, seat }) => {
    const agency = dice.pick(["US-CISA", "JP-NCO", "KR-KNPA"].filter((one) => one !== seat.agency));
    return [{ do: "categories", agency, categories: [...dice.pick(CATEGORIES)] }];
  },
  // A reviewer abroad works off what waits there.
  ({ dice, seat }) => {
    const agency = dice.pick(foreignOf(seat));
    return [{ do: "review", as: `rel-${agency}`, originator: agency }];
  },
  // Standing orders of others are proposed.
  ({ agency, step }) => {
    const order = { accounts: [`feed-${agency}`], tlpUpTo: "GREEN", agreements: ["TRI"], days: 9, ceiling: 1 + step };
    const ask: Ask = { method: "POST", path: "/api/v1/orders", body: { ...order, reason: "less at a time" } };
    return [{ do: "ask", as: `rel-${agency}`, asks: [ask] }];
  },
  ({ making, agency, step, seat }) => [
    { do: "agency", agency: { id: `US-X${step}`, name: making.words, country: "USA", categories: ["INT"] } },
    { do: "read", as: unseenReader(seat, agency) },
  ],
  ({ dice, making, agency }) => {
    const objects = some(dice, making);
    return [{ do: "job", as: analystOf(agency), objects, label: { tlp: "AMBER+STRICT" }, run: dice.once(2) }];
  },
  ({ dice, agency, seat }) =>
    dice.once(3)
      ? [{ do: "fail", username: dice.pick(["k1", "nobody at all"]) }]
      : [{ do: "read", as: unseenReader(seat, agency) }],
];

/** Each way to be hidden. */
export const HIDDEN_KINDS: readonly Kind[] = [...CONTENT, ...EVENTS];

/** Something of one kind, of which the viewer sees nothing. */
export function hiddenOf(kind: Kind, seat: Seat, dice: Dice, step: number, words: string): Step[] {
  const agency = dice.pick(AGENCIES.filter((one) => one !== seat.agency));
  return kind({ seat, dice, step, agency, making: { step, words, dark: true } });
}

/** Something of which the viewer sees nothing. */
export const hidden = (seat: Seat, dice: Dice, step: number, words: string): Step[] =>
  hiddenOf(dice.pick(dice.once(2) ? CONTENT : EVENTS), seat, dice, step, words);
