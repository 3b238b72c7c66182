/** Far from what a pass in linear time takes on a slow machine under load, and far below what the square of it would take: ms, for a test's own limit. */
export const LINEAR = 60_000;

/** A turn of the event loop: Jest sees only between turns that a test went past its limit. Await it behind the work that is bounded. */
export const aTurn = (): Promise<void> => new Promise((done) => setTimeout(done, 1));
