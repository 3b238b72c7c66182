import { Fault } from "../../shared/fault.ts";

/** What an error of the driver says of itself, whatever its class. */
interface Told {
  readonly name: string;
  readonly code: number | undefined;
  readonly labels: ReadonlySet<string>;
  readonly message: string;
}

function told(error: unknown): Told | undefined {
  if (!(error instanceof Error) || error instanceof Fault || !/^Mongo/.test(error.name)) return undefined;
  const { code, errorLabelSet, errorResponse } = error as Error & Partial<Record<string, unknown>>;
  // Of what keeps a batch from being sent the driver makes an error of the batch.
  if (error.name === "MongoBulkWriteError" && errorResponse instanceof Error) return told(errorResponse);
  return {
    name: error.name,
    code: typeof code === "number" ? code : undefined,
    labels: errorLabelSet instanceof Set ? (errorLabelSet as ReadonlySet<string>) : new Set(),
    message: error.message,
  };
}

const has = (error: unknown, label: string): boolean => told(error)?.labels.has(label) === true;

/** The whole transaction may be tried again. */
export const isTransient = (error: unknown): boolean => has(error, "TransientTransactionError");
/** Nobody knows whether it was committed: committing again finds out. */
export const isUnknownCommit = (error: unknown): boolean => has(error, "UnknownTransactionCommitResult");
/** Somebody ended the session or the operation (`killSessions`, `killOp`); the server puts no label on it. What was not committed is undone. */
export const isInterrupted = (error: unknown): boolean => told(error)?.code === 11601;
/** A document with this id or unique value is there. */
export const isDuplicate = (error: unknown): boolean => told(error)?.code === 11000;
/** The server itself could not be reached or did not answer. */
export const isAway = (error: unknown): boolean => {
  const known = told(error);
  return (
    known !== undefined &&
    (/Network|ServerSelection|NotConnected|PoolCleared|PoolClosed|WaitQueueTimeout|TopologyClosed|Expired|Interrupted/.test(
      known.name,
    ) ||
      AWAY.has(known.code ?? 0))
  );
};

/** A connection string that the driver can't read, or whose options it does not know. */
export const isWrongAddress = (error: unknown): boolean =>
  /^Mongo(Parse|API|InvalidArgument|MissingCredentials)Error$/.test(told(error)?.name ?? "");

/** Codes of a server that ends, starts, or has lost its primary. */
const AWAY = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 64, 50]);

const unavailable = (code: string, message: string, cause: unknown, retryAfter?: number): Fault =>
  new Fault("unavailable", message, { code, cause, ...(retryAfter === undefined ? {} : { retryAfter }) });

/** Too many write, or one takes too long: trying again helps. */
export const busyFault = (cause?: unknown): Fault =>
  unavailable("store.busy", "The store is busy with another writer. Try again.", cause, 1);

const FORESEEN: ReadonlyMap<number, (cause: unknown) => Fault> = new Map([
  [11000, (cause) => new Fault("conflict", "The id or a unique value of the document is already taken.", { cause })],
  [112, busyFault],
  [251, busyFault],
  [24, busyFault],
  [11601, busyFault],
  [
    13,
    (cause) =>
      unavailable(
        "store.rights",
        "The account of MONGODB_URI lacks a right on its database: it needs readWrite.",
        cause,
      ),
  ],
  [18, (cause) => unavailable("store.sign_in", "The store refused the name or the password in MONGODB_URI.", cause)],
  [8000, (cause) => unavailable("store.sign_in", "The store refused the name or the password in MONGODB_URI.", cause)],
  [10334, (cause) => new Fault("too_large", "A document is too large for the store: it takes 16 MB.", { cause })],
  [17280, (cause) => new Fault("too_large", "A document is too large for the store.", { cause })],
  [14031, (cause) => unavailable("store.full", "The store's disk is full.", cause, 30)],
  [
    239,
    (cause) =>
      unavailable(
        "store.snapshot_gone",
        "The store keeps no state as old as this read needs; ask for less or raise minSnapshotHistoryWindowInSeconds.",
        cause,
      ),
  ],
]);

/** A driver's error as a `Fault` that names no value; faults and bugs pass as they are. */
export function mongoFault(error: unknown): unknown {
  const known = told(error);
  if (known === undefined) return error;
  const foreseen = FORESEEN.get(known.code ?? 0);
  if (foreseen !== undefined) return foreseen(error);
  if (isAway(error)) return unavailable("store.away", "The store can't be reached. Try again.", error, 5);
  if (isTransient(error)) return busyFault(error);
  if (isUnknownCommit(error))
    return unavailable("store.unsure", "The store did not say whether it was done. Look, then try again.", error, 5);
  if (/(larger than|too large|out of range|ERR_OUT_OF_RANGE)/i.test(known.message))
    return new Fault("too_large", "A document is too large for the store: it takes 16 MB.", { cause: error });
  return new Fault("internal", "The store refused a statement.", { code: "store.statement", cause: error });
}

/** Runs a step on the driver; what it throws comes out as a `Fault`. */
export async function guarded<R>(run: () => Promise<R>): Promise<R> {
  try {
    return await run();
  } catch (error) {
    throw mongoFault(error);
  }
}

/** A misuse of the port: a bug of the caller, in words. */
export const misuse = (message: string): Fault => new Fault("internal", message, { code: "store.misuse" });
