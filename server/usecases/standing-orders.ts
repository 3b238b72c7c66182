import type { OrderBody, OrderReply } from "../../schemas/api/orders.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { hasBegun, stillLasts } from "../policy/dated.ts";
import { mayBeSecond } from "../policy/release-rules.ts";
import { FAILURES_THAT_STOP, LONGEST_ORDER, SAMPLED } from "../policy/standing-order.ts";
import { keyed } from "../shared/digest.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { type Moment, uuid4 } from "../shared/moment.ts";
import { Orders, Samples } from "../storage/collections.ts";
import type { OrderDoc } from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { insertPolicy, putPolicy } from "./policy-history.ts";
import { partyOf, type ReleaseParts, type Who } from "./release-parts.ts";
import type { Snapshot } from "./snapshot.ts";
import { dayOf, readTally } from "./tally.ts";

const DAY = 86_400_000;
/** How long a proposed order waits for its second person, ms. */
const PROPOSAL_LASTS = 14 * DAY;
const MOST = 1000;

const noOrder = (): Fault => new Fault("not_found", "there is no such order");
const wrong = (code: string, path: string, message: string): Fault =>
  new Fault("unprocessable", message, { code, path });

type OrderParts = Pick<ReleaseParts, "storage" | "snapshots" | "audit" | "secrets">;

/** The tally of failed samples: of an order and all that renew it, since failures count on (triage 3). */
export const failuresOf = (order: Pick<OrderDoc, "id" | "line">): string => `order-failures|${order.line ?? order.id}`;

/** What a signature binds to: everything that is said in the order. */
const digestOf = (order: OrderDoc, { digest }: ReleaseParts["secrets"]): string => {
  const { id, agency, accounts, kinds, tlpUpTo, classificationUpTo, agreements, days, ceiling, sample, line } = order;
  const said = [id, agency, accounts, kinds ?? null, tlpUpTo, classificationUpTo, agreements, days ?? null];
  return keyed(
    digest,
    `order|${JSON.stringify([...said, ceiling ?? null, sample ?? SAMPLED, line ?? id, order.status ?? "signed"])}`,
  );
};

function statusOf(order: OrderDoc, at: string): OrderReply["status"] {
  if (order.stopped !== undefined) return "stopped";
  if (order.status === "proposed" || order.status === "refused") return order.status;
  return hasBegun(at, order.from) && stillLasts(at, order.until) ? "in-force" : "over";
}

/**
 * Stops an order from this instant on, in the caller's transaction. Its end moves here, so that nobody who reads it only by its dates takes it to hold. Gives the
 * policy revision.
 */
export function stopOrder(
  unit: Unit,
  order: Stored<OrderDoc>,
  by: string,
  reason: string,
  at: number,
): Promise<number> {
  const stopped = formatInstant(at);
  const doc = { ...order, until: stopped, stopped, stoppedBy: by, stopReason: reason };
  return putPolicy(unit, { kind: "order", doc, at });
}

/**
 * Standing release orders (triage 3): one person of the agency proposes, a releaser of it, another human, signs. What is said in one never changes. One
 * that is signed takes the place of those for the same accounts, and their failed samples count on.
 */
