import { anchorOnce } from "../../../server/jobs/anchor-job.ts";
import {
  AgreementsIn,
  Anchors,
  Audit,
  AuditHeads,
  ChainHeads,
  DisclosureHeads,
  Disclosures,
  PolicyVersions,
  Receipts,
} from "../../../server/storage/collections.ts";
import type { AuditDoc } from "../../../server/storage/documents.ts";
import type { CollectionSpec, Doc, Stored } from "../../../server/storage/port.ts";
import { type Anchor, anchorLine, publicKeyOf, readAnchorLine } from "../../../server/usecases/anchor-text.ts";
import { auditDigest, NO_PREV } from "../../../server/usecases/audit-chain.ts";
import { AnchorChain } from "../../../server/usecases/verify-store/check-anchors.ts";
import {
  HeldReceipt,
  heldAnchors,
  heldReceipt,
  type ReceiptPlace,
} from "../../../server/usecases/verify-store/held-elsewhere.ts";
import { AUDIT_CHECKS, runChecks } from "../../../server/usecases/verify-store/verify-store.ts";
import type { Check } from "../../../server/usecases/verify-store/walk.ts";
import { START } from "../../support/steering.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";

jest.setTimeout(120_000);

let world: TemporaryWorld;
/** What a country had exported, and what a sender was answered. */
let held: readonly Anchor[] = [];
let receipt: HeldReceipt;
let kept: HeldReceipt;
let second = 0;

const tool = (n: number) => ({
  ...{ type: "tool", spec_version: "2.1", id: `tool--00000000-0000-4000-8000-${String(n).padStart(12, "0")}` },
  ...{ created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z", name: `tool ${n}` },
});
const TRI = { agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const };

const later = (): void => {
  second++;
  world.at(START + second * 20_000, `step/${second}`);
};
async function use(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    later();
    const reply = await world.post("feed-US-CISA", tool(second), { label: { tlp: "GREEN", releases: [TRI] } });
    receipt = HeldReceipt.parse(reply.json);
    expect((await world.ask("j1", { method: "GET", path: "/api/v1/objects" })).status).toBe(200);
  }
}
const anchor = (): Promise<readonly Anchor[]> => {
  later();
  return anchorOnce(world.core, world.steer.moments);
};

async function all<T extends Doc>(spec: CollectionSpec<T>): Promise<Stored<T>[]> {
  return world.storage.collection(spec).all({ limit: 10_000 });
}
/** The longest stream of the audit, in the order of its numbers. */
async function rowsOf(): Promise<Stored<AuditDoc>[]> {
  const rows = (await all<AuditDoc>(Audit)).sort((a, b) => a.n - b.n);
  return rows.filter(({ stream }) => stream === rows.at(-1)?.stream);
}

async function codes(...more: readonly Check[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { code } of runChecks(world.core, [...AUDIT_CHECKS, ...more])) found.push(code);
  return [...new Set(found)].sort();
}

/** The audit without a row: the rest with numbers, links and digests that fit, as one with access to the store's files could write it. */
async function writeWithout(is: (row: AuditDoc) => boolean): Promise<void> {
  const before = await rowsOf();
  let prev = NO_PREV;
  const anew = before
    .filter((row) => !is(row))
    .map(({ rev: _, ...row }, i) => {
      const rest = { ...row, n: i + 1, prev, id: `${row.stream}:${i + 1}` };
      prev = auditDigest(rest);
      return { ...rest, digest: prev };
    });
  await world.storage.collection<AuditDoc>(Audit).remove(before.map(({ id }) => id));
  await world.storage.collection<AuditDoc>(Audit).insert(anew);
  const heads = world.storage.collection(AuditHeads);
  const head = await heads.get(before[0]?.stream ?? "");
  const last = anew.at(-1);
  if (head === undefined || last === undefined) throw new Error("nothing is left of the audit");
  await heads.put({ ...head, n: last.n, digest: last.digest });
}

const KEPT = [
  Audit,
  AuditHeads,
  ChainHeads,
  Disclosures,
  DisclosureHeads,
  Anchors,
  PolicyVersions,
  AgreementsIn,
  Receipts,
] as const;
let sound: readonly (readonly [CollectionSpec<Doc>, readonly Doc[]])[] = [];
/** As it was before anybody spoilt it. */
async function restore(): Promise<void> {
  receipt = kept;
  for (const [spec, docs] of sound) {
    const collection = world.storage.collection(spec);
    await collection.remove((await all(spec)).map(({ id }) => id));
    await collection.insert(docs.map(({ rev: _, ...doc }: Doc & { rev?: number }) => doc));
  }
}

