import type { StixJson } from "../../pipeline/steps.ts";
import { formatMicros } from "../../shared/instant.ts";
import { tieOf } from "../reader-order.ts";
import type { RowBrief, Seen } from "../sight.ts";
import type { WrittenEntry } from "./collection-page.ts";
import type { Splicer, View } from "./splice.ts";
import type { WalkedRow } from "./walked-row.ts";

/** What stands at a place of a reader's order. */
export interface Item {
  readonly place: number;
  readonly tie: string;
  readonly id: string;
  readonly shown:
    | { readonly plain: WalkedRow; readonly as: string }
    | { readonly seen: Seen }
    | { readonly marking: StixJson }
    | { readonly recalled: readonly string[] };
  readonly lanes: ReadonlyArray<Pick<RowBrief, "lane" | "stamp" | "originator">>;
}

export const comesAfter = (a: Item, b: Item): number =>
  a.place !== b.place
    ? a.place - b.place
    : a.tie !== b.tie
      ? a.tie > b.tie
        ? 1
        : -1
      : a.id > b.id
        ? 1
        : a.id < b.id
          ? -1
          : 0;

/** A row that is an object by itself, where it stands. Most of most pages are such: nothing is made of it before it is asked for. */
export class PlainItem implements Item {
  readonly plain: WalkedRow;
  readonly #view: View;

  constructor(row: WalkedRow, view: View) {
    this.plain = row;
    this.#view = view;
  }

  get place(): number {
    return this.plain.stamp;
  }

  get id(): string {
    return this.plain.id;
  }

  /** The id that the reader gets it under. */
  get as(): string {
    const { fold, kind, thing, stixId } = this.plain;
    return this.#view === "originals" || fold === "alone" ? stixId : `${kind}--${thing}`;
  }

  get tie(): string {
    const { version } = this.plain;
    return tieOf({ stixId: this.as, ...(version === undefined ? {} : { version }) });
  }

  get shown(): { readonly plain: WalkedRow; readonly as: string } {
    return this;
  }

  get lanes(): readonly WalkedRow[] {
    return [this.plain];
  }
}

/** The same as its reader gets it: its text is cut from the stored one when it is written. */
export class PlainEntry implements WrittenEntry {
  readonly #item: { readonly plain: WalkedRow; readonly as: string };
  readonly #splicer: Splicer;
  readonly #view: View;

  constructor(item: { readonly plain: WalkedRow; readonly as: string }, splicer: Splicer, view: View) {
    this.#item = item;
    this.#splicer = splicer;
    this.#view = view;
  }

  get id(): string {
    return this.#item.as;
  }

  get version(): string {
    return this.#splicer.version(this.#item.plain, this.#view) ?? formatMicros(this.added);
  }

  get added(): number {
    return this.#item.plain.stamp;
  }

  get pieces(): readonly string[] {
    return this.#splicer.pieces(this.#item.plain, this.#view);
  }

  get text(): string {
    return this.pieces.join("");
  }
}
