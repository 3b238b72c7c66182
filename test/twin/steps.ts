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
  | { readonly do: "agency"; readonly agency: AgencyDoc; readonly accounts?: readonly AccountDoc[] }
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
  /** Requests of somebody, whatever they are answered; or that have to be done. */
  | { readonly do: "ask" | "act"; readonly as: string; readonly asks: readonly Ask[] }
  /** A change of policy over the API: proposed, and signed by these, one after the other, or refused by the first of them. */
  | {
      readonly do: "policy";
      readonly as: string;
      readonly change: object;
      readonly by: readonly string[];
      readonly verb?: "sign" | "refuse";
    }
  /** An agreement suspended over the API (put in force first where it is not), and in force again where `again`. One signer of each party. */
  | { readonly do: "suspend"; readonly agreement: string; readonly by: readonly string[]; readonly again: boolean }
  /** A source held in quarantine since the story began, and freed again where these sign it. */
  | {
      readonly do: "hold";
      readonly as: string;
      readonly agency: string;
      readonly account: string;
      readonly reason: string;
      readonly freedBy: readonly string[];
    }
  /** Another label of one's newest post of an object is proposed, and approved by another. */
  | {
      readonly do: "relabel";
      readonly as: string;
      readonly object: string;
      readonly label: LabelRequest;
      readonly by: string;
    }
  /** A sanitised sibling. */
  | {
      readonly do: "tear";
      readonly as: string;
      readonly parent: string;
      readonly object: StixJson;
      readonly label: LabelRequest;
    }
  /** Others' object is asked for on behalf of third parties. */
  | {
      readonly do: "onward";
      readonly as: string;
      readonly object: string;
      readonly row: Row & { readonly until: string };
      readonly by: string;
      readonly verb: Release["verb"];
    }
  /** Who else holds a value is asked; who holds it answers or does not. */
  | {
      readonly do: "contact";
      readonly as: string;
      readonly value: string;
      readonly by: string;
      readonly verb: "consent" | "decline" | "leave";
    }
  /** The recall of an object is acknowledged. */
  | { readonly do: "acknowledge"; readonly as: string; readonly object: string }
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
  /** By name, what hidden things happen in one of them. */
  readonly kinds?: readonly string[];
  readonly a: readonly Step[];
  readonly b: readonly Step[];
}
