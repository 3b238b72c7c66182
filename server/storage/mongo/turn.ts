import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type mongoose from "mongoose";
import { busyFault, guarded } from "./mongo-fault.ts";

type Session = mongoose.mongo.ClientSession;

/** Who writes content now. What no transaction touches may change while one is open; what makes them serial is the fence. */
export interface TurnDoc {
  readonly _id: string;
  readonly holder: string | null;
  /** The session whose transaction it is: who takes a turn that ran out ends that. */
  readonly session: mongoose.mongo.Binary | null;
  readonly until: Date;
  /** Counted up with each holder. */
  readonly n: number;
}

/** Written by every transaction on content as its last step: of two that overlap, one fails (ADR 0019). */
export interface FenceDoc {
  readonly _id: string;
  readonly n: number;
  readonly commits: number;
}

export interface TurnCollections {
  readonly turns: mongoose.mongo.Collection<TurnDoc>;
  readonly fences: mongoose.mongo.Collection<FenceDoc>;
}

export const TURN = "content";
/** How long a holder may be silent, ms. */
const LEASE = 6_000;
const RENEWED = 2_000;
/** A process keeps the turn for its own next transaction so long, ms; then others come first. */
const KEPT = 40;
/** Nobody waits longer for the server to change one small document, ms. */
const PATIENCE = 5_000;

/** A turn that was taken: `n` is what the fence has to say at the end. */
export interface Taken {
  readonly n: number;
  /** The session to write in: the one that the turn names. What it reads is not older than the turn. */
  readonly session: Session;
  /** `open`: the server may still have the transaction open. Then nothing is given back: who takes the turn once it ran out ends the session, this process's next step does so by itself. */
  readonly leave: (open: boolean) => void;
}

/**
 * The turn to write content, of all processes on one store: transactions are serial as they are on the embedded store, so that what one read is so when it
 * writes, and stamps follow the order of commits (order, stamps). It saves work and fairness needs it; the fence alone would be enough to be right.
 */
export class Turn {
  readonly #collections: TurnCollections;
  readonly #endSession: (session: mongoose.mongo.Binary) => Promise<void>;
  readonly #startSession: () => Session;
  readonly #holder = randomUUID();
  readonly #now: () => Promise<number>;
  readonly #deadline: number;
  readonly #waited: (ms: number, tries: number) => void;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #session: Session | undefined;
  #held: { readonly n: number; readonly since: number; readonly renewing: NodeJS.Timeout } | undefined;

  constructor(options: {
    readonly collections: TurnCollections;
    readonly startSession: () => Session;
    /** Ends the transaction of a session that its process left behind. */
    readonly endSession: (session: mongoose.mongo.Binary) => Promise<void>;
    /** The server's clock, ms. */
    readonly now: () => Promise<number>;
    /** Milliseconds to wait for the turn. */
    readonly deadline: number;
    /** Hears how long each turn was waited for. */
    readonly waited: (ms: number, tries: number) => void;
  }) {
    this.#collections = options.collections;
    this.#endSession = options.endSession;
    this.#startSession = options.startSession;
    this.#now = options.now;
    this.#deadline = options.deadline;
    this.#waited = options.waited;
  }

  /** Waits for the turn; `Fault("unavailable")`, `store.busy`, where it does not come in time. The caller calls `leave` once its transaction has ended. */
  async enter(): Promise<Taken> {
    const began = performance.now();
    let done = (): void => {};
    const before = this.#last;
    this.#last = new Promise((ended) => {
      done = ended;
    });
    this.#waiting++;
    await before;
    this.#waiting--;
    let tries = 0;
    const session = this.#ready();
    try {
      const held = this.#held;
      if (held !== undefined && performance.now() - held.since >= KEPT) {
        await this.#giveBack();
        await pause(2);
      }
      while (this.#held === undefined) {
        await this.#take(session);
        if (this.#held !== undefined) break;
        if (performance.now() - began >= this.#deadline) throw busyFault();
        tries++;
        await pause(Math.min(15, 1 + tries) * (0.5 + Math.random()));
      }
    } catch (error) {
      done();
      throw error;
    } finally {
      this.#waited(performance.now() - began, tries);
    }
    const n = this.#held.n;
    return {
      ...{ n, session },
      leave: (open) => {
        if (open) this.#drop();
        if (this.#waiting > 0 || this.#held === undefined) done();
        else
          void this.#giveBack()
            .catch(() => undefined)
            .then(done);
      },
    };
  }

  /** The session that writes: a new one where the last was lost with its connection. */
  #ready(): Session {
    if (this.#session === undefined || this.#session.hasEnded) this.#session = this.#startSession();
    return this.#session;
  }

  /** Tries to take it: it is free, or its holder has been silent for too long. */
  async #take(session: Session): Promise<void> {
    const { turns } = this.#collections;
    const id = session.id?.id ?? null;
    const mine = [
      {
        $set: {
          holder: { $literal: this.#holder },
          session: { $literal: id },
          until: { $add: ["$$NOW", LEASE] },
          n: { $add: ["$n", 1] },
        },
      },
    ];
    const options = { returnDocument: "after", session, maxTimeMS: PATIENCE } as const;
    // One's own is one's own still where giving it back did not reach the server.
    const free = { _id: TURN, holder: { $in: [null, this.#holder] } };
    let taken = await guarded(() => turns.findOneAndUpdate(free, mine, options));
    if (taken === null) {
      const silent = await guarded(() => turns.findOne({ _id: TURN }, { session }));
      // By the server's clock, asked for: not every server knows `$$NOW` in a condition of a read.
      if (silent === null || silent.until.getTime() >= (await guarded(this.#now))) return;
      if (silent.session !== null) await this.#endSession(silent.session);
      taken = await guarded(() => turns.findOneAndUpdate({ _id: TURN, n: silent.n }, mine, options));
      if (taken === null) return;
    }
    const { n } = taken;
    const renewing = setInterval(() => void this.#renew(n), RENEWED);
    renewing.unref();
    this.#held = { n, since: performance.now(), renewing };
  }

  async #renew(n: number): Promise<void> {
    const later = [{ $set: { until: { $add: ["$$NOW", LEASE] } } }];
    await this.#collections.turns
      .updateOne({ _id: TURN, n, holder: this.#holder }, later, { maxTimeMS: PATIENCE })
      .catch(() => undefined);
  }

  async #giveBack(): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#drop();
    const free = { $set: { holder: null, session: null } };
    await guarded(() =>
      this.#collections.turns.updateOne({ _id: TURN, n: held.n, holder: this.#holder }, free, { maxTimeMS: PATIENCE }),
    );
  }

  /** It is this process's no more, or not known to be. */
  #drop(): void {
    clearInterval(this.#held?.renewing);
    this.#held = undefined;
  }

  /** Somebody else has it, whatever this process thinks: the next one asks anew. */
  async lost(): Promise<void> {
    await this.#giveBack().catch(() => undefined);
  }

  /** Says in the transaction that it is this turn's: matches nothing where a later turn has committed. */
  async sign(session: Session, n: number): Promise<boolean> {
    const { matchedCount } = await this.#collections.fences.updateOne(
      { _id: TURN, n: { $lte: n } },
      { $set: { n }, $inc: { commits: 1 } },
      { session },
    );
    return matchedCount === 1;
  }

  /** Gives back what is held. */
  async close(): Promise<void> {
    await this.#last;
    await this.#giveBack().catch(() => undefined);
    await this.#session?.endSession();
  }
}
