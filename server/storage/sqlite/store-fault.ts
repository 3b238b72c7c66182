import { Fault } from "../../shared/fault.ts";

const codeOf = (error: unknown): string | undefined => {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" && error.code.startsWith("SQLITE_") ? error.code : undefined;
};

/** Somebody else holds the lock for now; trying again can help. */
export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error) ?? "");

export const busyFault = (cause: unknown): Fault =>
  new Fault("unavailable", "The store is busy with another writer. Try again.", {
    code: "store.busy",
    retryAfter: 1,
    cause,
  });

/** What we foresee of the driver, by the start of its code; the first match counts. */
const FORESEEN: readonly (readonly [string, (cause: unknown) => Fault])[] = [
  [
    "SQLITE_CONSTRAINT_",
    (cause) => new Fault("conflict", "The id or a unique value of the document is already taken.", { cause }),
  ],
  ["SQLITE_BUSY", busyFault],
  ["SQLITE_LOCKED", busyFault],
  ["SQLITE_FULL", (cause) => unavailable("store.full", "The disk or the store's size limit is full.", cause)],
  ["SQLITE_IOERR", (cause) => unavailable("store.io", "The disk failed to read or write the store.", cause)],
  ["SQLITE_CORRUPT", (cause) => unavailable("store.corrupt", "A file of the store is damaged.", cause)],
  ["SQLITE_NOTADB", (cause) => unavailable("store.corrupt", "A file of the store is not a database.", cause)],
  ["SQLITE_CANTOPEN", (cause) => unavailable("store.folder", "A file of the store can't be opened.", cause)],
  ["SQLITE_READONLY", (cause) => unavailable("store.read_only", "The store can't be written.", cause)],
  ["SQLITE_NOMEM", (cause) => unavailable("store.memory", "There is not enough memory for the store.", cause)],
  ["SQLITE_TOOBIG", (cause) => new Fault("too_large", "A document is too large for the store.", { cause })],
];

const unavailable = (code: string, message: string, cause: unknown): Fault =>
  new Fault("unavailable", message, { code, cause });

/** A driver's error as a `Fault` that names no value; faults and bugs pass as they are. */
export function storeFault(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof Fault) return error;
  const known = FORESEEN.find(([start]) => code.startsWith(start));
  return (
    known?.[1](error) ??
    new Fault("internal", "The store refused a statement.", { code: "store.statement", cause: error })
  );
}

/** Runs a step on the driver; what it throws comes out as a `Fault`. */
export function guarded<R>(run: () => R): R {
  try {
    return run();
  } catch (error) {
    throw storeFault(error);
  }
}

/** A misuse of the port: a bug of the caller, in words. */
export const misuse = (message: string): Fault => new Fault("internal", message, { code: "store.misuse" });
