import { LeafCheck } from "./check-leaf.ts";
import { instantOrder, readInstant } from "./instant.ts";
import { parsePattern } from "./parse.ts";
import { type PatternProblem, shown } from "./problem.ts";
import { type Comparison, isLeaf, type Pattern, type Qualifier } from "./tree.ts";

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

class Check extends LeafCheck {
  readonly #validity: Validity;
  constructor(text: string, validity: Validity) {
    super(text);
    this.#validity = validity;
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
        this.error(qualifier.at, "repeats", "9.5.1", "found REPEATS 0: 1 or more is allowed");
      return;
    }
    if (qualifier.kind === "within") {
      if (!/[1-9]/.test(qualifier.seconds.text))
        this.error(
          qualifier.at,
          "within",
          "9.5.1",
          `found WITHIN ${qualifier.seconds.text}: more than 0 seconds are allowed`,
        );
      return;
    }
    const { start, stop, at } = qualifier;
    this.constant(start);
    this.constant(stop);
    const [from, until] = [readInstant(start.text), readInstant(stop.text)];
    if (from === undefined || until === undefined) return;
    if (instantOrder(from, until) >= 0)
      this.error(at, "start_stop", "9.5.1", `START ${shown(start.text)} is not before STOP ${shown(stop.text)}`);
    const { validFrom, validUntil } = this.#validity;
    const [first, last] = [readInstant(validFrom ?? ""), readInstant(validUntil ?? "")];
    if (first !== undefined && instantOrder(from, first) < 0)
      this.warn(start.at, "start_before_valid", "9.5.1", `START is before valid_from (${shown(validFrom ?? "")})`);
    if (last !== undefined && instantOrder(until, last) > 0)
      this.warn(stop.at, "stop_after_valid", "9.5.1", `STOP is after valid_until (${shown(validUntil ?? "")})`);
  }

  /** Checks every leaf, and gives the object types that could satisfy the node. */
  #types(node: Comparison): ReadonlySet<string> {
    if (isLeaf(node)) {
      this.leaf(node);
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
      this.error(node.at, "and_types", "9.5", `${message} (between brackets AND may join them)`);
    }
    return common;
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
