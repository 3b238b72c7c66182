import type { IngestCounts } from "../../schemas/api/ingest.ts";
import type { StoreEvent } from "../storage/store-events.ts";

/**
 * What the operator's metrics are made from: counts and times. No member can hold a value of content, a label, an agency, an account or an id, since metrics
 * are read without a decision about who may see what. Plain data, so that a thread can hand it on.
 */
export type MeterEvent =
  | StoreEvent
  | {
      readonly kind: "request";
      readonly method: string;
      /** The path's pattern; absent where no route has it. */
      readonly route?: string;
      readonly status: number;
      readonly ms: number;
      /** Code of the fault that was answered. */
      readonly code?: string;
    }
  /** A batch was taken in: an inline post, a part of a large one, what was sent again. */
  | { readonly kind: "batch"; readonly counts: IngestCounts; readonly ms: number }
  /** Disclosures that were committed together. */
  | { readonly kind: "disclosed"; readonly records: number; readonly ms: number }
  /** What a reader who follows by cursor gained or lost was looked after. */
  | { readonly kind: "observed" }
  | { readonly kind: "observing-failed" };

/** Hears of each event as it happens; it neither throws nor waits. */
export type Meter = (event: MeterEvent) => void;
