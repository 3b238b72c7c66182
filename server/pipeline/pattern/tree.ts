import type { Span } from "./problem.ts";

/** The typed tree of a pattern (STIX 2.1 section 9). Every node says where it stood; a tree that was made has `NOWHERE`. */

export const NOWHERE: Span = Object.freeze({ offset: 0, end: 0 });

interface Node {
  readonly at: Span;
}

/** A step of a path: a property or dictionary key, an item of a list, or any item. */
export type Step =
  | { readonly kind: "key"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "any" };

/** `type:step.step[0]`; there is at least one step, and the first is a key. */
export interface Path extends Node {
  readonly type: string;
  readonly steps: readonly Step[];
}

/** Text of a constant without its quotes and letter: numbers as written, octets as hex or base64 digits. */
export interface Constant extends Node {
  readonly kind: "integer" | "float" | "string" | "boolean" | "hex" | "binary" | "timestamp";
  readonly text: string;
}

export type EqualityOperator = "=" | "!=";
export type OrderOperator = "<" | "<=" | ">" | ">=";
export type TextOperator = "LIKE" | "MATCHES" | "ISSUBSET" | "ISSUPERSET";
export type Operator = EqualityOperator | OrderOperator | TextOperator;

/** One comparison. `not` negates it. */
export interface Test extends Node {
  readonly kind: "test";
  readonly path: Path;
  readonly not: boolean;
  readonly operator: Operator;
  readonly constant: Constant;
}
export interface InTest extends Node {
  readonly kind: "in";
  readonly path: Path;
  readonly not: boolean;
  readonly set: readonly Constant[];
}
export interface ExistsTest extends Node {
  readonly kind: "exists";
  readonly path: Path;
  readonly not: boolean;
}
export type Leaf = Test | InTest | ExistsTest;

/** What stands between `[` and `]`. Two operands at least; none is of the node's own kind. */
export type Comparison = Leaf | (Node & { readonly kind: "and" | "or"; readonly operands: readonly Comparison[] });

export type Qualifier = Node &
  (
    | { readonly kind: "within"; readonly seconds: Constant }
    | { readonly kind: "repeats"; readonly times: Constant }
    | { readonly kind: "start-stop"; readonly start: Constant; readonly stop: Constant }
  );

/** A pattern: observation expressions, joined and qualified. Two operands at least; none is of the node's own kind. */
export type Pattern =
  | (Node & { readonly kind: "observation"; readonly test: Comparison })
  | (Node & { readonly kind: "and" | "or" | "followedby"; readonly operands: readonly Pattern[] })
  | (Node & { readonly kind: "qualified"; readonly operand: Pattern; readonly qualifier: Qualifier });

export const isLeaf = (node: Comparison): node is Leaf => node.kind !== "and" && node.kind !== "or";

/** Every leaf under a node, from left to right. */
export function* leavesOf(node: Comparison): Generator<Leaf> {
  if (isLeaf(node)) yield node;
  else for (const operand of node.operands) yield* leavesOf(operand);
}
