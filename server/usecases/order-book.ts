import type { Label } from "../../schemas/policy/label.ts";
import type { StixJson } from "../pipeline/steps.ts";
import {
  isSampled,
  type OrderUse,
  orderCovers,
  orderInForce,
  SAMPLED,
  turnOn,
  useKey,
} from "../policy/standing-order.ts";
import { formatInstant } from "../shared/instant.ts";
import { Samples, Tallies } from "../storage/collections.ts";
import type { AccountDoc, OrderDoc } from "../storage/documents.ts";
import type { Unit } from "../storage/port.ts";
import type { SampleDoc } from "../storage/release-documents.ts";
import type { Secrets } from "./plan-rows.ts";
import type { Snapshot } from "./snapshot.ts";
import { addToTally, dayOf } from "./tally.ts";

/** What standing orders do with one object: the rows they turn on, or that it waits as a sample of the first of them. */
export interface Ordered {
  readonly uses: readonly OrderUse[];
  readonly held?: OrderDoc;
}
const NONE: Ordered = { uses: [] };

const tallyOf = (use: OrderUse, at: number): string => `order|${useKey(use)}|${dayOf(at)}`;

/** The orders that hold for one post of an account, and how much of today's ceilings is left (triage 3). */
export class OrderBook {
  readonly #orders: readonly OrderDoc[];
  readonly #left: Map<string, number>;
  readonly #closed = new Set<string>();
  readonly #byType = new Map<string, readonly OrderDoc[]>();
  readonly #secret: string;

  private constructor(orders: readonly OrderDoc[], left: Map<string, number>, secret: string) {
    this.#orders = orders;
    this.#left = left;
    this.#secret = secret;
    for (const [key, n] of left) if (n <= 0) this.#closed.add(key);
  }

  static async open(unit: Unit, poster: AccountDoc, snapshot: Snapshot, secrets: Secrets): Promise<OrderBook> {
    const at = formatInstant(snapshot.at);
    const orders = snapshot.orders.filter((order) => orderInForce(order, poster, at));
    const left = new Map<string, number>();
    const countries = new Set([...snapshot.agencies.values()].map(({ country }) => country));
    const bounded = orders.flatMap((order) =>
      order.ceiling === undefined
        ? []
        : [...countries, "*"].map((country) => ({ order: order.id, country, most: order.ceiling ?? 0 })),
    );
    const tallies = new Map(
      bounded.length === 0
        ? []
        : (await unit.collection(Tallies).getMany(bounded.map((use) => tallyOf(use, snapshot.at)))).map(({ id, n }) => [
            id,
            n,
          ]),
    );
    for (const use of bounded) left.set(useKey(use), use.most - (tallies.get(tallyOf(use, snapshot.at)) ?? 0));
    return new OrderBook(orders, left, Buffer.from(secrets.digest).toString("base64url"));
  }

  /** Nothing to ask: no order holds for the account. */
  get empty(): boolean {
    return this.#orders.length === 0;
  }

  /** Orders that cover a type; the same list each time, until a ceiling is reached. */
  covering(type: string): readonly OrderDoc[] {
    const held = this.#byType.get(type);
    if (held !== undefined) return held;
    const some = this.#orders.filter((order) => orderCovers(order, type));
    const covering = some.length === this.#orders.length ? this.#orders : some;
    this.#byType.set(type, covering);
    return covering;
  }

  /** Grows with each ceiling that is reached: what was made of a label before is out of date then. */
  get closings(): number {
    return this.#closed.size;
  }

  turnOn(label: Label, orders: readonly OrderDoc[]): { readonly label: Label; readonly uses: readonly OrderUse[] } {
    return turnOn(label, orders, this.#closed);
  }

  /** Whether an object that these uses would release waits for a human instead; else it is counted. */
  settle(uses: readonly OrderUse[], object: StixJson, posted: string): Ordered {
    if (uses.length === 0) return NONE;
    const used = this.#orders.filter(({ id }) => uses.some(({ order }) => order === id));
    const percent = Math.max(...used.map(({ sample }) => sample ?? SAMPLED));
    const version = typeof object.modified === "string" ? object.modified : "";
    const [held] = used;
    if (held !== undefined && isSampled(this.#secret, [String(object.id), version, posted], percent))
      return { uses: [], held };
    for (const use of uses) {
      const key = useKey(use);
      const left = this.#left.get(key);
      if (left === undefined) continue;
      this.#left.set(key, left - 1);
      if (left <= 1) this.#closed.add(key);
    }
    return { uses };
  }
}

/**
 * What a batch used of its orders' ceilings, and its samples: one record an order, country and day, in the batch's transaction. False where a ceiling that was
 * open when the labels were bound would be passed now: bind again.
 */
export async function recordOrders(
  unit: Unit,
  brought: readonly (Ordered & { readonly sample: Pick<SampleDoc, "id" | "object" | "kind" | "agency"> })[],
  snapshot: Snapshot,
  at: number,
): Promise<boolean> {
  const ceilings = new Map(snapshot.orders.map(({ id, ceiling }) => [id, ceiling]));
  const counts = new Map<string, { use: OrderUse; n: number }>();
  for (const use of brought.flatMap(({ uses }) => uses)) {
    if (ceilings.get(use.order) === undefined) continue;
    const held = counts.get(useKey(use)) ?? { use, n: 0 };
    held.n += 1;
    counts.set(useKey(use), held);
  }
  for (const { use, n } of counts.values()) {
    const most = ceilings.get(use.order);
    if ((await addToTally(unit, tallyOf(use, snapshot.at), n)) > (most ?? Number.POSITIVE_INFINITY)) return false;
  }
  const samples = brought.flatMap(({ held, sample }): SampleDoc[] =>
    held === undefined ? [] : [{ ...sample, order: held.id, line: held.line ?? held.id, at, status: "waiting" }],
  );
  if (samples.length > 0) await unit.collection(Samples).insertNew(samples);
  return true;
}
