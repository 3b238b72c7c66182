import { CLASS_RULES, type ClassRule, compareClass, ruleNamed } from "./classes.ts";

/** What the queue knows of an item's content, as one reader's tier shows it; nothing in it comes from what is cut there. */

/** A fact and the object that it comes from, so that it leaves with it. */
export interface Fact<T> {
  readonly is: T;
  readonly of: string;
}

export type FreshKind = "ip" | "domain" | "wallet" | "persona" | "other";

export interface Facts {
  /** Objects. */
  readonly n: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** How many objects each class rule applies to. */
  readonly rules: Readonly<Record<string, number>>;
  readonly title?: Fact<string>;
  /** Value at stake, USD. */
  readonly usd?: Fact<number>;
  /** The newest date of each sort, ms. */
  readonly fresh: Readonly<Partial<Record<FreshKind, Fact<number>>>>;
  /** Sum and number of the objects' confidences, 0 to 100. */
  readonly confidence: { readonly sum: number; readonly n: number };
  /** Admiralty grade of the source, A to F. */
  readonly reliability?: Fact<string>;
  /** A few of the things that it states: UUIDs, for novelty. */
  readonly things: readonly Fact<string>[];
}

/** One object as a tier shows it. */
export interface Stated {
  readonly object: Readonly<Record<string, unknown>>;
  readonly kind: string;
  /** Kinds of the values it states: `ipv4-addr` for an indicator of an address. */
  readonly valueKinds: readonly string[];
  readonly thing: string;
  /** Whether others could state the same thing. */
  readonly shared: boolean;
}

/** Objects that carry other content's markings and words and are nothing to review. */
export const NOT_REVIEWED: ReadonlySet<string> = new Set([
  "marking-definition",
  "extension-definition",
  "language-content",
]);

const MOST_THINGS = 3;
const TITLE = 160;
const DAY = 86_400_000;

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.slice(0, 100).filter((item): item is string => typeof item === "string") : [];

/** `Funds moving` and `tricord:funds_moving` are the word `funds-moving`. */
const wordOf = (text: string): string =>
  text
    .slice(text.lastIndexOf(":") + 1)
    .slice(0, 100)
    .trim()
    .toLowerCase()
    .replace(/[ _]/g, "-");

/** A label that many objects carry is read once. */
const MOST_WORDS = 2000;
const words = new Map<string, string>();
function wordFor(text: string): string {
  const held = words.get(text);
  if (held !== undefined) return held;
  const made = wordOf(text.slice(-200));
  if (words.size >= MOST_WORDS) words.clear();
  if (text.length <= 200) words.set(text, made);
  return made;
}

const WORDS = new Set(CLASS_RULES.flatMap(({ words: wanted = [] }) => wanted));

/** The words among these that some rule asks for; undefined where there is none, as nearly always. */
function saidIn(list: unknown, said: Set<string> | undefined): Set<string> | undefined {
  if (!Array.isArray(list)) return said;
  let found = said;
  for (let i = 0; i < list.length && i < 100; i++) {
    const text: unknown = list[i];
    if (typeof text !== "string") continue;
    const word = wordFor(text);
    if (!WORDS.has(word)) continue;
    found ??= new Set();
    found.add(word);
  }
  return found;
}

const wordsOf = ({ labels, report_types: types }: Stated["object"]): Set<string> | undefined =>
  saidIn(types, saidIn(labels, undefined));

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Dates that say when something was so, not when it was written down. */
const DATES = ["valid_from", "last_seen", "first_seen", "last_observed", "published", "timestamp"] as const;

