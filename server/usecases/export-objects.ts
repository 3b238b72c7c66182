import { createHash } from "node:crypto";
import type { Banner } from "../../schemas/policy/banner.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import type { BlockKind, OwnHosts } from "../formats/block-value.ts";
import { bundleFraming } from "../formats/write-bundle.ts";
import { mispFraming } from "../formats/write-misp.ts";
import { inPieces, Tally } from "../formats/write-record.ts";
import { commented, type ExportStamp, type Framing } from "../formats/write-stamp.ts";
import { canonicalJson } from "../shared/canonical-json.ts";
import { sha256, uuid5, uuidBytes } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import type { Storage } from "../storage/port.ts";
import { blocklistBody, bundleBody, csvBody, type ExportPage, listBody, mispBody } from "./export-bodies.ts";
import { ExportPromise } from "./export-promise.ts";
import { WITHHELD_WORDS, type Withheld, withheldFrom, withheldLanes } from "./export-withheld.ts";
import { type ListAsk, readPage } from "./read-objects.ts";
import { readOne, seenUnder } from "./read-one.ts";
import type { Rendered, Renderer } from "./render.ts";
import { bytesOf, type OpenScratch } from "./scratch.ts";
import type { Sight } from "./sight.ts";
import type { LaneHeads } from "./taxii/lane-heads.ts";

export type ExportFormat = "stix" | "csv" | "list" | "misp" | "plain" | "hosts" | "rpz";

/** What is asked for: one object, or all that the filters leave. */
export interface ExportAsk {
  readonly format: ExportFormat;
  /** Of a blocklist: one kind of value. */
  readonly kind?: BlockKind;
  readonly id?: string;
  readonly filters: Omit<ListAsk, "limit" | "next">;
}

/** What became of an export, for the one who asked. */
export interface ExportOutcome {
  readonly serial: string;
  readonly at: string;
  readonly format: ExportFormat;
  readonly file: string;
  readonly banner: Banner;
  readonly written: number;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly sha256: string;
  /** What the asker may read and not take away: how many of each reason, and the first of them by id. */
  readonly withheld: { readonly counts: Readonly<Record<string, number>>; readonly objects: readonly Withheld[] };
}

export interface ExportParts {
  readonly storage: Storage;
  readonly heads: LaneHeads;
  readonly renderer: Renderer;
  readonly cursorKey: Uint8Array;
  readonly scratch: OpenScratch;
  readonly own: OwnHosts;
  /** What the asker sees now, read anew. */
  see(channel: Channel): Promise<Sight>;
  /** Recorded before the bytes leave. */
  disclose(sight: Sight, objects: readonly Rendered[], serial: string): Promise<void>;
  /** Kept for the asker, and the serial in the disclosure log, before the bytes leave. */
  keep(sight: Sight, outcome: ExportOutcome): Promise<void>;
}

interface Kind {
  readonly type: string;
  readonly ending: string;
}
const FORMATS = {
  stix: { type: "application/stix+json;version=2.1", ending: "json" },
  csv: { type: "text/csv; charset=utf-8", ending: "csv" },
  list: { type: "text/plain; charset=utf-8", ending: "txt" },
  misp: { type: "application/json; charset=utf-8", ending: "misp.json" },
  plain: { type: "text/plain; charset=utf-8", ending: "txt" },
  hosts: { type: "text/plain; charset=utf-8", ending: "hosts" },
  rpz: { type: "text/dns; charset=utf-8", ending: "rpz" },
} as const satisfies Record<ExportFormat, Kind>;
/** The media types of all formats. */
export const EXPORT_TYPES: readonly string[] = [...new Set(Object.values(FORMATS).map(({ type }) => type))];

const PAGE = 1000;
/** Ids of withheld objects that a receipt lists; it counts them all. */
const MOST_LISTED = 10_000;
/** Namespace of the ids that MISP knows agencies by: our identity as an author. */
const ORGANISATIONS = uuidBytes("ed6e1c0f-a3c7-4371-a9ff-60e1185a3c4f");

/** A digest of what the exporter may know of the policy: its own account and the agreements of its country, not a global revision (policy 7). */
function policyDigest({ viewer, snapshot }: Sight): string {
  const known = Object.entries(snapshot.agreements).filter(
    ([, { parties }]) => viewer.country !== undefined && parties.includes(viewer.country),
  );
  return sha256(canonicalJson({ viewer, agreements: Object.fromEntries(known) })).slice(0, 16);
}

/** The one object of an export by id. `Fault("forbidden")` where the asker sees it and may not take it away; not found as ever (policy 6, Q25). */
async function oneObject(parts: ExportParts, sight: Sight, id: string): Promise<Rendered> {
  if ((await seenUnder(sight, id)) !== undefined) return readOne(sight, parts.renderer, id);
  const api = await parts.see("api");
  const { seen } = await readOne(api, parts.renderer, id);
  const why = withheldLanes(api.admission, sight.admission);
  const reason = seen.rows.map(({ lane }) => why(lane)).find((one) => one !== undefined) ?? "field-rule";
  throw new Fault("forbidden", WITHHELD_WORDS[reason], { code: `export.${reason}`, path: "id" });
}

