import fc from "fast-check";
import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { drawn } from "../support/drawn.ts";
import { tool } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Reply, TemporaryWorld } from "../support/temporary-world.ts";

jest.setTimeout(600_000);

/** Of every agency and kind: who reads before an edit and after it. */
const READERS = [
  "u2",
  "u3",
  "u4",
  "rel-US-FBI",
  "rel-US-CISA",
  "feed-US-TREAS",
  "cu",
  "j1",
  "j2",
  "rel-JP-NPA",
  "cj",
  "k1",
  "k3",
  "f3",
];
/** Of no clearance and topic until an administrator and a signer raise them. */
const LOW = ["low-us", "low-jp"];
const lowAccount = (id: string, agency: string): AccountDoc => ({
  ...{ id, name: id, role: "analyst", agency, clearance: "U", topics: [], pii: false, scope: "write" },
  person: `p-${id}`,
});
const AGENCIES = ["US-CISA", "US-TREAS", "JP-NPA", "JP-JAFIC", "KR-NIS", "KR-KISA"];
const COUNTRY: Readonly<Record<string, string>> = { US: "USA", JP: "JPN", KR: "KOR" };

const rarely = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: arb });
const EVERYBODY = { agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const };
const rows = fc
  .record({
    agreement: fc.constantFrom("TRI", "US-JP", "US-KR"),
    countries: fc.subarray(["JPN", "KOR", "USA"], { minLength: 1 }),
    agencies: fc.option(fc.subarray(AGENCIES, { minLength: 1 }), { nil: "*" as const }),
    until: rarely(fc.constantFrom("2026-04-20T00:00:00Z", "2026-12-01T00:00:00Z")),
  })
  .map(({ agencies, countries, until, ...row }) => {
    const listed =
      agencies === "*" ? agencies : agencies.filter((one) => countries.includes(COUNTRY[one.slice(0, 2)] ?? ""));
    return { ...row, countries, agencies: listed, ...(until === undefined ? {} : { until }) };
  });
const labels: fc.Arbitrary<LabelRequest> = fc
  .record({
    tlp: fc.constantFrom("CLEAR", "GREEN", "GREEN", "GREEN", "AMBER", "AMBER+STRICT", "RED"),
    classification: fc.constantFrom("U", "U", "U", "U", "U", "R", "C"),
    topics: fc.constantFrom<string[][]>([], [], ["crypto"], ["itworker"]),
    caveats: fc.constantFrom<("NATL" | "NOATTRIB" | "NOEXPORT")[][]>([], [], ["NATL"], ["NOATTRIB"], ["NOEXPORT"]),
    recipients: fc.subarray(["u2", "j1", "k1", "u4", ...LOW]),
    releases: fc.oneof(fc.array(rows, { maxLength: 3 }), fc.constant([EVERYBODY])),
    embargoUntil: rarely(fc.constant("2026-06-01T00:00:00Z")),
    rules: rarely(
      fc.record({
        selectors: fc.constantFrom(["description"], ["aliases"]),
        agencies: fc.subarray(AGENCIES, { minLength: 1 }),
      }),
    ),
  })
  .map(({ rules, embargoUntil, releases, topics, caveats, ...label }) => ({
    ...label,
    ...{ releases: [...releases] as LabelRequest["releases"], topics: [...topics], caveats: [...caveats] },
    ...(rules === undefined ? {} : { fieldRules: [{ ...rules, selectors: [...rules.selectors] }] }),
    ...(embargoUntil === undefined ? {} : { embargoUntil }),
  }));

