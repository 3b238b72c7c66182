import { writeBundle } from "../formats/write-bundle.ts";
import { writeCsv } from "../formats/write-csv.ts";
import { writeList } from "../formats/write-list.ts";
import type { ExportRecord } from "../formats/write-record.ts";
import { keyOf } from "../pipeline/key.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { sha256 } from "../shared/digest.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import type { Rendered, Renderer } from "./render.ts";
import type { Sight } from "./sight.ts";

export type ExportFormat = "stix" | "csv" | "list";

/** Who took it away, when and under which policy (policy 10). */
export interface ExportStamp {
  readonly at: string;
  readonly serial: string;
  readonly agency: string;
  /** Pseudonymous number of the account. */
  readonly account: string;
}

/** A digest of what the exporter may know of the policy: its own account and the agreements of its country, not a global revision (policy 7). */
function policyDigest({ viewer, snapshot }: Sight): string {
  const known = Object.entries(snapshot.agreements).filter(
    ([, { parties }]) => viewer.country !== undefined && parties.includes(viewer.country),
  );
  return sha256(canonicalJson({ viewer, agreements: Object.fromEntries(known) })).slice(0, 16);
}

/** With every value that the object states, as this reader sees it. */
function withValues({ object, tlp }: Rendered): ExportRecord {
  const keyed = keyOf(object, "");
  return { object, tlp, values: "key" in keyed ? keyed.key.values : [] };
}

async function* oneByOne(pages: AsyncIterable<readonly Rendered[]>): AsyncGenerator<ExportRecord> {
  for await (const page of pages) yield* page.map(withValues);
}

/** Each marking definition once, before the first object that names it. */
async function* withMarkings(
  pages: AsyncIterable<readonly Rendered[]>,
  sight: Sight,
  renderer: Renderer,
  first: readonly StixJson[],
): AsyncGenerator<StixJson> {
  const sent = new Set<unknown>(first.map(({ id }) => id));
  yield* first;
  for await (const page of pages) {
    for (const marking of renderer.markingsOf(sight, page)) {
      if (!sent.has(marking.id)) yield marking;
      sent.add(marking.id);
    }
    for (const { object } of page) yield object;
  }
}

/** The stream of an export with its media type and a file name. */
export function exportStream(
  pages: AsyncIterable<readonly Rendered[]>,
  format: ExportFormat,
  sight: Sight,
  renderer: Renderer,
  stamp: ExportStamp,
  moment: Moment,
): { stream: AsyncIterable<string>; type: string; name: string } {
  const lines = [
    `exported ${stamp.at} for ${stamp.agency}, account ${stamp.account}`,
    `serial ${stamp.serial}, policy ${policyDigest(sight)}`,
  ];
  const name = `tricord-${stamp.at.slice(0, 10)}-${stamp.serial}`;
  if (format === "csv")
    return { stream: writeCsv(oneByOne(pages), lines), type: "text/csv; charset=utf-8", name: `${name}.csv` };
  if (format === "list")
    return { stream: writeList(oneByOne(pages), lines), type: "text/plain; charset=utf-8", name: `${name}.txt` };
  return {
    stream: writeBundle(
      withMarkings(pages, sight, renderer, [...renderer.common.values()]),
      `bundle--${uuid4(moment)}`,
    ),
    type: "application/stix+json;version=2.1",
    name: `${name}.json`,
  };
}
