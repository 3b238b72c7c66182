import type { Label, LabelRequest, ReleaseRow } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import { AgreementsIn } from "../../server/storage/collections.ts";
import type { AccountDoc } from "../../server/storage/documents.ts";
import { sampleUuid } from "../support/samples.ts";
import { START } from "../support/steering.ts";
import { BrokenPromise, Follower, type Following, type Given, give } from "./followers.ts";
import { OrderWorld } from "./order-world.ts";
import { idOf, PlainModel } from "./plain-model.ts";

/** A history is made from numbers: the same numbers, the same history. */
export type Draw = readonly number[];

const AGENCIES = ["US-FBI", "US-CISA", "JP-NPA", "JP-JAFIC", "KR-NIS", "KR-KISA"] as const;
const COUNTRY: Readonly<Record<string, string>> = { US: "USA", JP: "JPN", KR: "KOR" };
const countryOf = (agency: string): string => COUNTRY[agency.slice(0, 2)] ?? "";
const COUNTRIES = ["USA", "JPN", "KOR"] as const;
const AGREEMENTS = ["TRI", "US-JP", "US-KR", "JP-KR"] as const;
const CREATED = "2026-03-01T00:00:00.000Z";

const reader = (id: string, agency: string, more: Partial<AccountDoc> = {}): AccountDoc => ({
  ...{ id, name: id, role: "analyst", agency, clearance: "S", topics: ["*"], pii: true, scope: "write" },
  ...more,
});
/** Those who follow: they post nothing. */
export const READERS: readonly AccountDoc[] = [
  reader("reads-npa", "JP-NPA"),
  reader("reads-jafic", "JP-JAFIC", { clearance: "U", topics: ["crypto"], pii: false }),
  reader("reads-kisa", "KR-KISA", { role: "feed", topics: ["crypto"] }),
  reader("reads-fbi", "US-FBI", { role: "feed" }),
];

const FOLLOWING: ReadonlyArray<Omit<Following, "account" | "limit">> = [
  { collection: "originals", by: "next", versions: { all: true } },
  { collection: "originals", by: "after", versions: { all: true } },
  { collection: "originals", by: "next" },
  { collection: "originals", by: "after" },
  { collection: "consolidated", by: "next" },
  { collection: "consolidated", by: "after" },
  { collection: "recalls", by: "next" },
  { collection: "originals", by: "after", types: ["tool", "relationship", "marking-definition"] },
  { collection: "consolidated", by: "next", types: ["ipv4-addr", "indicator"] },
  { collection: "consolidated", by: "after", types: ["tool"] },
  {
    ...{ collection: "originals", by: "next", versions: { all: true } },
    ids: AGENCIES.flatMap((agency) => [0, 1].map((n) => `tool--${sampleUuid(`${agency} tool ${n}`)}`)),
  },
];

export interface Tally {
  steps: number;
  pages: number;
  delivered: number;
  repeats: number;
  recalled: number;
  kinds: Map<string, number>;
}

/** One history, played in a world and in the plain list beside it. */
export class History {
  readonly #world: OrderWorld;
  readonly #model = new PlainModel();
  readonly #followers: Follower[] = [];
  readonly #given = new Map<string, Given>();
  readonly #places = new Map<string, Map<string, { place: number; tag: string }>>();
  readonly #sent = new Set<string>();
  readonly #untold = new Set<string>();
  readonly tally: Tally = { steps: 0, pages: 0, delivered: 0, repeats: 0, recalled: 0, kinds: new Map() };
  #now = START;
  #said = 0;
  /** What was done, for who looks into a failure. */
  readonly told: string[] = [];

  private constructor(world: OrderWorld) {
    this.#world = world;
  }

