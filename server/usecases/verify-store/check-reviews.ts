import { Lanes, ReviewEntries, Reviews } from "../../storage/collections.ts";
import { entryOf, type LaneFacts } from "../review-at-post.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

/** Entries of the review queue against their reviews: each waits where its review's state and its own facts say (triage 2). */
export async function* checkReviews(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(parts, ReviewEntries, async (page, unit, report) => {
    const reviews = new Map(
      (await unit.collection(Reviews).getMany([...new Set(page.map(({ review }) => review))])).map((one) => [
        one.id,
        one,
      ]),
    );
    const lanes = new Set(
      (await unit.collection(Lanes).getMany([...new Set(page.map(({ lane }) => lane))])).map(({ id }) => id),
    );
    for (const entry of page) {
      const review = reviews.get(entry.review);
      if (review === undefined) {
        report("verify.entry_orphan", entry.id, "there is no such review");
        continue;
      }
      if (!lanes.has(entry.lane)) report("verify.entry_orphan", entry.id, "its lane is not known");
      const made = entryOf(review, entry.lane, entry as LaneFacts, entry.stamps);
      const same =
        made !== undefined &&
        made.id === entry.id &&
        made.place === entry.place &&
        made.at === entry.at &&
        made.class === entry.class;
      if (!same) report("verify.entry_place", entry.id, "its review's state and its facts say otherwise");
    }
  });
}
