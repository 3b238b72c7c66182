import { readFileSync } from "node:fs";
import { join } from "node:path";
import { anchorOnce } from "../../../server/jobs/anchor-job.ts";
import {
  Accounts,
  Agencies,
  AgreementsIn,
  Anchors,
  Audit,
  AuditHeads,
  ChainHeads,
  DisclosureHeads,
  Disclosures,
  Orders,
  PolicyVersions,
  Receipts,
  SourceQuarantines,
} from "../../../server/storage/collections.ts";
import type { AnchorDoc, AuditDoc, AuditHeadDoc, PolicyVersionDoc } from "../../../server/storage/documents.ts";
import { versionDigest, versionId } from "../../../server/storage/policy-versions.ts";
import type { Collection, CollectionSpec, Doc, Stored } from "../../../server/storage/port.ts";
import { type Anchor, anchorDigest, signAnchor } from "../../../server/usecases/anchor-text.ts";
import { auditDigest, NO_PREV } from "../../../server/usecases/audit-chain.ts";
import type { Finding } from "../../../server/usecases/verify-store/finding.ts";
import { heldAnchors } from "../../../server/usecases/verify-store/held-elsewhere.ts";
import { AUDIT_CHECKS, runChecks } from "../../../server/usecases/verify-store/verify-store.ts";
import { START } from "../../support/steering.ts";
import { TemporaryWorld } from "../../support/temporary-world.ts";

jest.setTimeout(120_000);

/** A row of any chain, with whatever else it says. */
type Row = { id: string; n: number; prev: string; digest: string; at: number; stream?: string } & Record<
  string,
  unknown
>;
interface Chain {
  readonly rows: string;
  readonly heads: CollectionSpec<AuditHeadDoc>;
  digest(row: Row): string;
}
const CHAINS: Readonly<Record<string, Chain>> = {
  audit: { rows: Audit.name, heads: AuditHeads, digest: (row) => auditDigest(row as unknown as AuditDoc) },
  disclosures: {
    ...{ rows: Disclosures.name, heads: DisclosureHeads },
    digest: (row) => auditDigest(row as unknown as AuditDoc),
  },
  policy_versions: {
    ...{ rows: PolicyVersions.name, heads: ChainHeads },
    digest: (row) => versionDigest(row as unknown as PolicyVersionDoc),
  },
  anchors: {
    ...{ rows: Anchors.name, heads: ChainHeads },
    digest: (row) => anchorDigest(row as unknown as Anchor),
  },
};
const SPECS = [
  ...[Audit, AuditHeads, ChainHeads, Disclosures, DisclosureHeads, Anchors, PolicyVersions],
  ...[Accounts, Agencies, AgreementsIn, Orders, SourceQuarantines, Receipts],
] as unknown as readonly CollectionSpec<Doc>[];

type Step =
  | { readonly do: "edit"; readonly row: number; readonly set: Readonly<Record<string, unknown>> }
  | { readonly do: "digest"; readonly row: number }
  | { readonly do: "remove"; readonly row: number | "last" }
  | { readonly do: "swap"; readonly row: number; readonly with: number }
  | { readonly do: "add"; readonly behind: number | "last" }
  | { readonly do: "chain" }
  | { readonly do: "empty" }
  | { readonly do: "head"; readonly set?: Readonly<Record<string, unknown>>; readonly to?: "last" | "nothing" }
  | { readonly do: "sign"; readonly key: "own" | "foreign" }
  | { readonly do: "write" };
