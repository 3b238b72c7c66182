import { printLeaf } from "./print.ts";
import { type Comparison, isLeaf, type Leaf, NOWHERE } from "./tree.ts";

/** What stands in brackets, in normal form (patterning 6, steps 2 and 3). `text` is the form printed, and two forms are one if their texts are. */
export type ComparisonForm =
  | { readonly kind: "leaf"; readonly text: string; readonly leaf: Leaf }
  | { readonly kind: "and" | "or"; readonly text: string; readonly parts: readonly ComparisonForm[] };

/** A disjunctive form grows exponentially: over so many terms, or parts of terms, a pattern stays the sorted tree that it is. */
export const MOST_TERMS = 1024;
export const MOST_PARTS = 16_384;
/** Characters that the disjunctive forms of one pattern may have, all of them together: many small ones add up, and so do long constants. */
export const MOST_TEXT = 1_000_000;

/** What the disjunctive forms of one pattern may still grow to. `over` once one did not fit: from then on none does. */
export class Growth {
  #left: number;
  over = false;
  constructor(most = MOST_TEXT) {
    this.#left = most;
  }
  take(characters: number): boolean {
    this.#left -= characters;
    this.over ||= this.#left < 0;
    return !this.over;
  }
}

/** Code unit order: the same everywhere. */
export const byText = (a: { readonly text: string }, b: { readonly text: string }): number =>
  a.text < b.text ? -1 : a.text > b.text ? 1 : 0;

export const leafForm = (leaf: Leaf): ComparisonForm => ({ kind: "leaf", text: printLeaf(leaf), leaf });

/** A part that is joined the other way, as the set of its own parts. */
interface Joint {
  readonly text: string;
  readonly members: ReadonlySet<string>;
}

/** Whether all members of one joint are members of another: never of one that is as small. */
function isWithin(small: Joint, large: Joint): boolean {
  if (small.members.size >= large.members.size) return false;
  for (const member of small.members) if (!large.members.has(member)) return false;
  return true;
}

/**
 * Texts of the joints that another part makes needless: one that is among its members, or a joint whose members it all has (absorption:
 * A OR (A AND B) is A). Each joint is looked up by its rarest member, so that long lists stay cheap.
 */
export function absorbed(all: ReadonlyMap<string, unknown>, joints: readonly Joint[]): Set<string> {
  const gone = new Set<string>();
  if (joints.length === 0) return gone;
  const often = new Map<string, number>();
  for (const { text, members } of joints) {
    let within = false;
    for (const member of members) {
      often.set(member, (often.get(member) ?? 0) + 1);
      within ||= all.has(member);
    }
    if (within) gone.add(text);
  }
  const kept = new Map<string, Joint[]>();
  for (const joint of joints.filter(({ text }) => !gone.has(text)).sort((a, b) => a.members.size - b.members.size)) {
    const smaller = [...joint.members].some((member) => kept.get(member)?.some((other) => isWithin(other, joint)));
    if (smaller) {
      gone.add(joint.text);
      continue;
    }
    let rarest = "";
    for (const member of joint.members)
      if (rarest === "" || (often.get(member) ?? 0) < (often.get(rarest) ?? 0)) rarest = member;
    const list = kept.get(rarest);
    if (list === undefined) kept.set(rarest, [joint]);
    else list.push(joint);
  }
  return gone;
}

function textOf(kind: "and" | "or", parts: readonly ComparisonForm[]): string {
  if (kind === "or") return parts.map(({ text }) => text).join(" OR ");
  return parts.map((part) => (part.kind === "or" ? `(${part.text})` : part.text)).join(" AND ");
}

/** Parts joined: flat, each once, in order, without what another absorbs. One part is the part. */
export function joinComparisons(kind: "and" | "or", parts: readonly ComparisonForm[]): ComparisonForm {
  const flat = new Map<string, ComparisonForm>();
  for (const part of parts)
    if (part.kind === kind) for (const inner of part.parts) flat.set(inner.text, inner);
    else flat.set(part.text, part);
  const joints: Joint[] = [];
  for (const part of flat.values())
    if (part.kind !== "leaf") joints.push({ text: part.text, members: new Set(part.parts.map(({ text }) => text)) });
  for (const text of absorbed(flat, joints)) flat.delete(text);
  const sorted = [...flat.values()].sort(byText);
  const [first] = sorted;
  if (first !== undefined && sorted.length === 1) return first;
  return { kind, text: textOf(kind, sorted), parts: sorted };
}

