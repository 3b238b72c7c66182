import { anchorOnce } from "../../../server/jobs/anchor-job.ts";
import {
  AgreementsIn,
  Anchors,
  Audit,
  AuditHeads,
  DisclosureHeads,
  Disclosures,
  PolicyVersions,
  Receipts,
} from "../../../server/storage/collections.ts";
import type { AuditDoc } from "../../../server/storage/documents.ts";
import { versionDigest } from "../../../server/storage/policy-versions.ts";
import type { Collection, CollectionSpec, Doc, Stored } from "../../../server/storage/port.ts";
import {
  type Anchor,
  anchorLine,
  publicKeyOf,
  readAnchorLine,
  signAnchor,
} from "../../../server/usecases/anchor-text.ts";
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

const CHAINS = { audit: [Audit, AuditHeads], disclosures: [Disclosures, DisclosureHeads] } as const;
type Chain = keyof typeof CHAINS;

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
/** The longest stream, in the order of its numbers. */
async function rowsOf(chain: Chain): Promise<Stored<AuditDoc>[]> {
  const rows = (await all<AuditDoc>(CHAINS[chain][0])).sort((a, b) => a.n - b.n);
  const last = rows.at(-1);
  return rows.filter(({ stream }) => stream === last?.stream);
}

async function codes(...more: readonly Check[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { code } of runChecks(world.core, [...AUDIT_CHECKS, ...more])) found.push(code);
  return [...new Set(found)].sort();
}

const chainOf = (chain: Chain): Collection<AuditDoc> => world.storage.collection<AuditDoc>(CHAINS[chain][0]);
/** Rows as they are, in the place of those that were there: as one with access to the store's files could. */
async function write(chain: Chain, rows: readonly AuditDoc[]): Promise<void> {
  const before = await rowsOf(chain);
  await chainOf(chain).remove(before.map(({ id }) => id));
  await chainOf(chain).insert(rows.map((row) => ({ ...row, id: `${row.stream}:${row.n}` })));
}
async function moveHead(chain: Chain, row: Pick<AuditDoc, "stream" | "n" | "digest"> | undefined): Promise<void> {
  const heads = world.storage.collection(CHAINS[chain][1]);
  const head = await heads.get(row?.stream ?? "");
  if (head !== undefined && row !== undefined) await heads.put({ ...head, n: row.n, digest: row.digest });
}
/** The same rows with numbers, links and digests that fit. */
function chained(rows: readonly AuditDoc[]): AuditDoc[] {
  let prev = NO_PREV;
  return rows.map((row, i) => {
    const n = i + 1;
    const { digest: _, ...rest } = { ...row, n, prev, id: `${row.stream}:${n}` };
    prev = auditDigest(rest);
    return { ...rest, digest: prev };
  });
}
/** Anchors over what is there now, under the numbers of those that were. */
async function signAnew(seed: Uint8Array): Promise<void> {
  const anchors = await all(Anchors);
  const digests = new Map<string, string>();
  for (const chain of ["audit", "disclosures"] as const)
    for (const { id, digest } of await all<AuditDoc>(CHAINS[chain][0])) digests.set(`${chain}|${id}`, digest);
  let prev = NO_PREV;
  for (const { id, rev, n, at, heads } of anchors) {
    const named = heads.flatMap((head) => {
      const digest = digests.get(`${head.chain}|${head.stream}:${head.n}`);
      return head.chain === "policy_versions" ? [head] : digest === undefined ? [] : [{ ...head, digest }];
    });
    const signed = signAnchor(seed, { n, prev, at, heads: named });
    prev = signed.digest;
    await world.storage.collection(Anchors).put({ ...signed, id, rev });
  }
}

const KEPT = [
  Audit,
  AuditHeads,
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
  const last = (await rowsOf("audit")).at(-1);
  expect(told).toEqual([{ stream: last?.stream, n: last?.n, digest: last?.digest }]);
  const [third] = await anchor();
  expect(await codes(heldReceipt(receipt, place))).toEqual([]);
  expect(told[1]?.anchor).toEqual({ n: third?.n, at: third?.at });
  await restore();
});