interface Case {
  readonly what: string;
  readonly chains: readonly string[];
  readonly steps: readonly Step[];
  readonly found: readonly string[];
  readonly but?: Readonly<Record<string, readonly string[]>>;
  readonly place?: string;
  readonly held?: readonly string[];
}
const { cases }: { cases: readonly Case[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../cases/audit-plants.json"), "utf8"),
);
const PLANTS = cases.flatMap((one) => one.chains.map((chain) => [one.what, chain, one] as const));

let world: TemporaryWorld;
/** What a country had exported. */
let held: readonly Anchor[] = [];
let second = 0;
type Kept = readonly (readonly [CollectionSpec<Doc>, readonly Stored<Doc>[]])[];
let sound: Kept = [];
/** The store as it was an hour before. */
let older: Kept = [];

const specOf = (name: string): CollectionSpec<Doc> => {
  const found = SPECS.find((spec) => spec.name === name);
  if (found === undefined) throw new Error(`no such collection: ${name}`);
  return found;
};
const chainOf = (name: string): Chain => {
  const chain = CHAINS[name];
  if (chain === undefined) throw new Error(`no such chain: ${name}`);
  return chain;
};
const all = <T extends Doc>(spec: CollectionSpec<T>): Promise<Stored<T>[]> =>
  world.storage.collection(spec).all({ limit: 10_000 });
const keep = (): Promise<Kept> => Promise.all(SPECS.map(async (spec) => [spec, await all(spec)] as const));
async function putBack(kept: Kept): Promise<void> {
  for (const [spec, docs] of kept) {
    const collection = world.storage.collection(spec);
    await collection.remove((await all(spec)).map(({ id }) => id));
    await collection.insert(docs.map(({ rev: _, ...doc }) => doc));
  }
}

/** The longest stream of a chain, or all of the chain, in the order of its numbers. */
async function rowsOf(name: string): Promise<Row[]> {
  const rows = ((await all(specOf(chainOf(name).rows))) as unknown as Row[]).sort((a, b) => a.n - b.n);
  return rows.filter(({ stream }) => stream === rows.at(-1)?.stream);
}
const idOf = ({ stream, n }: Row): string => (stream === undefined ? versionId(n) : `${stream}:${n}`);
const rowsIn = (name: string): Collection<Doc> => world.storage.collection(specOf(chainOf(name).rows));

/** Rows with numbers, links and digests that fit. */
function chained(name: string, rows: readonly Row[]): Row[] {
  let prev = NO_PREV;
  return rows.map((row, i) => {
    const next: Row = { ...row, n: i + 1, prev };
    next.id = idOf(next);
    prev = chainOf(name).digest(next);
    return { ...next, digest: prev };
  });
}

async function moveHead(name: string, head: string, to: Partial<AuditHeadDoc> | undefined): Promise<void> {
  const heads = world.storage.collection(chainOf(name).heads);
  const before = await heads.get(head);
  if (before === undefined) throw new Error(`nothing is kept of the end of ${name}`);
  if (to === undefined) await heads.remove([head]);
  else await heads.put({ ...before, ...to });
}

/** Anchors over what is there now, under the numbers of those that were, and the record of their end. */
async function signAnew(seed: Uint8Array): Promise<void> {
  const digests = new Map<string, string>();
  for (const name of ["audit", "disclosures", "policy_versions"])
    for (const row of (await all(specOf(name))) as unknown as Row[])
      digests.set(`${name}|${row.stream ?? name}:${row.n}`, row.digest);
  let prev = NO_PREV;
  const anchors = world.storage.collection(Anchors);
  for (const { id, rev, n, at, heads } of await all<AnchorDoc>(Anchors)) {
    const named = heads.map((head) => ({
      ...head,
      digest: digests.get(`${head.chain}|${head.stream}:${head.n}`) ?? head.digest,
    }));
    const signed = signAnchor(seed, { n, prev, at, heads: named });
    prev = signed.digest;
    await anchors.put({ ...signed, id, rev });
  }
  await moveHead("anchors", Anchors.name, { digest: prev });
}

/** As somebody with access to the store's files could. */
async function plant(name: string, steps: readonly Step[]): Promise<void> {
  let rows = await rowsOf(name);
  const before = rows.map(({ id }) => id);
  const head = rows[0]?.stream ?? name;
  const digest = (row: Row): Row => ({ ...row, digest: chainOf(name).digest(row) });
  for (const step of steps) {
    const last = rows.at(-1);
    if (step.do === "edit") rows = rows.map((row) => (row.n === step.row ? { ...row, ...step.set } : row));
    else if (step.do === "digest") rows = rows.map((row) => (row.n === step.row ? digest(row) : row));
    else if (step.do === "remove") rows = rows.filter(({ n }) => n !== (step.row === "last" ? last?.n : step.row));
    else if (step.do === "empty") rows = [];
    else if (step.do === "chain") rows = chained(name, rows);
    else if (step.do === "swap") {
      const [a, b] = [rows[step.row - 1], rows[step.with - 1]];
      if (a === undefined || b === undefined) throw new Error("too few rows");
      rows = rows.map((row) => {
        if (row === a) return { ...b, n: a.n, prev: a.prev };
        return row === b ? { ...a, n: b.n, prev: b.digest } : row;
      });
    } else if (step.do === "add") {
      const n = step.behind === "last" ? last?.n : step.behind;
      const one = rows.find((row) => row.n === n);
      if (one === undefined) throw new Error("no row to add one behind");
      const added = {
        ...one,
        n: one.n + 1,
        prev: one.digest,
        ...(name === "policy_versions" ? { doc: { id: one.of } } : {}),
      };
      rows = rows.flatMap((row) => (row === one ? [row, digest({ ...added, id: idOf(added) })] : [row]));
    } else if (step.do === "head") {
      const to =
        step.to === "last" && last !== undefined ? { n: last.n, digest: last.digest, moved: last.at } : undefined;
      await moveHead(name, head, step.set ?? to);
    } else if (step.do === "sign") {
      await rowsIn(name).remove(before);
      await rowsIn(name).insert(rows);
      await signAnew(step.key === "own" ? world.core.keys.anchor : new Uint8Array(32).fill(7));
      return;
    }
  }
  await rowsIn(name).remove(before);
  await rowsIn(name).insert(rows.map((row) => ({ ...row, id: idOf(row) })));
  if (steps.at(-1)?.do === "write") await writeOn(name);
}

/** What a server writes next in a chain, twice. */
async function writeOn(name: string): Promise<void> {
  for (const categories of [["LE" as const], ["INT" as const]]) {
    await use(1);
    if (name === "policy_versions") await world.changeAgency("KR-NIS", { categories });
    later();
    if (name === "anchors") await anchorOnce(world.core, world.steer.moments);
  }
}

async function found(anchors?: readonly Anchor[]): Promise<{ codes: string[]; lines: string[] }> {
  const all: Finding[] = [];
  const checks = anchors === undefined ? AUDIT_CHECKS : [...AUDIT_CHECKS, heldAnchors(anchors)];
  for await (const one of runChecks(world.core, checks)) all.push(one);
  return {
    codes: [...new Set(all.map(({ code }) => code))].sort(),
    lines: all.map(({ collection, id, message }) => `${collection} ${id}: ${message}`),
  };
}

const later = (): void => {
  second++;
  world.at(START + second * 20_000, `step/${second}`);
};
const RELEASES = [{ agreement: "TRI", countries: ["JPN", "KOR", "USA"], agencies: "*" as const }];
const DATED = { created: "2026-03-01T00:00:00.000Z", modified: "2026-03-01T00:00:00.000Z" };
async function use(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    later();
    const id = `tool--00000000-0000-4000-8000-${String(second).padStart(12, "0")}`;
    const object = { type: "tool", spec_version: "2.1", id, ...DATED, name: `tool ${second}` };
    expect((await world.post("feed-US-CISA", object, { label: { tlp: "GREEN", releases: RELEASES } })).status).toBe(
      200,
    );
    expect((await world.ask("j1", { method: "GET", path: "/api/v1/objects" })).status).toBe(200);
  }
}
const send = async (as: string, path: string, body: object): Promise<void> => {
  later();
  const reply = await world.ask(as, { method: "POST", path, body });
  expect([reply.status < 300, reply.json]).toEqual([true, expect.anything()]);
};
const anchor = async (): Promise<void> => {
  later();
  held = [...held, ...(await anchorOnce(world.core, world.steer.moments))];
};