/** RFC 3339 in UTC, ms; undefined for what is none. Dates of STIX have been checked before: this is on the ingest's path, where a full parse would be felt. */
function msOf(text: string): number | undefined {
  if (text.length < 20 || text.length > 60 || text.charCodeAt(10) !== 84 || !text.endsWith("Z")) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The newest date of the content, ms; undefined where it has none. */
function dateOf(object: Stated["object"]): number | undefined {
  let newest: number | undefined;
  for (const name of DATES) {
    const text = object[name];
    const ms = typeof text === "string" ? msOf(text) : undefined;
    if (ms !== undefined && (newest === undefined || ms > newest)) newest = ms;
  }
  return newest;
}

const namesVictim = ({ relationship_type: type, target_ref: target, roles }: Stated["object"], kind: string): boolean =>
  (kind === "relationship" && type === "targets" && typeof target === "string" && target.startsWith("identity--")) ||
  (kind === "identity" && texts(roles).some((role) => wordFor(role) === "victim"));

function applies(
  rule: ClassRule,
  { object, kind, valueKinds }: Stated,
  said: ReadonlySet<string> | undefined,
  age: number | undefined,
): boolean {
  if (rule.olderThan !== undefined) return age !== undefined && age > rule.olderThan * DAY;
  const { words: wanted, extension, kinds, victim } = rule;
  if (wanted === undefined && extension === undefined && kinds === undefined && victim === undefined) return true;
  return (
    (said !== undefined && wanted?.some((word) => said.has(word)) === true) ||
    (extension !== undefined && isRecord(object.extensions) && Object.hasOwn(object.extensions, extension)) ||
    (kinds !== undefined && (kinds.includes(kind) || valueKinds.some((value) => kinds.includes(value)))) ||
    (victim === true && namesVictim(object, kind))
  );
}

const RULES = {
  person: CLASS_RULES.filter(({ sender }) => sender !== "feed"),
  // All that a feed sends is one class.
  feed: CLASS_RULES.filter(({ sender }) => sender === "feed"),
} as const;

/** The class rule of one object in a post of this kind of sender at `received`, ms; `date` as `dateOf` gives it. */
function ruleFor(stated: Stated, sender: "person" | "feed", received: number, date: number | undefined): string {
  const rules = RULES[sender];
  const said = rules.length === 1 ? undefined : wordsOf(stated.object);
  const age = date === undefined ? undefined : received - date;
  for (const rule of rules) if (applies(rule, stated, said, age)) return rule.id;
  return "context";
}

const FRESH: ReadonlyMap<string, FreshKind> = new Map([
  ["ipv4-addr", "ip"],
  ["ipv6-addr", "ip"],
  ["domain-name", "domain"],
  ["url", "domain"],
  ["email-addr", "domain"],
  ["cryptocurrency-wallet", "wallet"],
  ["threat-actor", "persona"],
  ["identity", "persona"],
  ["user-account", "persona"],
]);

/** Members of an extension that state an amount in US dollars; of an object itself, where nothing of the standard's is called so, two will do. */
const USD = ["usd", "amount_usd", "value_usd", "usd_value", "usd_at_time", "loss_usd"] as const;

const amount = (value: unknown, most: number): number =>
  typeof value === "number" && Number.isFinite(value) && value > most ? value : most;

/** The largest amount in US dollars that the object or an extension of it states; 0 where there is none. */
function usdOf({ amount_usd: own, x_usd_value: other, extensions }: Stated["object"]): number {
  let most = own === undefined && other === undefined ? 0 : amount(own, amount(other, 0));
  if (extensions === undefined || !isRecord(extensions)) return most;
  for (const extension of Object.values(extensions))
    if (isRecord(extension)) for (const name of USD) most = amount(extension[name], most);
  return most;
}

/** Grade in the words of the admiralty scale, as MISP's taxonomy writes it in a label. */
function reliabilityOf({ labels }: Stated["object"]): string | undefined {
  if (!Array.isArray(labels)) return undefined;
  for (let i = 0; i < labels.length && i < 100; i++) {
    const label: unknown = labels[i];
    if (typeof label !== "string" || !label.startsWith("admiralty-scale:")) continue;
    const grade = /^admiralty-scale:source-reliability="([a-f])"$/.exec(label)?.[1];
    if (grade !== undefined) return grade.toUpperCase();
  }
  return undefined;
}

const TITLED = ["report", "grouping", "incident", "note", "opinion"];

const isTitle = (text: unknown): text is string => typeof text === "string" && text.trim() !== "";

function titleOf({ object, kind }: Stated): string | undefined {
  const text = [object.name, object.abstract, object.value].find(isTitle);
  if (text === undefined) return undefined;
  const cut = text.length <= TITLE ? text : [...text.slice(0, 4 * TITLE)].slice(0, TITLE).join("");
  return `${TITLED.includes(kind) ? "" : `${kind}: `}${cut}`;
}

/** One object's facts. */
export const factsOf = (stated: Stated, sender: "person" | "feed", received: number): Facts =>
  new FactsSum().see(stated, sender, received).facts ?? NOTHING;

const NOTHING: Facts = { n: 0, kinds: {}, rules: {}, fresh: {}, confidence: { sum: 0, n: 0 }, things: [] };

/** The rule that puts the whole into its class: the most urgent of its objects', the first of these in the table. */
export function ruleOfAll({ rules }: Pick<Facts, "rules">): ClassRule {
  const found = CLASS_RULES.filter(({ id }) => (Object.hasOwn(rules, id) ? (rules[id] ?? 0) : 0) > 0);
  return found.reduce((a, b) => (compareClass(b.class, a.class) < 0 ? b : a), found[0] ?? ruleNamed("context"));
}

/** The better of two facts, of equals that of the object whose id comes first: no matter in which order they come. */
function better<T>(
  a: Fact<T> | undefined,
  b: Fact<T> | undefined,
  compare: (a: T, b: T) => number,
): Fact<T> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const order = compare(a.is, b.is);
  return order < 0 || (order === 0 && a.of <= b.of) ? a : b;
}

