import type { Banner } from "../../schemas/policy/banner.ts";
import { bannerOf } from "../policy/banner.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import type { AdmittedLane } from "./admission.ts";
import type { Rendered } from "./render.ts";
import type { Sight } from "./sight.ts";
import { wireText } from "./wire-text.ts";

const bannerFor = (sight: Sight, lanes: Iterable<AdmittedLane>): Banner =>
  bannerOf(
    [...lanes].map(({ entry, cut }) => ({ label: entry.label, cut })),
    sight.viewer,
    sight.snapshot.agreements,
    formatInstant(sight.snapshot.at),
  );

/**
 * What a file holds so far, and whether its maker may still have it: admission is read anew with each page and each piece that is sent. A change
 * of policy that touches nothing inside is none.
 */
export class ExportPromise {
  readonly #lanes = new Map<string, AdmittedLane>();
  #judged: unknown;
  #said: string | undefined;

  /** Takes note of what a page shows. */
  hold(sight: Sight, objects: readonly Rendered[]): void {
    for (const { seen } of objects) {
      for (const { lane } of seen.rows) {
        const admitted = sight.admission.lanes.get(lane);
        if (admitted !== undefined && !this.#lanes.has(lane)) this.#lanes.set(lane, admitted);
      }
    }
    this.#judged = undefined;
  }

  /** `Fault("unavailable")`, `export.changed`, if the maker lost something that is inside, or the banner says other than what holds now. */
  check(sight: Sight): void {
    const { viewer, admission } = sight;
    // An admission keeps its lanes until policy or a date alters it; what labels came in since adds to them only.
    if (this.#judged === admission.lanes) return;
    const now = [...this.#lanes].map(([lane, then]) => ({ then, held: admission.lanes.get(lane) }));
    const kept = now.every(
      ({ then, held }) =>
        held !== undefined &&
        held.cut.join("\n") === then.cut.join("\n") &&
        wireText(viewer, held) === wireText(viewer, then),
    );
    if (!kept || (this.#said !== undefined && this.#said !== JSON.stringify(bannerFor(sight, this.#lanes.values()))))
      throw new Fault("unavailable", "what you may take away changed while the file was made: ask again", {
        code: "export.changed",
        retryAfter: 1,
      });
    this.#judged = admission.lanes;
  }

  /** The banner over all that is inside, which from now on has to hold. */
  banner(sight: Sight): Banner {
    this.check(sight);
    const made = bannerFor(sight, this.#lanes.values());
    this.#said = JSON.stringify(made);
    return made;
  }

  /** Agreements inside name what it may be used for: what is common to all that name anything. */
  purposes(sight: Sight, { agreements }: Banner): string[] {
    const lists = agreements.flatMap((id) => {
      const held = Object.hasOwn(sight.snapshot.agreements, id) ? sight.snapshot.agreements[id] : undefined;
      const named = held !== undefined && "purposes" in held ? held.purposes : undefined;
      return Array.isArray(named) ? [named.map(String)] : [];
    });
    return (lists[0] ?? []).filter((purpose) => lists.every((list) => list.includes(purpose)));
  }
}
