import type { Label, LabelRequest, ReleaseRow } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { Accounts } from "../../server/storage/collections.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import type { PageAsk } from "../../server/usecases/taxii/collection-page.ts";
import { sampleUuid } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { type Draw, READERS } from "./history.ts";
import { OrderWorld } from "./order-world.ts";

/** Two worlds that differ only in what is hidden from a reader gave it two answers. */
export class TwinDifference extends Error {}

const COUNTRIES = ["USA", "JPN", "KOR"] as const;
const HOME: Readonly<Record<string, { country: (typeof COUNTRIES)[number]; abroad: readonly string[] }>> = {
  "reads-npa": { country: "JPN", abroad: ["USA", "KOR"] },
  "reads-kisa": { country: "KOR", abroad: ["USA", "JPN"] },
  "reads-fbi": { country: "USA", abroad: ["JPN", "KOR"] },
};
/** Agencies that are not the readers' own: they post what is shown and what is not. */
const FEEDS = ["feed-US-CISA", "feed-JP-JAFIC", "feed-KR-NIS"] as const;
const CREATED = "2026-03-01T00:00:00.000Z";

/** One of the two worlds, with the labels that its contributions have in it. */
interface Side {
  readonly world: OrderWorld;
  readonly labels: Map<string, Label>;
}

export interface TwinTally {
  asked: number;
  entries: number;
  hidden: number;
  suspended: number;
}

interface Asking {
  readonly ask: Omit<PageAsk, "limit" | "bodies" | "next" | "after">;
  readonly by: "next" | "after" | "again";
  next: [string | undefined, string | undefined];
  after: number | undefined;
}

const row = (agreement: string, country: string): ReleaseRow => ({
  agreement,
  countries: [country],
  agencies: "*",
  status: "on",
});

/** A history in two worlds: the same that is shown to one reader, and besides that in each of them something else. */
export class TwinHistory {
  readonly #sides: readonly [Side, Side];
  readonly #reader: AccountDoc;
  readonly #shown: string[] = [];
  readonly #ids: string[] = [];
  readonly #askings: Asking[];
  readonly tally: TwinTally = { asked: 0, entries: 0, hidden: 0, suspended: 0 };
  readonly told: string[] = [];
  #now = START;
  #made = 0;

