import type { Item, StixJson } from "../pipeline/steps.ts";
import { formatMicros } from "../shared/instant.ts";
import { Rows } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import { admittedLanes } from "./admission.ts";
import type { LabelEntry, Snapshot } from "./snapshot.ts";

/** The longest text that is taken for a date of an object that was refused. */
const LONGEST = 100;

/** `modified`, else `created`, as the sender wrote it. */
const versionOf = ({ modified, created }: StixJson): string | undefined =>
  [modified, created].find((text): text is string => typeof text === "string" && text.length <= LONGEST);

/** An object of a batch, and the contributions that it may stand as: the first that is there counts. */
export interface Named {
  readonly index: number;
  readonly stixId: string;
  readonly names: () => readonly string[];
}

/** The versions of a batch's objects by place, as a TAXII status names them (TAXII reference T-050). */
export class ObjectVersions {
  readonly #byIndex = new Map<number, string>();
  /** Of what has no date of its own, as the transaction that ran last placed it. */
  #added: ReadonlyMap<number, string> = new Map();

  constructor(items: readonly Item[]) {
    for (const item of items) {
      const version = "object" in item ? versionOf(item.object) : undefined;
      if (version !== undefined) this.#byIndex.set(item.index, version);
    }
  }

  get(index: number): string | undefined {
    return this.#byIndex.get(index) ?? this.#added.get(index);
  }

  /**
   * What has no date of its own is named by when it was added, as the collection names it to its sender: by the row of the tier that the sender is
   * shown, and no other, whose place could tell of rows beside it. `entryOf` gives the labels that came with this batch.
   */
  async nameTimeless(
    unit: Unit,
    objects: readonly Named[],
    poster: string,
    snapshot: Snapshot,
    entryOf: (label: string) => LabelEntry | undefined,
  ): Promise<void> {
    this.#added = new Map();
    const timeless = objects
      .filter(({ index }) => !this.#byIndex.has(index))
      .map(({ index, stixId, names }) => ({ index, stixId, names: names() }));
    const viewer = snapshot.viewer(poster);
    if (timeless.length === 0 || viewer === undefined) return;
    const ids = [...new Set(timeless.map(({ stixId }) => stixId))];
    const wanted = new Set(timeless.flatMap(({ names }) => names));
    const rows = (await unit.collection(Rows).find({ index: "stix", values: ids })).filter(({ contribution }) =>
      wanted.has(contribution),
    );
    const entries = [...new Set(rows.map(({ label }) => label))].flatMap((label) => entryOf(label) ?? []);
    const shown = new Set(admittedLanes(viewer, entries, snapshot, "taxii").map(({ lane }) => lane));
    const added = new Map(
      rows.filter(({ lane }) => shown.has(lane)).map(({ contribution, stamp }) => [contribution, formatMicros(stamp)]),
    );
    this.#added = new Map(
      timeless.flatMap(({ index, names }) => {
        const version = names.map((name) => added.get(name)).find((one) => one !== undefined);
        return version === undefined ? [] : [[index, version] as const];
      }),
    );
  }
}
