import type { AudienceChangeReply, AudienceReply } from "../../schemas/api/audience.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import {
  type AudienceChange,
  audienceChange,
  type Looking,
  laterChanges,
  type ReaderGroup,
  readerGroups,
  readersOfAll,
} from "../policy/audience.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Renderer } from "./render.ts";
import { labelEntry, type Snapshot } from "./snapshot.ts";

/** A label with every row on. */
export const withAllOn = (label: Label): Label => ({
  ...label,
  releases: label.releases.map((row) => ({ ...row, status: "on" as const })),
});

/** Whether a row of the label waits for its release. */
export const anyOff = (label: Label): boolean => label.releases.some(({ status }) => status === "off");

const namesOf = (ids: readonly string[], { accounts }: Snapshot): { id: string; name: string }[] =>
  ids.map((id) => ({ id, name: accounts.get(id)?.name ?? id }));

type Told = Omit<AudienceChangeReply, "changed"> & {
  changed: Omit<AudienceChangeReply["changed"][number], "marking">[];
};

/** A change of audience, agencies and people by name. */
export function changeTold({ added, lost, changed }: AudienceChange, snapshot: Snapshot): Told {
  const who = ({ agency, people }: ReaderGroup): { agency: string; people: { id: string; name: string }[] } => ({
    agency: agency ?? "PUBLIC",
    people: namesOf(people, snapshot),
  });
  return {
    added: added.map((group) => ({ ...who(group), without: [...group.without] })),
    lost: lost.map(who),
    changed: changed.map((group) => ({
      ...who(group),
      without: [...group.without],
      withheld: [...group.withheld],
      shown: [...group.shown],
    })),
  };
}

/** Among whom a viewer is told who reads: everybody in the directory. */
export const lookingAs = (looker: Viewer, snapshot: Snapshot): Looking => ({
  looker,
  people: [...snapshot.accounts.keys()].flatMap((id) => snapshot.viewer(id) ?? []),
  agreements: snapshot.agreements,
  at: formatInstant(snapshot.at),
});

/** Who reads what, in the words of the API: for one looker, as one snapshot has it. */
export class AudienceView {
  readonly #looking: Looking;
  readonly #snapshot: Snapshot;
  readonly #renderer: Pick<Renderer, "marking">;

  constructor(looker: Viewer, snapshot: Snapshot, renderer: Pick<Renderer, "marking">) {
    this.#snapshot = snapshot;
    this.#renderer = renderer;
    this.#looking = lookingAs(looker, snapshot);
  }

  /** The very marking that such a reader is sent. */
  #marking(label: Label, { viewer, without }: ReaderGroup): { type: "marking-definition"; id: string } {
    const made = this.#renderer.marking(viewer, { lane: "", entry: labelEntry("", label), cut: without });
    return { ...made, type: "marking-definition", id: String(made.id) };
  }

  /** `besides`: labels of copies that clients of others read by grant. */
  of(label: Label, besides: readonly Label[] = []): AudienceReply {
    const groups = readerGroups(readersOfAll([label, ...besides], this.#looking));
    const anybody = groups.find(({ agency }) => agency === undefined);
    return {
      ...(anybody === undefined
        ? {}
        : { public: { without: [...anybody.without], marking: this.#marking(label, anybody) } }),
      readers: groups.flatMap((group) => {
        const { agency, people, without } = group;
        const known = agency === undefined ? undefined : this.#snapshot.agencies.get(agency);
        if (agency === undefined || known === undefined) return [];
        const { name, country } = known;
        const marking = this.#marking(label, group);
        return [{ agency, name, country, people: namesOf(people, this.#snapshot), without: [...without], marking }];
      }),
      later: laterChanges(label, this.#looking, besides).map(({ at, change }) => ({
        at,
        change: this.#told(label, change),
      })),
    };
  }

  /** Each with the labels of its copies. */
  change(before: readonly [Label, ...Label[]], after: readonly [Label, ...Label[]]): AudienceChangeReply {
    const [was, is] = [readersOfAll(before, this.#looking), readersOfAll(after, this.#looking)];
    return this.#told(after[0], audienceChange(was, is));
  }

  #told(label: Label, change: AudienceChange): AudienceChangeReply {
    const named = changeTold(change, this.#snapshot);
    const changed = change.changed.map((group, i) => ({ group, told: named.changed[i] }));
    return {
      ...named,
      changed: changed.flatMap(({ group, told }) =>
        told === undefined ? [] : [{ ...told, marking: this.#marking(label, group) }],
      ),
    };
  }
}
