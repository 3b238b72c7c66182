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
  readersOf,
} from "../policy/audience.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Renderer } from "./render.ts";
import { labelEntry, type Snapshot } from "./snapshot.ts";

/** A label with every row on. */
export const withAllOn = (label: Label): Label => ({
  ...label,
  releases: label.releases.map((row) => ({ ...row, status: "on" as const })),
});

export const anyOff = (label: Label): boolean => label.releases.some(({ status }) => status === "off");

/** Who reads what, in the words of the API: for one looker, as one snapshot has it. */
export class AudienceView {
  readonly #looking: Looking;
  readonly #snapshot: Snapshot;
  readonly #renderer: Pick<Renderer, "marking">;

  constructor(looker: Viewer, snapshot: Snapshot, renderer: Pick<Renderer, "marking">) {
    this.#snapshot = snapshot;
    this.#renderer = renderer;
    this.#looking = {
      looker,
      people: [...snapshot.accounts.keys()].flatMap((id) => snapshot.viewer(id) ?? []),
      agreements: snapshot.agreements,
      at: formatInstant(snapshot.at),
    };
  }

  #people(ids: readonly string[]): { id: string; name: string }[] {
    return ids.map((id) => ({ id, name: this.#snapshot.accounts.get(id)?.name ?? id }));
  }

  /** The very marking that such a reader is sent. */
  #marking(label: Label, { viewer, without }: ReaderGroup): { type: "marking-definition"; id: string } {
    const made = this.#renderer.marking(viewer, { lane: "", entry: labelEntry("", label), cut: without });
    return { ...made, type: "marking-definition", id: String(made.id) };
  }

  of(label: Label): AudienceReply {
    const groups = readerGroups(readersOf(label, this.#looking));
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
        return [{ agency, name, country, people: this.#people(people), without: [...without], marking }];
      }),
      later: laterChanges(label, this.#looking).map(({ at, change }) => ({ at, change: this.#told(label, change) })),
    };
  }

  change(before: Label, after: Label): AudienceChangeReply {
    const [was, is] = [readersOf(before, this.#looking), readersOf(after, this.#looking)];
    return this.#told(after, audienceChange(was, is));
  }

  #told(label: Label, { added, lost, changed }: AudienceChange): AudienceChangeReply {
    const who = ({ agency, people }: ReaderGroup): { agency: string; people: { id: string; name: string }[] } => ({
      agency: agency ?? "PUBLIC",
      people: this.#people(people),
    });
    return {
      added: added.map((group) => ({ ...who(group), without: [...group.without] })),
      lost: lost.map(who),
      changed: changed.map((group) => ({
        ...who(group),
        without: [...group.without],
        withheld: [...group.withheld],
        shown: [...group.shown],
        marking: this.#marking(label, group),
      })),
    };
  }
}
