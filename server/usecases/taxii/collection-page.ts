/** Which of the three collections of the API root (issue of `order`): contributions as sent, folds, and what a reader has lost. */
export type CollectionName = "originals" | "consolidated" | "recalls";

/** One filter on versions: `all` stands alone; else any of first, last, and instants (ms and what is finer, as `parseInstant` gives them). */
export type VersionMatch =
  | { readonly all: true }
  | { readonly first: boolean; readonly last: boolean; readonly at: readonly string[] };

/** What is asked of a collection, checked: TAXII 2.1 section 3.4 filters. Absent members do not filter. */
export interface PageAsk {
  readonly collection: CollectionName;
  readonly ids?: readonly string[];
  readonly types?: readonly string[];
  /** Absent: `last`. */
  readonly versions?: VersionMatch;
  /** Absent: the newest of each object. What names no 2.1 finds nothing: there is nothing else here. */
  readonly specVersions?: readonly string[];
  /** `added_after`: microseconds since the epoch, exclusive. */
  readonly after?: number;
  /** 1 or more; the server's own most is applied by the caller. */
  readonly limit: number;
  readonly next?: string;
  /** Whether texts are wanted: a manifest needs none. */
  readonly bodies: boolean;
}

/** One object version as this reader gets it. */
export interface Entry {
  readonly id: string;
  /** `modified`, else `created`, verbatim; else when it was added. */
  readonly version: string;
  /** Where it stands in the reader's order: microseconds since the epoch (`date_added`). */
  readonly added: number;
  /** JSON text of the object; empty where no texts were asked for. */
  readonly text: string;
}

/** The same, made only as it is asked for. */
export interface WrittenEntry extends Entry {
  /** The text in pieces, as it is written best. */
  readonly pieces: readonly string[];
}

export interface CollectionPage<E extends Entry = Entry> {
  readonly entries: readonly E[];
  /** A cursor to go on with; absent at the end. */
  readonly next?: string;
}
