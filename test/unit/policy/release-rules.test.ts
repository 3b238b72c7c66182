import type { Label } from "../../../schemas/policy/label.ts";
import { mayApprove, needsCustodian, type Party, rowNeedsSecondPerson } from "../../../server/policy/release-rules.ts";
import { applyOrders, type StandingOrder } from "../../../server/policy/standing-order.ts";
import { labels } from "../../support/policy-cases.ts";

const named = (id: string): Label => {
  const label = labels[id];
  if (label === undefined) throw new Error(`the case file lacks ${id}`);
  return label;
};
const label = named("B1");
const abroad = { agreement: "TRI", countries: ["JPN"] };
const home = { agreement: "TRI", countries: ["USA"] };

const releaser: Party = { id: "rel", role: "releaser", agency: "US-FBI", country: "USA", person: "Kim" };
const proposer: Party = { id: "u1", role: "analyst", person: "Lee" };
const author: Party = { id: "feed-fbi", role: "feed" };

test.each<[string, Partial<Party>, Partial<Label>, string | undefined]>([
  ["a releaser of the agency", {}, {}, undefined],
  ["a releaser of another agency of the country", { agency: "US-CISA" }, {}, undefined],
  ["the proposer", { id: "u1" }, {}, "release.same_person"],
  ["another account of the proposer", { person: "Lee" }, {}, "release.same_person"],
  ["the author", { id: "feed-fbi" }, {}, "release.same_person"],
  ["a releaser of another country", { country: "JPN", agency: "JP-NPA" }, {}, "release.not_originating_country"],
  ["an account without country", { country: undefined }, {}, "release.not_originating_country"],
  ["an analyst", { role: "analyst" }, {}, "release.not_releaser"],
  ["a reviewer", { role: "reviewer" }, {}, "release.not_releaser"],
  ["a releaser account with nobody behind it", { person: undefined }, {}, "release.not_releaser"],
  ["another agency's releaser, RED", { agency: "US-CISA" }, { tlp: "RED" }, "release.custodian_required"],
  ["another agency's releaser, class S", { agency: "US-CISA" }, { classification: "S" }, "release.custodian_required"],
  ["another agency's releaser, LES", { agency: "US-CISA" }, { caveats: ["LES"] }, "release.custodian_required"],
  ["another agency's releaser, FIU", { agency: "US-CISA" }, { caveats: ["FIU"] }, "release.custodian_required"],
  [
    "another agency's releaser, personal data",
    { agency: "US-CISA" },
    { fieldRules: [{ selectors: ["x"], pii: true }] },
    "release.custodian_required",
  ],
  ["the agency's own releaser, RED", {}, { tlp: "RED" }, undefined],
])("mayApprove – by %s – %j %j", (_, who, what, code) => {
  const approver = { ...releaser, ...who } as Party;
  expect(mayApprove({ approver, proposer, author, label: { ...label, ...what }, row: abroad })?.code).toBe(code);
});

test("mayApprove – a proposer nobody knows any more – refused, since it may be the same person", () => {
  const ask = { approver: releaser, proposer: undefined, author, label, row: abroad };
  expect(mayApprove(ask)?.code).toBe("release.same_person");
});

test("mayApprove – a proposer or author whose account names no human – refused, since it may be the approver's own", () => {
  const nameless: Party = { id: "u9", role: "analyst" };
  expect(mayApprove({ approver: releaser, proposer: nameless, author, label, row: abroad })?.code).toBe(
    "release.same_person",
  );
  expect(mayApprove({ approver: releaser, proposer, author: nameless, label, row: abroad })?.code).toBe(
    "release.same_person",
  );
});

test("mayApprove – a row at home – a reviewer will do, but not for RED", () => {
  const approver: Party = { ...releaser, role: "reviewer" };
  expect(mayApprove({ approver, proposer, author, label, row: home })).toBeUndefined();
  expect(mayApprove({ approver, proposer, author, label: named("E1"), row: home })?.code).toBe(
    "release.custodian_required",
  );
});

