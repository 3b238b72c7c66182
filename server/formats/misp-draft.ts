import type { Item, Said, StixJson } from "../pipeline/steps.ts";
import { uuid5 } from "../shared/digest.ts";
import type { Problem } from "../shared/fault.ts";
import { MISP_NAMESPACE } from "./misp-galaxy.ts";
import type { Standing } from "./misp-label.ts";
import { sameSaid } from "./misp-label.ts";

type Without<T> = T extends unknown ? Omit<T, "index"> : never;
export type Draft = Without<Item>;

/** Where a thing stands in the input, and who may read it. */
export interface Place {
  readonly path: string;
  readonly standing: Standing;
  readonly given?: string;
}

/** As a member of an item; none where nothing is said. */
export const asSaid = (said: Said): { said?: Said } =>
  said.tlps === undefined && said.ownAgency === undefined ? {} : { said };

/** What an event becomes, as it is read: items, and what its report refers to. */
export class Drafts {
  readonly drafts: Draft[] = [];
  readonly refs = new Set<string>();
  /** MISP's UUID to the id of the object that stands for it in relationships, and to the indicator of it. */
  readonly ids = new Map<string, string>();
  readonly indicators = new Map<string, string>();
  /** Counts of what was left out, by what it was. */
  readonly left = new Map<string, number>();
  private readonly written = new Map<string, Said[]>();

  object(object: StixJson, { path, standing, given }: Place, warnings: readonly Problem[] = []): string {
    const id = String(object.id);
    this.refs.add(id);
    // The same object for the same readers once; for others once more, since each says who may read it.
    const held = this.written.get(id) ?? [];
    const once = object.type === "relationship" || object.created === EPOCH;
    if (once && held.some((said) => sameSaid(said, standing.said))) return id;
    if (once) this.written.set(id, [...held, standing.said]);
    const remarks = [...standing.warnings, ...warnings.map((one) => ({ ...one, path: one.path || path }))];
    this.drafts.push({
      object,
      place: path,
      ...(given === undefined ? {} : { given }),
      ...(remarks.length === 0 ? {} : { warnings: remarks }),
      ...asSaid(standing.said),
    });
    return id;
  }

  /** What can't be kept holds to its label, too: its sender may mend it and send it again. */
  problem(problem: Omit<Problem, "path">, { path, standing, given }: Place): void {
    this.drafts.push({
      problem: { ...problem, path },
      place: path,
      ...(given === undefined ? {} : { given: given.slice(0, 200) }),
      ...asSaid(standing.said),
    });
  }

  /** A relationship under an id of its ends and its kind: the same one twice is one. */
  relate(source: string, kind: string, target: string, at: string, place: Place, description?: string): string {
    const object = {
      type: "relationship",
      spec_version: "2.1",
      id: `relationship--${uuid5(MISP_NAMESPACE, `${source}|${kind}|${target}`)}`,
      created: at,
      modified: at,
      relationship_type: kind,
      ...(description === undefined ? {} : { description }),
      source_ref: source,
      target_ref: target,
    };
    return this.object(object, { path: place.path, standing: { said: place.standing.said, warnings: [] } });
  }

  leave(what: string, count = 1): void {
    if (count > 0) this.left.set(what, (this.left.get(what) ?? 0) + count);
  }
}

/** Of what has no date: clusters, organisations. */
export const EPOCH = "1970-01-01T00:00:00.000Z";
