import type { z } from "zod";
import { STIX_OBJECTS } from "../../../schemas/stix/objects.ts";
import { PUBLISHED_SCO_TYPES, SCO_TYPES } from "../../../schemas/stix/types.ts";
import type { Path } from "./tree.ts";

/** What the standard says of the property that a path names, read from the schemas (STIX 2.1 section 6). */

export type PropertyKind =
  | "string"
  | "enum"
  | "integer"
  | "float"
  | "boolean"
  | "timestamp"
  | "hex"
  | "binary"
  | "reference"
  | "list"
  | "dictionary"
  | "any";

export interface Known {
  readonly kind: PropertyKind;
  readonly schema?: z.ZodType;
  /** Of a reference: the types that it may point to, where the standard names them. */
  readonly targets?: readonly string[];
}

export type Property =
  | Known
  /** The step of this number (from 0) is none of what stands before it; `after` says what that is. */
  | { readonly kind: "unknown"; readonly step: number; readonly after: string };

const OBSERVABLES: ReadonlySet<string> = new Set(SCO_TYPES);
const PUBLISHED: ReadonlySet<string> = new Set(PUBLISHED_SCO_TYPES);
const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(STIX_OBJECTS));

/** What a type name stands for: an observable of the standard, one that others publish, another kind of object, or nothing known. */
export function sortOfType(type: string): "observable" | "published" | "other" | "custom" | "unknown" {
  if (OBSERVABLES.has(type)) return "observable";
  if (PUBLISHED.has(type)) return "published";
  if (SCHEMAS.has(type)) return "other";
  return type.startsWith("x-") ? "custom" : "unknown";
}

/** The parts of a schema that are read here, whatever its class. */
interface Definition {
  readonly type: string;
  readonly format?: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly values?: readonly unknown[];
}
/** Zod types the definition of each class alone; which class it is shows in what is there. */
const definition = (schema: z.ZodType): Definition => schema.def;

function bare(schema: z.ZodType): z.ZodType {
  let inner = schema;
  for (let next = definition(inner).innerType; next !== undefined; next = definition(inner).innerType) inner = next;
  return inner;
}

const FORMATS: Readonly<Record<string, PropertyKind>> = {
  "stix-timestamp": "timestamp",
  "stix-hex": "hex",
  "stix-base64": "binary",
  "stix-ref": "reference",
  "stix-id": "string",
};
const KINDS: Readonly<Record<string, PropertyKind>> = {
  string: "string",
  literal: "string",
  enum: "enum",
  boolean: "boolean",
  array: "list",
  object: "dictionary",
  record: "dictionary",
};

const TARGETS = /^\^\(\?:([a-z0-9|-]{1,2000})\)--/;

/** The types that a reference may point to, where the schema names them. */
function targetsOf(schema: z.ZodType): readonly string[] | undefined {
  const pattern = schema.meta()?.pattern;
  return typeof pattern === "string" ? TARGETS.exec(pattern)?.[1]?.split("|") : undefined;
}

function describe(schema: z.ZodType): Known {
  const { type, format } = definition(schema);
  if (type === "number") return { kind: format === "safeint" || format === "int32" ? "integer" : "float", schema };
  const kind = (format === undefined ? undefined : FORMATS[format]) ?? KINDS[type] ?? "any";
  const targets = kind === "reference" ? targetsOf(schema) : undefined;
  return targets === undefined ? { kind, schema } : { kind, schema, targets };
}

const ANY: Known = { kind: "any" };
/** Names under which anybody may put what he likes. */
const isFree = (name: string): boolean =>
  name.startsWith("x_") || name.startsWith("x-") || name.startsWith("extension-definition--");

/** One property of an object, or one entry of a dictionary; `undefined` where there is none of that name. */
function member(schema: z.ZodType, name: string): z.ZodType | "any" | undefined {
  const { type, shape, catchall, valueType } = definition(schema);
  if (type === "record") return valueType === undefined ? "any" : bare(valueType);
  if (type !== "object" || shape === undefined) return type === "unknown" ? "any" : undefined;
  const found = Object.hasOwn(shape, name) ? shape[name] : undefined;
  if (found !== undefined) return bare(found);
  if (isFree(name)) return "any";
  // Hashes of other algorithms are legal; other extensions carry the id of their definition.
  return catchall !== undefined && definition(catchall).type === "string" ? bare(catchall) : undefined;
}

/** The property that a path names. Paths of types that have no schema here, and whatever is behind a reference to such, are `any`. */
export function propertyOf({ type, steps }: Path): Property {
  const first = sortOfType(type) === "unknown" ? undefined : SCHEMAS.get(type);
  if (first === undefined) return ANY;
  let schemas: readonly z.ZodType[] = [first];
  let after = type;
  for (const [i, step] of steps.entries()) {
    const inner: z.ZodType[] = [];
    for (const schema of schemas) {
      const { kind, targets } = describe(schema);
      if (step.kind !== "key") {
        const { element } = definition(schema);
        if (kind === "list" && element !== undefined) inner.push(bare(element));
        continue;
      }
      if (kind === "reference") {
        const behind = targets?.map((target) => SCHEMAS.get(target));
        if (behind === undefined || behind.includes(undefined)) return ANY;
        for (const target of behind) {
          const found = target === undefined ? undefined : member(target, step.name);
          if (found === "any") return ANY;
          if (found !== undefined) inner.push(found);
        }
        continue;
      }
      const found = member(schema, step.name);
      if (found === "any") return ANY;
      if (found !== undefined) inner.push(found);
    }
    if (inner.length === 0) return { kind: "unknown", step: i, after };
    schemas = inner;
    after = step.kind === "key" ? step.name : after;
  }
  const described = schemas.map(describe);
  const [one] = described;
  return one !== undefined && described.every(({ kind }) => kind === one.kind) ? one : ANY;
}

/** Whether a path names the value of an address: of the object itself or behind a reference that may point to one. */
export function isAddress({ type, steps }: Path): boolean {
  const last = steps.at(-1);
  if (last?.kind !== "key" || last.name !== "value") return false;
  if (steps.length === 1) return type === "ipv4-addr" || type === "ipv6-addr";
  const before = { type, steps: steps.slice(0, -1), at: { offset: 0, end: 0 } };
  const property = propertyOf(before);
  if (property.kind === "reference")
    return (
      property.targets === undefined ||
      property.targets.some((target) => target === "ipv4-addr" || target === "ipv6-addr")
    );
  const name = before.steps.findLast((step) => step.kind === "key")?.name ?? "";
  return property.kind === "any" && /_refs?$/.test(name);
}
