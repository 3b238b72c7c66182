import { recognise } from "../pipeline/canonicalise/value.ts";
import { type IndexKey, keyedValue } from "../pipeline/index-terms.ts";
import { thingsOfValue } from "../pipeline/key.ts";
import { type CanonicalValue, valueTerm } from "../pipeline/steps.ts";
import type { Rendered, Renderer } from "./render.ts";
import type { Sight } from "./sight.ts";

/** What things and the index of values are named with. */
export interface ValueKeys {
  readonly namespace: Uint8Array;
  readonly index: IndexKey;
}

/** The things and terms under which a value in any spelling is found. */
export function whereValueIs(
  text: string,
  { namespace, index }: ValueKeys,
): { meanings: CanonicalValue[]; things: string[]; terms: string[] } {
  const meanings = recognise(text);
  return {
    meanings,
    things: meanings.flatMap((value) => thingsOfValue(value, namespace)),
    terms: meanings.map((value) => keyedValue(index, valueTerm(value))),
  };
}

export interface Hit {
  readonly given: string;
  readonly kind?: string;
  readonly canonical?: string;
  readonly objects: readonly Rendered[];
}

/** What the viewer sees about each value of a pasted list, in the list's order; a text that is no value has no kind and no objects. */
export async function lookupValues(
  sight: Sight,
  renderer: Renderer,
  keys: ValueKeys,
  given: readonly string[],
): Promise<Hit[]> {
  const asked = given.map((text) => ({ text, ...whereValueIs(text, keys) }));
  const rows = [
    ...(await sight.rowsOfThings(asked.flatMap(({ things }) => things))),
    ...(await sight.rowsOfValues(asked.flatMap(({ terms }) => terms))),
  ];
  const objects = await sight.seen(rows);
  const rendered = await renderer.render(sight, objects, "consolidated");
  return asked.map(({ text, meanings, things, terms }) => {
    const first = meanings[0];
    const mine = rendered.filter(
      ({ seen, values }) => things.includes(seen.thing) || values.some((value) => terms.includes(value)),
    );
    return {
      given: text,
      ...(first === undefined ? {} : { kind: first.kind, canonical: first.canonical }),
      objects: mine,
    };
  });
}
