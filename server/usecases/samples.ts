import type { SampleReply } from "../../schemas/api/orders.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { FAILURES_THAT_STOP, orderInForce, turnOn } from "../policy/standing-order.ts";
import { keyed, sha256 } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import type { Moment } from "../shared/moment.ts";
import { Orders, Samples as SamplesIn } from "../storage/collections.ts";
import type { Unit } from "../storage/port.ts";
import type { SampleDoc } from "../storage/release-documents.ts";
import { contentHash } from "./content-hash.ts";
import { type Eyes, eyesOf, eyesOn } from "./eyes.ts";
import { mustBeOwnWords } from "./others-words.ts";
import { MOST_SHOWN, openPlace, type Place, sealPlace } from "./release-own.ts";
import { partyOf, type ReleaseParts, relabelAll, type Who } from "./release-parts.ts";
import { judgesWhole, ownRows, rowsOf } from "./release-view.ts";
import type { Row } from "./sight.ts";
import { rememberJudged, type Snapshot } from "./snapshot.ts";
import { failuresOf, stopOrder } from "./standing-orders.ts";
import { addToTally } from "./tally.ts";

const READ = 200;
const noSample = (): Fault => new Fault("not_found", "there is no such sample");

/**
 * One in fifty of what standing orders would release waits here for a human of the agency (triage 3). Passed, its rows are turned on by that person and the
 * order; failed, it is counted, and the third failure stops the order and all that it renews.
 */
export class OrderSamples {
  readonly #parts: ReleaseParts;

  constructor(parts: ReleaseParts) {
    this.#parts = parts;
  }