test("rowNeedsSecondPerson – abroad, PUBLIC, at home from feeds and people – triage 3", () => {
  const amber = named("C4");
  expect(rowNeedsSecondPerson(abroad, label, "analyst")).toBe(true);
  expect(rowNeedsSecondPerson({ agreement: "TRI", countries: ["USA", "JPN"] }, label, "analyst")).toBe(true);
  expect(rowNeedsSecondPerson({ agreement: "PUBLIC", countries: [] }, named("A1"), "analyst")).toBe(true);
  expect(rowNeedsSecondPerson(home, amber, "analyst")).toBe(false);
  expect(rowNeedsSecondPerson(home, amber, "feed")).toBe(true);
  expect(rowNeedsSecondPerson(home, label, "feed")).toBe(false);
  const ruled: Label = { ...label, fieldRules: [{ selectors: ["description"], tlp: "AMBER" }] };
  expect(rowNeedsSecondPerson(home, ruled, "feed")).toBe(true);
  expect(needsCustodian(label)).toBe(false);
});

const order: StandingOrder = {
  id: "order",
  approvedBy: "rel",
  agency: "US-FBI",
  accounts: ["feed-fbi"],
  tlpUpTo: "GREEN",
  classificationUpTo: "U",
  agreements: ["TRI"],
  from: "2026-04-01T00:00:00Z",
  until: "2026-07-01T00:00:00Z",
};
const at = "2026-04-11T00:00:00.000Z";
const off: Label = {
  ...label,
  releases: [
    { agreement: "TRI", countries: ["JPN"], agencies: "*", status: "off" },
    { agreement: "US-JP", countries: ["JPN"], agencies: "*", status: "off" },
    { agreement: "PUBLIC", countries: [], agencies: "*", status: "off" },
  ],
};
const statuses = (what: Partial<Label>, how: Partial<StandingOrder> = {}, account = "feed-fbi", when = at) =>
  applyOrders({ ...off, ...what }, [{ ...order, ...how }], { id: account }, when).releases.map((row) => row.status);

test("applyOrders – a post in scope – the order's agreement on, the others and PUBLIC not", () => {
  expect(statuses({})).toEqual(["on", "off", "off"]);
  expect(statuses({ tlp: "CLEAR" }, { agreements: ["US-JP", "PUBLIC"] })).toEqual(["off", "on", "on"]);
});

test.each<[string, Partial<Label>, Partial<StandingOrder>, string?, string?]>([
  ["TLP above the order's", {}, { tlpUpTo: "CLEAR" }],
  ["AMBER, whatever the order says", { tlp: "AMBER" }, { tlpUpTo: "RED" }],
  ["class R, whatever the order says", { classification: "R" }, { classificationUpTo: "S" }],
  ["LES", { caveats: ["LES"] }, {}],
  ["FIU", { caveats: ["FIU"] }, {}],
  ["a rule on personal data", { fieldRules: [{ selectors: ["x"], pii: true }] }, {}],
  ["a field that an AMBER rule keeps", { fieldRules: [{ selectors: ["x"], tlp: "AMBER" }] }, {}],
  ["a field of class R", { fieldRules: [{ selectors: ["x"], classification: "R" }] }, {}],
  ["a RED field", { fieldRules: [{ selectors: ["x"], tlp: "RED" }] }, {}],
  ["another agency's post", { originator: "US-CISA" }, {}],
  ["another account's post", {}, {}, "u1"],
  ["the order not begun", {}, {}, "feed-fbi", "2026-03-31T23:59:59Z"],
  ["the order over", {}, {}, "feed-fbi", "2026-07-01T00:00:00Z"],
  ["an order with an unreadable end", {}, { until: "later" }],
  ["an unreadable instant", {}, {}, "feed-fbi", "now"],
])("applyOrders – %s – nothing is turned on", (...[, what, how, account, when]) => {
  expect(statuses(what, how, account, when)).toEqual(["off", "off", "off"]);
});

test("applyOrders – nothing to change – the very label", () => {
  expect(applyOrders(label, [order], { id: "feed-fbi" }, at)).toBe(label);
});