beforeAll(async () => {
  world = await TemporaryWorld.open();
  await use(3);
  await anchor();
  older = await keep();
  const since = "2026-04-11T00:00:00.000Z";
  await send("sign-kor", "/api/v1/quarantines", { agency: "KR-KISA", since, reason: "in other hands" });
  await world.changeAccount("j4", { topics: [] });
  await use(2);
  await anchor();
  await use(1);
  await world.changeAgency("KR-NIS", { categories: ["INT"] });
  await anchor();
  await use(1);
  await world.changeAgreement("JP-KR", { status: "suspended" });
  sound = await keep();
});
afterEach(() => putBack(sound));
afterAll(() => world.close());

test("the store – as it was used – nothing is found, with what a country holds neither", async () => {
  expect(await found(held)).toEqual({ codes: [], lines: [] });
  expect(held.map(({ n }) => n)).toEqual([1, 2, 3]);
});

test.each(PLANTS)("planted: %s – in %s – is found by chain and place", async (_, name, one) => {
  const last = (await rowsOf(name)).at(-1)?.n ?? 0;
  await plant(name, one.steps);
  const { codes, lines } = await found();
  expect(codes).toEqual(one.but?.[name] ?? one.found);
  if (one.held !== undefined) expect((await found(held)).codes).toEqual(one.held);
  if (one.place === undefined) return;
  // A cut-off row's own number is told by the record, of what was added the new one. What is signed anew shows in the anchors.
  const places = [last, last - 1, last + 1].map((n) => one.place?.replace("last", String(n)) ?? "");
  const chain = new RegExp(`\\b${name.replace(/s$/, "")}|^anchors `);
  const named = lines.filter((line) => chain.test(line) && places.some((place) => line.includes(place)));
  expect([lines, named.length > 0]).toEqual([lines, true]);
});

