import type { ExportQuery, ListQuery } from "../../schemas/api/objects.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import type { OwnHosts } from "../formats/block-value.ts";
import { askedWords, type IndexKey } from "../pipeline/index-terms.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { Fault } from "../shared/fault.ts";
import { parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Exports } from "../storage/collections.ts";
import type { Storage } from "../storage/port.ts";
import type { Admissions } from "./admission.ts";
import type { AuditEntry } from "./append-audit.ts";
import { ownContent } from "./content-hash.ts";
import { type ExportOutcome, exportObjects } from "./export-objects.ts";
import { withoutHeld } from "./held-sources.ts";
import { lookupValues, type ValueKeys, whereValueIs } from "./lookup-values.ts";
import { readMine } from "./read-mine.ts";
import { type ListAsk, readPage } from "./read-objects.ts";
import { readEdges, readOne, readSources, readTranslations, type SourceView } from "./read-one.ts";
import type { Disclosing } from "./recall/disclose.ts";
import { Gift, receiver, type View } from "./recall/note-given.ts";
import { GIVEN } from "./recall/runs.ts";
import type { Rendered, Renderer } from "./render.ts";
import type { OpenScratch } from "./scratch.ts";
import { Sight } from "./sight.ts";
import type { Snapshots } from "./snapshot.ts";
import { LaneHeads } from "./taxii/lane-heads.ts";

export interface ContentParts {
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  readonly admissions: Admissions;
  readonly renderer: Renderer;
  readonly disclosing: Disclosing;
  readonly keys: ValueKeys & { readonly cursor: Uint8Array };
  /** Where a file waits until it is whole. */
  readonly scratch: OpenScratch;
  /** What no blocklist may name. */
  readonly own: OwnHosts;
  /** The time now, ms. */
  readonly clock: () => number;
}

type Filters = Omit<ListQuery, "limit" | "next">;

const micros = (text: string, path: string): number => {
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new Fault("bad_request", `${text} is no date and time that there is`, { code: "query.instant", path });
  return instant.ms * 1000;
};

/** Where all words are keyed hashes there are no beginnings to ask for. */
function wordsOf(text: string, index: IndexKey): readonly (readonly string[])[] {
  const words = askedWords(text, index);
  if (index.all && words.some((terms) => terms.some((term) => term.endsWith("*"))))
    throw new Fault("unprocessable", "words in this store are kept as keyed hashes: ask for whole words, without *", {
      code: "query.beginnings",
      path: "text",
    });
  return words;
}

/** What readers ask for. Each answer is computed from what the caller may see, and recorded before it leaves (design 6). */
export class Content {
  readonly #parts: ContentParts;
  readonly #heads = new LaneHeads();

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  /** What this viewer sees at this moment over this channel. */
  async sight(viewer: Viewer, moment: Moment, channel: Channel): Promise<Sight> {
    const { storage, snapshots, admissions, renderer } = this.#parts;
    const snapshot = await snapshots.read(storage, moment.now);
    await snapshots.keep(snapshot);
    // The directory's view of the account, so that a change since it signed in counts.
    const current = snapshot.viewer(viewer.id) ?? viewer;
    return new Sight(
      storage,
      current,
      snapshot,
      withoutHeld(admissions.of(current, snapshot, channel), current, snapshot),
      new Set(renderer.common.keys()),
    );
  }

