import type { z } from "zod";
import type { Agreement } from "../../schemas/policy/agreement.ts";
import type { Viewer } from "../../schemas/policy/viewer.ts";
import { Fault } from "../shared/fault.ts";
import { formatInstant } from "../shared/instant.ts";
import { PolicyVersions } from "../storage/collections.ts";
import {
  AccountDoc,
  AgencyDoc,
  AgreementDoc,
  type PolicyVersionDoc,
  SourceQuarantineDoc,
} from "../storage/documents.ts";
import type { Stored, Unit } from "../storage/port.ts";
import { viewerOf } from "./viewer-of.ts";

/** A version that an answer was made from: anybody with the store finds it by its number, and an anchor is over its digest. */
export interface Used {
  readonly kind: PolicyVersionDoc["kind"];
  readonly of: string;
  readonly n: number;
  readonly revision: number;
  readonly digest: string;
}

const QuarantineThen = SourceQuarantineDoc.omit({ reason: true });
type QuarantineThen = z.infer<typeof QuarantineThen>;

/** What `decide` would have been asked with at an instant. */
export interface PolicyThen {
  /** Undefined where there was no such account yet. */
  readonly viewer: Viewer | undefined;
  readonly agreements: Readonly<Record<string, Agreement>>;
  /** Without reasons, which may be sealed where they stand. */
  readonly quarantines: readonly QuarantineThen[];
  /** The policy revision that counted then. */
  readonly revision: number;
  readonly used: readonly Used[];
}

const PAGE = 500;
const usedOf = ({ kind, of, n, revision, digest }: PolicyVersionDoc): Used => ({ kind, of, n, revision, digest });

/** The version of one document that held at an instant (ms): the last that is not after it. */
async function versionAt(
  unit: Unit,
  kind: PolicyVersionDoc["kind"],
  of: string,
  at: number,
): Promise<Stored<PolicyVersionDoc> | undefined> {
  const [version] = await unit
    .collection(PolicyVersions)
    .scan({ index: "of", prefixes: [[kind, of]], to: at + 1, reverse: true, limit: 1 });
  return version;
}

/** All agreements, or quarantines of sources, as they were: there are few, and each changes seldom. */
async function allAt(unit: Unit, kind: "agreement" | "quarantine", at: number): Promise<Map<string, PolicyVersionDoc>> {
  const held = new Map<string, PolicyVersionDoc>();
  for (let after: { value: string; id: string } | undefined; ; ) {
    const page: Stored<PolicyVersionDoc>[] = await unit.collection(PolicyVersions).scan({
      index: "of",
      prefixes: [[kind]],
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const version of page) {
      const known = held.get(version.of);
      if (version.at <= at && (known === undefined || version.n > known.n)) held.set(version.of, version);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return held;
    after = { value: last.of, id: last.id };
  }
}

/** The number and revision that the history had come to at an instant. */
async function revisionAt(unit: Unit, at: number): Promise<number> {
  const versions = unit.collection(PolicyVersions);
  const read = async (n: number): Promise<PolicyVersionDoc | undefined> =>
    (await versions.scan({ index: "n", prefixes: [[]], from: n, limit: 1 }))[0];
  const [tail] = await versions.scan({ index: "n", prefixes: [[]], reverse: true, limit: 1 });
  const first = await read(1);
  if (tail === undefined || first === undefined || at < first.at)
    throw new Fault(
      "unprocessable",
      first === undefined
        ? "there is no history of the policy"
        : `the history of the policy begins at ${formatInstant(first.at)}`,
      { code: "replay.before_history", path: "at" },
    );
  // Instants never go back along the numbers.
  let [low, high] = [first.n, tail.n];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (((await read(middle))?.at ?? Number.POSITIVE_INFINITY) <= at) low = middle;
    else high = middle - 1;
  }
  return (await read(low))?.revision ?? first.revision;
}

/** Account, its agency and the agreements as they stood at an instant (ms), from the stored versions. Fault `unprocessable` for one before the history begins. */
export async function policyThen(unit: Unit, account: string, at: number): Promise<PolicyThen> {
  const revision = await revisionAt(unit, at);
  const held = await versionAt(unit, "account", account, at);
  const doc = held === undefined ? undefined : AccountDoc.parse(held.doc);
  const agency = doc?.agency === undefined ? undefined : await versionAt(unit, "agency", doc.agency, at);
  const agreements = await allAt(unit, "agreement", at);
  const quarantines = await allAt(unit, "quarantine", at);
  const viewer =
    doc === undefined ? undefined : viewerOf(doc, agency === undefined ? undefined : AgencyDoc.parse(agency.doc));
  return {
    viewer,
    agreements: Object.fromEntries([...agreements].map(([id, version]) => [id, AgreementDoc.parse(version.doc)])),
    quarantines: [...quarantines.values()].map((version) => QuarantineThen.parse(version.doc)),
    revision,
    used: [held, agency, ...agreements.values(), ...quarantines.values()].flatMap((version) =>
      version === undefined ? [] : [usedOf(version)],
    ),
  };
}

/** What `decide` would have been asked with of an agency's feeds and clients. */
export interface MachinesThen extends Pick<PolicyThen, "agreements" | "quarantines"> {
  readonly viewers: readonly Viewer[];
  /** What one would have been that may read all that its agency could let it; undefined where there was no such agency yet. */
  readonly any: Viewer | undefined;
}

/** An agency's feeds and clients as they stood at an instant (ms). Machines stay with their agency: those that there are now are those of then, as far as they were there. */
export async function machinesThen(
  unit: Unit,
  of: { readonly agency: string; readonly machines: readonly string[] },
  at: number,
): Promise<MachinesThen> {
  const { agreements, quarantines } = await policyThen(unit, "", at);
  const held = await versionAt(unit, "agency", of.agency, at);
  const agency = held === undefined ? undefined : AgencyDoc.parse(held.doc);
  const viewers: Viewer[] = [];
  for (const id of of.machines) {
    const version = await versionAt(unit, "account", id, at);
    if (version !== undefined) viewers.push(viewerOf(AccountDoc.parse(version.doc), agency));
  }
  const reach = { role: "feed", clearance: "S", pii: true, scope: "read" } as const;
  const most = { ...reach, id: of.agency, name: "", topics: ["*"] };
  return { viewers, any: agency === undefined ? undefined : viewerOf(most, agency), agreements, quarantines };
}
