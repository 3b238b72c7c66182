import { Fault } from "./fault.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const BROKEN = new Set(["EIO", "EROFS", "EACCES", "EPERM", "ENOTDIR", "EEXIST", "EMFILE", "ENFILE", "ENOMEM"]);

/** What the system says of a file that could not be written or read, as `Fault("unavailable")` that names no path; faults and bugs pass as they are. */
export function diskFault(error: unknown): unknown {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (error instanceof Fault) return error;
  if (FULL.has(code))
    return new Fault("unavailable", "The disk is full.", { code: "spool.full", retryAfter: 30, cause: error });
  if (BROKEN.has(code))
    return new Fault("unavailable", "The disk failed to hold the file.", {
      code: "spool.io",
      retryAfter: 5,
      cause: error,
    });
  return error;
}
