import { isTimestamp } from "../../../schemas/stix/timestamp.ts";
import { readNetwork } from "./address.ts";
import { wrongHash } from "./hash-form.ts";
import { instantOrder, readInstant } from "./instant.ts";
import { parsePattern } from "./parse.ts";
import { printPath } from "./print.ts";
import { type PatternProblem, problemAt, type Span, shown } from "./problem.ts";
import { isAddress, type Property, propertyOf, sortOfType } from "./properties.ts";
import { regexProblem } from "./regex.ts";
import { type Comparison, type Constant, isLeaf, type Leaf, type Path, type Pattern, type Qualifier } from "./tree.ts";

export interface Checked {
  readonly errors: readonly PatternProblem[];
  readonly warnings: readonly PatternProblem[];
  /** There unless the text is no pattern at all. */
  readonly tree?: Pattern;
}

/** What an indicator says beside its pattern: START and STOP should lie within. Timestamps as the object has them. */
export interface Validity {
  readonly validFrom?: string;
  readonly validUntil?: string;
}

/** Most problems of each kind that one pattern is told of. */
const MOST = 50;

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

class Check {
  readonly errors: PatternProblem[] = [];
  readonly warnings: PatternProblem[] = [];
  readonly #text: string;
  readonly #validity: Validity;
  constructor(text: string, validity: Validity) {
    this.#text = text;
    this.#validity = validity;
  }

  #error(at: Span, code: string, rule: string, message: string): void {
    if (this.errors.length < MOST) this.errors.push(problemAt(this.#text, at, `pattern.${code}`, rule, message));
  }
  #warn(at: Span, code: string, rule: string, message: string): void {
    if (this.warnings.length < MOST) this.warnings.push(problemAt(this.#text, at, `pattern.${code}`, rule, message));
  }

  pattern(node: Pattern): void {
    if (node.kind === "observation") this.#types(node.test);
    else if (node.kind === "qualified") {
      this.pattern(node.operand);
      this.#qualifier(node.qualifier);
    } else for (const operand of node.operands) this.pattern(operand);
  }

  #qualifier(qualifier: Qualifier): void {
    if (qualifier.kind === "repeats") {
      if (Number(qualifier.times.text) < 1)
        this.#error(qualifier.at, "repeats", "9.5.1", "found REPEATS 0: 1 or more is allowed");
      return;
    }
    if (qualifier.kind === "within") {
      if (!/[1-9]/.test(qualifier.seconds.text))
        this.#error(
          qualifier.at,
          "within",
          "9.5.1",
          `found WITHIN ${qualifier.seconds.text}: more than 0 seconds are allowed`,
        );
      return;
    }
    const { start, stop, at } = qualifier;
    this.#constant(start);
    this.#constant(stop);
    const [from, until] = [readInstant(start.text), readInstant(stop.text)];
    if (from === undefined || until === undefined) return;
    if (instantOrder(from, until) >= 0)
      this.#error(at, "start_stop", "9.5.1", `START ${shown(start.text)} is not before STOP ${shown(stop.text)}`);
    const { validFrom, validUntil } = this.#validity;
    const [first, last] = [readInstant(validFrom ?? ""), readInstant(validUntil ?? "")];
    if (first !== undefined && instantOrder(from, first) < 0)
      this.#warn(start.at, "start_before_valid", "9.5.1", `START is before valid_from (${shown(validFrom ?? "")})`);
    if (last !== undefined && instantOrder(until, last) > 0)
      this.#warn(stop.at, "stop_after_valid", "9.5.1", `STOP is after valid_until (${shown(validUntil ?? "")})`);
  }

  /** Checks every leaf, and gives the object types that could satisfy the node. */
  #types(node: Comparison): ReadonlySet<string> {
    if (isLeaf(node)) {
      this.#leaf(node);
      return new Set([node.path.type]);
    }
    const each = node.operands.map((operand) => this.#types(operand));
    if (node.kind === "or") return new Set(each.flatMap((types) => [...types]));
    const [first = new Set<string>(), ...rest] = each;
    const common = new Set([...first].filter((type) => rest.every((types) => types.has(type))));
    // A broken AND inside is told of once.
    if (common.size === 0 && each.every((types) => types.size > 0)) {
      const all = [...new Set(each.flatMap((types) => [...types]))].slice(0, 5).map(shown);
      const message = `no object is of the types ${all.join(" and ")} at once: operands of AND must be satisfiable by one object`;
      this.#error(node.at, "and_types", "9.5", `${message} (between brackets AND may join them)`);
    }
    return common;
  }

  #leaf(leaf: Leaf): void {
    for (const constant of constantsOf(leaf)) this.#constant(constant);
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

