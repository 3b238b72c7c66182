import type { Agreement } from "../../schemas/policy/agreement.ts";
import type { Label } from "../../schemas/policy/label.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { keyOf } from "../pipeline/key.ts";
import { labelId } from "../pipeline/lane.ts";
import { endedLabel, grantLabel, namesSponsor } from "../policy/client-grant.ts";
import { type Audience, gainers } from "../policy/gains.ts";
import { labelText } from "../policy/label-text.ts";
import { Fault } from "../shared/fault.ts";
import { compareInstants, formatInstant, parseInstant } from "../shared/instant.ts";
import { Accounts, Agencies, AgreementsIn, ClientGrants, Labels, Rows } from "../storage/collections.ts";
import type { RowDoc } from "../storage/documents.ts";
import type { ClientGrantDoc } from "../storage/grant-documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { nameGranted } from "./contribution-name.ts";
import { internLabels } from "./intern-labels.ts";
import { placeInLanes } from "./place-in-lanes.ts";
import { planRows, type Secrets } from "./plan-rows.ts";
import { noteEdgesAt, relabelRows } from "./relabel-rows.ts";
import { objectOf } from "./sight.ts";
import { labelEntry } from "./snapshot.ts";
import { viewerOf } from "./viewer-of.ts";

/** What a grant is on: what one agency says under one id, in every version. */
export const chainOf = ({ originator, stixId }: Pick<RowDoc, "originator" | "stixId">): string =>
  `${originator}|${stixId}`;

/** Grants on what these rows belong to, whatever became of them. */
export async function grantsOn(
  unit: Unit,
  rows: readonly Pick<RowDoc, "originator" | "stixId">[],
): Promise<Stored<ClientGrantDoc>[]> {
  return unit.collection(ClientGrants).find({ index: "chains", values: [...new Set(rows.map(chainOf))] });
}

/** Is the grant in force at this instant (ms)? One whose date is past is over by itself, whatever `status` says: a new one may have the same copies. */
export function stands({ status, until }: Pick<ClientGrantDoc, "status" | "until">, at: number): boolean {
  const end = until === undefined ? undefined : parseInstant(until)?.ms;
  return status === "in-force" && (end === undefined || at < end);
}

/**
 * After a contribution came or got another label: the copies that clients read of it by grant stand under a label made from that one (ADR 0030). Where nothing can be granted any
 * more, or the client would come to read more by it, the grant is over for this contribution: no one person's edit gives a client anything (policy 1.6). So it is with a version that
 * comes after one that the client was not given. In the caller's transaction.
 */
export async function followGrants(
  unit: Unit,
  row: RowDoc,
  label: Label,
  secrets: Secrets,
  now: number,
): Promise<void> {
  if (label.grantedBy !== undefined) return;
  for (const grant of await grantsOn(unit, [row]))
    if (stands(grant, now) && !grant.closed.includes(row.contribution))
      await follow(unit, grant, row, label, secrets, now);
}

/** Whether anything was ever granted of what these belong to. */
export async function haveGrants(unit: Unit, rows: readonly Pick<RowDoc, "originator" | "stixId">[]): Promise<boolean> {
  // In most stores there is none at all.
  if ((await unit.collection(ClientGrants).all({ limit: 1 })).length === 0) return false;
  return (await grantsOn(unit, rows)).length > 0;
}

/** The same for contributions that a batch stored, under these labels by their ids. */
export async function followPosted(
  unit: Unit,
  rows: readonly RowDoc[],
  labels: ReadonlyMap<string, Label>,
  secrets: Secrets,
  now: number,
): Promise<void> {
  const whole = rows
    .filter((row) => row.id === row.contribution)
    .sort((a, b) => (cameBefore(a, b) ? -1 : cameBefore(b, a) ? 1 : 0));
  if (!(await haveGrants(unit, whole))) return;
  const on = new Set((await grantsOn(unit, whole)).flatMap(({ chains }) => chains));
  for (const row of whole) {
    const label = labels.get(row.label);
    if (label !== undefined && on.has(chainOf(row))) await followGrants(unit, row, label, secrets, now);
  }
}

async function follow(
  unit: Unit,
  grant: Stored<ClientGrantDoc>,
  row: RowDoc,
  label: Label,
  secrets: Secrets,
  now: number,
): Promise<void> {
  const name = nameGranted(row.contribution, grant, secrets);
  const held = await unit.collection(Rows).get(name);
  const wanted = grantLabel(label, grant);
  const standing = held === undefined ? undefined : (await unit.collection(Labels).get(held.label))?.label;
  // What its agency may read and this client may not is decided: that the label is loosened later is for two persons of the sponsor.
  // A copy that ended stays so: two persons give it again.
  const over =
    wanted === undefined
      ? standing !== undefined || namesSponsor(label, grant)
      : standing === undefined
        ? !(await mayFollow(unit, grant, row, wanted, secrets, now))
        : !reaches(standing) || (await widens(unit, grant, [standing], wanted, now));
  if (over) {
    await endCopy(unit, row, label, grant, secrets, now);
    const closed = [...grant.closed, row.contribution].sort();
    const again = await unit.collection(ClientGrants).get(grant.id);
    if (again !== undefined) await unit.collection(ClientGrants).put({ ...again, closed });
    return;
  }
  if (wanted !== undefined) await giveCopy(unit, row, wanted, grant, secrets, now);
}