/** Pages of an export, each under what is admitted at its moment. */
async function* pagesOf(
  parts: ExportParts,
  { id, filters }: ExportAsk,
  promise: ExportPromise,
  serial: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ExportPage> {
  const shown = (sight: Sight, objects: readonly Rendered[]): ExportPage => ({
    sight,
    objects,
    take: async (taken) => {
      promise.hold(sight, taken);
      await parts.disclose(sight, taken, serial);
    },
  });
  if (id !== undefined) {
    const sight = await parts.see("export");
    yield shown(sight, [await oneObject(parts, sight, id)]);
    return;
  }
  let next: string | undefined;
  do {
    if (signal?.aborted === true)
      throw new Fault("unavailable", "the client is gone; nothing is made for nobody", { code: "export.gone" });
    const sight = await parts.see("export");
    promise.check(sight);
    const page = await readPage(parts.storage, parts.heads, sight, parts.renderer, parts.cursorKey, {
      ...filters,
      limit: PAGE,
      ...(next === undefined ? {} : { next }),
    });
    yield shown(sight, page.objects);
    next = page.next;
  } while (next !== undefined);
}

async function withheldOf(parts: ExportParts, exported: Sight, ask: ExportAsk): Promise<ExportOutcome["withheld"]> {
  const counts: Record<string, number> = {};
  const objects: Withheld[] = [];
  if (ask.id === undefined) {
    const found = withheldFrom(parts, await parts.see("api"), exported.admission, ask.filters);
    for await (const one of found) {
      counts[one.reason] = (counts[one.reason] ?? 0) + 1;
      if (objects.length < MOST_LISTED) objects.push(one);
    }
  }
  return { counts, objects };
}

/** The lines of a format and what stands round them. */
function writing(
  { renderer, scratch, own }: ExportParts,
  { format, kind }: ExportAsk,
  pages: AsyncIterable<ExportPage>,
  tally: Tally,
  moment: Moment,
  agency: string,
): { body: AsyncIterable<string>; framing: Framing } {
  switch (format) {
    case "stix": {
      const ids = { bundle: `bundle--${uuid4(moment)}`, marking: `marking-definition--${uuid4(moment)}` };
      const framing = bundleFraming({ ...ids, author: renderer.group.groupIdentity });
      return { body: bundleBody(pages, renderer, tally), framing };
    }
    case "csv":
      return { body: csvBody(pages, tally), framing: commented("#", "\r\n") };
    case "list":
      return { body: listBody(pages, tally), framing: commented("#") };
    case "misp": {
      const tags = new Set<string>();
      const ids = { event: uuid4(moment), organisation: uuid5(ORGANISATIONS, agency) };
      const framing = mispFraming({ ...ids, tags: () => [...tags].sort() });
      return { body: mispBody(pages, moment.now, tally, tags, scratch), framing };
    }
    default: {
      const ask = { format, own, at: moment.now, ...(kind === undefined ? {} : { kind }) };
      return {
        body: blocklistBody(pages, ask, tally, scratch),
        framing: commented(format === "rpz" ? ";" : "#"),
      };
    }
  }
}

/**
 * An export with its media type and file name. All of it is written to a scratch before the first byte leaves, since what stands at its top (banner,
 * counts, digest) is known at its end, and a header that says less than what is inside would be a fault (policy 10). So whatever goes wrong on the way
 * is a fault reply; while it is sent, the admission is read with each piece, and a loss cuts it.
 */
export function exportObjects(
  parts: ExportParts,
  ask: ExportAsk,
  who: { readonly id: string; readonly agency: string },
  moment: Moment,
  signal?: AbortSignal,
): { stream: AsyncIterable<Uint8Array>; type: string; name: string; serial: string } {
  const serial = Buffer.from(moment.random(12)).toString("base64url");
  // The request's own instant: the one that gates are judged at may be a moment later, for somebody else's sake.
  const at = formatInstant(moment.now);
  const { type, ending } = FORMATS[ask.format];
  const name = `tricord-${at.slice(0, 10)}-${serial}.${ending}`;
  const make = async function* (): AsyncGenerator<Uint8Array> {
    const promise = new ExportPromise();
    const tally = new Tally();
    const content = parts.scratch();
    try {
      const pages = pagesOf(parts, ask, promise, serial, signal);
      const { body, framing } = writing(parts, ask, pages, tally, moment, who.agency);
      const digest = createHash("sha256");
      for await (const piece of inPieces(body)) {
        const bytes = Buffer.from(piece);
        digest.update(bytes);
        await content.append(bytes);
      }
      const sight = await parts.see("export");
      const banner = promise.banner(sight);
      const withheld = await withheldOf(parts, sight, ask);
      const stamp: ExportStamp = {
        banner,
        purposes: promise.purposes(sight, banner),
        at,
        serial,
        agency: who.agency,
        account: sha256(`${serial}|${who.id}`).slice(0, 12),
        policy: policyDigest(sight),
        tally: tally.text,
        sha256: digest.digest("hex"),
      };
      await parts.keep(sight, {
        ...{ serial, at, format: ask.format, file: name, banner, written: tally.written, leftOut: tally.left },
        ...{ sha256: stamp.sha256, withheld },
      });
      yield Buffer.from(framing.head(stamp));
      for await (const bytes of bytesOf(content)) {
        promise.check(await parts.see("export"));
        yield bytes;
      }
      yield Buffer.from(framing.tail(stamp));
    } finally {
      await content.close();
    }
  };
  return { stream: make(), type, name, serial };
}
