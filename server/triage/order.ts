import { CLASSES, type Class, compareClass, TERMS } from "./classes.ts";

/** An item as the order of the queue sees it. */
export interface Placed {
  readonly id: string;
  readonly class: Class;
  /** When it has to be decided, ms. */
  readonly due: number;
  readonly score: number;
  /** Whose turn it takes: items of one sender stand in one row. */
  readonly turn: string;
}

export interface Place<T extends Placed> {
  readonly item: T;
  /** The class it stands in: its own, or a higher one where it has waited past its time. */
  readonly standing: Class;
  /** Which of its sender's items in that class it is, from 0; always 0 where senders take no turns. */
  readonly round: number;
}

const DAY = 86_400_000;
/** How long past its time an item rises by one class, and again after that: days. */
const RISES = [0, 3] as const;

/**
 * The class an item stands in at an instant. What is past its time rises to the next class, and three days later to the one after, so that nothing waits behind
 * newcomers without limit. None rises to P0: funds on the move and intrusions in progress go before everything that is late.
 */
export function standingOf(of: Class, due: number, now: number): Class {
  const own = CLASSES.indexOf(of);
  const risen = RISES.filter((days) => now > due + days * DAY).length;
  return CLASSES[Math.max(Math.min(own, 1), own - risen)] ?? of;
}

const byDue = (a: Placed, b: Placed): number =>
  a.due !== b.due ? a.due - b.due : a.score !== b.score ? b.score - a.score : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

/** Negative when the first comes first. Total: no two items of different ids are equal. */
export const comparePlaces = <T extends Placed>(a: Place<T>, b: Place<T>): number =>
  compareClass(a.standing, b.standing) || a.round - b.round || byDue(a.item, b.item);

/** Due to the minute: its place in its class is by due time alone. */
const byTheClock = (of: Class): boolean => "minutes" in TERMS[of].decide;

/**
 * The order of the queue (triage 2): class first; then due time, then score, then id. What is due by the day, and what has risen, takes turns by sender, so
 * that one feed can't bury the rest. It depends on the items and the instant only, not on how they came.
 */
export function inQueueOrder<T extends Placed>(items: readonly T[], now: number): Place<T>[] {
  const rounds = new Map<string, number>();
  const placed = items
    .map((item) => ({ item, standing: standingOf(item.class, item.due, now) }))
    .sort((a, b) => compareClass(a.standing, b.standing) || byDue(a.item, b.item))
    .map(({ item, standing }) => {
      if (item.class === standing && byTheClock(standing)) return { item, standing, round: 0 };
      const row = `${standing}|${item.turn}`;
      const round = rounds.get(row) ?? 0;
      rounds.set(row, round + 1);
      return { item, standing, round };
    });
  return placed.sort(comparePlaces);
}
