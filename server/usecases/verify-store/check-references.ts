import {
  Accounts,
  Agencies,
  AgreementsIn,
  ApiKeys,
  ColumnMaps,
  Confirmations,
  DeconflictionAnswers,
  DeconflictionTickets,
  Emergencies,
  Exports,
  Feedback,
  Jobs,
  LastPages,
  Lockouts,
  Meta,
  Orders,
  Promotions,
  Quarantined,
  QuarantineTallies,
  Receipts,
  Releases,
  Reviews,
  Rows,
  Samples,
  Sessions,
  Tallies,
  TearLines,
} from "../../storage/collections.ts";
import type { JobDoc, TallyDoc } from "../../storage/documents.ts";
import type { Unit } from "../../storage/port.ts";
import { failuresOf } from "../standing-orders.ts";
import type { Report } from "./finding.ts";
import { naming, target } from "./naming.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

const ACCOUNTS = target(Accounts);
const AGENCIES = target(Agencies);
const AGREEMENTS = target(AgreementsIn);
const ROWS = target(Rows);
const RECEIPTS = target(Receipts);
const ORDERS = target(Orders);

/** People, agencies and what is agreed. */
async function* people(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(parts, Meta, () => undefined);
  yield* walk(parts, Agencies, () => undefined);
  yield* walk(parts, AgreementsIn, () => undefined);
  yield* walk(parts, Lockouts, () => undefined);
  yield* walk(
    parts,
    Accounts,
    naming(({ agency }) => [[AGENCIES, "agency", agency]]),
  );
  yield* walk(
    parts,
    ApiKeys,
    naming(({ account }) => [[ACCOUNTS, "account", account]]),
  );
  yield* walk(
    parts,
    Sessions,
    naming(({ account }) => [[ACCOUNTS, "account", account]]),
  );
  yield* walk(
    parts,
    Promotions,
    naming(({ id, proposedBy }) => [[ACCOUNTS, "account", [id, proposedBy]]]),
  );
  yield* walk(
    parts,
    ColumnMaps,
    naming(({ agency }) => [[AGENCIES, "agency", agency]]),
  );
  yield* walk(
    parts,
    Orders,
    naming(({ agency, agreements }) => [
      [AGENCIES, "agency", agency],
      [AGREEMENTS, "agreements", agreements],
    ]),
  );
}

/** What is kept of contributions beside them. */
async function* about(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(
    parts,
    Samples,
    naming(({ id, order, agency, decidedBy }) => [
      [ROWS, "id", id],
      [ORDERS, "order", order],
      [AGENCIES, "agency", agency],
      [ACCOUNTS, "decidedBy", decidedBy],
    ]),
  );
  yield* walk(
    parts,
    TearLines,
    naming(({ id, agency, by }) => [
      [ROWS, "id", id],
      [AGENCIES, "agency", agency],
      [ACCOUNTS, "by", by],
    ]),
  );
  yield* walk(
    parts,
    Releases,
    naming(({ contributions, agency, row, proposedBy, decidedBy, askedBy, interim, called, back }) => [
      [ROWS, "contributions", contributions],
      [AGENCIES, "agency", [agency, ...(askedBy === undefined ? [] : [askedBy])]],
      [
        AGREEMENTS,
        "row",
        [...(row === undefined ? [] : [row.agreement]), ...(interim === undefined ? [] : [interim.agreement])],
      ],
      [
        ACCOUNTS,
        "proposedBy, decidedBy, called",
        [proposedBy, ...(decidedBy === undefined ? [] : [decidedBy]), ...(called ?? [])],
      ],
      [target(Confirmations), "back", back?.confirmation],
    ]),
  );
  yield* walk(
    parts,
    Emergencies,
    naming(({ release }) => [[target(Releases), "release", release]]),
  );
  yield* walk(
    parts,
    Confirmations,
    naming(({ contributions, agency, by, confirmedBy }) => [
      [ROWS, "contributions", contributions],
      [AGENCIES, "agency", agency],
      [ACCOUNTS, "by, confirmedBy", confirmedBy === undefined ? [by] : [by, confirmedBy]],
    ]),
  );
  yield* walk(
    parts,
    DeconflictionTickets,
    naming(({ agency, account, lead }) => [
      [AGENCIES, "agency", agency],
      [ACCOUNTS, "account", account],
      [target(DeconflictionTickets), "lead", lead],
    ]),
  );
  yield* walk(
    parts,
    DeconflictionAnswers,
    naming(({ agency, by, ticket }) => [
      [AGENCIES, "agency", agency],
      [ACCOUNTS, "by", by],
      [target(DeconflictionTickets), "ticket", ticket],
    ]),
  );
  yield* walk(
    parts,
    Feedback,
    naming(({ contribution, agency, originator, by }) => [
      [ROWS, "contribution", contribution],
      [AGENCIES, "agency, originator", [agency, originator]],
      [ACCOUNTS, "by", by],
    ]),
  );
  yield* walk(
    parts,
    Reviews,
    naming(({ batch, agency, account, holder }) => [
      [RECEIPTS, "batch", batch],
      [AGENCIES, "agency", agency],
      [ACCOUNTS, "account, holder", holder === undefined ? [account] : [account, holder]],
    ]),
    { size: 50 },
  );
  yield* walk(
    parts,
    Quarantined,
    naming(({ agency, account, batch }) => [
      [AGENCIES, "agency", agency],
      [ACCOUNTS, "account", account],
      [RECEIPTS, "batch", batch],
    ]),
    { size: 50 },
  );
  yield* walk(
    parts,
    QuarantineTallies,
    naming(({ id }) => [[ACCOUNTS, "id", id]]),
  );
}

