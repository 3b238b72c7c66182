import { statfsSync } from "node:fs";
import { Fault } from "./shared/fault.ts";

/** Bytes of a disk that are left to what must go on when it is nearly full: the record of who read what, sign-ins, changes of policy. */
const RESERVE = 33_554_432;

/** Says whether the disk of a folder has room for more content: `Fault("unavailable")`, `store.full`, where only the reserve is left. */
export const roomIn =
  (folder: string, reserve = RESERVE) =>
  (): void => {
    let left: number;
    try {
      const { bavail, bsize } = statfsSync(folder);
      left = bavail * bsize;
    } catch {
      // Whoever writes there will say what is wrong.
      return;
    }
    if (left < reserve)
      throw new Fault("unavailable", "The disk is nearly full: nothing new is taken in until there is room.", {
        code: "store.full",
        retryAfter: 30,
      });
  };
