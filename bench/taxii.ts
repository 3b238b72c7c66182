import type { Sample } from "./corpus.ts";
import { byId, incremental, manyPollers, middle, polled, posted, type Spread } from "./taxii-measure.ts";
import { attackSamples, renewed, taxiiIndicators } from "./taxii-samples.ts";
import { peersAreThere, startMedallion, startOpenTaxii, startTricord, type TaxiiServer } from "./taxii-servers.ts";

/**
 * `npm run bench -- taxii [--only tricord,opentaxii,medallion] [--sizes 10000,100000,1000000] [--runs 5] [--small]`: our TAXII server beside OpenTAXII
 * (SQLite) and medallion (memory) in one run, the same data and the same client on loopback. Medians of the runs where one is short; what a server did not
 * bear in the time it had is said, not counted.
 */
interface Settings {
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Objects a run of posts. */
  readonly posts: number;
  readonly polls: number;
  /** The most that one measurement may take of us and of another, in seconds. */
  readonly seconds: number;
  readonly pollerSeconds: number;
}
type Name = "Tricord" | "OpenTAXII" | "medallion";
interface Cell {
  readonly value: number;
  readonly note?: string;
}
interface Row {
  readonly what: string;
  readonly unit: "/s" | "ms";
  readonly cells: Partial<Record<Name, Cell>>;
}

const argument = (name: string): string | undefined =>
  process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined;
const whole = (n: number): string => Math.round(n).toLocaleString("en");
const say = (line: string): void => console.log(line);

const rows = new Map<string, Row>();
function put(server: Name, what: string, unit: Row["unit"], value: number, note?: string): void {
  const row = rows.get(what) ?? { what, unit, cells: {} };
  row.cells[server] = { value, ...(note !== undefined && { note }) };
  rows.set(what, row);
  say(`  ${server}: ${what}: ${shown(row, row.cells[server])}`);
}
const shown = ({ unit }: Row, cell: Cell | undefined): string =>
  cell === undefined
    ? "–"
    : `${unit === "/s" ? whole(cell.value) : cell.value.toFixed(cell.value < 100 ? 2 : 0)} ${unit}${cell.note === undefined ? "" : ` ${cell.note}`}`;
const putSpread = (server: Name, what: string, { p50, p95, taken }: Spread, asked: number): void => {
  const note = taken < asked ? `(${taken} polls)` : undefined;
  put(server, `${what}, p50`, "ms", p50, note);
  put(server, `${what}, p95`, "ms", p95, note);
};

async function posts(
  server: TaxiiServer,
  name: Name,
  kind: string,
  settings: Settings,
  fresh: (count: number) => Sample[],
): Promise<void> {
  for (const size of [100, 1000]) {
    const rates: number[] = [];
    for (let run = 0; run < settings.runs; run++)
      rates.push(await posted(server.posts("all"), fresh(settings.posts), size, settings.seconds / settings.runs));
    put(name, `${kind} posted, ${size} an envelope`, "/s", middle(rates));
  }
}

async function fullPolls(
  server: TaxiiServer,
  name: Name,
  what: string,
  settings: Settings,
  least: number,
): Promise<void> {
  const rates: number[] = [];
  let note: string | undefined;
  for (let run = 0; run < settings.runs; run++) {
    const { rate, rows: found, whole: ended } = await polled(server.reads("all"), settings.seconds);
    if (ended && found < least) throw new Error(`${name}: a full poll gave ${found} of ${least}`);
    rates.push(rate);
    if (!ended) {
      note = `(cut off after ${whole(found)})`;
      break;
    }
  }
  put(name, what, "/s", middle(rates), note);
}

/** A poll that takes longer, ms, is not asked for by 20 at once: it takes minutes. */
const SLOW = 1000;

