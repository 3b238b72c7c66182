import type { Declared } from "../../storage/declared.ts";
import type { Doc, Storage, Stored, Unit } from "../../storage/port.ts";
import type { Secrets } from "../plan-rows.ts";
import type { Finding, Report } from "./finding.ts";
import { IndexTotals } from "./index-totals.ts";
import { lookAtPage } from "./sound.ts";

export interface VerifyParts {
  readonly storage: Storage;
  /** The installation's: ids of labels, things and contributions are made again with them. */
  readonly secrets: Secrets;
  /** Anchors have to be signed with this one. */
  readonly keys?: { readonly anchor: Uint8Array };
  /** Other public keys that are believed: of an installation that this one was restored from. */
  readonly trusted?: readonly string[];
}

/** What one step of a check looked at and found. */
export interface Looked {
  readonly collection: string;
  /** Documents. */
  readonly looked: number;
  readonly found: readonly Finding[];
}

/** `counted`: documents looked at before it, by collection. */
export type Check = (parts: VerifyParts, counted: Readonly<Record<string, number>>) => AsyncIterable<Looked>;

/** Looks at a page of documents, in the order of their ids, with whatever else the unit shows at the same instant. */
export type Look<T extends Doc> = (
  page: readonly Stored<T>[],
  unit: Unit,
  report: Report,
  /** For what is found of another collection. */
  reportOf: (collection: string) => Report,
) => Promise<void> | void;

export interface WalkOptions<T extends Doc> {
  readonly size?: number;
  /** Of a page that is followed by more, how many documents are looked at now; the rest comes again with the next. Default: all. */
  readonly whole?: (page: readonly Stored<T>[]) => number;
}

const PAGE = 500;

/** Reads that all see one state; of log collections there are no snapshots. */
const atOnce = <R>(
  { storage }: VerifyParts,
  { placement }: Pick<Declared, "placement">,
  work: (unit: Unit) => Promise<R>,
): Promise<R> => (placement === "log" ? work(storage) : storage.snapshot(work));

/**
 * All documents of a collection by id, each page in a snapshot of its own with what it is held against. Where there are no snapshots, a page with findings is
 * looked at again, and what is gone then was somebody's write.
 */
export async function* walk<T extends Doc>(
  parts: VerifyParts,
  spec: Declared<T>,
  look: Look<T>,
  { size = PAGE, whole }: WalkOptions<T> = {},
): AsyncGenerator<Looked> {
  let after: string | undefined;
  const totals = await IndexTotals.begin(parts.storage, spec);
  yield { collection: spec.name, looked: 0, found: [] };
  for (;;) {
    const from = after;
    const step = (): Promise<{ page: readonly Stored<T>[]; found: Finding[]; more: boolean }> =>
      atOnce(parts, spec, async (unit) => {
        const read = await unit.collection(spec).all({
          limit: size,
          ...(from === undefined ? {} : { after: from }),
        });
        const more = read.length === size;
        const page = more && whole !== undefined ? read.slice(0, whole(read)) : read;
        const found: Finding[] = [];
        const reportOf =
          (collection: string): Report =>
          (code, id, message) => {
            found.push({ code, collection, id, message });
          };
        const report = reportOf(spec.name);
        await lookAtPage(spec, page, unit, report);
        await look(page, unit, report, reportOf);
        return { page, found, more };
      });
    let { page, found, more } = await step();
    if (spec.placement === "log" && found.length > 0) ({ page, found, more } = await step());
    totals.add(page);
    yield { collection: spec.name, looked: page.length, found };
    after = page.at(-1)?.id;
    if (!more || after === undefined) break;
  }
  const found: Finding[] = [];
  await totals.end((code, id, message) => found.push({ code, collection: spec.name, id, message }));
  yield { collection: spec.name, looked: 0, found };
}