  /** Says who is about to be shown which lanes up to where, and keeps what the account has with it; the answer waits for it. */
  async #disclose(
    sight: Sight,
    moment: Moment,
    what: string,
    objects: readonly Rendered[],
    view: View = "consolidated",
  ): Promise<void> {
    if (objects.length === 0) return;
    const gift = new Gift();
    await gift.add(
      sight,
      objects.map(({ seen }) => seen),
      view,
    );
    const who = receiver(sight, moment.now);
    await this.#parts.disclosing.page(sight.viewer, entryOf(sight, what, { lanes: lanesOf(objects) }), who, gift);
  }

  #ask(filters: Filters): Omit<ListAsk, "limit" | "next"> {
    const {
      view = "consolidated",
      type,
      value,
      text,
      tlp,
      source,
      received_after: after,
      received_before: before,
    } = filters;
    return {
      view,
      ...(type === undefined ? {} : { type }),
      ...(value === undefined ? {} : { value: whereValueIs(value, this.#parts.keys) }),
      ...(text === undefined ? {} : { words: wordsOf(text, this.#parts.keys.index) }),
      ...(tlp === undefined ? {} : { tlp }),
      ...(source === undefined ? {} : { source }),
      ...(after === undefined ? {} : { from: micros(after, "received_after") }),
      ...(before === undefined ? {} : { to: micros(before, "received_before") }),
    };
  }

  /** `{ objects, next? }` as JSON text. */
  async list(
    viewer: Viewer,
    moment: Moment,
    filters: Filters,
    limit: number,
    next: string | undefined,
  ): Promise<string> {
    const sight = await this.sight(viewer, moment, "api");
    const { storage, renderer, keys } = this.#parts;
    const page = await readPage(storage, this.#heads, sight, renderer, keys.cursor, {
      ...this.#ask(filters),
      limit,
      ...(next === undefined ? {} : { next }),
    });
    await this.#disclose(sight, moment, "list", page.objects, filters.view);
    return JSON.stringify({
      objects: page.objects.map(({ object }) => object),
      ...(page.next === undefined ? {} : { next: page.next }),
    });
  }

  /** One object with the marking definitions it names; on the own agency's side with label and content hash. */
  async one(
    viewer: Viewer,
    moment: Moment,
    id: string,
    lang?: string,
  ): Promise<{ object: StixJson; markings: StixJson[]; translations?: StixJson[]; hash?: string; label?: Label }> {
    const sight = await this.sight(viewer, moment, "api");
    const { renderer } = this.#parts;
    const shared =
      renderer.common.get(id) ??
      (id.startsWith("marking-definition--") ? await renderer.ownMarking(sight, id) : undefined);
    if (shared !== undefined) return { object: shared, markings: [] };
    const rendered = await readOne(sight, renderer, id);
    const translations = lang === undefined ? [] : await readTranslations(sight, renderer, rendered.seen, lang);
    await this.#disclose(sight, moment, "object", [rendered, ...translations]);
    const own = ownContent(sight, rendered.seen);
    return {
      object: rendered.object,
      markings: renderer.markingsOf(sight, [rendered, ...translations]),
      ...(lang === undefined ? {} : { translations: translations.map(({ object }) => object) }),
      ...(own === undefined ? {} : { hash: own.hash, label: own.label }),
    };
  }

  async sources(viewer: Viewer, moment: Moment, id: string): Promise<SourceView[]> {
    const sight = await this.sight(viewer, moment, "api");
    const { views, seen } = await readSources(sight, this.#parts.renderer, id);
    await this.#disclose(sight, moment, "sources", [{ object: {}, tlp: "CLEAR", values: [], seen }], "sources");
    return views;
  }

  async relationships(
    viewer: Viewer,
    moment: Moment,
    id: string,
    limit: number,
    next: string | undefined,
  ): Promise<{ objects: StixJson[]; next?: string }> {
    const sight = await this.sight(viewer, moment, "api");
    const page = await readEdges(sight, this.#parts.renderer, this.#parts.keys.cursor, {
      id,
      limit,
      ...(next === undefined ? {} : { next }),
    });
    await this.#disclose(sight, moment, "relationships", page.objects);
    return {
      objects: page.objects.map(({ object }) => object),
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  }

  async lookup(
    viewer: Viewer,
    moment: Moment,
    given: readonly string[],
  ): Promise<Array<{ given: string; kind?: string; canonical?: string; objects: StixJson[] }>> {
    const sight = await this.sight(viewer, moment, "api");
    const hits = await lookupValues(sight, this.#parts.renderer, this.#parts.keys, given);
    await this.#disclose(
      sight,
      moment,
      "lookup",
      hits.flatMap((hit) => hit.objects),
    );
    return hits.map((hit) => ({ ...hit, objects: hit.objects.map(({ object }) => object) }));
  }

  async mine(
    viewer: Viewer,
    moment: Moment,
    limit: number,
    next: string | undefined,
    { id, list }: { readonly id?: string | undefined; readonly list?: "mine" | "disclosures" } = {},
  ): ReturnType<typeof readMine> {
    const sight = await this.sight(viewer, moment, "api");
    const asked = { limit, ...(next === undefined ? {} : { next }), ...(id === undefined ? {} : { id }) };
    return readMine(this.#parts.storage, sight, this.#parts.keys.cursor, asked, list);
  }

  /** A file of everything that the filters leave of what may be taken away, or of one object. */
  export(viewer: Viewer, moment: Moment, asked: ExportQuery, signal?: AbortSignal): ReturnType<typeof exportObjects> {
    const { storage, renderer, keys, scratch, own, clock } = this.#parts;
    const { format = "stix", kind, id, ...filters } = asked;
    const blocklist = format === "plain" || format === "hosts" || format === "rpz";
    if (kind !== undefined && !blocklist)
      throw new Fault("bad_request", `kind goes with plain, hosts and rpz; the format is ${format}`, {
        code: "query.kind",
        path: "kind",
      });
    const others = Object.keys(filters);
    if (id !== undefined && others.length > 0)
      throw new Fault("bad_request", `id asks for one object; leave out ${others.join(", ")}`, {
        code: "query.id",
        path: "id",
      });
    const ask = {
      format,
      ...(kind === undefined ? {} : { kind }),
      ...(id === undefined ? {} : { id }),
      filters: this.#ask(filters),
    };
    // The clock goes on while a long file is made; it never goes back before the request's own instant.
    const see = (channel: Channel): Promise<Sight> =>
      this.sight(viewer, { ...moment, now: Math.max(moment.now, clock()) }, channel);
    // What leaves is known when the file is whole: nobody is told to have what was never sent.
    const gift = new Gift();
    const { disclosing } = this.#parts;
    const parts = {
      ...{ storage, heads: this.#heads, renderer, cursorKey: keys.cursor, scratch, own, see },
      disclose: async (sight: Sight, objects: readonly Rendered[], serial: string) => {
        const seen = objects.map((one) => one.seen);
        await gift.add(sight, seen, filters.view ?? "consolidated", GIVEN.export);
        await disclosing.begun(entryOf(sight, "export", { serial, lanes: lanesOf(objects) }));
      },
      keep: (sight: Sight, outcome: ExportOutcome) => this.#keepExport(sight, moment, outcome, gift),
    };
    const who = { id: viewer.id, agency: viewer.agency ?? viewer.role };
    return exportObjects(parts, ask, who, moment, signal);
  }

  /** The serial in the disclosure log, so that a leaked file names its export, what is in it, and what its maker is told of it. */
  async #keepExport(sight: Sight, moment: Moment, outcome: ExportOutcome, gift: Gift): Promise<void> {
    const { storage, disclosing } = this.#parts;
    const { serial, format, written, sha256: digest } = outcome;
    const { viewer, snapshot } = sight;
    const detail = { serial, format, written, sha256: digest, tlp: outcome.banner.tlp };
    const entry = entryOf(sight, "export.made", detail);
    await disclosing.file(viewer, entry, receiver(sight, moment.now), gift, serial);
    const receipt = Buffer.from(JSON.stringify(outcome));
    await storage.collection(Exports).insert([{ id: serial, account: viewer.id, at: snapshot.at, receipt }]);
  }

  /** The receipt of an export of this account as JSON text; another's is not there. */
  async exportReceipt(viewer: Viewer, serial: string): Promise<string> {
    const held = await this.#parts.storage.collection(Exports).get(serial);
    if (held === undefined || held.account !== viewer.id)
      throw new Fault("not_found", "there is no such export of yours");
    return Buffer.from(held.receipt).toString("utf8");
  }
}

function lanesOf(objects: readonly Rendered[]): Record<string, [number, number]> {
  const lanes: Record<string, [number, number]> = {};
  for (const { seen } of objects) {
    for (const row of seen.rows) {
      const held = lanes[row.lane];
      lanes[row.lane] =
        held === undefined ? [row.stamp, row.stamp] : [Math.min(held[0], row.stamp), Math.max(held[1], row.stamp)];
    }
  }
  return lanes;
}

const entryOf = ({ viewer, snapshot }: Sight, what: string, detail: Readonly<Record<string, unknown>>): AuditEntry => ({
  actor: viewer.id,
  revision: snapshot.revision,
  at: snapshot.at,
  what,
  detail,
});
