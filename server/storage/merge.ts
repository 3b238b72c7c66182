/** Something that gives items in order, and `undefined` when it has no more. */
export type Source<I> = () => I | undefined;

interface Head<I> {
  item: I;
  readonly source: Source<I>;
}

/** The least items of all sources in order, at most `limit` of those that `wanted` keeps: a binary heap of the sources' heads, so that the cost follows what is taken. */
export function merge<I>(
  sources: readonly Source<I>[],
  compare: (a: I, b: I) => number,
  limit: number,
  wanted: (item: I, last: I | undefined) => boolean,
): I[] {
  const heap: Head<I>[] = [];
  for (const source of sources) {
    const item = source();
    if (item !== undefined) heap.push({ item, source });
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap, at, compare);
  const taken: I[] = [];
  for (let head = heap[0]; head !== undefined && taken.length < limit; head = heap[0]) {
    if (wanted(head.item, taken[taken.length - 1])) taken.push(head.item);
    const next = head.source();
    if (next !== undefined) head.item = next;
    else {
      const last = heap.pop();
      if (last !== undefined && last !== head) heap[0] = last;
    }
    sink(heap, 0, compare);
  }
  return taken;
}

function sink<I>(heap: Head<I>[], from: number, compare: (a: I, b: I) => number): void {
  const moving = heap[from];
  if (moving === undefined) return;
  let at = from;
  for (;;) {
    let least = 2 * at + 1;
    let child = heap[least];
    if (child === undefined) break;
    const right = heap[least + 1];
    if (right !== undefined && compare(right.item, child.item) < 0) {
      child = right;
      least++;
    }
    if (compare(moving.item, child.item) <= 0) break;
    heap[at] = child;
    at = least;
  }
  heap[at] = moving;
}