/** Less of a label: a row fewer, a tighter TLP, a rule more, another country's rows gone. And more: a looser TLP, no rule, no topic, no caveat. */
const CHANGES: readonly ((label: LabelRequest) => LabelRequest)[] = [
  (label) => ({ ...label, releases: label.releases?.slice(1) ?? [] }),
  (label) => ({ ...label, tlp: "AMBER+STRICT" }),
  (label) => ({ ...label, fieldRules: [...(label.fieldRules ?? []), { selectors: ["aliases"], countries: ["USA"] }] }),
  (label) => ({
    ...label,
    releases: (label.releases ?? []).map((one) => ({ ...one, countries: ["USA"], agencies: "*" as const })),
  }),
  (label) => ({ ...label, tlp: "GREEN" }),
  (label) => ({ ...label, fieldRules: [] }),
  (label) => ({ ...label, topics: [], caveats: [], classification: "U" }),
];

let world: TemporaryWorld;
let asked = 0;
const at = (): void => {
  asked += 1;
  world.at(START + asked * 1000, `request ${asked}`);
};
const get = (as: string, path: string): Promise<Reply> => {
  at();
  return world.ask(as, { method: "GET", path });
};
/** What each reader is shown of the members that nobody edits; nothing where it is not there. */
async function sights(id: string): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const reader of READERS) {
    const { status, json } = await get(reader, `/api/v1/objects/${id}`);
    found.set(reader, status === 200 ? Object.keys((json as { object: StixJson }).object) : []);
  }
  const raise = async (change: Partial<AccountDoc>): Promise<void> => {
    for (const low of LOW) await world.changeAccount(low, change);
  };
  await raise({ clearance: "S", topics: ["*"] });
  for (const low of LOW) {
    const { status, json } = await get(low, `/api/v1/objects/${id}`);
    found.set(`${low} raised`, status === 200 ? Object.keys((json as { object: StixJson }).object) : []);
  }
  await raise({ clearance: "U", topics: [] });
  return found;
}

beforeAll(async () => {
  world = await TemporaryWorld.open();
  await world.addDirectory({ accounts: [lowAccount("low-us", "US-FBI"), lowAccount("low-jp", "JP-NPA")] });
});
afterAll(() => world.close());

test("an edit by one person – random labels, content, posters – nobody reads a member more than before", async () => {
  const outcomes = new Map<string, number>();
  let lost = 0;
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      labels,
      labels,
      fc.constantFrom("u1", "feed-US-FBI", "feed-US-FBI"),
      fc.constantFrom("label", "label", "content", "both"),
      fc.option(fc.constantFrom(...CHANGES), { nil: undefined, freq: 2 }),
      async (held, other, poster, what, change) => {
        const asks = change?.(held) ?? other;
        n += 1;
        const one = tool(`random ${n}`, { description: "words", aliases: ["other"] });
        at();
        const posted = await world.post(poster, one, { label: held });
        const { json } = await get("u1", "/api/v1/mine?limit=1000");
        const mine = (json as { posts?: { id: string; post: string; hash: string }[] }).posts?.find(
          ({ id }) => id === one.id,
        );
        if (posted.status !== 200 || mine === undefined) return;
        const before = await sights(one.id);
        at();
        const { status, json: said } = await world.ask("u1", {
          ...{ method: "POST", path: `/api/v1/mine/${mine.post}/edit` },
          body: {
            ...{ hash: mine.hash, reason: "random" },
            ...(what === "content" ? {} : { label: asks }),
            ...(what === "label" ? {} : { patch: { name: "changed" } }),
          },
        });
        const outcome =
          (said as { outcome?: string; error?: { code: string } }).outcome ??
          (said as { error: { code: string } }).error.code;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        expect([200, 409, 422]).toContain(status);
        const after = await sights(one.id);
        for (const [reader, members] of after) {
          const could = before.get(reader) ?? [];
          expect([reader, members.filter((member) => !could.includes(member))]).toEqual([reader, []]);
          if (members.length < could.length) lost += 1;
        }
      },
    ),
    { numRuns: drawn(50, 8, 20), seed: 11 },
  );
  const seen = (outcome: string): boolean => (outcomes.get(outcome) ?? 0) > 2;
  expect([seen("narrowed"), seen("updated"), seen("label.widens"), lost > 3]).toEqual([true, true, true, true]);
});
