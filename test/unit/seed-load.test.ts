import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { isSeeded, loadSeed, type SeedParts, type SeedPost, type SeedRelease } from "../../seed/load.ts";
import { formatInstant } from "../../server/shared/instant.ts";
import type { Moment } from "../../server/shared/moment.ts";
import { Accounts, Agencies, AgreementsIn, ApiKeys, Audit, Meta, Orders } from "../../server/storage/collections.ts";
import { AccountDoc, AgencyDoc, AgreementDoc, ApiKeyDoc, OrderDoc } from "../../server/storage/documents.ts";
import type { Storage } from "../../server/storage/port.ts";
import { keyOf } from "../../server/usecases/api-keys.ts";
import { makeAuditStream } from "../../server/usecases/append-audit.ts";
import { openTemporary, temporaryFolder } from "../support/temporary-store.ts";

const NOW = Date.UTC(2026, 10, 23);
/** Chance that a test can repeat: the digest of a counter. */
function fixedMoment(): Moment {
  let count = 0;
  const block = (): Buffer => createHash("sha512").update(`seed ${count++}`).digest();
  return { now: NOW, random: (bytes) => Uint8Array.from(block().subarray(0, bytes)) };
}

interface DemoFile {
  readonly accounts: readonly { username: string; password: string; apiKey?: string; country?: string }[];
  readonly taxii: { discovery: string; apiRoot: string; collections: Record<string, string> };
}

let storage: Storage;
let data: ReturnType<typeof temporaryFolder>;
let posts: SeedPost[];
let releases: SeedRelease[];
let moment: Moment;
beforeEach(async () => {
  [storage, data, posts, releases, moment] = [await openTemporary(), temporaryFolder(), [], [], fixedMoment()];
});
afterEach(async () => {
  await storage.close();
  data.remove();
});

const NONE = { received: 0, created: 0, unchanged: 0, updated: 0, rejected: 0 };
const parts = (more: Partial<SeedParts> = {}): SeedParts => ({
  storage,
  moment,
  audit: makeAuditStream({ storage, collection: Audit, moment }),
  hashPassword: async (password) => `hashed ${password}`,
  ingest: async (post) => {
    posts.push(post);
    const results = [{ index: 0, id: `x--${posts.length}`, outcome: "created" as const }];
    return { counts: { ...NONE, received: 1, created: 1 }, results };
  },
  release: async (ask) => {
    releases.push(ask);
  },
  root: process.cwd(),
  dataDir: path.join(data.folder, "deep", "data"),
  publicUrl: "http://127.0.0.1:8080",
  group: "dprk",
  ...more,
});
const demoFile = (): DemoFile =>
  JSON.parse(readFileSync(path.join(data.folder, "deep", "data", "demo-accounts.json"), "utf8")) as DemoFile;

test("loading the seed – into an empty store – accounts, agencies, agreements, orders and keys of the declared shapes", async () => {
  const totals = await loadSeed(parts());
  const all = { limit: 500 };
  const held = [
    { shape: AccountDoc, docs: await storage.collection(Accounts).all(all), count: 39 },
    { shape: AgencyDoc, docs: await storage.collection(Agencies).all(all), count: 9 },
    { shape: AgreementDoc, docs: await storage.collection(AgreementsIn).all(all), count: 6 },
    { shape: OrderDoc, docs: await storage.collection(Orders).all(all), count: 9 },
    { shape: ApiKeyDoc, docs: await storage.collection(ApiKeys).all(all), count: 13 },
  ];
  for (const { shape, docs, count } of held) {
    expect(docs).toHaveLength(count);
    for (const { rev, ...doc } of docs) expect([rev, shape.strict().parse(doc)]).toEqual([1, doc]);
  }
  expect(totals).toMatchObject({
    accounts: 39,
    posts: posts.length,
    received: posts.length,
    rejected: 0,
    rejections: [],
  });
  expect(await storage.collection(Orders).get("order-JP-NPA")).toMatchObject({
    from: formatInstant(NOW),
    until: "2027-02-21T00:00:00.000Z",
  });
  expect(await isSeeded(storage)).toBe(true);
});