beforeAll(async () => {
  world = await TemporaryWorld.open();
  await use(3);
  held = [...(await anchor())];
  await use(2);
  await world.changeAgreement("JP-KR", { status: "suspended" });
  held = [...held, ...(await anchor())];
  await use(1);
  kept = receipt;
  sound = await Promise.all(
    (KEPT as unknown as readonly CollectionSpec<Doc>[]).map(async (spec) => [spec, await all(spec)] as const),
  );
});
afterAll(() => world.close());

const OWN = (): Uint8Array => world.core.keys.anchor;

test("anchors – nothing moved since the last one – none is made; else one, linked, signed, of what moved alone", async () => {
  expect(held.map(({ n, heads }) => [n, heads.map(({ chain }) => chain).sort()])).toEqual([
    [1, ["audit", "disclosures", "policy_versions"]],
    [2, ["audit", "disclosures", "policy_versions"]],
  ]);
  expect(held[1]?.prev).toBe(held[0]?.digest);
  const again = await anchor();
  expect(again.map(({ n, heads }) => [n, heads.map(({ chain }) => chain).sort()])).toEqual([
    [3, ["audit", "disclosures"]],
  ]);
  expect(await anchor()).toEqual([]);
  // A process that stood still for a day, with what the one before left unanchored.
  await use(1);
  second += 5000;
  expect((await anchor()).map(({ n, heads }) => [n, heads.length])).toEqual([[4, 2]]);
  expect(await codes(heldAnchors(held))).toEqual([]);
  await restore();
});

test("a sound store – with anchors and a receipt that others hold – nothing is found, and the receipt has its place", async () => {
  const told: ReceiptPlace[] = [];
  const place = (one: ReceiptPlace): void => void told.push(one);
  expect(await codes(heldAnchors(held), heldReceipt(receipt, place))).toEqual([]);
  const last = (await rowsOf()).at(-1);
  expect(told).toEqual([{ stream: last?.stream, n: last?.n, digest: last?.digest }]);
  const [third] = await anchor();
  expect(await codes(heldReceipt(receipt, place))).toEqual([]);
  expect(told[1]?.anchor).toEqual({ n: third?.n, at: third?.at });
  await restore();
});

describe("receipts", () => {
  afterEach(restore);

  test("a receipt whose row was taken out of a chain written anew – held against it – is found", async () => {
    await writeWithout(({ detail }) => detail?.batch === receipt.batch);
    await world.storage.collection(Receipts).remove([receipt.batch]);
    expect(await codes(heldReceipt(receipt, () => undefined))).toEqual(["verify.receipt_held"]);
  });

  test("a receipt that says other results – held against the audit – is found", async () => {
    const other = { ...receipt, results: [] };
    expect(await codes(heldReceipt(other, () => undefined))).toEqual(["verify.receipt_held"]);
  });
});

describe("a file of anchors – looked at without a store", () => {
  const findings = (lines: readonly string[], keys: readonly string[]): string[] => {
    const chain = new AnchorChain(keys);
    return lines.flatMap((line, i) => chain.look(readAnchorLine(line, `line ${i}`)).map(({ code }) => code));
  };

  test("as exported – under the published key – nothing is found; under another, or edited, or with a line gone, it is", () => {
    const lines = held.map(anchorLine);
    const key = publicKeyOf(OWN());
    const [first = "", second = ""] = lines;
    expect(findings(lines, [key])).toEqual([]);
    expect(findings(lines.slice(1), [key])).toEqual([]);
    expect(findings(lines, [publicKeyOf(new Uint8Array(32))])).toEqual(["verify.anchor_signature"]);
    expect(findings([first, second.replace(/"n":2,/, '"n":3,')], [key])).toEqual([
      "verify.chain_missing",
      "verify.anchor_signature",
    ]);
    expect(findings([second, first], [key])).toEqual(["verify.chain_missing"]);
    expect(() => readAnchorLine("{}", "line 1")).toThrow("line 1 is no anchor");
  });
});
