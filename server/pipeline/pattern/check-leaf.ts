import { isTimestamp } from "../../../schemas/stix/timestamp.ts";
import { readNetwork } from "./address.ts";
import { wrongHash } from "./hash-form.ts";
import { printPath } from "./print.ts";
import { type PatternProblem, problemAt, type Span, shown } from "./problem.ts";
import { isAddress, type Property, propertyOf, sortOfType } from "./properties.ts";
import { regexProblem, regexSize } from "./regex.ts";
import type { Constant, Leaf, Path } from "./tree.ts";

/** Most problems of each kind that one pattern is told of. */
const MOST = 50;
/** Steps of regular expressions that are compiled to see whether they can be: those behind are looked at when the pattern is matched. */
const MOST_REGEX_STEPS = 100_000;

/** Which constants a property can be compared with (STIX 2.1 section 9.2). */
const COMPARABLE: Readonly<Record<string, ReadonlySet<Constant["kind"]>>> = {
  string: new Set(["string", "hex", "binary"]),
  enum: new Set(["string"]),
  reference: new Set(["string"]),
  integer: new Set(["integer", "float"]),
  float: new Set(["integer", "float"]),
  boolean: new Set(["boolean"]),
  timestamp: new Set(["timestamp"]),
  hex: new Set(["hex", "binary", "string"]),
  binary: new Set(["hex", "binary", "string"]),
};
const PROPERTY_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  enum: "text",
  reference: "an id",
  integer: "a whole number",
  float: "a number",
  boolean: "true or false",
  timestamp: "a timestamp",
  hex: "octets",
  binary: "octets",
};
const CONSTANT_WORDS: Readonly<Record<Constant["kind"], string>> = {
  string: "text",
  integer: "a number",
  float: "a number",
  boolean: "true or false",
  timestamp: "a timestamp",
  hex: "octets",
  binary: "octets",
};
/** Constants that a set may hold beside each other: whole numbers and others, octets in either writing. */
const sortOf = ({ kind }: Constant): string => (kind === "float" ? "integer" : kind === "binary" ? "hex" : kind);
const isWide = (text: string): boolean => /[\u0100-\uffff]/.test(text);

const constantsOf = (leaf: Leaf): readonly Constant[] =>
  leaf.kind === "exists" ? [] : leaf.kind === "in" ? leaf.set : [leaf.constant];

/** What one comparison may be wrong in, by itself. */
export class LeafCheck {
  readonly errors: PatternProblem[] = [];
  readonly warnings: PatternProblem[] = [];
  readonly #text: string;
  #regexSteps = 0;
  constructor(text: string) {
    this.#text = text;
  }