test("loading the seed – its file of accounts – private, with every password and key that is good", async () => {
  await loadSeed(parts());
  expect(statSync(path.join(data.folder, "deep", "data", "demo-accounts.json")).mode & 0o777).toBe(0o600);
  const { accounts, taxii } = demoFile();
  expect(accounts).toHaveLength(39);
  expect(new Set(accounts.map(({ password }) => password)).size).toBe(39);
  expect(accounts.filter(({ password }) => password.length < 24)).toEqual([]);
  for (const { username, password, apiKey } of accounts) {
    expect((await storage.collection(Accounts).get(username))?.password).toBe(`hashed ${password}`);
    if (apiKey !== undefined) expect(await keyOf(storage, apiKey, NOW)).toMatchObject({ account: username });
  }
  const one = (name: string) => accounts.find(({ username }) => username === name);
  expect(one("j1")).toMatchObject({ agency: "JP-NPA", country: "JPN", role: "analyst" });
  expect(one("sign-kor")).toMatchObject({ country: "KOR", role: "signer" });
  expect(accounts.filter(({ apiKey }) => apiKey !== undefined).length).toBe(13);
  expect([taxii.discovery, taxii.apiRoot]).toEqual([
    "http://127.0.0.1:8080/taxii2/",
    "http://127.0.0.1:8080/taxii2/dprk/",
  ]);
  expect(Object.keys(taxii.collections)).toEqual(["originals", "consolidated", "recalls"]);
  for (const [name, id] of Object.entries(taxii.collections)) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect((await storage.collection(Meta).get(`collection:${name}`))?.value).toBe(id);
  }
});

test("loading the seed – its posts – go with the account's preset, the entry's words and dates from now", async () => {
  await loadSeed(parts());
  const rows = [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" }];
  expect(posts[0]).toMatchObject({
    account: "feed-US-FBI",
    format: "stix",
    label: { tlp: "CLEAR", releases: rows, topics: ["crypto"] },
  });
  expect(posts.flatMap(({ label }) => label.embargoUntil ?? [])).toEqual(["2026-12-23T00:00:00.000Z"]);
  expect(releases.find(({ proposedBy }) => proposedBy === "k1")).toMatchObject({ approvedBy: "rel-KR-NIS" });
  expect(releases.every(({ ids }) => ids.length === 1)).toBe(true);
});

test("loading the seed – a second time – refused politely, nothing changes", async () => {
  await loadSeed(parts());
  const before = [demoFile(), posts.length];
  await expect(loadSeed(parts())).rejects.toMatchObject({ kind: "conflict", code: "seed.done" });
  expect([demoFile(), posts.length]).toEqual(before);
});

test("loading the seed – cut off between people and content – the next load keeps the accounts and posts it all", async () => {
  const broken = async (): Promise<never> => {
    throw new Error("cut off");
  };
  await expect(loadSeed(parts({ ingest: broken }))).rejects.toThrow("cut off");
  expect(await isSeeded(storage)).toBe(false);
  const before = demoFile();
  const totals = await loadSeed(parts());
  expect(demoFile()).toEqual(before);
  expect(totals.posts).toBe(posts.length);
  expect(await isSeeded(storage)).toBe(true);
});

test("loading the seed – into a store with an account of its own – refused, no file is written", async () => {
  const admin: AccountDoc = {
    id: "root",
    name: "Administrator",
    role: "admin",
    clearance: "U",
    topics: [],
    pii: false,
    scope: "write",
  };
  await storage.collection(Accounts).insert([admin]);
  await expect(loadSeed(parts())).rejects.toMatchObject({ kind: "conflict", code: "seed.store_in_use" });
  expect(() => demoFile()).toThrow("ENOENT");
  expect(await storage.collection(Agencies).all({ limit: 5 })).toEqual([]);
});

test("loading the seed – an object is rejected – the totals name the file and the reason", async () => {
  const results = [{ index: 0, outcome: "rejected" as const, code: "stix.required", message: "is missing" }];
  const totals = await loadSeed(
    parts({ ingest: async () => ({ counts: { ...NONE, received: 1, rejected: 1 }, results }) }),
  );
  expect(totals.rejections[0]).toEqual({ file: "us-fbi-bybit.json", code: "stix.required", message: "is missing" });
  expect(totals.rejected).toBe(totals.posts);
});
