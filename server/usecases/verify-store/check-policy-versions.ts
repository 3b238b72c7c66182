import { canonicalJson } from "../../shared/canonical-json.ts";
import { Accounts, Agencies, AgreementsIn, Orders, PolicyVersions } from "../../storage/collections.ts";
import { keptOf, type PolicyDocument, versionDigest } from "../../storage/policy-versions.ts";
import type { CollectionSpec, Doc, Stored, Unit } from "../../storage/port.ts";
import { type ChainEnd, chainStep, NO_PREV } from "../audit-chain.ts";
import type { Finding } from "./finding.ts";
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

/** The history of policy as a chain, and each account, agency, agreement and order against its end. */
export async function* checkPolicyVersions(parts: VerifyParts): AsyncGenerator<Looked> {
  let end: ChainEnd = { stream: PolicyVersions.name, n: 0, digest: NO_PREV };
  yield* walk(parts, PolicyVersions, (page, _unit, report) => {
    for (const version of page) {
      const { broken, end: now } = chainStep(end, version, versionDigest);
      end = now;
      if (broken !== undefined) report(`verify.chain_${broken.reason}`, version.id, `number ${broken.n}`);
    }
  });
  yield* newest(parts, Accounts, (doc) => ({ kind: "account", doc }));
  yield* newest(parts, Agencies, (doc) => ({ kind: "agency", doc }));
  yield* newest(parts, AgreementsIn, (doc) => ({ kind: "agreement", doc }));
  yield* newest(parts, Orders, (doc) => ({ kind: "order", doc }));
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