export class StandingOrders {
  readonly #parts: OrderParts;

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  async #agencyOf(viewer: Viewer, moment: Moment): Promise<{ agency: string; snapshot: Snapshot }> {
    const snapshot = await this.#parts.snapshots.read(this.#parts.storage, moment.now);
    const agency = (snapshot.viewer(viewer.id) ?? viewer).agency;
    if (agency === undefined) throw noOrder();
    return { agency, snapshot };
  }

  async #reply(unit: Unit, order: OrderDoc & { readonly rev?: number }, snapshot: Snapshot): Promise<OrderReply> {
    const at = formatInstant(snapshot.at);
    const today: Record<string, number> = {};
    const countries = [...new Set([...snapshot.agencies.values()].map(({ country }) => country)), "*"].sort();
    for (const country of countries) {
      const n = await readTally(unit, `order|${order.id}|${country}|${dayOf(snapshot.at)}`);
      if (n > 0) today[country] = n;
    }
    const { status: _, id, approvedBy, sample, line: __, from, until, rev: ___, ...said } = order;
    const signed = order.status !== "proposed" && order.status !== "refused";
    return {
      ...said,
      order: id,
      status: statusOf(order, at),
      ...(approvedBy === undefined ? {} : { signedBy: approvedBy }),
      ...(signed ? { from, until } : {}),
      today,
      sampledPercent: sample ?? SAMPLED,
      samplesWaiting: await unit.collection(Samples).count({ index: "order", prefixes: [[id, "waiting"]] }),
      failures: await readTally(unit, failuresOf(order)),
      hash: digestOf(order, this.#parts.secrets),
    };
  }

  /** The orders of one's agency, oldest first by id. */
  async list(viewer: Viewer, moment: Moment): Promise<OrderReply[]> {
    const { storage } = this.#parts;
    const { agency, snapshot } = await this.#agencyOf(viewer, moment);
    const held = await storage.collection(Orders).scan({ index: "agency", prefixes: [[agency]], limit: MOST });
    return Promise.all(held.map((order) => this.#reply(storage, order, snapshot)));
  }

  async show(viewer: Viewer, moment: Moment, id: string): Promise<OrderReply> {
    const { storage } = this.#parts;
    const { agency, snapshot } = await this.#agencyOf(viewer, moment);
    const held = await storage.collection(Orders).get(id);
    if (held?.agency !== agency) throw noOrder();
    return this.#reply(storage, held, snapshot);
  }

  async propose(ask: Who & { readonly order: OrderBody }): Promise<OrderReply> {
    const { storage, audit } = this.#parts;
    const { agency, snapshot } = await this.#agencyOf(ask.viewer, ask.moment);
    const { order } = ask;
    const country = snapshot.agencies.get(agency)?.country ?? "";
    for (const [i, id] of order.accounts.entries()) {
      const feed = snapshot.accounts.get(id);
      if (feed?.role !== "feed" || feed.agency !== agency)
        throw wrong(
          "order.account",
          `accounts[${i}]`,
          `${id} is no feed of ${agency}: a person's posts are released one by one`,
        );
    }
    for (const [i, id] of order.agreements.entries()) {
      const parties = Object.hasOwn(snapshot.agreements, id) ? snapshot.agreements[id]?.parties : undefined;
      if (id === "PUBLIC")
        throw wrong("order.public", `agreements[${i}]`, "PUBLIC takes an approver of every country inside, each time");
      if (parties === undefined)
        throw wrong("label.unknown_agreement", `agreements[${i}]`, `there is no agreement ${id}`);
      if (!parties.includes(country))
        throw wrong("label.country_not_party", `agreements[${i}]`, `${country} is no party to ${id}`);
    }
    const now = formatInstant(ask.moment.now);
    const id = uuid4(ask.moment);
    return storage.transaction(async (unit) => {
      const doc: OrderDoc = {
        ...order,
        id,
        agency,
        classificationUpTo: "U",
        // In force for no time at all until it is signed.
        from: now,
        until: now,
        sample: SAMPLED,
        proposedBy: ask.account,
        proposedAt: now,
        status: "proposed",
        line: await this.#lineOf(unit, agency, order.accounts, id),
      };
      const revision = await insertPolicy(unit, { kind: "order", doc, at: ask.moment.now });
      const { at } = snapshot;
      await audit.append(unit, { actor: ask.account, revision, at, what: "order.proposed", detail: { order: id } });
      return this.#reply(unit, doc, snapshot);
    });
  }

  /** The line that an order for these accounts goes on with: of what was signed for one of them last, unless failed samples ended that. */
  async #lineOf(unit: Unit, agency: string, accounts: readonly string[], own: string): Promise<string> {
    const signed = (await unit.collection(Orders).scan({ index: "agency", prefixes: [[agency]], limit: MOST }))
      .filter((order) => (order.status ?? "signed") === "signed" && order.accounts.some((id) => accounts.includes(id)))
      .sort((a, b) => (a.from < b.from ? 1 : -1));
    for (const order of signed)
      if ((await readTally(unit, failuresOf(order))) < FAILURES_THAT_STOP) return order.line ?? order.id;
    return own;
  }

  /** Signs or refuses: a releaser of the agency, another human than who proposed it, on what the hash says. */
  async decide(
    ask: Who & {
      readonly order: string;
      readonly verb: "sign" | "refuse";
      readonly reason: string;
      readonly hash: string;
    },
  ): Promise<OrderReply> {
    const { storage, snapshots, audit, secrets } = this.#parts;
    return storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const held = await unit.collection(Orders).get(ask.order);
      const signer = partyOf(ask.account, snapshot);
      if (held === undefined || signer === undefined || held.agency !== signer.agency) throw noOrder();
      const refusal = mayBeSecond(signer, [partyOf(held.proposedBy, snapshot)]);
      if (refusal !== undefined) throw new Fault("forbidden", refusal.message, { code: refusal.code });
      if (signer.role !== "releaser")
        throw new Fault("forbidden", "a standing order is signed by a releaser", { code: "release.not_releaser" });
      if (held.status !== "proposed")
        throw new Fault("conflict", "this order is decided already", { code: "order.decided", path: "status" });
      const proposed = Date.parse(held.proposedAt ?? "") || 0;
      if (snapshot.at >= proposed + PROPOSAL_LASTS)
        throw new Fault("conflict", "nobody signed it in a fortnight: propose it again", {
          code: "order.expired",
          path: "status",
        });
      if (digestOf(held, secrets) !== ask.hash)
        throw new Fault("conflict", "it is not what you looked at: read it again", {
          code: "order.stale",
          path: "hash",
        });
      const from = Math.max(ask.moment.now, snapshot.at);
      const days = Math.min(held.days ?? 1, LONGEST_ORDER);
      const decided: Stored<OrderDoc> =
        ask.verb === "refuse"
          ? { ...held, status: "refused", stopReason: ask.reason }
          : {
              ...held,
              status: "signed",
              approvedBy: ask.account,
              from: formatInstant(from),
              until: formatInstant(from + days * DAY),
            };
      if (ask.verb === "sign") await this.#replace(unit, held, ask.account, from);
      const revision = await putPolicy(unit, { kind: "order", doc: decided, at: ask.moment.now });
      const what = ask.verb === "sign" ? "order.signed" : "order.refused";
      await audit.append(unit, { actor: ask.account, revision, at: snapshot.at, what, detail: { order: held.id } });
      return this.#reply(unit, decided, snapshot);
    });
  }

  /** Ends what the new order edits or renews: two would each have a ceiling. */
  async #replace(unit: Unit, order: OrderDoc, by: string, at: number): Promise<void> {
    const held = await unit.collection(Orders).scan({ index: "agency", prefixes: [[order.agency]], limit: MOST });
    for (const other of held) {
      const same = other.id !== order.id && other.accounts.some((id) => order.accounts.includes(id));
      if (same && statusOf(other, formatInstant(at)) === "in-force")
        await stopOrder(unit, other, by, `replaced by ${order.id}`, at);
    }
  }

  /** Stops one at once: any person of the agency who may propose. */
  async stop(ask: Who & { readonly order: string; readonly reason: string }): Promise<OrderReply> {
    const { storage, snapshots, audit } = this.#parts;
    return storage.transaction(async (unit) => {
      const snapshot = await snapshots.read(unit, ask.moment.now);
      const held = await unit.collection(Orders).get(ask.order);
      if (held === undefined || held.agency !== (snapshot.viewer(ask.account) ?? ask.viewer).agency) throw noOrder();
      const status = statusOf(held, formatInstant(snapshot.at));
      if (status !== "in-force" && status !== "proposed")
        throw new Fault("conflict", `this order is ${status} already`, { code: "order.decided", path: "status" });
      const revision = await stopOrder(unit, held, ask.account, ask.reason, ask.moment.now);
      const detail = { order: held.id };
      await audit.append(unit, { actor: ask.account, revision, at: snapshot.at, what: "order.stopped", detail });
      const stopped = await unit.collection(Orders).get(held.id);
      return this.#reply(unit, stopped ?? held, snapshot);
    });
  }
}