/**
 * May the client have a version that it has no copy of yet? Only where it has all that came before it under that id, and no copy of these shows it less than this one would: else
 * what one of them keeps from it could be posted again under another label, by one person.
 */
async function mayFollow(
  unit: Unit,
  grant: ClientGrantDoc,
  row: RowDoc,
  wanted: Label,
  secrets: Secrets,
  now: number,
): Promise<boolean> {
  const chain = (await unit.collection(Rows).find({ index: "stix", values: [row.stixId] })).filter(
    (one) => one.id === one.contribution && chainOf(one) === chainOf(row) && one.id !== row.contribution,
  );
  const byId = new Map(chain.map((one) => [one.id, one]));
  const labels = new Map<string, Label>();
  for (const id of new Set(chain.map((one) => one.label))) {
    const held = await unit.collection(Labels).get(id);
    if (held !== undefined) labels.set(id, held.label);
  }
  const before = new Map<string, Label>();
  for (const one of chain) {
    if (labels.get(one.label)?.grantedBy !== undefined) continue;
    // Closed is closed, whatever a clock says of which came first.
    if (grant.closed.includes(one.id)) return false;
    const copy = byId.get(nameGranted(one.id, grant, secrets));
    const label = copy === undefined ? undefined : labels.get(copy.label);
    if (copy !== undefined && label !== undefined && reaches(label)) before.set(copy.label, label);
    else if (cameBefore(one, row)) return false;
  }
  return before.size > 0 && !(await widens(unit, grant, [...before.values()], wanted, now));
}

/** Of one batch the lower version came first. */
function cameBefore(one: RowDoc, row: RowDoc): boolean {
  if (one.received !== row.received || one.batch !== row.batch) return one.received <= row.received;
  return one.version !== undefined && row.version !== undefined && compareInstants(one.version, row.version) < 0;
}

/** Has the label of a copy a row at all? Else it is one that ended. */
const reaches = ({ releases }: Label): boolean => releases.length > 0;

/** Would anybody read more by the other label of a copy, now or later? A quarantine that ends is none of that: it was everybody's. */
export const shows = (before: Label, after: Label, audience: Audience): boolean => {
  const free = ({ quarantined: _, ...label }: Label): Label => label;
  return gainers(free(before), free(after), audience).length > 0;
};

/** The same for the grant's client, as the store has it, beside any of these. */
async function widens(
  unit: Unit,
  grant: ClientGrantDoc,
  before: readonly Label[],
  after: Label,
  now: number,
): Promise<boolean> {
  const account = await unit.collection(Accounts).get(grant.client);
  const agencies = await unit.collection(Agencies).all({ limit: Number.MAX_SAFE_INTEGER });
  const agreements: Record<string, Agreement> = {};
  for (const one of await unit.collection(AgreementsIn).all({ limit: Number.MAX_SAFE_INTEGER }))
    agreements[one.id] = one;
  const people: Viewer[] =
    account === undefined
      ? []
      : [
          viewerOf(
            account,
            agencies.find(({ id }) => id === account.agency),
          ),
        ];
  const audience = {
    people,
    agencies: new Map(agencies.map((one) => [one.id, one])),
    agreements,
    at: formatInstant(now),
  };
  return before.some((label) => shows(label, after, audience));
}

/** The client's copy under this label: made, or labelled anew. */
export async function giveCopy(
  unit: Unit,
  row: RowDoc,
  label: Label,
  grant: Pick<ClientGrantDoc, "agency" | "client">,
  secrets: Secrets,
  now: number,
): Promise<void> {
  const name = nameGranted(row.contribution, grant, secrets);
  const rows = unit.collection(Rows);
  if ((await rows.get(name)) !== undefined) {
    await relabelRows(unit, name, label, secrets, now);
    return;
  }
  const object = objectOf(row);
  const keyed = keyOf(object, row.originator);
  if (!("key" in keyed)) throw new Fault("internal", `a stored contribution has no key: ${row.contribution}`);
  const id = labelId(secrets.digest, labelText(label));
  await internLabels(unit, new Map([[id, label]]));
  const { originator, receivedFrom, channel, batch, received } = row;
  const plans = planRows(
    {
      object,
      key: keyed.key,
      label: id,
      stored: label,
      cuts: labelEntry(id, label).cuts,
      name: { contribution: name, posted: row.posted },
      flags: row.flags ?? [],
      consumed: row.consumed ?? [],
      ...(row.given === undefined ? {} : { given: row.given }),
    },
    { originator, receivedFrom, channel, batch, received },
    secrets,
  );
  const placed = await placeInLanes(unit, plans, now);
  await rows.insert(placed);
  await noteEdgesAt(unit, placed);
}

/** Nobody reads the client's copy any more; it stays where it is, so that who had it can be told. */
export async function endCopy(
  unit: Unit,
  row: Pick<RowDoc, "contribution">,
  label: Label,
  grant: Pick<ClientGrantDoc, "agency" | "client">,
  secrets: Secrets,
  now: number,
): Promise<void> {
  const name = nameGranted(row.contribution, grant, secrets);
  if ((await unit.collection(Rows).get(name)) === undefined) return;
  await relabelRows(unit, name, endedLabel(label, grant), secrets, now);
}
