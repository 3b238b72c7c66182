import fc from "fast-check";
import {
  type Comparison,
  type Constant,
  type Leaf,
  NOWHERE,
  type Path,
  type Pattern,
  type Qualifier,
  type Step,
} from "../../server/pipeline/pattern/tree.ts";

/** Trees of patterns as the parser would make them: joins of two operands at least, none of the join's own kind. */

const at = NOWHERE;

/** The tree without its places, for comparison. */
export const withoutPlaces = (tree: unknown): unknown =>
  JSON.parse(JSON.stringify(tree, (name, value: unknown) => (name === "at" ? undefined : value)));

const name = fc.oneof(
  fc.constantFrom("name", "value", "size", "x_y", "_a", "AND", "true", "SHA-256", "MD5", "src_ref", "refs", "it's", ""),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);
const type = fc.oneof(
  fc.constantFrom("file", "ipv4-addr", "windows-registry-key", "x-custom", "domain-name"),
  fc
    .stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/)
    .filter((text) => !/^(?:AND|OR|NOT|IN|LIKE|START|STOP|LAST|EXISTS|true|false)$/.test(text)),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: name.map((text): Step => ({ kind: "key", name: text })) },
  { weight: 1, arbitrary: fc.nat({ max: 20 }).map((index): Step => ({ kind: "index", index })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "any" }) },
);
const path: fc.Arbitrary<Path> = fc
  .tuple(type, name, fc.array(step, { maxLength: 3 }))
  .map(([of, first, rest]) => ({ type: of, steps: [{ kind: "key", name: first }, ...rest], at }));

const constant = (kind: Constant["kind"], text: fc.Arbitrary<string>): fc.Arbitrary<Constant> =>
  text.map((one) => ({ kind, text: one, at }));
const two = (n: number): string => String(n).padStart(2, "0");
export const timestamps: fc.Arbitrary<string> = fc
  .tuple(
    fc.integer({ min: 1990, max: 2030 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    fc.nat({ max: 23 }),
    fc.stringMatching(/^(?:\.[0-9]{1,9})?$/),
  )
  .map(([year, month, day, hour, fraction]) => `${year}-${two(month)}-${two(day)}T${two(hour)}:00:59${fraction}Z`);

const text = constant(
  "string",
  fc.oneof(fc.constantFrom("x", "a'b", "\\", "%_", ""), fc.string({ unit: "binary", maxLength: 8 })),
);
const ordered: fc.Arbitrary<Constant> = fc.oneof(
  text,
  constant("integer", fc.oneof(fc.integer().map(String), fc.bigInt().map(String))),
  constant("float", fc.stringMatching(/^-?[0-9]{0,3}\.[0-9]{1,4}$/)),
  constant("hex", fc.stringMatching(/^(?:[0-9a-fA-F]{2}){0,4}$/)),
  constant(
    "binary",
    fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString("base64")),
  ),
  constant("timestamp", timestamps),
);
const any: fc.Arbitrary<Constant> = fc.oneof(ordered, constant("boolean", fc.constantFrom("true", "false")));

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({
    kind: fc.constant("test" as const),
    path,
    not: fc.boolean(),
    operator: fc.constantFrom("=" as const, "!=" as const),
    constant: any,
    at: fc.constant(at),
  }),
  fc.record({
    kind: fc.constant("test" as const),
    path,
    not: fc.boolean(),
    operator: fc.constantFrom("<" as const, "<=" as const, ">" as const, ">=" as const),
    constant: ordered,
    at: fc.constant(at),
  }),
  fc.record({
    kind: fc.constant("test" as const),
    path,
    not: fc.boolean(),
    operator: fc.constantFrom("LIKE" as const, "MATCHES" as const, "ISSUBSET" as const, "ISSUPERSET" as const),
    constant: text,
    at: fc.constant(at),
  }),
  fc.record({
    kind: fc.constant("in" as const),
    path,
    not: fc.boolean(),
    set: fc.array(any, { maxLength: 4 }),
    at: fc.constant(at),
  }),
  fc.record({ kind: fc.constant("exists" as const), path, not: fc.boolean(), at: fc.constant(at) }),
);

/** Comparisons over the given leaves. */
export function comparisons(leaves: fc.Arbitrary<Leaf>): fc.Arbitrary<Comparison> {
  return fc.letrec<{ node: Comparison }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthIdentifier: "comparison" },
      { weight: 3, arbitrary: leaves },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("and" as const, "or" as const), fc.array(tie("node"), { minLength: 2, maxLength: 3 }))
          .map(
            ([kind, operands]): Comparison => ({
              kind,
              operands: operands.flatMap((operand) =>
                operand.kind === kind && "operands" in operand ? operand.operands : [operand],
              ),
              at,
            }),
          ),
      },
    ),
  })).node;
}

export const qualifiers: fc.Arbitrary<Qualifier> = fc.oneof(
  fc
    .integer({ min: 1, max: 3 })
    .map((n): Qualifier => ({ kind: "repeats", times: { kind: "integer", text: String(n), at }, at })),
  fc.constantFrom("1", "5", "0.5", "100", "7200.0").map(
    (n): Qualifier => ({
      kind: "within",
      seconds: { kind: n.includes(".") ? "float" : "integer", text: n, at },
      at,
    }),
  ),
  fc.tuple(timestamps, timestamps).map(
    ([start, stop]): Qualifier => ({
      kind: "start-stop",
      start: { kind: "timestamp", text: start, at },
      stop: { kind: "timestamp", text: stop, at },
      at,
    }),
  ),
);

/** Patterns over the given leaves and qualifiers. */
export function patterns(
  leaves: fc.Arbitrary<Leaf> = leaf,
  over: fc.Arbitrary<Qualifier> = qualifiers,
): fc.Arbitrary<Pattern> {
  return fc.letrec<{ node: Pattern }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, depthIdentifier: "pattern" },
      { weight: 4, arbitrary: comparisons(leaves).map((test): Pattern => ({ kind: "observation", test, at })) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie("node"), over)
          .map(([operand, qualifier]): Pattern => ({ kind: "qualified", operand, qualifier, at })),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(
            fc.constantFrom("and" as const, "or" as const, "followedby" as const),
            fc.array(tie("node"), { minLength: 2, maxLength: 3 }),
          )
          .map(
            ([kind, operands]): Pattern => ({
              kind,
              operands: operands.flatMap((operand) =>
                operand.kind === kind && "operands" in operand ? operand.operands : [operand],
              ),
              at,
            }),
          ),
      },
    ),
  })).node;
}
