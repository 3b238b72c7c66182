/** Does something again and again, one round at a time, `every` ms. What goes wrong is told, and tried again. Gives what ends it, with the round that is under way. */
export function nowAndThen(
  every: number,
  round: () => Promise<unknown>,
  failed: (error: unknown) => void,
): { stop(): Promise<void> } {
  let under: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    under = round()
      .then(() => undefined, failed)
      .finally(() => {
        busy = false;
      });
  }, every);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await under;
    },
  };
}
