import { readFileSync } from "node:fs";

/** What a process with all its threads used, as Linux tells. */
export interface ProcessUse {
  /** Resident megabytes now, and the most there ever were. */
  readonly now: number;
  readonly peak: number;
  /** Seconds of processor time. */
  readonly cpu: number;
}

/** A clock tick of `/proc` on every Linux that Node runs on, in seconds. */
const TICK = 0.01;

/** Undefined where the process is gone, or this is not Linux. */
export function useOf(pid: number): ProcessUse | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
    // The name in brackets may hold blanks: fields are counted behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [now, peak] = [kilobytes("VmRSS") / 1024, kilobytes("VmHWM") / 1024];
    return Number.isNaN(now) ? undefined : { now, peak, cpu: (Number(fields[11]) + Number(fields[12])) * TICK };
  } catch {
    return undefined;
  }
}
