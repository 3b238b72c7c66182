import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Agreements } from "../schemas/policy/agreement.ts";
import type { Ask } from "../schemas/policy/decision.ts";
import type { Label } from "../schemas/policy/label.ts";
import type { Viewer } from "../schemas/policy/viewer.ts";
import { decide } from "../server/policy/decide.ts";
import { formatInstant } from "../server/shared/instant.ts";
import { Admissions } from "../server/usecases/admission.ts";
import { type LabelEntry, labelEntry, type Snapshot } from "../server/usecases/snapshot.ts";
import { drawn } from "./mixed-objects.ts";
import type { Verdicts } from "./policy-verdicts.ts";
import { labelsOf } from "./reader-state.ts";
import { middle } from "./store-measure.ts";

/** What `decide` and `admitted` cost in process, without a store (policy 1.1, design 3). */
const LABELS = 2000;
const MANY = 20_000;
const RATE = 500_000;
const COLD = 10;
const WARM = 0.1;
const RUNS = 7;
const ASKS = 20_000;
const ROLES = ["analyst", "reviewer", "releaser", "feed", "client"] as const;

interface Demo {
  readonly agencies: ReadonlyArray<{ readonly id: string; readonly country: NonNullable<Viewer["country"]> }>;
  readonly agreements: Agreements;
}

function demo(): Demo {
  const read = (name: string): unknown => JSON.parse(readFileSync(`seed/${name}.json`, "utf8"));
  const agencies = read("agencies") as Demo["agencies"];
  const list = read("agreements") as Array<{ id: string } & Agreements[string]>;
  return { agencies, agreements: Object.fromEntries(list.map(({ id, ...rest }) => [id, rest])) as Agreements };
}

const viewersOf = ({ agencies }: Demo): Viewer[] =>
  agencies.flatMap(({ id, country }) =>
    ROLES.map(
      (role): Viewer => ({
        ...{ id: `${role}-${id}`, role, agency: id, country, clearance: "S", topics: ["*"] },
        ...{ pii: true, active: true },
      }),
    ),
  );

/** Labels as a store gives them: parsed from text. */
const entriesOf = (count: number, { agencies }: Demo): LabelEntry[] =>
  labelsOf(
    count,
    agencies.map(({ id, country }) => [id, country] as const),
  ).map((label, n) => labelEntry(`label${String(n).padStart(11, "0")}`, JSON.parse(JSON.stringify(label)) as Label));

const now = Date.UTC(2026, 10, 23, 12);

const snapshotOf = (labelList: readonly LabelEntry[], agreements: Agreements, revision: number): Snapshot => ({
  ...{
    revision,
    agencies: new Map(),
    accounts: new Map(),
    orders: [],
    quarantines: [],
    labels: new Map(),
    viewer: () => undefined,
  },
  ...{ agreements, labelList, labelCount: labelList.length, at: now, kept: true },
});

/** Times of the first look of each of these viewers, and of the next, ms. */
function admissions(
  viewers: readonly Viewer[],
  snapshot: Snapshot,
): { cold: number[]; warm: number[]; cpu: number[]; lanes: number } {
  const known = new Admissions();
  const times = { cold: [] as number[], warm: [] as number[], cpu: [] as number[], lanes: 0 };
  for (const viewer of viewers)
    for (const kind of ["cold", "warm"] as const) {
      const started = performance.now();
      const used = process.cpuUsage();
      // All labels are judged where the lanes are counted.
      const { size } = known.of(viewer, snapshot, "api").lanes;
      times[kind].push(performance.now() - started);
      const { user, system } = process.cpuUsage(used);
      if (kind === "cold") times.cpu.push((user + system) / 1000);
      times.lanes = Math.max(times.lanes, size);
    }
  return times;
}

export function policySpeed({ say, judge }: Verdicts): void {
  const world = demo();
  const viewers = viewersOf(world);
  const entries = entriesOf(MANY, world);
  const suspended = { ...world.agreements, TRI: { ...world.agreements.TRI, status: "suspended" } } as Agreements;

  const some = entries.slice(0, LABELS);
  const few = admissions(viewers, snapshotOf(some, world.agreements, 1));
  judge(`admitted, ${LABELS} labels, cold: the first of a process, ms`, few.cold[0] ?? Number.NaN, COLD);
  judge(
    `admitted, ${LABELS} labels, cold: median of ${viewers.length} accounts, ms (${middle(few.cpu).toFixed(1)} of processor)`,
    middle(few.cold),
    COLD,
  );
  judge(`admitted, ${LABELS} labels, warm, ms`, middle(few.warm), WARM);
  const many = admissions(viewers, snapshotOf(entries, world.agreements, 1));
  say(
    `admitted, ${MANY} labels: cold ${middle(many.cold).toFixed(1)} ms (${middle(many.cpu).toFixed(1)} of processor), warm ${middle(many.warm).toFixed(4)} ms; the reader of most has ${many.lanes} lanes`,
  );
  const again = new Admissions();
  const [viewer] = viewers;
  if (viewer !== undefined) {
    const changes = Array.from({ length: 2 * RUNS }, (_, n) => {
      const started = performance.now();
      const { size } = again.of(
        viewer,
        snapshotOf(entries, n % 2 === 0 ? world.agreements : suspended, n),
        "api",
      ).lanes;
      const took = performance.now() - started;
      if (size === 0) throw new Error("the first viewer is admitted to nothing");
      return took;
    });
    say(`admitted, ${MANY} labels, after an agreement changed: ${middle(changes.slice(2)).toFixed(1)} ms`);
  }

  const chance = drawn(11);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T;
  const asks = Array.from({ length: ASKS }, (): Ask => {
    const agreements = chance() < 0.5 ? world.agreements : suspended;
    return { viewer: pick(viewers), label: pick(entries).label, agreements, at: formatInstant(now), channel: "api" };
  });
  const rates: number[] = [];
  const cpu: number[] = [];
  let full = 0;
  for (let run = -1; run < RUNS; run++) {
    const used = process.cpuUsage();
    const started = performance.now();
    let rounds = 0;
    for (; performance.now() - started < 500; rounds++)
      for (const ask of asks) if (decide(ask).verdict === "full") full += 1;
    const { user, system } = process.cpuUsage(used);
    if (run < 0) continue;
    rates.push((rounds * ASKS) / ((performance.now() - started) / 1000));
    cpu.push((rounds * ASKS) / ((user + system) / 1e6));
  }
  say(`decide, ${MANY} labels: ${Math.round(middle(cpu)).toLocaleString("en")} a second of processor`);
  judge(`decide, ${MANY} labels, decisions a second in process`, middle(rates), RATE, "least");
  if (full === 0) throw new Error("nobody reads anything");
}
