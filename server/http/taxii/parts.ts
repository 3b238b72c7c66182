import type { Viewer } from "../../../schemas/policy/viewer.ts";
import type { Moment } from "../../shared/moment.ts";
import type { Intake } from "../../usecases/intake.ts";
import type { CollectionIds } from "../../usecases/taxii/collection-ids.ts";
import type { CollectionName, CollectionPage, PageAsk, WrittenEntry } from "../../usecases/taxii/collection-page.ts";
import type { Statuses } from "../../usecases/taxii/statuses.ts";

/** Collections as one reader finds them, in that reader's order (order). */
export interface Collections {
  /** Faults: `bad_request` for a cursor that is not one of this reader and question. */
  page(viewer: Viewer, moment: Moment, ask: PageAsk): Promise<CollectionPage>;
  /** The same as `write` makes it, which works while the page is being recorded. */
  written<R>(
    viewer: Viewer,
    moment: Moment,
    ask: PageAsk,
    write: (page: CollectionPage<WrittenEntry>) => R,
  ): Promise<R>;
  /** Whether there is any version of an object that this reader may see. */
  exists(viewer: Viewer, moment: Moment, collection: CollectionName, id: string): Promise<boolean>;
}

/** Takes back what the caller's own agency said. Faults: `not_found`, `forbidden` for another agency's object that the caller sees. */
export interface Withdraws {
  withdraw(ask: {
    readonly viewer: Viewer;
    readonly account: string;
    readonly moment: Moment;
    readonly object: string;
    readonly version?: string;
    readonly reason: string;
    readonly channel: "taxii";
  }): Promise<unknown>;
}

/** What the TAXII routes work with. */
export interface TaxiiParts {
  readonly collections: Collections;
  readonly withdrawals: Withdraws;
  readonly statuses: Statuses;
  readonly intake: Intake;
  readonly ids: CollectionIds;
  /** The working group, whose API root this is: `/taxii2/<group>/`. */
  readonly group: string;
  /** What others reach the server under, without a slash at the end; known for good once it listens. */
  readonly publicUrl: () => string;
}