  private constructor(sides: readonly [Side, Side], reader: AccountDoc) {
    this.#sides = sides;
    this.#reader = reader;
    const kinds: Asking["ask"][] = [
      { collection: "originals", versions: { all: true } },
      { collection: "originals" },
      { collection: "consolidated" },
      { collection: "recalls" },
    ];
    this.#askings = [
      ...kinds.flatMap((ask) => (["next", "after", "again"] as const).map((by) => ({ ask, by }))),
      { ask: { collection: "originals" as const, types: ["relationship", "sighting"] }, by: "again" as const },
      { ask: { collection: "consolidated" as const, types: ["marking-definition"] }, by: "again" as const },
      { ask: { collection: "consolidated" as const, types: ["indicator"] }, by: "next" as const },
    ].map((one) => ({ ...one, next: [undefined, undefined], after: undefined }));
  }

  static async play(draws: readonly Draw[], tamper?: (world: OrderWorld) => void): Promise<TwinTally> {
    const open = async (): Promise<Side> => ({ world: await OrderWorld.open(READERS), labels: new Map() });
    const sides: [Side, Side] = [await open(), await open()];
    for (const { world } of sides) tamper?.(world);
    const readers = READERS.filter(({ id }) => HOME[id] !== undefined);
    const reader = readers[(draws[0]?.[0] ?? 0) % readers.length];
    if (reader === undefined) throw new Error("there is no reader");
    const history = new TwinHistory(sides, reader);
    try {
      await history.#ask([0, 0]);
      for (const draw of draws) await history.#step(draw);
      history.#now += 10_000;
      for (const which of history.#askings.keys()) await history.#ask([which, 6]);
      return history.tally;
    } catch (error) {
      if (!(error instanceof TwinDifference)) throw error;
      throw new TwinDifference(`${error.message}\n${history.told.join("\n")}`);
    } finally {
      for (const { world } of sides) await world.close();
    }
  }

  #one<T>(from: readonly T[], drawn: number): T {
    const found = from[drawn % from.length];
    if (found === undefined) throw new Error("nothing to choose from");
    return found;
  }

  get #home(): { country: string; abroad: readonly string[] } {
    return HOME[this.#reader.id] ?? { country: "", abroad: [] };
  }

  async #both(work: (side: Side) => Promise<unknown>): Promise<void> {
    for (const side of this.#sides) {
      side.world.at(this.#now);
      await work(side);
    }
  }

  async #step([kind = 0, ...draw]: Draw): Promise<void> {
    this.#now += 1000;
    const what = kind % 20;
    const [a = 0, b = 0] = draw;
    if (what < 4) await this.#post(draw);
    else if (what < 6) await this.#relabel(a, b);
    else if (what < 8) await this.#suspend(a);
    else if (what === 8) await this.#account(a, b);
    else if (what === 9) this.#now += (1 + (a % 4)) * 60_000;
    else if (what < 15) await this.#ask(draw);
    else if (what === 15) {
      this.told.push(`${this.#now - START}: idle readers are looked after`);
      await this.#both(({ world }) => world.lookAfterIdle());
    }
    // What one world has and the other has not: before, between and after everything else.
    const offset = this.#now;
    for (const [i, side] of this.#sides.entries()) {
      const [c = 0, d = 0, e = 0, f = 0] = i === 0 ? draw : [...draw].reverse();
      for (let n = 0; n < (c + i) % 3; n++) {
        side.world.at(offset + 200 + 200 * n);
        await this.#hidden(side, i === 0 ? "A" : "B", [kind + d + n * 7, e + n, f + c, d + e]);
        this.tally.hidden++;
      }
    }
  }

  #version(id: string, more: StixJson): StixJson {
    return {
      ...{ type: id.slice(0, id.indexOf("--")), spec_version: "2.1", id, created: CREATED },
      ...{ modified: new Date(Date.UTC(2026, 2, 2) + this.#made * 1000).toISOString(), ...more },
    };
  }

  #object(a: number, b: number, words: string, ends: readonly string[]): StixJson {
    this.#made++;
    const said = { x_said: [`${words}${this.#made}`] };
    switch (a % 6) {
      case 0:
      case 1:
        return this.#version(`tool--${sampleUuid(`twin tool ${b % 5}`)}`, {
          name: `tool ${b % 5}`,
          description: words,
          ...said,
        });
      case 2:
        return {
          type: "ipv4-addr",
          spec_version: "2.1",
          id: `ipv4-addr--${sampleUuid(`twin ${words} ${this.#made}`)}`,
          value: `198.51.100.${b % 3}`,
          ...said,
        };
      case 3:
        return this.#version(`indicator--${sampleUuid(`twin indicator ${b % 4}`)}`, {
          ...{
            name: words,
            pattern: `[ipv4-addr:value = '203.0.113.${b % 2}']`,
            pattern_type: "stix",
            valid_from: CREATED,
            ...said,
          },
        });
      case 4:
        return this.#version(`sighting--${sampleUuid(`twin sighting ${b % 3}`)}`, {
          sighting_of_ref: this.#one(
            ends.filter((end) => end.startsWith("tool")),
            b,
          ),
          ...said,
        });
      default:
        return this.#version(`relationship--${sampleUuid(`twin edge ${b % 4}`)}`, {
          ...{
            relationship_type: "related-to",
            source_ref: this.#one(ends, a),
            target_ref: this.#one(ends, b),
            ...said,
          },
        });
    }
  }

  /** Ends that there may be for the reader, some of them later or never. */
  get #ends(): string[] {
    return [
      ...this.#ids.filter((id) => /^(tool|ipv4)/.test(id)),
      ...[0, 1, 2, 3, 4].map((n) => `tool--${sampleUuid(`twin tool ${n}`)}`),
    ];
  }

  #request(b: number): LabelRequest {
    const { country, abroad } = this.#home;
    const tri = (countries: readonly string[], until?: string) => ({
      ...{ agreement: "TRI", countries: [...countries], agencies: "*" as const },
      ...(until === undefined ? {} : { until }),
    });
    const minute = new Date(Math.floor(this.#now / 60_000) * 60_000 + 180_000).toISOString();
    switch (b % 5) {
      case 0:
        return { tlp: "CLEAR", releases: [tri([country])] };
      case 1:
        return { tlp: "GREEN", releases: [tri([country, this.#one(abroad, b)])] };
      case 2:
        return { tlp: "GREEN", releases: [tri([country])], embargoUntil: minute };
      case 3:
        return { tlp: "GREEN", releases: [tri([country], minute)] };
      default:
        return { tlp: "GREEN", releases: [tri(COUNTRIES)] };
    }
  }

  async #post([a = 0, b = 0, c = 0, d = 0]: Draw): Promise<void> {
    const as = this.#one(FEEDS, a);
    const objects = new Map<unknown, StixJson>();
    const ends = this.#ends;
    for (let i = 0; i <= c % 3; i++) {
      const object = this.#object(b + i, d + i, as, ends);
      objects.set(object.id, object);
    }
    const request = this.#request(d);
    this.told.push(
      `${this.#now - START}: ${as} posts ${JSON.stringify([...objects.values()])} ${JSON.stringify(request)}`,
    );
    await this.#both(async ({ world, labels }) => {
      for (const { contribution, label } of await world.post(as, [...objects.values()], request)) {
        labels.set(contribution, label);
        if (!this.#shown.includes(contribution)) this.#shown.push(contribution);
      }
    });
    this.#ids.push(...[...objects.keys()].map(String));
  }

  async #change({ world, labels }: Side, contribution: string, change: (label: Label) => Label): Promise<void> {
    const label = labels.get(contribution);
    if (label !== undefined) labels.set(contribution, await world.relabel(contribution, change(label)));
  }

  /** What the reader sees of a contribution changes, in both worlds alike. */
  async #relabel(a: number, b: number): Promise<void> {
    if (this.#shown.length === 0) return;
    const one = this.#one(this.#shown, a);
    const { country } = this.#home;
    const changes: Array<(label: Label) => Label> = [
      (label) => ({ ...label, releases: label.releases.filter(({ countries }) => !countries.includes(country)) }),
      (label) => ({ ...label, releases: [...label.releases, row("TRI", country)] }),
      (label) => ({ ...label, state: label.state === "withdrawn" ? "released" : "withdrawn" }),
      (label) => ({ ...label, tlp: label.tlp === "GREEN" ? "CLEAR" : "GREEN" }),
    ];
    const change = this.#one(changes, b);
    this.told.push(`${this.#now - START}: ${one} is labelled anew for the reader (${b % changes.length})`);
    await this.#both((side) => this.#change(side, one, change));
  }

  async #suspend(a: number): Promise<void> {
    const id = this.#one(["TRI", "TRI", "US-JP"], a);
    this.tally.suspended++;
    let status: "suspended" | "in-force" = "suspended";
    if (this.told.filter((line) => line.includes(`${id} is`)).length % 2 === 1) status = "in-force";
    this.told.push(`${this.#now - START}: ${id} is ${status}`);
    await this.#both(({ world }) => world.changeAgreement(id, { status }));
  }

  async #account(a: number, b: number): Promise<void> {
    const changes: Partial<AccountDoc>[] = [
      { clearance: b % 2 === 0 ? "U" : "S" },
      { topics: b % 2 === 0 ? ["*"] : ["none"] },
      { name: `name ${b}` },
    ];
    const change = this.#one(changes, a);
    this.told.push(`${this.#now - START}: the reader ${JSON.stringify(change)}`);
    await this.#both(({ world }) => world.changeAccount(this.#reader.id, change));
  }

  /** Something of which the reader sees nothing. */
  async #hidden(side: Side, name: string, [what = 0, b = 0, c = 0, d = 0]: Draw): Promise<void> {
    const { world } = side;
    const { country, abroad } = this.#home;
    const other = this.#one(abroad, c);
    const tell = (words: string): void => void this.told.push(`${world.steer.now - START}:   ${name}: ${words}`);
    switch (what % 9) {
      // Contributions that are shown get other readers, or lose them.
      case 0:
      case 1:
      case 2: {
        if (this.#shown.length === 0) return;
        const one = this.#one(this.#shown, b);
        const agreement = this.#one(["TRI", "US-KR", "JP-KR"], d);
        tell(`${one} gets or loses ${agreement} ${other}`);
        return this.#change(side, one, (label) => {
          const others = label.releases.filter(
            (held) => !(held.agreement === agreement && held.countries.includes(other)),
          );
          return {
            ...label,
            releases: others.length < label.releases.length ? others : [...others, row(agreement, other)],
          };
        });
      }
      case 3: {
        const as = this.#one(FEEDS, b);
        const object = this.#object(c, d, `hidden of ${name} `, this.#ends);
        // The reader's agency is never the poster's own.
        const strict: LabelRequest =
          as.includes(country.slice(0, 2)) || c % 2 === 0
            ? { tlp: "AMBER+STRICT" }
            : { tlp: "GREEN", releases: [{ agreement: "TRI", countries: [other], agencies: "*" }] };
        tell(`${as} posts ${JSON.stringify(object)} ${JSON.stringify(strict)}`);
        await world.post(
          as,
          [
            {
              ...object,
              ...(object.modified === undefined
                ? {}
                : { modified: `2026-04-0${1 + (b % 9)}T00:00:00.${String(this.#made % 1000).padStart(3, "0")}Z` }),
            },
          ],
          strict,
        );
        return;
      }
      // An edge under a label that the reader is admitted to, to an end that it never sees.
      case 4: {
        this.#made++;
        const dark = `tool--${sampleUuid("never shown")}`;
        const id = `relationship--${sampleUuid(`hidden edge ${b % 3}`)}`;
        const edge = this.#version(id, {
          relationship_type: "uses",
          source_ref: this.#one(this.#ends, c),
          target_ref: dark,
        });
        tell(`a hidden edge ${JSON.stringify(edge)}`);
        const made = await world.post(this.#one(FEEDS, d), [edge], {
          tlp: "GREEN",
          releases: [{ agreement: "TRI", countries: [...COUNTRIES], agencies: "*" }],
        });
        for (const { contribution, label } of made) {
          side.labels.set(contribution, label);
          // It may be labelled anew as well: narrowed for the reader, who never saw it.
          if (c % 2 === 0)
            await this.#change(side, contribution, (held) => ({
              ...held,
              releases: held.releases.filter(({ countries }) => !countries.includes(country)),
            }));
        }
        return;
      }
      case 5: {
        const id = { USA: "JP-KR", JPN: "US-KR", KOR: "US-JP" }[country] ?? "US-KR";
        tell(`${id} changes`);
        return world.changeAgreement(id, { status: b % 2 === 0 ? "suspended" : "in-force", title: `${name} ${b}` });
      }
      case 6: {
        const others = READERS.filter(({ id }) => id !== this.#reader.id).map(({ id }) => id);
        const one = this.#one(others, b);
        tell(`${one} reads`);
        await world.page(one, {
          collection: this.#one(["originals", "consolidated", "recalls"] as const, c),
          limit: 1 + (d % 20),
          bodies: true,
        });
        return;
      }
      case 7: {
        tell("an account comes");
        return world.change(async (unit) => {
          const [known] = READERS;
          if (known !== undefined)
            await unit.collection(Accounts).insertNew([{ ...known, id: `new-${name}-${b}-${d}` }]);
        });
      }
      default:
        tell("a restart");
        return world.restart();
    }
  }

  /** The reader asks both worlds the same and reads on for some pages. */
  async #ask([a = 0, b = 0, c = 0]: Draw): Promise<void> {
    const asking = this.#one(this.#askings, a);
    if (asking.by === "again") {
      asking.next = [undefined, undefined];
      asking.after = undefined;
    }
    const { ask } = asking;
    const limit = 1 + (c % 10);
    for (let page = 0; page <= b % 4 || (b === 6 && page < 200); page++) {
      this.#now += 100;
      this.tally.asked++;
      const after = asking.after === undefined ? {} : { after: asking.after };
      this.told.push(
        `${this.#now - START}: ${this.#reader.id} asks for ${JSON.stringify({ ...ask, ...after, limit })} by ${asking.by}`,
      );
      const pages = await Promise.all(
        this.#sides.map(({ world }, i) => {
          world.at(this.#now);
          const next = asking.next[i];
          return world.page(this.#reader.id, {
            ...ask,
            ...after,
            limit,
            bodies: true,
            ...(next === undefined ? {} : { next }),
          });
        }),
      );
      const [one, other] = pages.map(({ entries, next }) => ({
        entries: entries.map((entry) => JSON.stringify(entry)),
        more: next !== undefined,
      }));
      if (JSON.stringify(one) !== JSON.stringify(other)) {
        const at = one?.entries.findIndex((entry, i) => entry !== other?.entries[i]) ?? 0;
        throw new TwinDifference(
          `${one?.entries.length} and ${other?.entries.length} entries, at ${at}:\n  A: ${one?.entries[at]} ${one?.more}\n  B: ${other?.entries[at === -1 ? (one?.entries.length ?? 0) : at]} ${other?.more}`,
        );
      }
      const [a0, b0] = pages;
      this.tally.entries += a0?.entries.length ?? 0;
      const last = a0?.entries.at(-1)?.added;
      if (a0?.next === undefined) {
        asking.next = [undefined, undefined];
        if (last !== undefined && asking.by !== "again") asking.after = last;
        return;
      }
      const tied = a0.entries.every(({ added }) => added === last);
      if (asking.by === "after" && !tied) {
        asking.next = [undefined, undefined];
        if (last !== undefined) asking.after = last;
      } else asking.next = [a0.next, b0?.next];
    }
  }
}