/** What a field may be made. */
const other = (value: unknown): unknown => {
  if (typeof value === "number") return value + 1_000_000;
  if (typeof value === "string") return `${value}x`;
  return Array.isArray(value) ? [] : { ...(value as object), x: 1 };
};

test.each(["audit", "disclosures", "policy_versions", "anchors"])(
  "each field of a row of %s, and of the record of its end – edited – is found",
  async (name) => {
    const [, row] = await rowsOf(name);
    if (row === undefined) throw new Error("too few rows");
    for (const field of Object.keys(row).filter((one) => one !== "rev" && one !== "id")) {
      await rowsIn(name).remove([row.id]);
      await rowsIn(name).insert([{ ...row, [field]: other(row[field]) } as Doc]);
      expect([field, (await found()).codes]).not.toEqual([field, []]);
      await putBack(sound);
    }
    for (const [field, value] of Object.entries({ n: 1, digest: "none", moved: 1 })) {
      await moveHead(name, row.stream ?? name, { [field]: value });
      expect([field, (await found()).codes]).toEqual([field, ["verify.chain_end"]]);
      await putBack(sound);
    }
  },
);

test.each(["audit", "disclosures", "policy_versions"])(
  "each kind of row in %s – edited, or removed with those behind it – is found by its number",
  async (name) => {
    const rows = await rowsOf(name);
    const kinds = new Map(rows.map((row) => [String(row.what ?? row.kind), row]));
    for (const [kind, row] of kinds) {
      await plant(name, [{ do: "edit", row: row.n, set: { revision: -1 } }]);
      const edited = await found();
      expect([kind, edited.codes]).toEqual([kind, ["verify.chain_digest"]]);
      expect(edited.lines.map((line) => line.endsWith(`number ${row.n}`))).toEqual([true]);
      await putBack(sound);
      await plant(
        name,
        rows.filter(({ n }) => n >= row.n).map(() => ({ do: "remove", row: "last" })),
      );
      expect([kind, (await found()).codes]).toEqual([kind, expect.arrayContaining(["verify.chain_end"])]);
      await putBack(sound);
    }
    expect([...kinds.keys()]).toEqual(expect.arrayContaining(name === "policy_versions" ? Object.keys(LIVE) : []));
    expect(kinds.size).toBeGreaterThan(name === "disclosures" ? 0 : 1);
  },
);

const LIVE = {
  account: [Accounts, "j4", { clearance: "TS" }],
  agency: [Agencies, "KR-KISA", { categories: ["LEA"] }],
  agreement: [AgreementsIn, "JP-KR", { status: "in-force" }],
  order: [Orders, "order-US-CISA", { ceiling: 1_000_000 }],
  quarantine: [SourceQuarantines, undefined, { lifted: START }],
} as const;

test.each(Object.entries(LIVE))(
  "a live %s – edited, removed or added behind the history's back – is found by its id",
  async (_, [spec, id, change]) => {
    const collection: Collection<Doc> = world.storage.collection(spec as unknown as CollectionSpec<Doc>);
    const doc = (await collection.all({ limit: 1000 })).find((one) => id === undefined || one.id === id);
    if (doc === undefined) throw new Error(`no ${id}`);
    await collection.put({ ...doc, ...change });
    const edited = await found();
    await putBack(sound);
    await collection.remove([doc.id]);
    const removed = await found();
    await putBack(sound);
    const { rev: _rev, ...rest } = doc;
    await collection.insert([{ ...rest, id: "zz-new" }]);
    const added = await found();
    expect([edited.codes, removed.codes, added.codes]).toEqual(Array(3).fill(["verify.policy_version"]));
    expect([edited.lines, removed.lines, added.lines]).toEqual([
      [expect.stringMatching(new RegExp(`^${spec.name} ${doc.id}: version \\d+ says otherwise$`))],
      [expect.stringMatching(new RegExp(`^${spec.name} ${doc.id}: it is not there, version \\d+ is$`))],
      [`${spec.name} zz-new: it has no version`],
    ]);
  },
);

test("the store of an hour before, put in the place of this one – held against what a country holds – is found", async () => {
  await putBack(older);
  expect((await found()).codes).toEqual([]);
  const { codes, lines } = await found(held);
  expect(codes).toEqual(["verify.anchor_held", "verify.anchored"]);
  expect(lines.filter((line) => line.endsWith("it is not in the store"))).toEqual([
    "anchors 2: it is not in the store",
    "anchors 3: it is not in the store",
  ]);
  for (const chain of ["audit", "disclosures", "policy_versions"])
    expect(lines).toContainEqual(expect.stringContaining(`held elsewhere: ${chain}, `));
});
