import { z } from "zod";

/** Personal data in our shapes is marked in the schema itself, so that a rule can find it (policy 5: field rules with `pii`). */
const MARK = "x-personal";

/** Marks what a property holds as personal data. The marked schema is another than the one it is made of, so it has no name. */
export function personal<T extends z.ZodType>(schema: T): T {
  const { id: _name, ...meta } = schema.meta() ?? {};
  return schema.meta({ ...meta, [MARK]: true }) as T;
}

type Json = Record<string, unknown>;
const isJson = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** The steps to each marked property; `*` stands for every member of a list. */
export function personalPaths(schema: z.ZodType): readonly (readonly string[])[] {
  const found: string[][] = [];
  const root = z.toJSONSchema(schema, { reused: "inline", unrepresentable: "any" });
  const named = (ref: unknown): unknown =>
    typeof ref === "string" && isJson(root.$defs) ? root.$defs[ref.slice("#/$defs/".length)] : undefined;
  const walk = (node: unknown, steps: readonly string[]): void => {
    if (!isJson(node)) return;
    walk(named(node.$ref), steps);
    if (node[MARK] === true) {
      found.push([...steps]);
      return;
    }
    for (const part of Array.isArray(node.allOf) ? node.allOf : []) walk(part, steps);
    if (isJson(node.properties))
      for (const [name, inner] of Object.entries(node.properties)) walk(inner, [...steps, name]);
    if (node.items !== undefined) walk(node.items, [...steps, "*"]);
  };
  walk(root, []);
  return found;
}

/** Selectors (granular-marking syntax) of what is there under these paths: `names.[0]` for the first member of a list. */
export function selectorsAt(value: unknown, paths: readonly (readonly string[])[], under = ""): string[] {
  return paths.flatMap((path) => {
    let places: Array<readonly [at: unknown, selector: string]> = [[value, under]];
    for (const step of path) {
      places = places.flatMap(([at, selector]): Array<readonly [unknown, string]> => {
        const join = (next: string): string => (selector === "" ? next : `${selector}.${next}`);
        if (step === "*") return Array.isArray(at) ? at.map((item, i) => [item, join(`[${i}]`)] as const) : [];
        return isJson(at) && Object.hasOwn(at, step) ? [[at[step], join(step)]] : [];
      });
    }
    return places.flatMap(([at, selector]) => (at === undefined ? [] : [selector]));
  });
}