/** Everything that is asked of a store of one size. */
async function atSize(
  server: TaxiiServer,
  name: Name,
  size: number,
  ids: readonly string[],
  settings: Settings,
): Promise<void> {
  const { polls, seconds } = settings;
  const label = whole(size);
  if (size <= 100_000) await fullPolls(server, name, `full poll of ${label} small`, settings, size);
  let slow = false;
  for (const who of ["all", "few"] as const) {
    const spread = await incremental(server, who, polls, seconds);
    putSpread(name, `incremental poll at ${label}, reader of ${who}`, spread, polls);
    slow ||= spread.p50 > SLOW;
  }
  if (server.basicDoor !== undefined)
    putSpread(
      name,
      `incremental poll at ${label}, reader of all, by password`,
      await incremental(server, "all", polls, seconds, server.basicDoor),
      polls,
    );
  putSpread(name, `object by id at ${label}`, await byId(server.reads("all"), ids, polls, seconds), polls);
  if (slow) {
    say(`  ${name}: 20 pollers left out, one poll alone takes seconds`);
    return;
  }
  const { rate, p95, refused } = await manyPollers(server, server.pollers(20), settings.pollerSeconds);
  if (refused > 0) {
    if (name === "Tricord") throw new Error(`${refused} posts beside 20 pollers were refused`);
    say(`  ${name}: ${refused} posts beside 20 pollers were refused`);
  }
  put(name, `20 pollers at ${label}`, "/s", rate);
  put(name, `20 pollers at ${label}, p95`, "ms", p95);
}

async function measure(
  start: () => Promise<TaxiiServer>,
  name: Name,
  sizes: readonly number[],
  settings: Settings,
): Promise<void> {
  say(`\n${name}`);
  const attack = attackSamples();
  const posting = await start();
  try {
    await posts(posting, name, "small", settings, taxiiIndicators);
    if (attack !== undefined)
      await posts(posting, name, "ATT&CK", settings, (count) => renewed(attack.slice(0, count)));
  } finally {
    await posting.stop();
  }
  if (attack !== undefined) {
    const server = await start();
    try {
      const some = name === "medallion" ? attack.slice(0, sizes[0]) : attack;
      // Under one label, as somebody posts a bundle; few of its relationships go from label to label.
      await server.load(some, 1);
      await fullPolls(server, name, "full poll of ATT&CK", settings, 0);
    } finally {
      await server.stop();
    }
  }
  const server = await start();
  try {
    let held = 0;
    const ids: string[] = [];
    for (const size of sizes) {
      const started = performance.now();
      while (held < size) {
        const samples = taxiiIndicators(Math.min(100_000, size - held));
        await server.load(samples);
        held += samples.length;
        for (let i = 0; i < samples.length; i += 101) ids.push(samples[i]?.id ?? "");
      }
      say(`  ${name}: ${whole(held)} loaded, ${((performance.now() - started) / 1000).toFixed(1)} s for the last part`);
      await atSize(server, name, size, ids, settings);
    }
  } finally {
    await server.stop();
  }
}

function table(): void {
  const names: readonly Name[] = ["Tricord", "OpenTAXII", "medallion"];
  const ratio = ({ unit, cells }: Row): string => {
    const [ours, theirs] = [cells.Tricord?.value, cells.OpenTAXII?.value];
    if (ours === undefined || theirs === undefined) return "";
    return `${(unit === "/s" ? ours / theirs : theirs / ours).toFixed(1)}×`;
  };
  const lines = [...rows.values()].map((row) => [
    row.what,
    ...names.map((name) => shown(row, row.cells[name])),
    ratio(row),
  ]);
  const head = ["", ...names, "ours to OpenTAXII"];
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  say("");
  for (const line of [head, ...lines])
    say(
      line
        .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join("  "),
    );
}