  static async play(draws: readonly Draw[]): Promise<Tally> {
    const world = await OrderWorld.open(READERS);
    const history = new History(world);
    try {
      await history.#begin(draws[0] ?? []);
      for (const draw of draws) await history.#step(draw);
      history.#now += 3_600_000;
      for (let round = 0; round < 2; round++)
        for (const follower of history.#followers) await history.#poll(follower, Number.POSITIVE_INFINITY);
      for (const account of history.#model.viewers.keys()) await history.#witness(account);
      for (const { delivered, repeats, recalled } of history.#followers) {
        history.tally.delivered += delivered;
        history.tally.repeats += repeats;
        history.tally.recalled += recalled.size;
      }
      return history.tally;
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      throw new BrokenPromise(`${error.message}\n${history.told.join("\n")}`);
    } finally {
      await world.close();
    }
  }

  async #begin(draw: Draw): Promise<void> {
    const [a = 0, b = 0, c = 0] = draw;
    const accounts = READERS.filter((_, i) => i === a % READERS.length || i === (a + 1 + (b % 3)) % READERS.length);
    for (const { id } of accounts) {
      this.#model.viewers.set(id, await this.#world.viewer(id));
      const given: Given = { ids: new Map(), passed: new Set(), fuzzy: false };
      this.#given.set(id, given);
      for (const [i, how] of FOLLOWING.entries()) {
        if (how.collection !== "recalls" && (c >> (i % 4)) % 2 === 1) continue;
        const follower = new Follower({ ...how, account: id, limit: 1 + ((a + b * 3 + i * 7 + c) % 10) }, given);
        follower.sent = this.#sent;
        follower.untold = this.#untold;
        this.#followers.push(follower);
      }
    }
    await this.#readAgreements();
  }

  async #readAgreements(): Promise<void> {
    const docs = await this.#world.core.storage.collection(AgreementsIn).all({ limit: 100 });
    this.#model.agreements = Object.fromEntries(docs.map((doc) => [doc.id, doc]));
  }

