import type { Label } from "../../../schemas/policy/label.ts";
import { deadLane } from "../../pipeline/lane.ts";
import { NORMALISER } from "../../pipeline/steps.ts";
import { sha256 } from "../../shared/digest.ts";
import { Accounts, Agencies, Lanes, Receipts, Rows } from "../../storage/collections.ts";
import type { RowDoc } from "../../storage/documents.ts";
import type { Stored, Unit } from "../../storage/port.ts";
import { nameAgain, nameAside, nameGranted } from "../contribution-name.ts";
import { endsOf } from "../needed-ends.ts";
import type { RowPlan, Secrets } from "../plan-rows.ts";
import type { LabelEntry } from "../snapshot.ts";
import { lookForTerms } from "./check-terms.ts";
import { CommonWords } from "./common-words.ts";
import type { Report } from "./finding.ts";
import { KnownLabels, Standing } from "./known.ts";
import { remadeRows } from "./remade-rows.ts";
import { lookAtPlaces } from "./row-places.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

/** What all rows of a contribution share. */
const SHARED = [
  ...(["contribution", "label", "posted", "stixId", "originator", "version", "batch", "channel"] as const),
  ...(["receivedFrom", "received", "claimedBy", "flags", "consumed"] as const),
];
/** By what it is found as the same thing as another. */
const KEY = ["kind", "thing", "fold", "values"] as const;
/** What is kept beside the bytes. */
const FACTS = ["mix", "given", "checksum", "marksAt", "marks", "refers", "folded"] as const;

type Compared = (typeof SHARED)[number] | (typeof KEY)[number] | (typeof FACTS)[number];

const differing = (row: RowDoc, plan: RowPlan, fields: readonly Compared[]): readonly Compared[] =>
  fields.filter((field) => JSON.stringify(row[field]) !== JSON.stringify(plan[field]));

/** How often something may be withdrawn and posted again, and its name still be known. */
const MOST_TIMES = 100;

/** Whether a contribution may have this name: its first one, or one that it got where that was taken. */
function isNamed(own: RowDoc, { grantedBy, clientGrants }: Label, first: string, secrets: Secrets): boolean {
  // A copy for a client is named after what it is of.
  const named = (name: string): string =>
    grantedBy === undefined ? name : nameGranted(name, { agency: grantedBy, client: clientGrants[0] ?? "" }, secrets);
  const isOrAside = (name: string): boolean =>
    own.id === named(name) || own.id === named(nameAside(name, own.receivedFrom, secrets));
  if (isOrAside(first)) return true;
  for (let times = 1; times <= MOST_TIMES; times++) if (isOrAside(nameAgain(first, times, secrets))) return true;
  return false;
}

interface Known {
  readonly labels: KnownLabels;
  readonly lanes: Standing;
  readonly accounts: Standing;
  readonly agencies: Standing;
  readonly batches: Standing;
}

/** The rows of a page by contribution: its whole row and its tiers follow each other, since their ids begin alike. */
function contributionsOf(page: readonly Stored<RowDoc>[]): Stored<RowDoc>[][] {
  const groups: Stored<RowDoc>[][] = [];
  for (const row of page) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && nameIn(last[0].id) === nameIn(row.id)) last.push(row);
    else groups.push([row]);
  }
  return groups;
}
const nameIn = (id: string): string => id.split(".", 1)[0] ?? id;

const namesOf = (fields: readonly string[]): string => fields.join(", ");

interface Made {
  readonly row: RowDoc;
  readonly plan: RowPlan;
  readonly whole: RowPlan | undefined;
}

