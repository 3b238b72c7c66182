import { canonicalJson } from "../../shared/canonical-json.ts";
import {
  Accounts,
  Agencies,
  AgreementsIn,
  Orders,
  PolicyVersions,
  SourceQuarantines,
} from "../../storage/collections.ts";
import type { PolicyVersionDoc } from "../../storage/documents.ts";
import { keptOf, type PolicyDocument, versionDigest } from "../../storage/policy-versions.ts";
import type { CollectionSpec, Doc, Stored, Unit } from "../../storage/port.ts";
import { type ChainEnd, chainStep, NO_PREV } from "../audit-chain.ts";
import { endKept } from "./end-kept.ts";
import type { Finding } from "./finding.ts";
import { Standing } from "./known.ts";
import { type Looked, type VerifyParts, walk } from "./walk.ts";

const PAGE = 500;

/** Whether the document that holds is another than its newest version says, and how. */
async function differs(unit: Unit, document: PolicyDocument): Promise<string | undefined> {
  const { kind, doc } = document;
  const [last] = await unit
    .collection(PolicyVersions)
    .scan({ index: "of", prefixes: [[kind, doc.id]], reverse: true, limit: 1 });
  if (last === undefined) return "it has no version";
  return canonicalJson(last.doc) === canonicalJson(keptOf(document)) ? undefined : `version ${last.n} says otherwise`;
}

const LIVE = {
  account: Accounts,
  agency: Agencies,
  agreement: AgreementsIn,
  order: Orders,
  quarantine: SourceQuarantines,
} as const satisfies Record<PolicyVersionDoc["kind"], unknown>;
const KINDS = Object.keys(LIVE) as readonly PolicyVersionDoc["kind"][];

/** Which documents that have versions are not there any more; each once. None of them is ever removed. */
function makeGone(): (
  unit: Unit,
  page: readonly PolicyVersionDoc[],
) => Promise<{ readonly kind: PolicyVersionDoc["kind"]; readonly of: string; readonly n: number }[]> {
  const standing = KINDS.map((kind) => ({ kind, of: new Standing(LIVE[kind]) }));
  const told = new Set<string>();
  return async (unit, page) => {
    const gone = [];
    for (const { kind, of } of standing) {
      const last = new Map(
        page.flatMap((version) => (version.kind === kind ? [[version.of, version.n] as const] : [])),
      );
      for (const id of await of.missing(unit, last.keys())) {
        if (!told.has(`${kind}|${id}`)) gone.push({ kind, of: id, n: last.get(id) ?? 0 });
        told.add(`${kind}|${id}`);
      }
    }
    return gone;
  };
}

/** The history of policy as a chain with its end, and each account, agency, agreement, order and quarantine of a source against it, both ways. */
export async function* checkPolicyVersions(parts: VerifyParts): AsyncGenerator<Looked> {
  let end: ChainEnd = { stream: PolicyVersions.name, n: 0, digest: NO_PREV };
  const goneOf = makeGone();
  yield* walk(parts, PolicyVersions, async (page, unit, report, reportOf) => {
    for (const version of page) {
      const { broken, end: now } = chainStep(end, version, versionDigest);
      end = now;
      if (broken !== undefined) report(`verify.chain_${broken.reason}`, version.id, `number ${broken.n}`);
    }
    for (const { kind, of, n } of await goneOf(unit, page))
      reportOf(LIVE[kind].name)("verify.policy_version", of, `it is not there, version ${n} is`);
  });
  yield* endKept(parts, PolicyVersions);
  yield* newest(parts, Accounts, (doc) => ({ kind: "account", doc }));
  yield* newest(parts, Agencies, (doc) => ({ kind: "agency", doc }));
  yield* newest(parts, AgreementsIn, (doc) => ({ kind: "agreement", doc }));
  yield* newest(parts, Orders, (doc) => ({ kind: "order", doc }));
  yield* newest(parts, SourceQuarantines, (doc) => ({ kind: "quarantine", doc }));
}

/** Each document of a collection against its newest version; their shapes and what they name are looked at elsewhere. */
async function* newest<T extends Doc>(
  { storage }: VerifyParts,
  spec: CollectionSpec<T>,
  named: (doc: Stored<T>) => PolicyDocument,
): AsyncGenerator<Looked> {
  for (let after: string | undefined; ; ) {
    const found: Finding[] = [];
    const page = await storage.snapshot(async (unit) => {
      const docs = await unit.collection(spec).all({ limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const doc of docs) {
        const message = await differs(unit, named(doc));
        if (message !== undefined)
          found.push({ code: "verify.policy_version", collection: spec.name, id: doc.id, message });
      }
      return docs;
    });
    yield { collection: spec.name, looked: 0, found };
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}
