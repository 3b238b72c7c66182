import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { Fault } from "../shared/fault.ts";
import { makeTurns } from "./turns.ts";

export interface LimitSettings {
  /** Requests a minute of one account. */
  readonly perMinute: number;
  /** Failed sign-ins a minute from one address. */
  readonly signInFailuresPerMinute: number;
}

export interface Limits {
  /** Charges one request to an account. Requests are charged and never work, which would tell of what is hidden (policy 7). */
  charge(account: string): Promise<void>;
  /** Runs a sign-in from an address. Failures are charged, and only a few run at a time, so that many at once get hardly more tries. */
  signIn<T>(address: string, work: () => Promise<T>): Promise<T>;
}

const SIGN_INS = { atOnce: 4, waiting: 500 };

const past = (code: string, words: string, ms: number | undefined): Fault =>
  new Fault("too_many_requests", words, { code, retryAfter: (ms ?? 1000) / 1000 });

/** Limits of this process, kept in memory. Past one: `Fault("too_many_requests")` with the seconds to wait. */
export function makeLimits({ perMinute, signInFailuresPerMinute }: LimitSettings): Limits {
  const accounts = new RateLimiterMemory({ keyPrefix: "account", points: perMinute, duration: 60 });
  const failures = new RateLimiterMemory({ keyPrefix: "address", points: signInFailuresPerMinute, duration: 60 });
  const inTurn = makeTurns(SIGN_INS);
  return {
    async charge(account) {
      try {
        await accounts.consume(account);
      } catch (cause) {
        if (!(cause instanceof RateLimiterRes)) throw cause;
        throw past("limit.requests", `an account may send ${perMinute} requests a minute`, cause.msBeforeNext);
      }
    },
    signIn: (address, work) =>
      inTurn(address, async () => {
        const held = await failures.get(address);
        if (held !== null && held.consumedPoints >= signInFailuresPerMinute)
          throw past("limit.sign_in", "too many failed sign-ins from this address", held.msBeforeNext);
        try {
          return await work();
        } catch (error) {
          if (error instanceof Fault && error.kind === "unauthorized") await failures.penalty(address);
          throw error;
        }
      }),
  };
}
