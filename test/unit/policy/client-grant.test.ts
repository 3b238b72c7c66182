import fc from "fast-check";
import type { Ask } from "../../../schemas/policy/decision.ts";
import type { Label } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { endedLabel, grantLabel, type SponsorGrant } from "../../../server/policy/client-grant.ts";
import { decide } from "../../../server/policy/decide.ts";
import { AGENCIES, agreementsArb, channels, DATES, labelsArb, viewersArb } from "../../support/policy-arbitraries.ts";

interface Case {
  readonly label: Label;
  readonly client: Viewer;
  readonly grant: SponsorGrant;
  readonly ask: Pick<Ask, "agreements" | "at" | "channel">;
  readonly others: readonly Viewer[];
}

/** AMBER more often than a draw would have it, from another agency than the sponsor. */
const casesArb: fc.Arbitrary<Case> = fc
  .record({
    label: labelsArb.map((label): Label => ({ ...label, tlp: "AMBER", state: "released" })),
    viewer: viewersArb,
    sponsor: fc.constantFrom(...AGENCIES),
    until: fc.option(fc.constantFrom(...DATES), { nil: undefined }),
    ask: fc.record({ agreements: agreementsArb, at: fc.constantFrom(...DATES), channel: channels }),
    others: fc.array(viewersArb, { minLength: 3, maxLength: 6 }),
  })
  .map(({ label, viewer, sponsor, until, ask, others }) => ({
    label,
    client: {
      ...viewer,
      ...{ id: "client", role: "client" as const, active: true },
      ...{ agency: sponsor.id, country: sponsor.country, categories: [...sponsor.categories] },
    },
    grant: { agency: sponsor.id, country: sponsor.country, client: "client", until },
    ask,
    others,
  }));

const fields = (viewer: Viewer, label: Label, ask: Case["ask"]): ReadonlySet<string> | undefined => {
  const { verdict, without = [] } = decide({ viewer, label, ...ask });
  return verdict === "hidden" ? undefined : new Set(without);
};

test("a client with a grant – of any label, sponsor and instant – never reads what a colleague of its sponsor's like it can't", () => {
  let read = 0;
  fc.assert(
    fc.property(casesArb, ({ label, client, grant, ask }) => {
      const made = grantLabel(label, grant);
      if (made === undefined) return;
      const cut = fields(client, made, ask);
      if (cut === undefined) return;
      read += 1;
      const colleague = fields({ ...client, id: "colleague", role: "analyst" }, label, ask);
      expect(colleague).toBeDefined();
      expect([...(colleague ?? [])].filter((field) => !cut.has(field))).toEqual([]);
    }),
    { numRuns: 6000, seed: 30 },
  );
  // What it guards happened.
  expect(read).toBeGreaterThan(50);
});

test("the label of a copy – asked for anybody but its client – lets nobody in, its originator's people neither", () => {
  fc.assert(
    fc.property(casesArb, ({ label, client, grant, ask, others }) => {
      const made = grantLabel(label, grant);
      if (made === undefined) return;
      const everybody: Viewer[] = [
        ...others,
        { ...client, id: "another client" },
        { ...client, role: "analyst" },
        { ...client, agency: "moved" },
        ...others.map((one): Viewer => ({ ...one, agency: label.originator, country: label.originatorCountry })),
      ];
      for (const viewer of everybody)
        expect(decide({ viewer, label: made, ...ask })).toMatchObject({ verdict: "hidden" });
      expect(fields(client, endedLabel(label, grant), ask)).toBeUndefined();
    }),
    { numRuns: 1500, seed: 31 },
  );
});

test("what is not AMBER, is LES or FIU, or the sponsor's own – asked for a grant – has none", () => {
  fc.assert(
    fc.property(casesArb, ({ label, grant }) => {
      for (const tlp of ["CLEAR", "GREEN", "AMBER+STRICT", "RED"] as const)
        expect(grantLabel({ ...label, tlp }, grant)).toBeUndefined();
      for (const caveat of ["LES", "FIU"] as const)
        expect(grantLabel({ ...label, caveats: [caveat] }, grant)).toBeUndefined();
      expect(grantLabel({ ...label, originator: grant.agency }, grant)).toBeUndefined();
    }),
    { numRuns: 200, seed: 32 },
  );
});