/** What issue 4 expects, with what was seen. */
function expectations(sizes: readonly number[]): void {
  const value = (name: Name, what: string): number => rows.get(what)?.cells[name]?.value ?? Number.NaN;
  const over = (what: string): number => value("Tricord", what) / value("OpenTAXII", what);
  const p95 = (size: number, who: string): number =>
    value("Tricord", `incremental poll at ${whole(size)}, reader of ${who}, p95`);
  const [first = 0, last = 0] = [sizes[0], sizes.at(-1)];
  const biggest = whole(Math.min(last, 100_000));
  const said: readonly (readonly [string, number, (seen: number) => boolean])[] = [
    [
      "posts, 1,000 an envelope, over OpenTAXII's (15 or more)",
      over("small posted, 1000 an envelope"),
      (seen) => seen >= 15,
    ],
    [
      "posts, 100 an envelope, over OpenTAXII's (15 or more)",
      over("small posted, 100 an envelope"),
      (seen) => seen >= 15,
    ],
    [
      `full poll of ${biggest} over OpenTAXII's (20 or more)`,
      over(`full poll of ${biggest} small`),
      (seen) => seen >= 20,
    ],
    [
      "full poll, small indicators/s (100,000 or more)",
      value("Tricord", `full poll of ${biggest} small`),
      (seen) => seen >= 100_000,
    ],
    ["full poll, ATT&CK objects/s (40,000 or more)", value("Tricord", "full poll of ATT&CK"), (seen) => seen >= 40_000],
    ...(["all", "few"] as const).flatMap((who) => [
      [
        `incremental p95 at ${whole(last)}, reader of ${who}, ms (under 5)`,
        p95(last, who),
        (seen: number) => seen < 5,
      ] as const,
      [
        `incremental p95 of ${who}, ${whole(last)} to ${whole(first)} (within 1.5)`,
        p95(last, who) / p95(first, who),
        (seen: number) => seen <= 1.5,
      ] as const,
    ]),
    [
      `incremental answers/s to 20 pollers at ${whole(last)} (1,000 or more)`,
      value("Tricord", `20 pollers at ${whole(last)}`),
      (seen) => seen >= 1000,
    ],
  ];
  say("\nexpected and seen");
  for (const [what, seen, met] of said)
    say(
      `  ${Number.isNaN(seen) ? "not seen" : met(seen) ? "met" : "MISSED"}: ${what}: ${Number.isNaN(seen) ? "–" : seen.toFixed(2)}`,
    );
}

export async function taxiiBench(): Promise<void> {
  const small = process.argv.includes("--small");
  const sizes = (
    argument("--sizes")?.split(",").map(Number) ?? (small ? [1000, 2000] : [10_000, 100_000, 1_000_000])
  ).filter((n) => n > 0);
  const settings: Settings = {
    sizes,
    runs: Number(argument("--runs") ?? (small ? 1 : 5)),
    posts: small ? 1000 : 20_000,
    polls: small ? 20 : 400,
    seconds: Number(argument("--seconds") ?? (small ? 2 : 40)),
    pollerSeconds: small ? 1 : 10,
  };
  const only = argument("--only")?.split(",") ?? ["tricord", "opentaxii", "medallion"];
  const peers = only.some((name) => name !== "tricord") && peersAreThere();
  if (!peers && only.some((name) => name !== "tricord"))
    say("OpenTAXII and medallion did not run: Python or their packages are not to be had");
  if (attackSamples() === undefined) say("ATT&CK did not run: the real data is absent (TRICORD_REAL_DATA)");
  if (peers && only.includes("medallion")) {
    // A poll of 1,000 objects takes it seconds and one of 10,000 a hundred times that.
    const few = small ? 200 : 1000;
    await measure(startMedallion, "medallion", [few], { ...settings, posts: few, runs: 1 });
    say(`  medallion: left out above ${whole(few)} objects, its time grows with their square`);
  }
  if (peers && only.includes("opentaxii")) {
    const borne = sizes.filter((size) => size <= 100_000);
    await measure(startOpenTaxii, "OpenTAXII", borne, { ...settings, posts: Math.min(settings.posts, 2000) });
    if (borne.length < sizes.length) say("  OpenTAXII: left out above 100,000 objects");
  }
  if (only.includes("tricord")) await measure(() => startTricord(), "Tricord", sizes, settings);
  table();
  expectations(sizes);
}
