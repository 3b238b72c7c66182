import type { DisclosurePage, Receiving } from "../../../schemas/api/recalls.ts";
import type { Label } from "../../../schemas/policy/label.ts";
import type { Viewer } from "../../../schemas/policy/viewer.ts";
import { formatInstant } from "../../shared/instant.ts";
import type { Moment } from "../../shared/moment.ts";
import { Given, Readers, Recalls, Rows } from "../../storage/collections.ts";
import type { ReaderDoc } from "../../storage/documents.ts";
import type { Storage } from "../../storage/port.ts";
import { admittedLanes } from "../admission.ts";
import type { Content } from "../content.ts";
import { nameGranted } from "../contribution-name.ts";
import { chainOf, grantsOn } from "../grant-rows.ts";
import { neededEnds } from "../needed-ends.ts";
import { ownRows } from "../own-rows.ts";
import { newestPlace } from "../place-in-lanes.ts";
import type { Secrets } from "../plan-rows.ts";
import { rowOfPost } from "../post-token.ts";
import { notThere, seenUnder } from "../read-one.ts";
import { rowsOfContribution } from "../relabel-rows.ts";
import { type Row, type Sight, uuidOf } from "../sight.ts";
import type { LabelEntry } from "../snapshot.ts";
import { Ledger, reachedAt } from "../taxii/given.ts";
import { LaneHeads } from "../taxii/lane-heads.ts";
import { Lives } from "../taxii/lives.ts";
import { OrderedSight } from "../taxii/ordered-sight.ts";
import { ReaderState } from "../taxii/reader-state.ts";
import { minuteOf, stretchOf } from "./note-given.ts";
import { GIVEN, runAt, wasGiven } from "./runs.ts";

export interface ReceivedParts {
  readonly storage: Storage;
  readonly content: Content;
  readonly tokenKey: Uint8Array;
  readonly secrets: Secrets;
}

const MINUTE = 60_000;
const PAGE = 500;
type ChannelName = Receiving["channels"][number];

/** The label of a lane: its name begins with the label's id. */
const entryOfLane = (sight: Sight, lane: string): LabelEntry | undefined =>
  sight.snapshot.labels.get(lane.slice(0, -1));

/** Whether one reads it by what everybody may read alone: then its originator did not release it to that agency, and learns no name (policy 4, CLEAR). */
function byPublicOnly(sight: Sight, agency: string, label: Label | undefined): boolean {
  if (agency === "" || label === undefined) return true;
  const country = sight.snapshot.agencies.get(agency)?.country;
  const isPublic = label.releases.some((row) => row.agreement === "PUBLIC");
  const named = label.releases.some(
    (row) =>
      row.agreement !== "PUBLIC" &&
      row.status === "on" &&
      country !== undefined &&
      row.countries.includes(country) &&
      (row.agencies === "*" || row.agencies.includes(agency)),
  );
  return isPublic && !named;
}

/** Who has received something, gathered by agency. */
class Receivers {
  readonly #found = new Map<string, { first: number; readonly channels: Set<ChannelName> }>();

  /** `minute`: since the epoch. */
  add(agency: string, minute: number, channels: readonly ChannelName[]): void {
    const held = this.#found.get(agency) ?? { first: minute, channels: new Set<ChannelName>() };
    held.first = Math.min(held.first, minute);
    for (const channel of channels) held.channels.add(channel);
    this.#found.set(agency, held);
  }

  told(acknowledged: ReadonlyMap<string, number>): Receiving[] {
    return [...this.#found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([agency, { first, channels }]) => {
        const minute = acknowledged.get(agency);
        return {
          agency,
          first: formatInstant(first * MINUTE),
          channels: [...channels].sort(),
          ...(minute === undefined ? {} : { acknowledged: formatInstant(minute * MINUTE) }),
        };
      });
  }
}

/** Who has received what an agency said: by agency, way and minute, for that agency's own side (policy 7, disclosure reports). */
export class Received {
  readonly #parts: ReceivedParts;

  constructor(parts: ReceivedParts) {
    this.#parts = parts;
  }

