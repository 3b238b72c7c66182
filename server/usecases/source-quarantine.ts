import type { QuarantineBody, QuarantineReply } from "../../schemas/api/policy-changes.ts";
import type { Label } from "../../schemas/policy/label.ts";
import { laneId } from "../pipeline/lane.ts";
import { normaliseLabel } from "../policy/label-text.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant, parseInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Accounts, Agencies, Lanes, Rows, SourceQuarantines } from "../storage/collections.ts";
import type { SourceQuarantineDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { noPolicy } from "./policy-change-terms.ts";
import { calledBy, type PolicyChangeParts } from "./policy-change-view.ts";
import { insertPolicy, putPolicy } from "./policy-history.ts";
import { relabel } from "./relabel.ts";
import type { Who } from "./release-parts.ts";
import type { Row } from "./sight.ts";
import type { LabelEntry, Snapshot } from "./snapshot.ts";

/** Contributions that one transaction holds or frees: what writes wait for. */
const SLICE = 200;
const MICRO = 1000;

/** How far a sweep came in each lane: what stays in it is looked at once. */
type Places = ReadonlyMap<string, { readonly value: number; readonly id: string }>;

interface Sweep {
  /** The label of a contribution that is reached. */
  readonly change: (label: Label) => Label;
  /** Labels that something may be under that is to be reached. */
  readonly under: (entry: LabelEntry) => boolean;
  readonly isMeant: (row: Row) => boolean;
  /** No row before this stamp is meant. */
  readonly from: number;
}

/** What a quarantine does to what it holds: names itself on the label, or takes its name off. */
function sweepOf({ id, agency, account, since, lifted }: SourceQuarantineDoc): Sweep {
  const names = ({ quarantined }: Label): boolean => quarantined?.includes(id) === true;
  if (lifted !== undefined)
    return {
      change: ({ quarantined, ...label }) =>
        normaliseLabel({ ...label, quarantined: (quarantined ?? []).filter((one) => one !== id) }),
      under: ({ label }) => label.grantedBy === undefined && names(label),
      isMeant: () => true,
      from: 0,
    };
  return {
    change: (label) => normaliseLabel({ ...label, quarantined: [...(label.quarantined ?? []), id] }),
    // Copies that clients read by grant follow what they are of.
    under: ({ label }) => label.grantedBy === undefined && label.originator === agency && !names(label),
    isMeant: ({ received, receivedFrom }) => received >= since && (account ?? receivedFrom) === receivedFrom,
    // A row's place is never before the instant at which its post came.
    from: since * MICRO,
  };
}

/**
 * Quarantine of a source, "from X since T" (issue 7): what an agency, or one account of it, posted since an instant is read by persons of that agency alone until it is lifted. It is a gate on the label
 * (`decide`, gate 1), so that it holds on every path; what stands already is labelled anew, and what comes is labelled so.
 */
export class SourceQuarantineFlow {
  readonly #parts: PolicyChangeParts;
  /** The time, ms: read under the write lock, so that stamps follow the order of commits. */
  readonly #clock: () => number;

  constructor(parts: PolicyChangeParts & { readonly clock: () => number }) {
    this.#parts = parts;
    this.#clock = parts.clock;
  }

  #reply(doc: SourceQuarantineDoc, { viewer }: Who, snapshot: Snapshot): QuarantineReply {
    // Other countries know it by its agency (policy Q49); a reason given for one account may name it.
    const near = viewer.role === "admin" || viewer.country === snapshot.agencies.get(doc.agency)?.country;
    const { account, reason } = doc;
    return {
      ...{ quarantine: doc.id, agency: doc.agency, since: formatInstant(doc.since) },
      ...(account === undefined ? { reason } : near ? { account, reason } : {}),
      ...{ by: calledBy(doc.by, viewer, snapshot), at: formatInstant(doc.at), swept: doc.swept },
      status: doc.lifted === undefined ? "in-force" : "lifted",
    };
  }

  async list(who: Who): Promise<QuarantineReply[]> {
    const { storage, snapshots } = this.#parts;
    const snapshot = await snapshots.read(storage, who.moment.now);
    const held = await storage.collection(SourceQuarantines).all({ limit: Number.MAX_SAFE_INTEGER });
    return held.map((doc) => this.#reply(doc, who, snapshot));
  }

  /** One signer of the agency's country, or an administrator, at once: it answers when all is held. */
  async begin(ask: Who & { readonly body: QuarantineBody }): Promise<QuarantineReply> {
    const { body, moment, viewer } = ask;
    const id = uuid4(moment);
    const { places } = await this.#parts.storage.transaction(async (unit) => {
      const agency = await unit.collection(Agencies).get(body.agency);
      if (agency === undefined) throw noPolicy("agency");
      if (viewer.role !== "admin" && viewer.country !== agency.country)
        throw new Fault("forbidden", `a signer of ${agency.country} or an administrator does that`, {
          code: "change.other_country",
        });
      const since = parseInstant(body.since)?.ms;
      if (since === undefined || since > moment.now)
        throw new Fault("unprocessable", "it holds since an instant that has been", {
          code: "quarantine.since",
          path: "since",
        });
      const account = body.account === undefined ? undefined : await unit.collection(Accounts).get(body.account);
      if (body.account !== undefined && account?.agency !== agency.id)
        throw new Fault("unprocessable", `there is no account ${body.account} of ${agency.id}`, {
          code: "quarantine.account",
          path: "account",
        });
      const begun: SourceQuarantineDoc = {
        ...{ id, agency: agency.id, since, reason: body.reason, by: ask.account, at: moment.now, swept: false },
        ...(body.account === undefined ? {} : { account: body.account }),
      };
      // What fits into one transaction is held by its labels from the commit on; else all of the agency's is until the rest is reached.
      const reached = await this.#slice(unit, begun, moment, new Map());
      const doc = { ...begun, swept: reached.n < SLICE };
      const revision = await insertPolicy(unit, { kind: "quarantine", doc, at: moment.now });
      const detail = { quarantine: id, agency: agency.id, account: body.account, since: body.since };
      const row = { actor: ask.account, revision, at: moment.now, what: "quarantine.begun", detail };
      await this.#parts.audit.append(unit, row);
      return reached;
    });
    return this.goOn({ ...ask, quarantine: id }, places);
  }

  /** Reaches what is left, newest last; harmless where nothing is. For one that was cut off on its way. */
  async goOn(ask: Who & { readonly quarantine: string }, places: Places = new Map()): Promise<QuarantineReply> {
    const { storage, snapshots } = this.#parts;
    const doc = await this.#finish(ask.quarantine, ask.moment, places);
    return this.#reply(doc, ask, await snapshots.read(storage, ask.moment.now));
  }

  /** Quarantines, and liftings, that have not reached everything: some request is busy with them, or was cut off. */
  async unfinished(): Promise<string[]> {
    const all = await this.#parts.storage.collection(SourceQuarantines).all({ limit: Number.MAX_SAFE_INTEGER });
    return all.filter(({ swept }) => !swept).map(({ id }) => id);
  }

  /** Goes on with one of them; a request that is busy with it too does no harm. */
  async resume(quarantine: string, moment: Moment): Promise<void> {
    await this.#finish(quarantine, moment, new Map());
  }

  async #finish(quarantine: string, moment: Moment, places: Places): Promise<SourceQuarantineDoc> {
    const { storage } = this.#parts;
    for (let from = places; ; ) {
      const { doc, slice } = await storage.transaction(async (unit) => {
        const held = await unit.collection(SourceQuarantines).get(quarantine);
        if (held === undefined) throw noPolicy("quarantine");
        if (held.swept) return { doc: held };
        const reached = await this.#slice(unit, held, moment, from);
        if (reached.n > 0) return { doc: held, slice: reached };
        const swept: Stored<SourceQuarantineDoc> = { ...held, swept: true };
        // The end of a hold counts from when it was reached, not from when it was asked for.
        await putPolicy(unit, { kind: "quarantine", doc: swept, at: Math.max(moment.now, this.#clock()) });
        return { doc: swept };
      });
      if (slice !== undefined) from = slice.places;
      else return doc;
    }
  }

  /** Labels anew what one transaction holds. Gives how many contributions, and how far it came. */
  async #slice(
    unit: Unit,
    doc: SourceQuarantineDoc,
    moment: Moment,
    before: Places,
  ): Promise<{ readonly n: number; readonly places: Places }> {
    // A transaction may run again: where it came to counts once it is committed.
    const places = new Map(before);
    const { snapshots, secrets } = this.#parts;
    const sweep = sweepOf(doc);
    const snapshot = await snapshots.read(unit, moment.now);
    const entries = snapshot.labelList.slice(0, snapshot.labelCount).filter(sweep.under);
    const labels = new Map(entries.map((entry) => [laneId(entry.id, 0), entry.label]));
    const lanes = await unit.collection(Lanes).getMany([...labels.keys()]);
    let reached = 0;
    for (const { id, newest } of lanes.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const label = labels.get(id);
      if (label === undefined || newest < sweep.from) continue;
      while (reached < SLICE) {
        const after = places.get(id);
        const limit = SLICE - reached;
        const where = {
          index: "lane",
          prefixes: [[id]],
          limit,
          ...(after === undefined ? { from: sweep.from } : { after }),
        };
        const rows: Row[] = await unit.collection(Rows).scan(where);
        for (const row of rows) {
          if (row.id !== row.contribution || !sweep.isMeant(row)) continue;
          await relabel(unit, row.contribution, sweep.change(label), secrets, Math.max(moment.now, this.#clock()));
          reached++;
        }
        const last = rows.at(-1);
        if (last !== undefined) places.set(id, { value: last.stamp, id: last.id });
        if (rows.length < limit) break;
      }
    }
    return { n: reached, places };
  }
}
