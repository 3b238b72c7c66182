import { parseInstant } from "../shared/instant.ts";
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
    .slice(Math.max(0, text.lastIndexOf(":") + 1), text.length)
    .slice(0, 100)
    .trim()
    .toLowerCase()
    .replace(/[ _]/g, "-");

const wordsOf = (object: Stated["object"]): Set<string> =>
  new Set([...texts(object.labels), ...texts(object.report_types)].map(wordOf));

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Dates that say when something was so, not when it was written down. */
const DATES = ["valid_from", "last_seen", "first_seen", "last_observed", "published", "timestamp"] as const;

/** The newest date of the content, ms; undefined where it has none. */
function dateOf(object: Stated["object"]): number | undefined {
  let newest: number | undefined;
  for (const name of DATES) {
    const text = object[name];
    const ms = typeof text === "string" && text.length <= 60 ? parseInstant(text)?.ms : undefined;
    if (ms !== undefined && (newest === undefined || ms > newest)) newest = ms;
  }
  return newest;
}

const namesVictim = ({ relationship_type: type, target_ref: target, roles }: Stated["object"], kind: string): boolean =>
  (kind === "relationship" && type === "targets" && typeof target === "string" && target.startsWith("identity--")) ||
  (kind === "identity" && texts(roles).some((role) => wordOf(role) === "victim"));

function applies(
  rule: ClassRule,
  { object, kind, valueKinds }: Stated,
  words: ReadonlySet<string>,
  age: number | undefined,
): boolean {
  if (rule.olderThan !== undefined) return age !== undefined && age > rule.olderThan * DAY;
  const { words: said, extension, kinds, victim } = rule;
  if (said === undefined && extension === undefined && kinds === undefined && victim === undefined) return true;
  return (
    said?.some((word) => words.has(word)) === true ||
    (extension !== undefined && isRecord(object.extensions) && Object.hasOwn(object.extensions, extension)) ||
    (kinds !== undefined && (kinds.includes(kind) || valueKinds.some((value) => kinds.includes(value)))) ||
    (victim === true && namesVictim(object, kind))
  );
}

/** The class rule of one object in a post of this kind of sender at `received`, ms. */
export function ruleOf(stated: Stated, sender: "person" | "feed", received: number): string {
  const words = wordsOf(stated.object);
  const date = dateOf(stated.object);
  const age = date === undefined ? undefined : received - date;
  const found = CLASS_RULES.find((rule) => (rule.sender ?? sender) === sender && applies(rule, stated, words, age));
  return found?.id ?? "context";
}

const FRESH: Readonly<Record<string, FreshKind>> = {
  "ipv4-addr": "ip",
  "ipv6-addr": "ip",
  "domain-name": "domain",
  url: "domain",
  "email-addr": "domain",
  "cryptocurrency-wallet": "wallet",
  "threat-actor": "persona",
  identity: "persona",
  "user-account": "persona",
};

const USD = ["usd", "amount_usd", "value_usd", "usd_value", "usd_at_time", "loss_usd", "x_usd_value"] as const;

const amountsIn = (object: Readonly<Record<string, unknown>>): number[] =>
  USD.map((name) => object[name]).filter(
    (value): value is number => typeof value === "number" && Number.isFinite(value) && value > 0,
  );

/** The largest amount in US dollars that the object or an extension of it states. */
function usdOf(object: Stated["object"]): number | undefined {
  const found = amountsIn(object);
  if (isRecord(object.extensions)) {
    for (const extension of Object.values(object.extensions))
      if (isRecord(extension)) found.push(...amountsIn(extension));
  }
  return found.length === 0 ? undefined : Math.max(...found);
}

/** Grade in the words of the admiralty scale, as MISP's taxonomy writes it in a label. */
function reliabilityOf(object: Stated["object"]): string | undefined {
  for (const label of texts(object.labels)) {
    const grade = /^admiralty-scale:source-reliability="([a-f])"$/.exec(label)?.[1];
    if (grade !== undefined) return grade.toUpperCase();
  }
  return undefined;
}

