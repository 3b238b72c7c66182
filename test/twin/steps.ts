import type { LabelRequest } from "../../schemas/policy/label.ts";
import type { StixJson } from "../../server/pipeline/steps.ts";
import type { AccountDoc, AgencyDoc, AgreementDoc } from "../../server/storage/documents.ts";

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
}

/** What somebody does in a world. Plain data, so that a story that fails can be read. */
export type Step =
  | Post
  | Release
  | { readonly do: "agreement"; readonly id: string; readonly change: Partial<Omit<AgreementDoc, "id">> }
  | { readonly do: "account"; readonly account: AccountDoc }
  | { readonly do: "end"; readonly account: string }
  | { readonly do: "agency"; readonly agency: AgencyDoc }
  /** A post so large that it waits as a job. */
  | {
      readonly do: "job";
      readonly as: string;
      readonly objects: readonly StixJson[];
      readonly label: LabelRequest;
      readonly run: boolean;
    }
  | { readonly do: "fail"; readonly username: string }
  | { readonly do: "read"; readonly as: string };

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
