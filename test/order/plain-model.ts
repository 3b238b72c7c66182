import type { Agreements } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { cutObject } from "../../server/pipeline/selector.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import { decide } from "../../server/policy/decide.ts";
import { wireLabel } from "../../server/policy/wire-label.ts";
import { compareInstants, formatInstant } from "../../server/shared/instant.ts";
import type { Stored } from "./order-world.ts";

/** Who asks and what is agreed at an instant. */
export interface Policy {
  readonly viewer: Viewer;
  readonly agreements: Agreements;
  /** ms. */
  readonly at: number;
}

interface Contribution {
  readonly id: string;
  readonly agency: string;
  readonly object: StixJson;
  label: Label;
}

/** What one reader is shown of one contribution, label and all. Equal views: nothing changed for the reader. */
interface View {
  readonly text: string;
  readonly object: StixJson;
}

/** What a reader was last observed to see of a contribution. */
interface Fact {
  readonly view: string;
  /** Grows when it comes anew: after it was gone, or under a label that reads otherwise. */
  readonly coming: number;
  /** Its label read otherwise, or hid it, for a time since then. */
  broken: boolean;
}

const isEdge = ({ type }: StixJson): boolean => type === "relationship" || type === "sighting";
const endsOf = (object: StixJson): string[] =>
  object.type === "sighting"
    ? [String(object.sighting_of_ref)]
    : [String(object.source_ref), String(object.target_ref)];
export const idOf = (object: StixJson): string => String(object.id);
export const versionOf = (object: StixJson): string => `${object.id}|${object.modified ?? ""}`;
/** By what contributions fold: value, pattern, or for all else the id. */
export const thingOf = (object: StixJson): string => String(object.value ?? object.pattern ?? object.id);

/** A thing of a reader's: one version, or one fold. */
export interface Item {
  readonly object: StixJson;
  /** Everything that it may be given again for, if it changes. */
  readonly tag: string;
  /** Contributions that it is made from. */
  readonly sources: readonly StixJson[];
}

/** What one reader was last observed to see, and what of that came since when: a plain list, with nothing of how the server finds it. */
export class PlainReader {
  observed: Policy | undefined;
  facts = new Map<string, Fact>();
  #comings = 0;
  /** How often a thing lost a source that was seen: its fold is given again then. */
  readonly #losses = new Map<string, number>();
  /** Versions and folds that came anew with the last observation: whoever follows has to be given them. */
  came = { versions: new Set<string>(), things: new Set<string>() };
  versions = new Map<string, Item>();
  /** The newest of each id. */
  newest = new Map<string, string>();
  things = new Map<string, Item>();

  /** How often a thing, or an id, lost something that the reader saw. */
  losses(object: StixJson): number {
    return this.#losses.get(thingOf(object)) ?? 0;
  }

  static look(
    { viewer, agreements, at }: Policy,
    { agency, object, label }: Omit<Contribution, "id">,
  ): View | undefined {
    const decision = decide({ viewer, label, agreements, at: formatInstant(at), channel: "taxii" });
    if (decision.verdict === "hidden") return undefined;
    const cut = decision.verdict === "redacted" ? (decision.without ?? []) : [];
    const own = viewer.role !== "client" && viewer.agency === agency;
    const text = JSON.stringify([wireLabel(label, viewer, cut), cut, own]);
    return { text, object: cut.length === 0 ? object : cutObject(object, cut) };
  }

  /** A contribution that the reader was seen to see has another label now. */
  relabelled(one: Contribution): void {
    const fact = this.facts.get(one.id);
    if (fact === undefined || this.observed === undefined) return;
    // As of what was observed last: what changed meanwhile and changed back nobody saw.
    if (PlainReader.look(this.observed, one)?.text !== fact.view) fact.broken = true;
  }

  observe(policy: Policy, all: Iterable<Contribution>): void {
    const facts = new Map<string, Fact>();
    const contributions = [...all];
    const seen: Array<{ one: Contribution; object: StixJson; coming: number; stayed: boolean }> = [];
    for (const one of contributions) {
      const view = PlainReader.look(policy, one);
      if (view === undefined) continue;
      const held = this.facts.get(one.id);
      const stayed = held !== undefined && held.view === view.text && !held.broken;
      const coming = stayed ? held.coming : ++this.#comings;
      facts.set(one.id, { view: view.text, coming, broken: false });
      // Seen twice alike, and otherwise between: it may be given again, and need not.
      seen.push({ one, object: view.object, coming, stayed: held !== undefined && held.view === view.text });
    }
    for (const one of contributions) {
      const held = this.facts.get(one.id);
      if (held !== undefined && facts.get(one.id)?.coming !== held.coming)
        this.#losses.set(thingOf(one.object), (this.#losses.get(thingOf(one.object)) ?? 0) + 1);
    }
    this.observed = policy;
    this.facts = facts;
    this.#items(seen, policy.viewer);
  }