const TITLED = ["report", "grouping", "incident", "note", "opinion"];

function titleOf({ object, kind }: Stated): string | undefined {
  const text = [object.name, object.abstract, object.value].find(
    (one): one is string => typeof one === "string" && one.trim() !== "",
  );
  return text === undefined
    ? undefined
    : `${TITLED.includes(kind) ? "" : `${kind}: `}${[...text.slice(0, 4 * TITLE)].slice(0, TITLE).join("")}`;
}

/** One object's facts. */
export function factsOf(stated: Stated, sender: "person" | "feed", received: number): Facts {
  const { object, kind, valueKinds, thing, shared } = stated;
  const of = String(object.id);
  const fact = <T>(is: T | undefined): Fact<T> | undefined => (is === undefined ? undefined : { is, of });
  const date = dateOf(object) ?? received;
  const sorts = new Set(
    (valueKinds.length > 0 ? valueKinds : [kind]).map((name) => (Object.hasOwn(FRESH, name) ? FRESH[name] : "other")),
  );
  const [title, usd, reliability] = [fact(titleOf(stated)), fact(usdOf(object)), fact(reliabilityOf(object))];
  const { confidence } = object;
  const graded = typeof confidence === "number" && confidence >= 0 && confidence <= 100;
  return {
    n: 1,
    kinds: { [kind]: 1 },
    rules: { [ruleOf(stated, sender, received)]: 1 },
    ...(title === undefined ? {} : { title }),
    ...(usd === undefined ? {} : { usd }),
    fresh: Object.fromEntries([...sorts].map((sort) => [sort, { is: Math.min(date, received), of }])),
    confidence: graded ? { sum: confidence, n: 1 } : { sum: 0, n: 0 },
    ...(reliability === undefined ? {} : { reliability }),
    things: shared ? [{ is: thing, of }] : [],
  };
}

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

const kindOf = (id: string): string => id.slice(0, id.indexOf("--"));

/** Titles of reports before those of all else. */
function betterTitle(a: Fact<string> | undefined, b: Fact<string> | undefined): Fact<string> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const rank = ({ of }: Fact<string>): number =>
    TITLED.includes(kindOf(of)) ? TITLED.indexOf(kindOf(of)) : TITLED.length;
  return rank(a) !== rank(b) ? (rank(a) < rank(b) ? a : b) : a.of <= b.of ? a : b;
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
  #usd: Fact<number> | undefined;
  readonly #fresh = new Map<FreshKind, Fact<number>>();
  #confidence = { sum: 0, n: 0 };
  #reliability: Fact<string> | undefined;
  #things: Fact<string>[] = [];

  add(facts: Facts): this {
    this.#n += facts.n;
    for (const [kind, n] of Object.entries(facts.kinds)) this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + n);
    for (const [rule, n] of Object.entries(facts.rules)) this.#rules.set(rule, (this.#rules.get(rule) ?? 0) + n);
    this.#title = betterTitle(this.#title, facts.title);
    this.#usd = better(this.#usd, facts.usd, descending);
    for (const [sort, date] of Object.entries(facts.fresh) as [FreshKind, Fact<number>][])
      this.#fresh.set(sort, better(this.#fresh.get(sort), date, descending) ?? date);
    this.#confidence = {
      sum: this.#confidence.sum + facts.confidence.sum,
      n: this.#confidence.n + facts.confidence.n,
    };
    this.#reliability = better(this.#reliability, facts.reliability, byText);
    for (const thing of facts.things) this.#take(thing);
    return this;
  }

  /** Keeps those whose names come first, each once. */
  #take(thing: Fact<string>): void {
    const held = this.#things.findIndex(({ is }) => is === thing.is);
    const last = this.#things.at(-1);
    if (held >= 0) {
      if (thing.of < (this.#things[held]?.of ?? "")) this.#things[held] = thing;
    } else if (this.#things.length < MOST_THINGS || (last !== undefined && thing.is < last.is)) {
      this.#things = [...this.#things, thing].sort((a, b) => byText(a.is, b.is)).slice(0, MOST_THINGS);
    }
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
