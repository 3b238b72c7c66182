import type { ListQuery } from "../../schemas/api/objects.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import type { Channel } from "../../schemas/policy/vocabulary.ts";
import type { StixJson } from "../pipeline/steps.ts";
import { sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import type { Storage } from "../storage/port.ts";
import type { Admissions } from "./admission.ts";
import type { AuditStream } from "./append-audit.ts";
import { ownContent } from "./content-hash.ts";
import { type ExportFormat, exportStream } from "./export-objects.ts";
import { lookupValues, whereValueIs } from "./lookup-values.ts";
import { readMine } from "./read-mine.ts";
import { type ListAsk, readObjects } from "./read-objects.ts";
import { readEdges, readOne, readSources, type SourceView } from "./read-one.ts";
import type { Rendered, Renderer } from "./render.ts";
import { Sight } from "./sight.ts";
import { rememberJudged, type Snapshots } from "./snapshot.ts";

export interface ContentParts {
  readonly storage: Storage;
  readonly snapshots: Snapshots;
  readonly admissions: Admissions;
  readonly renderer: Renderer;
  readonly disclosures: AuditStream;
  readonly keys: { readonly namespace: Uint8Array; readonly cursor: Uint8Array };
}

type Filters = Omit<ListQuery, "limit" | "next">;

const micros = (text: string, path: string): number => {
  const instant = parseInstant(text);
  if (instant === undefined)
    throw new Fault("bad_request", `${text} is no date and time that there is`, { code: "query.instant", path });
  return instant.ms * 1000;
};

/** What readers ask for. Each answer is computed from what the caller may see, and recorded before it leaves (design 6). */
export class Content {
  readonly #parts: ContentParts;
  #remembered = 0;

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  /** What this viewer sees at this moment over this channel. */
  async sight(viewer: Viewer, moment: Moment, channel: Channel): Promise<Sight> {
    const { storage, snapshots, admissions, renderer } = this.#parts;
    const snapshot = await snapshots.read(storage, moment.now);
    this.#remember(snapshot.at);
    // The directory's view of the account, so that a change since it signed in counts.
    const current = snapshot.viewer(viewer.id) ?? viewer;
    return new Sight(
      storage,
      current,
      snapshot,
      admissions.of(current, snapshot, channel),
      new Set(renderer.common.keys()),
    );
  }

  /** Once a minute, beside the request: a clock that jumps back must not re-open what a reader saw closed (design 6). */
  #remember(at: number): void {
    if (at < this.#remembered + 60_000) return;
    this.#remembered = at;
    this.#parts.storage
      .transaction((unit) => rememberJudged(unit, at))
      .catch(() => {
        this.#remembered = 0;
      });
  }

  /** Says who is about to be shown which lanes up to where; the answer waits for it. */
  async #disclose(sight: Sight, what: string, objects: readonly Rendered[]): Promise<void> {
    if (objects.length === 0) return;
    const lanes: Record<string, [number, number]> = {};
    for (const { seen } of objects) {
      for (const row of seen.rows) {
        const held = lanes[row.lane];
        lanes[row.lane] =
          held === undefined ? [row.stamp, row.stamp] : [Math.min(held[0], row.stamp), Math.max(held[1], row.stamp)];
      }
    }
    await this.#parts.disclosures.record({
      actor: sight.viewer.id,
      revision: sight.snapshot.revision,
      at: sight.snapshot.at,
      what,
      detail: { lanes },
    });
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
      ...(value === undefined ? {} : { value: whereValueIs(value, this.#parts.keys.namespace) }),
      ...(text === undefined ? {} : { text }),
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
    const page = await readObjects(storage, sight, renderer, keys.cursor, {
      ...this.#ask(filters),
      limit,
      ...(next === undefined ? {} : { next }),
    });
    await this.#disclose(sight, "list", page.objects);
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
  ): Promise<{ object: StixJson; markings: StixJson[]; hash?: string; label?: Label }> {
    const sight = await this.sight(viewer, moment, "api");
    const { renderer } = this.#parts;
    const shared =
      renderer.common.get(id) ??
      (id.startsWith("marking-definition--") ? await renderer.ownMarking(sight, id) : undefined);
    if (shared !== undefined) return { object: shared, markings: [] };
    const rendered = await readOne(sight, renderer, id);
    await this.#disclose(sight, "object", [rendered]);
    const own = ownContent(sight, rendered.seen);
    return {
      object: rendered.object,
      markings: renderer.markingsOf(sight, [rendered]),
      ...(own === undefined ? {} : { hash: own.hash, label: own.label }),
    };
  }

  async sources(viewer: Viewer, moment: Moment, id: string): Promise<SourceView[]> {
    const sight = await this.sight(viewer, moment, "api");
    const { views, seen } = await readSources(sight, this.#parts.renderer, id);
    await this.#disclose(sight, "sources", [{ object: {}, tlp: "CLEAR", values: [], seen }]);
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
    await this.#disclose(sight, "relationships", page.objects);
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
    const hits = await lookupValues(sight, this.#parts.renderer, this.#parts.keys.namespace, given);
    await this.#disclose(
      sight,
      "lookup",
      hits.flatMap((hit) => hit.objects),
    );
    return hits.map((hit) => ({ ...hit, objects: hit.objects.map(({ object }) => object) }));
  }

  async mine(viewer: Viewer, moment: Moment, limit: number, next: string | undefined): ReturnType<typeof readMine> {
    const sight = await this.sight(viewer, moment, "api");
    return readMine(this.#parts.storage, sight, this.#parts.keys.cursor, {
      limit,
      ...(next === undefined ? {} : { next }),
    });
  }

  /** A stream of everything that the filters leave of what may be taken away. */
  async export(
    viewer: Viewer,
    moment: Moment,
    filters: Filters,
    format: ExportFormat,
  ): Promise<{ stream: AsyncIterable<string>; type: string; name: string }> {
    const { storage, renderer, keys } = this.#parts;
    const sight = await this.sight(viewer, moment, "export");
    const ask = this.#ask(filters);
    const disclose = (objects: readonly Rendered[]): Promise<void> => this.#disclose(sight, "export", objects);
    const pages = async function* (): AsyncGenerator<readonly Rendered[]> {
      let next: string | undefined;
      do {
        const page = await readObjects(storage, sight.again(), renderer, keys.cursor, {
          ...ask,
          limit: 1000,
          ...(next === undefined ? {} : { next }),
        });
        await disclose(page.objects);
        yield page.objects;
        next = page.next;
      } while (next !== undefined);
    };
    const serial = Buffer.from(moment.random(12)).toString("base64url");
    const stamp = {
      // The request's own instant: the one that gates are judged at may be a moment later, for somebody else's sake.
      at: formatInstant(moment.now),
      serial,
      agency: sight.viewer.agency ?? sight.viewer.role,
      account: sha256(`${serial}|${sight.viewer.id}`).slice(0, 12),
    };
    return exportStream(pages(), format, sight, renderer, stamp, moment);
  }
}
