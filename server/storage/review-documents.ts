import { z } from "zod";
import { AccountId, AgencyId, Country } from "../../schemas/policy/vocabulary.ts";
import { CLASSES } from "../triage/classes.ts";
import { QUALITY_STATES, QUALITY_VERBS } from "../triage/quality.ts";

/** The shapes of quality review: records beside the content, and no part of any label (triage 1). */

const Sender = z.enum(["person", "feed"]);

/** What was done with an item: only ever added to. */
export const ReviewEvent = z.object({
  verb: z.enum(QUALITY_VERBS),
  from: z.enum(QUALITY_STATES),
  to: z.enum(QUALITY_STATES),
  /** An account; a standing order's id where a rule decided; the agency where its content was withdrawn. */
  by: z.string(),
  at: z.int(),
  reason: z.string().optional(),
  words: z.string().optional(),
  /** What the person looked at. */
  hash: z.string().optional(),
  /** The object that it is a duplicate of, or the item that replaces it. */
  link: z.string().optional(),
});
export type ReviewEvent = z.infer<typeof ReviewEvent>;

/**
 * What one batch brought under one posted label: a report with what it lists, or the rest. What a reader sees as one item of the queue are all of these that it may read
 * and that belong together as far as it sees (`triage-view.ts`), so that neither labels nor hidden reports show in how things are grouped.
 */
export const ReviewDoc = z.object({
  id: z.string(),
  batch: z.string(),
  /** The posted label of all of its contributions. */
  posted: z.string(),
  /** The report that gathers it, and the STIX ids of its contributions; absent: the rest of the batch. */
  report: z.string().optional(),
  members: z.array(z.string()).optional(),
  /** Under which names an item can be asked for that it is a part of: with its report, and without. */
  names: z.array(z.string()),
  /** The batch has several of these. */
  many: z.boolean(),
  country: Country,
  agency: AgencyId,
  sender: Sender,
  account: AccountId,
  received: z.int(),
  state: z.enum(QUALITY_STATES),
  /** When it came into this state, ms. */
  since: z.int(),
  /** When somebody first took it up or decided. */
  acknowledged: z.int().optional(),
  /** When it was last decided. */
  decided: z.int().optional(),
  /** From when the clock of the decision runs: receipt, or the last answer. */
  clock: z.int(),
  /** A lease: who works on it, until when. */
  claim: z.object({ account: AccountId, until: z.int() }).optional(),
  /** Who holds or held the lease last, for finding one's own. */
  holder: AccountId.optional(),
  events: z.array(ReviewEvent),
});
export type ReviewDoc = z.infer<typeof ReviewDoc>;

const fact = <T extends z.ZodType>(is: T) => z.object({ is, of: z.string() });

const FactsShape = z.object({
  n: z.int(),
  kinds: z.record(z.string(), z.int()),
  rules: z.record(z.string(), z.int()),
  title: fact(z.string()).optional(),
  usd: fact(z.number()).optional(),
  fresh: z.partialRecord(z.enum(["ip", "domain", "wallet", "persona", "other"]), fact(z.number())),
  confidence: z.object({ sum: z.number(), n: z.int() }),
  reliability: fact(z.string()).optional(),
  things: z.array(fact(z.string())),
});

export type StoredFacts = z.infer<typeof FactsShape>;

/** An item as one lane shows it: who may read the lane sees this of it, and finds it in the queue by it. */
export const ReviewEntryDoc = z.object({
  id: z.string(),
  review: z.string(),
  lane: z.string(),
  /** Where it waits: country, then class and kind of sender while it is open, else its state. */
  place: z.string(),
  /** While open when it is to be decided, else when it came into its state, ms. */
  at: z.int(),
  class: z.enum(CLASSES),
  due: z.object({ acknowledge: z.int().optional(), decide: z.int() }),
  /** Its rows in the lane have stamps from the first to the last of these: what a reader of the queue has been shown of. */
  stamps: z.tuple([z.int(), z.int()]),
  /** The report itself stands in this lane. */
  holds: z.boolean().optional(),
  /** Its contributions stand in several lanes of one tier by now. */
  split: z.boolean().optional(),
  /** The content in this lane was withdrawn. */
  withdrawn: z.boolean().optional(),
  /** What its objects say, edges apart. */
  facts: FactsShape.optional(),
  /** What its relationships and sightings say: for the agency itself, since for others an edge exists only where its ends do. */
  edges: FactsShape.optional(),
});
export type ReviewEntryDoc = z.infer<typeof ReviewEntryDoc>;
