import type { AccountDoc, AgencyDoc } from "../../server/storage/documents.ts";
import type { Ask } from "../support/temporary-world.ts";
import { single, uuidOf } from "./content.ts";
import { governs, type Hidden, type HiddenKind, posts } from "./hidden-kind.ts";
import {
  AGENCIES,
  abroadOf,
  analystOf,
  countryOf,
  foreignOf,
  quietFor,
  row,
  SPARE,
  tri,
  unseenReader,
} from "./seats.ts";
import { some } from "./shown.ts";
import type { Step } from "./steps.ts";

const CATEGORIES: readonly AgencyDoc["categories"][] = [["INT"], ["LE", "FIU"], []];
const notAdmin: HiddenKind["from"] = ({ office }) => office !== "admin";
const notGoverning: HiddenKind["from"] = (seat) => !governs(seat);

/** What happens to others: releases, agreements, accounts, agencies, jobs, sign-ins, reading. */
export const EVENTS: readonly HiddenKind[] = [
  {
    name: "a release",
    steps: ({ dice, making, agency, step, seat }) => {
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
  },
  {
    // Withdrawn again; and refused, so that it is kept for the sender.
    name: "a withdrawal",
    steps: ({ making, agency, step }) => {
      const as = analystOf(agency);
      const object = single(`taken back ${step}`, making);
      const bad = { ...single(`refused ${step}`, making), modified: "no date" };
      return [...posts(as, { tlp: "AMBER" }, [object, bad]), { do: "withdraw", as, object: String(object.id) }];
    },
  },
  {
    name: "others' agreement",
    from: notAdmin,
    steps: ({ dice, making, seat }) => {
      const id = { USA: "JP-KR", JPN: "US-KR", KOR: "US-JP" }[seat.country];
      const changes = [
        { status: "suspended" },
        { status: "in-force" },
        { ceiling: "U" },
        { title: making.words },
      ] as const;
      return [{ do: "agreement", id, change: dice.pick(changes) }];
    },
  },
  {
    // People of other agencies may be known by name; their machines, and who looks after ours, may not (policy Q49).
    name: "an account",
    from: notAdmin,
    steps: ({ dice, making, agency, step, seat }) => {
      const role = dice.pick(["feed", "auditor", "liaison"] as const);
      const account: AccountDoc = {
        ...{ id: `new-${step}`, name: making.words, role, clearance: "U", topics: ["*"], pii: false, scope: "write" },
        ...(role === "feed" ? { agency } : {}),
      };
      const spare = SPARE.filter((one) => one.agency === undefined || one.agency !== seat.agency);
      return dice.once(2) ? [{ do: "account", account }] : [{ do: "end", account: dice.pick(spare).id }];
    },
  },
  {
    // A machine abroad has another name or goes to another agency there; an auditor may read more, were it for clearance alone.
    name: "an account that changes",
    from: notAdmin,
    steps: ({ dice, making, seat }) => {
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
  },
  {
    // No content of a story hangs on what these are.
    name: "categories",
    from: notGoverning,
    steps: ({ dice, seat }) => [
      { do: "categories", agency: dice.pick(quietFor(seat)), categories: [...dice.pick(CATEGORIES)] },
    ],
  },
  {
    name: "a review abroad",
    steps: ({ dice, seat }) => {
      const agency = dice.pick(foreignOf(seat));
      return [{ do: "review", as: `rel-${agency}`, originator: agency }];
    },
  },
  {
    name: "a standing order",
    steps: ({ agency, step }) => {
      const order = { accounts: [`feed-${agency}`], tlpUpTo: "GREEN", agreements: ["TRI"], days: 9, ceiling: 1 + step };
      const ask: Ask = { method: "POST", path: "/api/v1/orders", body: { ...order, reason: "less at a time" } };
      return [{ do: "ask", as: `rel-${agency}`, asks: [ask] }];
    },
  },
  {
    // Who may name agencies on a label is told which there are.
    name: "an agency",
    from: (seat) => !governs(seat) && !seat.posts,
    steps: ({ making, agency, step, seat }) => [
      { do: "agency", agency: { id: `US-X${step}`, name: making.words, country: "USA", categories: ["INT"] } },
      { do: "read", as: unseenReader(seat, agency) },
    ],
  },
  {
    name: "a job",
    steps: ({ dice, making, agency }) => {
      const objects = some(dice, making);
      return [{ do: "job", as: analystOf(agency), objects, label: { tlp: "AMBER+STRICT" }, run: dice.once(2) }];
    },
  },
  {
    name: "a failed sign-in",
    steps: ({ dice }) => [{ do: "fail", username: dice.pick(["k1", "nobody at all"]) }],
  },
  {
    name: "reading",
    steps: ({ agency, seat }) => [{ do: "read", as: unseenReader(seat, agency) }],
  },
  {
    name: "a relabel",
    steps: ({ dice, making, agency, step, seat }) => {
      const as = analystOf(agency);
      const object = single(`relabelled ${step}`, making);
      const label = { tlp: "GREEN" as const, releases: [row(tri([dice.pick(abroadOf(seat))]))] };
      return [
        ...posts(as, { tlp: "AMBER" }, [object]),
        { do: "relabel", as, object: String(object.id), label, by: `rel-${agency}` },
      ];
    },
  },
  {
    name: "a tear-line",
    steps: ({ dice, making, agency, step, seat }) => {
      const as = analystOf(agency);
      const parent = single(`torn from ${step}`, making);
      const dates = { created: "2026-03-04T07:08:00.000Z", modified: "2026-03-04T07:08:00.000Z" };
      const object = single(`torn ${step}`, making, dates);
      const label = { tlp: "GREEN" as const, releases: [row(tri([dice.pick(abroadOf(seat))]))] };
      return [
        ...posts(as, { tlp: "AMBER+STRICT" }, [parent]),
        { do: "tear", as, parent: String(parent.id), object, label },
      ];
    },
  },
  {
    // Of a value that nobody else holds: who holds it too is asked as well.
    name: "deconfliction",
    from: ({ office }) => office !== "auditor",
    steps: ({ dice, making, agency, step, seat }) => {
      const other = dice.pick(foreignOf(seat).filter((one) => one !== agency));
      const value = `198.18.${Math.floor(step / 3) % 250}.${making.words === "A" ? 1 : 2}`;
      const held = (as: string) => ({ type: "ipv4-addr", spec_version: "2.1", ...addressOf(value, as) });
      const verb = dice.pick(["consent", "decline", "leave"] as const);
      return [
        ...posts(analystOf(other), { tlp: "AMBER+STRICT" }, [held(other)]),
        ...posts(analystOf(agency), { tlp: "AMBER+STRICT" }, [held(agency)]),
        { do: "contact", as: analystOf(agency), value, by: `rel-${other}`, verb },
      ];
    },
  },
  {
    // Read by one abroad, who loses it and says that he knows; its originator is told which agencies had it.
    name: "a recall",
    steps: (of) => {
      const { steps, object, reader, agency, as } = given(of, "recalled");
      const report: Ask = { method: "GET", path: `/api/v1/disclosures?object=${object}` };
      return [
        ...steps,
        { do: "withdraw", as, object },
        { do: "acknowledge", as: reader, object },
        { do: "act", as: `rel-${agency}`, asks: [report] },
      ];
    },
  },
  {
    name: "an onward request",
    steps: (of) => {
      const { dice, seat } = of;
      const { steps, object, reader, agency, reading } = given(of, "asked on");
      const third = dice.pick(foreignOf(seat).filter((one) => one !== reading && countryOf(one) !== countryOf(agency)));
      const row = { ...tri([countryOf(third)], [third]), until: "2026-08-01T00:00:00Z" };
      const verb = dice.pick(["approve", "refuse", "leave"] as const);
      return [...steps, { do: "onward", as: reader, object, row, by: `rel-${agency}`, verb }];
    },
  },
];

const addressOf = (value: string, of: string): { id: string; value: string } => ({
  id: `ipv4-addr--${uuidOf(`${value} of ${of}`)}`,
  value,
});

/** Something of one agency's, released to another's analyst abroad alone, who reads it. */
function given(
  { dice, making, agency, step, seat }: Hidden,
  name: string,
): { steps: readonly Step[]; object: string; reader: string; agency: string; as: string; reading: string } {
  const as = analystOf(agency);
  const object = single(`${name} ${step}`, making);
  const id = String(object.id);
  const others = AGENCIES.filter((one) => one !== seat.agency && countryOf(one) !== countryOf(agency));
  const reading = dice.pick(others);
  const to = tri([countryOf(reading)], [reading]);
  const reader = analystOf(reading);
  const steps: Step[] = [
    ...posts(as, { tlp: "AMBER+STRICT", releases: [row(to)] }, [object]),
    { do: "release", as, object: id, row: to, by: `rel-${agency}`, verb: "approve" },
    { do: "act", as: reader, asks: [{ method: "GET", path: `/api/v1/objects/${id}` }] },
  ];
  return { steps, object: id, reader, agency, as, reading };
}