  #constant({ kind, text, at }: Constant): void {
    if (kind === "timestamp" && !isTimestamp(text))
      this.#error(at, "timestamp", "9.2", `found ${shown(text)}: there is no such date`);
  }

  #path(path: Path): Property {
    const { type, steps, at } = path;
    const sort = sortOfType(type);
    if (sort === "unknown")
      this.#warn(
        at,
        "unknown_type",
        "9.7",
        `${shown(type)} is no object type that is known here; names of custom ones begin with x-`,
      );
    if (sort === "other")
      this.#warn(
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
      this.#warn(at, "unknown_property", "9.7", message);
    }
    return property;
  }

  #set(set: readonly Constant[], at: Span): void {
    const [first] = set;
    if (first === undefined) {
      this.#warn(at, "empty_set", "9.6.1", "IN () matches nothing");
      return;
    }
    const other = set.find((constant) => sortOf(constant) !== sortOf(first));
    if (other !== undefined)
      this.#error(
        other.at,
        "mixed_set",
        "9.6.1",
        `found ${CONSTANT_WORDS[other.kind]} in a set that begins with ${CONSTANT_WORDS[first.kind]}: constants of a set are of one type`,
      );
  }

  #network(path: Path, constant: Constant): void {
    if (!isAddress(path))
      this.#error(
        path.at,
        "subset_path",
        "9.6.1",
        `found ${shown(printPath(path))}: ISSUBSET and ISSUPERSET compare the value of an ipv4-addr or ipv6-addr only`,
      );
    if (readNetwork(constant.text) === undefined)
      this.#error(
        constant.at,
        "address",
        "9.6.1",
        `found ${shown(constant.text)}: an address or a network such as 198.51.100.0/24 is wanted`,
      );
  }

  #textOperator(operator: string, constant: Constant, property: Property): void {
    const { kind } = property;
    if (kind === "integer" || kind === "float" || kind === "boolean" || kind === "timestamp")
      this.#error(
        constant.at,
        "constant_type",
        "9.2",
        `${operator} compares text, but the property is ${PROPERTY_WORDS[kind]}`,
      );
    this.#list(property, constant);
    if (operator !== "MATCHES") return;
    const problem = regexProblem(constant.text, kind === "hex" || kind === "binary");
    if (problem !== undefined) this.#warn(constant.at, "regex", "9.6.1", problem);
  }

  #list(property: Property, { at }: Constant): void {
    if (property.kind === "list")
      this.#warn(at, "list", "9.7.2", "the property is a list: an index such as [0], or [*] for any item, is missing");
    if (property.kind === "dictionary")
      this.#warn(at, "dictionary", "9.7.3", "the property has entries of its own: the name of one is missing");
  }

  #comparable(constant: Constant, property: Property, { at }: Leaf): void {
    this.#list(property, constant);
    if (property.kind === "unknown") return;
    const allowed = COMPARABLE[property.kind];
    if (allowed === undefined) return;
    const { kind, text } = constant;
    const what = PROPERTY_WORDS[property.kind] ?? "";
    if (property.kind === "timestamp" && kind === "string" && isTimestamp(text)) {
      this.#warn(constant.at, "timestamp_letter", "9.2", "a timestamp is written with the letter t before it: t'…'");
      return;
    }
    if (!allowed.has(kind)) {
      this.#error(constant.at, "constant_type", "9.2", `found ${CONSTANT_WORDS[kind]}, but the property is ${what}`);
      return;
    }
    if ((property.kind === "hex" || property.kind === "binary") && kind === "string" && isWide(text)) {
      this.#error(
        constant.at,
        "constant_octets",
        "9.6.3",
        "found text with characters above U+00FF, but the property is octets",
      );
      return;
    }
    if (property.kind === "integer" && kind === "integer" && property.schema?.safeParse(Number(text)).success === false)
      this.#error(constant.at, "constant_range", "9.2", `found ${shown(text)}, which is out of the property's range`);
    if (property.kind === "enum" && property.schema?.safeParse(text).success === false)
      this.#warn(at, "constant_word", "9.2", `found ${shown(text)}, which is none of the property's words`);
  }

  #hash({ steps }: Path, constants: readonly Constant[]): void {
    const [dictionary, algorithm] = steps.slice(-2);
    if (dictionary?.kind !== "key" || dictionary.name !== "hashes" || algorithm?.kind !== "key") return;
    for (const { kind, text, at } of constants) {
      const wanted = kind === "string" ? wrongHash(algorithm.name, text) : undefined;
      if (wanted !== undefined)
        this.#error(
          at,
          "hash",
          "9.2",
          `found ${shown(text)}, which is no ${shown(algorithm.name)} hash: ${wanted} are wanted`,
        );
    }
  }
}

const inOrder = (problems: readonly PatternProblem[]): readonly PatternProblem[] =>
  [...problems].sort((a, b) => a.offset - b.offset);

/** The rules beyond the grammar, over a tree and the text that it was read from. */
export function checkTree(text: string, tree: Pattern, validity: Validity = {}): Checked {
  const check = new Check(text, validity);
  check.pattern(tree);
  return { errors: inOrder(check.errors), warnings: inOrder(check.warnings), tree };
}

/**
 * Everything that is wrong with a pattern (STIX 2.1 section 9, patterning 1 and 2): one error of the grammar, or the tree with the errors
 * beyond it (AND across object types, REPEATS 0, constants that the property can't have, …) and the warnings (unknown types and properties,
 * words that match nothing, START and STOP outside the validity of the indicator). Never throws; at most 50 of each kind.
 */
export function checkPattern(text: string, validity: Validity = {}): Checked {
  const parsed = parsePattern(text);
  return "problem" in parsed ? { errors: [parsed.problem], warnings: [] } : checkTree(text, parsed.tree, validity);
}