/** One contribution against its own bytes and its label. Gives its rows with what they were made again as. */
function lookAtContribution(
  rows: readonly RowDoc[],
  labels: ReadonlyMap<string, LabelEntry>,
  secrets: Secrets,
  report: Report,
): Made[] {
  let sound = true;
  for (const row of rows) {
    if (sha256(row.bytes) === row.hash) continue;
    report("verify.row_hash", row.id, "its bytes have another digest");
    sound = false;
  }
  const [own] = rows;
  if (own === undefined || own.id !== nameIn(own.id)) {
    report("verify.tier_missing", nameIn(own?.id ?? ""), "its whole row is not there");
    return [];
  }
  const entry = labels.get(own.label);
  if (entry === undefined) {
    report("verify.row_label", own.id, "there is no such label");
    return [];
  }
  // What edited bytes would be made into says nothing.
  if (!sound) return [];
  const remade = remadeRows(
    own,
    entry,
    rows.map(({ cut }) => cut),
    secrets,
  );
  if ("problem" in remade) {
    report(remade.problem, own.id, "nothing can be made of its bytes");
    return [];
  }
  if (!isNamed(own, entry.label, remade.name, secrets))
    report("verify.row_name", own.id, "made from what it says it is, it has another");
  const whole = remade.live.get(own.id);
  const made: Made[] = [];
  for (const row of rows) {
    const plan = remade.live.get(row.id) ?? remade.dead.get(row.id);
    if (plan === undefined) {
      report("verify.tier_extra", row.id, "its label makes no such row of it");
      continue;
    }
    const left = remade.dead.has(row.id);
    if (left && row.stages === undefined) report("verify.tier_extra", row.id, "its label never had such a tier for it");
    if (row.lane !== plan.lane)
      report("verify.row_lane", row.id, left ? `not in ${deadLane("")} of its label` : "not in its tier's lane");
    if (row.hash !== plan.hash)
      report(
        "verify.tier_bytes",
        row.id,
        row.id === own.id ? "written again, it has other bytes" : "cut again, it has other bytes",
      );
    const shared = differing(row, plan, SHARED);
    if (shared.length > 0)
      report("verify.row_copies", row.id, `other than the whole row or its bytes: ${namesOf(shared)}`);
    const facts = differing(row, plan, FACTS);
    const ends = JSON.stringify(endsOf(row)) === JSON.stringify(plan.ends) ? [] : ["ends"];
    if (facts.length + ends.length > 0)
      report("verify.row_facts", row.id, `not as its bytes say: ${namesOf([...facts, ...ends])}`);
    // A row that an older normaliser keyed keeps its key.
    if (row.normaliser !== NORMALISER) continue;
    const key = differing(row, plan, KEY);
    if (key.length > 0) report("verify.row_key", row.id, `not as its bytes say: ${namesOf(key)}`);
    made.push({ row, plan, whole: row.id === own.id ? undefined : whole });
  }
  const there = new Set(rows.map(({ id }) => id));
  for (const id of remade.live.keys())
    if (!there.has(id)) report("verify.tier_missing", id, "its label makes such a row of it");
  return made;
}

/** Receipts by agency and instant: a receipt itself is large. */
async function batchesMissing(page: readonly RowDoc[], unit: Unit, { batches }: Known): Promise<ReadonlySet<string>> {
  const asked = new Map<string, [string, number]>();
  for (const { batch, originator, received } of page) if (!batches.has(batch)) asked.set(batch, [originator, received]);
  const receipts = unit.collection(Receipts);
  for (const [agency, at] of new Map([...asked.values()].map((one) => [one.join("|"), one])).values()) {
    const found = await receipts.pick({ index: "agency", prefixes: [[agency, at]], limit: 10_000 }, ["id"]);
    for (const { id } of found) asked.delete(id);
    batches.note(found.map(({ id }) => id));
  }
  return new Set(asked.keys());
}

async function lookAtNames(page: readonly RowDoc[], unit: Unit, known: Known, report: Report): Promise<void> {
  const lanes = await known.lanes.missing(
    unit,
    page.map(({ lane }) => lane),
  );
  const accounts = await known.accounts.missing(
    unit,
    page.map(({ receivedFrom }) => receivedFrom),
  );
  const agencies = await known.agencies.missing(
    unit,
    page.map(({ originator }) => originator),
  );
  const batches = await batchesMissing(page, unit, known);
  for (const { id, lane, receivedFrom, originator, batch } of page) {
    if (lanes.has(lane)) report("verify.row_lane", id, "its lane is not known");
    if (accounts.has(receivedFrom)) report("verify.row_account", id, "there is no such account");
    if (agencies.has(originator)) report("verify.row_account", id, "there is no such agency");
    if (batches.has(batch)) report("verify.row_batch", id, "its batch has no receipt");
  }
}

/** Where the last contribution of a page begins: the next page may have more of its tiers. */
const wholeContributions = (page: readonly RowDoc[]): number => {
  const last = nameIn(page.at(-1)?.id ?? "");
  const begins = page.findIndex(({ id }) => nameIn(id) === last);
  return begins > 0 ? begins : page.length;
};

/** Contributions with their tiers, keys, names, places and search words, each made again from the sender's own bytes. */
export async function* checkRows(parts: VerifyParts): AsyncGenerator<Looked> {
  const common = new CommonWords();
  const known: Known = {
    ...{ labels: new KnownLabels(), lanes: new Standing(Lanes), accounts: new Standing(Accounts) },
    ...{ agencies: new Standing(Agencies), batches: new Standing(Receipts) },
  };
  yield* walk(
    parts,
    Rows,
    async (page, unit, report) => {
      const labels = await known.labels.read(
        unit,
        page.map(({ label }) => label),
      );
      await lookAtNames(page, unit, known, report);
      const made = contributionsOf(page).flatMap((rows) => lookAtContribution(rows, labels, parts.secrets, report));
      await lookForTerms(made, unit, common, report);
      await lookAtPlaces(page, unit, report);
    },
    { whole: wholeContributions },
  );
}
