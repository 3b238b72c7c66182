import { DARK, EDGES, edge, OPEN, single } from "./content.ts";
import { forAll, type HiddenKind, notSigner, post, posts } from "./hidden-kind.ts";
import { abroadOf, analystOf, nearOf, row, tri } from "./seats.ts";

/** Content that no gate lets through to the viewer, whatever the reason. */
export const CONTENT: readonly HiddenKind[] = [
  {
    name: "nobody but its originator",
    steps: (of) => post(of, analystOf(of.agency), { tlp: of.dice.pick(["AMBER+STRICT", "AMBER", "GREEN"]) }),
  },
  {
    name: "other countries",
    steps: (of) => {
      const abroad = abroadOf(of.seat);
      const countries = of.dice.once(2) ? abroad : [of.dice.pick(abroad)];
      return post(of, `feed-${of.agency}`, { tlp: "GREEN", releases: [row(tri(countries))] });
    },
  },
  {
    name: "other agencies of the country",
    from: notSigner,
    steps: (of) =>
      post(of, `feed-${of.agency}`, { tlp: "GREEN", releases: [row(tri([of.seat.country], nearOf(of.seat)))] }),
  },
  {
    // For named persons, in the viewer's own agency; one who approves there reads all that is RED, so for that one next door.
    name: "RED",
    from: notSigner,
    steps: (of) => post(of, of.seat.id === "rel-JP-NPA" ? "j3" : of.seat.sibling, { tlp: "RED" }),
  },
  {
    name: "a clearance or a category",
    from: notSigner,
    steps: (of) => post(of, of.seat.cannot.as, of.seat.cannot.label),
  },
  {
    // A topic that the viewer lacks, in its own agency or next door.
    name: "a topic",
    from: notSigner,
    steps: (of) => {
      if (of.seat.topic === undefined) return post(of, analystOf(of.agency), { tlp: "AMBER" });
      const as = of.dice.once(2) ? of.seat.sibling : `rel-${of.dice.pick(nearOf(of.seat))}`;
      return post(of, as, { tlp: "AMBER", topics: ["something else"], releases: [row(tri([of.seat.country]))] });
    },
  },
  {
    name: "an embargo",
    from: notSigner,
    steps: (of) => {
      const label = { releases: [row(tri([of.seat.country]))], embargoUntil: "2027-01-01T00:00:00Z" };
      return post(of, `rel-${of.dice.pick(nearOf(of.seat))}`, { tlp: "GREEN", ...label });
    },
  },
  {
    // An edge whose label admits the viewer; its end is nothing that the viewer ever sees.
    name: "an edge with a hidden end",
    steps: ({ dice, making, agency }) =>
      posts(`feed-${agency}`, forAll, [edge(dice.pick(EDGES), dice.pick(OPEN), dice.pick(DARK), dice, making)]),
  },
  {
    // A tier without a row: what STIX requires is cut for everybody but its own agency.
    name: "a tier without a row",
    steps: ({ dice, making, agency, step }) => {
      const rule = { selectors: [dice.pick(["name", "created"])], agencies: [agency] };
      return posts(`feed-${agency}`, { ...forAll, fieldRules: [rule] }, [single(`tierless ${step}`, making)]);
    },
  },
];