const PLANTS: readonly (readonly [
  string,
  readonly string[],
  (chain: Chain, rows: Stored<AuditDoc>[]) => Promise<void>,
])[] = [
  [
    "an edited row",
    ["verify.chain_digest"],
    async (chain, rows) =>
      write(
        chain,
        rows.map((row) => (row.n === 2 ? { ...row, actor: "somebody" } : row)),
      ),
  ],
  [
    "an edited row with a digest that fits",
    ["verify.chain_prev"],
    async (chain, rows) =>
      write(
        chain,
        rows.map((row) => (row.n === 2 ? { ...row, actor: "x", digest: auditDigest({ ...row, actor: "x" }) } : row)),
      ),
  ],
  [
    "a removed row",
    ["verify.chain_missing"],
    async (chain, rows) =>
      write(
        chain,
        rows.filter(({ n }) => n !== 2),
      ),
  ],
  [
    "two rows in each other's place",
    ["verify.chain_digest", "verify.chain_prev"],
    async (chain, rows) => {
      const [a, b] = [rows[0], rows[1]];
      if (a === undefined || b === undefined) throw new Error("too few rows");
      const swapped = [
        { ...b, n: a.n, prev: a.prev },
        { ...a, n: b.n, prev: b.digest },
      ];
      await write(chain, [...swapped, ...rows.slice(2)]);
    },
  ],
  [
    "a tail that is not anchored yet, cut off",
    ["verify.chain_end"],
    async (chain, rows) => write(chain, rows.slice(0, -1)),
  ],
  [
    "a tail cut off behind its end",
    ["verify.anchored"],
    async (chain, rows) => {
      const left = rows.slice(0, 2);
      await write(chain, left);
      await moveHead(chain, left.at(-1));
    },
  ],
  [
    "a stream removed with its end",
    ["verify.anchored"],
    async (chain, rows) => {
      await write(chain, []);
      await world.storage.collection(CHAINS[chain][1]).remove([rows[0]?.stream ?? ""]);
    },
  ],
  [
    "a chain written anew with digests that fit",
    ["verify.anchored"],
    async (chain, rows) => {
      const anew = chained(rows.filter(({ n }) => n !== 2));
      await write(chain, anew);
      await moveHead(chain, anew.at(-1));
    },
  ],
  [
    "a chain written anew, and anchors under another key",
    ["verify.anchor_signature"],
    async (chain, rows) => {
      const anew = chained(rows.map((row) => (row.n === 2 ? { ...row, actor: "somebody" } : row)));
      await write(chain, anew);
      await moveHead(chain, anew.at(-1));
      await signAnew(new Uint8Array(32).fill(7));
    },
  ],
];

describe.each(["audit", "disclosures"] as const)("planted in %s", (chain) => {
  afterEach(restore);
  test.each(PLANTS)("%s – verified – is found, and nothing else", async (_, found, plant) => {
    await plant(chain, await rowsOf(chain));
    expect(await codes()).toEqual(found);
  });

  test("a chain and its anchors written anew with the secret itself – held against what a country holds – are found", async () => {
    const anew = chained((await rowsOf(chain)).map((row) => (row.n === 2 ? { ...row, actor: "somebody" } : row)));
    await write(chain, anew);
    await moveHead(chain, anew.at(-1));
    await signAnew(OWN());
    expect(await codes()).toEqual([]);
    expect(await codes(heldAnchors(held))).toEqual(["verify.anchor_held", "verify.anchored"]);
  });
});

describe("planted elsewhere", () => {
  afterEach(restore);

  test("an anchor taken out – verified – is found", async () => {
    await world.storage.collection(Anchors).remove(["000000000001"]);
    expect(await codes()).toEqual(["verify.chain_missing"]);
  });

  test.each([[["000000000002"]], [["000000000001", "000000000002"]]])(
    "the last anchors %j taken out – held against what a country holds – are found",
    async (ids) => {
      await world.storage.collection(Anchors).remove(ids);
      expect(await codes(heldAnchors(held))).toEqual(["verify.anchor_held"]);
    },
  );

  test("an anchor that names another row – verified – is found", async () => {
    const [one] = await all(Anchors);
    if (one === undefined) throw new Error("there is no anchor");
    await world.storage.collection(Anchors).put({ ...one, at: one.at + 1 });
    expect(await codes()).toEqual(["verify.anchor_signature", "verify.chain_digest"]);
  });

  test("the history of policy edited, and a policy changed behind its back – verified – both are found", async () => {
    const versions = world.storage.collection(PolicyVersions);
    const [first] = await all(PolicyVersions);
    if (first === undefined) throw new Error("there is no version");
    await versions.put({ ...first, at: first.at - 1 });
    expect(await codes()).toEqual(["verify.chain_digest"]);
    await versions.put({
      ...first,
      rev: first.rev + 1,
      at: first.at - 1,
      digest: versionDigest({ ...first, at: first.at - 1 }),
    });
    expect(await codes()).toEqual(["verify.chain_prev"]);
    await restore();
    const agreement = await world.storage.collection(AgreementsIn).get("JP-KR");
    if (agreement === undefined) throw new Error("there is no agreement");
    await world.storage.collection(AgreementsIn).put({ ...agreement, status: "in-force" });
    expect(await codes()).toEqual(["verify.policy_version"]);
  });

  test("a receipt whose row was taken out of a chain written anew – held against it – is found", async () => {
    const anew = chained((await rowsOf("audit")).filter(({ detail }) => detail?.batch !== receipt.batch));
    await write("audit", anew);
    await moveHead("audit", anew.at(-1));
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