  /** Of one's own side's contributions to what one sees under an id; another's, hidden and unknown are alike not there. */
  async object(viewer: Viewer, moment: Moment, object: string): Promise<DisclosurePage> {
    const sight = await this.#parts.content.sight(viewer, moment, "api");
    const seen = await seenUnder(sight, object);
    const own = seen === undefined ? [] : await ownRows(sight, seen);
    if (own.length === 0) throw notThere();
    return { disclosures: [{ object, received: await this.#of(sight, own, await this.#readers()) }] };
  }

  /** Of each of one's own side's posts that one may see, oldest first. */
  async list(
    viewer: Viewer,
    moment: Moment,
    ask: { readonly limit: number; readonly next?: string | undefined },
  ): Promise<DisclosurePage> {
    const { storage, content, tokenKey } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    const page = await content.mine(viewer, moment, ask.limit, ask.next, { list: "disclosures" });
    const readers = await this.#readers();
    const disclosures: DisclosurePage["disclosures"] = [];
    for (const { post, id, version } of page.posts) {
      const row = await rowOfPost(storage, sight, tokenKey, post);
      if (row === undefined) continue;
      const received = await this.#of(sight, [row], readers);
      disclosures.push({ object: id, ...(version === undefined ? {} : { version }), received });
    }
    return { disclosures, ...(page.next === undefined ? {} : { next: page.next }) };
  }

  /** Who follows TAXII collections, as they were observed last: read once a request. */
  async #readers(): Promise<readonly ReaderDoc[]> {
    const found: ReaderDoc[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#parts.storage
        .collection(Readers)
        .all({ limit: 100, ...(after === undefined ? {} : { after }) });
      found.push(...page);
      after = page.at(-1)?.id;
      if (page.length < 100) return found;
    }
  }

  async #of(sight: Sight, own: readonly Row[], readers: readonly ReaderDoc[]): Promise<Receiving[]> {
    const { storage } = this.#parts;
    const { secrets } = this.#parts;
    const copies = (await grantsOn(storage, own)).flatMap((grant) =>
      own
        .filter((row) => grant.chains.includes(chainOf(row)))
        .map((row) => nameGranted(row.contribution, grant, secrets)),
    );
    const contributions = [...new Set([...own.map(({ contribution }) => contribution), ...copies])];
    const rows: Row[] = [];
    for (const contribution of contributions) rows.push(...(await rowsOfContribution(storage, contribution)));
    const receivers = new Receivers();
    await this.#onRest(sight, rows, receivers);
    await this.#onTaxii(sight, rows, readers, receivers);
    const acknowledged = new Map<string, number>();
    for (const { agency, acknowledged: at } of await storage
      .collection(Recalls)
      .find({ index: "contributions", values: contributions }))
      if (at !== undefined)
        acknowledged.set(agency, Math.min(acknowledged.get(agency) ?? Number.POSITIVE_INFINITY, minuteOf(at)));
    return receivers.told(acknowledged);
  }

  async #onRest(sight: Sight, rows: readonly Row[], receivers: Receivers): Promise<void> {
    const places = rows.flatMap(({ lane, stamp, stages = [] }) => [{ lane, stamp }, ...stages]);
    const given = this.#parts.storage.collection(Given);
    for (const { lane, stamp } of places) {
      const label = entryOfLane(sight, lane)?.label;
      for (let after: { value: string; id: string } | undefined; ; ) {
        const page = await given.scan({
          ...{ index: "lane", prefixes: [[lane, stretchOf(stamp)]], limit: PAGE },
          ...(after === undefined ? {} : { after }),
        });
        for (const { agency, runs } of page) {
          const run = runAt(runs, stamp);
          if (run === undefined || !wasGiven(run) || agency === sight.side) continue;
          const [, , first, , how] = run;
          receivers.add(byPublicOnly(sight, agency, label) ? "public" : agency, first, [
            ...((how & GIVEN.page) === 0 ? [] : ["page" as const]),
            ...((how & GIVEN.export) === 0 ? [] : ["export" as const]),
          ]);
        }
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) break;
        after = { value: "", id: last.id };
      }
    }
  }

  /** Who follows a TAXII collection had what stood where its pages came to (ADR 0011); as each account was observed last. */
  async #onTaxii(
    sight: Sight,
    rows: readonly Row[],
    readers: readonly ReaderDoc[],
    receivers: Receivers,
  ): Promise<void> {
    const { storage } = this.#parts;
    const ends = [...new Set(rows.flatMap(neededEnds))];
    const all = storage.collection(Rows);
    const beside = [
      ...(await all.find({ index: "stix", values: ends })),
      ...(await all.find({ index: "thing", values: ends.map(uuidOf) })),
    ];
    const lanes = [...rows, ...beside].flatMap(({ lane, stages = [] }) => [lane, ...stages.map((stage) => stage.lane)]);
    const entries = [...new Set(lanes.map((lane) => lane.slice(0, -1)))].flatMap(
      (id) => sight.snapshot.labels.get(id) ?? [],
    );
    // Up to now, whenever the last place was taken.
    const clock = Math.max(await newestPlace(storage), sight.snapshot.at * 1000);
    for (const reader of readers)
      if (reader.viewer.agency !== sight.side) await this.#follower(sight, reader, rows, { entries, clock, receivers });
  }

  async #follower(
    sight: Sight,
    reader: ReaderDoc,
    rows: readonly Row[],
    found: { readonly entries: readonly LabelEntry[]; readonly clock: number; readonly receivers: Receivers },
  ): Promise<void> {
    const { storage } = this.#parts;
    const { viewer, agreements, judged } = reader;
    const lanes = admittedLanes(viewer, found.entries, { agreements, at: judged }, "taxii");
    const admission = {
      channel: "taxii" as const,
      lanes: new Map(lanes.map((lane) => [lane.lane, lane])),
      until: Number.POSITIVE_INFINITY,
    };
    const ledger = new Ledger(storage, viewer.id);
    const state = new ReaderState(reader, viewer, admission);
    if (rows.every((row) => state.history(row).length === 0)) return;
    const { snapshot, common } = sight;
    const ordered = new OrderedSight(storage, viewer, snapshot, admission, common, state, ledger, new LaneHeads());
    const lives = await Lives.read(
      storage,
      ordered,
      rows.map(({ stixId }) => stixId),
    );
    for (const row of rows) {
      for (const { begin, end } of lives.of(row)) {
        if (!(await ledger.had({ before: begin, at: Number.isFinite(end) ? end : found.clock + 1 }))) continue;
        const at = await reachedAt(storage, viewer.id, begin, snapshot.at);
        if (at === undefined) continue;
        const label = entryOfLane(sight, row.lane)?.label;
        const agency = viewer.agency ?? "";
        found.receivers.add(byPublicOnly(sight, agency, label) ? "public" : agency, minuteOf(at), ["taxii"]);
      }
    }
  }
}