/** What a tally counts, where that can be counted again: failed samples of a line of orders (triage 3). */
async function lookAtTallies(page: readonly TallyDoc[], unit: Unit, report: Report): Promise<void> {
  const failures = page.filter(({ id }) => id.startsWith(FAILURES));
  const orders = failures.length === 0 ? [] : await unit.collection(Orders).all({ limit: Number.MAX_SAFE_INTEGER });
  for (const { id, n } of failures) {
    const line = orders.filter((order) => failuresOf(order) === id);
    const failed = await unit
      .collection(Samples)
      .count({ index: "order", prefixes: line.map((order) => [order.id, "failed"]) });
    if (line.length === 0 || failed !== n) report("verify.tally", id, `it says ${n}, ${failed} samples failed`);
  }
}
const FAILURES = failuresOf({ id: "" });

/** A job is somebody's while it runs, and tells of batches that there are. */
function lookAtJobs(page: readonly JobDoc[], report: Report): void {
  for (const { id, status, leaseHolder, leaseUntil, attempts = 0 } of page) {
    const held = leaseHolder !== undefined && leaseUntil !== undefined && attempts > 0;
    if (held !== (status !== "queued"))
      report("verify.job", id, `${status}, and ${held ? "" : "not "}taken up by anybody`);
  }
}

const batchesOf = ({ progress }: JobDoc): readonly string[] =>
  Array.isArray(progress.batches) ? (progress.batches as unknown[]).map(String) : [];

/** Records that name accounts, agencies, agreements, contributions and each other. */
export async function* checkReferences(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* people(parts);
  yield* about(parts);
  yield* walk(parts, Tallies, lookAtTallies);
  const named = naming<JobDoc>((job) => [
    [ACCOUNTS, "account", job.account],
    [RECEIPTS, "progress.batches", batchesOf(job)],
  ]);
  yield* walk(
    parts,
    Jobs,
    async (page, unit, report, reportOf) => {
      lookAtJobs(page, report);
      await named(page, unit, report, reportOf);
    },
    { size: 20 },
  );
  yield* walk(
    parts,
    Exports,
    naming(({ account }) => [[ACCOUNTS, "account", account]]),
    { size: 50 },
  );
  yield* walk(
    parts,
    LastPages,
    naming(({ id }) => [[ACCOUNTS, "id", id]]),
  );
}