/** The object types that could satisfy a form; none where AND joins different ones. */
export function typesOf(form: ComparisonForm): ReadonlySet<string> {
  if (form.kind === "leaf") return new Set([form.leaf.path.type]);
  let types: Set<string> | undefined;
  for (const part of form.parts) {
    const own = typesOf(part);
    if (types === undefined) types = new Set(own);
    else if (form.kind === "or") for (const type of own) types.add(type);
    else for (const type of types) if (!own.has(type)) types.delete(type);
  }
  return types ?? new Set();
}

/** How many terms the disjunctive form has, how long the longest one and all of them are; and whether it is one already. */
export interface Extent {
  readonly terms: number;
  readonly width: number;
  readonly characters: number;
  readonly flat: boolean;
}

function extent(form: ComparisonForm): Extent {
  if (form.kind === "leaf") return { terms: 1, width: 1, characters: form.text.length, flat: true };
  const isOr = form.kind === "or";
  let [terms, width, characters, flat]: [number, number, number, boolean] = [isOr ? 0 : 1, 0, 0, true];
  let type = "";
  for (const part of form.parts) {
    const inner = extent(part);
    characters = isOr ? characters + inner.characters : characters * inner.terms + inner.characters * terms;
    terms = isOr ? terms + inner.terms : terms * inner.terms;
    width = isOr ? Math.max(width, inner.width) : width + inner.width;
    // A term that asks for two types is none, so it has to go.
    const other = !isOr && part.kind === "leaf" && part.leaf.path.type !== type && type !== "";
    if (part.kind === "leaf") type = part.leaf.path.type;
    flat &&= inner.flat && !other && (isOr || part.kind !== "or");
  }
  return { terms, width, characters, flat };
}

interface Term {
  readonly type: string;
  readonly leaves: readonly ComparisonForm[];
}

/** The terms of the disjunctive form; those that would ask one object to be of two types match nothing and drop out. */
function termsOf(form: ComparisonForm): readonly Term[] {
  if (form.kind === "leaf") return [{ type: form.leaf.path.type, leaves: [form] }];
  if (form.kind === "or") return form.parts.flatMap(termsOf);
  let terms: readonly Term[] | undefined;
  for (const part of form.parts) {
    const more = termsOf(part);
    terms = terms?.flatMap(({ type, leaves }) =>
      more.filter((term) => term.type === type).map((term) => ({ type, leaves: [...leaves, ...term.leaves] })),
    );
    terms ??= more;
  }
  return terms ?? [];
}

/** The disjunctive form, if it does not grow too much and something can match it; the sorted tree otherwise. */
export function disjunctive(form: ComparisonForm, growth: Growth): ComparisonForm {
  const { terms, width, characters, flat } = extent(form);
  if (flat || terms > MOST_TERMS || terms * width > MOST_PARTS || !growth.take(characters)) return form;
  const found = termsOf(form);
  if (found.length === 0) return form;
  return joinComparisons(
    "or",
    found.map(({ leaves }) => joinComparisons("and", leaves)),
  );
}

/** The form of a comparison whose leaves are rewritten first. */
export function comparisonForm(node: Comparison, rewrite: (leaf: Leaf) => ComparisonForm): ComparisonForm {
  if (isLeaf(node)) return rewrite(node);
  return joinComparisons(
    node.kind,
    node.operands.map((operand) => comparisonForm(operand, rewrite)),
  );
}

/** The form as a tree. Its places are nowhere but for the leaves'. */
export function comparisonTree(form: ComparisonForm): Comparison {
  if (form.kind === "leaf") return form.leaf;
  return { kind: form.kind, operands: form.parts.map(comparisonTree), at: NOWHERE };
}