/** Titles of reports go before all else. */
const TITLE_RANK: ReadonlyMap<string, number> = new Map(TITLED.map((kind, rank) => [kind, rank]));
const rankOf = (id: string): number => TITLE_RANK.get(id.slice(0, id.indexOf("--"))) ?? TITLED.length;

function betterTitle(a: Fact<string> | undefined, b: Fact<string> | undefined): Fact<string> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return (rankOf(a.of) - rankOf(b.of) || byText(a.of, b.of)) <= 0 ? a : b;
}

function count(counts: Map<string, number>, name: string, n: number): void {
  counts.set(name, (counts.get(name) ?? 0) + n);
}
const counted = (counts: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries(counts);
const descending = (a: number, b: number): number => b - a;
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Facts of several objects together. What comes of it does not depend on the order or on how they were grouped before. */
export class FactsSum {
  #n = 0;
  readonly #kinds = new Map<string, number>();
  readonly #rules = new Map<string, number>();
  #title: Fact<string> | undefined;
  #rank = 0;
  #usd: Fact<number> | undefined;
  readonly #fresh = new Map<FreshKind, Fact<number>>();
  #confidence = { sum: 0, n: 0 };
  #reliability: Fact<string> | undefined;
  #things: Fact<string>[] = [];

  /** Adds what one object says, in a post of this kind of sender at `received`, ms. */
  see(stated: Stated, sender: "person" | "feed", received: number): this {
    const { object, kind, valueKinds, thing, shared } = stated;
    const of = String(object.id);
    const date = dateOf(object);
    this.#n += 1;
    count(this.#kinds, kind, 1);
    count(this.#rules, ruleFor(stated, sender, received, date), 1);
    const rank = TITLE_RANK.get(kind) ?? TITLED.length;
    const held = this.#title;
    if (held === undefined || rank < this.#rank || (rank === this.#rank && of < held.of)) {
      const title = titleOf(stated);
      if (title !== undefined) {
        this.#title = { is: title, of };
        this.#rank = rank;
      }
    }
    const usd = usdOf(object);
    if (usd > 0) this.#usd = better(this.#usd, { is: usd, of }, descending);
    const is = Math.min(date ?? received, received);
    if (valueKinds.length === 0) this.#date(FRESH.get(kind) ?? "other", is, of);
    else for (const value of valueKinds) this.#date(FRESH.get(value) ?? "other", is, of);
    const { confidence } = object;
    if (typeof confidence === "number" && confidence >= 0 && confidence <= 100)
      this.#confidence = { sum: this.#confidence.sum + confidence, n: this.#confidence.n + 1 };
    const reliability = reliabilityOf(object);
    if (reliability !== undefined) this.#reliability = better(this.#reliability, { is: reliability, of }, byText);
    if (shared) this.#take(thing, of);
    return this;
  }

  #date(sort: FreshKind, is: number, of: string): void {
    const held = this.#fresh.get(sort);
    if (held === undefined || is > held.is || (is === held.is && of < held.of)) this.#fresh.set(sort, { is, of });
  }

  /** Adds what others have been found to say together. */
  add(facts: Facts): this {
    this.#n += facts.n;
    for (const [kind, n] of Object.entries(facts.kinds)) count(this.#kinds, kind, n);
    for (const [rule, n] of Object.entries(facts.rules)) count(this.#rules, rule, n);
    this.#title = betterTitle(this.#title, facts.title);
    this.#rank = this.#title === undefined ? 0 : rankOf(this.#title.of);
    this.#usd = better(this.#usd, facts.usd, descending);
    for (const [sort, date] of Object.entries(facts.fresh) as [FreshKind, Fact<number>][])
      this.#date(sort, date.is, date.of);
    this.#confidence = {
      sum: this.#confidence.sum + facts.confidence.sum,
      n: this.#confidence.n + facts.confidence.n,
    };
    this.#reliability = better(this.#reliability, facts.reliability, byText);
    for (const { is, of } of facts.things) this.#take(is, of);
    return this;
  }

  /** Keeps those whose names come first, each once. */
  #take(is: string, of: string): void {
    const things = this.#things;
    const last = things.at(-1);
    if (things.length >= MOST_THINGS && last !== undefined && is > last.is) return;
    const held = things.findIndex((thing) => thing.is === is);
    if (held >= 0) {
      if (of < (things[held]?.of ?? "")) things[held] = { is, of };
    } else this.#things = [...things, { is, of }].sort((a, b) => byText(a.is, b.is)).slice(0, MOST_THINGS);
  }

  /** Undefined where nothing was added. */
  get facts(): Facts | undefined {
    if (this.#n === 0) return undefined;
    return {
      n: this.#n,
      kinds: counted(this.#kinds),
      rules: counted(this.#rules),
      ...(this.#title === undefined ? {} : { title: this.#title }),
      ...(this.#usd === undefined ? {} : { usd: this.#usd }),
      fresh: Object.fromEntries(this.#fresh),
      confidence: this.#confidence,
      ...(this.#reliability === undefined ? {} : { reliability: this.#reliability }),
      things: this.#things,
    };
  }
}

const minus = (
  counts: Readonly<Record<string, number>>,
  gone: Readonly<Record<string, number>>,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).flatMap(([name, count]): [string, number][] => {
      const left = count - (Object.hasOwn(gone, name) ? (gone[name] ?? 0) : 0);
      return left > 0 ? [[name, left]] : [];
    }),
  );

/**
 * What is left of an item's facts once one object has gone to other readers; undefined where nothing is. Counts are exact; of words, dates and amounts that came from it
 * nothing stays, and what another object might have said instead is not looked up again.
 */
export function without(facts: Facts, gone: Facts, id: string): Facts | undefined {
  if (facts.n <= gone.n) return undefined;
  const stays = <T>(fact: Fact<T> | undefined): fact is Fact<T> => fact !== undefined && fact.of !== id;
  const { title, usd, reliability } = facts;
  return {
    n: facts.n - gone.n,
    kinds: minus(facts.kinds, gone.kinds),
    rules: minus(facts.rules, gone.rules),
    ...(stays(title) ? { title } : {}),
    ...(stays(usd) ? { usd } : {}),
    fresh: Object.fromEntries(Object.entries(facts.fresh).filter(([, date]) => stays(date))),
    confidence: {
      sum: Math.max(0, facts.confidence.sum - gone.confidence.sum),
      n: Math.max(0, facts.confidence.n - gone.confidence.n),
    },
    ...(stays(reliability) ? { reliability } : {}),
    things: facts.things.filter(stays),
  };
}