  protected error(at: Span, code: string, rule: string, message: string): void {
    if (this.errors.length < MOST) this.errors.push(problemAt(this.#text, at, `pattern.${code}`, rule, message));
  }
  protected warn(at: Span, code: string, rule: string, message: string): void {
    if (this.warnings.length < MOST) this.warnings.push(problemAt(this.#text, at, `pattern.${code}`, rule, message));
  }

  protected leaf(leaf: Leaf): void {
    for (const constant of constantsOf(leaf)) this.constant(constant);
    const property = this.#path(leaf.path);
    if (leaf.kind === "exists") return;
    if (leaf.kind === "in") this.#set(leaf.set, leaf.at);
    else if (leaf.operator === "ISSUBSET" || leaf.operator === "ISSUPERSET") {
      this.#network(leaf.path, leaf.constant);
      return;
    } else if (leaf.operator === "LIKE" || leaf.operator === "MATCHES") {
      this.#textOperator(leaf.operator, leaf.constant, property);
      return;
    }
    for (const constant of constantsOf(leaf)) this.#comparable(constant, property, leaf);
    const isEquality = leaf.kind === "in" || leaf.operator === "=" || leaf.operator === "!=";
    if (isEquality) this.#hash(leaf.path, constantsOf(leaf));
  }

  protected constant({ kind, text, at }: Constant): void {
    if (kind === "timestamp" && !isTimestamp(text))
      this.error(at, "timestamp", "9.2", `found ${shown(text)}: there is no such date`);
  }

  #path(path: Path): Property {
    const { type, steps, at } = path;
    const sort = sortOfType(type);
    if (sort === "unknown")
      this.warn(
        at,
        "unknown_type",
        "9.7",
        `${shown(type)} is no object type that is known here; names of custom ones begin with x-`,
      );
    if (sort === "other")
      this.warn(
        at,
        "not_observable",
        "9.7",
        `${shown(type)} is no observable: patterns are matched against observables`,
      );
    const property = propertyOf(path);
    if (property.kind === "unknown") {
      const step = steps[property.step];
      const message =
        step?.kind === "key"
          ? `${shown(property.after)} has no property ${shown(step.name)} that is known here; names of custom ones begin with x_`
          : `${shown(property.after)} is no list`;
      this.warn(at, "unknown_property", "9.7", message);
    }
    return property;
  }

  #set(set: readonly Constant[], at: Span): void {
    const [first] = set;
    if (first === undefined) {
      this.warn(at, "empty_set", "9.6.1", "IN () matches nothing");
      return;
    }
    const other = set.find((constant) => sortOf(constant) !== sortOf(first));
    if (other !== undefined)
      this.error(
        other.at,
        "mixed_set",
        "9.6.1",
        `found ${CONSTANT_WORDS[other.kind]} in a set that begins with ${CONSTANT_WORDS[first.kind]}: constants of a set are of one type`,
      );
  }

  #network(path: Path, constant: Constant): void {
    if (!isAddress(path))
      this.error(
        path.at,
        "subset_path",
        "9.6.1",
        `found ${shown(printPath(path))}: ISSUBSET and ISSUPERSET compare the value of an ipv4-addr or ipv6-addr only`,
      );
    if (readNetwork(constant.text) === undefined)
      this.error(
        constant.at,
        "address",
        "9.6.1",
        `found ${shown(constant.text)}: an address or a network such as 198.51.100.0/24 is wanted`,
      );
  }

  #textOperator(operator: string, constant: Constant, property: Property): void {
    const { kind } = property;
    if (kind === "integer" || kind === "float" || kind === "boolean" || kind === "timestamp")
      this.error(
        constant.at,
        "constant_type",
        "9.2",
        `${operator} compares text, but the property is ${PROPERTY_WORDS[kind]}`,
      );
    this.#list(property, constant);
    if (operator !== "MATCHES" || this.#regexSteps > MOST_REGEX_STEPS) return;
    this.#regexSteps += regexSize(constant.text);
    const problem = regexProblem(constant.text, kind === "hex" || kind === "binary");
    if (problem !== undefined) this.warn(constant.at, "regex", "9.6.1", problem);
  }

  #list(property: Property, { at }: Constant): void {
    if (property.kind === "list")
      this.warn(at, "list", "9.7.2", "the property is a list: an index such as [0], or [*] for any item, is missing");
    if (property.kind === "dictionary")
      this.warn(at, "dictionary", "9.7.3", "the property has entries of its own: the name of one is missing");
  }

  #comparable(constant: Constant, property: Property, { at }: Leaf): void {
    this.#list(property, constant);
    if (property.kind === "unknown") return;
    const allowed = COMPARABLE[property.kind];
    if (allowed === undefined) return;
    const { kind, text } = constant;
    const what = PROPERTY_WORDS[property.kind] ?? "";
    if (property.kind === "timestamp" && kind === "string" && isTimestamp(text)) {
      this.warn(constant.at, "timestamp_letter", "9.2", "a timestamp is written with the letter t before it: t'…'");
      return;
    }
    if (!allowed.has(kind)) {
      this.error(constant.at, "constant_type", "9.2", `found ${CONSTANT_WORDS[kind]}, but the property is ${what}`);
      return;
    }
    if ((property.kind === "hex" || property.kind === "binary") && kind === "string" && isWide(text)) {
      this.error(
        constant.at,
        "constant_octets",
        "9.6.3",
        "found text with characters above U+00FF, but the property is octets",
      );
      return;
    }
    if (property.kind === "integer" && kind === "integer" && property.schema?.safeParse(Number(text)).success === false)
      this.error(constant.at, "constant_range", "9.2", `found ${shown(text)}, which is out of the property's range`);
    if (property.kind === "enum" && property.schema?.safeParse(text).success === false)
      this.warn(at, "constant_word", "9.2", `found ${shown(text)}, which is none of the property's words`);
  }

  #hash({ steps }: Path, constants: readonly Constant[]): void {
    const [dictionary, algorithm] = steps.slice(-2);
    if (dictionary?.kind !== "key" || dictionary.name !== "hashes" || algorithm?.kind !== "key") return;
    for (const { kind, text, at } of constants) {
      const wanted = kind === "string" ? wrongHash(algorithm.name, text) : undefined;
      if (wanted !== undefined)
        this.error(
          at,
          "hash",
          "9.2",
          `found ${shown(text)}, which is no ${shown(algorithm.name)} hash: ${wanted} are wanted`,
        );
    }
  }
}