  /** Time goes on by a second or two, so that two steps are never at one instant. */
  #tick(ms = 1000): void {
    this.#now += ms;
    this.#world.at(this.#now);
  }

  async #step([kind = 0, ...draw]: Draw): Promise<void> {
    this.tally.steps++;
    this.#tick();
    const [a = 0, b = 0, c = 0] = draw;
    const what = kind % 24;
    const name =
      what < 6
        ? "post"
        : what < 11
          ? "relabel"
          : what < 13
            ? "agreement"
            : what === 13
              ? "account"
              : what === 14
                ? "time"
                : what === 15
                  ? "restart"
                  : what < 22
                    ? "poll"
                    : "witness";
    this.tally.kinds.set(name, (this.tally.kinds.get(name) ?? 0) + 1);
    if (name === "post") return this.#post(draw);
    if (name === "relabel") return this.#relabel(draw);
    if (name === "agreement") return this.#agreement(a, b);
    if (name === "account") return this.#account(a, b, c);
    if (name === "time") {
      this.told.push(`time goes on by ${1 + (a % 4)} minutes`);
      return this.#tick((1 + (a % 4)) * 60_000);
    }
    if (name === "restart" && a % 2 === 1) {
      this.told.push(`${this.#now - START}: idle readers are looked after`);
      await this.#world.lookAfterIdle();
      for (const [account, { observed }] of this.#model.readers) if (observed !== undefined) this.#observe(account);
      return;
    }
    if (name === "restart") {
      this.told.push("restart");
      return this.#world.restart();
    }
    if (name === "witness") return this.#witness(this.#one([...this.#model.viewers.keys()], a));
    const follower = this.#followers[a % this.#followers.length];
    if (follower !== undefined) await this.#poll(follower, b % 3 === 0 ? Number.POSITIVE_INFINITY : 1 + (c % 3));
  }

  #one<T>(from: readonly T[], drawn: number): T {
    const found = from[drawn % from.length];
    if (found === undefined) throw new Error("nothing to choose from");
    return found;
  }

  #minutes(n: number): string {
    return formatInstant(Math.floor(this.#now / 60_000) * 60_000 + n * 60_000);
  }

  #request(agency: string, b: number, c: number): LabelRequest {
    const home = countryOf(agency);
    const abroad = COUNTRIES.filter((country) => country !== home);
    const other = this.#one(abroad, c);
    const pair =
      AGREEMENTS.find((id) => id !== "TRI" && [home, other].every((country) => id.includes(country.slice(0, 2)))) ??
      "TRI";
    const row = (agreement: string, countries: readonly string[], agencies: "*" | string[] = "*", until?: string) => ({
      ...{ agreement, countries: [...countries], agencies },
      ...(until === undefined ? {} : { until }),
    });
    const everyone = row("TRI", COUNTRIES);
    switch (b % 10) {
      case 0:
      case 1:
        return { tlp: "GREEN", releases: [everyone] };
      case 2:
        return { tlp: "GREEN", releases: [row(pair, [home, other])] };
      case 3:
        return {
          tlp: "CLEAR",
          releases: [
            row(
              "TRI",
              [home, other],
              this.#one(
                [
                  ["JP-NPA", "US-FBI", "KR-KISA"],
                  ["JP-JAFIC", "KR-KISA"],
                ],
                c,
              ).filter((id) => [home, other].includes(countryOf(id))),
            ),
          ],
        };
      case 4:
        return { tlp: "GREEN", releases: [everyone], embargoUntil: this.#minutes(1 + (c % 4)) };
      case 5:
        return { tlp: "GREEN", releases: [row("TRI", COUNTRIES, "*", this.#minutes(2 + (c % 6)))] };
      case 6:
        return {
          tlp: "GREEN",
          releases: [everyone],
          fieldRules: [
            {
              selectors: ["description"],
              ...(c % 2 === 0 ? { pii: true } : { agencies: this.#one([["JP-NPA"], ["US-FBI", "KR-KISA"]], c >> 1) }),
            },
          ],
        };
      case 7:
        return { tlp: "AMBER", topics: ["crypto"], releases: [everyone] };
      case 8:
        return { tlp: "GREEN", classification: "C", releases: [everyone] };
      default:
        return { tlp: "AMBER+STRICT", releases: [row("TRI", [home], [agency])] };
    }
  }

  #object(agency: string, n: number, c: number, d: number): StixJson {
    this.#said++;
    const said = { x_said: [`s${this.#said}`] };
    const words = { description: `words ${this.#said}` };
    const modified = formatInstant(Date.UTC(2026, 2, 2) + this.#said * 1000);
    const sdo = (type: string, name: string): StixJson => ({
      ...{
        type,
        spec_version: "2.1",
        id: `${type}--${sampleUuid(`${agency} ${name}`)}`,
        created: CREATED,
        modified,
        ...said,
        ...words,
      },
    });
    switch (c % 9) {
      case 0:
      case 1:
      case 2:
        return { ...sdo("tool", `tool ${n % 4}`), name: `tool ${n % 4}` };
      // Word for word the same from every agency.
      case 3:
        return {
          ...{
            type: "tool",
            spec_version: "2.1",
            id: `tool--${sampleUuid(`shared ${n % 3}`)}`,
            created: CREATED,
            modified: CREATED,
          },
          ...{ name: `shared ${n % 3}` },
        };
      case 4:
      case 5: {
        const value = `198.51.100.${n % 3}`;
        return {
          type: "ipv4-addr",
          spec_version: "2.1",
          id: `ipv4-addr--${sampleUuid(`${agency} ${value} ${this.#said}`)}`,
          value,
          ...said,
        };
      }
      case 6:
        return {
          ...sdo("indicator", `indicator ${n % 3}`),
          ...{ pattern: `[ipv4-addr:value = '203.0.113.${n % 3}']`, pattern_type: "stix", valid_from: CREATED },
        };
      default: {
        const ends = [...this.#sent].filter((id) => id.startsWith("tool--") || id.startsWith("ipv4"));
        const future = `tool--${sampleUuid(`${this.#one(AGENCIES, d)} tool ${n % 4}`)}`;
        const [from, to] = [this.#one([future, ...ends], d), this.#one([future, ...ends], d * 7 + n)];
        return {
          ...sdo("relationship", `edge ${n % 5}`),
          relationship_type: "related-to",
          source_ref: from,
          target_ref: to,
        };
      }
    }
  }

  async #post([a = 0, b = 0, c = 0, d = 0, e = 0]: Draw): Promise<void> {
    const agency = this.#one(AGENCIES, a);
    const as = b % 4 === 3 ? `rel-${agency}` : `feed-${agency}`;
    const request = this.#request(agency, d, e);
    const objects: StixJson[] = [];
    for (let i = 0; i <= (a >> 3) % 3; i++) {
      const object = this.#object(agency, e + i, c + i * 5, d + i);
      if (objects.every(({ id }) => id !== object.id)) objects.push(object);
    }
    this.told.push(
      `${this.#now - START}: ${as} posts ${objects.map((object) => `${object.id} ${object.modified ?? ""} ${object.value ?? object.pattern ?? ""}${object.source_ref ?? ""}>${object.target_ref ?? ""} ${String(object.x_said ?? "")}`).join(", ")} ${JSON.stringify(request)}`,
    );
    this.#model.posted(await this.#world.post(as, objects, request));
    for (const object of objects) this.#sent.add(idOf(object));
  }

  #relabelling(label: Label, b: number, c: number): Label {
    const rows = label.releases;
    const other = this.#one(COUNTRIES, c);
    const spare = (country: string): ReleaseRow => ({
      agreement: this.#one(AGREEMENTS, b >> 3),
      countries: [country],
      agencies: "*",
      status: "on",
    });
    switch (b % 10) {
      // Widening by release.
      case 0:
      case 1:
        return {
          ...label,
          releases: rows.map((row) =>
            c % 2 === 0 || row.countries.includes(other) ? { ...row, status: "on" as const } : row,
          ),
        };
      case 2:
      case 3:
        return { ...label, releases: [...rows, spare(other)] };
      // Narrowing.
      case 4:
        return { ...label, releases: rows.filter((row) => !row.countries.includes(other)) };
      case 5:
        return {
          ...label,
          releases: rows.map((row) => (row.countries.includes(other) ? { ...row, status: "off" as const } : row)),
        };
      case 6:
        return { ...label, state: c % 3 === 0 ? "withdrawn" : "released" };
      case 7:
        return { ...label, embargoUntil: this.#minutes(c % 4) };
      case 8:
        return {
          ...label,
          releases: rows.map((row) =>
            row.countries.includes(other) ? { ...row, until: this.#minutes(1 + (c % 5)) } : row,
          ),
        };
      default:
        return c % 2 === 0
          ? { ...label, tlp: label.tlp === "GREEN" ? "AMBER" : "GREEN" }
          : {
              ...label,
              fieldRules: label.fieldRules.length === 0 ? [{ selectors: ["description"], agencies: ["JP-NPA"] }] : [],
            };
    }
  }

  async #relabel([a = 0, b = 0, c = 0]: Draw): Promise<void> {
    const all = [...this.#model.contributions.values()];
    if (all.length === 0) return;
    const one = this.#one(all, a);
    const label = this.#relabelling(one.label, b, c);
    const stored = await this.#world.relabel(one.id, label);
    this.told.push(
      `${this.#now - START}: ${idOf(one.object)} ${String(one.object.x_said ?? "")} of ${one.agency} is labelled ${JSON.stringify(stored)}`,
    );
    this.#model.relabelled(one.id, stored);
  }

  async #agreement(a: number, b: number): Promise<void> {
    const id = this.#one([...AGREEMENTS, "TRI"], a);
    const held = this.#model.agreements[id];
    const change =
      b % 5 === 0
        ? { ceiling: held?.ceiling === "U" ? ("S" as const) : ("U" as const) }
        : { status: held?.status === "suspended" ? ("in-force" as const) : ("suspended" as const) };
    this.told.push(`${this.#now - START}: ${id} ${JSON.stringify(change)}`);
    await this.#world.changeAgreement(id, change);
    await this.#readAgreements();
  }

  async #account(a: number, b: number, c: number): Promise<void> {
    const id = this.#one([...this.#model.viewers.keys()], a);
    const changes: Partial<AccountDoc>[] = [
      { agency: this.#one(AGENCIES, c) },
      { clearance: c % 2 === 0 ? "U" : "S" },
      { topics: c % 2 === 0 ? ["*"] : ["nothing"] },
      { pii: c % 2 === 0 },
    ];
    const change = this.#one(changes, b);
    this.told.push(`${this.#now - START}: ${id} ${JSON.stringify(change)}`);
    // Edges that only its own agency saw, for want of an end: who moves is not told that they are gone (see the decision record).
    if (change.agency !== undefined)
      for (const { object, agency } of this.#model.contributions.values())
        if (object.type === "relationship" && agency === this.#model.viewers.get(id)?.agency)
          this.#untold.add(idOf(object));
    await this.#world.changeAccount(id, change);
    this.#model.viewers.set(id, await this.#world.viewer(id));
  }

  #observe(account: string): ReturnType<PlainModel["observe"]> {
    const seen = this.#model.observe(account, this.#now);
    for (const follower of this.#followers) if (follower.how.account === account) follower.observed(seen);
    return seen;
  }

  async #poll(follower: Follower, pages: number): Promise<void> {
    const { account } = follower.how;
    for (let page = 0; page < pages; page++) {
      this.#tick(100);
      const seen = this.#observe(account);
      this.tally.pages++;
      this.told.push(
        `${this.#now - START}: ${account} asks for ${JSON.stringify({ ...follower.how, account: undefined })}`,
      );
      if (page > 2000) follower.fail("it does not end");
      if (await follower.turn(this.#world, seen)) {
        follower.complete(seen);
        return;
      }
    }
  }

  /** Everything at once: it is what the plain list says, and what did not change has not moved. */
  async #witness(account: string): Promise<void> {
    this.#tick(100);
    const seen = this.#observe(account);
    this.told.push(`${this.#now - START}: ${account} is looked at whole`);
    const ask = { collection: "originals", versions: { all: true } } as const;
    const entries = await this.#world.all(account, ask);
    const objects = entries.filter(({ id }) => !id.startsWith("marking-definition--"));
    const found = new Map<string, number>();
    for (const { id, added, text } of objects) {
      const key = `${id}|${(JSON.parse(text) as StixJson).modified ?? ""}`;
      if (found.has(key)) throw new BrokenPromise(`${account}: ${key} stands twice`);
      found.set(key, added);
      const given = this.#given.get(account);
      if (given !== undefined) give(given, id);
    }
    const [have, want] = [[...found.keys()].sort(), [...seen.versions.keys()].sort()];
    const wrong = [
      ...have.filter((key) => !want.includes(key)).map((key) => `too much: ${key}`),
      ...want.filter((key) => !have.includes(key)).map((key) => `missing: ${key}`),
    ];
    if (wrong.length > 0) throw new BrokenPromise(`${account}: ${wrong.join("; ")}`);
    const before = this.#places.get(account) ?? new Map<string, { place: number; tag: string }>();
    const places = new Map<string, { place: number; tag: string }>();
    for (const [key, place] of found) {
      const tag = seen.versions.get(key)?.tag ?? "";
      const held = before.get(key);
      if (held !== undefined && held.tag === tag && held.place !== place)
        throw new BrokenPromise(
          `${account}: ${key} has moved from ${held.place} to ${place}, though nothing changed: ${tag}`,
        );
      places.set(key, { place, tag });
    }
    this.#places.set(account, places);
  }
}