  #items(
    all: ReadonlyArray<{ one: Contribution; object: StixJson; coming: number; stayed: boolean }>,
    { agency, role }: Viewer,
  ): void {
    const nodes = new Map<string, string[]>();
    for (const { one, coming } of all)
      if (!isEdge(one.object))
        nodes.set(idOf(one.object), [...(nodes.get(idOf(one.object)) ?? []), `${one.id}:${coming}`]);
    const there = all.flatMap((each) => {
      const { one, coming } = each;
      const tag = `${one.id}:${coming}`;
      if (!isEdge(one.object) || (role !== "client" && one.agency === agency)) return [{ ...each, tag }];
      const ends = endsOf(one.object).map((end) => nodes.get(end));
      return ends.includes(undefined) ? [] : [{ ...each, tag: `${tag}(${ends.flat().sort().join()})` }];
    });
    const before = { versions: this.versions, things: this.things };
    // An agency's older version of an indicator is no source of the fold that a newer one is in (dedup 3).
    const superseded = ({ one }: (typeof there)[number]): boolean =>
      one.object.type === "indicator" &&
      there.some(
        ({ one: other }) =>
          other.agency === one.agency &&
          idOf(other.object) === idOf(one.object) &&
          compareInstants(String(other.object.modified), String(one.object.modified)) > 0,
      );
    const group = (from: typeof there, keyOf: (object: StixJson) => string, held: ReadonlyMap<string, Item>) => {
      const made = new Map<string, Item & { stayed: boolean }>();
      for (const { one, object, tag, stayed } of from) {
        const key = keyOf(one.object);
        const known = made.get(key);
        const later =
          known === undefined ||
          compareInstants(String(object.modified ?? ""), String(known.object.modified ?? "")) > 0;
        made.set(key, {
          object: later ? object : known.object,
          tag: [...(known?.tag.split(";") ?? []), tag].sort().join(";"),
          sources: [...(known?.sources ?? []), object],
          stayed: (known?.stayed ?? false) || stayed,
        });
      }
      const came = new Set([...made].filter(([key, { stayed }]) => !stayed || !held.has(key)).map(([key]) => key));
      return { made, came };
    };
    const versions = group(there, versionOf, before.versions);
    const things = group(
      there.filter((each) => !superseded(each)),
      thingOf,
      before.things,
    );
    for (const [key, item] of things.made)
      things.made.set(key, { ...item, tag: `${item.tag} after ${this.#losses.get(key) ?? 0}` });
    this.versions = versions.made;
    this.things = things.made;
    this.came = { versions: versions.came, things: things.came };
    this.newest = new Map();
    for (const [key, { object }] of this.versions) {
      const held = this.newest.get(idOf(object));
      const heldObject = held === undefined ? undefined : this.versions.get(held)?.object;
      if (
        heldObject === undefined ||
        compareInstants(String(object.modified ?? ""), String(heldObject.modified ?? "")) > 0
      )
        this.newest.set(idOf(object), key);
    }
  }
}

/** All there is and who may see it, with neither lanes nor a store. */
export class PlainModel {
  readonly contributions = new Map<string, Contribution>();
  readonly viewers = new Map<string, Viewer>();
  agreements: Agreements = {};
  readonly readers = new Map<string, PlainReader>();

  posted(stored: readonly Stored[]): void {
    for (const { contribution, ...rest } of stored) this.contributions.set(contribution, { id: contribution, ...rest });
  }

  relabelled(contribution: string, label: Label): void {
    const one = this.contributions.get(contribution);
    if (one === undefined) throw new Error("relabelled what is not there");
    one.label = label;
    for (const reader of this.readers.values()) reader.relabelled(one);
  }

  reader(account: string): PlainReader {
    const held = this.readers.get(account) ?? new PlainReader();
    this.readers.set(account, held);
    return held;
  }

  /** An account asks for something: what is so now is what it was observed to be admitted to. */
  observe(account: string, at: number): PlainReader {
    const viewer = this.viewers.get(account);
    if (viewer === undefined) throw new Error(`there is no ${account}`);
    const reader = this.reader(account);
    reader.observe({ viewer, agreements: this.agreements, at }, this.contributions.values());
    return reader;
  }
}