  async #view(
    unit: Unit,
    sample: SampleDoc | undefined,
    eyes: Eyes,
  ): Promise<{ reply: SampleReply; rows: Row[] } | undefined> {
    if (sample === undefined || sample.agency !== eyes.viewer.agency || eyes.viewer.role === "client") return undefined;
    const rows = await rowsOf(unit, [sample.id], eyes);
    if (rows === undefined || !judgesWhole(rows, eyes)) return undefined;
    const hash = keyed(this.#parts.secrets.digest, `sample|${sample.id}|${sample.status}|${contentHash(rows)}`);
    const { id, order, object, kind: type, at, status, decidedBy, decidedAt, reason } = sample;
    const reply: SampleReply = {
      ...{ sample: id, order, object, type, at: formatInstant(at), status, hash },
      ...(decidedBy === undefined ? {} : { decidedBy }),
      ...(decidedAt === undefined ? {} : { decidedAt: formatInstant(decidedAt) }),
      ...(reason === undefined ? {} : { reason }),
    };
    return { reply, rows };
  }

  /** A page of one's agency's, oldest first. */
  async list(
    viewer: Viewer,
    moment: Moment,
    {
      status,
      limit,
      next,
    }: { readonly status: SampleDoc["status"]; readonly limit: number; readonly next?: string | undefined },
  ): Promise<{ samples: SampleReply[]; next?: string }> {
    const { storage, content, cursorKey } = this.#parts;
    const sight = await content.sight(viewer, moment, "api");
    if (sight.side === undefined) return { samples: [] };
    const eyes = eyesOf(sight);
    const asked = sha256(JSON.stringify(["samples", viewer.id, sight.side, status]));
    const samples: SampleReply[] = [];
    let after = openPlace(cursorKey, asked, next);
    let last: Place | undefined;
    for (;;) {
      const held: SampleDoc[] = await storage.collection(SamplesIn).scan({
        index: "agency",
        prefixes: [[sight.side, status]],
        limit: READ,
        ...(after === undefined ? {} : { after }),
      });
      for (const sample of held) {
        after = { value: sample.at, id: sample.id };
        const view = await this.#view(storage, sample, eyes);
        if (view === undefined) continue;
        if (samples.length === Math.min(limit, MOST_SHOWN) && last !== undefined)
          return { samples, next: sealPlace(cursorKey, asked, last) };
        samples.push(view.reply);
        last = after;
      }
      if (held.length < READ) return { samples };
    }
  }

  /** A reviewer or releaser of the agency has looked at it. */
  async decide(
    ask: Who & {
      readonly sample: string;
      readonly verb: "pass" | "fail";
      readonly reason: string;
      readonly hash: string;
    },
  ): Promise<SampleReply> {
    const { storage, snapshots, audit } = this.#parts;
    return storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const eyes = eyesOn(snapshot, snapshot.viewer(ask.account) ?? ask.viewer);
      const sample = await unit.collection(SamplesIn).get(ask.sample);
      const view = await this.#view(unit, sample, eyes);
      if (sample === undefined || view === undefined) throw noSample();
      const person = partyOf(ask.account, snapshot);
      if (person?.person === undefined || person.signs === true)
        throw new Fault("forbidden", "a person who signs no agreements looks at samples", {
          code: "release.not_releaser",
        });
      if (sample.status !== "waiting")
        throw new Fault("conflict", `this sample has ${sample.status} already`, {
          code: "sample.decided",
          path: "status",
        });
      if (view.reply.hash !== ask.hash)
        throw new Fault("conflict", "it has changed since you opened it: read it again", {
          code: "sample.stale",
          path: "hash",
        });
      if (ask.verb === "pass") await this.#pass(unit, ask, sample, view.rows, eyes);
      const revision = ask.verb === "fail" ? await this.#fail(unit, ask, sample, snapshot) : snapshot.revision;
      const decided = {
        ...sample,
        status: ask.verb === "pass" ? ("passed" as const) : ("failed" as const),
        decidedBy: ask.account,
        decidedAt: ask.moment.now,
        reason: ask.reason,
      };
      await unit.collection(SamplesIn).put(decided);
      await rememberJudged(unit, snapshot.at);
      const detail = { sample: sample.id, order: sample.order };
      await audit.append(unit, {
        actor: ask.account,
        revision,
        at: snapshot.at,
        what: `sample.${decided.status}`,
        detail,
      });
      const now = await snapshots.read(unit, ask.moment.now);
      const again = await this.#view(unit, decided, eyesOn(now, eyes.viewer));
      if (again === undefined) throw noSample();
      return again.reply;
    });
  }

  /** By that person's authority and the order's: so the order has to be in force. */
  async #pass(unit: Unit, ask: Who, sample: SampleDoc, rows: readonly Row[], eyes: Eyes): Promise<void> {
    const { snapshot } = eyes;
    const order = snapshot.orders.find(({ id }) => id === sample.order);
    const at = formatInstant(snapshot.at);
    const posted = ownRows(rows).every(
      ({ receivedFrom }) => order !== undefined && orderInForce(order, { id: receivedFrom }, at),
    );
    if (order === undefined || !posted)
      throw new Fault("conflict", "its order is over: propose the release of what it would have released", {
        code: "order.over",
        path: "verb",
      });
    const change = (label: Label): Label => turnOn(label, [order]).label;
    await mustBeOwnWords(unit, eyes, ownRows(rows), change);
    await relabelAll(unit, this.#parts, rows, snapshot, ask.moment, change);
  }

  /** Gives the revision that the policy has then. */
  async #fail(unit: Unit, ask: Who, sample: SampleDoc, snapshot: Snapshot): Promise<number> {
    const failures = await addToTally(unit, failuresOf({ id: sample.order, line: sample.line }));
    if (failures < FAILURES_THAT_STOP) return snapshot.revision;
    const held = await unit.collection(Orders).scan({ index: "agency", prefixes: [[sample.agency]], limit: 1000 });
    let { revision } = snapshot;
    for (const order of held) {
      if ((order.line ?? order.id) !== sample.line || order.stopped !== undefined) continue;
      revision = await stopOrder(unit, order, "samples", `${failures} samples failed`, ask.moment.now);
    }
    return revision;
  }
}
