import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { AccountDoc, AgencyDoc, AgreementDoc } from "../../server/storage/documents.ts";
import type { Ask } from "../support/temporary-world.ts";

export interface Post {
  readonly do: "post";
  readonly as: string;
  readonly objects: readonly StixJson[];
  readonly label: LabelRequest;
}

/** Proposed by `as`, then decided by `by`. */
export interface Release {
  readonly do: "release";
  readonly as: string;
  readonly object: string;
  readonly row: Row;
  readonly by: string;
  readonly verb: "approve" | "refuse" | "leave";
  /** What is approved is taken back at once. */
  readonly then?: "recall" | "narrow";
}

/** What somebody does in a world. Plain data, so that a story that fails can be read. */
export type Step =
  | Post
  | Release
  | { readonly do: "agreement"; readonly id: string; readonly change: Partial<Omit<AgreementDoc, "id">> }
  | { readonly do: "account"; readonly account: AccountDoc }
  | { readonly do: "end"; readonly account: string }
  | { readonly do: "person"; readonly account: string; readonly change: Partial<Omit<AccountDoc, "id">> }
  | { readonly do: "agency"; readonly agency: AgencyDoc }
  | { readonly do: "categories"; readonly agency: string; readonly categories: AgencyDoc["categories"] }
  | { readonly do: "withdraw"; readonly as: string; readonly object: string }
  /** A row that is on is taken back, from all or from all but these agencies. */
  | {
      readonly do: "back";
      readonly as: string;
      readonly object: string;
      readonly row: Row;
      readonly but?: readonly string[];
    }
  /** The first that waits in the queue from an agency is taken up and accepted, if anything does. */
  | { readonly do: "review"; readonly as: string; readonly originator: string }
  /** Requests of somebody, whatever they are answered. */
  | { readonly do: "ask"; readonly as: string; readonly asks: readonly Ask[] }
  /** A post so large that it waits as a job. */
  | {
      readonly do: "job";
      readonly as: string;
      readonly objects: readonly StixJson[];
      readonly label: LabelRequest;
      readonly run: boolean;
    }
  | { readonly do: "fail"; readonly username: string }
  | { readonly do: "read"; readonly as: string }
  /** Over TAXII, to the end of each collection, so that what is lost afterwards had been given. */
  | { readonly do: "poll"; readonly as: string };

export interface Row {
  readonly agreement: string;
  readonly countries: readonly string[];
  readonly agencies: "*" | readonly string[];
}

/** What happens at one place in time in world A and in world B. */
export interface Slot {
  readonly what: string;
  readonly a: readonly Step[];
  readonly b: readonly Step[];
}
