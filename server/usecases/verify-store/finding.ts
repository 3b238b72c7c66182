/** What `tricord store verify` may find, and what it means (docs/operations.md, "Verifying a store"). Codes are stable. */
export const FINDINGS = {
  "verify.shape": "a document is not of the shape that is declared for its collection",
  "verify.index": "an index has fewer or more of some documents than their values say",
  "verify.index_count": "an index has fewer or more documents than the collection",
  "verify.unique": "two documents have the values that only one may have",
  "verify.multi_index": "a list's index has fewer or more of some documents than their lists say",

  "verify.counter": "a counter is not what it counts",
  "verify.dense": "numbers that count from 0 leave one out",

  "verify.label_id": "a label's id is not the keyed digest of its text",
  "verify.label_tiers": "a label has more tiers than a label may have",

  "verify.row_bytes": "a row's bytes are no JSON object",
  "verify.row_hash": "a row's digest is not that of its bytes",
  "verify.row_name": "a contribution's id is not made from what it is",
  "verify.row_key": "an object has no key any more, or a row's thing, kind, fold or values are not what its bytes say",
  "verify.row_facts": "what a row says beside its bytes is not what they say",
  "verify.row_copies": "the rows of a contribution differ in what they share",
  "verify.row_label": "a row's label does not exist",
  "verify.row_lane": "a row is not in the lane of its label and cut, or the lane is not known",
  "verify.row_batch": "a row's batch has no receipt",
  "verify.row_account": "a row's account or agency does not exist",
  "verify.tier_missing": "a tier of a contribution is missing",
  "verify.tier_extra": "a row stands for a tier that its label does not have",
  "verify.tier_bytes": "a tier's bytes are not the whole row's with its cut taken out",
  "verify.term_missing": "a row is not found by words that it has",
  "verify.term_extra": "a row is found by words or values that its tier does not show",
  "verify.end_late": "an edge stands in a lane before one of its ends and does not say so",

  "verify.lane_first": "rows stood in a lane before the first that is known of it",
  "verify.lane_newest": "rows came or left in a lane after the newest that is known of it",
  "verify.lane_left": "rows left a lane after the newest that is known to have left",
  "verify.stage_missing": "a row's earlier place has no stage",
  "verify.stage_row": "a stage's row does not exist or does not tell of it",
  "verify.stage_chain": "a row's places do not follow each other",
  "verify.clock": "places were taken after the newest that the clock knows",
  "verify.crowded_missing": "a key of several rows, or of a late end, is not noted",
  "verify.late_ends": "a record of a late end of an old format is left",

  "verify.reader_account": "what a reader was observed to see is of no account, or of another",
  "verify.reader_intervals": "a reader's intervals do not follow each other",
  "verify.reader_lane": "a reader's interval is of a lane that is not known",
  "verify.reader_ahead": "a reader was observed under a policy or labels that there are not yet",
  "verify.marking_told": "where a marking was told of is kept under another name, or of no account",

  "verify.receipt_audit": "a receipt and its audit row do not agree",
  "verify.receipt_row": "a receipt names an object as stored that is not there",
  "verify.audit_receipt": "an audit row of a batch has no receipt",
  "verify.review_missing": "content that is reviewed has no review",
  "verify.entry_orphan": "an entry of the review queue is of no review, or of a lane that shows nothing of it",
  "verify.entry_missing": "a lane shows content of a review and has no entry in the queue",
  "verify.entry_place": "an entry of the review queue does not wait where its review's state says",

  "verify.refers": "a document names another that does not exist",
  "verify.tally": "a tally is not what it counts",
  "verify.job": "a job's state and lease do not agree",

  "verify.chain_missing": "a stream of the audit, or another chain, has a gap",
  "verify.chain_prev": "a row of a chain does not link to the one before it",
  "verify.chain_digest": "a row of a chain was changed",
  "verify.chain_end":
    "the last row of a stream, or of another chain, is not the one that is kept apart as the last, or what was kept was removed once",
  "verify.anchor_signature": "an anchor is not signed by the key that it names, or by a key that is not trusted",
  "verify.anchored": "a row that an anchor names is not there, or is another",
  "verify.anchor_held": "an anchor that is held elsewhere is not in the store, or is another",
  "verify.receipt_held": "a receipt that is held elsewhere is not what the audit says",
  "verify.policy_version":
    "an account, agency, agreement, order or quarantine of a source is not what its newest version says",
} as const;

export type FindingCode = keyof typeof FINDINGS;

/** A fault of the store. The message names ids, fields and counts, and never prints content. */
export interface Finding {
  readonly code: FindingCode;
  readonly collection: string;
  readonly id: string;
  readonly message: string;
}

/** Says that something of one document is not as it should be. */
export type Report = (code: FindingCode, id: string, message: string) => void;
