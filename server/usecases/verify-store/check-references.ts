import {
  Accounts,
  Agencies,
  AgreementsIn,
  ApiKeys,
  ClientGrants,
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
import type { Unit } from "../../storage/port.ts";
import type { JobDoc } from "../../storage/post-documents.ts";
import type { TallyDoc } from "../../storage/release-documents.ts";
import { failuresOf } from "../standing-orders.ts";
import type { Report } from "./finding.ts";
import { naming } from "./naming.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

/** People, agencies and what is agreed. */
async function* people(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(parts, Meta, () => undefined);
  yield* walk(parts, Agencies, () => undefined);
  yield* walk(parts, AgreementsIn, () => undefined);
  yield* walk(parts, Lockouts, () => undefined);
  yield* walk(
    parts,
    Accounts,
    naming(({ agency }) => [[Agencies, "agency", agency]]),
  );
  yield* walk(
    parts,
    ApiKeys,
    naming(({ account }) => [[Accounts, "account", account]]),
  );
  yield* walk(
    parts,
    Sessions,
    naming(({ account }) => [[Accounts, "account", account]]),
  );
  yield* walk(
    parts,
    Promotions,
    naming(({ id, proposedBy }) => [[Accounts, "account", [id, proposedBy]]]),
  );
  yield* walk(
    parts,
    ColumnMaps,
    naming(({ agency }) => [[Agencies, "agency", agency]]),
  );
  yield* walk(
    parts,
    Orders,
    naming(({ agency, agreements }) => [
      [Agencies, "agency", agency],
      [AgreementsIn, "agreements", agreements],
    ]),
  );
}

/** What is kept of contributions beside them. */
async function* about(parts: VerifyParts): AsyncGenerator<Looked> {
  yield* walk(
    parts,
    Samples,
    naming(({ id, order, agency, decidedBy }) => [
      [Rows, "id", id],
      [Orders, "order", order],
      [Agencies, "agency", agency],
      [Accounts, "decidedBy", decidedBy],
    ]),
  );
  yield* walk(
    parts,
    TearLines,
    naming(({ id, agency, by }) => [
      [Rows, "id", id],
      [Agencies, "agency", agency],
      [Accounts, "by", by],
    ]),
  );
  yield* walk(
    parts,
    ClientGrants,
    naming(({ agency, client, closed, proposedBy, decidedBy, endedBy }) => [
      [Rows, "closed", closed],
      [Agencies, "agency", agency],
      [
        Accounts,
        "client, proposedBy, decidedBy, endedBy",
        [
          client,
          proposedBy,
          ...(decidedBy === undefined ? [] : [decidedBy]),
          ...(endedBy === undefined ? [] : [endedBy]),
        ],
      ],
    ]),
  );
  yield* walk(
    parts,
    Releases,
    naming(({ contributions, agency, row, proposedBy, decidedBy, askedBy, interim, called, back }) => [
      [Rows, "contributions", contributions],
      [Agencies, "agency", [agency, ...(askedBy === undefined ? [] : [askedBy])]],
      [
        AgreementsIn,
        "row",
        [...(row === undefined ? [] : [row.agreement]), ...(interim === undefined ? [] : [interim.agreement])],
      ],
      [
        Accounts,
        "proposedBy, decidedBy, called",
        [proposedBy, ...(decidedBy === undefined ? [] : [decidedBy]), ...(called ?? [])],
      ],
      [Confirmations, "back", back?.confirmation],
    ]),
  );
  yield* walk(
    parts,
    Emergencies,
    naming(({ release }) => [[Releases, "release", release]]),
  );
  yield* walk(
    parts,
    Confirmations,
    naming(({ contributions, agency, by, confirmedBy }) => [
      [Rows, "contributions", contributions],
      [Agencies, "agency", agency],
      [Accounts, "by, confirmedBy", confirmedBy === undefined ? [by] : [by, confirmedBy]],
    ]),
  );
  yield* walk(
    parts,
    DeconflictionTickets,
    naming(({ agency, account, lead }) => [
      [Agencies, "agency", agency],
      [Accounts, "account", account],
      [DeconflictionTickets, "lead", lead],
    ]),
  );
  yield* walk(
    parts,
    DeconflictionAnswers,
    naming(({ agency, by, ticket }) => [
      [Agencies, "agency", agency],
      [Accounts, "by", by],
      [DeconflictionTickets, "ticket", ticket],
    ]),
  );
  yield* walk(
    parts,
    Feedback,
    naming(({ contribution, agency, originator, by }) => [
      [Rows, "contribution", contribution],
      [Agencies, "agency, originator", [agency, originator]],
      [Accounts, "by", by],
    ]),
  );
  yield* walk(
    parts,
    Reviews,
    naming(({ batch, agency, account, holder }) => [
      [Receipts, "batch", batch],
      [Agencies, "agency", agency],
      [Accounts, "account, holder", holder === undefined ? [account] : [account, holder]],
    ]),
    { size: 50 },
  );
  yield* walk(
    parts,
    Quarantined,
    naming(({ agency, account, batch }) => [
      [Agencies, "agency", agency],
      [Accounts, "account", account],
      [Receipts, "batch", batch],
    ]),
    { size: 50 },
  );
  yield* walk(
    parts,
    QuarantineTallies,
    naming(({ id }) => [[Accounts, "id", id]]),
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
    [Accounts, "account", job.account],
    [Receipts, "progress.batches", batchesOf(job)],
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
    naming(({ account }) => [[Accounts, "account", account]]),
    { size: 50 },
  );
  yield* walk(
    parts,
    LastPages,
    naming(({ id }) => [[Accounts, "id", id]]),
  );
}
